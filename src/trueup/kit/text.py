"""Sentences that remember how they were made, so that an edge can say them in the language of the person who reads."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Self


class Text(str):
    """A sentence in English. `template` is what is translated, `values` are put in again afterwards (some are sentences themselves).

    `plural` is the template for many, None where there is no number to go by; the number is the value `count`.
    """

    __slots__ = ("plural", "template", "values")

    template: str
    plural: str | None
    values: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object], plural: str | None = None) -> Self:
        """The sentence with its values in place."""
        chosen = template if plural is None or values["count"] == 1 else plural
        made = super().__new__(cls, chosen.format(**{name: _plain(value) for name, value in values.items()}))
        made.template, made.plural, made.values = template, plural, values
        return made

    def __reduce__(self) -> "tuple[type[Text], tuple[str, Mapping[str, object], str | None]]":
        """Between processes a sentence goes with its parts."""
        return Text, (self.template, self.values, self.plural)


def _plain(value: object) -> object:
    """An instant as programs write it: ISO 8601 in UTC with Z."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z" if isinstance(value, datetime) else value


def text(template: str, /, **values: object) -> Text:
    """A sentence: `text("there is no MSP “{ref}”", ref=ref)`."""
    return Text(template, values)


def plural(one: str, many: str, count: int, /, **values: object) -> Text:
    """A sentence about a number: `plural("{count} issue blocks it", "{count} issues block it", count)`."""
    return Text(one, {"count": count, **values}, many)


def packed(sentence: str) -> str:
    """A sentence as JSON, to be kept for a while; `unpacked` makes it again."""
    return json.dumps(sentence if not isinstance(sentence, Text) else _parts(sentence), ensure_ascii=False)


def _parts(sentence: Text) -> dict[str, object]:
    values = {
        name: _parts(value) if isinstance(value, Text) else value if isinstance(value, int) else str(_plain(value))
        for name, value in sentence.values.items()
    }
    return {"template": sentence.template, "plural": sentence.plural, "values": values}


def unpacked(kept: str) -> str:
    """The sentence that `packed` made JSON of."""
    sentence: str = _whole(json.loads(kept))
    return sentence


def _whole(parts: Any) -> Any:
    if not isinstance(parts, dict):
        return parts
    return Text(parts["template"], {name: _whole(value) for name, value in parts["values"].items()}, parts["plural"])


def joined(parts: Iterable[object], separator: str = ", ") -> Text:
    """Several sentences or words in a row, each of which is still translated by itself."""
    named = {f"part{position}": part for position, part in enumerate(parts)}
    return Text(separator.join(f"{{{name}}}" for name in named), named)

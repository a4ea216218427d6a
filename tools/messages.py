"""Collect every sentence people see into the catalogs of the languages, and compile them. docs/translating.md says how to translate.

`python tools/messages.py` writes, `--check` only says what is wrong and ends with 1, `--add fr` begins a language. Needs no gettext.
Found are `gettext`, `ngettext` and `pgettext` (with their lazy forms and `_`), `text` and `plural` of trueup.kit.text, and what templates
translate. A message that changed is a new one: nothing is guessed, so nobody reads a wrong sentence.
"""

import argparse
import ast
import io
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "trueup"
LOCALES = SOURCE / "web" / "locale"

KEYWORDS: dict[str, Any] = {
    "_": (1,),
    "gettext": (1,), "gettext_lazy": (1,), "gettext_noop": (1,),
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3),
    "text": (1,), "plural": (1, 2),
}  # fmt: skip
"""Which arguments of which function are translated; `c` is the context."""


class Key(NamedTuple):
    """What tells one message from another."""

    id: str
    context: str | None


class Found(NamedTuple):
    """A message as the source has it; `plural` is None where there is no number."""

    key: Key
    plural: str | None
    places: tuple[str, ...]

    @property
    def id(self) -> str | tuple[str, str]:
        """The message as a catalog keeps it."""
        return self.key.id if self.plural is None else (self.key.id, self.plural)


class _Bare(Catalog):
    """A catalog that says nothing of when and by whom: the same messages make the same file."""

    def _headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", str(self.locale_identifier)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", str(self.plural_forms)),
        ]

    mime_headers = property(_headers)


def collect(source: Path = SOURCE) -> dict[Key, Found]:
    """Every message of the source, in order. Two plurals of one singular are one message: the first is kept."""
    found: dict[Key, Found] = {}
    for path in sorted([*source.rglob("*.py"), *source.rglob("templates/**/*.html"), *source.rglob("templates/**/*.txt")]):
        place = path.relative_to(source.parent).as_posix()
        written = path.read_text(encoding="utf-8")
        for key, many in _in_python(written) if path.suffix == ".py" else _in_template(written, place):
            before = found.get(key, Found(key, many, ()))
            found[key] = Found(key, before.plural or many, tuple(dict.fromkeys([*before.places, place])))
    return {key: found[key] for key in sorted(found, key=lambda key: (key.id, key.context or ""))}


def _in_python(written: str) -> Iterator[tuple[Key, str | None]]:
    for node in ast.walk(ast.parse(written)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in KEYWORDS:
                yield from _of_call(KEYWORDS[name], node.args)


def _of_call(spec: tuple[Any, ...], arguments: list[ast.expr]) -> Iterator[tuple[Key, str | None]]:
    """The message of one call, unless it is made of something that is not written there."""
    wanted = [part[0] if isinstance(part, tuple) else part for part in spec]
    if len(arguments) < max(wanted):
        return
    parts = [argument.value if isinstance(argument, ast.Constant) else None for argument in (arguments[place - 1] for place in wanted)]
    words = [part for part in parts if isinstance(part, str)]
    if len(words) == len(parts) and all(words):
        yield _message(spec, words)


def _message(spec: tuple[Any, ...], words: list[str]) -> tuple[Key, str | None]:
    context = words.pop(0) if isinstance(spec[0], tuple) else None
    return Key(words[0], context), words[1] if len(words) > 1 else None


def _in_template(written: str, place: str) -> Iterator[tuple[Key, str | None]]:
    """What a template translates: Django makes Python of it, of which the indentation means nothing."""
    made = "\n".join(line.lstrip() for line in templatize(written, origin=place).splitlines())
    for _line, message, _comments, context in extract("python", io.BytesIO(made.encode()), keywords=KEYWORDS):
        words = [message] if isinstance(message, str) else list(message)
        yield Key(words[0], context), words[1] if len(words) > 1 else None


def languages(locales: Path = LOCALES) -> list[str]:
    """The languages there are catalogs of; English needs none."""
    return sorted(path.parent.name for path in locales.glob("*/LC_MESSAGES"))


def po_of(language: str, locales: Path = LOCALES) -> Path:
    """The catalog of a language as translators see it."""
    return locales / language / "LC_MESSAGES" / "django.po"


def read(path: Path) -> Catalog:
    """A catalog; an empty one where there is none yet."""
    language = path.parent.parent.name
    if not path.exists():
        return _Bare(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def merged(kept: Catalog, found: dict[Key, Found]) -> Catalog:
    """The messages of the source with the translations there are."""
    catalog = _Bare(locale=str(kept.locale_identifier), fuzzy=False, header_comment="")
    for key, message in found.items():
        known = kept.get(key.id, key.context)
        same = known is not None and _ids(known) == _ids(Message(message.id)) and not known.fuzzy
        catalog.add(
            message.id,
            known.string if known is not None and same else None,
            context=key.context,
            locations=[(place, 0) for place in message.places],
            user_comments=known.user_comments if known is not None else (),
        )
    return catalog


def po_text(catalog: Catalog) -> bytes:
    """A catalog as a file for translators."""
    file = io.BytesIO()
    write_po(file, catalog, width=120, sort_output=True, include_lineno=False)
    return file.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """A catalog as the program reads it."""
    bare = _Bare(locale=str(catalog.locale_identifier), fuzzy=False)
    for message in catalog:
        if message.id:
            bare.add(message.id, message.string, context=message.context, flags=message.flags)
    file = io.BytesIO()
    write_mo(file, bare)
    return file.getvalue()


def update(language: str, found: dict[Key, Found], locales: Path = LOCALES) -> None:
    """Bring the catalog of a language up to the source."""
    path = po_of(language, locales)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog = merged(read(path), found)
    path.write_bytes(po_text(catalog))
    path.with_suffix(".mo").write_bytes(compiled(catalog))


def problems(language: str, found: dict[Key, Found], locales: Path = LOCALES) -> list[str]:
    """Everything that is wrong with the catalog of a language."""
    path = po_of(language, locales)
    catalog = read(path)
    known = {Key(_ids(message)[0], message.context): message for message in catalog if message.id}
    wrong = [f"missing: {key.id!r}" for key, message in found.items() if key not in known or _ids(known[key]) != _ids(Message(message.id))]
    wrong += [f"obsolete: {key.id!r}" for key in known if key not in found]
    for key, message in known.items():
        if message.fuzzy or not all(_strings(message)):
            wrong.append(f"untranslated: {key.id!r}")
        elif any(_differs(message, one) for one in _strings(message)):
            wrong.append(f"placeholders differ: {key.id!r}")
    mo = path.with_suffix(".mo")
    if not mo.exists() or mo.read_bytes() != compiled(catalog):
        wrong.append("django.mo is not made from django.po: run python tools/messages.py")
    return [f"{language}: {one}" for one in wrong]


def _ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def _differs(message: Message, translated: str) -> bool:
    """Whether a translation leaves out or makes up a placeholder. Of a plural each form may say the number in a word."""
    wanted = set().union(*(placeholders(one) for one in _ids(message)))
    said = placeholders(translated)
    loose = {"{count}", "%(count)s", "%(counter)s"} if len(_ids(message)) > 1 else set[str]()
    return said - wanted != set() or (wanted - said) - loose != set()


def placeholders(message: str) -> set[str]:
    """What is put into a message: `{name}` and `%(name)s`."""
    found = {f"%({part.partition(')')[0]})s" for part in message.split("%(")[1:]}
    try:
        return found | {f"{{{name}}}" for _literal, name, _spec, _conversion in string.Formatter().parse(message) if name is not None}
    except ValueError:
        return found | {"{unbalanced}"}


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 1 if `--check` found anything."""
    parser = argparse.ArgumentParser(description="Collect and compile the translations.")
    parser.add_argument("--check", action="store_true", help="change nothing; say what is wrong")
    parser.add_argument("--add", metavar="LANGUAGE", help="begin a language, for example fr")
    options = parser.parse_args(arguments)
    found = collect()
    if options.check:
        wrong = [problem for language in languages() for problem in problems(language, found)]
        print("\n".join(wrong) or f"{len(found)} messages are translated into: {', '.join(languages())}.")
        return 1 if wrong else 0
    for language in sorted({*languages(), *([options.add] if options.add else [])}):
        update(language, found)
        left = sum(": untranslated: " in problem for problem in problems(language, found))
        print(f"{language}: {len(found)} messages, {left} of them to translate")
    return 0


if __name__ == "__main__":
    sys.exit(main())

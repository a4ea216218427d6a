"""Bodies with events. Each event is kept as it was written, with all its digits."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Final

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from trueup.api.bodies import no_number
from trueup.api.documents import Part, Reader
from trueup.api.problems import Refused
from trueup.intake.rules.pieces import MOST_EVENTS
from trueup.kit.text import text

JSON: Final = "application/json"
ONE: Final = "application/cloudevents+json"
SEVERAL: Final = "application/cloudevents-batch+json"

_decode: Final = json.JSONDecoder(parse_float=Decimal, parse_constant=no_number).raw_decode


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a body; `under` is where they stand in it."""

    parts: Sequence[Part]
    under: tuple[str, ...] = ()
    several: bool = False
    echoed: bool = False
    """Whether it is one event as Lago's clients send it, who want to read it again."""

    def places(self) -> list[tuple[str, ...]]:
        """Where each event stands."""
        return [(*self.under, str(index)) if self.several else self.under for index in range(len(self.parts))]


def read_body(request: HttpRequest, kinds: Sequence[str], read: Callable[[str], Events]) -> Events:
    """The events of a body. Raises Refused (400, 413, 415)."""
    if request.content_type not in kinds or (request.content_params or {}).get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        detail = text("send {kinds}, in UTF-8; CloudEvents in structured mode", kinds=", ".join(kinds))
        raise Refused(415, "unsupported_media_type", detail, headers={"Accept": ", ".join(kinds)})
    try:
        return read(request.body.decode("utf-8"))
    except RequestDataTooBig as error:
        raise Refused(413, "too_large", text("the body is too large: send it in several calls")) from error
    except UnreadablePostError as error:
        raise Refused(400, "bad_request", text("the body could not be read")) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Refused(400, "bad_request", text("the body is not JSON")) from error


def of_events(written: str) -> Events:
    """A CloudEvent, several of them, or `{"event": …}`. Raises ValueError for what is no JSON."""
    reader = Reader(written, _decode)
    if reader.takes("["):
        events = Events(_all(reader), several=True)
    elif reader.takes("{"):
        fields = _fields(reader)
        if "event" in fields and "specversion" not in fields:
            events = Events([fields["event"]], ("event",), echoed=True)
        else:
            events = Events([Part({name: part.value for name, part in fields.items()}, written.strip())])
    else:
        events = Events([reader.part()])
    reader.ends()
    return events


def of_batch(written: str) -> Events:
    """`{"events": […]}`. Raises ValueError for what is no JSON, Refused for another document."""
    reader = Reader(written, _decode)
    found: list[Part] | None = None
    if reader.takes("{"):
        for name in reader.members():
            is_list = name == "events" and reader.takes("[")
            parts = _all(reader) if is_list else [reader.part()]
            if name == "events":
                found = parts if is_list else None
    else:
        reader.value()
    reader.ends()
    if found is None:
        raise Refused(400, "bad_request", text("the body is {shape}", shape='{"events": […]}'))
    return Events(found, ("events",), several=True)


def _all(reader: Reader) -> list[Part]:
    """The events of a list that has begun. Raises Refused before more of them are in memory than a call may have."""
    found = list(islice(reader.parts(), MOST_EVENTS + 1))
    if len(found) > MOST_EVENTS:
        raise Refused(413, "too_large", text("more than {most} events in one call", most=MOST_EVENTS))
    return found


def fields_of(written: str) -> dict[str, Part]:
    """The fields of an event that is kept."""
    reader = Reader(written, _decode)
    reader.takes("{")
    return _fields(reader)


def _fields(reader: Reader) -> dict[str, Part]:
    """The fields of an object that has begun."""
    return {name: reader.part() for name in reader.members()}

"""Events as CloudEvents 1.0 in structured mode: `subject` is the customer, `type` the service, `data` the numbers."""

from collections.abc import Mapping
from typing import Final

from trueup.intake.rules.pieces import Sent, Wire
from trueup.intake.rules.reading import NOT_AN_OBJECT, Reader
from trueup.kit.errors import Problem
from trueup.kit.text import text

VERSION: Final = "1.0"

_WIRE = Wire(customer="subject", service="type", time="time")
_NOT_THIS_VERSION = text("Only version 1.0 of CloudEvents is understood.")
_NOT_JSON = text("The data has to be JSON.")


def read(given: object, place: tuple[str, ...], payload: str) -> Sent | list[Problem]:
    """One event, or what is wrong with it. `payload` is the event as JSON."""
    reader = Reader(given if isinstance(given, Mapping) else {}, place)
    if not isinstance(given, Mapping):
        reader.wrong("not_an_object", NOT_AN_OBJECT)
        return reader.problems
    if given.get("specversion") != VERSION:
        reader.wrong("unsupported_version", _NOT_THIS_VERSION, "specversion")
    _check_data(given, reader)
    data = reader.below("data")
    source, event_id, customer, service = (reader.name(field) for field in ("source", "id", "subject", "type"))
    time, day = reader.instant("time", unix=False), data.day()
    provisioned, used, credit = data.amounts()
    sent = Sent(place, _WIRE, source, event_id, customer, service, time, day, provisioned, used, credit, payload)
    return reader.problems or sent


def _check_data(given: Mapping[str, object], reader: Reader) -> None:
    """Data in another form than JSON holds no numbers that could be read."""
    kind = given.get("datacontenttype")
    if kind is not None and (not isinstance(kind, str) or kind.partition(";")[0].strip().lower() not in {"application/json", "text/json"}):
        reader.wrong("not_json", _NOT_JSON, "datacontenttype")
    if given.get("data_base64") is not None:
        reader.wrong("not_json", _NOT_JSON, "data_base64")

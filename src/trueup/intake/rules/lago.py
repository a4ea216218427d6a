"""Events as Lago's clients send them: `external_subscription_id` is the customer, `code` the service, `properties` the numbers."""

from collections.abc import Mapping
from typing import Final

from trueup.intake.rules.pieces import Sent, Wire
from trueup.intake.rules.reading import NOT_AN_OBJECT, Reader
from trueup.kit.errors import Problem

SOURCE: Final = ""
"""These events name no source. A CloudEvent always does, so the ids of both never meet."""

_WIRE = Wire(customer="external_subscription_id", service="code", time="timestamp")


def read(given: object, place: tuple[str, ...], payload: str) -> Sent | list[Problem]:
    """One event, or what is wrong with it. `payload` is the event as JSON."""
    reader = Reader(given if isinstance(given, Mapping) else {}, place)
    if not isinstance(given, Mapping):
        reader.wrong("not_an_object", NOT_AN_OBJECT)
        return reader.problems
    properties = reader.below("properties")
    event_id, customer, service = (reader.name(field) for field in ("transaction_id", "external_subscription_id", "code"))
    time, day = reader.instant("timestamp", unix=True), properties.day()
    provisioned, used, credit = properties.amounts()
    sent = Sent(place, _WIRE, SOURCE, event_id, customer, service, time, day, provisioned, used, credit, payload)
    return reader.problems or sent

"""Events as the tests of the module send them."""

import json
from datetime import UTC, datetime

from trueup.accounts.models import Account
from trueup.accounts.rules import Actor, Role, Tier, Viewer
from trueup.intake.actions import Kept, receive
from trueup.intake.rules import cloudevents
from trueup.intake.rules.pieces import Read, Sent
from trueup.kit.period import Month
from trueup.kit.quantity import plain
from trueup.ledger.queries import usage_rows

NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)
OCTOBER = Month(2026, 10)


def sender(ref: str, name: str = "meter") -> Viewer:
    """A program of an account."""
    account = Account.objects.get(ref=ref)
    return Viewer(Actor("client", name, len(name)), account.pk, Tier(account.tier), Role.ADMIN)


def send(viewer: Viewer, *events: str, source: str = "meter", now: datetime = NOON) -> list[Kept]:
    """Events written like `1 bolt-dental endpoint-core 2026-10-20T10:00:00Z 40 31`: id, customer, service, time, provisioned, used."""
    found = []
    for index, line in enumerate(events):
        number, customer, service, time, provisioned, *used = line.split()
        data = {"provisioned": provisioned} | ({"used": used[0]} if used else {})
        event = {"specversion": "1.0", "id": number, "source": source, "type": service, "subject": customer, "time": time, "data": data}
        one = cloudevents.read(event, (str(index),), json.dumps(event))
        assert isinstance(one, Sent)
        found.append(one)
    return receive(viewer, Read(tuple(found), ()), now=now)


def stored() -> list[str]:
    """What the ledger holds of October, as text."""
    return [
        f"{row.day} {row.customer} {row.service} {plain(row.provisioned)} {plain(row.used)}" for row in usage_rows(Viewer.system(), OCTOBER)
    ]

"""A process that takes events in, or gathers them, until it is killed."""

import signal
import sys
from itertools import count

import django

django.setup()

from tests.intake.sending import NOON, send, sender  # noqa: E402
from trueup.intake.rules.pieces import CLAIM_LASTS  # noqa: E402
from trueup.intake.working import gather_next  # noqa: E402


def keys() -> list[str]:
    """A value for each day and customer of bolt: each event has its own, so that each has to be in the ledger."""
    services = ("endpoint-core", "email-core", "workspace-security", "backup-storage", "nfr-license")
    customers = ("bolt-dental", "bolt-garage")
    days = [f"2026-{month:02}-{day:02}" for month in range(1, 10) for day in range(1, 29)]
    return [f"{customer} {service} {day}T10:00:00Z" for day in days for service in services for customer in customers]


def take_in(name: str, start: int, end: int) -> None:
    """Send event after event of one's share, sometimes several at once, and wait to be killed; what is acknowledged is said."""
    viewer, mine = sender("bolt", name), keys()[start:end]
    for number in count():
        size = 1 + 4 * (number % 3 == 0)
        chosen, mine = mine[:size], mine[size:]
        if not chosen:
            signal.pause()
        send(viewer, *(f"{name}-{key.replace(' ', '/')} {key} {number}" for key in chosen))
        print("\n".join(chosen), flush=True)


def gather(round_number: int) -> None:
    """Gather again and again; what a killed one has left is taken up by a later round."""
    now = NOON + 2 * CLAIM_LASTS * round_number
    while True:
        settled = gather_next(now=now)
        if settled:
            print(f"gathered {settled}", flush=True)


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    if verb == "take-in":
        take_in(rest[0], int(rest[1]), int(rest[2]))
    else:
        gather(int(rest[0]))

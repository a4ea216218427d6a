"""A month with many small MSPs, all approved: for those who issue at once, and those who are killed. As a program it issues."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import django

if __name__ == "__main__":
    django.setup()

from django.db import connection

from tests.reports.month import OPERATOR, October, at
from tests.world import FILE_NAME, NETWORK
from trueup.events.models import Event
from trueup.events.queries import audit
from trueup.network.actions import apply
from trueup.prices.actions import save_price_list
from trueup.prices.rules.lists import ListKey
from trueup.reports.models import Report
from trueup.reports.rules.workflow import Status
from trueup.statements import issuing
from trueup.statements.due import sellers_due
from trueup.statements.models import NumberSeries, Statement, StatementLine
from trueup.statements.queries import checked_statements

NOW = datetime(2026, 11, 9, tzinfo=UTC)
PORTION = 2
PRICES = {"currency": "EUR", "tax": {"percent": 19}, "services": {"workspace-security": "4.20"}, "packs": {"credits": 12, "nfr": 12}}

Made = TypeVar("Made")


def many(folder: Path, msps: int, *, approved: bool = True) -> October:
    """October with so many MSPs of north, two lines each, and dune of south; with prices."""
    names = [f"msp-{number:03d}" for number in range(msps)]
    accounts = [f"  - {{ref: {name}, tier: msp, parent: north, name: {name}, region: emea, type: msp}}" for name in names]
    accounts += [f"  - {{ref: {name}-one, tier: customer, parent: {name}, name: One}}" for name in names]
    network = NETWORK.replace("sources:", "\n".join([*accounts, "sources:"]), 1)
    network += "  - {account: south, from: 2026-01-01, auto_approve: uncommented}\n"
    apply(OPERATOR, network, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
    october = October(folder)
    customers = [*(f"{name}-one" for name in names), "dune-hotel"]
    october.deliver(*(f"2026-10-31,{one},{service},7,7," for one in customers for service in ("workspace-security", "email-core")))
    october.close()
    if approved:
        october.deadline("2026-11-08T00:00:00Z")
        assert not Report.objects.exclude(status=Status.APPROVED).exists()
    for seller in ("north", "south", "acme-vendor"):
        save_price_list(
            OPERATOR, ListKey(seller, None, at("2026-01-01T00:00:00Z").date()), PRICES, seen=None, now=at("2026-09-02T00:00:00Z")
        )
    return october


def issue_everything(now: datetime = NOW) -> int:
    """What a clock does about statements of reports."""
    return sum(issuing.issue_of(seller_id, now=now).count for seller_id in sellers_due(now=now))


def what_is_wrong() -> list[str]:
    """Everything that must never be: gaps, a report with two statements, a statement that says something else than its lines, an event
    too many or too few. Empty: all is well, whatever is still to be issued."""
    found = [f"{one.number}: {one.message}" for one in checked_statements()]
    for series in NumberSeries.objects.all():
        there = list(
            Statement.objects.filter(seller=series.seller, year=series.year).order_by("sequence").values_list("sequence", flat=True)
        )
        if there != list(range(1, series.last + 1)):
            found.append(f"{series.seller.ref} has the numbers {there}")
    reports = list(Statement.objects.filter(corrects=None, billing_report=None).values_list("report_id", flat=True))
    found += [f"a report has {reports.count(one)} statements" for one in set(reports) if reports.count(one) != 1]
    for statement in Statement.objects.all():
        parts = StatementLine.objects.filter(statement=statement).values_list("amount", flat=True)
        if sum(parts) != statement.net:
            found.append(f"{statement.number} has lines of {sum(parts)}, not {statement.net}")
    told = sorted(Event.objects.filter(kind="statement_issued").values_list("subject_id", flat=True))
    if told != sorted(Statement.objects.values_list("pk", flat=True)):
        found.append("what the history tells are not the statements there are")
    return [*found, *(str(one) for one in audit().findings)]


def at_once(*things: Callable[[], Made]) -> list[Made | Exception]:
    """Do things at the same moment, each on a connection of its own; what each gave or raised."""
    together = Barrier(len(things))

    def run(thing: Callable[[], Made]) -> Made | Exception:
        together.wait()
        try:
            return thing()
        except Exception as error:  # noqa: BLE001 -- the test says what it must be
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(run, things))


class _Telling:
    """Says each portion that is issued."""

    def start(self, label: str, total: int | None) -> None:
        """Say nothing."""

    def advance(self, count: int) -> None:
        """A portion is done."""
        print(f"issued {count}", flush=True)

    def finish(self) -> None:
        """Say nothing."""


def main() -> None:
    """Issue in small portions until everything is, or until it is killed."""
    issuing.REPORTS_AT_ONCE = PORTION
    print("ready", flush=True)
    for seller_id in sellers_due(now=NOW):
        issuing.issue_of(seller_id, now=NOW, progress=_Telling())
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()

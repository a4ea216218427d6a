"""The example world, made through the same actions as everything else: `load` builds its past, `play` does its month."""

import tempfile
from collections.abc import Mapping
from csv import writer
from datetime import date, datetime, time, timedelta
from pathlib import Path

from trueup.accounts.models import Account
from trueup.accounts.queries import installation
from trueup.accounts.rules import Viewer
from trueup.demo.billing import found_billing
from trueup.demo.channel import MONTHS, OFFERS, SOURCES, VENDOR, World
from trueup.demo.month import clock, live, work_on
from trueup.demo.people import PASSWORD, let_everybody_in, people
from trueup.demo.usage import Feed, deliveries
from trueup.kit.errors import Conflict, Invalid
from trueup.kit.period import Month, at_time, local_date
from trueup.kit.progress import Progress
from trueup.ledger.actions import import_usage
from trueup.ledger.queries import months_with_usage, usage_rows
from trueup.network.actions import apply, import_customers

__all__ = ["PASSWORD", "load", "people", "play"]

_OPERATOR = Viewer.system()


def load(*, now: datetime, progress: Progress, months: int = MONTHS) -> bool:
    """Build the demo world with so many complete months before `now`, all but the last of them closed.

    False if it is there already; one whose building was interrupted is built to its end. Raises Conflict in an installation that
    has a network of its own.
    """
    _require_demo_or_nothing()
    feed = Feed(_world(now, months))
    since = _undelivered(feed)
    if min(since.values()) >= feed.world.last.end:
        return False
    progress.start("Loading the demo world", months + 1)
    _found(feed, at_time(feed.world.first.first_day, time(0), installation().time_zone))
    progress.advance(1)
    for index in range(months):
        month = feed.world.month(index)
        _deliver(feed, {source: max(since[source], month.first_day) for source in SOURCES}, month.end, now)
        if index < months - 1:
            live(month, unfinished=index == months - 2)
        progress.advance(1)
    progress.finish()
    return True


def play(*, now: datetime, progress: Progress, months: int = MONTHS) -> Month:
    """Bring the usage up to yesterday, let the clock do what is due at `now`, and let people work on last month's reports.

    Returns last month. A second time nothing is left to do. Raises Conflict in an installation that is not the demo world.
    """
    _require_demo_or_nothing()
    today = local_date(now, installation().time_zone)
    feed = Feed(_world(now, months))
    since = _undelivered(feed)
    if min(since.values()) < today:
        progress.start("Receiving usage", None)
        _deliver(feed, since, today, now)
        progress.finish()
    clock(now, progress)
    month = Month.of(today).previous()
    work_on(month, now)
    clock(now, progress)  # what people approved gets its statement
    let_everybody_in()
    return month


def _require_demo_or_nothing() -> None:
    if Account.objects.exists() and not Account.objects.filter(ref=VENDOR).exists():
        raise Conflict("this installation has a network of its own: the demo world needs an empty one, so set TRUEUP_HOME to a new folder")


def _world(now: datetime, months: int) -> World:
    """The world that is there, or the one that would end now."""
    known = months_with_usage()
    running = World(Month.of(local_date(now, installation().time_zone)))
    return World(known[0] if known else running.month(-months), months)


def _found(feed: Feed, at: datetime) -> None:
    """Make the network, its customers, and what everybody sells by."""
    apply(_OPERATOR, feed.world.network(), file_name="world.yaml", dry_run=False, now=at)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "customers.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = writer(file, lineterminator="\n")
            rows.writerow(("ref", "name", "msp", "from"))
            for customer in feed.customers:
                rows.writerow((customer.ref, customer.name, customer.msp, ""))
                if customer.move:
                    rows.writerow((customer.ref, customer.name, *customer.move))
        result = import_customers(_OPERATOR, path, dry_run=False, now=at, progress=None)
    if result.refused:
        raise Invalid(f"the customers of the demo world were refused: {result.refused[0]}")
    found_billing(feed.world, feed.beacon.ref, at)


def _undelivered(feed: Feed) -> dict[str, date]:
    """The first day that is missing of each source, as a customer shows that has every service."""
    since = dict.fromkeys(SOURCES, feed.world.first.first_day)
    for month in months_with_usage()[-2:]:
        for row in usage_rows(_OPERATOR, month, customer=feed.beacon.ref):
            source = OFFERS[row.service].source
            since[source] = max(since[source], row.day + timedelta(days=1))
    return since


def _deliver(feed: Feed, since: Mapping[str, date], until: date, now: datetime) -> None:
    """Import what the sources have to say, each file when it was complete."""
    zone = installation().time_zone
    with tempfile.TemporaryDirectory() as folder:
        for source, first, end in deliveries(since, until):
            path = Path(folder) / f"{source}-{first}.csv"
            feed.write(path, source, first, end)
            at = min(at_time(end, time(0), zone), now)
            result = import_usage(_OPERATOR, path, source=source, key=path.stem, now=at)
            if result.refused_count:
                raise Invalid(f"{result.refused_count} rows of the demo's {path.name} were refused; they are in {result.refused_file}")

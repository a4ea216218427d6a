"""From what happened to what is sent: the histories are read on, each event once, and become deliveries to who may read of it."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.conf import settings

from trueup.cycles.models import Cycle, month_in
from trueup.events.queries import Happened, Span, happened_within
from trueup.events.reading import Portion, read_on, reading
from trueup.events.rules import INSTALLATION_CHAIN
from trueup.kit.chunks import chunks
from trueup.kit.period import Month
from trueup.reports.models import Report
from trueup.reports.queries import without_reports
from trueup.statements.models import BillingReport, Statement
from trueup.webhooks.actions import new_message_id
from trueup.webhooks.models import Delivery, Endpoint, Reached
from trueup.webhooks.rules.happenings import (
    KINDS,
    TYPE_OF,
    Parties,
    about_batch,
    about_billing_report,
    about_cycle,
    about_report,
    about_statement,
    listens,
    payload,
)

_ROWS = 500

_log = logging.getLogger(__name__)

Data = Mapping[str, str | int]


def gather_all(*, now: datetime, most: int | None = None) -> int:
    """Read the histories on, `most` portions if that is said; returns how many deliveries that made. What fails holds up nothing else."""
    return read_on(Reached, lambda portion: gather(portion, now=now), failed=_tell, most=most)


def _tell(error: Exception) -> None:
    _log.error("a history could not be read for webhooks", exc_info=error)


def gather(portion: Portion, *, now: datetime) -> int:
    """Read some histories on and make the deliveries they give cause to; returns how many. One transaction."""
    count = 0
    with reading(Reached, portion) as spans:
        deliveries = _deliveries(spans, _listening(), now)
        while rows := list(islice(deliveries, _ROWS)):  # of one event there may be many
            Delivery.objects.bulk_create(rows, ignore_conflicts=True)
            count += len(rows)
    return count


def _listening() -> dict[int, list[Endpoint]]:
    """The endpoints that are enabled, by account."""
    found: dict[int, list[Endpoint]] = defaultdict(list)
    for one in Endpoint.objects.filter(disabled_at=None).defer("secret", "old_secret").order_by("pk"):
        found[one.account_id].append(one)
    return found


class _Told(NamedTuple):
    """What is said of an event, and to the endpoints of which accounts."""

    data: Data
    accounts: Collection[int]
    report_id: int | None = None


def _deliveries(spans: Mapping[int, Span], listening: Mapping[int, Sequence[Endpoint]], now: datetime) -> Iterator[Delivery]:
    """The deliveries that what happened gives cause to."""
    for subject, kinds in KINDS.items() if listening else ():
        events = happened_within(spans, kinds=kinds, subject=subject)
        told = _TELLING[subject](events, listening)
        for event in events:
            if event.subject_id in told:
                yield from _to_each(event, TYPE_OF[subject, event.kind], told[event.subject_id], listening, now)


def _to_each(event: Happened, name: str, told: _Told, listening: Mapping[int, Sequence[Endpoint]], now: datetime) -> Iterator[Delivery]:
    """An event for each endpoint that listens to it, and may."""
    for endpoint in (one for account in told.accounts for one in listening.get(account, ())):
        if not listens(endpoint.types, name) or event.at < endpoint.listening_since:
            continue
        yield Delivery(
            endpoint=endpoint,
            message_id=new_message_id(),
            type=name,
            payload=payload(name, event.at, told.data),
            chain=event.chain,
            sequence=event.sequence,
            report_id=told.report_id,
            created_at=now,
            next_try_at=now,
        )


def _of_reports(events: Sequence[Happened], listening: Mapping[int, Sequence[Endpoint]]) -> dict[int, _Told]:
    """Reports, to those who may read them."""
    wanted = sorted({event.subject_id for event in events})
    told: dict[int, _Told] = {}
    fields = ("msp_id", "distributor_id", "vendor_id", "has_access", "msp_ref", "cycle__first_day", "cycle__adjusts")
    for some in chunks(wanted, _ROWS):
        for report in Report.objects.select_related("cycle").only(*fields).filter(pk__in=some):
            readers = parties(report).readers & listening.keys()
            data = about_report(settings.TRUEUP_URL, str(report.cycle.month), report.msp_ref)
            told[report.pk] = _Told(data, sorted(readers), report.pk)
    return told


def parties(report: Report) -> Parties:
    """Who may read a report."""
    return Parties(report.msp_id, report.distributor_id, report.vendor_id, report.has_access)


def _of_cycles(events: Sequence[Happened], listening: Mapping[int, Sequence[Endpoint]]) -> dict[int, _Told]:
    """Months, to everybody but those who may not read them."""
    cycles = list(Cycle.objects.filter(pk__in={event.subject_id for event in events}))
    readers = sorted(listening.keys() - without_reports(listening.keys())) if cycles else []
    return {cycle.pk: _Told(about_cycle(settings.TRUEUP_URL, str(Month.of(cycle.first_day))), readers) for cycle in cycles}


def _of_batches(events: Sequence[Happened], _listening: Mapping[int, Sequence[Endpoint]]) -> dict[int, _Told]:
    """Batches, to the account that sent them: in its history they are."""
    return {
        event.subject_id: _Told(about_batch(settings.TRUEUP_URL, event.subject_id), [event.chain])
        for event in events
        if event.chain != INSTALLATION_CHAIN
    }


def _of_statements(events: Sequence[Happened], listening: Mapping[int, Sequence[Endpoint]]) -> dict[int, _Told]:
    """Statements, to who issued them and to who got them: to nobody between or above."""
    told: dict[int, _Told] = {}
    for number, row_id, *parties_ in _in_portions(Statement, events, "number", "pk", "seller_id", "buyer_id"):
        told[row_id] = _Told(about_statement(settings.TRUEUP_URL, number), sorted(set(parties_) & listening.keys()))
    return told


def _of_billing_reports(events: Sequence[Happened], listening: Mapping[int, Sequence[Endpoint]]) -> dict[int, _Told]:
    """Billing reports, to the distributor and to its vendor."""
    told: dict[int, _Told] = {}
    wanted = ("cycle__first_day", "cycle__adjusts", "distributor_ref", "pk", "distributor_id", "vendor_id")
    for first_day, adjusts, ref, row_id, *parties_ in _in_portions(BillingReport, events, *wanted):
        data = about_billing_report(settings.TRUEUP_URL, str(month_in(first_day, adjusts)), ref)
        told[row_id] = _Told(data, sorted(set(parties_) & listening.keys()))
    return told


def _in_portions(model: type[Statement | BillingReport], events: Sequence[Happened], *fields: str) -> Iterator[tuple[Any, ...]]:
    """Columns of what events are about."""
    wanted = sorted({event.subject_id for event in events})
    for some in chunks(wanted, _ROWS):
        yield from model.objects.filter(pk__in=some).values_list(*fields)


_TELLING = {
    "report": _of_reports,
    "cycle": _of_cycles,
    "batch": _of_batches,
    "statement": _of_statements,
    "billing_report": _of_billing_reports,
}

"""The lines of all reports behind a billing report, added up by the database: there may be hundreds of thousands of them.

Customers are read only where credits are complimentary to them.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, When

from trueup.accounts.models import Placement
from trueup.kit.chunks import chunks
from trueup.kit.quantity import Credits, added, times
from trueup.prices.rules.lists import PriceList
from trueup.prices.rules.packs import PackPrice
from trueup.reports.columns import ExactSum
from trueup.reports.models import Report, ReportLine
from trueup.reports.rules.lines import Outcome
from trueup.reports.rules.workflow import Status
from trueup.statements.adjusting import reports_of
from trueup.statements.models import BillingReport
from trueup.statements.rules.highlights import Penalty
from trueup.statements.rules.settlement import ChargedLine
from trueup.statements.settling import Approved, approved, charged, credits_of, together

REPORTS_AT_ONCE = 200
_FIGURES = ("service_code", "chargeable", "provisioned", "used", "credits", "credits_per_unit", "credits_before")
_WITHOUT_CREDITS = Q(credits=None, credits_per_unit=None, credits_before=None)
"""Lines of which nobody knows any credits."""


def lines_of(billing: BillingReport, service: str | None = None) -> QuerySet[ReportLine]:
    """The lines of the approved reports that a billing report is made of; those of one service (code) alone."""
    rows = ReportLine.objects.filter(report__in=reports_of(billing).filter(status=Status.APPROVED))
    return rows if service is None else rows.filter(service_code=service)


def added_up(rows: QuerySet[ReportLine]) -> list[ChargedLine]:
    """What lines charge together, one line for each service, in the order in which services come; without customers."""
    credits_ = _credits(rows)
    sums = rows.values("service_code").annotate(
        place=Min("position"), name=Max("service_name"), group=Max("group_code"), group_named=Max("group_name"), counted=Max("unit"),
        places=Max("decimals"), units=ExactSum("chargeable"), unknown=ExactSum(Case(When(_WITHOUT_CREDITS, then=F("chargeable")))),
    )  # fmt: skip
    return [
        ChargedLine(
            one["service_code"], one["name"], one["group"], one["group_named"], one["counted"], one["places"], one["units"],
            None if one["unknown"] else credits_.get(one["service_code"]),
        )
        for one in sums.order_by("place", "service_code")
    ]  # fmt: skip


def _credits(rows: QuerySet[ReportLine]) -> dict[str, Credits]:
    """The chargeable credits of services, but of one that has a line with units and figures of which nobody knows them; lines that are
    alike are reckoned once."""
    alike = rows.exclude(_WITHOUT_CREDITS).order_by().values(*_FIGURES)
    found: dict[str, list[Credits]] = {}
    unknown: set[str] = set()
    for one in alike.annotate(count=Count("pk")).iterator():
        count = one.pop("count")
        line = ReportLine(**one)
        own = credits_of(line)
        if own is not None:
            found.setdefault(line.service_code, []).append(times(own, count))
        elif line.chargeable:
            unknown.add(line.service_code)
    return {service: added(own) for service, own in found.items() if service not in unknown}


def with_customers(rows: QuerySet[ReportLine], lines: Sequence[ChargedLine], prices: PriceList | None) -> list[ChargedLine]:
    """Lines that were added up, with the customers behind those that pay in packs of which some is complimentary."""
    packs = {line.service: pack for line in lines if prices and (pack := _complimentary(prices, line))}
    if not packs or prices is None:
        return list(lines)
    behind = {line.service: line.customers for line in together(list(_by_report(rows, prices, packs)))}
    return [replace(line, customers=behind.get(line.service, ())) for line in lines]


def _complimentary(prices: PriceList, line: ChargedLine) -> PackPrice | None:
    """The price of the packs a line is paid in, where something of them is complimentary to customers."""
    pack = prices.packs.get(line.group)
    if pack is None or line.service in prices.services or not line.credits:
        return None
    return pack if pack.complimentary or pack.complimentary_of else None


def _by_report(rows: QuerySet[ReportLine], prices: PriceList, packs: dict[str, PackPrice]) -> Iterator[list[ChargedLine]]:
    """The lines of each report that charge such credits; the customers of those that may have complimentary ones."""
    to_all = any(pack.complimentary for pack in packs.values())
    above = _above({customer for pack in packs.values() for customer in pack.complimentary_of})
    wanted = rows.filter(service_code__in=list(packs)).select_related("report__cycle")
    for report, own in groupby(wanted.order_by("report__msp_ref", "report_id", "position", "service_code"), lambda line: line.report):
        charging = Approved(report, tuple(line for line in own if line.chargeable))
        yield charged(charging, prices if to_all or report.msp_id in above else None)


def _above(customers: Collection[str]) -> set[int]:
    """The MSPs (ids) that some customers (refs) were ever placed under."""
    asked = (Placement.objects.filter(account__ref__in=some) for some in chunks(sorted(customers)))
    return {msp for placed in asked for msp in placed.values_list("parent_id", flat=True)}


def penalties_in(rows: QuerySet[ReportLine]) -> dict[str, tuple[Penalty, ...]]:
    """The penalties in lines, by service."""
    found: dict[str, tuple[Penalty, ...]] = {}
    told = rows.filter(outcome=Outcome.PENALTY).order_by("report__msp_ref", "pk")
    for service, msp, name, units in told.values_list("service_code", "report__msp_ref", "report__msp_name", "chargeable"):
        found[service] = (*found.get(service, ()), Penalty(msp, name, units))
    return found


def with_lines(reports: Sequence[Report]) -> Iterator[Approved]:
    """Reports with their lines, read a portion at a time."""
    for portion in chunks(reports, REPORTS_AT_ONCE):
        yield from approved(portion)

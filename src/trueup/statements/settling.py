"""From reports to money: the charged lines of reports, priced. For statements, billing reports, simulations and adjustments alike."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from trueup.accounts.rules import Viewer
from trueup.cycles.models import Cycle
from trueup.kit.quantity import Credits, added
from trueup.prices.queries import prices_of
from trueup.prices.rules.lists import PriceList
from trueup.prices.rules.packs import NOBODY, chargeable_credits, shared_credits
from trueup.reports.models import Report, ReportLine
from trueup.reports.queries import CustomerFigures, customers_behind
from trueup.reports.rules.shares import chargeable_shares
from trueup.statements.rules.settlement import ChargedLine, CustomerShare


@dataclass(frozen=True, slots=True)
class Approved:
    """A report with its lines, in the order of the catalog."""

    report: Report
    lines: tuple[ReportLine, ...]


def approved(reports: Iterable[Report]) -> list[Approved]:
    """Reports with their lines, read at once."""
    known = {report.pk: report for report in reports}
    lines: dict[int, list[ReportLine]] = {report_id: [] for report_id in known}
    for line in ReportLine.objects.filter(report__in=list(known)).order_by("report_id", "position", "service_code"):
        lines[line.report_id].append(line)
    return [Approved(report, tuple(lines[report_id])) for report_id, report in known.items()]


def prices_for(reports: Sequence[Report]) -> dict[tuple[int, int], PriceList]:
    """What each of some reports of one seller is priced by, by its cycle and MSP: the list in force on the last day of the cycle."""
    buyers: dict[Cycle, list[int]] = {}
    for report in reports:
        buyers.setdefault(report.cycle, []).append(report.msp_id)
    return {
        (cycle.pk, msp_id): prices
        for cycle, msp_ids in buyers.items()
        for msp_id, prices in prices_of(Viewer.system(), reports[0].distributor_id, msp_ids, cycle.month.last_day).items()
    }


Behind: TypeAlias = Callable[[Report, Sequence[ReportLine]], Mapping[str, Sequence[CustomerFigures]]]
"""The customers behind lines of a report, by service."""


def charged(
    one: Approved, prices: PriceList | None = None, *, customers: bool = False, behind: Behind = customers_behind
) -> list[ChargedLine]:
    """The charged lines of a report. Customers are read from the ledger where asked for, or where credits may be complimentary to them."""
    wanted = [line for line in one.lines if customers or (prices and _names_customers(prices, line))]
    found = behind(one.report, wanted) if wanted else {}
    return [_charged(line, found.get(line.service_code, ())) for line in one.lines]


def _names_customers(prices: PriceList, line: ReportLine) -> bool:
    """Whether what customers have on a line decides about the price of its credits."""
    pack = prices.packs.get(line.group_code)
    if pack is None or line.service_code in prices.services or not (pack.complimentary or pack.complimentary_of):
        return False
    return credits_of(line) is not None


def credits_of(line: ReportLine) -> Credits | None:
    """The credits of what a line charges; None: nobody knows, or the service has none."""
    return chargeable_credits(line.chargeable, line, per_unit=_per_unit(line))


def _per_unit(line: ReportLine) -> Credits | None:
    """The credit requirement; without one, where nothing is measured any more, the credits of a unit of what a line adjusts."""
    nothing_measured = not (line.provisioned or line.used or line.credits)
    found: Credits | None = line.credits_before if line.credits_per_unit is None and nothing_measured else line.credits_per_unit
    return found


def _charged(line: ReportLine, behind: Sequence[CustomerFigures]) -> ChargedLine:
    own = credits_of(line)
    return ChargedLine(
        line.service_code, line.service_name, line.group_code, line.group_name, line.unit, line.decimals, line.chargeable, own,
        _shares(line, own, behind),
    )  # fmt: skip


def _shares(line: ReportLine, own: Credits | None, behind: Sequence[CustomerFigures]) -> tuple[CustomerShare, ...]:
    """What falls on each customer: units, and the credits that were measured of them."""
    units = chargeable_shares(line.chargeable, line, behind)
    parts = list(zip(units, behind, strict=True))
    credits_: Sequence[Credits | None] = [None] * len(parts) if own is None else shared_credits(own, line, parts, per_unit=_per_unit(line))
    return tuple(CustomerShare(one.customer, part, of_it) for (part, one), of_it in zip(parts, credits_, strict=True))


def together(parts: Sequence[Sequence[ChargedLine]]) -> list[ChargedLine]:
    """The lines of many reports, one for each service, in the order in which services come: what a distributor is charged for."""
    found: dict[str, list[ChargedLine]] = {}
    for lines in parts:
        for line in lines:
            found.setdefault(line.service, []).append(line)
    return [_sum(own) for own in found.values()]


def _sum(lines: Sequence[ChargedLine]) -> ChargedLine:
    """Units and credits of lines together; nobody knows their credits where nobody knows those of one that charges units."""
    first = lines[0]
    credits_ = [line.credits for line in lines if line.credits is not None]
    unknown = any(line.units and line.credits is None for line in lines)
    return replace(
        first,
        decimals=max(line.decimals for line in lines),
        units=added(line.units for line in lines),
        credits=added(credits_) if credits_ and not unknown else None,
        customers=_customers(lines),
    )


def _customers(lines: Sequence[ChargedLine]) -> tuple[CustomerShare, ...]:
    """Those of all lines. Where some are known, what is behind a line without any is nobody's, and counts too."""
    if not any(line.customers for line in lines):
        return ()
    return tuple(share for line in lines for share in line.customers or (CustomerShare(NOBODY, line.units, line.credits),))

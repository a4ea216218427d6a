"""What a usage report comes to: shown to the MSP and its distributor, beside the units."""

from dataclasses import dataclass

from trueup.kit.money import Money
from trueup.kit.period import Month
from trueup.reports.queries.page import ReportPage
from trueup.statements.queries import money_of_report
from trueup.web.billing.lines import MoneyLine, Sums, lines_in, sums_in
from trueup.web.page import Request


@dataclass(frozen=True, slots=True)
class Shown:
    """The lines and totals; or why there are none. `statement`: its number, once it is issued. `otherwise`: the net amount if nobody does
    anything until the deadline, where that is another one. `is_difference`: of an adjustment."""

    lines: tuple[MoneyLine, ...]
    sums: Sums | None
    statement: str
    reason: str | None
    otherwise: Money | None
    is_difference: bool = False


def shown(request: Request, month: Month, msp: str, page: ReportPage) -> Shown | None:
    """What the report comes to; None for who may not know."""
    units = {one.service: one.if_nothing for one in page.forecast.lines} if page.forecast else None
    found = money_of_report(request.viewer, month, msp, units=units)
    if found is None or (found.document is None and found.reason is None):
        return None
    if found.document is None:
        return Shown((), None, "", found.reason, None)
    sums = sums_in(found.document)
    otherwise = sums_in(found.otherwise).net if found.otherwise else sums.net
    differing = otherwise if otherwise != sums.net else None
    return Shown(lines_in(found.document), sums, found.number, None, differing, is_difference=bool(month.adjusted_in))

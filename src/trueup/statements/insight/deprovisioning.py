"""What over-provisioning costs an MSP, and what to deprovision now: customer by customer, with what is saved next month."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from trueup.accounts.rules import Viewer
from trueup.kit.money import Money, currency_decimals, total
from trueup.kit.period import Month
from trueup.kit.quantity import ZERO, Quantity, added, apportion
from trueup.prices.rules.lists import PriceList
from trueup.reports.access import to_read
from trueup.reports.models import Report, ReportLine
from trueup.reports.queries import CustomerFigures, customers_behind
from trueup.statements.adjusting import in_force, knows_money
from trueup.statements.rules.settlement import ChargedLine, settled, why_not
from trueup.statements.settling import Approved, approved, charged


@dataclass(frozen=True, slots=True)
class ToDeprovision:
    """Units a customer does not use. `saving` is its part of what the line saves next month; None: nobody knows the price."""

    customer: str
    name: str
    provisioned: Quantity
    used: Quantity
    units: Quantity
    saving: Money | None


@dataclass(frozen=True, slots=True)
class OverProvisioned:
    """A line with units nobody uses, also where other customers use more than they have. `charged` of them are charged for; `cost` is what
    that comes to this month, `saving` what is saved next month without them: by the list in force then, with all other lines as they are.
    Below 0 where fewer units are in a dearer tier."""

    service: str
    name: str
    unit: str
    decimals: int
    over_provisioned: Quantity
    charged: Quantity
    cost: Money | None
    saving: Money | None
    customers: tuple[ToDeprovision, ...]


@dataclass(frozen=True, slots=True)
class Deprovisioning:
    """All of a report. `cost` and `saving` are of all lines together, which tiers and packs may make more or less than their sum; None,
    with an empty currency, where something has no price or the viewer is no party of it."""

    month: Month
    msp: str
    msp_name: str
    currency: str
    cost: Money | None
    next_currency: str
    saving: Money | None
    lines: tuple[OverProvisioned, ...]


def deprovision(viewer: Viewer, month: Month, msp: str) -> Deprovisioning:
    """What an MSP could deprovision by what its report for a month says. Figures of the report as it is now, approved or not.

    Money is told to the MSP, its distributor and the operator. Raises NotFound, NotAllowed.
    """
    report = to_read(viewer, month, msp)
    one = approved([report])[0]
    known = [line for line in one.lines if line.used is not None]
    behind = customers_behind(report, known)
    over = {line.service_code: line for line in known if _unused(line, behind[line.service_code])}
    now = _Prices.of(viewer, report, one, month)
    then = _Prices.of(viewer, report, one, month.cycle.next())
    lines = tuple(_line(line, now, then, behind[line.service_code]) for line in over.values())
    return Deprovisioning(
        month, report.msp_ref, report.msp_name, now.currency, now.worth(over.values()), then.currency, then.worth(over.values()), lines
    )  # fmt: skip


def _unused(line: ReportLine, behind: Sequence[CustomerFigures]) -> Quantity:
    """What nobody uses: what customers leave, for one may use more than it has and another less."""
    left = added(max(one.provisioned - one.used, ZERO) for one in behind if one.used is not None)
    return max(left, added([line.provisioned, -(line.used or ZERO)]))


def charged_over(line: ReportLine) -> Quantity:
    """The over-provisioned units of a line that are charged for: those beyond the used ones."""
    return ZERO if line.used is None else max(min(line.chargeable, line.provisioned) - line.used, ZERO)


@dataclass(frozen=True, slots=True)
class _Prices:
    """What the lines of a report come to by a price list; without one, nothing is known."""

    prices: PriceList | None
    lines: Sequence[ChargedLine]

    @classmethod
    def of(cls, viewer: Viewer, report: Report, one: Approved, month: Month) -> "_Prices":
        """By the list in force on the last day of a month, if the viewer may know it."""
        if not knows_money(viewer, report):
            return cls(None, ())
        found = in_force(report.distributor_id, report.msp_id, month)
        lines = charged(one, found)
        return cls(None if why_not(found, lines) else found, lines)

    @property
    def currency(self) -> str:
        """Empty: not known."""
        return self.prices.currency if self.prices else ""

    def worth(self, without: Iterable[ReportLine]) -> Money | None:
        """By how much less all lines come to without the over-provisioned units that some of them charge; before tax."""
        if self.prices is None:
            return None
        less = {line.service_code: charged_over(line) for line in without}
        now, then = (settled(self.prices, lines).net for lines in (self.lines, [_less(line, less) for line in self.lines]))
        return total((now, then.copy_negate()), self.currency)


def _less(line: ChargedLine, less: Mapping[str, Quantity]) -> ChargedLine:
    """A line with fewer units: credits and what falls on each customer in proportion."""
    taken = less.get(line.service, ZERO)
    if not taken:
        return line
    rest = line.units - taken
    units = apportion(rest, [share.units for share in line.customers], line.decimals)
    credits_ = None if line.credits is None else apportion(line.credits, [rest, taken], 6)[0]
    parts = [None] * len(units) if credits_ is None else apportion(credits_, [share.credits or ZERO for share in line.customers], 6)
    customers = tuple(
        replace(share, units=own, credits=part) for share, own, part in zip(line.customers, units, parts, strict=True)
    )  # fmt: skip
    return replace(line, units=rest, credits=credits_, customers=customers)


def _line(line: ReportLine, now: _Prices, then: _Prices, behind: Sequence[CustomerFigures]) -> OverProvisioned:
    saving = then.worth([line])
    unused = [(one, max(one.provisioned - one.used, ZERO)) for one in behind if one.used is not None]
    unused = [(one, units) for one, units in unused if units]
    parts: Sequence[Money | None] = [None] * len(unused)
    if saving is not None:
        parts = apportion(saving, [units for _, units in unused], currency_decimals(then.currency))
    customers = [
        ToDeprovision(one.customer, one.name, one.provisioned, one.used or ZERO, units, part)
        for (one, units), part in zip(unused, parts, strict=True)
    ]
    customers.sort(key=lambda one: (-one.units, one.customer))
    return OverProvisioned(
        line.service_code,
        line.service_name,
        line.unit,
        line.decimals,
        _unused(line, behind),
        charged_over(line),
        now.worth([line]),
        saving,
        tuple(customers),
    )

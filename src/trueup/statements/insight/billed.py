"""What was billed, from statements: by month, by service, by who pays."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from django.db.models import Max, Q, QuerySet, Sum

from trueup.accounts.rules import Tier, Viewer
from trueup.kit.errors import Invalid, Problem
from trueup.kit.money import Money
from trueup.kit.period import Month
from trueup.kit.quantity import Credits, Quantity, added
from trueup.kit.text import text
from trueup.statements.models import StatementLine
from trueup.statements.rules.documents import sign_of, signed

MOST_MONTHS: Final = 36


class By(StrEnum):
    """What figures are added up for. `msp`: who pays; to a vendor, which sells to distributors, these."""

    MONTH = "month"
    SERVICE = "service"
    MSP = "msp"


@dataclass(frozen=True, slots=True)
class Billed:
    """What was billed of one thing in one currency; credit notes are taken off.

    `units` of different services are added up whatever they count, and `unit` is empty then. `credits` is None where nothing has any.
    """

    key: str
    name: str
    currency: str
    unit: str
    units: Quantity
    credits: Credits | None
    amount: Money


_KEYS: Final = {By.MONTH: "statement__cycle__first_day", By.SERVICE: "service", By.MSP: "statement__buyer__ref"}
_NAMES: Final = {By.SERVICE: "service_name", By.MSP: "statement__buyer__name"}


def billed(viewer: Viewer, first: Month, last: Month, *, by: By) -> list[Billed]:
    """What a distributor or vendor billed in the statements of the cycles from `first` to `last`, or an MSP was billed; before tax.

    Months in their order, anything else by its amount, the highest first, currency by currency. An adjustment counts in the cycle it
    is settled in. The operator is told what distributors billed. Raises Invalid for months in another order, or too many.
    """
    require_span(first, last)
    rows = _own(viewer).filter(statement__cycle__first_day__range=(first.first_day, last.first_day))
    found: dict[tuple[str, str], Billed] = {}
    for row in _sums(rows, by):
        key = str(Month.of(row["key"])) if by == By.MONTH else row["key"]
        before = found.get((key, row["statement__currency"]))
        found[key, row["statement__currency"]] = _added(before, row, key)
    if by == By.MONTH:
        return [found[place] for place in sorted(found)]
    return sorted(found.values(), key=lambda one: (one.currency, -one.amount, one.key))


def require_span(first: Month, last: Month) -> None:
    """Raises Invalid for months in another order, or too many."""
    if last.first_day < first.first_day:
        message = text("the last month is before the first one")
        raise Invalid(message, [Problem("to", message, "order", ("query", "to"))])
    if (last.year - first.year) * 12 + last.month - first.month >= MOST_MONTHS:
        message = text("at most {most} months can be told at once", most=MOST_MONTHS)
        raise Invalid(message, [Problem("from", message, "too_many", ("query", "from"))])


def _own(viewer: Viewer) -> QuerySet[StatementLine]:
    """Lines of the side the viewer's account is on: nobody's sales and purchases are added up."""
    rows = StatementLine.objects.visible_to(viewer)
    if viewer.account_id is None:
        return rows.exclude(statement__report=None)
    side = "buyer_id" if viewer.tier == Tier.MSP else "seller_id"
    return rows.filter(Q(**{f"statement__{side}": viewer.account_id}))


def _sums(rows: QuerySet[StatementLine], by: By) -> Any:
    names = {"name": Max(_NAMES[by])} if by in _NAMES else {}
    unit = {"told_unit": Max("unit")} if by == By.SERVICE else {}
    grouped = rows.order_by().values("statement__currency", "statement__kind", _KEYS[by])
    summed = grouped.annotate(**names, **unit, all_units=Sum("units"), all_credits=Sum("credits"), all_amount=Sum("amount"))
    return ({**row, "key": row[_KEYS[by]]} for row in summed)


def _added(before: Billed | None, row: dict[str, Any], key: str) -> Billed:
    sign = sign_of(row["statement__kind"])
    units, amount = (signed(row[name], sign) for name in ("all_units", "all_amount"))
    credits_ = None if row["all_credits"] is None else signed(row["all_credits"], sign)
    now = Billed(key, row.get("name", ""), row["statement__currency"], row.get("told_unit", ""), units, credits_, amount)
    if before is None:
        return now
    known = [one for one in (before.credits, credits_) if one is not None]
    return replace(
        now, units=added((before.units, units)), credits=added(known) if known else None, amount=added((before.amount, amount))
    )  # fmt: skip

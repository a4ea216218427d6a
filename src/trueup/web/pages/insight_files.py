"""The tables of insight as CSV: plain numbers, codes in place of words."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from trueup.kit.money import Money, round_money
from trueup.kit.period import Month
from trueup.statements.exports.tables import Of, Row, Table, as_csv, columns
from trueup.statements.files import File
from trueup.statements.insight import Billed, By, Deprovisioning, MeasuredOtherwise, Reviewed, ReviewedBy

_NUMBER, _AMOUNT = Of.NUMBER, Of.AMOUNT


def billed_file(rows: Sequence[Billed], by: By, first: Month, last: Month) -> File:
    """What was billed by month (`cycle`), by service, or by who pays (`buyer`)."""
    key = {By.MONTH: "cycle", By.SERVICE: "service", By.MSP: "buyer"}[by]
    names = (key,) if by == By.MONTH else (key, f"{key}_name")
    unit = ("unit",) if by == By.SERVICE else ()
    named = columns((*names, "currency", *unit, "units", "credits", "amount"), units=_NUMBER, credits=_NUMBER, amount=_AMOUNT)
    said = (
        {
            key: one.key, f"{key}_name": one.name, "currency": one.currency, "unit": one.unit, "units": one.units, "credits": one.credits,
            "amount": _money(one.amount, one.currency),
        }
        for one in rows
    )  # fmt: skip
    return _file(f"billed-by-{by}-{first}-{last}", Table("Billed", named, said, last.last_day))


def review_file(rows: Iterable[Reviewed], by: ReviewedBy, first: Month, last: Month) -> File:
    """How months were reviewed."""
    credits_ = () if by == ReviewedBy.MONTH else ("credits",)
    numbers = (
        "reports", "provisioned", "chargeable", "over_provisioned", "over_provisioned_percent", *credits_, "penalties", "penalty_units",
    )  # fmt: skip
    named = columns((*_KEYS[by], *numbers), **dict.fromkeys(numbers, _NUMBER))
    said = ({**_keys(one, by), **{name: getattr(one, name) for name in numbers}} for one in rows)
    return _file(f"review-{_way(by)}{first}-{last}", Table("Review", named, said, last.last_day))


def comments_file(rows: Iterable[Reviewed], by: ReviewedBy, first: Month, last: Month) -> File:
    """How many lines have a comment, by reason; the reason is empty where none was given."""
    said: Iterator[Row] = ({**_keys(one, by), "reason": code, "lines": count} for one in rows for code, count in one.comments.items())
    named = columns((*_KEYS[by], "reason", "lines"), lines=_NUMBER)
    return _file(f"comments-{_way(by)}{first}-{last}", Table("Comments", named, said, last.last_day))


_KEYS: Final = {
    ReviewedBy.MONTH: ("cycle",),
    ReviewedBy.SERVICE: ("service", "service_name", "unit"),
    ReviewedBy.MSP: ("msp", "msp_name"),
    ReviewedBy.DISTRIBUTOR: ("distributor", "distributor_name"),
}


def _keys(one: Reviewed, by: ReviewedBy) -> Row:
    """What a row is of."""
    return dict(zip(_KEYS[by], (one.key, one.name, one.unit), strict=False))


def _way(by: ReviewedBy) -> str:
    return "" if by == ReviewedBy.MONTH else f"by-{by}-"


def deprovision_file(found: Deprovisioning) -> File:
    """Units to deprovision, customer by customer."""
    numbers = ("provisioned", "used", "units")
    named = columns(
        ("cycle", "msp", "service", "service_name", "customer", "customer_name", "unit", *numbers, "saving", "currency"),
        **dict.fromkeys(numbers, _NUMBER), saving=_AMOUNT,
    )  # fmt: skip
    said: Iterator[Row] = (
        {
            "cycle": str(found.month), "msp": found.msp, "service": line.service, "service_name": line.name, "customer": one.customer,
            "customer_name": one.name, "unit": line.unit, "provisioned": one.provisioned, "used": one.used, "units": one.units,
            "saving": _money(one.saving, found.next_currency), "currency": found.next_currency,
        }
        for line in found.lines
        for one in line.customers
    )  # fmt: skip
    return _file(f"deprovision-{found.month}-{found.msp}", Table("Deprovision", named, said, found.month.last_day))


def measures_file(found: MeasuredOtherwise) -> File:
    """Each line under each measure; what all of them come to under a measure stands in a row without a service."""
    numbers = ("provisioned", "used", "chargeable")
    named = columns(
        ("cycle", "msp", "service", "service_name", "unit", "measure", "in_force", *numbers, "amount", "currency"),
        **dict.fromkeys(numbers, _NUMBER), amount=_AMOUNT,
    )  # fmt: skip
    return _file(f"measures-{found.month}-{found.msp}", Table("Measures", named, _measured(found), found.month.last_day))


def _measured(found: MeasuredOtherwise) -> Iterator[Row]:
    head = {"cycle": str(found.month), "msp": found.msp}
    for line in found.lines:
        own = {"service": line.service, "service_name": line.name, "unit": line.unit}
        for name, one in line.by_measure.items():
            figures = {"provisioned": one.provisioned, "used": one.used, "chargeable": one.chargeable}
            yield {**head, **own, "measure": name.value, "in_force": "yes" if name == line.measure else "no", **figures}
    for measure, amount in found.totals.items():
        yield {**head, "measure": measure.value, "amount": _money(amount, found.currency), "currency": found.currency}
    yield {**head, "in_force": "yes", "amount": _money(found.in_force, found.currency), "currency": found.currency}


def _money(amount: Money | None, currency: str) -> Money | None:
    return None if amount is None else round_money(amount, currency)


def _file(name: str, table: Table) -> File:
    return File(f"{name}.csv", "text/csv; charset=utf-8", as_csv(table))

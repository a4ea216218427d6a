"""Insight, as commands: what was billed, how months were reviewed, what could be saved."""

from collections.abc import Iterator
from dataclasses import asdict

from trueup.client.answers import Billed, Deprovisioning, MeasuredOtherwise, Reviewed
from trueup.jobs.alike import fields_of
from trueup.jobs.desk import Desk
from trueup.jobs.money import amount
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record, write_object
from trueup.jobs.tables import Column, for_people, in_words, print_facts, print_line
from trueup.kit.period import Month

_BILLED = Listing(
    keys=("key", "name", "currency", "unit", "units", "credits", "amount"),
    columns=(
        Column("Of", "key"),
        Column("Name", "name", spare=True),
        Column("Units", "units", number=True),
        Column("Unit", "unit", spare=True),
        Column("Credits", "credits", number=True),
        Column("Amount", "amount", number=True),
        Column("Currency", "currency"),
    ),
    empty="Nothing was billed.",
)
_REVIEWED = Listing(
    keys=(
        "cycle", "reports", "provisioned", "chargeable", "over_provisioned", "over_provisioned_percent", "penalties", "penalty_units",
        "comments",
    ),
    columns=(
        Column("Cycle", "cycle", number=True),
        Column("Reports", "reports", number=True),
        Column("Provisioned", "provisioned", number=True),
        Column("Chargeable", "chargeable", number=True),
        Column("Over", "over_provisioned", number=True),
        Column("Over %", "over_provisioned_percent", number=True),
        Column("Penalties", "penalties", number=True),
        Column("Units by them", "penalty_units", number=True),
        Column("Comments", show=lambda record: _reasons(record["comments"]), spare=True),
    ),
    empty="There are no such reports.",
)  # fmt: skip
_UNUSED = Listing(
    keys=("service", "service_name", "customer", "name", "unit", "provisioned", "used", "units", "saving"),
    columns=(
        Column("Service", "service"),
        Column("Customer", "customer"),
        Column("Name", "name", spare=True),
        Column("Provisioned", "provisioned", number=True),
        Column("Used", "used", number=True),
        Column("To deprovision", "units", number=True),
        Column("Unit", "unit", spare=True),
        Column("Saving", "saving", number=True),
    ),
    empty="Everything that is provisioned is used.",
)
_MEASURES = Listing(
    keys=("service", "name", "unit", "measure", "in_force", "provisioned", "used", "chargeable"),
    columns=(
        Column("Service", "service"),
        Column("Measure", show=lambda record: in_words(record["measure"]) + ("*" if record["in_force"] else "")),
        Column("Provisioned", "provisioned", number=True),
        Column("Used", "used", number=True),
        Column("Chargeable", "chargeable", number=True),
        Column("Unit", "unit", spare=True),
    ),
    empty="The report has no lines.",
)


def _reasons(counts: object) -> str:
    found = counts if isinstance(counts, dict) else {}
    return ", ".join(f"{count} {in_words(code) if code else 'without a reason'}" for code, count in sorted(found.items()))


def billed(desk: Desk, first: Month, last: Month, by: str, form: Format) -> None:
    """Write what was billed. Raises NotAllowed, Invalid."""
    _BILLED.write(map(_billed, desk.insight.billed(first, last, by)), form)


def _billed(one: Billed) -> Record:
    return asdict(one) | {"unit": one.unit or None, "amount": amount(one.amount, one.currency)}


def review(desk: Desk, first: Month, last: Month, form: Format) -> None:
    """Write how the reports of each month went. Raises NotAllowed, Invalid."""
    _REVIEWED.write((_reviewed(one, form) for one in desk.insight.review(first, last)), form)


def _reviewed(one: Reviewed, form: Format) -> Record:
    """In a cell of CSV a count stands behind its reason."""
    comments: object = dict(sorted(one.comments.items()))
    if form is Format.CSV:
        comments = [f"{code or 'none'}={count}" for code, count in sorted(one.comments.items())]
    return fields_of(one) | {"comments": comments}


def deprovision(desk: Desk, month: Month, msp: str, form: Format) -> None:
    """Write what an MSP could deprovision, customer by customer. Raises NotFound, NotAllowed."""
    found = desk.insight.deprovision(month, msp)
    if form is Format.JSON:
        write_object(_whole(found))
        return
    _UNUSED.write(_unused(found), form)
    if form is Format.TABLE and found.lines:
        print()
        cost, saving = amount(found.cost, found.currency), amount(found.saving, found.next_currency)
        facts = {"They cost this month": _with(cost, found.currency), "Saved next month": _with(saving, found.next_currency)}
        print_facts(facts)


def _with(value: str | None, currency: str) -> str:
    return f"{value} {currency}" if value is not None else "nobody knows: something has no price"


def _whole(found: Deprovisioning) -> Record:
    lines = []
    for line in found.lines:
        customers = [asdict(one) | {"saving": amount(one.saving, found.next_currency)} for one in line.customers]
        money = {"cost": amount(line.cost, found.currency), "saving": amount(line.saving, found.next_currency)}
        lines.append(asdict(line) | money | {"customers": customers})
    return {
        "cycle": found.cycle,
        "msp": found.msp,
        "msp_name": found.msp_name,
        "currency": found.currency or None,
        "cost": amount(found.cost, found.currency),
        "next_currency": found.next_currency or None,
        "saving": amount(found.saving, found.next_currency),
        "lines": lines,
    }


def _unused(found: Deprovisioning) -> Iterator[Record]:
    for line in found.lines:
        for one in line.customers:
            saving = amount(one.saving, found.next_currency)
            yield asdict(one) | {"service": line.service, "service_name": line.name, "unit": line.unit, "saving": saving}


def measures(desk: Desk, month: Month, msp: str, form: Format) -> None:
    """Write a month under each measure. Raises NotFound, NotAllowed."""
    found = desk.insight.measures(month, msp)
    if form is Format.JSON:
        write_object(_under_all(found))
        return
    _MEASURES.write(_measured(found), form)
    if form is Format.TABLE and found.lines:
        print_line("* in force", "dim")
        print()
        totals = {in_words(name): money for name, money in found.totals.items() if money is not None}
        print_facts(
            {"As it is": _with(amount(found.in_force, found.currency), found.currency)}
            | {f"All by {name}": for_people(_with(amount(money, found.currency), found.currency)) for name, money in totals.items()}
        )


def _under_all(found: MeasuredOtherwise) -> Record:
    return fields_of(found) | {
        "currency": found.currency or None,
        "in_force": amount(found.in_force, found.currency),
        "totals": {name: amount(money, found.currency) for name, money in found.totals.items()},
    }


def _measured(found: MeasuredOtherwise) -> Iterator[Record]:
    for line in found.lines:
        for name, one in line.by_measure.items():
            header = {"service": line.service, "name": line.name, "unit": line.unit, "measure": name, "in_force": name == line.measure}
            yield header | asdict(one)

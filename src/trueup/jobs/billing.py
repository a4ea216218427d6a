"""Billing reports and billing details, as commands."""

from collections.abc import Mapping
from dataclasses import asdict

from trueup.client.answers import BillingReport, BillingSummary, Highlight
from trueup.jobs import history as written
from trueup.jobs.alike import fields_of
from trueup.jobs.desk import Desk
from trueup.jobs.messages import say
from trueup.jobs.money import amount, as_record, write_lines
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record, write_object
from trueup.jobs.tables import Column, for_people, in_words, print_facts, print_line
from trueup.kit.period import Month
from trueup.statements.rules.parties import FIELDS

_REPORTS = Listing(
    keys=(
        "cycle", "distributor", "distributor_name", "vendor", "vendor_name", "status", "po_number", "submitted_at", "completed_at",
        "currency", "net", "tax", "gross",
    ),
    columns=(
        Column("Cycle", "cycle", number=True),
        Column("Distributor", "distributor"),
        Column("Vendor", "vendor", spare=True),
        Column("Status", "status", codes=True),
        Column("PO number", "po_number"),
        Column("Submitted", "submitted_at"),
        Column("Completed", "completed_at"),
        Column("Total", "gross", number=True),
        Column("Currency", "currency"),
    ),
    empty="There are no such billing reports.",
)  # fmt: skip
_LINES = Listing(
    keys=("cycle", "msp", "msp_name", "service", "service_name", "group", "unit", "units", "credits"),
    columns=(
        Column("Cycle", "cycle", number=True),
        Column("MSP", "msp"),
        Column("Name", "msp_name", spare=True),
        Column("Units", "units", number=True),
        Column("Unit", "unit", spare=True),
        Column("Credits", "credits", number=True),
    ),
    empty="No line charges this service.",
)
_DETAILS = Listing(
    keys=("field", "value"), columns=(Column("What", "field", codes=True), Column("Value", "value")), empty="Nothing is said yet."
)


def list_reports(desk: Desk, *, month: Month | None, form: Format) -> None:
    """Write which billing reports somebody sees. Raises NotFound."""
    _REPORTS.write(map(_row, desk.billing.reports(month=month)), form)


def _row(one: BillingSummary) -> Record:
    money = {name: amount(getattr(one, name), one.currency) for name in ("net", "tax", "gross")}
    return _header(one) | {"currency": one.currency or None} | money


_HEADER = _REPORTS.keys[:-4]


def _header(one: BillingSummary | BillingReport) -> dict[str, object]:
    return {key: getattr(one, key) for key in _HEADER} | {"po_number": one.po_number or None}


def show(desk: Desk, month: Month, distributor: str, form: Format) -> None:
    """Write a billing report. Raises NotFound, NotAllowed."""
    found = desk.billing.report(month, distributor)
    if form is Format.JSON:
        write_object(_header(found) | _more(found))
    elif form is Format.CSV:
        write_lines(found.amounts, form)
    else:
        _print(found)


def _more(found: BillingReport) -> dict[str, object]:
    return {
        "comment": found.comment or None,
        "return_reason": found.return_reason or None,
        **{name: [asdict(one) for one in getattr(found, name)] for name in ("promo_codes", "reports", "missing", "units")},
        "unpriced": found.unpriced,
        **as_record(found.amounts),
        "highlights": [asdict(one) for one in found.highlights],
        "obstacles": found.obstacles,
    }


def _print(found: BillingReport) -> None:
    facts: dict[str, object] = {
        "Billing report": f"{found.cycle} · {found.distributor_name} ({found.distributor})",
        "Vendor": f"{found.vendor_name} ({found.vendor})",
        "Status": in_words(found.status),
        "PO number": found.po_number,
        "Submitted": found.submitted_at,
        "Completed": found.completed_at,
        "Comment": found.comment,
        "Returned because": found.return_reason,
        "Adjusts": found.amounts.adjusts if found.amounts else None,
        "Reports": ", ".join(one.msp for one in found.reports) or "none is approved yet",
    }
    print_facts({name: value for name, value in facts.items() if value})
    print()
    write_lines(found.amounts, Format.TABLE)
    print()
    for one in found.highlights:
        print_line(_in_words(one), "yellow")
    for typed in found.promo_codes:
        if typed.problem:
            print_line(f"{typed.service}: {typed.problem}", "red")
    for obstacle in found.obstacles:
        if obstacle not in {typed.problem for typed in found.promo_codes}:
            print_line(f"In the way: {obstacle}", "yellow")


def _in_words(one: Highlight) -> str:
    """Why a service is worth a look."""
    said = [f"{for_people(own.units)} {one.unit} of {own.msp} are a penalty" for own in one.penalties]
    if one.previous is not None and one.previous != one.units:
        more = f" ({'+' if one.percent > 0 else ''}{for_people(one.percent)} %)" if one.percent is not None else ""
        said.insert(0, f"{for_people(one.units)} {one.unit}, last month {for_people(one.previous)}{more}")
    return f"{one.service}: {'; '.join(said)}"


def lines(desk: Desk, month: Month, distributor: str, service: str, form: Format) -> None:
    """Write the lines of reports that the units of a service come from. Raises NotFound, NotAllowed."""
    _LINES.write(map(fields_of, desk.billing.lines(month, distributor, service)), form)


def history(desk: Desk, month: Month, distributor: str, form: Format) -> None:
    """Write every step of a billing report. Raises NotFound, NotAllowed."""
    written.write(desk.billing.history(month, distributor), form)


def save(desk: Desk, month: Month, distributor: str, *, po_number: str | None, promo: Mapping[str, str], comment: str | None) -> None:
    """Save what a distributor says in it. Raises NotFound, NotAllowed, Conflict, Invalid."""
    found = desk.billing.save(month, distributor, po_number=po_number, promo_codes=promo or None, comment=comment)
    print(f"Saved: the billing report {found.cycle} of {found.distributor} has the PO number {for_people(found.po_number)}.")
    for typed in found.promo_codes:
        if typed.problem:
            say(f"{typed.service}: {typed.problem}")


def submit(desk: Desk, month: Month, distributor: str) -> None:
    """Submit it. Raises NotFound, NotAllowed, Conflict, and Invalid with everything that stands in the way."""
    _say_where_it_is(desk.billing.submit(month, distributor))


def send_back(desk: Desk, month: Month, distributor: str, *, reason: str) -> None:
    """Return it to the distributor. Raises NotFound, NotAllowed, Conflict, and Invalid without a reason."""
    _say_where_it_is(desk.billing.send_back(month, distributor, reason))


def complete(desk: Desk, month: Month, distributor: str) -> None:
    """Complete it. Raises NotFound, NotAllowed, Conflict."""
    _say_where_it_is(desk.billing.complete(month, distributor))


def _say_where_it_is(found: BillingSummary) -> None:
    print(f"The billing report {found.cycle} of {found.distributor} is {in_words(found.status)}.")


# ── Billing details ───────────────────────────────────────────────────────────────────────────────────────────────────


def show_details(desk: Desk, account: str, form: Format) -> None:
    """Write what documents say of an account. Raises NotFound."""
    _write_details(desk.billing.details(account).details, form)


def _write_details(said: Mapping[str, str], form: Format) -> None:
    if form is Format.JSON:
        write_object({name: said.get(name) for name in FIELDS})
    else:
        _DETAILS.write(({"field": name, "value": said[name]} for name in FIELDS if name in said), form)


def save_details(desk: Desk, account: str, said: Mapping[str, str]) -> None:
    """Save some of it; empty text takes it away. Raises NotFound, NotAllowed, Invalid with everything that is wrong, Stale."""
    _write_details(desk.billing.save_details(account, said).details, Format.TABLE)
    say(f"The billing details of {account} are saved.")

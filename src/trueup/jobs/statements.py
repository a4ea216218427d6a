"""Statements, as commands."""

from trueup.client.answers import Statement, StatementSummary
from trueup.jobs.alike import fields_of
from trueup.jobs.desk import Desk
from trueup.jobs.desk_billing import Wanted
from trueup.jobs.money import amount, as_record, write_lines
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record, in_order, write_object
from trueup.jobs.tables import Column, in_words, print_facts

_STATEMENTS = Listing(
    keys=(
        "number", "kind", "cycle", "seller", "seller_name", "buyer", "buyer_name", "issue_date", "issued_at", "currency", "net", "tax",
        "gross", "corrects", "corrected_by", "checksum",
    ),
    columns=(
        Column("Number", "number"),
        Column("Kind", "kind", codes=True, spare=True),
        Column("Cycle", "cycle", number=True),
        Column("From", "seller"),
        Column("To", "buyer"),
        Column("Issued", "issue_date", number=True),
        Column("Net", "net", number=True, spare=True),
        Column("Tax", "tax", number=True, spare=True),
        Column("Total", "gross", number=True),
        Column("Currency", "currency"),
        Column("Corrects", "corrects", spare=True),
        Column("Corrected by", "corrected_by", spare=True),
    ),
    empty="There are no such statements.",
)  # fmt: skip
_WAITING = Listing(
    keys=("cycle", "msp", "msp_name", "reason"),
    columns=(
        Column("Cycle", "cycle", number=True),
        Column("MSP", "msp"),
        Column("Name", "msp_name", spare=True),
        Column("Why", show=lambda record: record["reason"] or "only just approved"),
    ),
    empty="Every approved report has its statement.",
)


def list_statements(desk: Desk, wanted: Wanted, form: Format) -> None:
    """Write which statements somebody has issued or got. Raises NotFound."""
    _STATEMENTS.write(map(_summary, desk.billing.statements(wanted)), form)


def _summary(one: StatementSummary | Statement) -> Record:
    money = {name: amount(getattr(one, name), one.currency) for name in ("net", "tax", "gross")}
    return {key: getattr(one, key) for key in _STATEMENTS.keys} | money | {"corrects": one.corrects or None}


def show(desk: Desk, number: str, form: Format) -> None:
    """Write a statement with all it says. Raises NotFound."""
    found = desk.billing.statement(number)
    if form is Format.JSON:
        write_object(_whole(found))
        return
    if form is Format.TABLE:
        _print_header(found)
    write_lines(found.amounts, form)


def _whole(found: Statement) -> Record:
    header = dict(_summary(found))
    checksum = header.pop("checksum")
    return {
        **header,
        "reason": found.reason or None,
        "seller_party": in_order(found.seller_party),
        "buyer_party": in_order(found.buyer_party),
        "source": fields_of(found.source),
        **as_record(found.amounts),
        "checksum": checksum,
        "document": in_order(found.document),
    }


def _print_header(found: Statement) -> None:
    facts: dict[str, object] = {
        in_words(found.kind).capitalize(): found.number,
        "Cycle": found.cycle,
        "From": f"{found.seller_name} ({found.seller})",
        "To": f"{found.buyer_name} ({found.buyer})",
        "Issued": found.issue_date,
        "Adjusts": found.amounts.adjusts,
        "Corrects": found.corrects,
        "Corrected by": found.corrected_by,
        "Reason": found.reason,
        "PO number": found.source.po_number,
        "Checksum": found.checksum,
    }
    print_facts({name: value for name, value in facts.items() if value})
    print()


def correct(desk: Desk, number: str, *, reason: str) -> None:
    """Correct a statement. Raises NotFound, NotAllowed, Conflict, Invalid."""
    done = desk.billing.correct(number, reason)
    print(f"Corrected: {done.credit_note.number} takes {done.corrected} back, {done.replacement.number} replaces it.")
    for one in done.also:
        print(f"With it, for late usage: {in_words(one.kind)} {one.number}.")


def waiting(desk: Desk, form: Format) -> None:
    """Write which approved reports have no statement yet, and why. Raises NotFound."""
    _WAITING.write(map(fields_of, desk.billing.waiting()), form)

"""Statements, as commands."""

from dataclasses import asdict

from trueup.client.answers import Statement, StatementSummary, WaitingStatement
from trueup.jobs.desk import Desk
from trueup.jobs.desk_billing import Wanted
from trueup.jobs.money import LINES, amount, in_cells, lines_of, ordered, print_totals
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record, write_object
from trueup.jobs.tables import Column, in_words, print_facts
from trueup.kit.errors import Invalid

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


def _summary(one: StatementSummary) -> Record:
    money = {name: amount(getattr(one, name), one.currency) for name in ("net", "tax", "gross")}
    return {key: getattr(one, key) for key in _STATEMENTS.keys} | money | {"corrects": one.corrects or None}


def show(desk: Desk, number: str, form: Format) -> None:
    """Write a statement with all it says. Raises NotFound."""
    found = desk.billing.statement(number)
    summary = found.summary
    if form is Format.JSON:
        said = {"issued_at": summary.issued_at, "corrected_by": summary.corrected_by, "checksum": summary.checksum}
        write_object(ordered(found.document) | said)
    elif form is Format.CSV:
        LINES.write(in_cells(lines_of(found.document)), form)
    else:
        _print(found)


def _print(found: Statement) -> None:
    said, summary = found.document, found.summary
    facts: dict[str, object] = {
        in_words(summary.kind).capitalize(): summary.number,
        "Cycle": summary.cycle,
        "From": f"{summary.seller_name} ({summary.seller})",
        "To": f"{summary.buyer_name} ({summary.buyer})",
        "Issued": summary.issue_date,
        "Corrects": summary.corrects,
        "Corrected by": summary.corrected_by,
        "Reason": said.get("reason"),
        "PO number": said["source"].get("po_number"),
        "Checksum": summary.checksum,
    }
    print_facts({name: value for name, value in facts.items() if value})
    print()
    LINES.write(lines_of(said), Format.TABLE)
    print_totals(said)


def correct(desk: Desk, number: str, *, reason: str) -> None:
    """Correct a statement. Raises NotFound, NotAllowed, Conflict, Invalid."""
    note, replacement = _both(desk.billing.correct(number, reason))
    print(f"Corrected: {note} takes {number} back, {replacement} replaces it.")


def _both(numbers: tuple[str, ...]) -> tuple[str, str]:
    if len(numbers) != 2:
        raise Invalid("a correction is a credit note and a replacement")
    return numbers[0], numbers[1]


def waiting(desk: Desk, form: Format) -> None:
    """Write which approved reports have no statement yet, and why. Raises NotFound."""
    _WAITING.write(map(_waits, desk.billing.waiting()), form)


def _waits(one: WaitingStatement) -> Record:
    return asdict(one) | {"cycle": one.cycle}

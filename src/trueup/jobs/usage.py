"""Usage in and out of the ledger, as commands."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import typer

from trueup.jobs.desk import Desk, TakenIn, Taking
from trueup.jobs.given import given
from trueup.jobs.messages import say
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record, write_object
from trueup.jobs.progress import showing_progress
from trueup.jobs.tables import Column
from trueup.kit.period import Month

_ROWS = Listing(
    keys=("day", "msp", "customer", "service", "provisioned", "used", "credits", "recorded_at"),
    columns=(
        Column("Day", "day", number=True),
        Column("MSP", "msp"),
        Column("Customer", "customer"),
        Column("Service", "service"),
        Column("Provisioned", "provisioned", number=True),
        Column("Used", "used", number=True),
        Column("Credits", "credits", number=True),
        Column("Recorded", "recorded_at", spare=True),
    ),
    empty="No usage is recorded there.",
)
_UNMAPPED = Listing(
    keys=("source", "kind", "name", "records", "first_day", "last_day"),
    columns=(
        Column("Source", "source"),
        Column("Kind", "kind"),
        Column("Name", "name"),
        Column("Records", "records", number=True),
        Column("First day", "first_day", number=True),
        Column("Last day", "last_day", number=True),
    ),
    empty="Every name is matched.",
)


REFUSED = Listing(
    keys=("row", "column", "value", "reason"),
    columns=(
        Column("Row", "row", number=True),
        Column("Column", "column"),
        Column("Value", "value"),
        Column("Reason", show=lambda record: record.get("sentence", record["reason"])),
    ),
    empty="No row was refused.",
)
"""Bad rows of an import."""


def import_file(desk: Desk, file: Path, how: Taking, form: Format) -> None:
    """Take in a file of usage and say what became of it; exit code 1 if all of it was refused. Raises Invalid, Conflict, NotAllowed."""
    with given(file) as content:
        with showing_progress() as progress:
            result = desk.take_in(content, how, progress)
        _tell(result, how, form)


def _tell(result: TakenIn, how: Taking, form: Format) -> None:
    if form is Format.JSON:
        counts: dict[str, object] = {"batch": result.batch, "stored": result.stored, "repeated": result.repeated}
        write_object(counts | {"refused": _refused(result)})
    elif result.refused_count or form is Format.CSV:
        REFUSED.write(_refused(result, sentences=form is Format.TABLE), form)
    _summarize(result, dry_run=how.dry_run, as_a_whole=not how.accept_valid)
    if result.refused_count and not (how.accept_valid and _took_any(result)):
        raise typer.Exit(1)


def _took_any(result: TakenIn) -> bool:
    """Whether something of the delivery is, or will be, in the ledger."""
    return bool(result.stored or result.repeated or result.unmapped)


def _refused(result: TakenIn, *, sentences: bool = False) -> Iterator[Record]:
    """The refused rows one by one: there may be millions."""
    for refusal in result.rows():
        record: dict[str, object] = {"row": refusal.row, "column": refusal.column, "value": refusal.value, "reason": refusal.reason}
        yield record | {"sentence": refusal.message} if sentences else record


def _summarize(result: TakenIn, *, dry_run: bool, as_a_whole: bool) -> None:
    if result.refused_count:
        where = f"; all of them are listed in {result.listed_in}" if result.listed_in else ""
        say(f"{result.refused_count} row(s) refused{where}.")
    if result.refused_count and as_a_whole:
        say("Refused: nothing was stored. Correct the rows, or store the good ones with --accept-valid.")
        return
    if result.repeated:
        before = f" as batch {result.batch}" if result.batch is not None and not result.stored else ""
        say(f"{result.repeated} record(s) were delivered before{before}: they change nothing.")
    if dry_run:
        say(f"{result.stored} record(s) would be stored; nothing was changed (--dry-run).")
    elif result.stored:
        say(f"{result.stored} record(s) stored as batch {result.batch}.")
    elif not result.repeated and not result.unmapped:
        say("There was nothing to store.")
    if result.unmapped:
        say(f"{result.unmapped} record(s) wait for a name to be matched: see `trueup usage unmapped`.")


def show(
    desk: Desk, month: Month, *, msp: str | None, customer: str | None, service: str | None, as_of: datetime | None, form: Format
) -> None:
    """Write the records of a month that count. Raises NotFound."""
    _ROWS.write((asdict(row) for row in desk.usage(month, msp=msp, customer=customer, service=service, as_of=as_of)), form)


def list_unmapped(desk: Desk, form: Format) -> None:
    """Write the names records wait for. Raises NotFound."""
    _UNMAPPED.write((asdict(name) for name in desk.unmapped()), form)


def map_name(desk: Desk, name: str, *, customer: str | None, service: str | None, source: str | None) -> None:
    """Match a name, and say what became of the records that waited. Raises NotFound, Invalid, Conflict, NotAllowed."""
    result = desk.map_name(name, customer=customer, service=service, source=source)
    stored = f" as batch {result.batch}" if result.batch is not None else ""
    print(f"“{name}” stands for {customer or service}: {result.replayed} record(s) stored{stored}.")
    if result.remaining:
        say(f"{result.remaining} record(s) with that name still wait: see `trueup usage unmapped`.")

"""Importing customers, as a command."""

from pathlib import Path

import typer

from trueup.client.answers import RefusedRow
from trueup.jobs.desk import Desk
from trueup.jobs.messages import say
from trueup.jobs.options import Format
from trueup.jobs.output import Record, write_object
from trueup.jobs.progress import showing_progress
from trueup.jobs.usage import REFUSED


def import_customers(desk: Desk, file: Path, *, dry_run: bool, form: Format) -> None:
    """Take in a file of customers and say what became of it; exit code 1 if a row was refused. Raises Invalid, NotAllowed."""
    with showing_progress() as progress:
        result = desk.import_customers(file, dry_run=dry_run, progress=progress)
    refused = [_record(row) for row in result.refused]
    counts = {"added": result.added, "renamed": result.renamed, "moved": result.moved, "unchanged": result.unchanged}
    if form is Format.JSON:
        write_object(counts | {"refused": iter(refused)})
    elif refused or form is Format.CSV:
        REFUSED.write(refused, form)
    if refused:
        say(f"Refused: {result.refused_count} row(s) have problems; nothing was changed.")
        raise typer.Exit(1)
    summary = ", ".join(f"{count} {name}" for name, count in counts.items())
    note = " Nothing was changed (--dry-run)." if dry_run else ""
    say(f"Customers: {summary}.{note}")


def _record(row: RefusedRow) -> Record:
    return {"row": row.row, "column": row.column, "value": row.value, "reason": row.message, "code": row.reason}

"""Usage in and out of the ledger, as commands."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import typer

from trueup.accounts.rules import Viewer
from trueup.jobs.messages import say
from trueup.jobs.network import REFUSED
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record, write_object
from trueup.jobs.people import every_answer, viewers
from trueup.jobs.progress import showing_progress
from trueup.jobs.tables import Column
from trueup.kit.period import Month
from trueup.ledger import actions, queries
from trueup.ledger.actions import ImportResult

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


def import_file(file: Path, *, source: str | None, key: str | None, accept_valid: bool, dry_run: bool, form: Format, now: datetime) -> None:
    """Take in a file of usage and say what became of it; exit code 1 if all of it was refused. Raises Invalid, Conflict, NotAllowed."""
    with showing_progress() as progress:
        result = actions.import_usage(
            Viewer.system(), file, source=source, key=key, accept_valid=accept_valid, dry_run=dry_run, now=now, progress=progress
        )
    if form is Format.JSON:
        counts: dict[str, object] = {"batch": result.batch, "stored": result.stored, "repeated": result.repeated}
        write_object(counts | {"refused": _refused(result)})
    elif result.refused_count or form is Format.CSV:
        REFUSED.write(_refused(result, sentences=form is Format.TABLE), form)
    _summarize(result, dry_run=dry_run, as_a_whole=not accept_valid)
    if result.refused_count and not (accept_valid and _took_any(result)):
        raise typer.Exit(1)


def _took_any(result: ImportResult) -> bool:
    """Whether something of the delivery is, or will be, in the ledger."""
    return bool(result.stored or result.repeated or result.unmapped)


def _refused(result: ImportResult, *, sentences: bool = False) -> Iterator[Record]:
    """The refused rows one by one: there may be millions."""
    for refusal in result.refused():
        record: dict[str, object] = {"row": refusal.row, "column": refusal.column, "value": refusal.value, "reason": str(refusal.reason)}
        yield record | {"sentence": refusal.message} if sentences else record


def _summarize(result: ImportResult, *, dry_run: bool, as_a_whole: bool) -> None:
    if result.refused_count:
        say(f"{result.refused_count} row(s) refused; all of them are listed in {result.refused_file}.")
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
    month: Month, *, msp: str | None, customer: str | None, service: str | None, as_of: datetime | None, email: str | None, form: Format
) -> None:
    """Write the records of a month that count. Raises NotFound."""
    found = every_answer(
        viewers(email), lambda viewer: queries.usage_rows(viewer, month, msp=msp, customer=customer, service=service, as_of=as_of)
    )
    _ROWS.write(_once(found), form)


def _once(answers: list[Iterator[queries.UsageRow]]) -> Iterator[Record]:
    """The records of all answers; what two of them have is written once."""
    seen: set[tuple[object, ...]] = set()
    for rows in answers:
        for row in rows:
            if len(answers) > 1:
                key = (row.day, row.customer, row.service)
                if key in seen:
                    continue
                seen.add(key)
            yield asdict(row)


def list_unmapped(email: str | None, form: Format) -> None:
    """Write the names records wait for. Raises NotFound."""
    found = {tuple(asdict(name).values()): name for names in every_answer(viewers(email), queries.unmapped_names) for name in names}
    _UNMAPPED.write((asdict(name) for name in found.values()), form)


def map_name(name: str, *, customer: str | None, service: str | None, source: str | None, now: datetime) -> None:
    """Match a name, and say what became of the records that waited. Raises NotFound, Invalid, Conflict, NotAllowed."""
    result = actions.map_name(Viewer.system(), name, customer=customer, service=service, source=source, now=now)
    stored = f" as batch {result.batch}" if result.batch is not None else ""
    print(f"“{name}” stands for {customer or service}: {result.replayed} record(s) stored{stored}.")
    if result.remaining:
        say(f"{result.remaining} record(s) with that name still wait: see `trueup usage unmapped`.")

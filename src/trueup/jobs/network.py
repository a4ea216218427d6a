"""Applying a network file, as a command."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from trueup.accounts.rules import Viewer
from trueup.events.rules import Change
from trueup.jobs.messages import say
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record
from trueup.jobs.tables import Column, for_people
from trueup.kit.errors import Invalid
from trueup.network import actions
from trueup.network.rules.plan import Plan

_STEPS = Listing(
    keys=("action", "kind", "name", "changes", "note"),
    columns=(
        Column("Action", "action", codes=True),
        Column("What", "kind"),
        Column("Name", "name"),
        Column("Changes", show=lambda record: _in_words(record["changes"])),
        Column("Note", "note", spare=True),
    ),
    empty="The network is as the file says: nothing to change.",
)


def apply(file: Path, *, dry_run: bool, form: Format, now: datetime) -> None:
    """Show what a network file changes, then do it. Raises Invalid, NotAllowed."""
    text = _read(file)
    plan = actions.apply(Viewer.system(), text, file_name=file.name, dry_run=True, now=now)
    _STEPS.write(_records(plan), form)
    if dry_run:
        say(f"{len(plan.doing)} step(s) would be done; nothing was changed (--dry-run).")
        return
    done = actions.apply(Viewer.system(), text, file_name=file.name, dry_run=False, now=now)
    if done != plan:
        say("Somebody else changed the network in the meantime; what was done is in the history.")
    if done.doing:
        say(f"{len(done.doing)} step(s) done.")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{file} is not UTF-8 text: the byte at position {error.start + 1} cannot be read") from error


def _records(plan: Plan) -> Iterator[Record]:
    for step in plan.steps:
        changes = [{"field": change.field, "before": change.before, "after": change.after} for change in step.changes]
        yield {"action": step.verb.value, "kind": step.kind, "name": step.name, "changes": changes, "note": step.note}


_SAY_NO = frozenset({"usage_reports", "reports_used"})
"""Switches that are usually on: of something new it is told when they are off."""


def _in_words(changes: object) -> str:
    """`time_zone: UTC → Europe/Berlin`."""
    texts = []
    for one in changes if isinstance(changes, list) else []:
        change = Change(one["field"], one["before"], one["after"])
        after = for_people(change.after)
        if change.before is not None:
            texts.append(f"{change.field}: {for_people(change.before)} → {after}")
        elif change.after or change.field in _SAY_NO:  # of something new only what is said of it
            texts.append(f"{change.field}: {after}")
    return "\n".join(texts)

"""Applying a network file, and importing customers. Each is one transaction that does everything or nothing."""

from datetime import datetime
from pathlib import Path

from django.db import transaction

from trueup.accounts.models import Installation
from trueup.accounts.rules import Viewer
from trueup.kit.errors import Invalid, NotAllowed, Problem
from trueup.kit.progress import Progress, Silence
from trueup.network import document
from trueup.network.customers import merging, staging
from trueup.network.customers.result import CustomersResult
from trueup.network.rules.history import happenings
from trueup.network.rules.meaning import understand
from trueup.network.rules.plan import Plan, compare
from trueup.network.rules.tree import SECTIONS, State, Wrong, name_of
from trueup.network.tables.reading import in_use, present
from trueup.network.tables.recording import record_steps
from trueup.network.tables.writing import write

__all__ = ["CustomersResult", "Plan", "apply", "import_customers"]


def apply(viewer: Viewer, text: str, *, file_name: str, dry_run: bool, now: datetime) -> Plan:
    """Make the network as the file says, or with `dry_run` only say what that would change.

    `text` is YAML, `file_name` what the messages call it. Entries that are not in the file are removed where that is safe;
    sections that are not in the file, and customers, are left alone. The same file a second time changes nothing.
    Raises Invalid with every problem and its line, NotAllowed for anybody but the operator.
    """
    _require_operator(viewer, "apply a network file")
    read = document.read(text, file_name)
    wrong = document.wrong_shape(read)
    with transaction.atomic(durable=True):
        if not dry_run:
            _lock()
        before = present(_refs(read.data.get("accounts")))
        wanted, meant_wrong = understand(read.data, wrong, before)
        if wrong or meant_wrong:
            raise _invalid(read, [*wrong, *meant_wrong], file_name)
        plan = compare(before, wanted, listed=_listed(read), in_use=in_use(before, wanted))
        if plan.doing and not dry_run:
            write(plan, before, wanted)
            record_steps(happenings(plan, before, wanted, now.date()), viewer.actor, now, note=file_name)
    return plan


def import_customers(viewer: Viewer, file: Path, *, dry_run: bool, now: datetime, progress: Progress | None) -> CustomersResult:
    """Add, rename and move customers as a CSV with the columns ref, name, msp, from says.

    A row says below which MSP a customer is from a day on (`from` empty: since ever); several rows of one ref are its history.
    What the file does not say stays: later placements too. If any row is bad nothing is done and the result lists all bad rows.
    Raises Invalid for a file that cannot be read at all, NotAllowed for anybody but the operator.
    """
    _require_operator(viewer, "import customers")
    told = progress or Silence()
    with staging.staged(file, told) as rows, transaction.atomic(durable=True):
        if not dry_run:
            _lock()
        refused = staging.check(rows)
        if refused:
            return CustomersResult(refused=tuple(refused))
        return merging.merge(rows, viewer.actor, dry_run=dry_run, now=now, progress=told)


def _require_operator(viewer: Viewer, to_do: str) -> None:
    """The network is the whole installation's: nobody inside it may change it."""
    if not viewer.sees_all:
        raise NotAllowed(f"{viewer.actor.name} may not {to_do}: only the operator of the installation may")


def _lock() -> None:
    """One at a time: the next one waits here, and then sees what this one did. (On SQLite the transaction itself waits.)"""
    Installation.objects.bulk_create([Installation(id=1)], ignore_conflicts=True)
    Installation.objects.select_for_update().get(id=1)


def _refs(accounts: object) -> set[str]:
    listed = accounts if isinstance(accounts, list) else []
    return {entry["ref"] for entry in listed if isinstance(entry, dict) and isinstance(entry.get("ref"), str)}


def _listed(read: document.Document) -> set[str]:
    """The sections of the file. Who lists the services has named every unit that is needed."""
    listed = {section for section in SECTIONS if section in read.data}
    return listed | ({"billing_units"} if "services" in listed else set())


def _invalid(read: document.Document, wrong: list[Wrong], file_name: str) -> Invalid:
    """All that is wrong, in the order of the lines."""
    found = sorted((read.line_of(item.path), _sentence(read.data, item), item.code) for item in wrong)
    problems = [Problem(f"{file_name} line {line}", sentence, code) for line, sentence, code in found]
    many = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return Invalid(f"{file_name} has {many}; nothing was changed", problems)


def _sentence(data: "dict[str, object] | State | object", item: Wrong) -> str:
    """What is wrong, after the entry it is wrong in."""
    section = str(item.path[0]) if item.path else ""
    kind = SECTIONS.get(section)
    if kind is None:
        return item.message
    entries = data.get(section) if isinstance(data, dict) else None
    index = item.path[1] if len(item.path) > 1 else None
    entry = entries[index] if isinstance(entries, list) and isinstance(index, int) else None
    name = name_of(section, entry)
    place = f"{kind} {name}" if name else f"{kind} {index + 1}" if isinstance(index, int) else section
    return f"{place}: {item.message}"

"""The verbs: save and remove a mapping profile, convert a usage file by one."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from django.db import IntegrityError, transaction

from trueup.accounts.rules import Right, Viewer
from trueup.events.recording import Change, record
from trueup.events.rules import Plain
from trueup.exchange.models import MappingProfile
from trueup.exchange.rules.coming_in import HEADER, Cells, gathered
from trueup.exchange.rules.definition import read_name, read_profile, refuse_built_in
from trueup.exchange.rules.profiles import BUILT_IN, MOST_PROFILES, Kind, Profile, document_of, require_keeper, require_kind
from trueup.exchange.written import from_text
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from trueup.kit.text import text
from trueup.ledger.rules.refusals import Refusal

NEW: Final = ""
"""As the fingerprint that was seen: there was no such profile."""

_LONGEST_LINE: Final = 1 << 20
"""Characters."""


@transaction.atomic(durable=True)
def save_profile(viewer: Viewer, name: str, said: Mapping[str, object], *, seen: str | None, now: datetime) -> Profile:
    """Save a profile of the viewer's account under a name. `seen` is the fingerprint of what was there, NEW for nothing, None for any.

    Saving what is there already changes nothing. Raises NotAllowed, Invalid with the place of everything that is wrong, Stale, and
    Conflict for the name of a built-in profile or one profile too many.
    """
    _require(viewer)
    return _save(viewer, read_profile(read_name(name), said), seen, now)


@transaction.atomic(durable=True)
def save_text(viewer: Viewer, written: str, *, file_name: str, seen: str | None, now: datetime, name: str | None = None) -> Profile:
    """The same of a profile in YAML, as `written.as_text` writes it; `name` is what it has to be called, if that is settled.

    What is wrong is told with its line.
    """
    _require(viewer)
    return _save(viewer, from_text(written, file_name=file_name, name=name), seen, now)


def _save(viewer: Viewer, wanted: Profile, seen: str | None, now: datetime) -> Profile:
    account_id, name = _require(viewer), wanted.name
    row = _locked(viewer, name)
    _require_seen(row, seen)
    before = row.definition if row is not None else {}
    if row is not None and row.fingerprint == wanted.fingerprint:
        return wanted
    values = {
        "definition": document_of(wanted), "fingerprint": wanted.fingerprint, "saved_at": now, "saved_by": viewer.actor.name,
    }  # fmt: skip
    if row is None:
        row = _create(account_id, name, values)
    else:
        MappingProfile.objects.filter(pk=row.pk).update(**values)
    record(
        account_id=account_id, kind="mapping_profile_saved", actor=viewer.actor, at=now, subject="mapping_profile", subject_id=row.pk,
        changes=list(_changes(name, before, document_of(wanted))),
    )  # fmt: skip
    return wanted


@transaction.atomic(durable=True)
def remove_profile(viewer: Viewer, name: str, *, seen: str | None, now: datetime) -> None:
    """Remove a profile of the viewer's account. Raises NotAllowed, NotFound, Stale, Conflict for a built-in one."""
    account_id = _require(viewer)
    refuse_built_in(name)
    row = _locked(viewer, name)
    if row is None:
        raise NotFound(text("there is no mapping profile “{name}”", name=name))
    _require_seen(row, seen)
    record(
        account_id=account_id, kind="mapping_profile_removed", actor=viewer.actor, at=now, subject="mapping_profile", subject_id=row.pk,
        changes=list(_changes(name, row.definition, {})),
    )  # fmt: skip
    row.delete()


def _require(viewer: Viewer) -> int:
    """The account whose profiles the viewer keeps. Raises NotAllowed."""
    if viewer.account_id is None:
        raise NotAllowed(text("mapping profiles belong to an account: say who keeps them"))
    require_keeper(viewer)
    return viewer.account_id


def _locked(viewer: Viewer, name: str) -> MappingProfile | None:
    return MappingProfile.objects.visible_to(viewer).select_for_update().filter(name=name).first()


def _require_seen(row: MappingProfile | None, seen: str | None) -> None:
    if seen is None or (row is None and seen == NEW):
        return
    if row is None:
        raise Stale(text("somebody has removed this profile meanwhile; nothing was changed"))
    if seen == NEW:
        raise Stale(text("there is a mapping profile “{name}” already; nothing was changed", name=row.name))
    if row.fingerprint != seen:
        raise Stale(text("{who} has changed this profile meanwhile; nothing was changed", who=row.saved_by))


def _create(account_id: int, name: str, values: Mapping[str, object]) -> MappingProfile:
    if MappingProfile.objects.filter(account_id=account_id).count() >= MOST_PROFILES:
        raise Conflict(text("an account keeps {most} mapping profiles at most: remove one first", most=MOST_PROFILES))
    try:
        with transaction.atomic():
            return MappingProfile.objects.create(account_id=account_id, name=name, **values)
    except IntegrityError:
        raise Stale(text("there is a mapping profile “{name}” already; nothing was changed", name=name)) from None


def _changes(name: str, before: Mapping[str, Plain], after: Mapping[str, Plain]) -> Iterator[Change]:
    """What differs: of names on the other side, each by itself."""
    of = f"mapping profile {name}"
    for field in dict.fromkeys((*before, *after)):
        old, new = before.get(field), after.get(field)
        if field in {"services", "customers"}:
            olds, news = (value if isinstance(value, dict) else {} for value in (old, new))
            for key in sorted({*olds, *news}):
                if olds.get(key) != news.get(key):
                    yield Change(f"{field} {key}", olds.get(key), news.get(key), of)
        elif old != new:
            yield Change(field, old, new, of)


# ── Usage files ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Converted:
    """A file in our columns. `rows` says of each of its rows which row of the given file it comes from (the first of several)."""

    path: Path
    rows: tuple[int, ...]
    headings: Mapping[str, str]

    def told(self, refusals: Iterable[Refusal]) -> Iterator[Refusal]:
        """What the ledger refused of it, in the rows and columns of the given file; rows count from the top of that file."""
        for one in refusals:
            row = self.rows[one.row - 1] if 0 < one.row <= len(self.rows) else one.row
            yield Refusal(row, self.headings.get(one.column, one.column), one.value, one.reason)

    def retell(self, refused_file: Path | None, refusals: Iterable[Refusal]) -> None:
        """Write the ledger's list of refused rows anew, as `told` has them; None is none."""
        if refused_file is None:
            return
        anew = refused_file.with_suffix(".told")
        with anew.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("row", "column", "value", "reason"))
            writer.writerows((one.row, one.column, one.value, one.reason) for one in self.told(refusals))
        anew.replace(refused_file)


def convert(viewer: Viewer, name: str, file: Path, target: Path, *, day: date | None = None) -> Converted:
    """Write a usage file of any layout to `target` as a CSV in our columns, as the viewer's profile says.

    Whoever takes usage in calls this first, and `ledger.actions.import_usage` with `Converted.path` then:

        with TemporaryDirectory() as folder:
            converted = convert(viewer, profile, file, Path(folder) / "usage.csv")
            result = import_usage(viewer, converted.path, source=…, key=…, now=now)
            converted.retell(result.refused_file, result.refused())  # in the rows and columns of the file that was given

    The same file comes to the same bytes, so the ledger knows a repetition. Rows of one day, customer and service are added up, in any
    order. `day` stands in for a day the profile gives as a constant. Nothing is stored, and `file` is not changed.

    Raises NotAllowed, NotFound for the profile, Invalid with the row and column of everything that cannot be read.
    """
    viewer.require(Right.IMPORT_USAGE, text("import usage"))
    mapping = require_kind(BUILT_IN.get(name) or MappingProfile.objects.visible_to(viewer).named(name).profile, Kind.IN)
    with file.open(encoding=_reading(mapping.encoding), newline="") as opened:
        found = _gathered(mapping, opened, day)
    rows = []
    with target.open("w", encoding="utf-8", newline="") as canonical:
        writer = csv.writer(canonical, lineterminator="\n")
        writer.writerow(HEADER)
        for number, row in found:
            rows.append(number)
            writer.writerow(row)
    return Converted(target, tuple(rows), {column.field: column.heading for column in mapping.columns if column.heading})


def _reading(encoding: str) -> str:
    """A mark of UTF-8 that nobody spoke of is no letter."""
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _gathered(mapping: Profile, opened: Iterable[str], day: date | None) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The canonical rows. Raises Invalid."""
    rows = _rows(mapping, opened)
    try:
        heading = next((cells for number, cells in rows if number == mapping.header_row), None)
        if heading is None:
            raise Invalid(text("the file has no row {row}, in which the headings should be", row=mapping.header_row))
        return gathered(mapping, heading, rows, day).rows()
    except UnicodeError:
        raise Invalid(text("the file is not text in the encoding {encoding} of the profile", encoding=mapping.encoding)) from None


def _rows(mapping: Profile, opened: Iterable[str]) -> Iterator[tuple[int, Cells | None]]:
    """The rows of a file with their numbers from 1; None where one cannot be read."""
    reader = csv.reader(_lines(opened), delimiter=mapping.delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells: Cells | None = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        yield number, cells


def _lines(opened: Iterable[str]) -> Iterator[str]:
    for line in opened:
        if len(line) > _LONGEST_LINE:
            raise Invalid(text("the file has a line of more than 1 MB: no row of usage is so long"))
        yield line

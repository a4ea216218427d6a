"""Mapping profiles, mapped reports and mapped usage files, as commands."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from trueup.accounts.queries import refs, viewers_of
from trueup.accounts.rules import Viewer
from trueup.client.answers import RefusedRow
from trueup.exchange import actions, queries
from trueup.exchange.queries import Kept
from trueup.exchange.rules.profiles import may_keep
from trueup.jobs import usage
from trueup.jobs.desk import Desk, TakenIn
from trueup.jobs.messages import say
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record
from trueup.jobs.people import every_answer, viewer_of_report, viewers
from trueup.jobs.tables import Column
from trueup.kit.errors import Invalid, NotFound
from trueup.kit.period import Month
from trueup.kit.progress import Progress
from trueup.ledger.actions import ImportResult, import_usage

_PROFILES = Listing(
    keys=("name", "account", "kind", "per", "built_in", "saved_at", "saved_by"),
    columns=(
        Column("Name", "name"),
        Column("Account", "account"),
        Column("Maps", "kind", codes=True),
        Column("Row for each", "per", codes=True),
        Column("Saved", "saved_at"),
        Column("By", "saved_by", spare=True),
    ),
    empty="There are no profiles.",
)


def show_all(email: str | None, form: Format) -> None:
    """Write which profiles there are. Raises NotFound."""
    answers = every_answer(viewers(email), queries.profiles)
    found = {(kept.name, kept.account): kept for kept_of_one in answers for kept in kept_of_one}
    _PROFILES.write((_record(found[key]) for key in sorted(found)), form)


def _record(kept: Kept) -> Record:
    profile = kept.profile
    per = profile.per.value if profile.kind == "out" else None
    own: dict[str, object] = {"saved_at": kept.saved_at, "saved_by": kept.saved_by, "account": kept.account}
    return own | {"name": kept.name, "kind": profile.kind.value, "per": per, "built_in": profile.built_in}


def show(email: str | None, name: str) -> None:
    """Write a profile as it can be saved again. Raises NotFound."""
    found = every_answer(viewers(email), lambda viewer: queries.profile(viewer, name))
    print(queries.as_text(found[0].profile), end="")


def save(email: str, file: Path, *, account: str | None, now: datetime) -> None:
    """Save the profile a file describes. Raises Invalid with the line of everything that is wrong, NotAllowed, NotFound."""
    written = _read(file)
    saved = actions.save_text(_keeper(email, account), written, file_name=file.name, seen=None, now=now)
    say(f"The profile “{saved.name}” is saved.")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{file} is not UTF-8 text: the byte at position {error.start + 1} cannot be read") from error


def remove(email: str, name: str, *, account: str | None, now: datetime) -> None:
    """Remove a profile. Raises NotFound, NotAllowed, Conflict."""
    actions.remove_profile(_keeper(email, account), name, seen=None, now=now)
    say(f"The profile “{name}” is removed.")


def _keeper(email: str, account: str | None) -> Viewer:
    """The person in the account whose profiles they keep. Raises NotFound, and Invalid where it is not clear which."""
    asking = viewers_of(email)
    named = refs(Viewer.system(), [viewer.account_id for viewer in asking if viewer.account_id is not None])
    if account is not None:
        asking = [viewer for viewer in asking if named.get(viewer.account_id or 0) == account]
        if not asking:
            raise NotFound(f"{email} is no member of “{account}”")
    keepers = [viewer for viewer in asking if may_keep(viewer)] or asking
    if len(keepers) > 1:
        several = ", ".join(sorted(named[viewer.account_id or 0] for viewer in keepers))
        raise Invalid(f"{email} keeps profiles in several accounts: choose one with --account ({several})")
    return keepers[0]


def export(email: str | None, month: Month, msp: str, name: str, *, customers: bool | None, output: Path | None) -> None:
    """Write a report as a profile says, to a file or to standard output. Raises NotFound, NotAllowed, Invalid."""
    found = queries.exported(viewer_of_report(email, month, msp), month, msp, name, customers=customers)
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(found.content)
        return
    output.write_bytes(found.content)
    say(f"{output} is written.")


def import_file(
    email: str | None, file: Path, profile: str, *, day: date | None, source: str | None, key: str | None, accept_valid: bool,
    dry_run: bool, form: Format, now: datetime,
) -> None:  # fmt: skip
    """Take in a usage file of any layout; rows are told as the file has them. Raises Invalid, Conflict, NotAllowed, NotFound."""
    desk = _Converting(_with_profile(email, profile), profile, day, now)
    usage.import_file(cast("Desk", desk), file, source=source, key=key, accept_valid=accept_valid, dry_run=dry_run, form=form)


def _with_profile(email: str | None, name: str) -> Viewer:
    """The operator, or the person in an account that has the profile. Raises NotFound."""
    return every_answer(viewers(email), lambda viewer: (queries.profile(viewer, name), viewer))[0][1]


class _Converting:
    """What a desk is asked to take in an import, after the file was converted."""

    def __init__(self, viewer: Viewer, profile: str, day: date | None, now: datetime) -> None:
        self._viewer = viewer
        self._profile = profile
        self._day = day
        self._now = now

    def take_in(self, file: Path, *, source: str | None, key: str | None, accept_valid: bool, dry_run: bool, progress: Progress) -> TakenIn:
        """Convert a file and take it in."""
        if not file.is_file():
            raise Invalid(f"there is no file {file}")
        with TemporaryDirectory() as folder:
            converted = actions.convert(self._viewer, self._profile, file, Path(folder) / f"{file.stem}.csv", day=self._day)
            found = import_usage(
                self._viewer, converted.path, source=source, key=key, accept_valid=accept_valid, dry_run=dry_run, now=self._now,
                progress=progress,
            )  # fmt: skip
        converted.retell(found.refused_file, found.refused())
        listed_in = str(found.refused_file) if found.refused_file else None
        return TakenIn(found.batch, found.stored, found.repeated, found.refused_count, found.unmapped, lambda: _refused(found), listed_in)


def _refused(found: ImportResult) -> Iterator[RefusedRow]:
    return (RefusedRow(**asdict(one) | {"reason": str(one.reason), "message": str(one.message)}) for one in found.refused())

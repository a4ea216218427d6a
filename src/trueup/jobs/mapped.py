"""Mapping profiles, and usage files they read, at the installation on this machine."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from trueup.accounts.rules import Viewer
from trueup.client.answers import MappingProfile, RefusedRow
from trueup.exchange import queries
from trueup.exchange.actions import convert
from trueup.exchange.queries import Kept
from trueup.exchange.rules.profiles import Profile, document_of, may_keep
from trueup.jobs import people
from trueup.jobs.desk import TakenIn, Taking
from trueup.jobs.given import unpacked
from trueup.jobs.people import every_answer, viewers
from trueup.kit.progress import Progress
from trueup.ledger.actions import ImportResult, import_usage


def profiles(email: str | None) -> Iterable[MappingProfile]:
    """The profiles of all memberships, by name and account. Raises NotFound."""
    answers = every_answer(viewers(email), queries.profiles)
    found = {(kept.name, kept.account): kept for kept_of_one in answers for kept in kept_of_one}
    return [_as_answered(found[key]) for key in sorted(found)]


def _as_answered(kept: Kept) -> MappingProfile:
    said, of = kept.profile, kept.account
    return MappingProfile(kept.name, said.kind, of, said.built_in, document_of(said), kept.saved_at, kept.saved_by, said.fingerprint)


def profile(email: str | None, name: str) -> Profile:
    """The profile of the first membership that has it. Raises NotFound."""
    return every_answer(viewers(email), lambda viewer: queries.profile(viewer, name))[0].profile


def keeper(email: str | None, account: str | None) -> Viewer:
    """The person in the account whose profiles they keep. Raises NotFound, and Invalid where it is not clear which."""
    return people.keeper(email, account, may_keep, "keeps profiles in")


def take_in(email: str | None, file: Path, how: Taking, progress: Progress, *, now: datetime) -> TakenIn:
    """Take in a file; with a profile it is converted before, and rows are told as the file has them."""
    with unpacked(file) as plain:
        if how.profile is None:
            return _taken_in(_stored(Viewer.system(), plain, how, progress, now))
        name = how.profile
        viewer = every_answer(viewers(email), lambda viewer: (queries.profile(viewer, name), viewer))[0][1]
        with TemporaryDirectory() as folder:
            converted = convert(viewer, name, plain, Path(folder) / f"{plain.stem}.csv", day=how.day)
            found = _stored(viewer, converted.path, how, progress, now)
        converted.retell(found.refused_file, found.refused())
        return _taken_in(found)


def _stored(viewer: Viewer, file: Path, how: Taking, progress: Progress, now: datetime) -> ImportResult:
    """What the ledger has done with a file in our columns."""
    return import_usage(
        viewer, file, source=how.source, key=how.key, accept_valid=how.accept_valid, dry_run=how.dry_run, now=now, progress=progress
    )


def _taken_in(found: ImportResult) -> TakenIn:
    """The same as commands tell it."""
    listed_in = str(found.refused_file) if found.refused_file else None
    return TakenIn(found.batch, found.stored, found.repeated, found.refused_count, found.unmapped, lambda: _refused(found), listed_in)


def _refused(found: ImportResult) -> Iterator[RefusedRow]:
    """The refused rows one by one: there may be millions."""
    return (RefusedRow(**asdict(one) | {"reason": str(one.reason), "message": str(one.message)}) for one in found.refused())

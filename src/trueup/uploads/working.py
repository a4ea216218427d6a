"""What the clock does with uploads: check what was received, take in what was confirmed, throw away what is old.

Each is claimed by a conditional update. A worker that dies leaves its claim; when that is old, the next worker does it again. What
passes by itself (the ledger or the database is busy, memory is short) gives an upload back, to be tried again after longer and longer
pauses; only what is wrong with the file itself ends it.
"""

import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.db import OperationalError
from django.db.models import Q, QuerySet

from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Actor, Role, Scope, Tier, Viewer
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, TrueUpError
from trueup.kit.text import joined, packed, text
from trueup.ledger.actions import import_usage
from trueup.ledger.durable import durable_commits
from trueup.ledger.rules.refusals import KEY_REUSED, KeyReused
from trueup.network.actions import CustomersResult, import_customers
from trueup.uploads import storage
from trueup.uploads.models import Upload
from trueup.uploads.outcomes import bad_rows, counts_of, keep_problems
from trueup.uploads.rules import (
    CLAIM_LASTS,
    KEPT_FOR,
    MOST_TRIES,
    PATIENCE,
    RIGHT,
    ROWS_REFUSED,
    WAITING,
    BadRow,
    Kind,
    State,
    nothing_stored,
    passes,
    pause_after,
    refused_whole,
)  # fmt: skip

_RENEW = 30_000_000_000
"""Nanoseconds between two renewals of a claim."""

_REMOVED_AT_ONCE = 500

_EVERY = 300_000_000
"""Nanoseconds between two notes of the progress."""


def work_on_next(*, now: datetime) -> bool:
    """Take up the upload that has waited longest; False if none is due. What goes wrong with it is kept beside it.

    What nobody expects is raised. The upload is tried again; one that was not acknowledged is given up after a few times.
    """
    claim = _claim(now)
    if claim is None:
        return False
    try:
        _run(claim, now=now)
    except TrueUpError as error:
        if passes(error):
            claim.give_back(_sentence(error), _code(error))
        else:
            claim.finish(State.FAILED, error=packed(_sentence(error)), error_code=_code(error), now=now)
    except OperationalError:
        claim.give_back(text("the database is busy"), "busy")
        raise
    except Exception:
        why, code = text("the server failed on this file; its log says why"), "mistake"
        if claim.upload.delivered or claim.upload.tries < MOST_TRIES:
            claim.give_back(why, code)
        else:
            claim.finish(State.FAILED, error=packed(why), error_code=code, now=now)
        raise
    return True


def remove_old_files(*, now: datetime) -> int:
    """Throw away the lists of bad rows of uploads that were over long ago; of how many. What they came to stays in the table."""
    old = list(Upload.objects.filter(files_until__lte=now).order_by("files_until").values_list("pk", flat=True)[:_REMOVED_AT_ONCE])
    for upload_id in old:
        storage.remove(upload_id)
    if old:
        Upload.objects.filter(pk__in=old).update(files_until=None)
    storage.remove_abandoned(now)
    return len(old)


def _code(error: TrueUpError) -> str:
    """What a program is told."""
    kinds = ((KeyReused, KEY_REUSED), (NotAllowed, "not_allowed"), (Conflict, "conflict"))
    return next((code for kind, code in kinds if isinstance(error, kind)), "invalid")


def _sentence(error: TrueUpError) -> str:
    """What is wrong with the file as a whole."""
    problems = error.problems if isinstance(error, Invalid) else ()
    return joined([error.message, *(problem.message for problem in problems)], "; ") if problems else error.message


class _Claim:
    """An upload that this worker has taken up. While it works the claim is renewed; once another has taken it over, nothing is written."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self._began = self._renewed = time.monotonic_ns()
        self._since = upload.claimed_at

    @property
    def checking(self) -> bool:
        """Whether it is only being looked at."""
        return self.upload.state == State.CHECKING

    def renew(self) -> None:
        """Say that somebody is still working on it, now and then."""
        now = time.monotonic_ns()
        if self._since is None or now - self._renewed < _RENEW:
            return
        self._renewed = now
        later = self._since + timedelta(microseconds=(now - self._began) // 1000)
        if self._mine().update(claimed_at=later):
            self.upload.claimed_at = later

    def finish(self, after: State, *, now: datetime, **values: object) -> None:
        """Write what it came to, and then throw the file away if that was all."""
        over = after != State.CHECKED
        ended = {"ended_at": now, "files_until": now + KEPT_FOR} if over else {"ended_at": None}
        with durable_commits():
            mine = self._mine().update(**{"state": after, "tries": 0, "due_at": None, "error": "", "error_code": "", **ended, **values})
        if mine and over:
            storage.remove_sent(self.upload.pk)

    def give_back(self, why: str, code: str) -> None:
        """Let another worker try, once the pause after this try is over."""
        before = next(waiting for waiting, working in WAITING.items() if working == self.upload.state)
        self._mine().update(state=before, claimed_at=None, error=packed(why), error_code=code)

    def _mine(self) -> QuerySet[Upload]:
        return Upload.objects.filter(pk=self.upload.pk, state=self.upload.state, claimed_at=self.upload.claimed_at)


def _claim(now: datetime) -> _Claim | None:
    abandoned = Q(state__in=WAITING.values(), claimed_at__lt=now - CLAIM_LASTS)
    due = Q(due_at=None) | Q(due_at__lte=now)
    for upload in Upload.objects.filter(Q(state__in=WAITING) | abandoned).filter(due).order_by("created_at", "pk")[:5]:
        after = WAITING.get(State(upload.state), State(upload.state))
        known = Upload.objects.filter(pk=upload.pk, state=upload.state, claimed_at=upload.claimed_at)
        tries = upload.tries + 1
        if known.update(state=after, claimed_at=now, tries=tries, due_at=now + pause_after(tries)):
            upload.state, upload.claimed_at, upload.tries = after, now, tries
            return _Claim(upload)
    return None


def _run(claim: _Claim, *, now: datetime) -> None:
    """Check or take in, and write what it came to."""
    upload = claim.upload
    viewer, path = _viewer(upload), storage.sent(upload.pk, upload.file_name)
    if not path.exists():
        raise Invalid(text("the file is gone: upload it again"))
    if upload.kind == Kind.CUSTOMERS:
        _customers(claim, viewer, path, now=now)
    else:
        _usage(claim, viewer, path, now=now)


def _viewer(upload: Upload) -> Viewer:
    """Who sent the file: who confirmed one, with the rights they have now; who was told that one is taken in, with those they had then."""
    if upload.delivered:
        actor = Actor("client" if upload.actor_kind == "client" else "person", upload.user_email, upload.user_id)
        return Viewer(actor, upload.account_id, Tier(upload.account.tier), Role.ADMIN, frozenset({Scope.USAGE_WRITE}))
    with suppress(NotFound):
        for viewer in viewers_of(upload.user_email):
            if viewer.account_id == upload.account_id and viewer.may(RIGHT[Kind(upload.kind)]):
                return viewer
    raise NotAllowed(text("{who} has no longer the right to import this", who=upload.user_email))


def _usage(claim: _Claim, viewer: Viewer, path: Path, *, now: datetime) -> None:
    upload = claim.upload
    result = import_usage(
        viewer, path, source=upload.source or None, key=upload.key, accept_valid=upload.accept_valid, dry_run=claim.checking, now=now,
        patience=PATIENCE, progress=_Noting(claim),
    )  # fmt: skip
    try:
        problems = keep_problems(storage.folder(upload.pk), bad_rows(result.refused()))
    finally:
        result.forget_refused()
    counts = counts_of(result)
    values: dict[str, object] = {"problems": problems, "batch": result.batch}
    if claim.checking:
        importable = result.stored > 0 or result.unmapped > 0
        claim.finish(State.CHECKED, counts={**counts, "importable": importable}, now=now, **values)
    elif refused_whole(counts):
        sentence = packed(nothing_stored(result.refused_count))
        claim.finish(State.FAILED, counts=counts, error=sentence, error_code=ROWS_REFUSED, now=now, **values)
    else:
        claim.finish(State.DONE, counts={**counts, "importable": False}, now=now, **values)


def _customers(claim: _Claim, viewer: Viewer, path: Path, *, now: datetime) -> None:
    dry_run = claim.checking
    result: CustomersResult = import_customers(viewer, path, dry_run=dry_run, now=now, progress=_Noting(claim))
    counts: dict[str, int | bool] = {
        "added": result.added,
        "renamed": result.renamed,
        "moved": result.moved,
        "unchanged": result.unchanged,
        "refused": len({row.row for row in result.refused}),
        "importable": dry_run and result.added + result.renamed + result.moved > 0,
    }
    problems = keep_problems(
        storage.folder(claim.upload.pk), (BadRow(row.row, row.column, row.value, row.reason) for row in result.refused)
    )
    claim.finish(State.CHECKED if dry_run else State.DONE, counts=counts, problems=problems, now=now)


class _Noting:
    """A progress that is noted beside the upload, a few times a second."""

    def __init__(self, claim: _Claim) -> None:
        self._claim = claim
        self._label = ""
        self._done = 0
        self._total: int | None = None
        self._noted = 0

    def start(self, label: str, total: int | None) -> None:
        """Begin a step."""
        self._label, self._done, self._total = packed(label), 0, total
        self._note()

    def advance(self, count: int) -> None:
        """More is done."""
        self._done += count
        if time.monotonic_ns() - self._noted >= _EVERY:
            self._note()

    def finish(self) -> None:
        """The step is done."""
        self._note()

    def _note(self) -> None:
        self._noted = time.monotonic_ns()
        self._claim.renew()
        storage.note_progress(self._claim.upload.pk, self._label, self._done, self._total)

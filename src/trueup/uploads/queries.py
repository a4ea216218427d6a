"""Questions about uploads."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from trueup.accounts.rules import Viewer
from trueup.kit.errors import NotFound
from trueup.kit.page import Page
from trueup.kit.text import text, unpacked
from trueup.uploads import storage
from trueup.uploads.models import Upload
from trueup.uploads.rules import BUSY, WAITING, BadRow, Kind, State, require_room


@dataclass(frozen=True, slots=True)
class UploadView:
    """An upload. `counts`: what the check, later the import, came to; `done` of `total` (None: unknown) says how far the work is."""

    id: int
    kind: Kind
    file_name: str
    size: int
    by: str
    source: str
    accept_valid: bool
    state: State
    created_at: datetime
    ended_at: datetime | None
    counts: dict[str, int]
    problems: tuple[BadRow, ...]
    error: str
    error_code: str = ""
    key: str | None = None
    due_at: datetime | None = None
    batch: int | None = None
    listed: bool = False
    """Whether the CSV with all bad rows is there (still)."""
    label: str = ""
    done: int = 0
    total: int | None = None

    @property
    def busy(self) -> bool:
        """Whether it changes by itself."""
        return self.state in BUSY

    @property
    def importable(self) -> bool:
        """Whether it waits for somebody to confirm it."""
        return self.state == State.CHECKED and bool(self.counts.get("importable"))


def uploads(viewer: Viewer, *, page: int, per_page: int = 20) -> Page[UploadView]:
    """The uploads of the viewer's account, the latest first."""
    found = Upload.objects.visible_to(viewer).order_by("-created_at", "-pk")
    return Page.of(found.count(), page, per_page, lambda start, stop: [_view(one) for one in found[start:stop]])


def upload(viewer: Viewer, upload_id: int) -> UploadView:
    """One upload with how far it is. Raises NotFound."""
    found = _one(viewer, upload_id)
    return _view(found, storage.progress(found.pk) if found.state in BUSY else {})


def delivery(viewer: Viewer, upload_id: int) -> UploadView:
    """Usage that a program of the viewer's account sent, with how far it is. Raises NotFound."""
    found = Upload.objects.visible_to(viewer).deliveries().filter(pk=upload_id).first()
    if found is None:
        raise NotFound(text("there is no delivery {delivery}", delivery=str(upload_id)))
    return _view(found, storage.progress(found.pk) if found.state in BUSY else {})


def deliveries_after(viewer: Viewer, *, after: int | None, limit: int, states: Collection[State]) -> list[UploadView]:
    """Up to `limit` of what programs of the viewer's account sent, the latest first, older than the delivery `after`."""
    found = Upload.objects.visible_to(viewer).deliveries().filter(state__in=states).order_by("-pk")
    if after is not None:
        found = found.filter(pk__lt=after)
    return [_view(one, rows=()) for one in found.defer("problems")[:limit]]


def require_room_to_wait(viewer: Viewer) -> None:
    """Raise TooManyWaiting if the viewer's account may have no further delivery wait."""
    require_room(Upload.objects.visible_to(viewer).deliveries().unfinished().count())


def refused_file(viewer: Viewer, upload_id: int) -> Path:
    """The CSV with all bad rows: row, column, value, reason. Raises NotFound."""
    path = storage.refused(_one(viewer, upload_id).pk)
    if not path.exists():
        raise NotFound(text("there are no refused rows"))
    return path


def _one(viewer: Viewer, upload_id: int) -> Upload:
    found = Upload.objects.visible_to(viewer).filter(pk=upload_id).first()
    if found is None:
        raise NotFound(text("there is no such upload"))
    return found


def _view(found: Upload, progress: dict[str, object] | None = None, *, rows: Sequence[list[object]] | None = None) -> UploadView:
    """`rows`: the bad ones to be shown; None: those that are kept."""
    how_far = progress or {}
    total = how_far.get("total")
    return UploadView(
        id=found.pk,
        kind=Kind(found.kind),
        file_name=found.file_name,
        size=found.size,
        by=found.user_email,
        source=found.source,
        accept_valid=found.accept_valid,
        state=State(found.state),
        created_at=found.created_at,
        ended_at=found.ended_at,
        counts=dict(found.counts),
        problems=tuple(_bad(row) for row in (found.problems if rows is None else rows)),
        error=unpacked(found.error) if found.error else "",
        error_code=found.error_code,
        key=found.key,
        due_at=found.due_at,
        batch=found.batch,
        listed=bool(found.counts.get("refused")) and (found.ended_at is None or found.files_until is not None),
        label=unpacked(str(how_far["label"])) if "label" in how_far else "",
        done=int(str(how_far.get("done", 0))),
        total=None if total is None else int(str(total)),
    )


def _bad(row: list[object]) -> BadRow:
    number, column, value, reason, *code = row
    return BadRow(int(str(number)), str(column), str(value), unpacked(str(reason)), str(code[0]) if code else "")


def waiting_uploads() -> int:
    """How many uploads wait for the clock."""
    return Upload.objects.filter(state__in=WAITING).count()

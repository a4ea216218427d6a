"""What is answered about usage that was sent."""

from typing import Literal

from ninja import Schema

from trueup.api.schemas import BadField, Instant, ProblemDocument


class RefusedRow(BadField):
    """One problem of one row: row 1 is the first row of data, `code` the reason; `path` is there for a JSON document."""

    row: int
    column: str
    value: str


class Counts(Schema):
    """What became of the records and rows."""

    batch: int | None
    stored: int
    repeated: int
    unmapped: int
    refused_count: int
    refused_csv: str | None = None


class Delivered(Counts):
    """What became of usage that was sent. `id` and `refused_csv` are there where more was wrong than is named in `refused`.

    A dry run names no batch, says what would be stored, and keeps nothing: no more than a thousand refused rows are named.
    """

    state: str
    id: int | None = None
    refused: list[RefusedRow] = []


class BadUsage(BadField):
    """What is wrong with usage: with a row, or with the request."""

    row: int | None = None
    column: str | None = None
    value: str | None = None


class RefusedUsage(ProblemDocument):
    """Usage of which nothing was stored. The numbers are there where its rows are to blame (`rows_refused`)."""

    errors: list[BadUsage] = []  # type: ignore[assignment]
    id: int | None = None
    batch: int | None = None
    stored: int = 0
    repeated: int = 0
    unmapped: int = 0
    refused_count: int = 0
    refused_csv: str | None = None


class Waiting(Schema):
    """Usage that was received and will be taken in: `location` says what became of it."""

    id: int
    state: str
    location: str


class Why(Schema):
    """Why nothing of a delivery is stored."""

    code: str
    detail: str


Progress = Literal["waiting", "working", "done", "failed"]


class DeliveryRow(Counts):
    """Usage that a program sent: `waiting`, `working`, then `done` or `failed`. What nothing is known of yet is 0 or null.

    A `failed` one says in `error` why nothing of it was stored. One that is still `waiting` may have an `error` too: why it could not be
    taken in yet, for reasons that pass; it is tried again at `tries_again_at`. `refused_csv` is null once the list was removed.
    """

    id: int
    state: Progress
    created_at: Instant
    ended_at: Instant | None
    size: int
    source: str
    key: str | None
    accept_valid: bool
    error: Why | None
    tries_again_at: Instant | None


class DeliveryState(DeliveryRow):
    """A delivery with the first of its refused rows; while it is worked on, `progress` of `progress_of` steps are done (null: unknown)."""

    refused: list[RefusedRow]
    progress: int
    progress_of: int | None


def refused_csv(upload_id: int | None) -> str | None:
    """Where all refused rows are."""
    return None if upload_id is None else f"/api/v1/deliveries/{upload_id}/refused.csv"

"""Usage: sent in by the file, read back by the record."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status

from trueup.accounts.rules import Right, Scope, Viewer
from trueup.answers.rules import LONGEST_KEY, fits
from trueup.api import clock, paging, problems
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints import usage_bodies
from trueup.api.endpoints.usage_documented import SEND_USAGE
from trueup.api.endpoints.usage_shapes import Delivered, RefusedUsage, Waiting, refused_csv
from trueup.api.endpoints.usage_turns import CONVERSIONS, UPLOADS
from trueup.api.parameters import Cycle, Day, Moment, Storable
from trueup.api.problems import Refused, pointer
from trueup.api.schemas import REFUSALS, Instant, Number, ProblemDocument
from trueup.exchange.actions import Converted, convert
from trueup.kit.errors import Invalid, Problem
from trueup.kit.page import no_place
from trueup.kit.period import Month
from trueup.kit.text import text
from trueup.ledger.actions import ImportResult, import_usage
from trueup.ledger.queries import UsageRow, source_codes
from trueup.ledger.queries.lists import RecordFilter, RecordPlace, usage_after
from trueup.ledger.rules.columns import COLUMNS
from trueup.ledger.rules.refusals import KEY_REUSED, KeyReused, Refusal
from trueup.uploads.actions import deliver, keep_refused
from trueup.uploads.queries import require_room_to_wait
from trueup.uploads.rules import PATIENCE, ROWS_REFUSED, TooManyWaiting, nothing_stored

router = Router()

MOST_REFUSALS: Final = 1000
"""Problems named in an answer; all of them are in the CSV that it names."""

SourceCode = Annotated[
    str | None, Field(min_length=1, max_length=64, description="The source it comes from; left out, the usual one.")
]  # fmt: skip
Profile = Annotated[Storable | None, Field(min_length=1, max_length=200, description="A mapping profile.")]
Known = Annotated[Storable | None, Field(min_length=1, max_length=300)]
"""A ref or code in a query."""


@router.post(
    "/usage",
    response={
        200: Delivered, 201: Delivered, 202: Waiting, **REFUSALS, **dict.fromkeys((408, 411, 413, 415), ProblemDocument), 422: RefusedUsage,
    },
    auth=Allowed(Scope.USAGE_WRITE), operation_id="send_usage", summary="Send usage", openapi_extra=SEND_USAGE,
)  # fmt: skip
def send_usage(
    request: HttpRequest, response: HttpResponse, *, source: SourceCode = None, accept_valid: bool = False, dry_run: bool = False,
    profile: Profile = None, day: Day | None = None,
) -> Any:  # fmt: skip
    """Send usage records: they are stored as a whole or not at all; with `accept_valid` the good ones are.

    JSON up to 20 MB; NDJSON, CSV or Parquet up to 1 GiB (`TRUEUP_API_UPLOAD_LIMIT`), also after unpacking. The same content from the same
    source, or the same Idempotency-Key, changes nothing and is answered as repeated. With `Prefer: respond-async` the answer is 202, and
    what became of it is read at its Location. With a mapping `profile` it is a CSV of any layout, up to 20 MB.
    """
    asked: Asked = request  # type: ignore[assignment]
    viewer, account = asked.caller.viewer, asked.caller.account_ref
    viewer.require(Right.IMPORT_USAGE, text("import usage"))
    if source is not None and source not in source_codes(viewer):
        raise _bad("source", text("there is no source “{code}”", code=source), "unknown_source")
    how = _How(_key(request), source, accept_valid, dry_run)
    if profile is not None:
        with UPLOADS.taken(account), usage_bodies.received(request, whole=True) as sent, CONVERSIONS.taken(account):
            return _answered(viewer, sent, how, _converted(viewer, sent, profile, day))
    if _may_wait(request) and not dry_run:
        return _later(response, _delivered(asked, how))
    with UPLOADS.taken(account), usage_bodies.received(request) as sent:
        return _answered(viewer, sent, how, None)


@dataclass(frozen=True, slots=True)
class _How:
    """What the sender said about a delivery."""

    key: str | None
    source: str | None
    accept_valid: bool
    dry_run: bool


def _converted(viewer: Viewer, sent: usage_bodies.Received, profile: str, day: date | None) -> Converted:
    """The file in our columns. Raises NotFound for the profile, Invalid, Refused."""
    if sent.form != usage_bodies.Form.CSV:
        raise Refused(415, "unsupported_media_type", text("a mapping profile reads text/csv"), headers={"Accept-Post": "text/csv"})
    return convert(viewer, profile, sent.file, sent.file.with_name("converted.csv"), day=day)


def _key(request: HttpRequest) -> str | None:
    """The name the sender gives the delivery. Raises Refused for one that cannot be kept."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not fits(key):
        raise Refused(400, "bad_idempotency_key", text("a key has 1 to {most} printable ASCII characters", most=LONGEST_KEY))
    return key


def _may_wait(request: HttpRequest) -> bool:
    """Whether the sender would rather ask later than wait (RFC 7240)."""
    preferences = request.headers.get("Prefer", "").lower().split(",")
    return "respond-async" in {preference.partition(";")[0].strip() for preference in preferences}


def _delivered(asked: Asked, how: _How) -> int:
    """Keep what is sent until the clock takes it in. Raises Refused."""
    viewer, account = asked.caller.viewer, asked.caller.account_ref
    try:
        require_room_to_wait(viewer)  # before anything is read
        with UPLOADS.taken(account), usage_bodies.received(asked) as sent:
            return deliver(viewer, sent.file, source=how.source, key=how.key, accept_valid=how.accept_valid, now=clock.now())
    except TooManyWaiting as error:
        raise Refused(429, "too_many_waiting", error.message, headers={"Retry-After": "60"}) from error


def _later(response: HttpResponse, upload_id: int) -> Any:
    place = f"/api/v1/deliveries/{upload_id}"
    response["Location"], response["Preference-Applied"], response["Retry-After"] = place, "respond-async", "1"
    return Status(202, {"id": upload_id, "state": "waiting", "location": place})


def _answered(viewer: Viewer, sent: usage_bodies.Received, how: _How, converted: Converted | None) -> Any:
    """Take it in at once."""
    file = converted.path if converted else sent.file
    try:
        result = import_usage(
            viewer, file, source=how.source, key=how.key, accept_valid=how.accept_valid, dry_run=how.dry_run, now=clock.now(),
            patience=PATIENCE,
        )  # fmt: skip
    except KeyReused as error:
        raise Refused(422, KEY_REUSED, error.message) from error
    try:
        return _answer(viewer, sent, how, result, converted)
    finally:
        result.forget_refused()


def _answer(viewer: Viewer, sent: usage_bodies.Received, how: _How, result: ImportResult, converted: Converted | None) -> Any:
    """What became of it: stored, repeated, or refused with the rows to blame."""

    def refusals() -> Iterator[Refusal]:
        return converted.told(result.refused()) if converted else result.refused()

    first, kept = list(islice(refusals(), MOST_REFUSALS + 1)), None
    if len(first) > MOST_REFUSALS and not how.dry_run:
        kept = keep_refused(
            viewer, sent.file, result, refusals(), source=how.source, accept_valid=how.accept_valid, now=clock.now()
        )  # fmt: skip
    numbers = {
        "id": kept, "batch": result.batch, "stored": result.stored, "repeated": result.repeated, "unmapped": result.unmapped,
        "refused_count": result.refused_count, "refused_csv": refused_csv(kept),
    }  # fmt: skip
    rows = list(_told(first[:MOST_REFUSALS], json=sent.form == usage_bodies.Form.JSON))
    if result.refused_count and not (how.accept_valid and (result.stored or result.repeated or result.unmapped)):
        return problems.problem(422, ROWS_REFUSED, nothing_stored(result.refused_count), errors=rows, members=numbers)
    new = result.batch is not None and bool(result.stored or result.unmapped)
    return Status(201 if new else 200, {"state": "done", **numbers, "refused": rows})


def _told(refusals: Iterable[Refusal], *, json: bool) -> Iterable[dict[str, object]]:
    """Each problem with its row; of a JSON document with its path as well."""
    for one in refusals:
        column = (one.column,) if one.column in COLUMNS else ()
        path = {"path": pointer(("records", one.row - 1, *column))} if json else {}
        yield {**path, "code": str(one.reason), "detail": str(one.message), "row": one.row, "column": one.column, "value": one.value}


class Record(Schema):
    """A usage record that counts. Used units and credits are null where nobody knows them."""

    day: date
    msp: str
    customer: str
    service: str
    provisioned: Number
    used: Number | None
    credits: Number | None
    recorded_at: Instant


@router.get(
    "/usage", response={200: paging.Listed[Record], **REFUSALS}, auth=Allowed(Scope.USAGE_READ), operation_id="list_usage",
    summary="Usage records",
)  # fmt: skip
def list_usage(
    request: HttpRequest, response: HttpResponse, *, month: Cycle | None = None, day: Day | None = None, msp: Known = None,
    customer: Known = None, service: Known = None, as_of: Moment | None = None, limit: paging.Limit = paging.USUAL,
    cursor: paging.Cursor = None,
) -> Any:  # fmt: skip
    """The records that count of a month or a day, by day, MSP, customer and service; with `as_of` those that counted then."""
    asked: Asked = request  # type: ignore[assignment]
    if month is not None and day is not None and Month.of(day) != month:
        raise _bad("day", text("the day {day} is not in the month {month}", day=day, month=month))
    whole = month if month is not None or day is None else Month.of(day)
    if whole is None:
        raise _bad("month", text("say which month or day"), "missing")
    rows = usage_after(
        asked.caller.viewer, whole, RecordFilter(msp, customer, service, day), as_of=as_of, after=_place(cursor), limit=limit + 1
    )  # fmt: skip
    return paging.page(request, response, rows, limit, shown=_shown, place=_cursor)


def _bad(name: str, detail: str, code: str = "invalid") -> Invalid:
    return Invalid(detail, [Problem(name, detail, code, ("query", name))])


def _place(cursor: str | None) -> RecordPlace | None:
    found = paging.unpacked(cursor, int, str, int, int, int)
    if found is None:
        return None
    try:
        return RecordPlace(found[0], date.fromisoformat(found[1]), *found[2:])
    except ValueError:
        raise no_place() from None


def _cursor(row: tuple[UsageRow, RecordPlace]) -> tuple[str | int, ...]:
    vendor_id, day, *ids = row[1]
    return (vendor_id, day.isoformat(), *ids)


def _shown(row: tuple[UsageRow, RecordPlace]) -> UsageRow:
    return row[0]

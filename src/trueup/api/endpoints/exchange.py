"""Mapping profiles, and a report in the columns of where it is billed."""

from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import Field, Query, Router, Schema, Status
from pydantic import ConfigDict, WithJsonSchema

from trueup.accounts.rules import Scope
from trueup.api import paging, problems, versions
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.network_writing import EXISTS
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Ref, ReportCycle, Storable
from trueup.api.schemas import REFUSALS, WRITES, Instant
from trueup.exchange import actions, queries
from trueup.exchange.queries import Kept
from trueup.exchange.rules.definition import MOST_ALIASES, MOST_CHARACTERS, MOST_COLUMNS, MOST_HEADER_ROW
from trueup.exchange.rules.profiles import FIGURES, TEXTS, USAGE, document_of
from trueup.kit.errors import Stale

router = Router()
READ: Final = Allowed(Scope.REPORTS_READ, Scope.USAGE_READ)
WRITE: Final = Allowed(Scope.USAGE_WRITE, Scope.REPORTS_PREPARE, Scope.REPORTS_REVIEW)


Name = Annotated[Storable, Field(min_length=1, max_length=60, description="The name of a profile.")]
Encoding = Literal["utf-8", "utf-8-sig", "windows-1252", "iso-8859-1", "iso-8859-15", "utf-16"]
DayFormat = Literal["YYYY-MM-DD", "YYYYMMDD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY"]


_TEXT: Final = {"type": "string", "maxLength": MOST_CHARACTERS}
_COLUMN: Final = {
    "type": "object",
    "properties": {
        "heading": {**_TEXT, "description": "What stands above it. In a usage file a constant has none."},
        "field": {
            "type": "string",
            "description": "What stands in it: one of our fields; this or `constant`.",
            "enum": [*TEXTS, *FIGURES, *(name for name in USAGE if name not in TEXTS)],
        },
        "constant": {**_TEXT, "description": "The same in every row."},
    },
    "additionalProperties": False,
}
_CUSTOMER: Final = {
    "description": "What a customer (or an MSP) is called where it is billed; of a usage file, our ref.",
    "anyOf": [
        _TEXT,
        {"type": "object", "properties": dict.fromkeys(("company", "agreement", "agreement_id"), _TEXT), "additionalProperties": False},
    ],
}

Columns = Annotated[list[Any], WithJsonSchema({"type": "array", "items": _COLUMN, "minItems": 1, "maxItems": MOST_COLUMNS})]
Services = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": _TEXT, "maxProperties": MOST_ALIASES})]
Customers = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": _CUSTOMER, "maxProperties": MOST_ALIASES})]
"""What stands in them is checked by the rules, which say the place of what is wrong."""


class ProfileIn(Schema):
    """What a mapping profile says."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["out", "in"] = Field(description="out: reports. in: usage files.")
    columns: Columns = Field(description="The columns of the file, from left to right; of a usage file those that are read.")
    services: Services = Field({}, description="Services: what is read → what is written; whatever is not named keeps its name.")
    customers: Customers = Field({}, description="The same of customers; of a row of a whole line, of the MSP.")
    per: Literal["line", "customer"] | None = Field(None, description="What a row of an exported file is of; null for usage files.")
    sum_per_sku: bool = Field(default=True, description="Whether rows that come to the same are added up.")
    decimal_comma: bool = Field(default=False, description="Whether the decimal sign is a comma.")
    delimiter: Literal[",", ";", "\t", "|"] = Field(",", description="What stands between two cells.")
    header_row: int = Field(1, ge=0, le=MOST_HEADER_ROW, description="Where the headings are, from 1; 0: an exported file without any.")
    encoding: Encoding = Field("utf-8", description="How characters are written; `utf-8-sig` begins with a mark that Excel looks for.")
    day_format: DayFormat = Field("YYYY-MM-DD", description="How days are written.")


class Profile(ProfileIn):
    """A mapping profile."""

    name: str = Field(description="What it is called.")
    account: str = Field(description="Whose it is; empty for one that is built in.")
    built_in: bool = Field(description="true: everybody has it, and nobody can change it.")
    saved_at: Instant | None = Field(description="When it was saved last; null of one that is built in.")
    saved_by: str = Field(description="By whom; empty of one that is built in.")
    version: str = Field(description="What stands in its ETag.")


def _shown(kept: Kept) -> dict[str, Any]:
    own = {"name": kept.name, "account": kept.account, "built_in": kept.profile.built_in}
    saved = {"saved_at": kept.saved_at, "saved_by": kept.saved_by, "version": kept.profile.fingerprint}
    return {"per": None, **document_of(kept.profile), **own, **saved}


@router.get(
    "/mapping-profiles", response={200: Listed[Profile], **REFUSALS}, auth=READ, operation_id="list_mapping_profiles",
    summary="Mapping profiles",
)  # fmt: skip
def list_mapping_profiles(request: HttpRequest, response: HttpResponse, limit: Limit = USUAL, cursor: Cursor = None) -> Any:
    """The profiles of your account, and those that are built in, by name."""
    asked: Asked = request  # type: ignore[assignment]
    after = unpacked(cursor, str)
    found = [kept for kept in queries.profiles(asked.caller.viewer) if after is None or kept.name > after[0]]
    return paging.page(request, response, found[: limit + 1], limit, shown=_shown, place=lambda kept: (kept.name,))


@router.get(
    "/mapping-profiles/{name}", response={200: Profile, **REFUSALS}, auth=READ, operation_id="get_mapping_profile",
    summary="A mapping profile",
)  # fmt: skip
def get_mapping_profile(request: HttpRequest, response: HttpResponse, name: Ref) -> Any:
    """One profile, with its ETag."""
    return _show(request, response, name)


@router.put(
    "/mapping-profiles/{name}", response={200: Profile, 201: Profile, **WRITES}, auth=WRITE, operation_id="put_mapping_profile",
    summary="Save a mapping profile",
)  # fmt: skip
def put_mapping_profile(request: HttpRequest, response: HttpResponse, name: Ref, body: ProfileIn) -> Any:
    """Make the profile as it is sent. A new one comes with `If-None-Match: *`, one there is with the `If-Match` it was read with."""
    asked: Asked = request  # type: ignore[assignment]
    said = body.model_dump(exclude_none=True, exclude_unset=True)
    only_new = versions.only_new(request)
    seen = versions.seen(request) if "If-Match" in request.headers else actions.NEW
    try:
        actions.save_profile(asked.caller.viewer, name, said, seen=seen, now=asked.now)
    except Stale as error:
        if "If-Match" not in request.headers and not only_new:
            versions.seen(request)  # there is one: 428
        return _stale(request, name, error, code=EXISTS if seen == actions.NEW else None)
    return Status(201 if seen == actions.NEW else 200, _show(request, response, name))


@router.delete(
    "/mapping-profiles/{name}", response={204: None, **WRITES}, auth=WRITE, operation_id="delete_mapping_profile",
    summary="Remove a mapping profile",
)  # fmt: skip
def delete_mapping_profile(request: HttpRequest, name: Ref) -> Any:
    """Remove a profile of your account. What was exported or taken in with it stays."""
    asked: Asked = request  # type: ignore[assignment]
    seen = versions.seen(request)
    try:
        actions.remove_profile(asked.caller.viewer, name, seen=seen, now=asked.now)
    except Stale as error:
        return _stale(request, name, error)
    return Status(204, None)


def _show(request: HttpRequest, response: HttpResponse, name: str) -> dict[str, Any]:
    asked: Asked = request  # type: ignore[assignment]
    kept = queries.profile(asked.caller.viewer, name)
    response["ETag"] = versions.tag(kept.profile.fingerprint)
    return _shown(kept)


def _stale(request: HttpRequest, name: str, error: Stale, *, code: str | None = None) -> HttpResponse:
    """412 with the profile as it is now; without, where it was removed."""
    asked: Asked = request  # type: ignore[assignment]
    kept = next((kept for kept in queries.profiles(asked.caller.viewer) if kept.name == name), None)
    current = Profile.model_validate(_shown(kept)).model_dump(mode="json") if kept is not None else None
    headers = {"ETag": versions.tag(kept.profile.fingerprint)} if kept is not None else {}
    return problems.problem(412, code or "stale", error.message, headers=headers, members={"current": current})


_CSV: Final = {"responses": {200: {"description": "OK", "content": {"text/csv": {"schema": {"type": "string"}}}}}}


@router.get(
    "/reports/{cycle}/{msp}/mapped.csv", response={**REFUSALS}, auth=Allowed(Scope.REPORTS_READ), operation_id="export_mapped_report",
    summary="A report in the columns of a profile", openapi_extra=_CSV,
)  # fmt: skip
def export_mapped_report(
    request: HttpRequest,
    cycle: ReportCycle,
    msp: Ref,
    profile: Query[Name],
    customers: Annotated[
        bool | None, Field(description="A row for each customer, or for each line; left out: as the profile says.")
    ] = None,
) -> Any:
    """A CSV that is safe to open in a spreadsheet. Its figures sum to those of the report. `connectwise` needs no set-up."""
    asked: Asked = request  # type: ignore[assignment]
    found = queries.exported(asked.caller.viewer, cycle, msp, profile, customers=customers)
    answer = HttpResponse(found.content, content_type=f"text/csv; charset={found.charset}")
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.file_name)
    return answer

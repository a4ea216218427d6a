"""Terms: what is agreed with a distributor or an MSP, from a day on."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Generic, TypeVar, get_args, get_origin

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema
from pydantic import ConfigDict
from pydantic import Field as Checked

from trueup.accounts.rules import Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints import network_writing as writing
from trueup.api.endpoints.network_shapes import Named, Search, Taken, Typed, Version, all_of, known_as, today
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Day, Ref
from trueup.api.schemas import REFUSALS, WRITES, Number
from trueup.catalog.rules import TERMS_FIELDS, AutoApprove, Penalty
from trueup.network import queries
from trueup.network.queries import Level, TermsEntry, TermsRow, When

router = Router(by_alias=True)
READ: Final = Allowed(Scope.NETWORK_READ)
WRITE: Final = Allowed(Scope.NETWORK_WRITE)

Value = TypeVar("Value")


SAID: Final = {
    "auto_submit_after_days": "Days after the generation of a report at whose end it is submitted by the clock.",
    "resubmit_within_days": "The same after a rejection.",
    "reminder_days_before": "How many days before the deadline people are reminded; 0: on its day.",
    "over_provision_percent": "From which percent of the provisioned units on it has to be explained; the units have to be reached too.",
    "over_provision_units": "From how many over-provisioned units on it has to be explained; the percent has to be reached too.",
    "penalty": "What an unexplained line is charged by when the clock submits: `charge_provisioned` units, or `none`.",
    "auto_approve": "Which reports are approved at submission: `never`, `clean` (no comment, penalty or edit) or `uncommented`.",
    "zero_reports": "Whether an MSP without usage has a report.",
}
"""What each term says."""


_KINDS: Final[Mapping[Any, str]] = {int: "Whole", list[int]: "Days", Decimal: "Number", bool: "Switch"}


class Term(Schema, Generic[Value]):
    """A term in force, and who says it: TrueUp itself (standard), the installation, the distributor or the MSP."""

    model_config = ConfigDict(json_schema_extra={"description": "A term in force, and who says it."})  # which Term[…] does not inherit

    value: Value = Field(description="What is in force.")
    level: Level = Field(description="Who says it.")

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """What it is called in the documentation, by what it is of."""
        of = get_origin(params[0]) or params[0]
        kind = get_args(params[0])[0] if of is Annotated else params[0]
        return f"{_KINDS.get(kind) or kind.__name__}Term"


class TermsToday(Schema):
    """The terms in force today, complete."""

    auto_submit_after_days: Term[int] = Field(description=SAID["auto_submit_after_days"])
    resubmit_within_days: Term[int] = Field(description=SAID["resubmit_within_days"])
    reminder_days_before: Term[list[int]] = Field(description=SAID["reminder_days_before"])
    over_provision_percent: Term[Number] = Field(description=SAID["over_provision_percent"])
    over_provision_units: Term[Number] = Field(description=SAID["over_provision_units"])
    penalty: Term[Penalty] = Field(description=SAID["penalty"])
    auto_approve: Term[AutoApprove] = Field(description=SAID["auto_approve"])
    zero_reports: Term[bool] = Field(description=SAID["zero_reports"])


class TermsFromDay(Schema):
    """What an account says from a day on. null: as the level above says."""

    account: str | None = Field(description="The account's ref; null: the installation.")
    day: date = Field(description="The first day as it stands in the address: 0001-01-01 is since ever.")
    from_date: date | None = Field(alias="from", description="The first day; null: since ever.")
    when: When = Field(description="Where this stands today.")
    auto_submit_after_days: int | None = Field(description=SAID["auto_submit_after_days"])
    resubmit_within_days: int | None = Field(description=SAID["resubmit_within_days"])
    reminder_days_before: list[int] | None = Field(description=SAID["reminder_days_before"])
    over_provision_percent: Number | None = Field(description=SAID["over_provision_percent"])
    over_provision_units: Number | None = Field(description=SAID["over_provision_units"])
    penalty: Penalty | None = Field(description=SAID["penalty"])
    auto_approve: AutoApprove | None = Field(description=SAID["auto_approve"])
    zero_reports: bool | None = Field(description=SAID["zero_reports"])
    version: Version


class Terms(Schema):
    """The terms of an account: in force today, and what it says itself, the earliest first."""

    account: Named | None = Field(description="null: the installation, for whoever says nothing else.")
    in_force: TermsToday = Field(description="What holds today.")
    entries: list[TermsFromDay] = Field(description="What the account says itself, the earliest first.")


class TermsIn(Taken):
    """What is agreed from a day on. null, or left out: as the level above says."""

    auto_submit_after_days: int | None = Checked(default=None, description=SAID["auto_submit_after_days"])
    resubmit_within_days: int | None = Checked(default=None, description=SAID["resubmit_within_days"])
    reminder_days_before: list[int] | None = Checked(default=None, description=SAID["reminder_days_before"])
    over_provision_percent: Typed | None = Checked(default=None, description=SAID["over_provision_percent"])
    over_provision_units: Typed | None = Checked(default=None, description=SAID["over_provision_units"])
    penalty: Annotated[Penalty, Checked(strict=False)] | None = Checked(default=None, description=SAID["penalty"])
    auto_approve: Annotated[AutoApprove, Checked(strict=False)] | None = Checked(default=None, description=SAID["auto_approve"])
    zero_reports: bool | None = Checked(default=None, description=SAID["zero_reports"])


def _entry(row: TermsEntry) -> dict[str, Any]:
    return {
        **dict.fromkeys(TERMS_FIELDS),
        **dict(row.said),
        "account": row.account or None,
        "day": row.from_key,
        "from": row.from_date,
        "when": row.when,
        "version": row.fingerprint,
    }


def _terms(row: TermsRow) -> dict[str, Any]:
    return {
        "account": known_as(row.account) if row.account else None,
        "in_force": {term.field: {"value": term.value, "level": term.level} for term in row.in_force},
        "entries": [_entry(entry) for entry in row.own],
    }


def _read(request: Asked, key: writing.Key) -> TermsEntry:
    return queries.terms_entry(request.caller.viewer, key[0], date.fromisoformat(key[1]), today(request))


ENTRY: Final = writing.Kind("terms", TermsFromDay, _read, _entry, {"account": "account", "from": "day"})
FromDay = Annotated[Day, Field(description="The first day; 0001-01-01 is since ever.")]
_ADDRESS: Final = "/terms/{account}/{day}"


@router.get("/terms", response={200: Listed[Terms], **REFUSALS}, auth=READ, operation_id="list_terms", summary="Terms")
def list_terms(request: HttpRequest, response: HttpResponse, search: Search = "", limit: Limit = USUAL, cursor: Cursor = None) -> Any:
    """The installation's terms, then those of your account and of the distributors and MSPs below it today, by ref."""
    asked: Asked = request  # type: ignore[assignment]
    after = unpacked(cursor, str)
    rows = queries.terms_after(asked.caller.viewer, search=search, after=after[0] if after else None, limit=limit + 1, on=today(request))
    return paging.page(request, response, rows, limit, shown=_terms, place=lambda row: (row.account.ref if row.account else "",))


@router.get("/terms/{account}", response={200: Terms, **REFUSALS}, auth=READ, operation_id="get_terms", summary="Terms of an account")
def get_terms(request: HttpRequest, account: Ref) -> Any:
    """What is in force today and where it comes from, what was, and what comes."""
    asked: Asked = request  # type: ignore[assignment]
    return _terms(queries.terms_row(asked.caller.viewer, account, today(request)))


@router.get(_ADDRESS, response={200: TermsFromDay, **REFUSALS}, auth=READ, operation_id="get_terms_entry", summary="Terms from a day on")
def get_terms_entry(request: HttpRequest, response: HttpResponse, account: Ref, day: FromDay) -> Any:
    """What an account says from a day on."""
    return writing.show(ENTRY, request, response, (account, day.isoformat()))


@router.put(
    _ADDRESS, response={200: TermsFromDay, 201: TermsFromDay, **WRITES}, auth=WRITE, operation_id="put_terms_entry",
    summary="Agree on terms",
)  # fmt: skip
def put_terms_entry(request: HttpRequest, response: HttpResponse, account: Ref, day: FromDay, body: TermsIn) -> Any:
    """Say what holds from a day on, as a whole. New terms come with `If-None-Match: *`.

    Reports that exist keep the terms they were made with.
    """
    return writing.put(ENTRY, request, response, (account, day.isoformat()), all_of(body))


@router.delete(_ADDRESS, response={204: None, **WRITES}, auth=WRITE, operation_id="delete_terms_entry", summary="Take terms back")
def delete_terms_entry(request: HttpRequest, account: Ref, day: FromDay) -> Any:
    """Take back terms that are not in force yet; all others stay (409)."""
    return writing.remove(ENTRY, request, (account, day.isoformat()))

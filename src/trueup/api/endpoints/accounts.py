"""Accounts: who they are, below whom they are."""

from dataclasses import replace
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema
from pydantic import Field as Checked

from trueup.accounts.rules import Scope, Tier
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints import network_writing as writing
from trueup.api.endpoints.network_shapes import (
    From,
    Placement,
    RefAsked,
    Search,
    Taken,
    Unseen,
    Version,
    all_of,
    known_as,
    placed,
    said,
    today,
)
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Ref
from trueup.api.schemas import REFUSALS, WRITES
from trueup.network import queries
from trueup.network.queries import AccountEntry

router = Router(by_alias=True)
READ: Final = Allowed(Scope.NETWORK_READ)
WRITE: Final = Allowed(Scope.NETWORK_WRITE)


class Access(Schema):
    """Whether an MSP has usage reports, and if not, why."""

    granted: bool = Field(description="Whether it has them.")
    reason: str = Field(description="Why not; empty where it has.")


class Account(Schema):
    """An account: what is said of it, and where it stands."""

    ref: str = Field(description="What programs call it; it never changes.")
    tier: Tier = Field(description="Where it stands in the channel.")
    name: str = Field(description="What people call it.")
    company_id: str = Field(description="What it is called elsewhere; empty if nothing is said.")
    city: str = Field(description="Where it is; empty if nothing is said.")
    state: str = Field(description="The state or province; empty if nothing is said.")
    region: str | None = Field(description="The code of its region.")
    type: str | None = Field(description="The code of its account type.")
    time_zone: str | None = Field(description="Its own; null: the installation's.")
    time_zone_in_force: str = Field(description="The one its deadlines are reckoned in.")
    usage_reports_excluded: bool = Field(description="true: it has no usage reports, whatever region and type say.")
    usage_reports: Access | None = Field(description="Of an MSP; null of other tiers.")
    parent: Unseen | None = Field(description="The account above it today.")
    placements: list[Placement] = Field(description="Below which accounts it was, is and will be, the earliest first.")
    version: Version


class Placements(Schema):
    """Below which accounts one is."""

    ref: str = Field(description="Of which account.")
    placements: list[Placement] = Field(description="The earliest first.")
    version: Version


class PlacementIn(Taken):
    """Below which account one is from a day on, until the next one."""

    parent: str | None = Checked(
        default=None, description="A ref. null on the day of a placement outside your part of the network: it stays as it is."
    )
    from_date: From = None


class PlacementsIn(Taken):
    """The complete history of the accounts above one."""

    placements: list[PlacementIn] = Checked(description="All of them: one that is not in the list is taken away.")


class AccountChange(Taken):
    """What is said of an account. null is as if nothing had been said."""

    name: str | None = Checked(default=None, description="What people read; the ref if nothing is said.")
    company_id: str | None = Checked(default=None, description="What it is called elsewhere.")
    city: str | None = Checked(default=None, description="Where it is.")
    state: str | None = Checked(default=None, description="The state or province.")
    region: str | None = Checked(default=None, description="The code of its region.")
    type: str | None = Checked(default=None, description="The code of its account type.")
    time_zone: str | None = Checked(default=None, description="Like Europe/Berlin; the installation's if nothing is said.")
    usage_reports_excluded: bool | None = Checked(default=None, description="true: it has no usage reports, whatever region and type say.")


class AccountIn(AccountChange):
    """Everything that is said of an account. A new one needs its tier and, below a vendor, its `parent` or `placements`.

    Of an account there is, the tier never changes, and the placements stay if they are not sent.
    """

    tier: Annotated[Tier, Checked(strict=False)] | None = Checked(default=None, description="Where it stands: of a new one.")
    parent: str | None = Checked(default=None, description="The account above it, since ever.")
    placements: list[PlacementIn] | None = Checked(default=None, description="Instead of parent: its complete history.")


def _account(row: AccountEntry) -> dict[str, Any]:
    return {
        "ref": row.ref,
        "tier": row.tier,
        "name": row.name,
        "company_id": row.company_id,
        "city": row.city,
        "state": row.state,
        "region": row.region or None,
        "type": row.type or None,
        "time_zone": row.time_zone or None,
        "time_zone_in_force": row.time_zone_in_force,
        "usage_reports_excluded": row.usage_reports_excluded,
        "usage_reports": {"granted": row.access.granted, "reason": row.access.reason} if row.access else None,
        "parent": known_as(row.parent) if row.parent else None,
        "placements": placed(row.placements),
        "version": row.fingerprint,
    }


def _placements(row: AccountEntry) -> dict[str, Any]:
    return {"ref": row.ref, "placements": placed(row.placements), "version": row.fingerprint}


def _read(request: Asked, key: writing.Key) -> AccountEntry:
    return queries.account_entry(request.caller.viewer, key[0], today(request))


ACCOUNT: Final = writing.Kind("accounts", Account, _read, _account, {"ref": "ref"})
PLACEMENTS: Final = replace(ACCOUNT, schema=Placements, shown=_placements)


@router.get("/accounts", response={200: Listed[Account], **REFUSALS}, auth=READ, operation_id="list_accounts", summary="Accounts")
def list_accounts(  # noqa: PLR0917 -- what a query can say
    request: HttpRequest, response: HttpResponse,
    tier: Annotated[Tier | None, Field(description="Only accounts that stand there in the channel.")] = None, search: Search = "",
    below: Annotated[RefAsked | None, Field(description="Only accounts at any depth below this one (a ref) today.")] = None,
    limit: Limit = USUAL, cursor: Cursor = None,
) -> Any:  # fmt: skip
    """Your account and those below it, today or later, by ref. `search` looks in name, ref, company ID and city."""
    asked: Asked = request  # type: ignore[assignment]
    after = unpacked(cursor, str)
    rows = queries.accounts_after(
        asked.caller.viewer, tier=tier, search=search, below=below, after=after[0] if after else None, limit=limit + 1, on=today(request)
    )
    return paging.page(request, response, rows, limit, shown=_account, place=lambda row: (row.ref,))


@router.get("/accounts/{ref}", response={200: Account, **REFUSALS}, auth=READ, operation_id="get_account", summary="An account")
def get_account(request: HttpRequest, response: HttpResponse, ref: Ref) -> Any:
    """One account, with all its placements."""
    return writing.show(ACCOUNT, request, response, (ref,))


@router.put(
    "/accounts/{ref}", response={200: Account, 201: Account, **WRITES}, auth=WRITE, operation_id="put_account", summary="Add or replace one"
)
def put_account(request: HttpRequest, response: HttpResponse, ref: Ref, body: AccountIn) -> Any:
    """Make the account as it is sent. A new one comes with `If-None-Match: *`, one there is with the `If-Match` it was read with."""
    entry = all_of(body, without=("tier", "parent", "placements"))
    entry = {name: value for name, value in entry.items() if value is not None or name not in {"parent", "placements"}}
    return writing.put(ACCOUNT, request, response, (ref,), entry)


@router.patch(
    "/accounts/{ref}", response={200: Account, **WRITES}, auth=WRITE, operation_id="change_account", summary="Change an account"
)  # fmt: skip
def change_account(request: HttpRequest, response: HttpResponse, ref: Ref, body: AccountChange) -> Any:
    """Change what is sent; all else stays."""
    return writing.change(ACCOUNT, request, response, (ref,), said(body))


@router.delete(
    "/accounts/{ref}", response={204: None, **WRITES}, auth=WRITE, operation_id="delete_account", summary="Remove an account"
)  # fmt: skip
def delete_account(request: HttpRequest, ref: Ref) -> Any:
    """An account stays, for usage and reports name it: this is answered with 409 and the reason. Exclude it from usage reports instead."""
    return writing.remove(ACCOUNT, request, (ref,))


@router.get(
    "/accounts/{ref}/placements", response={200: Placements, **REFUSALS}, auth=READ, operation_id="get_placements", summary="Its placements"
)
def get_placements(request: HttpRequest, response: HttpResponse, ref: Ref) -> Any:
    """Below which accounts it was, is and will be. The ETag is the account's."""
    return writing.show(PLACEMENTS, request, response, (ref,))


@router.put(
    "/accounts/{ref}/placements", response={200: Placements, **WRITES}, auth=WRITE, operation_id="put_placements", summary="Move an account"
)
def put_placements(request: HttpRequest, response: HttpResponse, ref: Ref, body: PlacementsIn) -> Any:
    """Give the complete history of the accounts above it. Usage that was received keeps the MSP it came with."""
    return writing.change(PLACEMENTS, request, response, (ref,), said(body))

"""API clients: programs that act for an account, made, rotated and revoked by another program or a person at the command line."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from trueup.accounts.rules import Scope
from trueup.api import paging, problems, sealing, versions
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.network_shapes import RefAsked
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Ref, Storable
from trueup.api.schemas import CHANGES, REFUSALS, WRITES
from trueup.kit.errors import Stale
from trueup.network import actions, keys, queries
from trueup.network.queries import ClientRow
from trueup.network.rules.secrets import LONGEST_OVERLAP, USUAL_OVERLAP

router = Router()
MANAGE: Final = Allowed(Scope.MEMBERS_WRITE)

_HOURS: Final = 3600
_USUAL_HOURS: Final = int(USUAL_OVERLAP.total_seconds()) // _HOURS
_MOST_HOURS: Final = int(LONGEST_OVERLAP.total_seconds()) // _HOURS


class ApiClient(Schema):
    """A program that acts for an account within its scopes."""

    client_id: str
    name: str
    account: str = Field(description="The ref of the account it acts for.")
    scopes: list[Scope]
    created_at: datetime
    created_by: str
    last_used_at: datetime | None = Field(description="To the minute; null: never.")
    older_secret_until: datetime | None = Field(description="After a rotation: until when the secret before works, or worked.")
    revoked_at: datetime | None


class ApiClientMade(ApiClient):
    """The same with its secret, which is shown this once. `client_id.secret` is a bearer token too."""

    secret: str


class ApiClientIn(Schema):
    """A new client."""

    model_config = ConfigDict(extra="forbid")

    name: Storable = Field(min_length=1, max_length=200, description="What it is for, like “RMM feed”.")
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope), description="What it may do.")
    account: RefAsked | None = Field(None, description="The ref of the account it acts for: your own, if left out, or one below it.")


class ApiClientChange(Schema):
    """What is to be another: the name, the scopes, or both."""

    model_config = ConfigDict(extra="forbid")

    name: Storable | None = Field(None, min_length=1, max_length=200, description="Left out, it stays as it is.")
    scopes: list[Scope] | None = Field(
        None, min_length=1, max_length=len(Scope), description="All of what it may do. Left out, they stay as they are."
    )


class Rotation(Schema):
    """How the secret is rotated."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: int = Field(
        _USUAL_HOURS, ge=0, le=_MOST_HOURS, strict=True,
        description="How many hours the secret before goes on working. 0: it ends at once, with every token.",
    )  # fmt: skip


def _shown(row: ClientRow, **more: str) -> dict[str, Any]:
    return {
        "client_id": row.client_id,
        "name": row.name,
        "account": row.account.ref,
        "scopes": list(row.scopes),
        "created_at": row.created_at,
        "created_by": row.created_by,
        "last_used_at": row.last_used_at,
        "older_secret_until": row.older_secret_until,
        "revoked_at": row.revoked_at,
        **more,
    }


def _current(asked: Asked, response: HttpResponse, client_id: str) -> dict[str, Any]:
    """A client as it is now, with its ETag."""
    row = queries.client(asked.caller.viewer, client_id)
    response["ETag"] = versions.tag(row.fingerprint)
    return _shown(row)


@router.get("/clients", response={200: Listed[ApiClient], **REFUSALS}, auth=MANAGE, operation_id="list_clients", summary="API clients")
def list_clients(
    request: HttpRequest, response: HttpResponse, account: RefAsked | None = None, limit: Limit = USUAL, cursor: Cursor = None
) -> Any:
    """The API clients of your account, or of one below it, by id; revoked ones too."""
    asked: Asked = request  # type: ignore[assignment]
    after = unpacked(cursor, str)
    rows = queries.clients_after(asked.caller.viewer, account, after[0] if after else None, limit + 1)
    return paging.page(request, response, rows, limit, shown=_shown, place=lambda row: (row.client_id,))


@router.post("/clients", response={201: ApiClientMade, **CHANGES}, auth=MANAGE, operation_id="create_client", summary="Make an API client")
def create_client(request: HttpRequest, response: HttpResponse, body: ApiClientIn) -> Any:
    """Make a client. Its secret is in this answer, and nowhere else ever. You give only scopes your token has; and what has two sides,
    preparing and reviewing reports, an account gives to its own clients itself.
    """
    asked: Asked = request  # type: ignore[assignment]
    sealing.mark(request)
    client_id, secret = keys.new_id(), keys.new_secret()
    account = body.account or asked.caller.account_ref
    actions.create_client(asked.caller.viewer, account, body.name, body.scopes, client_id=client_id, secret=secret, now=asked.now)
    response["Location"] = f"{request.path}/{client_id}"
    return Status(201, _shown(queries.client(asked.caller.viewer, client_id), secret=secret))


@router.get("/clients/{client_id}", response={200: ApiClient, **REFUSALS}, auth=MANAGE, operation_id="get_client", summary="An API client")
def get_client(request: HttpRequest, response: HttpResponse, client_id: Ref) -> Any:
    """One client, and when it was last used."""
    asked: Asked = request  # type: ignore[assignment]
    return _current(asked, response, client_id)


@router.patch(
    "/clients/{client_id}", response={200: ApiClient, **WRITES}, auth=MANAGE, operation_id="change_client", summary="Change an API client"
)
def change_client(request: HttpRequest, response: HttpResponse, client_id: Ref, body: ApiClientChange) -> Any:
    """Give a client another name or other scopes. A scope that is taken away is gone at once, for its tokens too."""
    asked: Asked = request  # type: ignore[assignment]
    seen = versions.seen(request)
    try:
        actions.change_client(asked.caller.viewer, client_id, name=body.name, scopes=body.scopes, seen=seen, now=asked.now)
    except Stale as error:
        current = ApiClient.model_validate(_current(asked, response, client_id)).model_dump(mode="json")
        refusal = problems.refusal(error, current=current)
        refusal["ETag"] = response["ETag"]
        return refusal
    return _current(asked, response, client_id)


@router.post(
    "/clients/{client_id}/rotate", response={200: ApiClientMade, **CHANGES}, auth=MANAGE, operation_id="rotate_client",
    summary="Rotate the secret of an API client",
)  # fmt: skip
def rotate_client(request: HttpRequest, client_id: Ref, body: Rotation) -> Any:
    """Get a new secret. The one before works for some hours more, so that the program can change over; one before that ends.

    The secret of a client that may do more than your token, or that stands on a side of an approval below you, you do not get.
    """
    asked: Asked = request  # type: ignore[assignment]
    sealing.mark(request)
    secret = keys.new_secret()
    actions.rotate_client(asked.caller.viewer, client_id, secret=secret, overlap=timedelta(hours=body.overlap_hours), now=asked.now)
    return _shown(queries.client(asked.caller.viewer, client_id), secret=secret)


@router.post(
    "/clients/{client_id}/revoke", response={200: ApiClient, **CHANGES}, auth=MANAGE, operation_id="revoke_client",
    summary="Revoke an API client",
)  # fmt: skip
def revoke_client(request: HttpRequest, client_id: Ref) -> Any:
    """Take a program's access away at once and for good, with every token it holds."""
    asked: Asked = request  # type: ignore[assignment]
    actions.revoke_client(asked.caller.viewer, client_id, now=asked.now)
    return _shown(queries.client(asked.caller.viewer, client_id))

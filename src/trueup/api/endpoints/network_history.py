"""What happened to the network: to an account and what belongs to it, and to the lists of the installation."""

from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.network_shapes import Unseen, known_as
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Ref, Storable
from trueup.api.schemas import REFUSALS, Instant
from trueup.network import queries
from trueup.network.queries import HistoryRow

router = Router()
READ: Final = Allowed(Scope.NETWORK_READ)

Of = Annotated[
    Storable,
    Field(
        max_length=700, examples=["service endpoint-core"],
        description="Only what was told of this entry, named as in the `of` of a change: `service endpoint-core`, `region emea`.",
    ),
]  # fmt: skip


class Actor(Schema):
    """Who did it."""

    kind: str = Field(description="`person`, `client` (a program) or `system`.")
    name: str = Field(description="The e-mail address of a person, the name of a program.")


class ValueChange(Schema):
    """One value before and after."""

    of: str = Field(description="The entry it belongs to, like `account bolt` or `service endpoint-core`.")
    field: str = Field(description="Which value; of one that holds from a day on with the day: `parent from 2026-10-16`.")
    before: Any = Field(description="null: there was none.")
    after: Any = Field(description="null: there is none any more.")


class NetworkEvent(Schema):
    """Something that happened to the network."""

    at: Instant = Field(description="When it happened.")
    actor: Actor = Field(description="Who did it.")
    kind: str = Field(description="What happened: `network_changed`, `customers_imported`, `client_created`, `invitation_accepted` …")
    changes: list[ValueChange] = Field(description="What was changed by it.")
    told_in: Unseen | None = Field(
        description="The account in whose history it is: a customer's is in those of its MSPs. null: in the installation's."
    )


@router.get(
    "/accounts/{ref}/history", response={200: Listed[NetworkEvent], **REFUSALS}, auth=READ, operation_id="list_account_history",
    summary="What happened to it",
)  # fmt: skip
def list_account_history(
    request: HttpRequest, response: HttpResponse, ref: Ref, *, of: Of = "", limit: Limit = USUAL, cursor: Cursor = None
) -> Any:
    """What happened to an account, its members, its terms and what it sells, the newest first."""
    return _history(request, response, ref, of, limit=limit, cursor=cursor)


@router.get(
    "/history", response={200: Listed[NetworkEvent], **REFUSALS}, auth=READ, operation_id="list_installation_history",
    summary="What happened to the lists of the installation",
)  # fmt: skip
def list_installation_history(
    request: HttpRequest, response: HttpResponse, *, of: Of = "", limit: Limit = USUAL, cursor: Cursor = None
) -> Any:
    """What happened to regions, account types, billing units and sources, the newest first. For vendors, who keep them; 404 for others."""
    return _history(request, response, None, of, limit=limit, cursor=cursor)


def _history(request: HttpRequest, response: HttpResponse, ref: str | None, of: str, *, limit: int, cursor: str | None) -> Any:
    asked: Asked = request  # type: ignore[assignment]
    before = unpacked(cursor, int)
    rows = queries.history_before(asked.caller.viewer, ref, about=of, before=before[0] if before else None, limit=limit + 1)
    return paging.page(request, response, rows, limit, shown=_event, place=lambda row: (row.number,))


def _event(row: HistoryRow) -> dict[str, Any]:
    return {
        "at": row.at,
        "actor": {"kind": row.actor.kind, "name": row.actor.name},
        "kind": row.kind,
        "changes": [{"of": one.of, "field": one.field, "before": one.before, "after": one.after} for one in row.changes],
        "told_in": known_as(row.told_in) if row.told_in else None,
    }

"""What happened to price lists and promo codes, also to those that were removed: for who sells by them alone."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from trueup.api import history
from trueup.api.callers import Asked
from trueup.api.endpoints.network_shapes import RefAsked
from trueup.api.endpoints.price_promos import ADDRESS as PROMO_CODE
from trueup.api.endpoints.price_promos import Code
from trueup.api.endpoints.prices import ADDRESS as PRICE_LIST
from trueup.api.endpoints.prices import READ, Buyer, FromDay, key_of
from trueup.api.paging import USUAL, Cursor, Limit, Listed
from trueup.api.parameters import Ref
from trueup.api.schemas import REFUSALS, Instant
from trueup.prices import portions, queries

router = Router(by_alias=True)


class PriceChange(Schema):
    """What a step changed of a price list or promo code."""

    of: str = Field(description="Which one: the buyer and the first day of a list, like `* 2026-01-01`, or the promo code.")
    field: str = Field(description="A service, a solution group (as it is sent in `services` or `packs`), or a field of the list or code.")
    before: Any = Field(description="What was said before; null: nothing.")
    after: Any = Field(description="What is said since; null: nothing.")


class PriceStep(Schema):
    """One step in the life of a price list or promo code."""

    sequence: int = Field(description="Its place in the history of the seller: later steps have higher ones.")
    at: Instant = Field(description="When it happened.")
    event: str = Field(description="`price_list_saved`, `price_list_removed`, `promo_code_saved`, `promo_code_removed`.")
    actor: str = Field(description="Who did it: an e-mail address, the name of a program, or `system`.")
    actor_kind: str = Field(description="`person`, `client` (a program) or `system`.")
    changes: list[PriceChange] = Field(description="What it changed.")


@router.get(
    f"{PRICE_LIST}/history", response={200: Listed[PriceStep], **REFUSALS}, auth=READ, operation_id="list_price_list_history",
    summary="The history of a price list",
)  # fmt: skip
def list_price_list_history(
    request: HttpRequest, response: HttpResponse, seller: Ref, buyer: Buyer, day: FromDay, *, limit: Limit = USUAL, cursor: Cursor = None
) -> Any:
    """Every step, oldest first: who changed what when; also of a list that was removed. For the seller alone."""
    asked: Asked = request  # type: ignore[assignment]
    steps = queries.list_history(asked.caller.viewer, key_of(seller, buyer, day))
    return history.page_of_all(request, response, steps, limit, cursor, change=PriceChange)


@router.get(
    f"{PROMO_CODE}/history", response={200: Listed[PriceStep], **REFUSALS}, auth=READ, operation_id="list_promo_code_history",
    summary="The history of a promo code",
)  # fmt: skip
def list_promo_code_history(
    request: HttpRequest, response: HttpResponse, seller: Ref, code: Code, *, limit: Limit = USUAL, cursor: Cursor = None
) -> Any:
    """Every step, oldest first: who changed what when; also of a code that was removed. For the seller alone."""
    asked: Asked = request  # type: ignore[assignment]
    steps = portions.promo_history(asked.caller.viewer, seller, code)
    return history.page_of_all(request, response, steps, limit, cursor, change=PriceChange)


@router.get(
    "/prices/history", response={200: Listed[PriceStep], **REFUSALS}, auth=READ, operation_id="list_prices_history",
    summary="The history of all prices",
)  # fmt: skip
def list_prices_history(
    request: HttpRequest, response: HttpResponse, *,
    seller: Annotated[RefAsked | None, Field(description="The ref of who sells; left out: your account.")] = None,
    limit: Limit = USUAL, cursor: Cursor = None,
) -> Any:  # fmt: skip
    """Every step of all price lists and promo codes of a seller, those that were removed too, oldest first. For the seller alone."""
    asked: Asked = request  # type: ignore[assignment]
    whose = seller or asked.caller.account_ref
    steps = portions.history_after(asked.caller.viewer, whose, after=history.place(cursor), limit=limit + 1)
    return history.page(request, response, steps, limit, change=PriceChange)

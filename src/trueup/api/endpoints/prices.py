"""Price lists: what a seller charges a buyer from a day on."""

from datetime import date
from functools import partial
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router

from trueup.accounts.rules import Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints import price_shapes as shapes
from trueup.api.endpoints.network_shapes import RefAsked
from trueup.api.endpoints.price_shapes import PriceList, PriceListIn, PriceListRow
from trueup.api.endpoints.price_writing import Entry
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Day, Ref, Storable
from trueup.api.schemas import REFUSALS, WRITES
from trueup.kit.errors import NotAllowed
from trueup.kit.page import no_place
from trueup.kit.text import text
from trueup.prices import actions, portions, queries
from trueup.prices.queries import Kept
from trueup.prices.rules.lists import ListKey

router = Router(by_alias=True)
READ: Final = Allowed(Scope.STATEMENTS_READ)
WRITE: Final = Allowed(Scope.PRICES_WRITE)
ADDRESS: Final = "/price-lists/{seller}/{buyer}/{day}"

DEFAULT: Final = "*"
"""As a buyer in an address: every buyer without a list of its own."""

Buyer = Annotated[Ref, Field(description="The ref of the buyer; `*`: the seller's default list.")]
FromDay = Annotated[Day, Field(description="The first day; 0001-01-01 is since ever.")]
BuyerAsked = Annotated[
    Storable, Field(min_length=1, max_length=200, description="Only those for this buyer (ref); `*`: only default lists.")
]  # fmt: skip


@router.get(
    "/price-lists", response={200: Listed[PriceListRow], **REFUSALS}, auth=READ, operation_id="list_price_lists",
    summary="Price lists",
)  # fmt: skip
def list_price_lists(
    request: HttpRequest, response: HttpResponse, *, seller: RefAsked | None = None, buyer: BuyerAsked | None = None,
    limit: Limit = USUAL, cursor: Cursor = None,
) -> Any:  # fmt: skip
    """The lists your account sells by, and those it buys by: by seller, buyer (the default first) and day. Nobody else's.

    Without the prices, which are at the address of each.
    """
    asked: Asked = request  # type: ignore[assignment]
    to = None if buyer is None else "" if buyer == DEFAULT else buyer
    rows = portions.price_lists_after(asked.caller.viewer, seller=seller or "", buyer=to, after=_place(cursor), limit=limit + 1)
    return paging.page(request, response, rows, limit, shown=shapes.list_row, place=lambda row: (*row.place[:2], row.place[2].isoformat()))


def _place(cursor: str | None) -> portions.Place | None:
    after = unpacked(cursor, str, str, str)
    try:
        return (after[0], after[1], date.fromisoformat(after[2])) if after else None
    except ValueError:
        raise no_place() from None


@router.get(
    ADDRESS, response={200: PriceList, **REFUSALS}, auth=READ, operation_id="get_price_list", summary="A price list",
)  # fmt: skip
def get_price_list(request: HttpRequest, response: HttpResponse, seller: Ref, buyer: Buyer, day: FromDay) -> Any:
    """One price list with all its prices, for its seller and its buyer alone; a default, for all buyers of its seller."""
    return _entry(request, key_of(seller, buyer, day)).show(response)


@router.put(
    ADDRESS, response={200: PriceList, 201: PriceList, **WRITES}, auth=WRITE, operation_id="put_price_list", summary="Save a price list",
)  # fmt: skip
def put_price_list(request: HttpRequest, response: HttpResponse, *, seller: Ref, buyer: Buyer, day: FromDay, body: PriceListIn) -> Any:
    """Make the list as it is sent, as a whole. A new one comes with `If-None-Match: *`. For the seller's own people.

    422 names everything that is wrong by its path, like `/services/endpoint-core/tiers/1/up_to`. Statements that were issued have copied
    their prices and stay as they are. 412 `stale` carries the list as it is now.
    """
    asked: Asked = request  # type: ignore[assignment]
    key, said = key_of(seller, buyer, day), shapes.sent(body)
    return _entry(request, key).put(
        request, response, lambda seen: actions.save_price_list(asked.caller.viewer, key, said, seen=seen, now=asked.now)
    )


@router.delete(
    ADDRESS, response={204: None, **WRITES}, auth=WRITE, operation_id="delete_price_list", summary="Remove a price list",
)  # fmt: skip
def delete_price_list(request: HttpRequest, seller: Ref, buyer: Buyer, day: FromDay) -> Any:
    """Remove a list: the one before it holds again. For the seller's own people."""
    asked: Asked = request  # type: ignore[assignment]
    key = key_of(seller, buyer, day)
    remove = partial(actions.remove_price_list, asked.caller.viewer, key, now=asked.now)
    return _entry(request, key).remove(request, lambda seen: remove(seen=seen))


def key_of(seller: str, buyer: str, day: date) -> ListKey:
    """The list that an address names."""
    return ListKey(seller, None if buyer == DEFAULT else buyer, day)


def _entry(request: HttpRequest, key: ListKey) -> Entry[Kept]:
    asked: Asked = request  # type: ignore[assignment]

    def require() -> None:
        if asked.caller.account_ref != key.seller:
            raise NotAllowed(text("the prices of “{ref}” are kept by “{ref}” itself", ref=key.seller))

    return Entry(lambda: queries.price_list(asked.caller.viewer, key), shapes.list_shown, PriceList, require)

"""Promo codes: kept by who sells, checked by who buys."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints import price_shapes as shapes
from trueup.api.endpoints.network_shapes import RefAsked
from trueup.api.endpoints.price_shapes import PromoCode, PromoCodeIn
from trueup.api.endpoints.price_writing import Entry
from trueup.api.endpoints.report_bodies import Taken
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Cycle, Ref, Storable
from trueup.api.schemas import CHANGES, REFUSALS, WRITES, Number
from trueup.kit.errors import Invalid, NotAllowed
from trueup.kit.text import text
from trueup.prices import actions, portions
from trueup.prices.queries import KeptPromo

router = Router(by_alias=True)
READ: Final = Allowed(Scope.STATEMENTS_READ)
WRITE: Final = Allowed(Scope.PRICES_WRITE)
ADDRESS: Final = "/promo-codes/{seller}/{code}"

Code = Annotated[Ref, Field(description="The promo code.")]


class PromoCodeToCheck(Taken):
    """A promo code that somebody typed, and for what."""

    seller: RefAsked = Field(description="The ref of who sells: the account above yours, or your own.")
    code: Annotated[Storable, Field(max_length=100)] = Field(description="What was typed.")
    service: Annotated[Storable, Field(max_length=100)] = Field(description="The code of the service that is bought.")
    cycle: Cycle = Field(description="The month that is billed: its last day decides.")
    buyer: RefAsked | None = Field(None, description="The ref of who buys; left out: your account. Only the seller names another one.")


class PromoCodeChecked(Schema):
    """Whether a promo code holds."""

    holds: bool = Field(description="Whether it does.")
    reason: str | None = Field(description="Why not; null: it holds.")
    price: Number | None = Field(description="The price of a unit that it unlocks; null: none.")
    margin_percent: Number | None = Field(description="The margin that it unlocks; null: none.")


@router.get(
    "/promo-codes", response={200: Listed[PromoCode], **REFUSALS}, auth=READ, operation_id="list_promo_codes", summary="Promo codes",
)  # fmt: skip
def list_promo_codes(
    request: HttpRequest, response: HttpResponse, *, seller: RefAsked | None = None, limit: Limit = USUAL, cursor: Cursor = None
) -> Any:
    """The promo codes of your account, by code. A buyer has a code checked, and is not told which there are."""
    asked: Asked = request  # type: ignore[assignment]
    after: Any = unpacked(cursor, str, str)
    rows = portions.promo_codes_after(asked.caller.viewer, seller=seller or "", after=after, limit=limit + 1)
    return paging.page(request, response, rows, limit, shown=shapes.promo_shown, place=lambda row: (row.seller, row.promo.code))


@router.get(ADDRESS, response={200: PromoCode, **REFUSALS}, auth=READ, operation_id="get_promo_code", summary="A promo code")
def get_promo_code(request: HttpRequest, response: HttpResponse, seller: Ref, code: Code) -> Any:
    """One promo code, for its seller."""
    return _entry(request, seller, code).show(response)


@router.put(
    ADDRESS, response={200: PromoCode, 201: PromoCode, **WRITES}, auth=WRITE, operation_id="put_promo_code", summary="Save a promo code",
)  # fmt: skip
def put_promo_code(request: HttpRequest, response: HttpResponse, seller: Ref, code: Code, body: PromoCodeIn) -> Any:
    """Make the code as it is sent, as a whole. A new one comes with `If-None-Match: *`. For the seller's own people.

    It has 1 to 60 capital letters, digits, dots, dashes or underscores. 422 names what is wrong by its path.
    """
    asked: Asked = request  # type: ignore[assignment]

    def save(seen: str | None) -> None:
        try:
            actions.save_promo_code(asked.caller.viewer, seller, code, shapes.sent(body), seen=seen, now=asked.now)
        except Invalid as error:  # of what stands in the address
            placed = [replace(one, at=("path", "code")) if one.at == ("code",) else one for one in error.problems]
            raise Invalid(error.message, placed) from error

    return _entry(request, seller, code).put(request, response, save)


@router.delete(ADDRESS, response={204: None, **WRITES}, auth=WRITE, operation_id="delete_promo_code", summary="Remove a promo code")
def delete_promo_code(request: HttpRequest, seller: Ref, code: Code) -> Any:
    """Remove a code: it unlocks nothing from now on. What was issued with it stays. For the seller's own people."""
    asked: Asked = request  # type: ignore[assignment]
    remove = partial(actions.remove_promo_code, asked.caller.viewer, seller, code, now=asked.now)
    return _entry(request, seller, code).remove(request, lambda seen: remove(seen=seen))


@router.post(
    "/promo-codes/check", response={200: PromoCodeChecked, **CHANGES}, auth=READ, operation_id="check_promo_code",
    summary="Whether a promo code holds",
)  # fmt: skip
def check_promo_code(request: HttpRequest, body: PromoCodeToCheck) -> Any:
    """Check a code before it is used: whether it holds for a service in a month, and what it unlocks. It changes nothing.

    A code of another buyer is answered as one that there is not. 404 for a seller your account does not buy from.
    """
    asked: Asked = request  # type: ignore[assignment]
    own = asked.caller.account_ref
    if body.buyer not in {None, own} and body.seller != own:
        raise NotAllowed(text("only the seller checks promo codes for others"))
    promo, why = portions.checked_promo_code(
        asked.caller.viewer, body.seller, body.code, day=body.cycle.last_day, service=body.service, buyer=body.buyer or own
    )
    unlocked = promo if promo and not why else None
    return {
        "holds": unlocked is not None,
        "reason": str(why) if why else None,
        "price": unlocked.price if unlocked else None,
        "margin_percent": unlocked.margin_percent if unlocked else None,
    }


def _entry(request: HttpRequest, seller: str, code: str) -> Entry[KeptPromo]:
    asked: Asked = request  # type: ignore[assignment]
    return Entry(lambda: portions.kept_promo_code(asked.caller.viewer, seller, code), shapes.promo_shown, PromoCode)

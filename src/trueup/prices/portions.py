"""Price lists and promo codes a portion at a time, for long lists; and the seller whose codes a buyer may have checked."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from trueup.accounts.models import Account, Placement
from trueup.accounts.rules import Viewer, no_account
from trueup.events.models import Event
from trueup.kit.errors import NotFound
from trueup.kit.text import Text, text
from trueup.prices.models import KeptPriceList, KeptPromoCode
from trueup.prices.naming import as_read
from trueup.prices.queries import KeptPromo, history_owner, prices_of, promo_code, told_of
from trueup.prices.rules.documents import Document
from trueup.prices.rules.promos import PromoCode

Place = tuple[str, str, date]
"""Of a price list among all: seller, buyer (empty: the default), first day."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A price list in a list: without its prices, which are many."""

    seller: str
    seller_name: str
    buyer: str
    buyer_name: str
    from_date: date
    document: Document
    fingerprint: str
    saved_at: datetime
    saved_by: str

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.seller, self.buyer, self.from_date


def price_lists_after(
    viewer: Viewer, *, seller: str = "", buyer: str | None = None, after: Place | None = None, limit: int
) -> list[Listed]:  # fmt: skip
    """At most `limit` price lists the viewer sells or buys by, those behind a place: by seller, buyer (the default first) and day.

    `seller` and `buyer` (refs; an empty buyer: defaults) narrow them.
    """
    rows = KeptPriceList.objects.visible_to(viewer).annotate(to=Coalesce(F("buyer__ref"), Value("")))
    if seller:
        rows = rows.filter(seller__ref=seller)
    if buyer is not None:
        rows = rows.filter(to=buyer)
    found = _behind(rows, after).select_related("seller", "buyer").order_by("seller__ref", F("to"), "from_date")[:limit]
    return [
        Listed(
            row.seller.ref, row.seller.name, row.buyer.ref if row.buyer else "", row.buyer.name if row.buyer else "", row.from_date,
            row.definition, row.fingerprint, row.saved_at, row.saved_by,
        )
        for row in as_read(viewer, found)
    ]  # fmt: skip


def _behind(rows: "QuerySet[KeptPriceList]", after: Place | None) -> "QuerySet[KeptPriceList]":
    if after is None:
        return rows
    seller, buyer, day = after
    same = Q(seller__ref=seller)
    return rows.filter(Q(seller__ref__gt=seller) | (same & Q(to__gt=buyer)) | (same & Q(to=buyer, from_date__gt=day)))


def promo_codes_after(viewer: Viewer, *, seller: str = "", after: tuple[str, str] | None = None, limit: int) -> list[KeptPromo]:
    """At most `limit` promo codes of the viewer's account, those behind a place: by seller and code."""
    rows = KeptPromoCode.objects.visible_to(viewer).select_related("seller")
    if seller:
        rows = rows.filter(seller__ref=seller)
    if after is not None:
        rows = rows.filter(Q(seller__ref__gt=after[0]) | Q(seller__ref=after[0], code__gt=after[1]))
    return [_kept(row) for row in rows.order_by("seller__ref", "code")[:limit]]


def kept_promo_code(viewer: Viewer, seller: str, code: str) -> KeptPromo:
    """A promo code of the viewer's account. Raises NotFound."""
    row = KeptPromoCode.objects.visible_to(viewer).select_related("seller").filter(seller__ref=seller, code=code).first()
    if row is None:
        raise NotFound(text("there is no promo code “{code}”", code=code))
    return _kept(row)


def promo_history(viewer: Viewer, seller: str, code: str) -> list[Event]:
    """What happened to a promo code, oldest first: for its seller alone, also once it was removed. Raises NotFound."""
    found: list[Event] = []
    owner = history_owner(viewer, seller)
    if owner is not None and "\0" not in code:
        there = KeptPromoCode.objects.filter(seller_id=owner, code=code)
        found = told_of(owner, "promo_code", code, there)
    if not found:
        raise NotFound(text("there is no promo code “{code}”", code=code))
    return found


def history_after(viewer: Viewer, seller: str, *, after: int | None = None, limit: int) -> list[Event]:
    """At most `limit` steps of a seller's price lists and promo codes, those that were removed too, oldest first, behind a place
    (`sequence`): for the seller alone. `of` of their changes says which list or code. Raises NotFound."""
    owner = history_owner(viewer, seller)
    if owner is None:
        raise NotFound(no_account(seller))
    rows = Event.objects.filter(chain=owner, subject__in=("price_list", "promo_code"), sequence__gt=after or 0)
    return list(rows.order_by("sequence")[:limit])


def _kept(row: KeptPromoCode) -> KeptPromo:
    return KeptPromo(row.seller.ref, row.promo, row.definition, row.fingerprint, row.saved_at, row.saved_by)


def checked_promo_code(
    viewer: Viewer, seller: str, code: str, *, day: date, service: str, buyer: str
) -> tuple[PromoCode | None, Text | None]:  # fmt: skip
    """A promo code that a buyer typed, and why it does not hold: of the viewer's own account, or of one it was ever placed under.

    Raises NotFound for any other seller.
    """
    above = Placement.objects.filter(account=viewer.account_id).values("parent_id")
    rows = Account.objects.filter(Q(pk=viewer.account_id) | Q(pk__in=above), ref=seller)
    found = rows.values_list("pk", flat=True).first()
    if found is None:
        raise NotFound(no_account(seller))
    buyers = Account.objects.filter(ref=buyer).values_list("pk", flat=True)
    prices = next(iter(prices_of(Viewer.system(), found, buyers, day).values()), None)
    return promo_code(found, code, day=day, service=service, buyer=buyer, prices=prices)

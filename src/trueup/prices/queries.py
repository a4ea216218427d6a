"""The questions: which price lists there are, what somebody pays by on a day, whether a promo code holds."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from trueup.accounts.rules import Viewer
from trueup.events.models import Event
from trueup.events.queries import happened_to
from trueup.kit.errors import NotFound
from trueup.kit.text import Text, text
from trueup.prices.models import KeptPriceList, KeptPromoCode
from trueup.prices.rules.documents import Document
from trueup.prices.rules.lists import ListKey, PriceList, combined
from trueup.prices.rules.promos import PromoCode, why_not


@dataclass(frozen=True, slots=True)
class Kept:
    """A price list as it is kept: `fingerprint` names what was seen when it is changed; names are those of the accounts today."""

    prices: PriceList
    document: Document
    fingerprint: str
    seller_name: str
    buyer_name: str
    saved_at: datetime
    saved_by: str

    @property
    def key(self) -> ListKey:
        """Which one it is."""
        return ListKey(self.prices.seller, self.prices.buyer, self.prices.from_date)


@dataclass(frozen=True, slots=True)
class KeptPromo:
    """A promo code as it is kept."""

    seller: str
    promo: PromoCode
    document: Document
    fingerprint: str
    saved_at: datetime
    saved_by: str


def price_lists(viewer: Viewer, *, seller: str | None = None) -> list[Kept]:
    """All price lists the viewer sells or buys by (of one seller, by ref): the default of a seller first, then by buyer and day."""
    found = KeptPriceList.objects.visible_to(viewer).select_related("seller", "buyer").order_by("seller__ref", "buyer__ref", "from_date")
    rows = found if seller is None else found.filter(seller__ref=seller)
    return sorted((_kept(row) for row in rows), key=lambda one: (one.prices.seller, one.prices.buyer or "", one.prices.from_date))


def price_list(viewer: Viewer, key: ListKey) -> Kept:
    """One price list. Raises NotFound."""
    found = KeptPriceList.objects.visible_to(viewer).select_related("seller", "buyer")
    if "\0" in f"{key.seller}{key.buyer}":
        raise NotFound(_missing())
    row = found.filter(seller__ref=key.seller, buyer__ref=key.buyer, from_date=key.from_date).first() if key.buyer else (
        found.filter(seller__ref=key.seller, buyer=None, from_date=key.from_date).first()
    )  # fmt: skip
    if row is None:
        raise NotFound(_missing())
    return _kept(row)


def _missing() -> Text:
    return text("there is no such price list")


def _kept(row: KeptPriceList) -> Kept:
    buyer_name = row.buyer.name if row.buyer else ""
    return Kept(row.prices, row.definition, row.fingerprint, row.seller.name, buyer_name, row.saved_at, row.saved_by)


def list_history(viewer: Viewer, key: ListKey) -> list[Event]:
    """What happened to a price list, oldest first: for its seller alone. Raises NotFound."""
    found = KeptPriceList.objects.visible_to(viewer).filter(seller__ref=key.seller, from_date=key.from_date)
    rows = found.filter(buyer__ref=key.buyer) if key.buyer else found.filter(buyer=None)
    row = rows.first()
    if row is None or (not viewer.sees_all and row.seller_id != viewer.account_id):
        raise NotFound(_missing())
    return list(happened_to("price_list", row.pk))


def prices_of(viewer: Viewer, seller_id: int, buyer_ids: Collection[int], day: date) -> dict[int, PriceList]:
    """What buyers (by id) pay a seller by on a day, as far as the viewer sees it; a buyer without any price list is left out."""
    rows = KeptPriceList.objects.visible_to(viewer).select_related("seller", "buyer").filter(seller_id=seller_id, from_date__lte=day)
    by_buyer: dict[int | None, list[KeptPriceList]] = defaultdict(list)
    for row in rows:
        if row.buyer_id is None or row.buyer_id in buyer_ids:
            by_buyer[row.buyer_id].append(row)
    latest = {buyer: max(own, key=lambda row: row.from_date).prices for buyer, own in by_buyer.items()}
    default = latest.get(None)
    found = {buyer_id: combined(latest.get(buyer_id), default) for buyer_id in buyer_ids}
    return {buyer_id: prices for buyer_id, prices in found.items() if prices}


def promo_codes(viewer: Viewer) -> list[KeptPromo]:
    """All promo codes of the viewer's account, by seller and code."""
    rows = KeptPromoCode.objects.visible_to(viewer).select_related("seller").order_by("seller__ref", "code")
    return [KeptPromo(row.seller.ref, row.promo, row.definition, row.fingerprint, row.saved_at, row.saved_by) for row in rows]


def promo_code(seller_id: int, typed: str, *, day: date, service: str, buyer: str) -> tuple[PromoCode | None, Text | None]:
    """A promo code a buyer (ref) typed for a service, and why it does not hold (None: it does).

    For buyers too: what they type is checked, which codes there are is not told.
    """
    row = None if "\0" in typed else KeptPromoCode.objects.filter(seller_id=seller_id, code=typed).first()
    promo = row.promo if row else None
    return promo, why_not(promo, typed, day=day, service=service, buyer=buyer)

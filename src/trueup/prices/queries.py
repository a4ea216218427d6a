"""The questions: which price lists there are, what somebody pays by on a day, whether a promo code holds."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.fields.json import KT

from trueup.accounts.models import Account, Placement
from trueup.accounts.rules import Tier, Viewer
from trueup.events.models import Event
from trueup.kit.chunks import chunks
from trueup.kit.errors import NotFound
from trueup.kit.page import Page
from trueup.kit.text import Text, text
from trueup.prices.models import KeptPriceList, KeptPriceListQuerySet, KeptPromoCode
from trueup.prices.naming import as_read, customers_of
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
    return sorted(
        (_kept(row) for row in as_read(viewer, rows)), key=lambda one: (one.prices.seller, one.prices.buyer or "", one.prices.from_date)
    )


@dataclass(frozen=True, slots=True)
class Dated:
    """One of the lists of a buyer, without what it says: from a day on, up to and including another (None: for good)."""

    from_date: date
    last_day: date | None
    currency: str

    def when(self, day: date) -> str:
        """Whether on a day it is over (`was`), in force (`now`) or still to come (`comes`)."""
        if self.from_date > day:
            return "comes"
        return "was" if self.last_day is not None and self.last_day < day else "now"


@dataclass(frozen=True, slots=True)
class ListsOf:
    """The lists that a seller has for one buyer (None: for every buyer without one of its own), the earliest first."""

    seller: str
    seller_name: str
    buyer: str | None
    buyer_name: str
    lists: tuple[Dated, ...]


def sold_by(viewer: Viewer, seller: str, *, search: str = "", page: int, per_page: int) -> Page[ListsOf]:
    """What a seller (by ref) charges whom: its default first, then buyer by buyer. `search` looks in the buyers' names and refs."""
    rows = KeptPriceList.objects.visible_to(viewer).filter(seller__ref=seller) if "\0" not in seller + search else (
        KeptPriceList.objects.none()
    )  # fmt: skip
    if search:
        rows = rows.filter(Q(buyer__name__icontains=search) | Q(buyer__ref__icontains=search))
    buyers = rows.order_by(F("buyer__ref").asc(nulls_first=True)).values_list("buyer__ref", flat=True).distinct()

    def fetch(start: int, stop: int) -> list[ListsOf]:
        chosen = list(buyers[start:stop])
        return _grouped(rows.filter(Q(buyer__ref__in=chosen) | (Q(buyer=None) if None in chosen else Q(pk__in=()))))

    return Page.of(buyers.count(), page, per_page, fetch)


def bought_by(viewer: Viewer) -> list[ListsOf]:
    """What the viewer's account is charged by those above it: each one's default first."""
    if viewer.account_id is None:
        return []
    return _grouped(KeptPriceList.objects.visible_to(viewer).exclude(seller_id=viewer.account_id))


def _grouped(rows: KeptPriceListQuerySet) -> list[ListsOf]:
    wanted = ("seller__ref", "seller__name", "buyer__ref", "buyer__name", "from_date", "currency")
    named = rows.annotate(currency=KT("definition__currency")).order_by(
        "seller__ref", F("buyer__ref").asc(nulls_first=True), "from_date"
    )  # fmt: skip
    found: dict[tuple[str, str, str | None, str], list[tuple[date, str]]] = defaultdict(list)
    for seller, seller_name, buyer, buyer_name, day, currency in named.values_list(*wanted):
        found[seller, seller_name, buyer, buyer_name or ""].append((day, currency))
    return [ListsOf(*whose, _dated(own)) for whose, own in found.items()]


def _dated(own: Sequence[tuple[date, str]]) -> tuple[Dated, ...]:
    """Each list holds until the next one begins."""
    ends = [day - timedelta(days=1) for day, _ in own[1:]] + [None]
    return tuple(Dated(day, end, currency) for (day, currency), end in zip(own, ends, strict=True))


def buyers(viewer: Viewer, seller: str, *, limit: int) -> list[tuple[str, str]]:
    """Refs and names of those right below a seller, now or at any time, at most `limit` by ref: whom it can have a list for."""
    below = Placement.objects.visible_to(viewer).filter(parent__ref=seller)
    named = below.order_by("account__ref").values_list("account__ref", "account__name").distinct()
    return list(named[:limit])


def sells_to(viewer: Viewer, seller: str, buyer: str) -> bool:
    """Whether a seller can have a list for a buyer: as far as the viewer sees."""
    return "\0" not in buyer and Placement.objects.visible_to(viewer).filter(parent__ref=seller, account__ref=buyer).exists()


def lists_of(viewer: Viewer, seller: str, buyer: str | None) -> ListsOf | None:
    """The lists of a seller for one buyer; None where the viewer sees none."""
    rows = KeptPriceList.objects.visible_to(viewer).filter(seller__ref=seller)
    return next(iter(_grouped(rows.filter(buyer__ref=buyer) if buyer else rows.filter(buyer=None))), None)


def default_on(viewer: Viewer, seller: str, day: date) -> Kept | None:
    """The default list of a seller that is in force on a day."""
    rows = KeptPriceList.objects.visible_to(viewer).select_related("seller", "buyer")
    row = rows.filter(seller__ref=seller, buyer=None, from_date__lte=day).order_by("-from_date").first()
    return _kept(*as_read(viewer, [row])) if row else None


def customers(viewer: Viewer, *, limit: int) -> list[tuple[str, str]]:
    """Refs and names of customers that the viewer sees, at most `limit` by ref: whom credits can be complimentary to."""
    rows = Account.objects.visible_to(viewer).filter(tier=Tier.CUSTOMER).order_by("ref")
    return list(rows.values_list("ref", "name")[:limit])


def prices_history(viewer: Viewer, *, page: int, per_page: int) -> Page[Event]:
    """What happened to the price lists and promo codes of the viewer's account, those that were removed too, the newest first."""
    rows = Event.objects.visible_to(viewer).filter(subject__in=("price_list", "promo_code"), chain=viewer.account_id or 0)
    ordered = rows.order_by("-sequence")
    return Page.of(ordered.count(), page, per_page, lambda start, stop: list(ordered[start:stop]))


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
    return _kept(*as_read(viewer, [row]))


def _missing() -> Text:
    return text("there is no such price list")


def _kept(row: KeptPriceList) -> Kept:
    buyer_name = row.buyer.name if row.buyer else ""
    return Kept(row.prices, row.definition, row.fingerprint, row.seller.name, buyer_name, row.saved_at, row.saved_by)


def list_history(viewer: Viewer, key: ListKey) -> list[Event]:
    """What happened to a price list, oldest first: for its seller alone, also once it was removed. Raises NotFound."""
    seller = history_owner(viewer, key.seller)
    if seller is None or "\0" in key.told:
        raise NotFound(_missing())
    rows = KeptPriceList.objects.filter(seller_id=seller, from_date=key.from_date)
    there = rows.filter(buyer__ref=key.buyer) if key.buyer else rows.filter(buyer=None)
    found = told_of(seller, "price_list", key.told, there)
    if not found:
        raise NotFound(_missing())
    return found


def history_owner(viewer: Viewer, seller: str) -> int | None:
    """The id of a seller (by ref) whose history the viewer reads: its own; None for anybody else's."""
    if "\0" in seller:
        return None
    found = Account.objects.filter(ref=seller).values_list("pk", flat=True).first()
    return found if viewer.sees_all or found == viewer.account_id else None


def told_of(seller: int, subject: str, named: str, there: QuerySet[Any]) -> list[Event]:
    """What happened to a list or promo code of a seller, oldest first: to the rows that are there, and to those of that name that were
    removed."""
    gone = Event.objects.filter(chain=seller, subject=subject, kind=f"{subject}_removed", changes__0__of=named)
    one = Q(subject_id__in=there.values("pk")) | Q(subject_id__in=gone.values("subject_id"))
    return list(Event.objects.filter(one, chain=seller, subject=subject).order_by("sequence"))


def prices_of(
    viewer: Viewer, seller_id: int, buyer_ids: Collection[int], day: date, *, instead: Mapping[int | None, PriceList] | None = None
) -> dict[int, PriceList]:
    """What buyers (by id) pay a seller by on a day, as far as the viewer sees it; a buyer without any price list is left out.

    `instead`: lists in place of the one in force, by buyer (None: the default), as if they were.
    """
    rows = as_read(viewer, _in_force(viewer, seller_id, sorted(set(buyer_ids)), day))
    latest: dict[int | None, PriceList] = {row.buyer_id: row.prices for row in rows} | dict(instead or {})
    own = customers_of(
        set(buyer_ids), {ref for prices in latest.values() for pack in prices.packs.values() for ref in pack.complimentary_of}
    )
    found = {buyer_id: combined(latest.get(buyer_id), latest.get(None)) for buyer_id in buyer_ids}
    return {
        buyer_id: replace(prices, customers=frozenset(own.get(buyer_id, ()))) for buyer_id, prices in found.items() if prices
    }  # fmt: skip


def _in_force(viewer: Viewer, seller_id: int, buyer_ids: Sequence[int], day: date) -> Iterator[KeptPriceList]:
    """The lists of buyers and the default, as they are in force on a day."""
    rows = KeptPriceList.objects.visible_to(viewer).in_force(day).select_related("seller", "buyer").filter(seller_id=seller_id)
    for place, some in enumerate(chunks(buyer_ids)):
        of_buyers = Q(buyer_id__in=some)
        yield from rows.filter(of_buyers if place else of_buyers | Q(buyer=None))


def promo_codes(viewer: Viewer) -> list[KeptPromo]:
    """All promo codes of the viewer's account, by seller and code."""
    rows = KeptPromoCode.objects.visible_to(viewer).select_related("seller").order_by("seller__ref", "code")
    return [KeptPromo(row.seller.ref, row.promo, row.definition, row.fingerprint, row.saved_at, row.saved_by) for row in rows]


def kept_promo_code(viewer: Viewer, seller: str, code: str) -> KeptPromo:
    """One promo code, to its seller. Raises NotFound."""
    found = next((one for one in promo_codes(viewer) if (one.seller, one.promo.code) == (seller, code)), None)
    if found is None:
        raise NotFound(text("there is no promo code “{code}”", code=code))
    return found


def promo_code(
    seller_id: int, typed: str, *, day: date, service: str, buyer: str, prices: PriceList | None = None
) -> tuple[PromoCode | None, Text | None]:  # fmt: skip
    """A promo code a buyer (ref) typed for a service, and why it does not hold (None: it does). `prices`: what it pays by, where known.

    For buyers too: what they type is checked, which codes there are is not told.
    """
    row = None if "\0" in typed else KeptPromoCode.objects.filter(seller_id=seller_id, code=typed).first()
    promo = row.promo if row else None
    return promo, why_not(promo, typed, day=day, service=service, buyer=buyer, prices=prices)

"""Price lists and promo codes as documents: plain values, numbers as text, in one order, so that equal ones are written alike."""

import hashlib
import json
from collections.abc import Collection, Iterator
from decimal import Decimal
from itertools import chain
from typing import Any

from trueup.events.rules import Change
from trueup.kit.quantity import plain
from trueup.prices.rules.lists import PriceList, Tax
from trueup.prices.rules.packs import PackPrice
from trueup.prices.rules.pricing import PriceTier, Pricing, ServicePrice
from trueup.prices.rules.promos import PromoCode

Document = dict[str, Any]


def document_of(prices: PriceList) -> Document:
    """What a price list says, without whose it is and from when; what is as if not said is left out."""
    said: Document = {"currency": prices.currency}
    if prices.tax != Tax():
        said["tax"] = _said({"percent": prices.tax.percent, "category": prices.tax.category.value, "reason": prices.tax.reason})
    if prices.margin_percent:
        said["margin_percent"] = plain(prices.margin_percent)
    said["services"] = {code: _service(price) for code, price in sorted(prices.services.items())}
    said["packs"] = {code: _pack(price) for code, price in sorted(prices.packs.items())}
    return said


def fingerprint(said: Document) -> str:
    """A short name for exactly this document, to notice that somebody else has changed it."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def _said(values: Document) -> Document:
    """What differs from nothing; numbers as text. A margin of 0 is said: it is not the margin of the list."""
    return {
        name: plain(value) if isinstance(value, Decimal) else value
        for name, value in values.items()
        if value or (name == "margin_percent" and value is not None)
    }


def _service(price: ServicePrice) -> Document:
    more = _said(
        {
            "package_size": price.package_size,
            "free_units": price.free_units,
            "minimum_units": price.minimum_units,
            "minimum_amount": price.minimum_amount,
            "margin_percent": price.margin_percent,
        }
    )
    if price.pricing == Pricing.UNIT:
        return {"price": plain(price.tiers[0].price), **more}
    return {"pricing": price.pricing.value, "tiers": _tiers(price.tiers), **more}


def _pack(price: PackPrice) -> Document:
    own = {customer: plain(value) for customer, value in sorted(price.complimentary_of.items())}
    return {
        "pack_size": plain(price.pack_size),
        "tiers": _tiers(price.tiers),
        **_said({"complimentary": price.complimentary, "complimentary_of": own, "margin_percent": price.margin_percent}),
    }


def _tiers(tiers: tuple[PriceTier, ...]) -> list[Document]:
    return [({"up_to": plain(tier.up_to)} if tier.up_to is not None else {}) | {"price": plain(tier.price)} for tier in tiers]


def customers_in(said: Document) -> set[str]:
    """The customers (refs) that the document of a price list names."""
    return {ref for pack in said.get("packs", {}).values() for ref in pack.get("complimentary_of", {})}


def naming_only(said: Document, customers: Collection[str]) -> Document:
    """The document of a price list as it is for who may read of these customers (refs) alone."""
    return {**said, "packs": {group: _naming_only(pack, customers) for group, pack in said.get("packs", {}).items()}}


def _naming_only(pack: Document, customers: Collection[str]) -> Document:
    own = {ref: value for ref, value in pack.get("complimentary_of", {}).items() if ref in customers}
    return {name: value for name, value in pack.items() if name != "complimentary_of"} | ({"complimentary_of": own} if own else {})


def promo_document(promo: PromoCode) -> Document:
    """What a promo code says, without its name."""
    return {
        "from": promo.from_date.isoformat(),
        "until": promo.until_date.isoformat(),
        **_said({"service": promo.service, "buyer": promo.buyer, "margin_percent": promo.margin_percent}),
        **({"price": plain(promo.price)} if promo.price is not None else {}),
    }


def list_changes(before: Document, after: Document, *, of: str) -> list[Change]:
    """What differs between two states of a price list, service by service; an empty document is none at all. `of`: which list."""
    own = [Change(name, before.get(name), after.get(name), of) for name in ("currency", "tax", "margin_percent")]
    inner = (changes(before.get(name, {}), after.get(name, {}), of=of) for name in ("services", "packs"))
    return [change for change in (*own, *chain(*inner)) if change.before != change.after]


def changes(before: Document, after: Document, *, of: str) -> Iterator[Change]:
    """What differs between two documents, name by name."""
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield Change(name, before.get(name), after.get(name), of)

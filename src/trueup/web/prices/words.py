"""Prices in words: what a service costs, what was changed, as the language of the page writes it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trueup.kit.money import currency_decimals
from trueup.kit.period import BEGINNING
from trueup.prices.rules.files import Said
from trueup.prices.rules.lists import TaxCategory
from trueup.prices.rules.pricing import Pricing
from trueup.web import numbers
from trueup.web.network.steps import WasIs
from trueup.web.templatetags.trueup import day as day_words
from trueup.web.words import Words, word

PRICINGS: Words = {
    Pricing.UNIT: gettext_lazy("Per unit"),
    Pricing.VOLUME: gettext_lazy("Volume"),
    Pricing.GRADUATED: gettext_lazy("Graduated"),
    Pricing.PACKAGE: gettext_lazy("Package"),
}

PRICING_SENTENCES: Words = {
    Pricing.UNIT: gettext_lazy("One price for each unit."),
    Pricing.VOLUME: gettext_lazy("One price for all units, by the tier their number falls into."),
    Pricing.GRADUATED: gettext_lazy("Each slice of the units at the price of its tier."),
    Pricing.PACKAGE: gettext_lazy("Whole packages, a begun one counting; one price for all, by the tier their number falls into."),
}

TAXES: Words = {
    TaxCategory.STANDARD: gettext_lazy("Standard rate"),
    TaxCategory.ZERO_RATED: gettext_lazy("Zero-rated"),
    TaxCategory.EXEMPT: gettext_lazy("Exempt"),
    TaxCategory.REVERSE_CHARGE: gettext_lazy("Reverse charge"),
    TaxCategory.NOT_SUBJECT: gettext_lazy("Not subject to tax"),
}

FIELDS: Words = {
    "currency": gettext_lazy("Currency"),
    "tax": gettext_lazy("Tax"),
    "margin_percent": gettext_lazy("Margin"),
    "from": gettext_lazy("From"),
    "until": gettext_lazy("Until"),
    "service": gettext_lazy("Service"),
    "buyer": gettext_lazy("Buyer"),
    "price": gettext_lazy("Price"),
}
"""What a price list or promo code says beside its prices; any other name is that of a service or a solution group."""

EVENTS: Words = {
    "price_list_saved": gettext_lazy("Price list saved"),
    "price_list_removed": gettext_lazy("Price list removed"),
    "promo_code_saved": gettext_lazy("Promo code saved"),
    "promo_code_removed": gettext_lazy("Promo code removed"),
}

Names = Mapping[str, str]
"""What services and solution groups are called, by code."""


def price(said: Any, currency: str) -> str:
    """A price that is kept as text; at least with the decimals of the currency, where that is known."""
    return numbers.shown(Decimal(str(said)), currency_decimals(currency) if currency else None)


def percent(said: Any) -> str:
    """A percentage that is kept as text."""
    return f"{numbers.shown(Decimal(str(said)))} %"


def number(said: Any) -> str:
    """Units or credits that are kept as text."""
    return numbers.shown(Decimal(str(said)))


@dataclass(frozen=True, slots=True)
class PriceShown:
    """A price in words: how it is made, tier by tier, and what else holds."""

    pricing: str
    tiers: tuple[tuple[str, str], ...]
    more: tuple[str, ...]

    def __str__(self) -> str:
        listed = ", ".join(f"{end} {amount}" for end, amount in self.tiers)
        said = f"{self.pricing}: {listed}" if len(self.tiers) > 1 or self.pricing not in {"", str(PRICINGS[Pricing.UNIT])} else listed
        return "; ".join((said.strip(), *self.more))


def shown_price(said: Mapping[str, Any], currency: str) -> PriceShown:
    """The document of a service's price, or of the packs of a solution group."""
    tiers = said.get("tiers") or [{"price": said["price"]}]
    is_pack = "pack_size" in said
    pricing = "" if is_pack else word(PRICINGS, said.get("pricing", Pricing.UNIT.value))
    return PriceShown(pricing, tuple(_tier(tier, len(tiers), currency) for tier in tiers), tuple(_more(said, currency)))


def _tier(tier: Mapping[str, Any], many: int, currency: str) -> tuple[str, str]:
    amount = price(tier["price"], currency)
    if tier.get("up_to") is not None:
        return _("up to %(number)s:") % {"number": number(tier["up_to"])}, amount
    return (_("beyond:") if many > 1 else ""), amount


def _more(said: Mapping[str, Any], currency: str) -> Iterator[str]:
    """What holds beside the price."""
    sentences = (
        ("package_size", _("packages of %(number)s")),
        ("pack_size", _("packs of %(number)s credits")),
        ("free_units", _("%(number)s free")),
        ("minimum_units", _("at least %(number)s units")),
        ("complimentary", _("%(number)s credits complimentary to each customer and month")),
    )
    for name, sentence in sentences:
        if said.get(name):
            yield sentence % {"number": number(said[name])}
    if said.get("minimum_amount"):
        yield _("at least %(amount)s") % {"amount": f"{price(said['minimum_amount'], currency)} {currency}"}
    own = said.get("complimentary_of") or {}
    if own:
        listed = ", ".join(f"{customer}: {number(credits_)}" for customer, credits_ in list(own.items())[:5])
        count = ngettext(
            "other complimentary credits for %(count)s customer", "other complimentary credits for %(count)s customers", len(own)
        )
        yield f"{count % {'count': len(own)}} ({listed}{'…' if len(own) > 5 else ''})"
    if said.get("margin_percent") is not None:
        yield _("margin %(percent)s") % {"percent": percent(said["margin_percent"])}


def tax(said: Mapping[str, Any] | None) -> str:
    """The tax of a list."""
    said = said or {}
    category = word(TAXES, said.get("category", TaxCategory.ZERO_RATED.value))
    rate = f"{percent(said['percent'])}, {category}" if said.get("percent") else category
    return f"{rate} ({said['reason']})" if said.get("reason") else rate


def since(day: date) -> str:
    """From which day on a list holds."""
    return _("since ever") if day == BEGINNING else _("from %(day)s on") % {"day": day_words(day)}


# ── What was changed ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class PartTold:
    """What changed of one list or code; `of` is empty where it is the one whose page this is."""

    of: str
    changes: tuple[WasIs, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One event of the history in words, as web/network/_history.html shows it."""

    words: str
    who: str
    at: datetime
    parts: tuple[PartTold, ...]
    more: int = 0
    note: str = ""


MOST_CHANGES: Final = 12
"""Changes of an event that are shown; a new list of a large catalog has thousands."""


def told(events: Iterable[Any], names: Names, *, naming: bool = False) -> tuple[Told, ...]:
    """Events of price lists and promo codes in words, as they come. `naming`: say which list or code each is about."""
    return tuple(_told(event, names, naming=naming) for event in events)


def _told(event: Any, names: Names, *, naming: bool) -> Told:
    shown = event.changes[:MOST_CHANGES]
    of = _of(str(shown[0].get("of", ""))) if shown and naming else ""
    who = _("the system") if event.actor.kind == "system" else event.actor.name
    parts = (PartTold(of, was_is(shown, names)),)
    return Told(word(EVENTS, event.kind), who, event.at, parts, len(event.changes) - len(shown))


def _of(key: str) -> str:
    """Which list: its buyer and its first day; a promo code by its name."""
    buyer, _space, begun = key.rpartition(" ")
    try:
        day = date.fromisoformat(begun)
    except ValueError:
        return key
    return f"{_('Default list') if buyer == '*' else buyer}, {since(day)}"


def changed_entry(said: Said) -> str:
    """An entry of a file of prices: which list, or which promo code."""
    if said.key is None:
        return _("Promo code %(code)s") % {"code": said.code}
    return f"{said.seller} → {_of(said.key.told)}"


def was_is(changes: Iterable[Any], names: Names) -> tuple[WasIs, ...]:
    """Changes of a list or code as people read them; amounts as plain as they are kept, for the currency may be what changed."""
    plain = (change if isinstance(change, Mapping) else change.as_json() for change in changes)
    return tuple(WasIs(_name(one["field"], names), value(one["field"], one["before"]), value(one["field"], one["after"])) for one in plain)


def _name(field: str, names: Names) -> str:
    return names.get(field) or (word(FIELDS, field) if field in FIELDS else field)


def value(field: str, said: Any) -> str:
    """A value of a list or code in words; empty for nothing."""
    if said is None:
        return ""
    if field == "tax":
        return tax(said)
    if isinstance(said, Mapping):
        return str(shown_price(said, ""))
    if field in {"from", "until"}:
        return day_words(date.fromisoformat(str(said)))
    if field == "margin_percent":
        return percent(said)
    return number(said) if field == "price" else str(said)

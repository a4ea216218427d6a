"""Reading what somebody says a price list or a promo code is: everything that is wrong with it, at once and with its place."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, Protocol

from trueup.kit.errors import Invalid, Problem
from trueup.kit.money import parse_currency, parse_percent, parse_price
from trueup.kit.quantity import ZERO, parse_quantity
from trueup.kit.text import Text, plural, text
from trueup.prices.rules import pricing, promos
from trueup.prices.rules.lists import PriceList, Tax, TaxCategory, day_of
from trueup.prices.rules.packs import PACK_SIZE, PackPrice
from trueup.prices.rules.pricing import PriceTier, Pricing, ServicePrice
from trueup.prices.rules.promos import PromoCode

MOST_PRICES: Final = 20_000
"""Services of a list, and customers with complimentary credits of their own."""
MOST_TIERS: Final = 100
MOST_CHARACTERS: Final = 300

LIST_KEYS: Final = ("currency", "tax", "margin_percent", "services", "packs")
_TAX: Final = ("percent", "category", "reason")
_SERVICE: Final = (
    "price", "pricing", "tiers", "package_size", "free_units", "minimum_units", "minimum_amount", "margin_percent",
)  # fmt: skip
_PACK: Final = ("price", "tiers", "pack_size", "complimentary", "complimentary_of", "margin_percent")
PROMO_KEYS: Final = ("from", "until", "service", "buyer", "price", "margin_percent")


def not_known(name: str, known: Collection[str]) -> Text:
    """What is said of a key that there is not: which there are."""
    return text("`{field}` is not known here: known are {known}", field=name, known=", ".join(known))


def read_price_list(seller: str, buyer: str | None, from_date: date, said: Mapping[str, object]) -> PriceList:
    """The price list that a document (JSON or YAML) describes. Raises Invalid with each problem and its place."""
    reading = _Reading()
    found = reading.price_list(seller, buyer, from_date, said)
    reading.finish()
    return found


def read_promo_code(code: str, said: Mapping[str, object]) -> PromoCode:
    """The promo code that a document describes. Raises Invalid with each problem and its place."""
    reading = _Reading()
    found = reading.promo_code(code, said)
    wrong = promos.what_is_wrong(found)
    if wrong and not reading.problems:
        reading.wrong(wrong, "promo_code")
    reading.finish()
    return found


class _Parse(Protocol):
    """Reads a number that somebody typed; `name` is what messages call it. Raises Invalid."""

    def __call__(self, typed: str, *, name: Text) -> Decimal: ...


class _Reading:
    """Collects what is wrong while the values are read; a wrong value is read as its default."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, message: str, code: str, *at: str) -> None:
        self.problems.append(Problem(".".join(at), message, code, at))

    def finish(self) -> None:
        """Raises Invalid if anything was wrong."""
        if self.problems:
            raise Invalid(plural("{count} problem; nothing was changed", "{count} problems; nothing was changed", len(self.problems)),
                          self.problems)  # fmt: skip

    def price_list(self, seller: str, buyer: str | None, from_date: date, said: Mapping[str, object]) -> PriceList:
        self._only(said, LIST_KEYS)
        services, packs = (self._mapping(said.get(name, {}), name) for name in ("services", "packs"))
        return PriceList(
            seller=seller,
            buyer=buyer,
            from_date=from_date,
            currency=self._currency(said.get("currency")),
            tax=self._tax(said.get("tax")),
            margin_percent=self._percent(said, "margin_percent") or ZERO,
            services={code: self._service(one, "services", code) for code, one in services.items()},
            packs={code: self._pack(one, "packs", code) for code, one in packs.items()},
        )

    def promo_code(self, code: str, said: Mapping[str, object]) -> PromoCode:
        self._only(said, PROMO_KEYS)
        return PromoCode(
            code=code,
            from_date=self._day(said, "from"),
            until_date=self._day(said, "until"),
            service=self._word(said, "service") or None,
            buyer=self._word(said, "buyer") or None,
            price=self._price(said, "price") if said.get("price") is not None else None,
            margin_percent=self._percent(said, "margin_percent"),
        )

    def _currency(self, value: object) -> str:
        try:
            return parse_currency(value if isinstance(value, str) else "")
        except Invalid as refused:
            self.wrong(refused.message, "currency", "currency")
            return "XXX"

    def _tax(self, value: object) -> Tax:
        if value is None:
            return Tax()
        said = self._mapping(value, "tax")
        self._only(said, _TAX, "tax")
        percent = self._percent(said, "percent", "tax") or ZERO
        usual = TaxCategory.STANDARD if percent else TaxCategory.ZERO_RATED
        category = str(said.get("category", usual.value))
        if category not in tuple(TaxCategory):
            self.wrong(
                text("`{field}` must be one of {allowed}", field="category", allowed=", ".join(TaxCategory)),
                "not_one_of",
                "tax",
                "category",
            )
            category = usual
        if (category == TaxCategory.STANDARD) != bool(percent):
            self.wrong(text("a standard rate is above 0 percent, and every other category has 0 percent"), "tax", "tax", "percent")
        return Tax(percent, TaxCategory(category), self._word(said, "reason", "tax"))

    def _service(self, value: object, *at: str) -> ServicePrice:
        """A price alone stands for a price per unit."""
        said = self._mapping(value if isinstance(value, dict) else {"price": value}, *at)
        self._only(said, _SERVICE, *at)
        kind = str(said.get("pricing", Pricing.UNIT.value))
        if kind not in tuple(Pricing):
            self.wrong(
                text("`{field}` must be one of {allowed}", field="pricing", allowed=", ".join(Pricing)), "not_one_of", *at, "pricing"
            )
            kind = Pricing.UNIT
        free_units, minimum_units, minimum_amount = (
            self._quantity(said, name, *at) for name in ("free_units", "minimum_units", "minimum_amount")
        )
        price = ServicePrice(
            Pricing(kind),
            self._tiers(said, *at),
            self._quantity(said, "package_size", *at) if "package_size" in said else None,
            free_units,
            minimum_units,
            minimum_amount,
            self._percent(said, "margin_percent", *at),
        )
        self._sound(pricing.what_is_wrong(price), *at)
        return price

    def _pack(self, value: object, *at: str) -> PackPrice:
        said = self._mapping(value if isinstance(value, dict) else {"price": value}, *at)
        self._only(said, _PACK, *at)
        own = self._mapping(said.get("complimentary_of", {}), *at, "complimentary_of")
        price = PackPrice(
            self._tiers(said, *at),
            self._quantity(said, "pack_size", *at) if "pack_size" in said else PACK_SIZE,
            self._quantity(said, "complimentary", *at),
            {customer: self._quantity(own, customer, *at, "complimentary_of") for customer in own},
            self._percent(said, "margin_percent", *at),
        )
        if not price.pack_size:
            self.wrong(text("the size of a pack must be above 0"), "pack_size", *at, "pack_size")
        self._sound(pricing.what_is_wrong_with_tiers(price.tiers), *at)
        return price

    def _sound(self, wrong: Text | None, *at: str) -> None:
        """Say what is wrong with a price as a whole, unless something in it is wrong anyway."""
        if wrong and not any(problem.at[: len(at)] == at for problem in self.problems):
            self.wrong(wrong, "price", *at)

    def _tiers(self, said: Mapping[str, object], *at: str) -> tuple[PriceTier, ...]:
        """The tiers, or the one price there is."""
        if ("tiers" in said) == ("price" in said):
            self.wrong(text("there must be either a `price` or `tiers`"), "price", *at)
            return ()
        if "price" in said:
            return (PriceTier(None, self._price(said, "price", *at)),)
        rows = said["tiers"]
        if not isinstance(rows, list) or not 0 < len(rows) <= MOST_TIERS:
            self.wrong(text("`tiers` must be a list of 1 to {most} tiers", most=MOST_TIERS), "tiers", *at, "tiers")
            return ()
        return tuple(self._tier(row, *at, "tiers", str(place)) for place, row in enumerate(rows))

    def _tier(self, value: object, *at: str) -> PriceTier:
        said = self._mapping(value, *at)
        self._only(said, ("up_to", "price"), *at)
        end = None if said.get("up_to") is None else self._quantity(said, "up_to", *at)
        return PriceTier(end, self._price(said, "price", *at))

    # ── Single values ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _only(self, said: Mapping[str, object], known: Collection[str], *at: str) -> None:
        for name in said:
            if name not in known:
                self.wrong(not_known(name, known), "unknown_field", *at, name)

    def _mapping(self, value: object, *at: str) -> dict[str, object]:
        if isinstance(value, dict) and len(value) <= MOST_PRICES and all(isinstance(key, str) for key in value):
            return value
        self.wrong(text("this must be a mapping of at most {most} names", most=MOST_PRICES), "not_a_mapping", *at)
        return {}

    def _word(self, said: Mapping[str, object], name: str, *at: str) -> str:
        value = said.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > MOST_CHARACTERS or not value.isprintable():
            self.wrong(text("this must be one line of at most {most} characters", most=MOST_CHARACTERS), "not_one_line", *at, name)
            return ""
        return value.strip()

    def _day(self, said: Mapping[str, object], name: str) -> date:
        value = said.get(name)
        try:
            return day_of(value if isinstance(value, str) else "")
        except ValueError:
            self.wrong(text("`{field}` must be a day like 2026-10-16", field=name), "not_a_day", name)
            return date.min

    def _price(self, said: Mapping[str, object], name: str, *at: str) -> Decimal:
        return self._number(parse_price, said, name, *at) or ZERO

    def _percent(self, said: Mapping[str, object], name: str, *at: str) -> Decimal | None:
        return None if said.get(name) is None else self._number(parse_percent, said, name, *at)

    def _quantity(self, said: Mapping[str, object], name: str, *at: str) -> Decimal:
        return ZERO if said.get(name) is None else self._number(parse_quantity, said, name, *at) or ZERO

    def _number(self, parse: _Parse, said: Mapping[str, object], name: str, *at: str) -> Decimal | None:
        value = said.get(name)
        if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
            self.wrong(text("`{field}` must be a number, as text or as a whole number", field=name), "not_a_number", *at, name)
            return None
        try:
            return parse(str(value), name=text("`{field}`", field=name))
        except Invalid as refused:
            self.wrong(refused.message, "not_a_number", *at, name)
            return None

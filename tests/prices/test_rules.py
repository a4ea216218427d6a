"""Prices of services, packs and lists: laws that hold for any of them, and what can't be."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.kit.quantity import added
from trueup.prices.rules import packs, promos
from trueup.prices.rules.lists import PriceList, combined, in_force
from trueup.prices.rules.packs import PackPrice, chargeable_credits, packed, packs_of
from trueup.prices.rules.pricing import PriceTier, Pricing, ServicePrice, priced, unit_price, what_is_wrong, what_is_wrong_with_tiers
from trueup.prices.rules.promos import PromoCode

UNITS = st.decimals(0, 10**12, places=6, allow_nan=False)
PRICE = st.decimals(0, 10**6, places=6)
ENDS = st.lists(st.decimals("0.000001", 10**9, places=6), max_size=4, unique=True).map(sorted)


@dataclass(frozen=True)
class Measured:
    """What was measured of a line."""

    provisioned: Decimal
    used: Decimal | None
    credits: Decimal | None


@st.composite
def tiers(draw: st.DrawFn) -> tuple[PriceTier, ...]:
    return tuple(PriceTier(end, draw(PRICE)) for end in [*draw(ENDS), None])


@st.composite
def prices(draw: st.DrawFn, *pricings: Pricing) -> ServicePrice:
    pricing = draw(st.sampled_from(pricings or tuple(Pricing)))
    steps = (PriceTier(None, draw(PRICE)),) if pricing == Pricing.UNIT else draw(tiers())
    size = draw(st.decimals("0.5", 1000, places=6)) if pricing == Pricing.PACKAGE else None
    small = st.decimals(0, 1000, places=6)
    return ServicePrice(pricing, steps, size, draw(small), draw(small), draw(small))


class TestPriced:
    @given(prices(), UNITS)
    def test_can_be_and_is_never_below_the_minimum(self, price: ServicePrice, units: Decimal) -> None:
        found = priced(price, units)
        assert what_is_wrong(price) is None
        assert found.exact >= price.minimum_amount >= 0
        assert found.billed_units >= price.minimum_units
        assert found.exact >= added(one.exact for one in found.slices)

    @given(prices(Pricing.UNIT, Pricing.GRADUATED), UNITS, UNITS)
    def test_never_gets_cheaper_with_more_units(self, price: ServicePrice, one: Decimal, other: Decimal) -> None:
        fewer, more = sorted((one, other))
        assert priced(price, fewer).exact <= priced(price, more).exact

    @given(prices(Pricing.UNIT, Pricing.VOLUME, Pricing.GRADUATED), UNITS)
    def test_prices_every_billed_unit_once(self, price: ServicePrice, units: Decimal) -> None:
        found = priced(price, units)
        assert added(one.units for one in found.slices) == found.billed_units

    @given(prices(Pricing.PACKAGE), UNITS)
    def test_takes_just_as_many_packages_as_hold_the_units(self, price: ServicePrice, units: Decimal) -> None:
        found = priced(price, units)
        count = found.slices[0].units
        assert price.package_size
        assert count == int(count)
        assert (count - 1) * price.package_size < found.billed_units or count == 0
        assert count * price.package_size >= found.billed_units

    def test_is_exact_however_long_the_numbers_are(self) -> None:
        units, price = Decimal("999999999999.999999"), Decimal("999999999999.999999")
        assert priced(unit_price(price), units).exact == Decimal("999999999999999998000000.000000000001")


class TestWhatIsWrong:
    OPEN = PriceTier(None, Decimal(1))

    @pytest.mark.parametrize(
        ("price", "said"),
        [
            (ServicePrice(Pricing.UNIT, (PriceTier(Decimal(5), Decimal(1)), OPEN)), "a price per unit has one price and no tiers"),
            (ServicePrice(Pricing.UNIT, (PriceTier(Decimal(5), Decimal(1)),)), "a price per unit has one price and no tiers"),
            (ServicePrice(Pricing.PACKAGE, (OPEN,)), "a price per package needs the size of a package, above 0"),
            (ServicePrice(Pricing.PACKAGE, (OPEN,), Decimal(0)), "a price per package needs the size of a package, above 0"),
            (ServicePrice(Pricing.VOLUME, (OPEN,), Decimal(5)), "only a price per package has a size of a package"),
            (ServicePrice(Pricing.VOLUME, ()), "the last tier must have no end: leave “up to” empty there"),
        ],
    )
    def test_is_said(self, price: ServicePrice, said: str) -> None:
        assert what_is_wrong(price) == said

    @pytest.mark.parametrize(
        ("ends", "said"),
        [
            (["10"], "the last tier must have no end: leave “up to” empty there"),
            ([None, None], "only the last tier has no end"),
            (["0", None], "each tier must end above the one before, and the first above 0"),
            (["10", "10", None], "each tier must end above the one before, and the first above 0"),
            (["10", "5", None], "each tier must end above the one before, and the first above 0"),
            (["5", "10", None], None),
        ],
    )
    def test_is_said_of_tiers(self, ends: list[str | None], said: str | None) -> None:
        assert what_is_wrong_with_tiers([PriceTier(Decimal(end) if end else None, Decimal(1)) for end in ends]) == said

    @pytest.mark.parametrize(
        ("unlocks", "said"),
        [
            ({}, "a promo code unlocks either a price or a margin"),
            ({"price": Decimal(1), "margin_percent": Decimal(1)}, "a promo code unlocks either a price or a margin"),
            ({"price": Decimal(1)}, "a promo code that unlocks a price names its service"),
            ({"price": Decimal(1), "service": "endpoint", "until_date": date(2025, 1, 1)}, "a promo code can't end before it begins"),
            ({"margin_percent": Decimal(1)}, None),
        ],
    )
    def test_is_said_of_promo_codes(self, unlocks: dict[str, Any], said: str | None) -> None:
        made = replace(PromoCode("X", date(2026, 1, 1), date(2026, 1, 1)), **unlocks)
        assert promos.what_is_wrong(made) == said


class TestPacked:
    @given(st.dictionaries(st.sampled_from("abcdef"), st.decimals(0, 10**12, places=6), max_size=6), st.decimals(0, 10**5, places=6))
    def test_takes_complimentary_credits_off_each_customer(self, own: dict[str, Decimal], complimentary: Decimal) -> None:
        found = packed(PackPrice((PriceTier(None, Decimal(12)),), complimentary=complimentary), list(own.items()))
        assert found.credits == added(own.values())
        assert found.billed + found.complimentary == found.credits
        assert all(0 <= one.complimentary <= min(one.credits, complimentary) for one in found.customers)
        assert abs(found.packs.units * packs.PACK_SIZE - found.billed) <= packs.PACK_SIZE / 2

    @given(st.decimals(0, 10**12, places=6), st.decimals("0.000001", 10**6, places=6))
    def test_rounds_half_up(self, billed: Decimal, size: Decimal) -> None:
        count = packs_of(billed, size)
        assert count * 2 * size - size <= billed * 2 < count * 2 * size + size

    @given(st.decimals(0, 10**12, places=6), st.decimals("0.000001", 10**12, places=6), st.decimals(0, 10**12, places=6))
    def test_counts_all_credits_where_all_that_is_provisioned_is_charged(self, units: Decimal, own: Decimal, credits_: Decimal) -> None:
        measured = Measured(provisioned=own, used=None, credits=credits_)
        assert chargeable_credits(own, measured, per_unit=None) == credits_
        found = chargeable_credits(units, measured, per_unit=None)
        assert found is not None
        assert found >= 0


class TestPriceLists:
    def own(self, day: str, currency: str = "EUR", **services: str) -> PriceList:
        priced_services = {code: unit_price(Decimal(price)) for code, price in services.items()}
        return PriceList("vendor", "nordwind", date.fromisoformat(day), currency, services=priced_services)

    def test_hold_from_their_day_on_and_whole(self) -> None:
        lists = [self.own("2026-01-01", endpoint="1", email="2"), self.own("2026-10-31", endpoint="3")]
        assert in_force(lists, date(2025, 12, 31)) is None
        assert in_force(lists, date(2026, 10, 30)) is lists[0]
        assert in_force(lists, date(2026, 10, 31)) is lists[1]

    def test_of_a_buyer_leave_to_the_default_what_they_do_not_name(self) -> None:
        own, default = self.own("2026-01-01", endpoint="1"), self.own("2025-01-01", endpoint="5", email="2")
        found = combined(own, default)
        assert found
        assert {code: price.tiers[0].price for code, price in found.services.items()} == {"endpoint": 1, "email": 2}
        assert combined(None, default) is default
        assert combined(own, None) is own
        assert combined(None, None) is None

    def test_of_another_currency_are_not_mixed(self) -> None:
        own = self.own("2026-01-01", "JPY", endpoint="1")
        assert combined(own, self.own("2026-01-01", email="2")) is own

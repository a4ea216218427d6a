"""Price lists and promo codes as documents: read back as they were written, and everything wrong is told with its place."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.prices.test_rules import PRICE, prices, tiers
from trueup.kit.errors import Invalid
from trueup.kit.quantity import ZERO
from trueup.prices.rules.definition import read_price_list, read_promo_code
from trueup.prices.rules.documents import document_of, fingerprint, promo_document
from trueup.prices.rules.lists import PriceList, Tax, TaxCategory
from trueup.prices.rules.packs import PackPrice
from trueup.prices.rules.pricing import Pricing, ServicePrice, unit_price
from trueup.prices.rules.promos import PromoCode

PERCENT = st.decimals(0, 100, places=4)
CREDITS = st.decimals(0, 10**6, places=6)
TAXES = st.builds(Tax, st.decimals("0.0001", 100, places=4), st.just(TaxCategory.STANDARD)) | st.builds(
    Tax, st.just(ZERO), st.sampled_from([one for one in TaxCategory if one != TaxCategory.STANDARD]), st.sampled_from(["", "Article 196"])
)
PACKS = st.builds(
    PackPrice, tiers(), st.decimals("0.5", 1000, places=6), CREDITS, st.dictionaries(st.sampled_from("abc"), CREDITS), st.none() | PERCENT
)
DAY = date(2026, 10, 1)


@st.composite
def price_lists(draw: st.DrawFn) -> PriceList:
    services = draw(st.dictionaries(st.sampled_from("abcdef"), prices()))
    return PriceList(
        "seller", draw(st.sampled_from([None, "buyer"])), DAY, draw(st.sampled_from(["EUR", "JPY"])), draw(TAXES), draw(PERCENT),
        services, draw(st.dictionaries(st.sampled_from("xyz"), PACKS)),
    )  # fmt: skip


@st.composite
def promos(draw: st.DrawFn) -> PromoCode:
    until = DAY + timedelta(days=draw(st.integers(0, 400)))
    price = draw(st.none() | PRICE)
    margin = draw(PERCENT) if price is None else None
    service = draw(st.sampled_from(["email"] if price is not None else ["email", None]))
    return PromoCode("CODE", DAY, until, service, draw(st.sampled_from([None, "north"])), price, margin)


class TestDocuments:
    @given(price_lists())
    def test_of_price_lists_are_read_as_they_were_written(self, one: PriceList) -> None:
        assert read_price_list(one.seller, one.buyer, one.from_date, document_of(one)) == one

    @given(promos())
    def test_of_promo_codes_are_read_as_they_were_written(self, one: PromoCode) -> None:
        assert read_promo_code(one.code, promo_document(one)) == one

    def test_of_equal_lists_are_equal(self) -> None:
        one = {"currency": "EUR", "services": {"b": "1.50", "a": {"price": 2}}}
        other = {"services": {"a": 2, "b": {"pricing": "unit", "price": "1.5"}}, "packs": {}, "currency": "eur", "margin_percent": 0}
        marks = {fingerprint(document_of(read_price_list("s", None, DAY, said))) for said in (one, other)}
        assert len(marks) == 1

    def test_keep_a_margin_of_nothing(self) -> None:
        said = {"currency": "EUR", "margin_percent": 30, "services": {"a": {"price": 1, "margin_percent": 0}}}
        found = read_price_list("s", None, DAY, said)
        assert found.services["a"].margin_percent == 0
        assert document_of(found)["services"]["a"] == {"price": "1", "margin_percent": "0"}

    def test_take_a_price_alone_for_one_per_unit(self) -> None:
        found = read_price_list("s", None, DAY, {"currency": "EUR", "services": {"a": Decimal("4.2")}, "packs": {"g": 12}})
        assert found.services["a"] == unit_price(Decimal("4.2"))
        assert found.packs["g"].tiers == unit_price(Decimal(12)).tiers

    def test_have_the_usual_category_of_a_rate(self) -> None:
        lists = [read_price_list("s", None, DAY, {"currency": "EUR", "tax": {"percent": percent}}) for percent in (19, 0)]
        assert [one.tax.category for one in lists] == [TaxCategory.STANDARD, TaxCategory.ZERO_RATED]


def told(said: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read_price_list("s", None, DAY, said)
    return [(one.where, one.message) for one in refused.value.problems]


LIST = "currency, tax, margin_percent, services, packs"
PROMO = "from, until, service, buyer, price, margin_percent"
NUMBER = "must be a number, as text or as a whole number"


class TestRefusals:
    @pytest.mark.parametrize(
        ("said", "where", "message"),
        [
            ({}, "currency", "“” is not a currency: write its three letters, like EUR"),
            ({"currency": "EUR", "discount": 1}, "discount", f"`discount` is not known here: known are {LIST}"),
            ({"currency": "EUR", "margin_percent": 101}, "margin_percent", "`margin_percent` must not be above 100 percent, but is 101"),
            ({"currency": "EUR", "tax": 19}, "tax", "this must be a mapping of at most 20000 names"),
            ({"currency": "EUR", "tax": {"percent": 0, "category": "standard"}}, "tax.percent",
             "a standard rate is above 0 percent, and every other category has 0 percent"),
            ({"currency": "EUR", "tax": {"percent": 7, "category": "exempt"}}, "tax.percent",
             "a standard rate is above 0 percent, and every other category has 0 percent"),
            ({"currency": "EUR", "tax": {"category": "none"}}, "tax.category",
             "`category` must be one of standard, zero_rated, exempt, reverse_charge, not_subject"),
            ({"currency": "EUR", "tax": {"reason": "a\nb"}}, "tax.reason", "this must be one line of at most 300 characters"),
            ({"currency": "EUR", "services": []}, "services", "this must be a mapping of at most 20000 names"),
            ({"currency": "EUR", "services": {"a": 1.5}}, "services.a.price", f"`price` {NUMBER}"),
            ({"currency": "EUR", "services": {"a": True}}, "services.a.price", f"`price` {NUMBER}"),
            ({"currency": "EUR", "services": {"a": None}}, "services.a.price", f"`price` {NUMBER}"),
            ({"currency": "EUR", "services": {"a": "-1"}}, "services.a.price", "`price` must not be below 0, but is -1"),
            ({"currency": "EUR", "services": {"a": {}}}, "services.a", "there must be either a `price` or `tiers`"),
            ({"currency": "EUR", "services": {"a": {"price": 1, "pricing": "flat"}}}, "services.a.pricing",
             "`pricing` must be one of unit, volume, graduated, package"),
            ({"currency": "EUR", "services": {"a": {"pricing": "volume", "tiers": []}}}, "services.a.tiers",
             "`tiers` must be a list of 1 to 100 tiers"),
            ({"currency": "EUR", "services": {"a": {"pricing": "volume", "tiers": [{"up_to": 5, "price": 1}]}}}, "services.a",
             "the last tier must have no end: leave “up to” empty there"),
            ({"currency": "EUR", "services": {"a": {"pricing": "volume", "tiers": [{"price": 1, "flat": 2}]}}}, "services.a.tiers.0.flat",
             "`flat` is not known here: known are up_to, price"),
            ({"currency": "EUR", "packs": {"g": {"price": 12, "pack_size": 0}}}, "packs.g.pack_size", "the size of a pack must be above 0"),
            ({"currency": "EUR", "packs": {"g": {"price": 12, "complimentary_of": {"dental": "many"}}}}, "packs.g.complimentary_of.dental",
             "`dental` must be a number, not “many”"),
        ],
    )  # fmt: skip
    def test_say_where_and_why(self, said: dict[str, Any], where: str, message: str) -> None:
        assert told(said) == [(where, message)]

    def test_come_all_at_once(self) -> None:
        assert (
            len(told({"currency": "QQQ", "services": {"a": "x", "b": {"pricing": "volume", "price": 1, "free_units": "-2"}}, "p": 1})) == 4
        )

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ({"from": "2026-10-01", "until": "2026-10-31"}, "a promo code unlocks either a price or a margin"),
            ({"from": "2026-10-01", "until": "tomorrow", "margin_percent": 5}, "`until` must be a day like 2026-10-16"),
            ({"from": "2026-10-01", "until": "2026-09-30", "margin_percent": 5}, "a promo code can't end before it begins"),
            ({"from": "2026-10-01", "until": "2026-10-31", "price": 5}, "a promo code that unlocks a price names its service"),
            (
                {"from": "2026-10-01", "until": "2026-10-31", "margin_percent": 5, "code": "A"},
                f"`code` is not known here: known are {PROMO}",
            ),
        ],
    )
    def test_of_promo_codes_say_why(self, said: dict[str, Any], message: str) -> None:
        with pytest.raises(Invalid) as refused:
            read_promo_code("CODE", said)
        assert [one.message for one in refused.value.problems] == [message]


class TestTiersOfAUnitPrice:
    def test_are_refused(self) -> None:
        assert told({"currency": "EUR", "services": {"a": {"tiers": [{"up_to": 5, "price": 1}, {"price": 2}]}}}) == [
            ("services.a", "a price per unit has one price and no tiers")
        ]
        assert ServicePrice(Pricing.UNIT, ()).tiers == ()

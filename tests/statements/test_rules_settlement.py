"""What lines come to: laws over random price lists, and what stands where."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.prices.test_rules import PRICE, prices, tiers
from trueup.kit.money import currency_decimals, round_money
from trueup.kit.quantity import added, apportion, decimals_of
from trueup.prices.rules.lists import PriceList, Tax
from trueup.prices.rules.packs import PackPrice
from trueup.prices.rules.pricing import PriceTier, unit_price
from trueup.prices.rules.promos import PromoCode
from trueup.statements.rules.settlement import ChargedLine, CustomerShare, LineKind, settled, shares_of, without_price

SERVICES = ("endpoint", "email", "backup", "console")
GROUPS = ("credit-based", "small-business")
CUSTOMERS = ("dental", "bakery", "farm")
PERCENT = st.decimals(0, 100, places=4)


@st.composite
def price_lists(draw: st.DrawFn) -> PriceList:
    return PriceList(
        "vendor", None, date(2026, 1, 1), draw(st.sampled_from(("EUR", "JPY", "KWD"))), Tax(draw(PERCENT)), draw(PERCENT),
        draw(st.dictionaries(st.sampled_from(SERVICES), prices())),
        draw(st.dictionaries(st.sampled_from(GROUPS), st.builds(PackPrice, tiers(), complimentary=st.decimals(0, 500, places=6)))),
    )  # fmt: skip


@st.composite
def charged(draw: st.DrawFn) -> list[ChargedLine]:
    """Lines of some services, each shared by its customers."""
    lines = []
    for service in draw(st.lists(st.sampled_from(SERVICES), unique=True)):
        units, weights = draw(st.decimals(0, 10**6, places=2)), draw(st.lists(st.decimals(0, 100, places=2), min_size=3, max_size=3))
        credits_ = draw(st.none() | st.decimals(0, 10**6, places=6))
        own = [None] * 3 if credits_ is None else apportion(credits_, weights, 6)
        shares = tuple(map(CustomerShare, CUSTOMERS, apportion(units, weights, 2), own))
        group = GROUPS[len(service) % 2]
        lines.append(ChargedLine(service, service.title(), group, group.title(), "unit", 2, units, credits_, shares))
    return lines


class TestSettled:
    @given(price_lists(), charged())
    def test_is_the_sum_of_its_rounded_lines(self, price_list: PriceList, lines: list[ChargedLine]) -> None:
        found = settled(price_list, lines)
        assert found.net == added(line.amount for line in found.lines)
        assert found.gross == found.net + found.tax
        assert found.tax == round_money(found.net * price_list.tax.percent / 100, price_list.currency)
        assert all(decimals_of(line.amount) <= currency_decimals(price_list.currency) for line in found.lines)

    @given(price_lists(), charged())
    def test_has_every_charged_line_that_has_a_price_just_once(self, price_list: PriceList, lines: list[ChargedLine]) -> None:
        found = [service for line in settled(price_list, lines).lines for service in line.services]
        missing = {line.service for line in without_price(price_list, lines)}
        assert len(found) == len(set(found))
        assert {line.service for line in lines if line.units} - set(found) == missing

    @given(price_lists(), charged())
    def test_is_shared_by_the_customers_to_the_last_cent(self, price_list: PriceList, lines: list[ChargedLine]) -> None:
        for line in settled(price_list, lines).lines:
            assert added(shares_of(line, lines, price_list.currency).values()) == line.amount

    @given(PRICE, st.decimals(0, 10**6, places=2), PERCENT, st.sampled_from(("EUR", "JPY", "KWD")))
    def test_rounds_a_line_once(self, price: Decimal, units: Decimal, margin: Decimal, currency: str) -> None:
        prices_ = PriceList("vendor", None, date(2026, 1, 1), currency, margin_percent=margin, services={"endpoint": unit_price(price)})
        line = ChargedLine("endpoint", "Endpoint", "g", "G", "unit", 2, units)
        exact = added([units * price * (100 - margin)]) / 100
        assert settled(prices_, [line]).lines[0].amount == round_money(exact, currency)


class TestLines:
    PACKS = PackPrice((PriceTier(None, Decimal(12)),))
    LISTED = PriceList("vendor", None, date(2026, 1, 1), "EUR", margin_percent=Decimal(10), packs={"credit-based": PACKS})

    def line(self, service: str, units: str, credits_: str | None = None) -> ChargedLine:
        own = None if credits_ is None else Decimal(credits_)
        shares = (CustomerShare("dental", Decimal(units), own),)
        return ChargedLine(service, service.title(), "credit-based", "Credit based", "seat", 0, Decimal(units), own, shares)

    def test_of_a_group_are_one_line_of_packs_where_the_first_of_them_stands(self) -> None:
        listed = replace(self.LISTED, services={"email": unit_price(Decimal(1))})
        lines = [self.line("endpoint", "40", "1500"), self.line("email", "3", "999"), self.line("backup", "5", "1749")]
        packs, email = settled(listed, lines).lines
        assert (packs.kind, packs.code, packs.name, packs.services) == (
            LineKind.PACKS, "credit-based", "Credit based", ("endpoint", "backup"),
        )  # fmt: skip
        assert (packs.quantity, packs.exact, packs.amount) == (32, 384, Decimal("345.60"))
        assert (email.kind, email.amount) == (LineKind.SERVICE, Decimal("2.70"))

    def test_without_credits_are_not_paid_in_packs(self) -> None:
        lines = [self.line("console", "5"), self.line("idle", "0")]
        assert [line.service for line in without_price(self.LISTED, lines)] == ["console"]

    def test_are_charged_as_the_promo_code_says(self) -> None:
        first, last = date(2026, 1, 1), date(2026, 12, 31)
        listed = replace(
            self.LISTED, services={"email": replace(unit_price(Decimal(10)), free_units=Decimal(2), margin_percent=Decimal(20))}
        )
        by_price = PromoCode("P", first, last, "email", price=Decimal(3))
        by_margin = PromoCode("M", first, last, margin_percent=Decimal(50))
        amounts = [settled(listed, [self.line("email", "5")], {"email": promo}).lines[0] for promo in (by_price, by_margin)]
        assert [(line.amount, line.promo_code) for line in amounts] == [(Decimal("12.00"), "P"), (Decimal("15.00"), "M")]

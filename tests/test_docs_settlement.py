"""The page of the settlement is true: its tables are run against the rules."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.test_docs_measures import Row, shown, tables
from trueup.kit.money import money_text
from trueup.kit.quantity import ZERO, Quantity, added
from trueup.prices.rules.lists import PriceList, Tax, combined
from trueup.prices.rules.packs import PackPrice, chargeable_credits, packed, shared_credits
from trueup.prices.rules.pricing import PriceTier, Pricing, ServicePrice, priced, unit_price, what_is_wrong, what_is_wrong_with_tiers
from trueup.prices.rules.promos import PromoCode, why_not
from trueup.prices.rules.promos import what_is_wrong as what_is_wrong_with_promo
from trueup.reports.rules.lines import Figures
from trueup.reports.rules.shares import chargeable_shares
from trueup.statements.rules.settlement import ChargedLine, settled

PAGE = Path(__file__).parent.parent / "docs" / "settlement.md"
TABLES = list(tables(PAGE.read_text(encoding="utf-8")))


def with_columns(*columns: str) -> list[Row]:
    """The rows of all tables that have just these columns first."""
    return [row for _title, rows in TABLES if tuple(rows[0])[: len(columns)] == columns for row in rows]


def number(text: str) -> Decimal | None:
    return None if text == "–" else Decimal(text)


def tiers(text: str) -> tuple[PriceTier, ...]:
    """`10: 5, 100: 4, 3`."""
    return tuple(PriceTier(number(end or "–"), Decimal(price)) for end, _, price in (one.rpartition(":") for one in text.split(", ")))


def by_customer(text: str) -> dict[str, Decimal]:
    """`dental: 8000, bakery: 500`."""
    pairs = (one.split(": ") for one in text.split(", ") if one != "–")
    return {customer: Decimal(own) for customer, own in pairs}


def price(row: Row) -> ServicePrice:
    return ServicePrice(
        Pricing(row["pricing"].strip("`")), tiers(row["tiers"]), number(row["package"]), Decimal(row["free"]),
        Decimal(row["minimum units"]), Decimal(row["minimum amount"]),
    )  # fmt: skip


def listed(row: Row) -> PriceList:
    """A list of a seller, its default one too; `3 less 50` has a margin of its own."""
    services = {}
    for service in ("endpoint", "email", "backup"):
        amount, _, margin = row[service].partition(" less ")
        if amount != "–":
            services[service] = replace(unit_price(Decimal(amount)), margin_percent=number(margin or "–"))
    buyer = "nordwind" if row["list"] == "own" else None
    return PriceList("vendor", buyer, date(2026, 1, 1), "EUR", margin_percent=Decimal(row["margin"]), services=services)


def test_what_is_looked_up_in_the_default_list_is_a_price() -> None:
    own, default, said = with_columns("list", "margin")
    prices = combined(listed(own), listed(default))
    assert prices is not None
    services = ("endpoint", "email", "backup")
    lines = [ChargedLine(service, service, "group", "Group", "unit", 6, Decimal(1)) for service in services]
    assert [money_text(line.amount, "EUR") for line in settled(prices, lines).lines] == [said[service] for service in services]


PRICES = {row["price"]: price(row) for row in with_columns("price", "pricing")}


class TestPrices:
    @pytest.mark.parametrize("name", PRICES)
    def test_can_be(self, name: str) -> None:
        assert what_is_wrong(PRICES[name]) is None

    def test_are_of_every_kind(self) -> None:
        assert {price.pricing for price in PRICES.values()} == set(Pricing)
        assert [row["pricing"].strip("`") for row in with_columns("pricing", "means")] == list(Pricing)

    @pytest.mark.parametrize("row", with_columns("price", "units"), ids=lambda row: f"{row['price']}-{row['units']}")
    def test_come_to_what_is_said(self, row: Row) -> None:
        found = priced(PRICES[row["price"]], Decimal(row["units"]))
        slices = ", ".join(f"{shown(one.units)} × {shown(one.price)}" for one in found.slices)
        assert (shown(found.billed_units), slices, shown(found.exact)) == (row["billed units"], row["slices"], row["exact"])


@dataclass(frozen=True)
class Line:
    """What is charged by default."""

    used: Quantity | None
    default_chargeable: Quantity
    decimals: int


class TestPacks:
    PRICES = {
        row["packs of"]: PackPrice(
            tiers(row["tiers"]), Decimal(row["size"]), Decimal(row["complimentary"]), by_customer(row["complimentary of"])
        )
        for row in with_columns("packs of", "size")
    }

    @pytest.mark.parametrize("row", with_columns("chargeable"), ids=lambda row: "-".join(row.values()))
    def test_hold_the_credits_of_chargeable_units(self, row: Row) -> None:
        measured = Figures(Decimal(row["provisioned"]), number(row["used"]), number(row["credits"]))
        assert (
            shown(chargeable_credits(Decimal(row["chargeable"]), measured, per_unit=number(row["per unit"]))) == row["chargeable credits"]
        )

    @pytest.mark.parametrize("row", with_columns("line charges"), ids=lambda row: "-".join(row.values()))
    def test_fall_on_customers_as_they_were_measured(self, row: Row) -> None:
        provisioned, used, credits_ = (by_customer(row[column]) for column in ("provisioned by", "used by", "credits of"))
        parts = [Figures(provisioned[customer], used[customer], credits_[customer]) for customer in provisioned]
        whole = Figures(added(provisioned.values()), added(used.values()), added(credits_.values()))
        charged, line = Decimal(row["line charges"]), Line(whole.used, whole.used or ZERO, 0)
        units = chargeable_shares(charged, line, parts)
        own = chargeable_credits(charged, whole, per_unit=None) or ZERO
        shared = shared_credits(own, whole, list(zip(units, parts, strict=True)), per_unit=None)
        assert added(shared) == own
        said = [
            ", ".join(f"{customer}: {shown(one)}" for customer, one in zip(provisioned, found, strict=True)) for found in (units, shared)
        ]
        assert said == [row["chargeable units of"], row["chargeable credits of"]]

    @pytest.mark.parametrize("row", with_columns("packs of", "credits"), ids=lambda row: f"{row['packs of']}-{row['credits']}")
    def test_come_to_what_is_said(self, row: Row) -> None:
        found = packed(
            self.PRICES[row["packs of"]],
            [("" if customer == "nobody" else customer, own) for customer, own in by_customer(row["credits"]).items()],
        )
        said = {
            "complimentary": shown(found.complimentary),
            "billed credits": shown(found.billed),
            "packs": shown(found.packs.units),
            "exact": shown(found.packs.exact),
        }
        assert said == {column: row[column] for column in said}
        assert all(what_is_wrong_with_tiers(one.tiers) is None for one in self.PRICES.values())


@dataclass
class Example:
    """Three tables: in what, which lines, what they come to."""

    settled_in: Row
    lines: list[Row] = field(default_factory=list)
    totals: Row = field(default_factory=dict)


def examples() -> Iterator[Example]:
    example: Example | None = None
    for _title, rows in TABLES:
        if "settled in" in rows[0]:
            example = Example(rows[0])
        elif example and "line" in rows[0]:
            example.lines = rows
        elif example and "net" in rows[0]:
            example.totals = rows[0]
            yield example


class TestLinesAndTotals:
    @pytest.mark.parametrize("example", list(examples()), ids=lambda example: example.settled_in["settled in"])
    def test_are_what_is_said(self, example: Example) -> None:
        currency = example.settled_in["settled in"]
        prices = PriceList(
            "vendor", None, date(2026, 1, 1), currency, Tax(Decimal(example.settled_in["tax"])), Decimal(example.settled_in["margin"]),
            {row["line"]: replaced(row) for row in example.lines},
        )  # fmt: skip
        lines = [ChargedLine(row["line"], row["line"], "group", "Group", "unit", 6, Decimal(row["units"])) for row in example.lines]
        found = settled(prices, lines)
        assert [money_text(line.amount, currency) for line in found.lines] == [row["amount"] for row in example.lines]
        totals = {name: money_text(value, currency) for name, value in (("net", found.net), ("tax", found.tax), ("gross", found.gross))}
        assert totals == example.totals


def replaced(row: Row) -> ServicePrice:
    plain = unit_price(Decimal(row["price"]))
    return ServicePrice(plain.pricing, plain.tiers, margin_percent=number(row["margin"]))


def code(row: Row) -> PromoCode:
    what, _, value = row["unlocks"].partition(" ")
    price, margin = (Decimal(value) if what == name else None for name in ("price", "margin"))
    service, buyer = (None if row[column] == "–" else row[column] for column in ("service", "buyer"))
    return PromoCode(row["code"], date.fromisoformat(row["from"]), date.fromisoformat(row["until"]), service, buyer, price, margin)


CODES = {row["code"]: code(row) for row in with_columns("code", "from")}


class TestPromoCodes:
    def test_can_be(self) -> None:
        assert {name: what_is_wrong_with_promo(one) for name, one in CODES.items()} == dict.fromkeys(CODES)

    @pytest.mark.parametrize("row", with_columns("code", "day"), ids=lambda row: "-".join(list(row.values())[:4]))
    def test_are_answered_as_is_said(self, row: Row) -> None:
        day = date.fromisoformat(row["day"])
        answer = why_not(CODES.get(row["code"]), row["code"], day=day, service=row["service"], buyer=row["buyer"])
        assert (answer or "holds") == row["answer"]

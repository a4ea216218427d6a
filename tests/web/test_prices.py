"""Price lists in the portal: the lists, one list, the sheet on which it is edited, and what happens when two edit it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.exchange.test_actions import who
from tests.web.conftest import NOW, AsPerson
from tests.web.sending import Fields, page, seen_in, sent
from trueup.kit.errors import NotFound
from trueup.prices.actions import save_price_list
from trueup.prices.queries import price_list
from trueup.prices.rules.lists import ListKey
from trueup.prices.rules.packs import PackPrice
from trueup.prices.rules.pricing import PriceTier, Pricing

pytestmark = pytest.mark.usefixtures("world")

NORTH, BOLT = "north@north.example", "billing@bolt.example"
DEFAULT, FOR_BOLT = ListKey("north", None, date(2026, 1, 1)), ListKey("north", "bolt", date(2026, 1, 1))
SAID: dict[str, Any] = {
    "currency": "EUR",
    "tax": {"percent": 19},
    "services": {"workspace-security": "4.20", "email-core": {"pricing": "volume", "tiers": [{"up_to": 10, "price": 5}, {"price": 4}]}},
    "packs": {"credits": 12},
}
ADDRESS = "/prices/north/*/2026-01-01/"
QUERIES_OF_THE_LISTS = 13
"""Session, person, membership, access, installation; the count, the page; what it is charged by itself."""


def keep(key: ListKey = DEFAULT, said: dict[str, Any] | None = None) -> str:
    """A list of its seller; its fingerprint."""
    keeper = who({"north": NORTH, "bolt": BOLT, "acme-vendor": "vendor@acme.example"}[key.seller])
    save_price_list(keeper, key, said or SAID, seen=None, now=NOW)
    return price_list(keeper, key).fingerprint


def typed(seen: str, **more: str) -> dict[str, str]:
    """A sheet with one service, as a browser sends it."""
    row = {"s-0-code": "email-core", "s-0-pricing": "unit", "s-0-price": "2", "s-0-tiers": "2"}
    return {"seen": seen, "language": "en", "currency": "EUR", "s-rows": "1", "p-rows": "0", **row, **more}


class TestTheLists:
    def test_are_in_force_coming_and_over(self, as_person: AsPerson) -> None:
        for day in (date(2026, 1, 1), date(2026, 7, 1), date(2027, 1, 1)):
            keep(ListKey("north", "bolt", day))
        shown = page(as_person(NORTH), "/prices/")
        assert "since 1 Jul 2026</a> until 31 Dec 2026" in shown
        assert "from 1 Jan 2027</a>" in shown
        assert "until 30 Jun 2026</a>" in shown
        assert "Bolt IT" in shown

    def test_of_a_buyer_are_what_it_is_charged_by(self, as_person: AsPerson) -> None:
        keep()
        keep(FOR_BOLT)
        keep(ListKey("acme-vendor", "north", date(2026, 1, 1)))
        shown = page(as_person(BOLT), "/prices/")
        assert "What you are charged" in shown
        assert "its list for you" in shown
        assert "acme-vendor" not in shown
        assert "You have no price list yet" in shown
        shown = page(as_person("vendor@acme.example"), "/prices/")
        assert "bolt" not in shown

    def test_are_searched(self, as_person: AsPerson) -> None:
        keep()
        keep(FOR_BOLT)
        shown = page(as_person(NORTH), "/prices/?search=bolt")
        assert "without a list of their own" not in shown
        assert "Nothing found" in page(as_person(NORTH), "/prices/?search=nobody")

    @pytest.mark.parametrize("further", [0, 30])
    def test_need_as_many_queries_however_many_there_are(
        self, as_person: AsPerson, further: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(further + 1):
            keep(ListKey("north", "bolt", date(2024 + number // 12, number % 12 + 1, 1)))
        keep()
        client = as_person(NORTH)
        page(client, "/prices/")
        with django_assert_num_queries(QUERIES_OF_THE_LISTS):
            page(client, "/prices/")


class TestAList:
    def test_says_what_it_costs_and_what_comes_from_the_default(self, as_person: AsPerson) -> None:
        keep()
        keep(FOR_BOLT, {"currency": "EUR", "services": {"workspace-security": {"price": "3.9", "free_units": 5, "minimum_amount": 50}}})
        shown = page(as_person(BOLT), "/prices/north/bolt/2026-01-01/")
        own, default = shown.split("From the default list")
        assert "3.90" in own
        assert "5 free" in own
        assert "at least 50.00 EUR" in own
        assert "up to 10:" in default
        assert "Credits of Credit-based services" in default
        assert "Workspace Security" not in default
        assert "History" not in shown

    def test_of_another_currency_has_nothing_of_the_default(self, as_person: AsPerson) -> None:
        keep()
        keep(FOR_BOLT, {"currency": "JPY", "services": {"workspace-security": 450}})
        shown = page(as_person(NORTH), "/prices/north/bolt/2026-01-01/")
        assert "From the default list" not in shown
        assert "450</span>" in shown

    def test_tells_its_seller_what_was_changed(self, as_person: AsPerson) -> None:
        keep()
        keep(said=SAID | {"services": {"workspace-security": "4.50"}})
        shown = page(as_person(NORTH), ADDRESS)
        assert "Price list saved" in shown
        assert "4.2</del>" in shown
        assert "4.5</ins>" in shown
        assert "Volume: up to 10: 5, beyond: 4</del>" in shown

    def test_is_nobody_elses(self, as_person: AsPerson) -> None:
        keep(FOR_BOLT)
        for email in ("vendor@acme.example", "south@south.example", "billing@coil.example"):
            for more in ("", "edit/", "remove/"):
                page(as_person(email), f"/prices/north/bolt/2026-01-01/{more}", 404)
        for day in ("soon", "2026-1-1", "20260101aa", "2026-02-31"):
            page(as_person(NORTH), f"/prices/north/bolt/{day}/", 404)


class TestTheSheet:
    def test_writes_what_was_typed(self, as_person: AsPerson) -> None:
        tiers = {
            "s-0-pricing": "graduated",
            "s-0-t0-up_to": "10",
            "s-0-t0-price": "3",
            "s-0-free_units": "1,000",
            "s-0-margin_percent": "0",
        }
        pack = {
            "p-rows": "1", "p-0-code": "nfr", "p-0-price": "12", "p-0-pack_size": "100", "p-0-complimentary": "8,000",
            "p-0-customers": "2", "p-0-c1-customer": "bolt-dental", "p-0-c1-credits": "500",
        }  # fmt: skip
        head = {"tax_percent": "19", "margin_percent": "2.5"}
        seen = keep()
        assert sent(as_person(NORTH), f"{ADDRESS}edit/", typed(seen, **tiers, **pack, **head), 302) == ADDRESS
        found = price_list(who(NORTH), DEFAULT).prices
        price, packs = found.services["email-core"], found.packs["nfr"]
        assert (price.pricing, price.tiers, price.free_units, price.margin_percent) == (
            Pricing.GRADUATED, (PriceTier(10, 3), PriceTier(None, 2)), 1000, 0,  # type: ignore[arg-type]
        )  # fmt: skip
        assert isinstance(packs, PackPrice)
        assert (packs.complimentary, dict(packs.complimentary_of)) == (8000, {"bolt-dental": 500})
        assert (found.margin_percent, found.tax.percent, list(found.services)) == (Decimal("2.5"), 19, ["email-core"])

    def test_shows_what_is_there_and_takes_it_back_unchanged(self, as_person: AsPerson) -> None:
        mark = keep(said=SAID | {"margin_percent": 5, "packs": {"nfr": {"price": 12, "complimentary_of": {"bolt-dental": "0.5"}}}})
        client = as_person(NORTH)
        shown = page(client, f"{ADDRESS}edit/")
        assert sent(client, f"{ADDRESS}edit/", fields_of(shown), 302) == ADDRESS
        assert price_list(who(NORTH), DEFAULT).fingerprint == mark

    def test_keeps_everything_and_says_what_is_wrong_at_its_field(self, as_person: AsPerson) -> None:
        wrong = {"s-0-price": "2,5", "s-0-pricing": "volume", "s-0-t1-up_to": "5", "tax_percent": "x", "s-0-minimum_units": "7"}
        shown = sent(as_person(NORTH), f"{ADDRESS}edit/", typed(keep(), **wrong), 400)
        for name in ("s-0-price", "tax_percent", "s-0-t0-price"):
            assert f'id="{name}_error"' in shown
        assert 'value="2,5"' in shown
        assert 'name="s-0-minimum_units" value="7"' in shown
        assert "3 fields are not right yet" in shown

    @pytest.mark.parametrize(
        ("more", "name", "message"),
        [
            ({"currency": "Euro"}, "currency", "is not a currency"),
            ({"tax_percent": "101"}, "tax_percent", "must not be above 100 percent"),
            ({"tax_category": "exempt", "tax_percent": "19"}, "tax_percent", "a standard rate is above 0 percent"),
            ({"margin_percent": "-5"}, "margin_percent", "must not be below 0"),
            ({"s-0-price": "", "s-0-free_units": "5"}, "s-0-price", "there must be a price"),
            ({"s-0-price": "0.1234567"}, "s-0-price", "at most 6 decimal places"),
            ({"s-0-price": "1" * 41}, "s-0-price", "this is too long to be a number"),
            ({"s-0-margin_percent": "200"}, "s-0-margin_percent", "must not be above 100 percent"),
            ({"s-0-t0-up_to": "5", "s-0-pricing": "volume"}, "s-0-t0-price", "a tier has an end and a price"),
            ({"p-rows": "1", "p-0-code": "nfr", "p-0-price": "1", "p-0-pack_size": "0"}, "p-0-pack_size", "must be above 0"),
            (
                {"p-rows": "1", "p-0-code": "nfr", "p-0-price": "1", "p-0-customers": "1", "p-0-c0-customer": "dune-hotel"},
                "p-0-c0-customer", "there is no customer “dune-hotel”",
            ),
        ],
    )  # fmt: skip
    def test_refuses(self, as_person: AsPerson, more: dict[str, str], name: str, message: str) -> None:
        mark = keep()
        shown = sent(as_person(NORTH), f"{ADDRESS}edit/", typed(mark, **more), 400)
        said = shown.split(f'id="{name}_error"')[1].split("</p>")[0]
        assert message.lower() in said.lower()
        assert price_list(who(NORTH), DEFAULT).fingerprint == mark

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({"s-0-t0-up_to": "5", "s-0-t0-price": "1"}, "A price per unit has one price and no tiers"),
            ({"s-0-pricing": "package"}, "A price per package needs the size of a package"),
            ({"s-0-pricing": "volume", "s-0-t0-up_to": "0", "s-0-t0-price": "1"}, "Each tier must end above the one before"),
            ({"s-0-code": "nothing"}, "There is no service “nothing”"),
        ],
    )
    def test_refuses_a_row_as_a_whole(self, as_person: AsPerson, more: dict[str, str], message: str) -> None:
        assert message in sent(as_person(NORTH), f"{ADDRESS}edit/", typed(keep(), **more), 400)

    def test_reads_numbers_in_the_language_they_were_typed_in(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        client.cookies["django_language"] = "de"
        sent(client, f"{ADDRESS}edit/", typed(keep(), **{"s-0-price": "1.25"}), 302)
        assert str(price_list(who(NORTH), DEFAULT).prices.services["email-core"].tiers[0].price) == "1.25"
        shown = sent(client, f"{ADDRESS}edit/", typed("", **{"s-0-price": "1.25", "currency": ""}), 400)
        assert 'value="1,25"' in shown

    def test_adds_rows_and_tiers_without_losing_anything(self, as_person: AsPerson) -> None:
        client, mark = as_person(NORTH), keep()
        shown = sent(client, f"{ADDRESS}edit/", typed(mark, add="yes", what="service:backup-storage", **{"s-0-price": "x"}), 200)
        assert 'value="backup-storage"' in shown
        assert 'value="x"' in shown
        assert "_error" not in shown
        assert "service:backup-storage" not in shown
        shown = sent(client, f"{ADDRESS}edit/", typed(mark, add="yes", what="all:"), 200)
        assert 'name="s-rows" value="5"' in shown
        shown = sent(client, f"{ADDRESS}edit/", typed(mark, more="s-0"), 200)
        assert 'name="s-0-tiers" value="6"' in shown
        assert price_list(who(NORTH), DEFAULT).fingerprint == mark

    def test_of_a_list_with_too_many_prices_points_to_the_file(self, as_person: AsPerson, monkeypatch: pytest.MonkeyPatch) -> None:
        keep()
        monkeypatch.setattr("trueup.web.pages.prices_edit.MOST_ON_A_PAGE", 1)
        assert "more than a page takes" in page(as_person(NORTH), f"{ADDRESS}edit/")


class TestTwoAtOnce:
    def test_nothing_of_either_is_lost(self, as_person: AsPerson) -> None:
        seen = keep()
        other = {"email-core": "3", "workspace-security": "4.20", "backup-storage": "0.1"}
        mark = keep(said=SAID | {"margin_percent": 7, "services": other, "packs": {}})
        client = as_person(NORTH)
        shown = sent(client, f"{ADDRESS}edit/", typed(seen), 409)
        assert "has changed this meanwhile" in shown
        assert "Changed meanwhile; now it is: 3.00" in shown
        assert "Changed meanwhile; now it is: 7" in shown
        assert shown.count("Somebody else has added this meanwhile") == 2
        assert 'name="s-0-price" value="2"' in shown
        assert seen_in(shown) == mark
        sent(client, f"{ADDRESS}edit/", fields_of(shown), 302)
        found = price_list(who(NORTH), DEFAULT).prices
        assert {code: str(price.tiers[0].price) for code, price in found.services.items()} == {
            "email-core": "2", "workspace-security": "4.2", "backup-storage": "0.1",
        }  # fmt: skip

    def test_what_was_removed_meanwhile_is_written_again_when_asked_to(self, as_person: AsPerson) -> None:
        client, seen = as_person(NORTH), keep()
        sent(client, f"{ADDRESS}remove/", {"seen": seen}, 302)
        shown = sent(client, f"{ADDRESS}edit/", typed(seen), 409)
        assert "somebody has removed this meanwhile" in shown.lower()
        sent(client, f"{ADDRESS}edit/", fields_of(shown), 302)
        assert list(price_list(who(NORTH), DEFAULT).prices.services) == ["email-core"]

    def test_what_is_new_to_both_is_written_once(self, as_person: AsPerson) -> None:
        keep()
        assert "this is there already" in sent(as_person(NORTH), f"{ADDRESS}edit/", typed(""), 409).lower()


class TestANewList:
    def test_begins_with_every_service_of_the_catalog(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        to = sent(client, "/prices/new/", {"buyer": "", "from_date": "2027-01-01"}, 302)
        assert to == "/prices/north/*/2027-01-01/edit/"
        shown = page(client, to)
        assert 'name="s-rows" value="5"' in shown
        assert 'name="currency" value="USD"' in shown
        sent(client, to, typed(""), 302)
        assert page(client, "/prices/north/*/2027-01-01/")

    def test_of_a_buyer_begins_empty_with_the_currency_of_the_default(self, as_person: AsPerson) -> None:
        keep()
        client = as_person(NORTH)
        shown = page(client, sent(client, "/prices/new/", {"buyer": "bolt", "from_date": "2027-01-01"}, 302))
        assert 'name="s-rows" value="0"' in shown
        assert 'name="currency" value="EUR"' in shown
        assert 'name="tax_percent" value="19"' in shown

    def test_may_be_a_copy(self, as_person: AsPerson) -> None:
        mark = keep()
        client = as_person(NORTH)
        address = "/prices/new/?buyer=*&from=2026-01-01"
        assert "It begins as a copy of: Default list of north" in page(client, address)
        to = sent(client, address, {"buyer": "coil", "from_date": "2027-01-01"}, 302)
        sent(client, to, fields_of(page(client, to)), 302)
        assert price_list(who(NORTH), ListKey("north", "coil", date(2027, 1, 1))).fingerprint == mark
        page(client, "/prices/new/?buyer=bolt&from=2026-01-01", 404)

    @pytest.mark.parametrize(
        ("data", "field"),
        [
            ({"buyer": "dune", "from_date": "2027-01-01"}, "buyer"),
            ({"buyer": "bolt-dental", "from_date": "2027-01-01"}, "buyer"),
            ({"buyer": "", "from_date": "2026-01-01"}, "from_date"),
            ({"buyer": "", "from_date": ""}, "from_date"),
        ],
    )
    def test_is_refused_at_its_field(self, as_person: AsPerson, data: dict[str, str], field: str) -> None:
        keep()
        assert f"id_{field}_error" in sent(as_person(NORTH), "/prices/new/", data, 400)

    def test_of_somebody_it_does_not_sell_to_has_no_page(self, as_person: AsPerson) -> None:
        page(as_person(NORTH), "/prices/north/dune/2027-01-01/edit/", 404)
        page(as_person(BOLT), "/prices/north/*/2027-01-01/edit/", 404)


class TestRemove:
    def test_is_asked_first(self, as_person: AsPerson) -> None:
        client, _mark = as_person(NORTH), keep()
        seen = seen_in(page(client, f"{ADDRESS}remove/"))
        keep(said=SAID | {"margin_percent": 1})
        sent(client, f"{ADDRESS}remove/", {"seen": seen}, 302)
        assert "has changed this meanwhile" in page(client, "/prices/")
        sent(client, f"{ADDRESS}remove/", {"seen": seen_in(page(client, f"{ADDRESS}remove/"))}, 302)
        with pytest.raises(NotFound):
            price_list(who(NORTH), DEFAULT)
        told = page(client, "/prices/history/")
        assert "Price list removed" in told
        assert "Default list, from 1 Jan 2026 on" in told


def fields_of(shown: str) -> dict[str, str]:
    """What a browser sends of the sheet that a page shows, with its first button."""
    reader = Fields()
    reader.feed(shown.split('id="sheet"')[1].split("</form>", maxsplit=1)[0].split(">", 1)[1])
    return reader.found

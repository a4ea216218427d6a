"""Price lists in the portal: the lists, one list, a new one, the end of one."""

from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.exchange.test_actions import who
from tests.web.conftest import AsPerson
from tests.web.sending import page, seen_in, sent
from tests.web.sheets import ADDRESS, BOLT, DEFAULT, FOR_BOLT, NORTH, SAID, fields_of, keep, typed
from trueup.kit.errors import NotFound
from trueup.prices.queries import price_list
from trueup.prices.rules.lists import ListKey

pytestmark = pytest.mark.usefixtures("world")

QUERIES_OF_THE_LISTS = 8
"""Session, person, membership, installation; the count, the buyers, their lists; what it is charged by itself."""


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
        assert "It begins as a copy of: Default list of North Distribution" in page(client, address)
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

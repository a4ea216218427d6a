"""What who buys by a price list reads of it: of its own customers alone, and only while it buys."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.exchange.test_actions import NOW, OPERATOR, who
from tests.prices.test_actions import BEGIN, DEFAULT, FOR_BOLT, FOR_NORTH, OCTOBER, account_id, save
from trueup.accounts.models import Placement
from trueup.kit.errors import NotFound
from trueup.prices.models import KeptPriceList
from trueup.prices.naming import customers_of
from trueup.prices.portions import price_lists_after
from trueup.prices.queries import bought_by, default_on, price_list, price_lists, prices_of
from trueup.prices.rules.documents import customers_in, fingerprint
from trueup.prices.rules.lists import ListKey

pytestmark = pytest.mark.usefixtures("transactional_db", "world")

OF_ALL = {"bolt-dental": 8000, "bolt-moved": 10, "coil-bakery": 500}
NAMING: dict[str, Any] = {
    "currency": "EUR",
    "services": {"workspace-security": 4},
    "packs": {"nfr": {"price": 12, "complimentary_of": OF_ALL}},
}
OF_VENDOR = ListKey("acme-vendor", None, BEGIN)
BOLT, COIL, NORTH, SOUTH = "billing@bolt.example", "billing@coil.example", "north@north.example", "south@south.example"


class TestCustomersOfOthers:
    @pytest.mark.parametrize(
        ("email", "named"),
        [(NORTH, set(OF_ALL)), (BOLT, {"bolt-dental", "bolt-moved"}), (COIL, {"bolt-moved", "coil-bakery"})],
    )
    def test_are_not_read_in_a_default_list(self, email: str, named: set[str]) -> None:
        save(DEFAULT, NAMING)
        viewer = who(email)
        (listed,), kept, (row,) = price_lists(viewer), price_list(viewer, DEFAULT), price_lists_after(viewer, limit=9)
        default = default_on(viewer, "north", OCTOBER)
        assert default
        for one in (listed, kept, row, default):
            assert customers_in(one.document) == named
            assert one.fingerprint == fingerprint(one.document)
        for prices in (listed.prices, kept.prices, default.prices):
            assert set(prices.packs["nfr"].complimentary_of) == named
        assert kept.document["services"] == {"workspace-security": {"price": "4"}}

    def test_are_not_read_in_the_list_of_a_distributor(self) -> None:
        said = NAMING | {"packs": {"nfr": {"price": 12, "complimentary_of": {"bolt-dental": 1, "dune-hotel": 2}}}}
        save(OF_VENDOR, said)
        save(FOR_NORTH, said)
        assert customers_in(price_list(OPERATOR, OF_VENDOR).document) == {"bolt-dental", "dune-hotel"}
        assert {email: customers_in(price_list(who(email), OF_VENDOR).document) for email in (NORTH, SOUTH)} == {
            NORTH: {"bolt-dental"}, SOUTH: {"dune-hotel"},
        }  # fmt: skip
        assert customers_in(price_list(who(NORTH), FOR_NORTH).document) == {"bolt-dental"}

    def test_who_reads_of_none_reads_no_empty_names(self) -> None:
        save(DEFAULT, NAMING | {"packs": {"nfr": {"price": 12, "complimentary_of": {"coil-bakery": 1}}}})
        assert price_list(who(BOLT), DEFAULT).document["packs"]["nfr"] == {"pack_size": "100", "tiers": [{"price": "12"}]}

    def test_have_their_credits_all_the_same(self) -> None:
        save(DEFAULT, NAMING)
        bolt, coil = account_id("bolt"), account_id("coil")
        found = prices_of(OPERATOR, account_id("north"), [bolt, coil], OCTOBER)
        assert found[bolt].packs["nfr"].complimentary_of == {ref: Decimal(value) for ref, value in OF_ALL.items()}
        assert {one: set(prices.customers) for one, prices in found.items()} == {
            bolt: {"bolt-dental", "bolt-moved"}, coil: {"bolt-moved", "coil-bakery"},
        }  # fmt: skip


class TestCustomersOf:
    def test_are_below_at_the_same_time(self) -> None:
        north, south, coil = (account_id(ref) for ref in ("north", "south", "coil"))
        refs = ["bolt-moved", "coil-bakery", "dune-hotel", "bolt"]
        assert customers_of({north, south}, refs) == {north: {"bolt-moved", "coil-bakery"}, south: {"dune-hotel"}}
        Placement.objects.filter(account_id=coil).update(until_date=date(2026, 10, 1))
        Placement.objects.create(account_id=coil, parent_id=south, from_date=date(2026, 10, 1))
        Placement.objects.filter(account__ref="coil-bakery").update(from_date=date(2026, 10, 1))
        assert customers_of({north}, refs) == {north: {"bolt-moved"}}  # it was below bolt
        assert customers_of({south}, refs) == {south: {"bolt-moved", "coil-bakery", "dune-hotel"}}
        assert customers_of({account_id("bolt-moved")}, refs) == {account_id("bolt-moved"): {"bolt-moved"}}

    def test_of_very_many_are_found_too(self) -> None:
        assert customers_of({account_id("bolt")}, [f"nobody-{one}" for one in range(1200)] + ["bolt-dental"]) == {
            account_id("bolt"): {"bolt-dental"}
        }


class TestDefaultList:
    """Who left a seller reads no more of its prices."""

    SUMMER, AUTUMN, WINTER = (replace(DEFAULT, from_date=day) for day in (date(2026, 6, 1), date(2026, 9, 1), date(2026, 12, 1)))

    @pytest.fixture
    def moved(self, world: object) -> None:
        """Coil is below north in August and September alone."""
        for key in (DEFAULT, self.SUMMER, self.AUTUMN, self.WINTER):
            save(key)
        coil = Placement.objects.get(account__ref="coil")
        coil.from_date, coil.until_date = date(2026, 8, 1), date(2026, 10, 1)
        coil.save()
        Placement.objects.create(account=coil.account, parent_id=account_id("south"), from_date=date(2026, 10, 1))

    @pytest.mark.usefixtures("moved")
    def test_is_read_by_who_was_charged_by_it(self) -> None:
        viewer = who(COIL)
        assert [one.key.from_date.month for one in price_lists(viewer)] == [6, 9]
        assert [[dated.from_date.month for dated in one.lists] for one in bought_by(viewer)] == [[6, 9]]
        assert [row.from_date.month for row in price_lists_after(viewer, limit=9)] == [6, 9]
        for key in (DEFAULT, self.WINTER):
            with pytest.raises(NotFound):
                price_list(viewer, key)
        assert len(price_lists(who(BOLT))) == len(price_lists(who(NORTH))) == 4

    @pytest.mark.usefixtures("moved")
    def test_that_ends_where_a_placement_begins_is_not(self) -> None:
        Placement.objects.filter(account__ref="coil", until_date=date(2026, 10, 1)).update(from_date=date(2026, 9, 1))
        assert [one.key.from_date.month for one in price_lists(who(COIL))] == [9]

    @pytest.mark.usefixtures("moved")
    def test_does_not_end_with_the_list_of_a_single_buyer(self) -> None:
        save(replace(FOR_BOLT, from_date=date(2026, 7, 1)))
        assert [one.key.from_date.month for one in price_lists(who(COIL))] == [6, 9]


class TestPricesOf:
    @staticmethod
    def broken(key: ListKey, buyer: str | None) -> None:
        """A list that cannot be read: whoever reads it fails."""
        KeptPriceList.objects.create(
            seller_id=account_id(key.seller), buyer_id=account_id(buyer) if buyer else None, from_date=key.from_date,
            definition={"currency": 5}, fingerprint="", saved_at=NOW, saved_by="",
        )  # fmt: skip

    def test_reads_no_list_but_those_in_force_of_the_buyers(self) -> None:
        save(DEFAULT)
        save(FOR_BOLT, {"currency": "EUR", "services": {"email-core": 3}})
        earlier, later = (replace(DEFAULT, from_date=day) for day in (date(2025, 1, 1), date(2026, 11, 1)))
        for key in (earlier, later):
            self.broken(key, None)
            self.broken(key, "bolt")
        self.broken(DEFAULT, "coil")
        bolt = account_id("bolt")
        found = prices_of(OPERATOR, account_id("north"), [bolt], OCTOBER)[bolt]
        assert [found.services[code].tiers[0].price for code in ("email-core", "workspace-security")] == [3, Decimal("4.2")]

    def test_of_very_many_are_read_in_portions(self, django_assert_num_queries: Callable[[int], AbstractContextManager[Any]]) -> None:
        save(DEFAULT)
        save(FOR_BOLT, {"currency": "EUR", "services": {"email-core": 3}})
        many = [*range(10**6, 10**6 + 1200), account_id("bolt")]
        north = account_id("north")
        with django_assert_num_queries(3):
            found = prices_of(OPERATOR, north, many, OCTOBER)
        assert len(found) == 1201
        assert [found[one].services["email-core"].tiers[0].price for one in (many[-1], many[0])] == [3, 2]
        assert prices_of(OPERATOR, north, [], OCTOBER) == {}

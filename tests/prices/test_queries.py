"""Asking for prices: what a seller charges whom, what somebody is charged, what a file would change."""

from datetime import date

import pytest

from tests.exchange.test_actions import NOW, OPERATOR, who
from tests.prices.test_actions import DEFAULT, FOR_BOLT, FOR_NORTH, KEEPERS, SAID, save
from trueup.kit.errors import NotFound, Stale
from trueup.prices.actions import apply_prices, plan_prices, remove_price_list, remove_promo_code, save_promo_code
from trueup.prices.portions import history_after, promo_history
from trueup.prices.queries import bought_by, buyers, customers, kept_promo_code, list_history, price_lists, prices_history, sold_by
from trueup.prices.rules.files import plan_mark
from trueup.prices.rules.lists import ListKey

pytestmark = pytest.mark.usefixtures("transactional_db", "world")

LATER = ListKey("north", "bolt", date(2027, 1, 1))
FILE = "price_lists:\n  - {seller: north, buyer: bolt, from: 2026-01-01, currency: EUR, services: {email-core: 2, workspace-security: 4}}\n"


class TestSoldBy:
    def test_is_the_default_and_then_buyer_by_buyer(self) -> None:
        for key in (FOR_BOLT, LATER, DEFAULT, ListKey("north", "coil", date(2026, 3, 1))):
            save(key, SAID | {"currency": "JPY"})
        page = sold_by(who(KEEPERS["north"]), "north", page=1, per_page=2)
        assert (page.total, page.pages) == (3, 2)
        assert [(one.buyer, one.buyer_name, len(one.lists)) for one in page.items] == [(None, "", 1), ("bolt", "Bolt IT", 2)]
        first, second = page.items[1].lists
        assert (first.from_date, first.last_day, first.currency, second.last_day) == (date(2026, 1, 1), date(2026, 12, 31), "JPY", None)
        days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
        assert [first.when(day) for day in days] == ["comes", "now", "now", "was"]

    def test_is_found_by_name_and_ref(self) -> None:
        for key in (FOR_BOLT, DEFAULT):
            save(key)
        found = [sold_by(who(KEEPERS["north"]), "north", search=search, page=1, per_page=9) for search in ("bolt it", "OLT", "coil", "\0")]
        assert [page.total for page in found] == [1, 1, 0, 0]

    @pytest.mark.parametrize("email", ["vendor@acme.example", "south@south.example", "billing@coil.example"])
    def test_is_nobody_else_s(self, email: str) -> None:
        save(FOR_BOLT)
        assert sold_by(who(email), "north", page=1, per_page=9).total == 0


class TestBoughtBy:
    def test_is_what_those_above_charge(self) -> None:
        for key in (DEFAULT, FOR_BOLT, FOR_NORTH, ListKey("bolt", None, date(2026, 1, 1))):
            save(key)
        found = {email: [(one.seller, one.buyer) for one in bought_by(who(email))] for email in KEEPERS.values()}
        assert found == {
            "vendor@acme.example": [],
            "north@north.example": [("acme-vendor", "north")],
            "billing@bolt.example": [("north", None), ("north", "bolt")],
        }
        assert [(one.seller, one.buyer) for one in bought_by(who("billing@coil.example"))] == [("north", None)]


class TestWhoIsOffered:
    def test_is_right_below(self) -> None:
        assert [ref for ref, _ in buyers(who(KEEPERS["north"]), "north", limit=9)] == ["bolt", "coil"]
        assert [ref for ref, _ in buyers(who("billing@coil.example"), "coil", limit=9)] == ["bolt-moved", "coil-bakery"]
        assert buyers(who("south@south.example"), "north", limit=9) == []
        assert [ref for ref, _ in customers(who("billing@coil.example"), limit=9)] == ["bolt-moved", "coil-bakery"]


class TestHistory:
    def test_tells_of_what_was_removed_too_to_its_seller_alone(self) -> None:
        save(DEFAULT)
        save_promo_code(who(KEEPERS["north"]), "north", "TEN", {"from": "2026-01-01", "until": "2026-12-31", "margin_percent": 10},
                        seen=None, now=NOW)  # fmt: skip
        remove_price_list(who(KEEPERS["north"]), DEFAULT, seen=None, now=NOW)
        told = prices_history(who(KEEPERS["north"]), page=1, per_page=9)
        assert [event.kind for event in told.items] == ["price_list_removed", "promo_code_saved", "price_list_saved"]
        for email in ("vendor@acme.example", "south@south.example", "billing@bolt.example"):
            assert prices_history(who(email), page=1, per_page=9).total == 0
        assert kept_promo_code(who(KEEPERS["north"]), "north", "TEN").promo.code == "TEN"
        with pytest.raises(NotFound):
            kept_promo_code(who(KEEPERS["acme-vendor"]), "north", "TEN")


class TestHistoryOfOne:
    def test_goes_on_where_a_list_was_removed_and_written_again(self) -> None:
        keeper = who(KEEPERS["north"])
        save(DEFAULT)
        save(FOR_BOLT)
        remove_price_list(keeper, DEFAULT, seen=None, now=NOW)
        assert [event.kind for event in list_history(keeper, DEFAULT)] == ["price_list_saved", "price_list_removed"]
        save(DEFAULT)
        for viewer in (keeper, OPERATOR):
            told = [event.kind for event in list_history(viewer, DEFAULT)]
            assert told == ["price_list_saved", "price_list_removed", "price_list_saved"]
        for email in ("vendor@acme.example", "billing@bolt.example"):
            with pytest.raises(NotFound, match="there is no such price list"):
                list_history(who(email), DEFAULT)
        for key in (LATER, ListKey("north", "a\0b", date(2026, 1, 1)), ListKey("a\0b", None, date(2026, 1, 1))):
            with pytest.raises(NotFound):
                list_history(keeper, key)

    def test_is_told_of_promo_codes_too(self) -> None:
        keeper, said = who(KEEPERS["north"]), {"from": "2026-01-01", "until": "2026-12-31", "margin_percent": 10}
        for code in ("TEN", "ELEVEN"):
            save_promo_code(keeper, "north", code, said, seen=None, now=NOW)
        remove_promo_code(keeper, "north", "TEN", seen=None, now=NOW)
        for viewer in (keeper, OPERATOR):
            assert [event.kind for event in promo_history(viewer, "north", "TEN")] == ["promo_code_saved", "promo_code_removed"]
        for email, code in (
            ("vendor@acme.example", "TEN"),
            ("billing@bolt.example", "TEN"),
            (KEEPERS["north"], "a\0"),
            (KEEPERS["north"], "NO"),
        ):
            with pytest.raises(NotFound, match="there is no promo code"):
                promo_history(who(email), "north", code)

    def test_of_all_is_read_a_portion_at_a_time(self) -> None:
        keeper = who(KEEPERS["north"])
        save(DEFAULT)
        save(FOR_BOLT)
        remove_price_list(keeper, DEFAULT, seen=None, now=NOW)
        first = history_after(keeper, "north", limit=2)
        rest = history_after(keeper, "north", after=first[-1].sequence, limit=2)
        assert [(event.kind, event.changes[0]["of"]) for event in (*first, *rest)] == [
            ("price_list_saved", "* 2026-01-01"), ("price_list_saved", "bolt 2026-01-01"), ("price_list_removed", "* 2026-01-01"),
        ]  # fmt: skip
        assert history_after(OPERATOR, "north", limit=9) == [*first, *rest]
        for email in ("vendor@acme.example", "billing@bolt.example"):
            with pytest.raises(NotFound, match="there is no account “north”"):
                history_after(who(email), "north", limit=9)


class TestPlanPrices:
    def test_says_what_would_change_and_changes_nothing(self) -> None:
        save(FOR_BOLT, {"currency": "EUR", "services": {"email-core": 1}})
        keeper = who(KEEPERS["north"])
        plan = plan_prices(keeper, FILE, file_name="prices.yaml", now=NOW)
        assert [(str(one), [(change.field, change.before, change.after) for change in one.changes]) for one in plan] == [
            (
                "north → bolt 2026-01-01",
                [("email-core", {"price": "1"}, {"price": "2"}), ("workspace-security", None, {"price": "4"})],
            )
        ]
        assert list(price_lists(keeper)[0].prices.services) == ["email-core"]
        assert apply_prices(keeper, FILE, file_name="prices.yaml", dry_run=False, now=NOW, seen=plan_mark(plan)) == (
            "north → bolt 2026-01-01",
        )
        assert plan_prices(keeper, FILE, file_name="prices.yaml", now=NOW) == ()

    def test_that_was_seen_is_not_another(self) -> None:
        keeper = who(KEEPERS["north"])
        seen = plan_mark(plan_prices(keeper, FILE, file_name="prices.yaml", now=NOW))
        save(FOR_BOLT, {"currency": "EUR", "services": {"email-core": 1}})
        with pytest.raises(Stale, match="prices were changed meanwhile"):
            apply_prices(keeper, FILE, file_name="prices.yaml", dry_run=False, now=NOW, seen=seen)

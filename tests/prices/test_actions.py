"""Keeping price lists and promo codes: whose right it is, what is told, what a stranger learns."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.exchange.test_actions import NOW, OPERATOR, who
from tests.prices.test_documents import LIST
from trueup.accounts.models import Account
from trueup.events.models import Event
from trueup.kit.errors import Invalid, NotAllowed, NotFound, Stale
from trueup.prices.actions import (
    NEW,
    apply_prices,
    remove_price_list,
    remove_promo_code,
    save_price_list,
    save_promo_code,
)
from trueup.prices.queries import list_history, price_list, price_lists, prices_of, promo_code, promo_codes
from trueup.prices.rules.lists import ListKey

pytestmark = pytest.mark.usefixtures("transactional_db", "world")

BEGIN = date(2026, 1, 1)
OCTOBER = date(2026, 10, 31)
FOR_NORTH = ListKey("acme-vendor", "north", BEGIN)
DEFAULT = ListKey("north", None, BEGIN)
FOR_BOLT = ListKey("north", "bolt", BEGIN)
SAID: dict[str, Any] = {
    "currency": "EUR",
    "tax": {"percent": 19},
    "services": {"workspace-security": "4.20", "email-core": {"pricing": "volume", "tiers": [{"up_to": 10, "price": 2}, {"price": 1}]}},
    "packs": {"credits": {"price": 12}, "nfr": {"price": 12, "complimentary": 8000}},
}
PROMO: dict[str, Any] = {"from": "2026-10-01", "until": "2026-12-31", "service": "email-core", "price": "1.50"}
KEEPERS = {"acme-vendor": "vendor@acme.example", "north": "north@north.example", "bolt": "billing@bolt.example"}


def save(key: ListKey, said: dict[str, Any] | None = None, seen: str | None = NEW, email: str = "") -> str:
    """Save a price list by its seller; its fingerprint."""
    keeper = who(email or KEEPERS[key.seller])
    save_price_list(keeper, key, SAID if said is None else said, seen=seen, now=NOW)
    return price_list(keeper, key).fingerprint


class TestSavePriceList:
    @pytest.mark.parametrize(
        "key", [FOR_NORTH, DEFAULT, FOR_BOLT, ListKey("bolt", None, BEGIN), ListKey("bolt", "bolt-dental", BEGIN)], ids=str
    )
    def test_is_a_right_of_who_bills_for_the_seller(self, key: ListKey) -> None:
        save(key)
        kept = price_list(who(KEEPERS[key.seller]), key)
        assert (kept.key, kept.prices.services["workspace-security"].tiers[0].price) == (key, Decimal("4.2"))
        assert (kept.saved_at, kept.saved_by) == (NOW, KEEPERS[key.seller])

    def test_is_no_right_of_others(self) -> None:
        with pytest.raises(NotAllowed, match="is not a right of a viewer of an MSP"):
            save(ListKey("bolt", None, BEGIN), email="viewer@bolt.example")
        with pytest.raises(NotAllowed, match="the prices of “north” are kept by “north” itself"):
            save(DEFAULT, email="vendor@acme.example")
        with pytest.raises(NotFound, match="there is no account “north”"):
            save(DEFAULT, email="billing@bolt.example")

    @pytest.mark.parametrize(
        ("buyer", "message"),
        [
            ("dune", "there is no account “dune”"),
            ("nobody", "there is no account “nobody”"),
            ("bolt-dental", "“north” does not sell to “bolt-dental”"),
            ("north", "“north” does not sell to “north”"),
        ],
    )
    def test_is_for_who_is_right_below(self, buyer: str, message: str) -> None:
        with pytest.raises(NotFound) as refused:
            save(replace(DEFAULT, buyer=buyer))
        assert refused.value.message == message

    def test_refuses_what_there_is_not(self) -> None:
        said = SAID | {"services": {"nothing": 1}, "packs": {"no": 1, "nfr": {"price": 1, "complimentary_of": {"dune-hotel": 5}}}}
        with pytest.raises(Invalid) as refused:
            save(DEFAULT, said)
        assert [(one.where, one.message) for one in refused.value.problems] == [
            ("services.nothing", "there is no service “nothing”"),
            ("packs.no", "there is no solution group “no”"),
            ("packs.nfr.complimentary_of.dune-hotel", "there is no customer “dune-hotel”"),
        ]
        assert price_lists(OPERATOR) == []

    def test_of_what_is_there_changes_nothing(self) -> None:
        mark = save(DEFAULT)
        told = Event.objects.count()
        assert not save_price_list(who(KEEPERS["north"]), DEFAULT, SAID, seen=mark, now=NOW)
        assert Event.objects.count() == told

    def test_over_what_was_not_seen_is_refused(self) -> None:
        mark = save(DEFAULT)
        other = SAID | {"margin_percent": 5}
        with pytest.raises(Stale, match="this is there already"):
            save(DEFAULT, other)
        with pytest.raises(Stale, match="has changed this meanwhile"):
            save(DEFAULT, other, seen="something else")
        with pytest.raises(Stale, match="somebody has removed this meanwhile"):
            save(FOR_BOLT, other, seen=mark)
        assert save(DEFAULT, other, seen=mark) != mark
        assert save(DEFAULT, SAID, seen=None) == mark

    def test_tells_its_seller_what_differs(self) -> None:
        save(FOR_BOLT)
        save(FOR_BOLT, SAID | {"margin_percent": 5, "services": {"workspace-security": "4.20"}}, seen=None)
        event = Event.objects.filter(kind="price_list_saved").latest("id")
        assert event.path == f"/{account_id('acme-vendor')}/{account_id('north')}/"
        gone = {"pricing": "volume", "tiers": [{"up_to": "10", "price": "2"}, {"price": "1"}]}
        assert event.changes == [
            {"of": "bolt 2026-01-01", "field": "margin_percent", "before": None, "after": "5"},
            {"of": "bolt 2026-01-01", "field": "email-core", "before": gone, "after": None},
        ]
        assert [one.kind for one in list_history(who(KEEPERS["north"]), FOR_BOLT)] == ["price_list_saved"] * 2


class TestRemovePriceList:
    def test_lets_the_one_before_hold_again(self) -> None:
        later = replace(DEFAULT, from_date=OCTOBER)
        save(DEFAULT)
        mark = save(later, SAID | {"services": {}})
        assert not prices_of(OPERATOR, account_id("north"), [account_id("bolt")], OCTOBER)[account_id("bolt")].services
        with pytest.raises(Stale):
            remove_price_list(who(KEEPERS["north"]), later, seen="something else", now=NOW)
        remove_price_list(who(KEEPERS["north"]), later, seen=mark, now=NOW)
        assert prices_of(OPERATOR, account_id("north"), [account_id("bolt")], OCTOBER)[account_id("bolt")].services

    def test_of_none_is_refused(self) -> None:
        with pytest.raises(NotFound, match="there is no such price list"):
            remove_price_list(who(KEEPERS["north"]), DEFAULT, seen=None, now=NOW)


class TestPriceLists:
    def test_are_seen_by_their_seller_and_their_buyer_alone(self) -> None:
        keys = [
            FOR_NORTH,
            ListKey("acme-vendor", None, BEGIN),
            DEFAULT,
            FOR_BOLT,
            ListKey("bolt", None, BEGIN),
            ListKey("bolt", "bolt-dental", BEGIN),
        ]
        for key in keys:
            save(key)
        save(ListKey("north", "coil", BEGIN))
        seen = {
            email: {str(kept.key).replace(" 2026-01-01", "") for kept in price_lists(who(email))}
            for email in (
                "vendor@acme.example",
                "north@north.example",
                "viewer@bolt.example",
                "south@south.example",
                "billing@dune.example",
            )
        }
        assert seen == {
            "vendor@acme.example": {"acme-vendor → *", "acme-vendor → north"},
            "north@north.example": {"acme-vendor → *", "acme-vendor → north", "north → *", "north → bolt", "north → coil"},
            "viewer@bolt.example": {"north → *", "north → bolt", "bolt → *", "bolt → bolt-dental"},
            "south@south.example": {"acme-vendor → *"},
            "billing@dune.example": set(),
        }
        assert len(price_lists(OPERATOR)) == 7
        assert {kept.prices.seller for kept in price_lists(OPERATOR, seller="bolt")} == {"bolt"}

    def test_of_others_are_not_there(self) -> None:
        save(FOR_NORTH)
        save(FOR_BOLT)
        for email, key in (("billing@coil.example", FOR_BOLT), ("vendor@acme.example", FOR_BOLT), ("billing@bolt.example", FOR_NORTH)):
            for question in (price_list, list_history):
                with pytest.raises(NotFound, match="there is no such price list"):
                    question(who(email), key)
        with pytest.raises(NotFound):
            list_history(who("billing@bolt.example"), FOR_BOLT)  # its buyer reads the list, not what it was before
        with pytest.raises(NotFound):
            price_list(OPERATOR, replace(FOR_BOLT, buyer="a\0b"))

    def test_hold_for_who_has_none_of_its_own(self) -> None:
        save(DEFAULT)
        save(FOR_BOLT, {"currency": "EUR", "services": {"workspace-security": 3}})
        bolt, coil, north = account_id("bolt"), account_id("coil"), account_id("north")
        for viewer in (OPERATOR, who(KEEPERS["north"])):
            found = prices_of(viewer, north, [bolt, coil], OCTOBER)
            assert [found[one].services["workspace-security"].tiers[0].price for one in (bolt, coil)] == [3, Decimal("4.2")]
            assert set(found[bolt].services) == {"workspace-security", "email-core"}
        assert set(prices_of(who("billing@coil.example"), north, [bolt, coil], OCTOBER)[bolt].services) == {
            "workspace-security",
            "email-core",
        }
        assert prices_of(OPERATOR, north, [bolt], date(2025, 12, 31)) == {}
        assert prices_of(who("vendor@acme.example"), north, [bolt], OCTOBER) == {}


class TestPromoCodes:
    def test_are_kept_by_their_seller(self) -> None:
        vendor = who(KEEPERS["acme-vendor"])
        assert save_promo_code(vendor, "acme-vendor", "LAUNCH", PROMO | {"buyer": "north"}, seen=NEW, now=NOW)
        assert not save_promo_code(vendor, "acme-vendor", "LAUNCH", PROMO | {"buyer": "north"}, seen=None, now=NOW)
        assert [(one.seller, one.promo.code, one.promo.price) for one in promo_codes(vendor)] == [("acme-vendor", "LAUNCH", Decimal("1.5"))]
        assert promo_codes(who(KEEPERS["north"])) == []
        with pytest.raises(NotFound):
            save_promo_code(who(KEEPERS["north"]), "acme-vendor", "MINE", PROMO, seen=NEW, now=NOW)
        with pytest.raises(NotAllowed):
            remove_promo_code(who("viewer@bolt.example"), "bolt", "LAUNCH", seen=None, now=NOW)

    def test_are_checked_for_who_types_them(self) -> None:
        save_promo_code(who(KEEPERS["acme-vendor"]), "acme-vendor", "LAUNCH", PROMO | {"buyer": "north"}, seen=NEW, now=NOW)
        seller = account_id("acme-vendor")
        promo, why = promo_code(seller, "LAUNCH", day=OCTOBER, service="email-core", buyer="north")
        assert (promo and promo.price, why) == (Decimal("1.5"), None)
        for typed, buyer in (("LAUNCH", "south"), ("launch", "north"), ("a\0", "north")):
            assert promo_code(seller, typed, day=OCTOBER, service="email-core", buyer=buyer)[1] == f"there is no promo code “{typed}”"

    @pytest.mark.parametrize(
        ("code", "said", "message"),
        [
            ("launch", PROMO, "a promo code has 1 to 60 capital letters, digits, dots, dashes or underscores"),
            ("LAUNCH", PROMO | {"service": "nothing"}, "there is no service “nothing”"),
            ("LAUNCH", PROMO | {"buyer": "bolt"}, "there is no buyer “bolt”"),
        ],
    )
    def test_that_can_not_be_are_refused(self, code: str, said: dict[str, Any], message: str) -> None:
        with pytest.raises(Invalid) as refused:
            save_promo_code(who(KEEPERS["acme-vendor"]), "acme-vendor", code, said, seen=NEW, now=NOW)
        assert [one.message for one in refused.value.problems] == [message]

    def test_unlock_nothing_once_they_are_removed(self) -> None:
        vendor = who(KEEPERS["acme-vendor"])
        save_promo_code(vendor, "acme-vendor", "LAUNCH", PROMO, seen=NEW, now=NOW)
        remove_promo_code(vendor, "acme-vendor", "LAUNCH", seen=None, now=NOW)
        assert promo_codes(vendor) == []
        with pytest.raises(NotFound, match="there is no promo code “LAUNCH”"):
            remove_promo_code(vendor, "acme-vendor", "LAUNCH", seen=None, now=NOW)
        assert Event.objects.filter(kind="promo_code_removed").count() == 1


FILE = """\
price_lists:
  - seller: north
    from: 2026-01-01
    currency: EUR
    services: {workspace-security: 4.20}
  - {seller: north, buyer: bolt, from: 2026-10-01, currency: EUR, packs: {credits: {price: 12.5, pack_size: 100}}}
promo_codes:
  - {seller: north, code: AUTUMN, from: 2026-10-01, until: 2026-12-31, margin_percent: 5}
"""


def apply(written: str, *, dry_run: bool = False, email: str = "north@north.example") -> tuple[str, ...]:
    return apply_prices(who(email), written, file_name="prices.yaml", dry_run=dry_run, now=NOW)


class TestAFileOfPrices:
    def test_saves_everything_once(self) -> None:
        said = ("north → * 2026-01-01", "north → bolt 2026-10-01", "north AUTUMN")
        assert apply(FILE, dry_run=True) == said
        assert price_lists(OPERATOR) == []
        assert apply(FILE) == said
        assert apply(FILE) == ()
        assert price_list(OPERATOR, ListKey("north", "bolt", date(2026, 10, 1))).prices.packs["credits"].tiers[0].price == Decimal("12.5")

    def test_saves_nothing_if_anything_is_wrong(self) -> None:
        written = (
            FILE.replace("workspace-security: 4.20", "workspace: 4.20").replace("buyer: bolt", "buyer: dune").replace("AUTUMN", "autumn")
        )
        with pytest.raises(Invalid) as refused:
            apply(written)
        assert [str(one) for one in refused.value.problems] == [
            "prices.yaml line 5: there is no service “workspace”",
            "prices.yaml line 6: there is no account “dune”",
            "prices.yaml line 8: a promo code has 1 to 60 capital letters, digits, dots, dashes or underscores",
        ]
        assert price_lists(OPERATOR) == []

    @pytest.mark.parametrize(
        ("written", "message"),
        [
            ("prices: []", "prices.yaml line 1: `prices` is not known here: known are price_lists, promo_codes"),
            (
                "price_lists:\n  - {seller: north, currency: EUR, byer: bolt}",
                "prices.yaml line 2: `byer` is not known here: known are seller, buyer, from, " + LIST,
            ),
            ("price_lists: {}\npromo_codes: 5", "prices.yaml line 2: `promo_codes` must be a list"),
            ("price_lists:\n  - {buyer: bolt}", "prices.yaml line 2: `seller` is missing"),
            ("promo_codes:\n  - {seller: north}", "prices.yaml line 2: `code` is missing"),
            ("price_lists:\n  - {seller: north, from: soon, currency: EUR}", "prices.yaml line 2: `from` must be a day like 2026-10-16"),
            (
                "price_lists:\n  - {seller: n, from: 20260101aa, currency: EUR}",
                "prices.yaml line 2: `from` must be a day like 2026-10-16",
            ),
            ("price_lists:\n  - {seller: north, buyer: 5, currency: EUR}", "prices.yaml line 2: `buyer` must be text (put it in quotes)"),
            (
                "price_lists:\n  - {seller: north, currency: EUR}\n  - {seller: north, currency: EUR}",
                "prices.yaml line 3: “north → * 0001-01-01” is here twice",
            ),
            (
                (
                    "price_lists:\n  - seller: north\n    currency: EUR\n    services:\n      email-core:\n        pricing: volume\n"
                    "        tiers:\n          - {up_to: 5, price: x}\n          - {price: 2}"
                ),
                "prices.yaml line 8: `price` must be a number, not “x”",
            ),
        ],
    )
    def test_is_refused_with_the_line(self, written: str, message: str) -> None:
        with pytest.raises(Invalid) as refused:
            apply(written)
        assert [str(one) for one in refused.value.problems] == [message]


def account_id(ref: str) -> int:
    return Account.objects.get(ref=ref).pk

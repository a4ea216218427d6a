"""A month tried out with a price list: for its seller's buyers, beside what they pay now, and for nobody else to see."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from tests.reports.month import OCTOBER, October
from tests.statements.conftest import BEGIN, BUYING, SELLING, save_prices
from trueup.accounts.queries import viewers_of
from trueup.kit.errors import NotFound
from trueup.prices.rules.lists import ListKey
from trueup.statements.queries.trying import Trial, tried_out

Approve = Callable[..., October]
DEFAULT = ListKey("north", None, BEGIN)
LATER = date(2027, 1, 1)
CHEAPER = SELLING | {"services": {"workspace-security": "4"}}


def tried(key: ListKey, email: str = "north@north.example", limit: int = 9) -> Trial:
    return tried_out(viewers_of(email)[0], OCTOBER, key, limit=limit)


def nets(trial: Trial) -> dict[str, tuple[Decimal | None, Decimal | None, Decimal | None]]:
    """By buyer: now, by the list, and what differs."""
    return {row.buyer: (row.now and row.now.net, row.by_list and row.by_list.net, row.difference) for row in trial.rows}  # type: ignore[misc]


class TestTriedOut:
    def test_of_a_default_is_every_buyer_with_what_its_own_list_keeps(self, approve: Approve) -> None:
        approve()
        save_prices("north", SELLING)
        save_prices("north", {"currency": "EUR", "services": {"workspace-security": "3"}}, buyer="coil")
        save_prices("north", CHEAPER, begin=LATER)
        trial = tried(ListKey("north", None, LATER))
        assert nets(trial) == {
            "bolt": (Decimal("234.60"), Decimal("232.00"), Decimal("-2.60")), "coil": (Decimal("15.00"), Decimal("15.00"), Decimal(0)),
        }  # fmt: skip
        assert [(one.currency, one.now, one.by_list, one.difference) for one in trial.sums] == [
            ("EUR", Decimal("249.60"), Decimal("247.00"), Decimal("-2.60"))
        ]

    def test_of_a_list_for_one_is_that_one(self, approve: Approve) -> None:
        approve()
        save_prices("north", SELLING)
        save_prices("north", {"currency": "EUR", "services": {"workspace-security": "3"}}, buyer="coil", begin=LATER)
        key = ListKey("north", "coil", LATER)
        assert nets(tried(key)) == {"coil": (Decimal("21.00"), Decimal("15.00"), Decimal("-6.00"))}
        assert nets(tried(key, "billing@coil.example")) == nets(tried(key))

    def test_says_what_has_no_price(self, approve: Approve) -> None:
        approve()
        save_prices("north", {"currency": "EUR", "services": {"workspace-security": "3"}})
        trial = tried(DEFAULT)
        assert [(row.buyer, str(row.why_not_by_list)) for row in trial.rows if row.by_list is None] == [
            ("bolt", "2 services have no price, among them endpoint-core, nfr-license")
        ]
        assert [one.by_list for one in trial.sums] == [Decimal("15.00")]

    def test_of_another_currency_has_no_difference(self, approve: Approve) -> None:
        approve()
        save_prices("north", SELLING)
        save_prices("north", SELLING | {"currency": "JPY"}, begin=LATER)
        trial = tried(ListKey("north", None, LATER))
        assert {row.difference for row in trial.rows} == {None}
        assert [(one.currency, one.difference) for one in trial.sums] == [("EUR", 0), ("JPY", 0)]

    def test_of_a_vendor_takes_all_reports_of_a_distributor_at_once(self, approve: Approve) -> None:
        approve()
        save_prices("acme-vendor", BUYING, buyer="north")
        tiers = {"pricing": "volume", "tiers": [{"up_to": 17, "price": 9}, {"price": 4}]}
        save_prices("acme-vendor", BUYING | {"services": {"workspace-security": tiers}}, buyer="north", begin=LATER)
        found = nets(tried(ListKey("acme-vendor", "north", LATER), "vendor@acme.example"))
        assert found == {"north": (Decimal("162.40"), Decimal("162.40"), Decimal(0))}

    def test_of_an_msp_is_customer_by_customer(self, approve: Approve) -> None:
        approve()
        said = {"currency": "EUR", "services": {"workspace-security": 6, "endpoint-core": "0.75", "nfr-license": 1}}
        save_prices("bolt", said)
        save_prices("bolt", {"currency": "EUR", "services": {"workspace-security": 5}}, buyer="bolt-garage", begin=LATER)
        assert nets(tried(ListKey("bolt", None, BEGIN), "billing@bolt.example")) == {
            "bolt-dental": (Decimal("400.00"),) * 2 + (Decimal(0),), "bolt-garage": (Decimal("68.00"),) * 2 + (Decimal(0),),
        }  # fmt: skip
        found = nets(tried(ListKey("bolt", "bolt-garage", LATER), "billing@bolt.example"))
        assert found == {"bolt-garage": (Decimal("68.00"), Decimal("65.00"), Decimal("-3.00"))}

    def test_of_many_says_how_many_are_left_out(self, approve: Approve) -> None:
        approve()
        save_prices("north", SELLING)
        trial = tried(DEFAULT, limit=1)
        assert ([row.buyer for row in trial.rows], trial.left_out) == (["bolt"], 1)

    @pytest.mark.parametrize("email", ["vendor@acme.example", "south@south.example", "billing@coil.example"])
    def test_is_for_who_sees_the_list(self, approve: Approve, email: str) -> None:
        approve()
        save_prices("north", SELLING, buyer="bolt")
        with pytest.raises(NotFound):
            tried(ListKey("north", "bolt", BEGIN), email)

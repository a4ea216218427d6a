"""What a statement copies of a price list: what its lines were priced by, and customers of nobody but its buyer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from tests.reports.month import OPERATOR, October, at_times, every_day
from tests.statements.conftest import SELLING, issue_all, save_prices
from tests.statements.documents import PRICES, line
from tests.statements.test_adjusting import amounts, late, said_to
from trueup.prices.rules.definition import read_price_list
from trueup.statements.models import Statement
from trueup.statements.queries import statement
from trueup.statements.rules.documents import Document, settled_document
from trueup.statements.rules.settlement import ChargedLine, settled

NFR = line("nfr-license", "90", group="nfr", own={"bolt-dental": "40"})
OF_ALL: dict[str, Any] = {"bolt-dental": 30, "bolt-garage": 25, "coil-bakery": 500}


def copied(*lines: ChargedLine, customers: frozenset[str] = frozenset()) -> Document:
    """The prices in a document of some lines."""
    packs = {"credits": 12, "nfr": {"price": 12, "complimentary_of": OF_ALL}}
    prices = replace(read_price_list("north", None, date(2026, 1, 1), PRICES | {"packs": packs}), customers=customers)
    found: Document = settled_document(settled(prices, lines), lines, prices)["prices"]
    return found


class TestCopiedPrices:
    def test_are_those_of_the_lines(self) -> None:
        found = copied(line("email-core", "25", unit="user"), line("nothing", "0"))
        assert (list(found["services"]), list(found["packs"])) == (["email-core"], [])
        assert (found["currency"], found["tax"]["percent"], found["margin_percent"]) == ("EUR", "19", "5")
        assert (list(copied(NFR)["services"]), list(copied(NFR)["packs"])) == ([], ["nfr"])

    def test_name_customers_behind_the_lines_and_others_of_the_buyer(self) -> None:
        assert copied(NFR)["packs"]["nfr"]["complimentary_of"] == {"bolt-dental": "30"}
        own = frozenset({"bolt-garage"})
        assert copied(NFR, customers=own)["packs"]["nfr"]["complimentary_of"] == {"bolt-dental": "30", "bolt-garage": "25"}


class TestStatement:
    def test_names_no_customers_of_other_buyers(self, approve: Callable[..., October]) -> None:
        approve()
        save_prices("north", SELLING | {"packs": {"credits": 12, "nfr": {"price": 12, "complimentary_of": OF_ALL}}})
        assert issue_all() == 2
        for number, named in (("north-2026-000001", {"bolt-dental": "30", "bolt-garage": "25"}), ("north-2026-000002", None)):
            document = statement(OPERATOR, number).document
            assert "coil-bakery" not in str(document)
            assert document["prices"]["packs"].get("nfr", {}).get("complimentary_of") == named

    def test_of_late_usage_knows_the_credits_of_customers_that_had_none(self, approve: Callable[..., October]) -> None:
        """Garage had no endpoints in October; 30 of its 75 late credits are complimentary, as it was when the statement was issued."""
        october = approve()
        own = {"bolt-garage": 30, "coil-bakery": 500}
        save_prices("north", SELLING | {"packs": SELLING["packs"] | {"credits": {"price": 12, "complimentary_of": own}}})
        issue_all()
        save_prices("north", SELLING | {"packs": {"credits": 12, "nfr": 12}}, now="2026-11-10T00:00:00Z")
        late(october, *at_times("bolt-garage", "endpoint-core", "20", "20"))
        issue_all("2026-12-10T00:00:00Z")
        document = statement(OPERATOR, "north-2026-000003").document
        assert [(one["code"], one["credits"], one["complimentary"]) for one in document["lines"]] == [("credits", "75", "30")]
        assert document["prices"]["packs"]["credits"]["complimentary_of"] == {"bolt-garage": "30"}

    def test_of_a_service_that_was_not_charged_yet_knows_its_own_price(self, approve: Callable[..., October]) -> None:
        """Endpoints were paid in packs, mail has a price: not in packs either, because others of its group were."""
        october = approve()
        save_prices("north", SELLING | {"services": {"workspace-security": "4.20", "email-core": 2}})
        issue_all()
        late(october, *every_day("bolt-garage", "email-core", "20", "20"))
        issue_all("2026-12-10T00:00:00Z")
        assert amounts("north-2026-000003")[1:] == [("email-core", "20", "40.00")]
        assert said_to("bolt") == Statement.objects.get(number="north-2026-000001").net + Decimal(40)

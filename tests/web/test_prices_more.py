"""Prices as a file, promo codes, a month tried out, billing details, and what customers are billed, in the portal."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.exchange.test_actions import who
from tests.reports.conftest import october as october  # noqa: PLC0414 -- the fixture
from tests.reports.month import October
from tests.statements.conftest import SELLING, save_prices
from tests.statements.conftest import approve as approve  # noqa: PLC0414 -- the fixture
from tests.web.conftest import NOW, AsPerson
from tests.web.sending import Fields, page, seen_in, sent
from trueup.prices.actions import save_price_list
from trueup.prices.queries import price_lists, promo_codes
from trueup.prices.rules.lists import ListKey
from trueup.statements.queries import billing_details

NORTH, BOLT = "north@north.example", "billing@bolt.example"
FILE = """\
price_lists:
  - {seller: north, from: 2026-01-01, currency: EUR, services: {workspace-security: 4.50, email-core: 2}}
promo_codes:
  - {seller: north, code: TEN, from: 2026-01-01, until: 2026-12-31, margin_percent: 10}
"""
PROMO = {"code": "TEN", "from_date": "2026-01-01", "until_date": "2026-12-31", "margin_percent": "10"}
Approve = Callable[..., October]


def form_of(shown: str) -> dict[str, str]:
    """The fields of the last form of a page, with the text that it keeps."""
    reader = Fields()
    reader.feed(shown.split("<main")[1].rpartition("<form")[2].split("</form>")[0].split(">", 1)[1])
    text = shown.rpartition("<textarea")[2].split("</textarea>")[0].partition(">")[2].removeprefix("\n")
    return reader.found | {"text": text}


@pytest.mark.usefixtures("world")
class TestTheFile:
    def test_is_shown_before_it_is_applied(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        save_price_list(who(NORTH), ListKey("north", None, date(2026, 1, 1)), {"currency": "EUR", "services": {"workspace-security": "4"}},
                        seen=None, now=NOW)  # fmt: skip
        shown = sent(client, "/prices/file/", {"text": FILE}, 200)
        assert "4</del>" in shown
        assert "4.5</ins>" in shown
        assert "Promo code TEN" in shown
        assert [kept.prices.services.keys() for kept in price_lists(who(NORTH))] == [{"workspace-security"}]
        assert sent(client, "/prices/file/", form_of(shown) | {"confirmed": "yes"}, 302) == "/prices/"
        assert [kept.promo.code for kept in promo_codes(who(NORTH))] == ["TEN"]
        assert sent(client, "/prices/file/", {"text": FILE}, 302) == "/prices/"
        assert "it is so already" in page(client, "/prices/")

    def test_may_be_sent_as_one(self, as_person: AsPerson) -> None:
        file = SimpleUploadedFile("prices.yaml", FILE.encode())
        assert "Promo code TEN" in sent(as_person(NORTH), "/prices/file/", {"file": file}, 200)
        wrong = SimpleUploadedFile("prices.yaml", b"\xff\xfe\x00")
        assert "This is no text in UTF-8." in sent(as_person(NORTH), "/prices/file/", {"file": wrong}, 400)

    def test_that_changes_something_else_by_now_is_shown_again(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        shown = sent(client, "/prices/file/", {"text": FILE}, 200)
        save_price_list(who(NORTH), ListKey("north", None, date(2026, 1, 1)), {"currency": "USD"}, seen=None, now=NOW)
        again = sent(client, "/prices/file/", form_of(shown) | {"confirmed": "yes"}, 409)
        assert "Prices were changed meanwhile" in again
        assert "USD</del>" in again
        sent(client, "/prices/file/", form_of(again) | {"confirmed": "yes"}, 302)

    def test_is_refused_line_by_line_and_kept(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        shown = sent(client, "/prices/file/", {"text": FILE.replace("4.50", "x").replace("TEN", "ten")}, 400)
        assert "prices.yaml line 2:" in shown
        assert "prices.yaml line 4:" in shown
        assert "workspace-security: x" in shown
        assert "prices.yaml" in sent(client, "/prices/file/", {"text": "a: [b"}, 400)
        assert "Choose a file" in sent(client, "/prices/file/", {"text": " "}, 400)
        shown = sent(as_person("vendor@acme.example"), "/prices/file/", {"text": FILE}, 403)
        assert "are kept by “north” itself" in shown
        assert "workspace-security: 4.50" in shown
        assert price_lists(who(NORTH)) == []

    def test_goes_back_to_its_text(self, as_person: AsPerson) -> None:
        shown = sent(as_person(NORTH), "/prices/file/", {"text": FILE, "back": "yes"}, 200)
        assert "workspace-security: 4.50" in shown

    def test_that_is_downloaded_is_the_account_s_and_applies_to_nothing(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        sent(client, "/prices/file/", form_of(sent(client, "/prices/file/", {"text": FILE}, 200)) | {"confirmed": "yes"}, 302)
        answer = client.get("/prices/file/prices.yaml")
        assert answer["Content-Disposition"] == 'attachment; filename="prices.yaml"'
        assert sent(client, "/prices/file/", {"text": answer.content.decode()}, 302) == "/prices/"
        assert "north" not in page(as_person("vendor@acme.example"), "/prices/file/prices.yaml")


@pytest.mark.usefixtures("world")
class TestPromoCodes:
    def test_are_added_listed_changed_and_removed(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        assert sent(client, "/promos/new/", PROMO, 302) == "/promos/"
        shown = page(client, "/promos/")
        assert "a margin of 10 %" in shown
        assert "1 Jan 2026 – 31 Dec 2026" in shown
        seen = seen_in(page(client, "/promos/edit/TEN/"))
        other = {"service": "email-core", "price": "1.5", "margin_percent": "", "buyer": "bolt"}
        sent(client, "/promos/edit/TEN/", PROMO | other | {"seen": seen}, 302)
        assert "1.5 per unit" in page(client, "/promos/")
        stale = sent(client, "/promos/edit/TEN/", PROMO | {"seen": seen}, 409)
        assert "now it is: 1.5" in stale
        sent(client, "/promos/remove/TEN/", {"seen": seen_in(page(client, "/promos/remove/TEN/"))}, 302)
        assert promo_codes(who(NORTH)) == []
        page(client, "/promos/edit/TEN/", 404)

    @pytest.mark.parametrize(
        ("said", "place"),
        [
            ({"code": "ten"}, "id_code_error"),
            ({"margin_percent": "101"}, "id_margin_percent_error"),
            ({"price": "x"}, "id_price_error"),
            ({"buyer": "dune"}, "id_buyer_error"),
            ({"until_date": ""}, "id_until_date_error"),
            ({"until_date": "2025-01-01"}, "form-errors"),
            ({"price": "5"}, "form-errors"),
        ],
    )
    def test_are_refused_at_their_field(self, as_person: AsPerson, said: dict[str, str], place: str) -> None:
        assert place in sent(as_person(NORTH), "/promos/new/", PROMO | said, 400)

    def test_are_there_once(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        sent(client, "/promos/new/", PROMO, 302)
        shown = sent(client, "/promos/new/", PROMO, 400)
        assert "There is a promo code of this name already" in shown.split("id_code_error")[-1]

    def test_are_the_seller_s(self, as_person: AsPerson) -> None:
        sent(as_person(NORTH), "/promos/new/", PROMO, 302)
        for email in ("vendor@acme.example", "south@south.example", BOLT):
            assert "TEN" not in page(as_person(email), "/promos/")
            page(as_person(email), "/promos/edit/TEN/", 404)


@pytest.mark.usefixtures("world")
class TestBillingDetails:
    def test_are_saved_and_what_is_wrong_is_said_at_its_field(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        seen = ""  # there is nothing yet
        assert 'name="country"' in page(client, "/settings/billing-details/")
        shown = sent(client, "/settings/billing-details/", {"country": "Germany", "legal_name": "North GmbH", "seen": seen}, 400)
        assert "id_country_error" in shown
        assert "North GmbH" in shown
        assert "id_endpoint_id_error" in sent(client, "/settings/billing-details/", {"endpoint_id": "DE1", "seen": seen}, 400)
        sent(client, "/settings/billing-details/", {"country": "DE", "legal_name": "North GmbH", "seen": seen}, 302)
        assert billing_details(who(NORTH), "north")[0] == {"legal_name": "North GmbH", "country": "DE"}
        stale = sent(client, "/settings/billing-details/", {"country": "AT", "seen": seen}, 409)
        assert "now it is: DE" in stale

    def test_are_read_by_who_may_not_change_them(self, as_person: AsPerson) -> None:
        assert "Billing managers and admins can change it." in page(as_person("viewer@bolt.example"), "/settings/billing-details/")
        sent(as_person("viewer@bolt.example"), "/settings/billing-details/", {"country": "DE"}, 403)


class TestTryingOut:
    ADDRESS = "/prices/simulation/?month=2026-10&buyer=*&from=2026-01-01"

    def test_shows_now_then_and_the_difference(self, approve: Approve, as_person: AsPerson) -> None:
        approve()
        save_prices("north", SELLING)
        save_prices("north", SELLING | {"services": {"workspace-security": "4"}}, begin=date(2027, 1, 1))
        shown = page(as_person(NORTH), self.ADDRESS.replace("2026-01-01", "2027-01-01"))
        assert "234.60 EUR" in shown
        assert "232.00 EUR" in shown
        assert "−2.60" in shown
        assert "Total EUR" in shown

    def test_says_what_has_no_price(self, approve: Approve, as_person: AsPerson) -> None:
        approve()
        save_prices("north", {"currency": "EUR", "services": {"workspace-security": 3}})
        shown = page(as_person(NORTH), self.ADDRESS)
        assert "2 services have no price, among them endpoint-core, nfr-license" in shown
        assert "1 buyer could not be charged by it" in shown

    def test_is_not_of_lists_and_months_that_there_are_not(self, approve: Approve, as_person: AsPerson) -> None:
        approve()
        save_prices("north", SELLING)
        for address in (self.ADDRESS.replace("2026-10", "2025-13"), self.ADDRESS.replace("2026-10", "2025-12"),
                        self.ADDRESS.replace("*", "coil")):  # fmt: skip
            page(as_person(NORTH), address, 404)
        page(as_person("vendor@acme.example"), self.ADDRESS, 404)


class TestCustomerBills:
    ADDRESS = "/reports/2026-10/bolt/customers-bills/"
    RETAIL: dict[str, Any] = {
        "currency": "EUR", "tax": {"percent": 19}, "services": {"workspace-security": 6, "endpoint-core": "0.75", "nfr-license": 1},
    }  # fmt: skip

    def test_are_reconciled_and_say_what_is_left(self, approve: Approve, as_person: AsPerson) -> None:
        approve("bolt")
        save_prices("bolt", self.RETAIL)
        save_prices("north", SELLING)
        shown = page(as_person(BOLT), self.ADDRESS)
        for figure in ("468.00 EUR", "88.92 EUR", "556.92 EUR", "234.60 EUR", "233.40 EUR", "178.00 EUR", "55.40 EUR"):
            assert figure in shown
        assert shown.count("badge--good") == 3
        assert "10 × 6.00" in shown
        assert "garage" not in page(as_person(BOLT), f"{self.ADDRESS}?search=dental").split('id="list"')[1].split("</section>")[0]

    def test_say_why_a_line_is_not_units_times_price(self, approve: Approve, as_person: AsPerson) -> None:
        approve("bolt")
        odd = {"workspace-security": {"price": 6, "free_units": 4}, "endpoint-core": {"price": "0.75", "minimum_units": 500},
               "nfr-license": {"price": 1, "minimum_amount": 60}}  # fmt: skip
        save_prices("bolt", self.RETAIL | {"services": odd})
        shown = page(as_person(BOLT), self.ADDRESS)
        for said in ("6 × 6.00", "4 free", "500 × 0.75", "at least 500 units", "40 × 1.00", "at least 60.00 EUR"):
            assert said in shown

    def test_without_prices_say_so(self, approve: Approve, as_person: AsPerson) -> None:
        approve("bolt")
        shown = page(as_person(BOLT), self.ADDRESS)
        assert "2 bills have no price yet" in shown
        assert "There is no price list" in shown
        assert "What it costs you is not known yet" in shown

    def test_of_a_month_in_another_currency_leave_nothing_to_tell(self, approve: Approve, as_person: AsPerson) -> None:
        approve("bolt")
        save_prices("bolt", self.RETAIL | {"currency": "JPY"})
        save_prices("north", SELLING)
        assert "You bill in JPY and pay in EUR" in page(as_person(BOLT), self.ADDRESS)

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_are_a_file_too(self, approve: Approve, as_person: AsPerson, form: str) -> None:
        approve("bolt")
        save_prices("bolt", self.RETAIL)
        answer: Any = as_person(BOLT).get(f"{self.ADDRESS}{form}/")
        assert answer.status_code == 200
        assert len(b"".join(answer.streaming_content)) > 100
        assert as_person(BOLT).get(f"{self.ADDRESS}ubl/").status_code == 400

    def test_are_the_msp_s_alone(self, approve: Approve, as_person: AsPerson) -> None:
        approve("bolt")
        page(as_person(NORTH), self.ADDRESS, 403)
        page(as_person("billing@coil.example"), self.ADDRESS, 404)
        page(as_person("billing@coil.example"), f"{self.ADDRESS}csv/", 404)

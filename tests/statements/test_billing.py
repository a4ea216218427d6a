"""Billing reports: collected, submitted, returned, completed; and the statement that follows."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.reports.month import CLOSING, OCTOBER, OPERATOR, October, at, at_times
from tests.statements.conftest import BUYING, account_id, save_prices
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.cycles.actions import close
from trueup.cycles.models import Cycle
from trueup.events.models import Event
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from trueup.prices.actions import remove_promo_code, save_promo_code
from trueup.statements.actions import (
    complete_billing,
    open_billing_reports,
    return_billing,
    save_billing,
    save_details,
    submit_billing,
)
from trueup.statements.adding import with_lines
from trueup.statements.due import vendors_due
from trueup.statements.issuing import issue_of_billing
from trueup.statements.queries import (
    BillingFilter,
    BillingView,
    billing_details,
    billing_history,
    billing_page,
    billing_report,
    billing_reports,
    statement,
)
from trueup.statements.rules.billing import WORKFLOW, BillingStatus, BillingVerb, move
from trueup.statements.rules.documents import settled_document
from trueup.statements.rules.settlement import settled
from trueup.statements.settling import charged, together

Approve = Callable[..., October]
NOW = at("2026-11-09T00:00:00Z")


def who(name: str) -> Viewer:
    return viewers_of({"north": "north@north.example", "south": "south@south.example", "vendor": "vendor@acme.example"}.get(name, name))[0]


def begun(now: str = "2026-11-01T01:00:00Z") -> int:
    return open_billing_reports(OPERATOR, Cycle.objects.get(), now=at(now))


def seen(name: str = "north") -> BillingView:
    return billing_report(who(name), OCTOBER, "north")


def issued() -> int:
    """The clock issues what was completed."""
    return issue_of_billing(account_id("acme-vendor"), now=NOW)


@pytest.fixture
def ready(approve: Approve) -> October:
    """Everything approved, and priced by the vendor."""
    found = approve()
    begun()
    save_prices("acme-vendor", BUYING)
    return found


class TestCollecting:
    def test_gives_no_units_away_whose_credits_nobody_knows(self, october: October) -> None:
        """500 credits of bolt are known, of coil's 40 seats nobody said any."""
        for own in ("bolt-dental,workspace-security,5,5,500", "coil-bakery,workspace-security,40,40,"):
            october.deliver(*(f"2026-10-{day},{own}" for day in ("01", "31")))
        october.close()
        for msp in ("bolt", "coil"):
            october.submit(msp, by=f"billing@{msp}.example")
        begun()
        save_prices("acme-vendor", {"currency": "USD", "packs": {"smb": 10}})
        found = seen().collected
        assert [(line.units, line.credits) for line in found.lines] == [(45, None)]
        assert found.lines == tuple(together([charged(one) for one in with_lines(found.reports)]))
        assert (found.settled, list(found.unpriced)) == (None, list(found.lines))
        assert list(map(str, found.obstacles)) == ["there is no price for workspace-security"]

    def test_begins_once_for_every_distributor_with_reports(self, approve: Approve) -> None:
        approve("bolt")
        assert (begun(), begun()) == (1, 0)
        row = billing_reports(who("north"))[0]
        assert (row.cycle, row.distributor, row.vendor_name, row.status) == (OCTOBER, "north", "Acme Security", BillingStatus.COLLECTING)
        assert billing_reports(who("south")) == billing_reports(who("billing@bolt.example")) == []
        with pytest.raises(NotAllowed):
            open_billing_reports(who("north"), Cycle.objects.get(), now=NOW)

    def test_waits_for_the_reports(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "workspace-security", "12", "10"))
        cycle = close(OPERATOR, OCTOBER, now=at(CLOSING))
        with pytest.raises(Conflict, match="the reports of 2026-10 are not all there yet"):
            open_billing_reports(OPERATOR, cycle, now=NOW)

    def test_says_what_stands_in_the_way(self, approve: Approve) -> None:
        october = approve("bolt")
        begun()
        assert seen().collected.obstacles == ("1 report of its MSPs is not approved yet", "there is no price list")
        save_prices("acme-vendor", {"currency": "USD", "services": {"workspace-security": 4}})
        assert seen().collected.obstacles == (
            "1 report of its MSPs is not approved yet", "2 services have no price, among them endpoint-core, nfr-license",
        )  # fmt: skip
        with pytest.raises(Invalid) as refused:
            submit_billing(who("north"), OCTOBER, "north", now=NOW)
        assert [one.message for one in refused.value.problems] == list(seen().collected.obstacles)
        save_prices("acme-vendor", BUYING)
        october.submit("coil", by="billing@coil.example")
        assert seen().collected.obstacles == ()

    def test_adds_up_all_msps_by_the_prices_of_the_vendor(self, ready: October) -> None:
        found = seen().collected
        assert found.settled
        assert [(line.code, line.quantity, line.amount) for line in found.settled.lines] == [
            ("workspace-security", 18, Decimal("50.40")), ("credits", 15, Decimal("105.00")), ("nfr", 1, Decimal("7.00")),
        ]  # fmt: skip
        assert [one.msp_ref for one in found.reports] == ["bolt", "coil"]

    def test_takes_promo_codes_that_hold(self, ready: October) -> None:
        said = {"from": "2026-10-01", "until": "2026-10-31", "service": "workspace-security", "price": 1}
        save_promo_code(who("vendor"), "acme-vendor", "LAUNCH", said, seen="", now=NOW)
        assert save_billing(who("north"), OCTOBER, "north", po_number=" PO 7 ", promo_codes={"workspace-security": "LAUNCH"}, now=NOW) == 2
        found = seen()
        assert (found.row.po_number, found.promo_codes) == ("PO 7", {"workspace-security": "LAUNCH"})
        assert found.collected.settled
        assert found.collected.settled.lines[0].amount == Decimal("12.60")
        save_billing(who("north"), OCTOBER, "north", promo_codes={"workspace-security": "", "endpoint-core": "NEVER"}, now=NOW)
        assert seen().collected.promo_problems == {"endpoint-core": "there is no promo code “NEVER”"}
        with pytest.raises(Invalid, match="there is no promo code “NEVER”"):
            submit_billing(who("north"), OCTOBER, "north", now=NOW)

    def test_saves_nothing_that_can_not_be(self, ready: October) -> None:
        with pytest.raises(Invalid) as refused:
            save_billing(who("north"), OCTOBER, "north", promo_codes={"nothing": "X"}, now=NOW)
        assert refused.value.problems[0].at == ("promo_codes", "nothing")
        for said in ({"po_number": "x" * 101}, {"comment": "a\0"}, {"po_number": "a\nb"}):
            with pytest.raises(Invalid):
                save_billing(who("north"), OCTOBER, "north", now=NOW, **said)  # type: ignore[arg-type]
        assert seen().row.version == save_billing(who("north"), OCTOBER, "north", po_number="", now=NOW) == 1

    @pytest.mark.parametrize("mark", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\r", "\ufffe"])
    def test_takes_no_character_that_a_document_can_not_say(self, ready: October, mark: str) -> None:
        with pytest.raises(Invalid, match="this must be text of at most 5000 characters"):
            save_billing(who("north"), OCTOBER, "north", comment=f"one{mark}two", now=NOW)

    def test_ends_lines_alike_wherever_they_were_typed(self, ready: October) -> None:
        save_billing(who("north"), OCTOBER, "north", comment="one\r\ntwo\nthree", now=NOW)
        assert seen().comment == "one\ntwo\nthree"

    @pytest.mark.parametrize(
        "packs",
        [
            {"nfr": {"price": 10, "complimentary": 30}},
            {"nfr": {"price": 10, "complimentary_of": {"bolt-garage": 20}}},
            {"nfr": {"price": 10, "complimentary_of": {"coil-bakery": 20}}},
            {"nfr": 10},
        ],
    )
    def test_adds_up_what_report_after_report_comes_to(self, ready: October, packs: dict[str, Any]) -> None:
        save_prices("acme-vendor", BUYING | {"packs": {"credits": 10, **packs}}, now="2026-11-08T00:00:00Z")
        found = seen().collected
        assert found.prices is not None
        one_by_one = together([charged(one, found.prices) for one in with_lines(found.reports)])
        assert [(line.service, line.units, line.credits, line.group_name) for line in found.lines] == [
            (line.service, line.units, line.credits, line.group_name) for line in one_by_one
        ]
        assert found.document == settled_document(settled(found.prices, one_by_one), one_by_one, found.prices)


class TestWorkflow:
    def test_has_a_move_or_a_conflict_for_everything(self) -> None:
        for status in BillingStatus:
            for verb in BillingVerb:
                if (status, verb) not in WORKFLOW:
                    with pytest.raises(Conflict, match=f"the billing report is {status}: you cannot"):
                        move(status, verb)

    def test_leads_to_a_statement(self, ready: October) -> None:
        assert vendors_due() == []
        save_billing(who("north"), OCTOBER, "north", po_number="PO 7", now=NOW)
        assert submit_billing(who("north"), OCTOBER, "north", expected_version=2, now=NOW) == 3
        assert complete_billing(who("vendor"), OCTOBER, "north", expected_version=3, now=NOW) == 4
        assert vendors_due() == [account_id("acme-vendor")]
        assert issued() == 1
        assert vendors_due() == []
        assert issued() == 0
        document = statement(who("north"), "acme-vendor-2026-000001").document
        assert (document["gross"], document["currency"], document["source"]["po_number"]) == ("162.40", "USD", "PO 7")
        with pytest.raises(NotFound):
            statement(who("billing@bolt.example"), "acme-vendor-2026-000001")
        assert [(event.kind, event.actor_name) for event in billing_history(who("vendor"), OCTOBER, "north")] == [
            ("billing_begun", "system"), ("billing_saved", "north@north.example"), ("billing_submitted", "north@north.example"),
            ("billing_completed", "vendor@acme.example"),
        ]  # fmt: skip
        assert {event.chain for event in Event.objects.filter(subject="billing_report")} == {account_id("north")}

    def test_keeps_what_was_submitted(self, ready: October) -> None:
        submit_billing(who("north"), OCTOBER, "north", now=NOW)
        save_prices("acme-vendor", BUYING | {"margin_percent": 0}, now="2026-11-10T00:00:00Z")
        document = seen().document
        assert document
        assert document["net"] == "162.40"
        complete_billing(who("vendor"), OCTOBER, "north", now=NOW)
        issued()
        assert statement(OPERATOR, "acme-vendor-2026-000001").row.net == Decimal("162.40")

    def test_returns_with_a_reason(self, ready: October) -> None:
        submit_billing(who("north"), OCTOBER, "north", now=NOW)
        with pytest.raises(Invalid, match="say why it is returned"):
            return_billing(who("vendor"), OCTOBER, "north", reason=" ", now=NOW)
        return_billing(who("vendor"), OCTOBER, "north", reason="The PO number is missing", now=NOW)
        found = seen()
        assert (found.row.status, found.return_reason, found.document) == (BillingStatus.RETURNED, "The PO number is missing", None)
        save_billing(who("north"), OCTOBER, "north", po_number="PO 7", now=NOW)
        submit_billing(who("north"), OCTOBER, "north", now=NOW)
        assert seen("vendor").row.po_number == "PO 7"

    def test_is_each_side_s_own(self, ready: October) -> None:
        with pytest.raises(NotAllowed, match="has not submitted this billing report yet"):
            seen("vendor")
        with pytest.raises(NotAllowed):
            submit_billing(who("vendor"), OCTOBER, "north", now=NOW)
        for name in ("south", "billing@bolt.example"):
            with pytest.raises(NotFound, match="there is no billing report of “north” for 2026-10"):
                billing_report(who(name), OCTOBER, "north")
            with pytest.raises(NotFound):
                submit_billing(who(name), OCTOBER, "north", now=NOW)
        with pytest.raises(Conflict, match="the billing report is collecting: you cannot complete the billing report now"):
            complete_billing(who("vendor"), OCTOBER, "north", now=NOW)
        submit_billing(who("north"), OCTOBER, "north", now=NOW)
        with pytest.raises(NotAllowed):
            complete_billing(who("north"), OCTOBER, "north", now=NOW)
        with pytest.raises(Conflict):
            save_billing(who("north"), OCTOBER, "north", po_number="late", now=NOW)

    def test_is_read_by_the_vendor_from_its_submission_on(self, ready: October) -> None:
        save_billing(who("north"), OCTOBER, "north", po_number="PO 7", now=NOW)
        assert [row.po_number for row in billing_reports(who("north"))] == ["PO 7"]
        assert [row.po_number for row in billing_reports(who("vendor"))] == [""]
        submit_billing(who("north"), OCTOBER, "north", now=NOW)
        assert [row.po_number for row in billing_reports(who("vendor"))] == ["PO 7"]
        return_billing(who("vendor"), OCTOBER, "north", reason="Another one", now=NOW)
        assert [row.po_number for row in billing_page(who("vendor"), BillingFilter()).items] == [""]

    def test_has_nothing_in_its_way_once_it_is_submitted(self, ready: October) -> None:
        """Whatever became of prices and codes."""
        said = {"from": "2026-10-01", "until": "2026-10-31", "service": "workspace-security", "price": 1}
        save_promo_code(who("vendor"), "acme-vendor", "LAUNCH", said, seen="", now=NOW)
        save_billing(who("north"), OCTOBER, "north", promo_codes={"workspace-security": "LAUNCH"}, now=NOW)
        before = seen().collected
        submit_billing(who("north"), OCTOBER, "north", now=NOW)
        remove_promo_code(who("vendor"), "acme-vendor", "LAUNCH", seen=None, now=NOW)
        save_prices("acme-vendor", {"currency": "USD", "services": {}, "packs": {}}, now="2026-11-10T00:00:00Z")
        found = seen().collected
        assert (found.obstacles, found.promo_problems, found.unpriced, found.missing) == ((), {}, (), ())
        assert (found.reports, found.lines) == (before.reports, before.lines)

    def test_notices_somebody_else(self, ready: October) -> None:
        save_billing(who("north"), OCTOBER, "north", po_number="PO 7", expected_version=1, now=NOW)
        with pytest.raises(Stale):
            save_billing(who("north"), OCTOBER, "north", po_number="PO 8", expected_version=1, now=NOW)
        with pytest.raises(Stale):
            submit_billing(who("north"), OCTOBER, "north", expected_version=1, now=NOW)
        assert seen().row.po_number == "PO 7"


class TestBillingDetails:
    SAID = {"legal_name": "North GmbH", "country": "DE", "endpoint_scheme": "9930", "endpoint_id": "DE123456789"}

    def test_are_kept_by_their_account(self, october: October) -> None:
        assert billing_details(who("north"), "north") == ({}, "")
        assert save_details(who("north"), "north", self.SAID, seen="", now=NOW)
        details, mark = billing_details(who("north"), "north")
        assert details == self.SAID
        assert not save_details(who("north"), "north", {**self.SAID, "iban": ""}, seen=mark, now=NOW)
        with pytest.raises(Stale):
            save_details(who("north"), "north", {}, seen="", now=NOW)
        with pytest.raises(NotAllowed, match="are kept by “north” itself"):
            save_details(who("vendor"), "north", self.SAID, seen=None, now=NOW)
        with pytest.raises(NotFound):
            save_details(who("south"), "north", self.SAID, seen=None, now=NOW)
        assert billing_details(who("vendor"), "north") == ({}, "")

    @pytest.mark.parametrize(
        ("said", "where", "message"),
        [
            ({"country": "Germany"}, "country", "a country has two capital letters, like DE"),
            (
                {"endpoint_scheme": "1234", "endpoint_id": "DE1"},
                "endpoint_scheme",
                "“1234” is no scheme of electronic addresses (EAS), as 9930 is",
            ),
            ({"country": "XX"}, "country", "“XX” is no country of ISO 3166-1, as DE is"),
            ({"country": "EU"}, "country", "“EU” is no country of ISO 3166-1, as DE is"),
            ({"vat_id": "UK123456789"}, "vat_id", "“UK” is no country of ISO 3166-1, as DE is"),
            ({"vat_id": "123"}, "vat_id", "a VAT identifier begins with the two letters of its country, like DE123456789"),
            ({"email": "nobody"}, "email", "this is no e-mail address"),
            ({"endpoint_scheme": "9930"}, "endpoint_id", "an electronic address has a scheme and an identifier"),
            (
                {"endpoint_scheme": "x", "endpoint_id": "y"},
                "endpoint_scheme",
                "the scheme of an electronic address has four digits, like 9930",
            ),
            ({"iban": "DE00 1234"}, "iban", "an IBAN begins with two letters and two digits and has no spaces"),
            ({"bic": "X"}, "bic", "a BIC has 8 or 11 letters and digits"),
            ({"payment_days": "soon"}, "payment_days", "payment is due after a whole number of days, 999 at most"),
            ({"street": 5}, "street", "this must be one line of at most 300 characters"),
            ({"fax": "1"}, "fax", "`fax` is not known here"),
        ],
    )
    def test_that_can_not_be_are_refused(self, october: October, said: dict[str, str], where: str, message: str) -> None:
        with pytest.raises(Invalid) as refused:
            save_details(who("north"), "north", said, seen=None, now=NOW)
        assert [(one.where, one.message) for one in refused.value.problems] == [(where, message)]

"""Credits that come late, are gone, or lie with somebody else: what is complimentary, and what nobody has any more."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.reports.month import OPERATOR, October, at
from tests.reports.test_adjusting import DECEMBER, LATE, LATER, NOVEMBER, approve, close_month, figures
from tests.statements.conftest import issue_all, save_prices
from tests.statements.test_adjusting import amounts, right_now, said_to
from tests.statements.test_adjusting import clean as clean  # noqa: PLC0414 -- the fixture
from tests.statements.test_billing import who
from tests.world import FILE_NAME, NETWORK
from trueup.cycles.models import Cycle
from trueup.network.actions import apply
from trueup.reports.models import ReportLine
from trueup.reports.verifying import verify
from trueup.statements.actions import complete_billing, open_billing_reports, submit_billing
from trueup.statements.due import months_to_bill
from trueup.statements.issuing import issue_of_billing
from trueup.statements.models import BillingReport, Statement

ONE_EACH = {"pack_size": 1, "price": 1}
MOVED = NETWORK.replace(
    "{ref: bolt-dental, tier: customer, parent: bolt, name: Dental Care}",
    "{ref: bolt-dental, tier: customer, name: Dental Care,"
    " placements: [{parent: bolt, from: 2025-01-01}, {parent: coil, from: 2026-10-01}]}",
)


def nfr(customer: str, units: str, credits_: str) -> str:
    """Licenses on the last day, with the credits that their source says."""
    return f"2026-10-31,{customer},nfr-license,{units},{units},{credits_}"


def sell(seller: str, **pack: Any) -> None:
    save_prices(seller, {"currency": "EUR", "packs": {"nfr": pack}})


def issued(now: str = "2026-12-10T00:00:00Z") -> list[tuple[str, str, str]]:
    """Buyer, kind and amount of what was issued by now, one by one."""
    issue_all(now)
    return [(one.document["buyer"]["ref"], one.kind, one.document["net"]) for one in Statement.objects.order_by("pk")]


class TestComplimentaryCredits:
    def test_are_those_that_were_measured_of_the_customer(self, october: October) -> None:
        """As many licenses each, but 8,000 credits here and 100 there."""
        october.deliver(nfr("bolt-dental", "10", "8000"), nfr("bolt-garage", "10", "100"))
        october.close()
        october.submit("bolt", by="billing@bolt.example")
        sell("north", price=12, complimentary_of={"bolt-dental": 8000})
        assert issued("2026-11-08T00:00:00Z") == [("bolt", "statement", "12.00")]
        (line,) = Statement.objects.get().document["lines"]
        assert (line["credits"], line["complimentary"], line["billed_credits"], line["quantity"]) == ("8100", "8000", "100", "1")

    def test_are_another_customers_once_the_credits_are(self, october: October) -> None:
        self.test_are_those_that_were_measured_of_the_customer(october)
        october.deliver(nfr("bolt-dental", "10", "100"), nfr("bolt-garage", "10", "8000"), now="2026-11-20T10:00:00Z")
        close_month(NOVEMBER)
        approve("bolt")
        assert issued()[1:] == [("bolt", "statement", "948.00")]  # 80 packs instead of one
        assert said_to("bolt") == right_now("bolt", LATE) == 960


class TestRecordsThatAreGone:
    @pytest.fixture
    def gone(self, october: October) -> October:
        """Bolt has charged twelve licenses where ten were measured; all of them were coil's, as turns out in November."""
        october.deliver(nfr("bolt-dental", "10", ""), nfr("coil-bakery", "1", ""))
        october.close()
        october.edit("bolt", "nfr-license", by="billing@bolt.example", chargeable="12", comment="Two more are agreed")
        for msp in ("bolt", "coil"):
            october.submit(msp, by=f"billing@{msp}.example")
        october.approve("bolt")
        for seller in ("north", "acme-vendor"):
            sell(seller, **ONE_EACH, complimentary_of={"bolt-dental": 4})
        assert sorted(issued("2026-11-09T00:00:00Z")) == [("bolt", "statement", "8.00"), ("coil", "statement", "1.00")]
        self.bill(["2026-11-01T01:00:00Z", "2026-11-09T00:00:00Z"])
        apply(OPERATOR, MOVED, file_name=FILE_NAME, dry_run=False, now=at("2026-11-10T00:00:00Z"))
        october.deliver(nfr("bolt-dental", "10", ""), now="2026-11-20T10:00:00Z")
        close_month(NOVEMBER)
        return october

    def bill(self, times: Sequence[str]) -> None:
        """What began is submitted to the vendor and completed."""
        for month in months_to_bill():
            open_billing_reports(OPERATOR, Cycle.objects.of(month).get(), now=at(times[0]))
            if BillingReport.objects.filter(cycle=Cycle.objects.of(month).get()).exists():
                submit_billing(who("north"), month, "north", now=at(times[1]))
                complete_billing(who("vendor"), month, "north", now=at(times[1]))
        issue_of_billing(BillingReport.objects.all()[0].vendor_id, now=at(times[1]))

    def test_leave_what_was_agreed_beside_them_at_its_price(self, gone: October) -> None:
        assert figures("bolt") == {"nfr-license": ("0", "None", "12", "2", "2")}
        assert figures("coil") == {"nfr-license": ("11", "11", "1", "11", "11")}
        for msp in ("bolt", "coil"):
            approve(msp)
        assert sorted(issued()[3:]) == [("bolt", "credit_note", "6.00"), ("coil", "statement", "6.00")]
        assert (said_to("bolt"), said_to("coil")) == (right_now("bolt", LATE), right_now("coil", LATE)) == (2, 7)

    @pytest.mark.parametrize("customer", ["bolt-dental", "coil-bakery"])
    def test_take_the_complimentary_credits_of_their_customer_along(self, gone: October, customer: str) -> None:
        """What coil was told of named dental not yet: that is looked up. Bakery was there before, and keeps that it has none."""
        now = {"bolt-dental": 4, customer: 5}
        save_prices("north", {"currency": "EUR", "packs": {"nfr": {**ONE_EACH, "complimentary_of": now}}}, now="2026-12-02T00:00:00Z")
        approve("coil")
        assert issued()[3:] == [("coil", "statement", f"{10 - now['bolt-dental']}.00")]

    def test_count_to_the_vendor_beside_those_that_customers_have(self, gone: October) -> None:
        """13 credits as before, 4 of dental's are complimentary: the two of nobody are not lost."""
        first = Statement.objects.get(billing_report__isnull=False).document
        assert [(line["credits"], line["complimentary"], line["amount"]) for line in first["lines"]] == [("13", "4", "9.00")]
        for msp in ("bolt", "coil"):
            approve(msp)
        issued()
        self.bill(["2026-12-10T01:00:00Z", "2026-12-11T00:00:00Z"])
        assert amounts("acme-vendor-2026-000002") == [("statement", "0.00", "0.00")]


class TestCreditsOfTheSource:
    """Seats of workspace security have no credit requirement: their source says their credits."""

    @pytest.mark.parametrize("gone", ["0,0,", "0,0,0"])
    def test_stay_those_of_a_unit_where_nothing_is_measured_any_more(self, october: October, gone: str) -> None:
        october.deliver("2026-10-31,bolt-dental,workspace-security,10,10,100")
        october.close()
        october.edit("bolt", "workspace-security", by="billing@bolt.example", chargeable="12", comment="Two more are agreed")
        october.submit("bolt", by="billing@bolt.example")
        october.approve("bolt")
        save_prices("north", {"currency": "EUR", "packs": {"smb": ONE_EACH, "credits": ONE_EACH}})
        assert issued("2026-11-09T00:00:00Z") == [("bolt", "statement", "120.00")]
        october.deliver(f"2026-10-31,bolt-dental,workspace-security,{gone}", now="2026-11-20T10:00:00Z")
        close_month(NOVEMBER)
        assert figures("bolt") == {"workspace-security": ("0", "0", "12", "2", "2")}
        approve("bolt")
        assert issued()[1:] == [("bolt", "credit_note", "100.00")]
        october.deliver("2026-10-31,bolt-dental,endpoint-core,40,40,", now="2026-12-20T10:00:00Z")
        close_month(DECEMBER)
        approve("bolt", LATER, now="2027-01-09T10:00:00Z")
        assert issued("2027-01-10T00:00:00Z")[2:] == [("bolt", "statement", "150.00")]  # the two seats have the credits they had
        for month in (LATE, LATER):
            line = ReportLine.objects.filter(report__cycle=Cycle.objects.of(month).get(), service_code="workspace-security")
            line.update(credits_before=9)
            assert [(one.field, one.stored, one.recomputed) for one in verify(month)] == [("credits_before", "9", "10")]
            line.update(credits_before=10)

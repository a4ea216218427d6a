"""Late usage on the distributor's side: billing reports of adjustments, and what the vendor says of them."""

from decimal import Decimal, InvalidOperation

import pytest

from tests.reports.month import OCTOBER, OPERATOR, October, at, at_times
from tests.reports.test_adjusting import LATE, NOVEMBER, close_month
from tests.statements.conftest import BUYING, save_prices
from tests.statements.test_adjusting import amounts, deliver, late
from tests.statements.test_adjusting import approve_october as approve_october  # noqa: PLC0414 -- the fixture
from tests.statements.test_adjusting import clean as clean  # noqa: PLC0414 -- the fixture
from tests.statements.test_adjusting import settled_october as settled_october  # noqa: PLC0414 -- the fixture
from tests.statements.test_billing import who
from trueup.accounts.models import Account
from trueup.cycles.models import Cycle
from trueup.kit.errors import Conflict, Invalid
from trueup.kit.period import Month
from trueup.kit.quantity import added
from trueup.prices.actions import remove_promo_code, save_promo_code
from trueup.statements import actions
from trueup.statements.actions import complete_billing, correct, open_billing_reports, save_billing, submit_billing
from trueup.statements.collecting import collected
from trueup.statements.correcting import corrections
from trueup.statements.due import months_to_bill
from trueup.statements.exports.billing import document_of
from trueup.statements.issuing import issue_of_billing
from trueup.statements.models import BillingReport, Statement
from trueup.statements.queries import billing_report, checked_promo, lines_behind
from trueup.statements.rules.billing import BillingStatus
from trueup.statements.rules.documents import sign_of
from trueup.statements.writing import Draft


class TestBillingReport:
    @pytest.fixture
    def billed(self, settled_october: October) -> October:
        """October is billed to the vendor too."""
        open_billing_reports(OPERATOR, Cycle.objects.get(), now=at("2026-11-01T01:00:00Z"))
        save_prices("acme-vendor", BUYING)
        return settled_october

    def bill(self, month: Month = OCTOBER, now: str = "2026-11-09T00:00:00Z") -> int:
        submit_billing(who("north"), month, "north", now=at(now))
        complete_billing(who("vendor"), month, "north", now=at(now))
        return issue_of_billing(BillingReport.objects.all()[0].vendor_id, now=at(now))

    def begin(self) -> list[Month]:
        months = months_to_bill()
        for month in months:
            open_billing_reports(OPERATOR, Cycle.objects.of(month).get(), now=at("2026-12-01T01:00:00Z"))
        return months

    def said(self) -> Decimal:
        return added(sign_of(one.kind) * one.net for one in Statement.objects.filter(billing_report__isnull=False))

    def test_bills_the_difference_over_all_msps(self, billed: October) -> None:
        assert self.bill() == 1
        late(billed, *at_times("bolt-garage", "workspace-security", "5", "5"))
        assert self.begin() == [LATE]
        assert self.bill(LATE, "2026-12-12T00:00:00Z") == 1
        assert amounts("acme-vendor-2026-000002") == [("statement", "5.60", "5.60"), ("workspace-security", "2", "5.60")]
        billing = BillingReport.objects.get(cycle__adjusts__isnull=False)
        whole = collected(billing)
        assert [(one.msp_ref, one.cycle.month) for one in whole.reports] == [("bolt", LATE), ("coil", OCTOBER)]
        assert whole.settled is not None
        assert self.said() == whole.settled.net

    def test_shows_the_lines_of_the_whole_month_behind_it(self, billed: October) -> None:
        self.bill()
        late(billed, *at_times("bolt-garage", "workspace-security", "5", "5"))
        self.begin()
        for month, lines in ((LATE, [(LATE, "bolt", 15), (OCTOBER, "coil", 5)]), (OCTOBER, [(OCTOBER, "bolt", 13), (OCTOBER, "coil", 5)])):
            found = lines_behind(who("north"), month, "north", ["workspace-security"])
            assert [(line.cycle, line.msp, line.units) for line in found.items] == lines
            line = next(one for one in billing_report(who("north"), month, "north").collected.lines if one.service == "workspace-security")
            assert line.units == sum(units for *_, units in lines)

    def test_waits_for_what_it_is_a_difference_to(self, billed: October) -> None:
        late(billed, *at_times("bolt-garage", "workspace-security", "5", "5"))
        self.begin()
        view = billing_report(who("north"), LATE, "north")
        assert (view.collected.so_far, document_of(view)) == (None, None)  # nobody knows the difference yet
        with pytest.raises(Invalid, match="the billing report of 2026-10 has no statement yet"):
            submit_billing(who("north"), LATE, "north", now=at("2026-12-12T00:00:00Z"))
        self.bill()
        view = billing_report(who("north"), LATE, "north")
        assert [said["net"] for said in (view.collected.so_far, document_of(view)) if said] == ["5.60", "5.60"]
        assert self.bill(LATE, "2026-12-12T00:00:00Z") == 1

    def test_says_what_a_promo_code_does_to_the_difference(self, billed: October) -> None:
        self.bill()
        late(billed, *at_times("bolt-garage", "workspace-security", "5", "5"))
        self.begin()
        self.launch()
        found = checked_promo(who("north"), LATE, "north", "workspace-security", "LAUNCH")
        assert (found.why, found.without, found.amount) == (None, Decimal("5.60"), Decimal("-36.40"))

    def test_is_never_part_of_the_cycle_it_is_settled_in(self, billed: October) -> None:
        self.bill()
        deliver(billed, *at_times("bolt-garage", "workspace-security", "5", "5"))
        billed.deliver("2026-11-30,bolt-garage,workspace-security,1,1,", now="2026-11-30T10:00:00Z")
        close_month(NOVEMBER)
        assert sorted(map(str, self.begin())) == ["2026-11", "2026-11-adjusts-2026-10"]
        november = BillingReport.objects.get(cycle=Cycle.objects.of(NOVEMBER).get())
        assert [one.cycle.month for one in collected(november).reports] == []
        assert [one.cycle for one in collected(november).missing] == [NOVEMBER]

    def launch(self, price: str = "1", until: str = "2026-10-31", now: str = "2026-10-01T00:00:00Z") -> None:
        """A promo code of the vendor."""
        said = {"from": "2026-10-01", "until": until, "service": "workspace-security", "price": price}
        save_promo_code(OPERATOR, "acme-vendor", "LAUNCH", said, seen=None, now=at(now))

    def bill_with_code(self) -> None:
        """October at 0.70 a seat instead of 2.80."""
        self.launch()
        save_billing(who("north"), OCTOBER, "north", promo_codes={"workspace-security": "LAUNCH"}, now=at("2026-11-08T00:00:00Z"))
        self.bill()

    def after(self, became: str) -> None:
        """What the vendor does to the code once October is billed."""
        if became == "removed":
            remove_promo_code(OPERATOR, "acme-vendor", "LAUNCH", seen=None, now=at("2026-11-15T00:00:00Z"))
        elif became == "ended":
            self.launch(until="2026-10-15", now="2026-11-15T00:00:00Z")
        elif became == "changed":
            self.launch(price="2", now="2026-11-15T00:00:00Z")

    @pytest.mark.parametrize("became", ["kept", "removed", "ended", "changed"])
    def test_keeps_what_the_promo_codes_of_the_month_unlocked(self, billed: October, became: str) -> None:
        self.bill_with_code()
        self.after(became)
        late(billed, *at_times("bolt-garage", "workspace-security", "5", "5"))
        self.begin()
        self.bill(LATE, "2026-12-12T00:00:00Z")
        assert amounts("acme-vendor-2026-000002") == [("statement", "1.40", "1.40"), ("workspace-security", "2", "1.40")]
        (line,) = Statement.objects.get(number="acme-vendor-2026-000002").document["lines"]
        assert line["promo_code"] == "LAUNCH"

    def test_checks_another_promo_code_as_it_is_now(self, billed: October) -> None:
        self.bill_with_code()
        late(billed, *at_times("bolt-garage", "workspace-security", "5", "5"))
        self.begin()
        save_billing(who("north"), LATE, "north", promo_codes={"workspace-security": "NEVER"}, now=at("2026-12-11T00:00:00Z"))
        with pytest.raises(Invalid, match="there is no promo code “NEVER”"):
            self.bill(LATE, "2026-12-12T00:00:00Z")

    @pytest.mark.parametrize(("became", "amount"), [("kept", "12.60"), ("removed", "12.60"), ("ended", "12.60"), ("changed", "25.20")])
    def test_is_corrected_by_what_codes_unlock_now_else_by_what_they_did(self, billed: October, became: str, amount: str) -> None:
        self.bill_with_code()
        self.after(became)
        first, again = correct(who("vendor"), "acme-vendor-2026-000001", reason="Wrong", now=at("2026-12-01T00:00:00Z"))
        assert amounts(first)[1] == ("workspace-security", "18", "12.60")
        assert amounts(again)[1] == ("workspace-security", "18", amount)
        if became != "changed":  # and so is the replacement
            made = correct(who("vendor"), again, reason="Again", now=at("2026-12-02T00:00:00Z"))
            assert amounts(made[1])[1] == ("workspace-security", "18", amount)

    def test_is_not_corrected_silently_without_a_code(self, billed: October) -> None:
        self.bill_with_code()
        BillingReport.objects.update(promo_codes={"workspace-security": "OTHER"})
        with pytest.raises(Invalid, match="there is no promo code “OTHER”"):
            correct(who("vendor"), "acme-vendor-2026-000001", reason="Wrong", now=at("2026-12-01T00:00:00Z"))

    def test_keeps_what_it_is_a_difference_to_from_being_corrected(self, billed: October) -> None:
        self.bill()
        late(billed, *at_times("bolt-garage", "workspace-security", "5", "5"))
        self.begin()
        submit_billing(who("north"), LATE, "north", now=at("2026-12-12T00:00:00Z"))
        with pytest.raises(Conflict, match="the billing report of 2026-11-adjusts-2026-10 is a difference to it, and is under way"):
            correct(who("vendor"), "acme-vendor-2026-000001", reason="Wrong", now=at("2026-12-12T01:00:00Z"))

    def test_does_so_also_if_it_is_decided_while_a_correction_is_made(self, billed: October, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bill()
        late(billed, *at_times("bolt-garage", "workspace-security", "5", "5"))
        self.begin()
        drafted = corrections

        def meanwhile(old: Statement, reason: str) -> list[Draft]:
            drafts = drafted(old, reason)
            submit_billing(who("north"), LATE, "north", now=at("2026-12-12T00:00:00Z"))
            complete_billing(who("vendor"), LATE, "north", now=at("2026-12-12T00:30:00Z"))
            return drafts

        monkeypatch.setattr(actions, "corrections", meanwhile)
        with pytest.raises(Conflict, match="is a difference to it, and is under way"):
            correct(who("vendor"), "acme-vendor-2026-000001", reason="Wrong", now=at("2026-12-12T01:00:00Z"))
        assert issue_of_billing(BillingReport.objects.all()[0].vendor_id, now=at("2026-12-12T02:00:00Z")) == 1

    def test_that_fails_holds_up_no_other(self, billed: October) -> None:
        submit_billing(who("north"), OCTOBER, "north", now=at("2026-11-09T00:00:00Z"))
        complete_billing(who("vendor"), OCTOBER, "north", now=at("2026-11-09T00:00:00Z"))
        right = BillingReport.objects.get()
        names = ("vendor_id", "vendor_ref", "vendor_name", "status", "completed_at", "document")
        south = {"distributor": Account.objects.get(ref="south"), "distributor_ref": "south", "distributor_name": "South"}
        same = {name: getattr(right, name) for name in names}
        wrong = BillingReport.objects.create(cycle=right.cycle, **south, **{**same, "document": {"net": "none"}})
        failures: list[Exception] = []
        assert issue_of_billing(right.vendor_id, now=at("2026-11-10T00:00:00Z"), failed=failures.append) == 1
        assert [type(one) for one in failures] == [InvalidOperation]
        BillingReport.objects.filter(pk=wrong.pk).update(document={**(right.document or {}), "currency": None})  # fails when it is written
        assert issue_of_billing(right.vendor_id, now=at("2026-11-10T00:00:00Z"), failed=failures.append) == 0
        assert len(failures) == 2
        wrong.delete()

    def test_that_is_outdated_is_not_completed(self, billed: October) -> None:
        self.bill()
        late(billed, *at_times("bolt-garage", "workspace-security", "5", "5"))
        self.begin()
        submit_billing(who("north"), LATE, "north", now=at("2026-12-12T00:00:00Z"))
        billing = BillingReport.objects.get(cycle__adjusts__isnull=False)
        document = {**(billing.document or {}), "adjusts": ["acme-vendor-2026-000009"]}
        BillingReport.objects.filter(pk=billing.pk).update(document=document)
        with pytest.raises(Conflict, match="was corrected since"):
            complete_billing(who("vendor"), LATE, "north", now=at("2026-12-12T00:00:00Z"))
        assert BillingReport.objects.get(pk=billing.pk).status == BillingStatus.SUBMITTED

    def test_is_corrected_with_what_it_is_a_difference_to(self, billed: October) -> None:
        self.bill()
        late(billed, *at_times("bolt-garage", "workspace-security", "5", "5"))
        self.begin()
        self.bill(LATE, "2026-12-12T00:00:00Z")
        save_prices("acme-vendor", BUYING | {"services": {"workspace-security": 10}}, now="2026-12-13T00:00:00Z")
        made = correct(who("vendor"), "acme-vendor-2026-000001", reason="10", now=at("2026-12-14T00:00:00Z"))
        assert len(made) == 4
        assert amounts(made[3]) == [("statement", "14.00", "14.00"), ("workspace-security", "2", "14.00")]
        found = collected(BillingReport.objects.get(cycle__adjusts__isnull=False), anew_after=())
        assert found.settled is not None
        assert self.said() == found.settled.net

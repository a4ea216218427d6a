"""Lists of billing reports and statements, what waits, what stands out, promo codes as they are typed."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from tests.reports.month import OCTOBER, OPERATOR, October, at
from tests.statements.conftest import BUYING, SELLING, issue_all, save_prices
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.cycles.models import Cycle
from trueup.kit.errors import NotAllowed, NotFound
from trueup.kit.period import Month
from trueup.prices.actions import save_promo_code
from trueup.prices.rules.lists import ListKey, PriceList
from trueup.reports.models import Report
from trueup.reports.rules.workflow import Status
from trueup.statements import adding
from trueup.statements.actions import complete_billing, correct, open_billing_reports, return_billing, submit_billing
from trueup.statements.collecting import units_before
from trueup.statements.models import BillingReport
from trueup.statements.queries import (
    BillingFilter,
    StatementFilter,
    billing_options,
    billing_page,
    billing_report,
    billing_reports,
    checked_promo,
    statement_cycles,
    statement_page,
    statement_totals,
    waiting_billing,
    waiting_for_prices,
    waiting_page,
)
from trueup.statements.rules.billing import BillingStatus
from trueup.statements.rules.highlights import Penalty, highlights
from trueup.statements.rules.settlement import ChargedLine
from trueup.statements.settling import Approved

Approve = Callable[..., October]
NOW = at("2026-11-09T00:00:00Z")
D = Decimal


def who(name: str) -> Viewer:
    return viewers_of({"north": "north@north.example", "south": "south@south.example", "vendor": "vendor@acme.example"}.get(name, name))[0]


@pytest.fixture
def ready(approve: Approve) -> October:
    """Everything approved, and priced by the vendor."""
    found = approve()
    open_billing_reports(OPERATOR, Cycle.objects.get(), now=at("2026-11-01T01:00:00Z"))
    save_prices("acme-vendor", BUYING)
    return found


class TestBillingPage:
    def test_shows_amounts_once_they_are_submitted(self, ready: October) -> None:
        assert [row.gross for row in billing_page(who("north"), BillingFilter()).items] == [None]
        submit_billing(who("north"), OCTOBER, "north", now=NOW)
        row = billing_page(who("vendor"), BillingFilter(status=BillingStatus.SUBMITTED)).items[0]
        assert (row.currency, row.net, row.tax, row.gross) == ("USD", D("162.40"), D("0.00"), D("162.40"))
        assert billing_reports(who("vendor"), month=OCTOBER) == [row]
        assert billing_report(who("vendor"), OCTOBER, "north").row == row

    def test_is_filtered(self, ready: October) -> None:
        def found(**wanted: object) -> int:
            return billing_page(who("vendor"), BillingFilter(**wanted)).total  # type: ignore[arg-type]

        assert [found(), found(cycle=OCTOBER), found(search="NORTH dist"), found(status=BillingStatus.COLLECTING)] == [1, 1, 1, 1]
        late = Month.adjusting(Month(2026, 11), OCTOBER)
        assert [found(cycle=Month(2026, 9)), found(search="south"), found(status=BillingStatus.RETURNED), found(cycle=late)] == [0, 0, 0, 0]

    def test_is_counted_and_added_up(self, ready: October) -> None:
        assert billing_options(who("vendor"), BillingFilter()).totals == {}
        submit_billing(who("north"), OCTOBER, "north", now=NOW)
        options = billing_options(who("vendor"), BillingFilter(status=BillingStatus.SUBMITTED))
        assert options.cycles == (OCTOBER,)
        assert options.statuses[BillingStatus.SUBMITTED] == 1
        assert options.totals == {"USD": (D("162.40"), D("0.00"), D("162.40"))}
        assert billing_options(who("vendor"), BillingFilter(status=BillingStatus.COMPLETED)).totals == {}

    def test_is_the_distributor_s_and_the_vendor_s(self, ready: October) -> None:
        for name in ("south", "billing@bolt.example"):
            assert billing_page(who(name), BillingFilter()).total == 0
            assert billing_options(who(name), BillingFilter()).cycles == ()


class TestCollected:
    def test_names_what_is_missing(self, approve: Approve) -> None:
        approve("bolt")
        open_billing_reports(OPERATOR, Cycle.objects.get(), now=NOW)
        found = billing_report(who("north"), OCTOBER, "north").collected
        assert [(one.cycle, one.msp, one.msp_name) for one in found.missing] == [(OCTOBER, "coil", "Coil Services")]
        assert (found.so_far, [line.service for line in found.unpriced]) == (
            None, ["workspace-security", "endpoint-core", "nfr-license"]
        )  # fmt: skip
        save_prices("acme-vendor", {"currency": "USD", "services": {"workspace-security": 4}})
        found = billing_report(who("north"), OCTOBER, "north").collected
        assert [line.service for line in found.unpriced] == ["endpoint-core", "nfr-license"]
        assert found.so_far is not None
        assert (found.settled, found.so_far["net"], len(found.so_far["lines"])) == (None, "52.00", 1)


class TestCheckedPromo:
    def test_says_what_it_unlocks(self, ready: October) -> None:
        said = {"from": "2026-10-01", "until": "2026-10-31", "service": "workspace-security", "price": 1}
        save_promo_code(who("vendor"), "acme-vendor", "LAUNCH", said, seen="", now=NOW)
        found = checked_promo(who("north"), OCTOBER, "north", "workspace-security", "LAUNCH")
        assert (found.why, found.currency, found.without, found.amount) == (None, "USD", D("50.40"), D("12.60"))
        assert found.promo is not None
        assert found.promo.price == 1

    def test_says_why_it_does_not_hold(self, ready: October) -> None:
        found = checked_promo(who("north"), OCTOBER, "north", "workspace-security", "NEVER")
        assert (found.why, found.promo, found.without, found.amount) == ("there is no promo code “NEVER”", None, D("50.40"), D("50.40"))
        with pytest.raises(NotFound, match="no line charges a service “email-core”"):
            checked_promo(who("north"), OCTOBER, "north", "email-core", "NEVER")

    def test_reads_no_customers_of_other_lines(self, ready: October, monkeypatch: pytest.MonkeyPatch) -> None:
        packs = {"credits": 10, "nfr": {"price": 10, "complimentary": 30}}
        save_prices("acme-vendor", BUYING | {"packs": packs}, now="2026-11-08T00:00:00Z")
        read: list[str] = []

        def charged(found: Approved, _: PriceList | None) -> list[ChargedLine]:
            read.extend(line.service_code for line in found.lines)
            return []

        monkeypatch.setattr(adding, "charged", charged)
        billing_report(who("north"), OCTOBER, "north")
        assert set(read) == {"nfr-license"}
        read.clear()
        found = checked_promo(who("north"), OCTOBER, "north", "workspace-security", "NEVER")
        assert (found.amount, read) == (D("50.40"), [])

    def test_is_not_told_to_others(self, ready: October) -> None:
        with pytest.raises(NotAllowed):
            checked_promo(who("vendor"), OCTOBER, "north", "workspace-security", "NEVER")
        for name in ("south", "billing@bolt.example"):
            with pytest.raises(NotFound):
                checked_promo(who(name), OCTOBER, "north", "workspace-security", "NEVER")


class TestHighlights:
    @pytest.mark.parametrize(
        ("units", "previous", "percent", "jumps"),
        [
            ("120", {"mail": D(100)}, D("20.0"), True), ("80", {"mail": D(100)}, D("-20.0"), True),
            ("119.9", {"mail": D(100)}, D("19.9"), False), ("100", {"mail": D(100)}, D("0.0"), False),
            ("1", {}, None, True), ("0", {}, None, False), ("1", None, None, False),
        ],
    )  # fmt: skip
    def test_are_large_changes(self, units: str, previous: dict[str, Decimal] | None, percent: Decimal | None, jumps: bool) -> None:
        line = ChargedLine("mail", "Mail", "credits", "Credits", "user", 0, D(units))
        found = highlights([line], previous, {})
        assert [(one.percent, one.jumps) for one in found] == ([(percent, True)] if jumps else [])

    def test_are_penalties(self) -> None:
        line = ChargedLine("mail", "Mail", "credits", "Credits", "user", 0, D(5))
        penalty = Penalty("bolt", "Bolt IT", D(5))
        found = highlights([line], {"mail": D(5)}, {"mail": (penalty,)})
        assert [(one.jumps, one.remarkable, one.penalties) for one in found] == [(False, True, (penalty,))]

    def test_need_a_month_before(self, ready: October) -> None:
        assert billing_report(who("north"), OCTOBER, "north").highlights == ()

    def test_compare_months_by_the_same_msps(self, approve: Approve) -> None:
        october = approve("bolt")
        open_billing_reports(OPERATOR, Cycle.objects.get(), now=NOW)
        september = Cycle.objects.create(first_day=date(2026, 9, 1))
        for report in Report.objects.filter(cycle__first_day=date(2026, 10, 1)):
            lines = list(report.lines.all())
            report.pk, report.cycle, report.status = None, september, Status.APPROVED
            report.submitted_at, report.approved_at = at("2026-10-04T00:00:00Z"), at("2026-10-05T00:00:00Z")
            report.save()
            for line in lines:
                line.pk, line.report = None, report
                line.save()
        row = BillingReport.objects.get(distributor_ref="north")
        assert (units_before(row) or {})["workspace-security"] == D(13)
        october.edit("coil", "workspace-security", by="billing@coil.example", comment="As agreed")
        october.submit("coil", by="billing@coil.example")
        october.approve("coil")
        assert (units_before(row) or {})["workspace-security"] == D(18)


class TestWaitingBilling:
    def test_waits_for_who_is_next(self, approve: Approve) -> None:
        october = approve("bolt")
        open_billing_reports(OPERATOR, Cycle.objects.get(), now=NOW)
        save_prices("acme-vendor", BUYING)
        assert waiting_billing(who("north")) == []
        october.submit("coil", by="billing@coil.example")
        assert [(one.status, one.month, one.count, one.distributor) for one in waiting_billing(who("north"))] == [
            (BillingStatus.COLLECTING, OCTOBER, 1, "north")
        ]
        submit_billing(who("north"), OCTOBER, "north", now=NOW)
        assert waiting_billing(who("north")) == []
        assert [(one.status, one.count, one.since) for one in waiting_billing(who("vendor"))] == [(BillingStatus.SUBMITTED, 1, NOW)]
        return_billing(who("vendor"), OCTOBER, "north", reason="Which PO?", now=NOW)
        assert [one.status for one in waiting_billing(who("north"))] == [BillingStatus.RETURNED]
        submit_billing(who("north"), OCTOBER, "north", now=NOW)
        complete_billing(who("vendor"), OCTOBER, "north", now=NOW)
        assert [waiting_billing(who(name)) for name in ("north", "vendor", "south", "billing@bolt.example")] == [[], [], [], []]


class TestWaitingForPrices:
    def test_names_the_list_that_has_no_price(self, approve: Approve) -> None:
        approve()
        assert [(one.msp, one.price_list) for one in waiting_for_prices(who("north"))] == [("bolt", None), ("coil", None)]
        save_prices("north", {"currency": "EUR"})
        save_prices("north", {"currency": "EUR"}, begin=date(2026, 11, 1))
        save_prices("north", {"currency": "EUR"}, buyer="coil", begin=date(2026, 10, 31))
        issue_all()
        page = waiting_page(who("north"), page=1, per_page=1)
        assert (page.total, page.items[0].msp, page.items[0].reason, page.items[0].price_list) == (
            2, "bolt", "3 services have no price, among them workspace-security, endpoint-core, nfr-license",
            ListKey("north", None, date(2026, 1, 1)),
        )  # fmt: skip
        assert waiting_page(who("north"), page=2, per_page=1).items[0].price_list == ListKey("north", "coil", date(2026, 10, 31))
        assert [waiting_page(who(name)).total for name in ("south", "vendor", "billing@bolt.example")] == [0, 0, 0]


class TestStatementPage:
    def test_is_filtered_and_added_up(self, approve: Approve) -> None:
        approve()
        save_prices("north", SELLING)
        issue_all()
        assert correct(who("north"), "north-2026-000001", reason="Wrong", now=NOW) == ["north-2026-000003", "north-2026-000004"]

        def found(name: str = "north", **wanted: object) -> list[str]:
            rows = statement_page(who(name), StatementFilter(**wanted)).items  # type: ignore[arg-type]
            return [row.number.removeprefix("north-2026-") for row in rows]

        assert found() == ["000004", "000003", "000002", "000001"]
        assert found(kind="credit_note") == ["000003"]
        assert found(search="COIL") == found(buyer="coil") == ["000002"]
        assert found(search="North Dist") == found()
        assert found("billing@bolt.example") == ["000004", "000003", "000001"]
        assert found(cycle=OCTOBER, seller="north") == found()
        assert found(cycle=Month(2026, 9)) == found(search="nobody") == found("south") == found("vendor") == []
        alone = statement_page(who("north"), StatementFilter(kind="statement")).items
        assert statement_cycles(who("north")) == [OCTOBER]
        totals = statement_totals(who("north"), StatementFilter())
        assert totals["EUR"][2] == sum(row.gross for row in alone if row.number != "north-2026-000001")
        assert statement_page(who("north"), StatementFilter(), page=2, per_page=3).items[0].number == "north-2026-000001"

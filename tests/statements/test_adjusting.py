"""Late usage in money: the statement of a month and those of its adjustments come to what is right now."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.reports.month import OCTOBER, OPERATOR, October, at, at_times, row
from tests.reports.test_adjusting import DECEMBER, LATE, LATER, NOVEMBER, approve, close_month
from tests.statements.conftest import SELLING, issue_all, save_prices
from tests.statements.test_billing import who
from trueup.cycles.models import Cycle
from trueup.kit.errors import Conflict, Invalid
from trueup.kit.period import Month
from trueup.kit.quantity import added
from trueup.ledger.queries import late_lines
from trueup.reports import actions as report_actions
from trueup.reports import queries as report_queries
from trueup.reports.models import Report
from trueup.reports.verifying import verify
from trueup.statements import issuing, writing
from trueup.statements.actions import correct
from trueup.statements.adjusting import chain_of_report
from trueup.statements.due import reports_due
from trueup.statements.models import Hold, Statement
from trueup.statements.queries import checked_statements, statement, waiting_for_prices
from trueup.statements.rules.documents import settled_document, sign_of
from trueup.statements.rules.focus import rows_of
from trueup.statements.rules.settlement import settled
from trueup.statements.settling import approved, charged

TIERED: dict[str, Any] = {
    "currency": "EUR",
    "tax": {"percent": 19},
    "services": {"workspace-security": {"pricing": "volume", "tiers": [{"up_to": 10, "price": 5}, {"price": 4}]}},
    "packs": {"credits": {"tiers": [{"up_to": 10, "price": 12}, {"price": 11}]}, "nfr": {"price": 12, "complimentary": 30}},
}
LATE_DAY = "2026-11-20T10:00:00Z"


@pytest.fixture(autouse=True)
def clean(october: October) -> Iterator[None]:
    """Whatever was done, figures come out again and statements are as they were issued."""
    yield
    assert verify(None) == []
    assert list(checked_statements()) == []


def deliver(october: October, *rows: str, now: str = LATE_DAY) -> None:
    october.deliver(*rows, now=now)


def amounts(number: str) -> list[tuple[str, str, str]]:
    """Kind or service, quantity, amount."""
    document = statement(OPERATOR, number).document
    return [(document["kind"], document["net"], document["gross"])] + [
        (line["code"], line["quantity"], line["amount"]) for line in document["lines"]
    ]


def said_to(msp: str) -> Decimal:
    """All that was said to an MSP of October, before tax."""
    report = Report.objects.filter(msp_ref=msp).order_by("-cycle__first_day")[0]
    return added(sign_of(one.kind) * one.net for one in chain_of_report(report).statements)


def right_now(msp: str, month: Month) -> Decimal:
    """What one statement over the newest figures says, by the prices the first one copied."""
    report = Report.objects.get(cycle=Cycle.objects.of(month).get(), msp_ref=msp)
    prices = chain_of_report(report).prices
    assert prices is not None
    return Decimal(settled_document(settled(prices, lines := charged(approved([report])[0], prices)), lines, prices)["net"])


@pytest.fixture
def settled_october(approve_october: Callable[..., October]) -> October:
    """October is approved and settled."""
    found = approve_october()
    save_prices("north", SELLING)
    assert issue_all() == 2
    return found


@pytest.fixture
def approve_october(approve: Callable[..., October]) -> Callable[..., October]:
    return approve


def late(october: October, *rows: str) -> None:
    """Usage comes late, and is adjusted and approved."""
    deliver(october, *rows)
    close_month(NOVEMBER)
    for msp in sorted({one.msp for one in report_queries.report_list(OPERATOR, cycle=LATE)}):
        approve(msp)


class TestStatement:
    def test_of_nothing_late_is_none(self, settled_october: October) -> None:
        close_month(NOVEMBER)
        assert issue_all("2026-12-10T00:00:00Z") == 0

    def test_says_the_difference(self, settled_october: October) -> None:
        before = Statement.objects.get(number="north-2026-000001").checksum
        late(settled_october, *at_times("bolt-garage", "workspace-security", "5", "5"))
        assert issue_all("2026-12-10T00:00:00Z") == 1
        assert amounts("north-2026-000003") == [("statement", "8.40", "10.00"), ("workspace-security", "2", "8.40")]
        document = statement(OPERATOR, "north-2026-000003").document
        assert (document["cycle"], document["adjusts"]) == ("2026-11-adjusts-2026-10", ["north-2026-000001"])
        (line,) = document["lines"]
        assert line["before"] == {"quantity": "13", "list_amount": "54.6", "amount": "54.60"}
        assert line["after"]["amount"] == "63.00"
        assert line["charged"] == [
            {"service": "workspace-security", "name": "Workspace Security", "unit": "seat", "units": "2", "credits": None}
        ]
        assert Statement.objects.get(number="north-2026-000001").checksum == before
        assert said_to("bolt") == right_now("bolt", LATE)

    def test_of_less_is_a_credit_note(self, settled_october: October) -> None:
        late(settled_october, *at_times("bolt-garage", "workspace-security", "0", "0"))
        issue_all("2026-12-10T00:00:00Z")
        assert amounts("north-2026-000003") == [("credit_note", "12.60", "14.99"), ("workspace-security", "3", "12.60")]
        assert statement(OPERATOR, "north-2026-000003").row.corrects == ""
        assert said_to("bolt") == right_now("bolt", LATE)

    def test_of_all_to_zero_gives_all_back(self, settled_october: October) -> None:
        late(settled_october, *at_times("coil-bakery", "workspace-security", "0", "0"))
        issue_all("2026-12-10T00:00:00Z")
        assert said_to("coil") == 0

    @pytest.mark.parametrize(("seats", "kind", "quantity", "amount"), [("4", "statement", "1", "5.00"), ("5", "credit_note", "-2", "1.00")])
    def test_knows_that_tiers_are_of_the_whole(
        self, approve_october: Callable[..., October], seats: str, kind: str, quantity: str, amount: str
    ) -> None:
        """9 seats at 5.00; the tenth costs 5.00 more, the eleventh makes all of them 4.00."""
        october = approve_october("bolt")
        october.deliver(*at_times("coil-bakery", "workspace-security", "9", "9"), now="2026-11-02T10:00:00Z")
        october.regenerate("coil")
        october.submit("coil", by="billing@coil.example")
        save_prices("north", TIERED)
        issue_all()
        deliver(october, *at_times("bolt-moved", "workspace-security", "0", "0"))
        october.deliver(row(31, "bolt-moved", "workspace-security", str(int(seats) - 3), str(int(seats) - 3)), now="2026-11-21T10:00:00Z")
        close_month(NOVEMBER)
        approve("coil")
        issue_all("2026-12-10T00:00:00Z")
        found = Statement.objects.get(report__msp_ref="coil", report__cycle__adjusts__isnull=False)
        line = found.document["lines"][0]
        assert (found.kind, line["quantity"], line["amount"]) == (kind, quantity, amount)
        assert said_to("coil") == right_now("coil", LATE)

    def test_counts_packs_of_the_whole(self, settled_october: October) -> None:
        late(settled_october, *at_times("bolt-garage", "endpoint-core", "13", "13"))  # 48.75 credits: 15 packs become 15.4875
        issue_all("2026-12-10T00:00:00Z")
        document = statement(OPERATOR, "north-2026-000003").document
        assert [(line["code"], line["quantity"], line["credits"], line["amount"]) for line in document["lines"]] == [
            ("credits", "0", "48.75", "0.00")
        ]
        deliver(settled_october, *at_times("bolt-garage", "endpoint-core", "14", "14"), now="2026-12-20T10:00:00Z")
        close_month(DECEMBER)
        approve("bolt", LATER, "2027-01-04T10:00:00Z")
        issue_all("2027-01-05T00:00:00Z")
        assert amounts("north-2027-000001") == [("statement", "12.00", "14.28"), ("credits", "1", "12.00")]
        assert said_to("bolt") == right_now("bolt", LATER)

    def test_knows_whose_credits_are_complimentary(self, settled_october: October) -> None:
        """Dental has 40 and garage 50, of which 30 each are free; 20 of garage's were dental's."""
        late(settled_october, *at_times("bolt-garage", "nfr-license", "10", "10"), *at_times("bolt-dental", "nfr-license", "80", "80"))
        issue_all("2026-12-10T00:00:00Z")
        assert amounts("north-2026-000003") == [("statement", "12.00", "14.28"), ("nfr", "1", "12.00")]
        assert said_to("bolt") == right_now("bolt", LATE)

    def test_goes_on_from_what_an_earlier_one_said(self, settled_october: October) -> None:
        late(settled_october, *at_times("bolt-garage", "workspace-security", "5", "5"))
        issue_all("2026-12-10T00:00:00Z")
        deliver(settled_october, *at_times("bolt-garage", "workspace-security", "1", "1"), now="2026-12-20T10:00:00Z")
        close_month(DECEMBER)
        approve("bolt", LATER, "2027-01-04T10:00:00Z")
        issue_all("2027-01-05T00:00:00Z")
        assert amounts("north-2027-000001") == [("credit_note", "16.80", "19.99"), ("workspace-security", "4", "16.80")]
        assert said_to("bolt") == right_now("bolt", LATER) == Decimal("226.20")
        assert statement(OPERATOR, "north-2027-000001").document["adjusts"] == ["north-2026-000001", "north-2026-000003"]

    def test_is_priced_as_before_whatever_became_of_the_list(self, settled_october: October) -> None:
        save_prices("north", SELLING | {"services": {"workspace-security": 9}}, now="2026-11-10T00:00:00Z")
        late(settled_october, *at_times("bolt-garage", "workspace-security", "5", "5"))
        issue_all("2026-12-10T00:00:00Z")
        assert amounts("north-2026-000003")[0] == ("statement", "8.40", "10.00")

    def test_takes_only_what_it_has_no_price_for_from_the_list_of_now(self, settled_october: October) -> None:
        late(settled_october, *at_times("coil-bakery", "workspace-security", "7", "7"), *at_times("coil-bakery", "email-core", "0", "0"))
        save_prices("north", SELLING | {"packs": {}, "services": {"workspace-security": 9}}, now="2026-11-10T00:00:00Z")
        issue_all("2026-12-10T00:00:00Z")
        assert amounts("north-2026-000003") == [("statement", "8.40", "10.00"), ("workspace-security", "2", "8.40")]

    def test_of_a_new_service_waits_for_its_price(self, approve_october: Callable[..., October]) -> None:
        october = approve_october("bolt")
        october.submit("coil", by="billing@coil.example")
        save_prices("north", {"currency": "EUR", "services": {"workspace-security": "4.20"}}, buyer="coil")
        issue_all()
        late(october, *at_times("coil-bakery", "nfr-license", "10", "10"))
        issue_all("2026-12-10T00:00:00Z")
        assert ("coil", "there is no price for nfr-license") in [(one.msp, one.reason) for one in waiting_for_prices(OPERATOR)]
        save_prices(
            "north", {"currency": "EUR", "services": {"workspace-security": 9, "nfr-license": 2}}, buyer="coil",
            now="2026-12-11T00:00:00Z",
        )  # fmt: skip
        assert issue_all("2026-12-12T00:00:00Z") == 1
        found = Statement.objects.get(report__cycle__adjusts__isnull=False)
        assert [(line["code"], line["amount"]) for line in found.document["lines"]] == [("nfr-license", "20.00")]

    def test_waits_for_the_statement_it_adjusts(self, approve_october: Callable[..., October]) -> None:
        october = approve_october("bolt")
        october.submit("coil", by="billing@coil.example")
        late(october, *at_times("coil-bakery", "workspace-security", "7", "7"))
        now = "2026-12-10T00:00:00Z"
        assert [one.cycle.month for one in reports_due(now=at(now)).filter(msp_ref="coil")] == [OCTOBER]
        assert issue_all(now) == 0
        save_prices("north", SELLING, now="2026-12-11T00:00:00Z")
        assert issue_all("2026-12-12T00:00:00Z") == 2
        assert issue_all("2026-12-12T00:00:05Z") == 1
        assert not Hold.objects.exists()
        assert said_to("coil") == right_now("coil", LATE)

    def test_of_an_msp_without_a_report_says_all_of_it(self, settled_october: October) -> None:
        october = settled_october
        october.deliver(*at_times("dune-hotel", "workspace-security", "2", "2"), now=LATE_DAY)
        save_prices("south", SELLING)
        close_month(NOVEMBER)
        south = report_queries.viewer_for("south@south.example", LATE, "dune")
        report_actions.submit(south, LATE, "dune", now=at("2026-12-03T10:00:00Z"))
        issue_all("2026-12-10T00:00:00Z")
        assert amounts("south-2026-000001") == [("statement", "8.40", "10.00"), ("workspace-security", "2", "8.40")]

    def test_is_not_issued_twice_at_once(self, settled_october: October, monkeypatch: pytest.MonkeyPatch) -> None:
        late(settled_october, *at_times("bolt-garage", "workspace-security", "5", "5"))
        again = writing.issue

        def twice(*given: object, **named: object) -> object:
            assert len(again(*given, **named)) == 1  # type: ignore[arg-type]
            return again(*given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(issuing, "issue", twice)
        assert issue_all("2026-12-10T00:00:00Z") == 0
        assert Statement.objects.filter(report__cycle__adjusts__isnull=False).count() == 1

    def test_is_drafted_anew_if_something_was_corrected_meanwhile(self, settled_october: October, monkeypatch: pytest.MonkeyPatch) -> None:
        late(settled_october, *at_times("bolt-garage", "workspace-security", "5", "5"))
        again = writing.issue

        def corrected_first(*given: object, **named: object) -> object:
            monkeypatch.undo()
            save_prices("north", SELLING | {"services": {"workspace-security": 5}}, now="2026-12-09T00:00:00Z")
            correct(who("north"), "north-2026-000001", reason="5 was agreed", now=at("2026-12-09T12:00:00Z"))
            return again(*given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(issuing, "issue", corrected_first)
        assert issue_all("2026-12-10T00:00:00Z") == 0
        assert issue_all("2026-12-10T00:00:05Z") == 1
        found = Statement.objects.get(report__cycle__adjusts__isnull=False)
        assert [(line["quantity"], line["amount"]) for line in found.document["lines"]] == [("2", "10.00")]

    def test_that_is_killed_is_issued_by_the_next_round(self, settled_october: October, monkeypatch: pytest.MonkeyPatch) -> None:
        late(settled_october, *at_times("bolt-garage", "workspace-security", "5", "5"))
        with monkeypatch.context() as patch:
            patch.setattr(writing, "record_all", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                issue_all("2026-12-10T00:00:00Z")
        assert Statement.objects.count() == 2
        assert issue_all("2026-12-10T00:01:00Z") == 1
        assert statement(OPERATOR, "north-2026-000003").row.net == Decimal("8.40")


class TestFocus:
    @pytest.mark.parametrize("seats", ["5", "1"])
    def test_rows_are_a_correction_of_the_month_in_the_period_of_the_cycle(self, settled_october: October, seats: str) -> None:
        late(settled_october, *at_times("bolt-garage", "workspace-security", seats, seats))
        issue_all("2026-12-10T00:00:00Z")
        found = Statement.objects.get(number="north-2026-000003")
        (line,) = rows_of(found.document)
        assert line["BilledCost"] == sign_of(found.kind) * found.net
        assert (line["ChargeClass"], line["ChargePeriodStart"].month, line["BillingPeriodStart"].month) == ("Correction", 10, 11)


class TestCorrection:
    def test_corrects_the_differences_with_it(self, settled_october: October) -> None:
        late(settled_october, *at_times("bolt-garage", "workspace-security", "5", "5"))
        issue_all("2026-12-10T00:00:00Z")
        save_prices("north", SELLING | {"currency": "USD", "services": {"workspace-security": 5}}, now="2026-12-11T00:00:00Z")
        made = correct(who("north"), "north-2026-000001", reason="5 dollars were agreed", now=at("2026-12-12T00:00:00Z"))
        assert made == [f"north-2026-00000{number}" for number in (4, 5, 6, 7)]
        assert amounts("north-2026-000005")[1] == ("workspace-security", "13", "65.00")
        assert amounts("north-2026-000006")[:2] == [("credit_note", "8.40", "10.00"), ("workspace-security", "2", "8.40")]
        assert amounts("north-2026-000007") == [("statement", "10.00", "11.90"), ("workspace-security", "2", "10.00")]
        assert said_to("bolt") == right_now("bolt", LATE)

    def test_of_a_credit_note_for_late_usage_takes_it_back(self, settled_october: October) -> None:
        late(settled_october, *at_times("bolt-garage", "workspace-security", "0", "0"))
        issue_all("2026-12-10T00:00:00Z")
        save_prices("north", SELLING | {"services": {"workspace-security": 5}}, now="2026-12-11T00:00:00Z")
        made = correct(who("north"), "north-2026-000003", reason="5 was agreed", now=at("2026-12-12T00:00:00Z"))
        assert amounts(made[0])[:2] == [("credit_note", "-12.60", "-14.99"), ("workspace-security", "-3", "-12.60")]
        assert amounts(made[1])[1] == ("workspace-security", "-3", "-4.60")  # 50.00, instead of 54.60
        assert said_to("bolt") == right_now("bolt", LATE)
        with pytest.raises(Conflict, match="is a credit note"):
            correct(who("north"), made[0], reason="again", now=at("2026-12-12T00:00:00Z"))

    def test_in_another_currency_begins_at_the_first(self, settled_october: October) -> None:
        late(settled_october, *at_times("bolt-garage", "workspace-security", "5", "5"))
        issue_all("2026-12-10T00:00:00Z")
        save_prices("north", SELLING | {"currency": "USD"}, now="2026-12-11T00:00:00Z")
        with pytest.raises(Invalid, match="“north-2026-000001” is in another currency or tax: correct it first"):
            correct(who("north"), "north-2026-000003", reason="Dollars", now=at("2026-12-12T00:00:00Z"))

    def test_lets_go_on_what_waited_for_it(self, settled_october: October) -> None:
        """What is a difference to several statements waits while these are in several currencies: until the first is corrected."""
        late(settled_october, *at_times("bolt-garage", "workspace-security", "5", "5"))
        report = Report.objects.get(cycle=Cycle.objects.of(LATE).get())
        Hold.objects.create(report=report, reason="{}", tried_at=at("2026-12-09T00:00:00Z"), price_lists=1)  # as it leaves one
        assert issue_all("2026-12-10T00:00:00Z") == 0
        correct(who("north"), "north-2026-000001", reason="Tax", now=at("2026-12-11T00:00:00Z"))
        assert issue_all("2026-12-12T00:00:00Z") == 1
        assert not Hold.objects.exists()


def test_late_lines_are_those_a_newer_record_is_of(october: October) -> None:
    october.deliver(*at_times("bolt-dental", "workspace-security", "1", "1"))
    october.close()
    after = Cycle.objects.get().as_of
    assert after is not None
    assert late_lines(OCTOBER, after=after, as_of=at("2027-01-01T00:00:00Z")) == set()

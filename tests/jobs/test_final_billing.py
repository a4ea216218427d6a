"""The clock's part of final billing: billing reports begin, statements are issued, what has no price is held and told."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction

from tests.database import without_triggers
from tests.jobs.command import Trueup
from tests.jobs.test_pipeline import done
from tests.reports.conftest import october as october  # noqa: PLC0414 -- the fixture
from tests.reports.month import OCTOBER, OPERATOR, October, at, at_times
from tests.statements.conftest import BUYING, SELLING, account_id, save_prices
from tests.statements.conftest import approve as approve  # noqa: PLC0414 -- the fixture
from trueup.accounts.queries import viewers_of
from trueup.jobs import pipeline
from trueup.prices.models import KeptPriceList
from trueup.prices.rules.lists import PriceList
from trueup.statements import issuing
from trueup.statements.actions import complete_billing, submit_billing
from trueup.statements.due import SETTLING
from trueup.statements.models import Hold, NumberSeries, Statement
from trueup.statements.queries import billing_reports, checked_statements, waiting_for_prices
from trueup.statements.rules.settlement import ChargedLine
from trueup.statements.settling import Approved, charged

Approve = Callable[..., October]
NOW = "2026-11-08T12:00:00Z"
BILLING = ("began billing reports of 2026-10", 1)
ISSUED = "issued statements of reports"


def numbers() -> list[str]:
    return list(Statement.objects.order_by("pk").values_list("number", flat=True))


class TestBilling:
    def test_begins_once_all_reports_are_there(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "40"), *at_times("dune-hotel", "endpoint-core", "7", "7"))
        october.close()
        assert ("began billing reports of 2026-10", 2) in done(NOW)
        assert done(NOW) == []
        assert [(row.distributor, row.vendor, row.status) for row in billing_reports(OPERATOR)] == [
            ("north", "acme-vendor", "collecting"), ("south", "acme-vendor", "collecting"),
        ]  # fmt: skip

    def test_is_not_asked_for_in_a_month_without_reports(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "40"))
        october.close()
        done(NOW)
        assert ("closed the cycle 2026-11", 1) in done("2026-12-01T00:00:00Z")
        assert [row.cycle for row in billing_reports(OPERATOR)] == [OCTOBER]

    def test_ends_in_a_statement_of_the_vendor(self, approve: Approve) -> None:
        approve()
        save_prices("north", SELLING)
        save_prices("acme-vendor", BUYING)
        assert done(NOW) == [BILLING, (ISSUED, 2)]
        submit_billing(viewers_of("north@north.example")[0], OCTOBER, "north", now=at(NOW))
        assert done(NOW) == []
        complete_billing(viewers_of("vendor@acme.example")[0], OCTOBER, "north", now=at(NOW))
        assert done(NOW) == [("issued statements of billing reports", 1)]
        assert done(NOW) == []
        assert numbers() == ["north-2026-000001", "north-2026-000002", "acme-vendor-2026-000001"]
        assert list(checked_statements()) == []


class TestStatements:
    def test_are_issued_in_the_round_in_which_the_terms_approve(self, october: October) -> None:
        save_prices("north", SELLING)
        october.deliver(*at_times("coil-bakery", "workspace-security", "5", "5"))
        october.close()
        assert done("2026-11-07T00:00:00Z") == [BILLING, ("submitted reports automatically", 1), (ISSUED, 1)]

    def test_are_held_with_their_reasons_until_prices_change(self, approve: Approve) -> None:
        approve()
        assert done(NOW) == [BILLING, ("held statements because there is no price list", 2)]
        assert done("2026-11-08T12:00:05Z") == []
        save_prices("north", {"currency": "EUR", "services": {"workspace-security": 1}}, now="2026-11-08T13:00:00Z")
        assert done("2026-11-08T13:00:01Z") == [
            (ISSUED, 1), ("held statements because 2 services have no price, among them endpoint-core, nfr-license", 1),
        ]  # fmt: skip
        save_prices("north", SELLING, now="2026-11-08T14:00:00Z")
        assert done("2026-11-08T14:00:01Z") == [(ISSUED, 1)]
        assert (waiting_for_prices(OPERATOR), Hold.objects.count()) == ([], 0)

    def test_are_tried_once_more_when_prices_were_being_saved_meanwhile(self, approve: Approve) -> None:
        """Who saves a list says when it began to; it is seen by others when it ends."""
        approve()
        save_prices("north", {"currency": "EUR", "services": {}})
        done(NOW)
        save_prices("north", SELLING, now="2026-11-08T11:59:58Z")
        assert done("2026-11-08T12:00:05Z") == []
        later = at(NOW) + SETTLING
        assert done(later.isoformat()) == [(ISSUED, 2)]

    def test_are_tried_at_once_when_there_is_a_further_list(self, approve: Approve) -> None:
        approve()
        done(NOW)
        save_prices("north", SELLING, now="2026-11-08T11:59:58Z")
        assert done("2026-11-08T12:00:05Z") == [(ISSUED, 2)]

    def test_of_one_seller_do_not_wait_for_those_of_another(self, october: October) -> None:
        october.deliver(*at_times("coil-bakery", "workspace-security", "5", "5"), *at_times("dune-hotel", "workspace-security", "7", "7"))
        october.close()
        save_prices("north", SELLING)
        save_prices("south", SELLING)
        KeptPriceList.objects.filter(seller__ref="south").update(definition={"currency": 5})
        with pytest.raises(ExceptionGroup, match="1 thing"):
            done("2026-11-07T05:00:00Z")
        assert numbers() == ["north-2026-000001"]
        KeptPriceList.objects.filter(seller__ref="south").update(definition=SELLING)
        assert done("2026-11-07T05:00:05Z") == [(ISSUED, 1)]
        assert numbers() == ["north-2026-000001", "south-2026-000001"]

    def test_of_one_report_do_not_wait_for_one_that_fails(self, approve: Approve, monkeypatch: pytest.MonkeyPatch) -> None:
        approve()
        save_prices("north", SELLING)

        def broken(one: Approved, prices: PriceList | None) -> list[ChargedLine]:
            if one.report.msp_ref == "bolt":
                raise RuntimeError("a mistake of ours")
            return charged(one, prices)

        monkeypatch.setattr(issuing, "charged", broken)
        with pytest.raises(ExceptionGroup, match="1 thing"):
            done(NOW)
        assert [one.buyer.ref for one in Statement.objects.select_related("buyer")] == ["coil"]
        monkeypatch.setattr(issuing, "charged", charged)
        assert done(NOW) == [(ISSUED, 1)]
        assert numbers() == ["north-2026-000001", "north-2026-000002"]

    def test_say_how_far_they_are(self, approve: Approve, monkeypatch: pytest.MonkeyPatch) -> None:
        approve()
        save_prices("north", SELLING)
        monkeypatch.setattr(issuing, "REPORTS_AT_ONCE", 1)
        told = Told()
        list(pipeline.run_once(at(NOW), told))
        assert told.said[:3] == [("issuing statements", 2), ("", 1), ("", 1)]


class TestVerify:
    @pytest.fixture
    def issued(self, approve: Approve) -> None:
        approve()
        save_prices("north", SELLING)
        done(NOW)

    def test_looks_at_every_statement(self, issued: None, trueup: Trueup) -> None:
        said = trueup("verify", "2026-10")
        assert said.code == 0
        assert "Every figure comes out the same." in said.err
        assert "Every statement is as it was issued, and no number is missing." in said.err

    def test_finds_a_statement_that_was_altered_and_a_number_that_is_missing(self, issued: None, trueup: Trueup) -> None:
        with transaction.atomic(), without_triggers(connection), connection.cursor() as cursor:
            cursor.execute("UPDATE statements_statement SET checksum = 'x' WHERE sequence = 2")
        NumberSeries.objects.update(last=3)
        found = trueup.json("verify", code=1)
        assert [(one["cycle"], one["field"], one["statement"], one["finding"]) for one in found] == [
            (None, None, "north-2026-000002", "its content was altered: the checksum is another"),
            (None, None, f"{account_id('north')}-2026", "the last number given is 3, and there is no such statement"),
        ]
        said = trueup("verify")
        assert (said.code, "2 finding(s) about statements" in said.err, "another" in said.out) == (1, True, True)


class Told:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, int | None]] = []

    def start(self, label: str, total: int | None) -> None:
        self.said.append((label, total))

    def advance(self, count: int) -> None:
        self.said.append(("", count))

    def finish(self) -> None:
        pass

"""The demo world with a short past, from nothing to the month that is played."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trueup import demo
from trueup.accounts.models import Account
from trueup.accounts.rules import Viewer
from trueup.cycles.queries import closed_months
from trueup.kit.errors import Conflict
from trueup.kit.period import Month
from trueup.kit.progress import Silence
from trueup.ledger.queries import unmapped_names, usage_rows
from trueup.reports.models import Report
from trueup.reports.queries import report_list
from trueup.reports.rules.workflow import Status
from trueup.statements.models import BillingReport, Statement
from trueup.statements.queries import StatementFilter, billing_reports, checked_statements, statements, waiting_for_prices

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
SYSTEM = Viewer.system()
MONTHS = 3


@pytest.mark.django_db(transaction=True)
class TestDemo:
    def test_shows_reports_in_every_state_and_does_nothing_twice(self, ledger_home: Path) -> None:
        assert demo.load(now=NOW, progress=Silence(), months=MONTHS)
        assert closed_months() == [Month(2026, 8), Month(2026, 9)]
        month = demo.play(now=NOW, progress=Silence(), months=MONTHS)

        assert month == Month(2026, 10)
        states = {summary.status for summary in report_list(SYSTEM, cycle=month)}
        assert states == set(Status)
        assert {summary.msp for summary in report_list(SYSTEM, cycle=Month(2026, 9), status="under_review")} == {"kestrow"}
        assert [name.name for name in unmapped_names(SYSTEM)] == ["Saltmarsh Dental (new tenant)"]
        self._knows_the_correction(month)
        self._shows_final_billing_in_every_state()

        before = self._state()
        assert not demo.load(now=NOW, progress=Silence(), months=MONTHS)
        assert demo.play(now=NOW + timedelta(minutes=5), progress=Silence(), months=MONTHS) == month
        assert self._state() == before
        self._goes_on_the_next_day()

    def _state(self) -> list[object]:
        reports, billing = (list(model.objects.order_by("pk").values_list("pk", "status", "version")) for model in (Report, BillingReport))
        return [reports, billing, list(Statement.objects.order_by("pk").values_list("number", "checksum"))]

    def _shows_final_billing_in_every_state(self) -> None:
        """Of each month: what the distributors sent to the vendor, and who has a statement."""
        states = {(str(row.cycle), row.distributor): row.status for row in billing_reports(SYSTEM)}
        assert {key: state for key, state in states.items() if "adjusts" not in key[0]} == {
            ("2026-08", "northfall"): "completed", ("2026-08", "carrow"): "completed",
            ("2026-09", "northfall"): "submitted", ("2026-09", "carrow"): "collecting",
            ("2026-10", "northfall"): "collecting", ("2026-10", "carrow"): "collecting",
        }  # fmt: skip
        assert [(str(one.cycle), one.msp, one.reason) for one in waiting_for_prices(SYSTEM)] == [
            ("2026-09", "larkmoor", "there is no price for device-encryption")
        ]
        of_the_vendor = statements(SYSTEM, StatementFilter(seller="tessarine"), limit=9)
        assert [(row.buyer, row.currency) for _, row in of_the_vendor] == [("northfall", "EUR"), ("carrow", "USD")]
        assert {row.currency for _, row in statements(SYSTEM, StatementFilter(), limit=99)} == {"EUR", "USD", "GBP"}
        corrected = [row for _, row in statements(SYSTEM, StatementFilter(), limit=99) if row.corrects]
        assert [(str(row.cycle), row.seller, row.kind) for row in corrected] == [
            ("2026-09", "northfall", "statement"), ("2026-09", "northfall", "credit_note")
        ]  # fmt: skip
        assert all(row.document["buyer"]["street"] and row.document["buyer"]["country"] for row in Statement.objects.all())
        assert list(checked_statements()) == []

    def _knows_the_correction(self, month: Month) -> None:
        first = next(row.customer for row in usage_rows(SYSTEM, month, msp="jessamy", service="cloud-backup"))
        rows = list(usage_rows(SYSTEM, month, customer=first, service="cloud-backup"))
        assert max(row.provisioned for row in rows) < 2 * min(row.provisioned for row in rows)

    def _goes_on_the_next_day(self) -> None:
        demo.play(now=NOW + timedelta(days=1), progress=Silence(), months=MONTHS)
        days = {row.day.day for row in usage_rows(SYSTEM, Month(2026, 11), msp="bryndle", service="endpoint-core")}
        assert days == {1, 2, 3}

    def test_stays_out_of_an_installation_with_a_network_of_its_own(self, ledger_home: Path) -> None:
        Account.objects.create(ref="acme", tier="vendor", name="Acme")
        with pytest.raises(Conflict, match="a network of its own"):
            demo.load(now=NOW, progress=Silence())

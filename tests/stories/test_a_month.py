"""A month from the network file to the approved report, through the command line alone."""

from pathlib import Path

import pytest

from tests.jobs.command import NETWORK, Trueup

MSP, DISTRIBUTOR = "billing@bolt.example", "review@north.example"
USAGE = """\
day,customer,service,provisioned_units,used_units,allocated_credits
2026-10-05,bolt-dental,endpoint-core,40,31,
2026-10-06,bolt-dental,endpoint-core,38,31,
2026-10-05,bolt-dental,workspace-security,22,,
2026-10-20,bolt-moved,endpoint-core,50,20,
2026-10-21,bolt-moved,workspace-security,10,10,
"""


@pytest.fixture
def month(trueup: Trueup, tmp_path: Path) -> Trueup:
    """October 2026 is closed: bolt and coil have a report each."""
    trueup.done("apply", trueup.file("network.yaml", NETWORK), "--now", "2026-09-01T00:00:00Z")
    trueup.done("usage", "import", trueup.file("usage.csv", USAGE), "--now", "2026-10-31T12:00:00Z")
    trueup.done("cycle", "close", "2026-10", "--now", "2026-11-01T00:00:00Z")
    return trueup


class TestMonth:
    def test_goes_from_usage_to_approved_reports(self, month: Trueup) -> None:
        self._is_prepared_and_approved(month)
        self._is_submitted_by_the_clock_with_a_penalty(month)
        self._is_rejected_resubmitted_and_approved(month)
        assert month.json("verify") == []
        audit = month.json("audit", "verify")
        assert audit["findings"] == []
        assert len(audit["anchor"]) == 64

    def _is_prepared_and_approved(self, month: Trueup) -> None:
        blocked = month.refused("report", "submit", "2026-10", "bolt", "--as", MSP, "--now", "2026-11-02T09:00:00Z")
        assert "endpoint-core: 9 units (22.5 %)" in blocked
        month.done(
            *("report", "edit", "2026-10", "bolt", "endpoint-core", "--chargeable", "35", "--comment", "Six are being onboarded"),
            *("--reason", "onboarding", "--as", MSP, "--now", "2026-11-02T09:05:00Z"),
        )
        month.done("report", "submit", "2026-10", "bolt", "--as", MSP, "--now", "2026-11-02T09:10:00Z")
        report = month.json("report", "show", "2026-10", "bolt")
        assert (report["status"], report["submission"], report["lines"][1]["chargeable"]) == ("under_review", "manual", "35")
        month.done("report", "approve", "2026-10", "bolt", "--as", DISTRIBUTOR, "--now", "2026-11-03T09:00:00Z")
        report = month.json("report", "show", "2026-10", "bolt")
        assert (report["status"], report["approved_at"]) == ("approved", "2026-11-03T09:00:00Z")
        assert "approved" in month.refused(
            "report", "edit", "2026-10", "bolt", "endpoint-core", "--chargeable", "1", "--as", MSP, "--now", "2026-11-03T10:00:00Z"
        )

    def _is_submitted_by_the_clock_with_a_penalty(self, month: Trueup) -> None:
        forecast = month.json("report", "forecast", "2026-10", "coil", "--now", "2026-11-04T00:00:00Z")
        assert forecast == {
            "deadline": "2026-11-07T00:00:00Z",
            "lines": [
                {"service": "workspace-security", "as_saved": "10", "if_nothing": "10", "reason": "as_saved"},
                {"service": "endpoint-core", "as_saved": "20", "if_nothing": "50", "reason": "penalty"},
            ],
        }
        month.done("work", "--once", "--now", "2026-11-06T23:59:59Z")
        assert month.json("report", "show", "2026-10", "coil")["status"] == "msp_preparing"
        month.done("work", "--once", "--now", "2026-11-07T00:00:00Z")
        report = month.json("report", "show", "2026-10", "coil")
        assert (report["status"], report["submission"]) == ("under_review", "automatic_with_penalty")
        assert report["flags"] == ["automatically_submitted_may_require_review"]
        assert (report["lines"][1]["chargeable"], report["lines"][1]["penalty"]) == ("50", True)
        month.done("report", "waive", "2026-10", "coil", "endpoint-core", "--reason", "First month", "--as", DISTRIBUTOR,
                   "--now", "2026-11-07T08:00:00Z")  # fmt: skip
        line = month.json("report", "show", "2026-10", "coil")["lines"][1]
        assert (line["chargeable"], line["penalty"]) == ("20", False)

    def _is_rejected_resubmitted_and_approved(self, month: Trueup) -> None:
        assert "reason" in month.refused("report", "reject", "2026-10", "coil", "--as", DISTRIBUTOR, "--now", "2026-11-07T08:30:00Z")
        month.done("report", "reject", "2026-10", "coil", "--comment", "Why so many?", "--as", DISTRIBUTOR, "--now", "2026-11-07T09:00:00Z")
        report = month.json("report", "show", "2026-10", "coil")
        assert (report["status"], report["submission"], report["deadline"]) == ("rejected", None, "2026-11-11T00:00:00Z")
        edit = ("report", "edit", "2026-10", "coil", "endpoint-core", "--comment", "Laptops in stock", "--as", "billing@coil.example")
        month.done(*edit, "--now", "2026-11-08T09:00:00Z")
        month.done("report", "submit", "2026-10", "coil", "--as", "billing@coil.example", "--now", "2026-11-08T09:10:00Z")
        assert month.json("report", "show", "2026-10", "coil")["submission"] == "returned"
        month.done("report", "approve", "2026-10", "coil", "--as", DISTRIBUTOR, "--now", "2026-11-09T09:00:00Z")
        events = [entry["event"] for entry in month.json("report", "history", "2026-10", "coil")]
        assert [event for event in events if event != "reminded"] == [
            "generated", "automatically_submitted", "penalty_waived", "rejected", "draft_saved", "submitted", "approved",
        ]  # fmt: skip

    def test_is_explained_by_its_days_and_customers(self, month: Trueup) -> None:
        days = month.json("report", "days", "2026-10", "bolt", "endpoint-core")
        assert len(days) == 31
        assert [day for day in days if day["chosen"]] == [
            {"day": "2026-10-05", "provisioned": "40", "used": "31", "credits": "150", "chosen": True}
        ]
        customers = month.json("report", "customers", "2026-10", "coil", "endpoint-core")
        assert customers == [{"customer": "bolt-moved", "provisioned": "50", "used": "20", "credits": "187.5"}]

    def test_is_measured_anew_from_a_correction_and_keeps_the_comment(self, month: Trueup) -> None:
        month.done("report", "edit", "2026-10", "bolt", "endpoint-core", "--comment", "Ours", "--as", MSP, "--now", "2026-11-02T08:00:00Z")
        late = month.file("late.csv", "day,customer,service,provisioned_units,used_units\n2026-10-05,bolt-dental,endpoint-core,44,44\n")
        month.done("usage", "import", late, "--now", "2026-11-02T09:00:00Z")
        assert month.json("report", "show", "2026-10", "bolt")["lines"][1]["provisioned"] == "40"
        assert month.json("verify", "2026-10") == []
        month.done("report", "regenerate", "2026-10", "bolt", "--as", DISTRIBUTOR, "--now", "2026-11-02T10:00:00Z")
        line = month.json("report", "show", "2026-10", "bolt")["lines"][1]
        assert (line["provisioned"], line["used"], line["comment"]) == ("44", "44", "Ours")
        assert month.json("verify", "2026-10") == []

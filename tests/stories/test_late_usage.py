"""Usage that comes late: adjusted in the next cycle and settled as the difference, through the command line and the clock alone."""

from tests.jobs.command import Trueup
from tests.stories.test_final_billing import BOLT, NORTH, PACKS, VENDOR
from tests.stories.test_final_billing import month as month  # noqa: PLC0414 -- the fixture

LATE = "2026-11-adjusts-2026-10"
FIXED = """\
day,customer,service,provisioned_units,used_units
2026-10-05,bolt-dental,workspace-security,44,44
2026-10-20,bolt-moved,workspace-security,0,0
"""


class TestLateUsage:
    def test_is_adjusted_and_settled_in_the_next_cycle(self, month: Trueup) -> None:
        self._is_settled_and_billed(month)
        self._comes_late(month)
        self._is_prepared_like_any_report(month)
        self._is_settled_as_the_difference(month)
        self._is_billed_to_the_vendor(month)
        assert month.json("verify") == []
        assert month.json("verify", LATE) == []
        assert month.json("audit", "verify")["findings"] == []

    def _is_settled_and_billed(self, month: Trueup) -> None:
        month.done("price", "import", month.file("packs.yaml", PACKS), "--as", NORTH, "--now", "2026-11-01T10:00:00Z")
        for msp in ("bolt", "coil"):
            month.done("report", "submit", "2026-10", msp, "--as", f"billing@{msp}.example", "--now", "2026-11-02T09:00:00Z")
        month.done("billing", "submit", "2026-10", "north", "--as", NORTH, "--now", "2026-11-03T09:00:00Z")
        month.done("billing", "complete", "2026-10", "north", "--as", VENDOR, "--now", "2026-11-04T09:00:00Z")
        said = month.done("work", "--once", "--now", "2026-11-04T10:00:00Z")
        assert "issued statements of reports: 2" in said
        assert "issued statements of billing reports: 1" in said

    def _comes_late(self, month: Trueup) -> None:
        month.done("usage", "import", month.file("fixed.csv", FIXED), "--now", "2026-11-20T12:00:00Z")
        said = month.done("work", "--once", "--now", "2026-12-01T00:00:00Z")
        assert f"began billing reports of {LATE}: 1" in said
        assert [(one["cycle"], one["msp"]) for one in month.json("report", "list", "--as", NORTH)] == [
            (LATE, "bolt"), (LATE, "coil"), ("2026-10", "bolt"), ("2026-10", "coil"),
        ]  # fmt: skip
        assert "there is no report" in month.refused("report", "show", "2026-11", "bolt")

    def _is_prepared_like_any_report(self, month: Trueup) -> None:
        of = (LATE, "bolt", "--as", BOLT)
        shown = month.json("report", "show", LATE, "bolt", "--as", BOLT)
        assert {line["service"]: line["chargeable"] for line in shown["lines"]} == {"workspace-security": "44", "endpoint-core": "400"}
        month.done("report", "submit", *of, "--now", "2026-12-02T09:00:00Z")
        assert month.json("report", "show", *of)["status"] == "approved"
        assert month.json("report", "show", "2026-10", "bolt")["lines"][0]["chargeable"] == "40"
        month.done("work", "--once", "--now", "2026-12-07T00:00:00Z")  # coil's deadline: its line charges nothing, so nothing is in the way
        assert month.json("report", "show", LATE, "coil")["status"] == "approved"

    def _is_settled_as_the_difference(self, month: Trueup) -> None:
        found = month.json("statement", "list", "--as", NORTH)
        assert [(one["number"], one["buyer"], one["kind"], one["net"]) for one in found if one["cycle"] == LATE] == [
            ("north-2026-000004", "coil", "credit_note", "35.00"), ("north-2026-000003", "bolt", "statement", "16.00"),
        ]  # fmt: skip

    def _is_billed_to_the_vendor(self, month: Trueup) -> None:
        month.done("billing", "submit", LATE, "north", "--as", NORTH, "--now", "2026-12-08T09:00:00Z")
        month.done("billing", "complete", LATE, "north", "--as", VENDOR, "--now", "2026-12-09T09:00:00Z")
        assert "issued statements of billing reports: 1" in month.done("work", "--once", "--now", "2026-12-09T10:00:00Z")
        shown = month.json("statement", "show", "acme-vendor-2026-000002", "--as", NORTH)
        # 47 seats at 4.00 less 30 %, 44 by now
        assert (shown["kind"], shown["net"]) == ("credit_note", "8.40")

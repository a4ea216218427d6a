"""Insight on the command line."""

import pytest

from tests.jobs.command import Trueup, keys
from tests.jobs.october import BOLT, COIL, NORTH, VENDOR, approve, begin


@pytest.fixture
def october(trueup: Trueup) -> Trueup:
    """October with prices; everything is approved, and the clock has been there."""
    begin(trueup)
    approve(trueup)
    return trueup


class TestInsight:
    def test_tells_what_was_billed(self, october: Trueup) -> None:
        billed = ("insight", "billed", "--from", "2026-09", "--to", "2026-10")
        found = october.json(*billed, "--as", NORTH)
        assert keys(found) == ["key", "name", "currency", "unit", "units", "credits", "amount"]
        assert [(one["key"], one["currency"], one["amount"]) for one in found] == [("2026-10", "EUR", "125.40")]
        by_msp = october.json(*billed, "--by", "msp", "--as", NORTH)
        assert [(one["key"], one["amount"]) for one in by_msp] == [("bolt", "104.40"), ("coil", "21.00")]
        assert [one["key"] for one in october.json(*billed, "--by", "msp", "--as", BOLT)] == ["bolt"]
        assert october.json(*billed, "--as", VENDOR) == []
        assert "workspace-security" in october.done(*billed, "--by", "service", "--as", NORTH)
        assert "before the first one" in october.refused("insight", "billed", "--from", "2026-10", "--to", "2026-09")
        assert "--from" in october.misused("insight", "billed")

    def test_tells_how_months_were_reviewed(self, october: Trueup) -> None:
        (found,) = october.json("insight", "review", "--from", "2026-10", "--as", NORTH)
        assert list(found) == [
            "cycle", "reports", "provisioned", "chargeable", "over_provisioned", "over_provisioned_percent", "penalties", "penalty_units",
            "comments",
        ]  # fmt: skip
        assert (found["cycle"], found["reports"], found["over_provisioned"], found["comments"]) == ("2026-10", 2, "0", {})
        assert "2026-10" in october.done("insight", "review", "--from", "2026-10", "--format", "csv")
        assert "distributors and vendors" in october.refused("insight", "review", "--from", "2026-10", "--as", BOLT)

    def test_tells_what_could_be_saved(self, trueup: Trueup) -> None:
        begin(trueup, usage=(("40,40", "40,30"),))
        found = trueup.json("insight", "deprovision", "2026-10", "bolt", "--as", BOLT)
        (line,) = found["lines"]
        assert (line["service"], line["over_provisioned"], line["customers"][0]["customer"]) == ("endpoint-core", "10", "bolt-dental")
        assert (found["currency"], found["cost"], line["saving"]) == ("EUR", found["cost"], found["saving"])
        table = trueup.done("insight", "deprovision", "2026-10", "bolt")
        assert "Saved next month" in table
        assert "endpoint-core,Endpoint Security Core,bolt-dental,Dental Care,endpoint,40,30,10," in trueup.done(
            "insight", "deprovision", "2026-10", "bolt", "--format", "csv"
        )
        assert "no report" in trueup.refused("insight", "deprovision", "2026-10", "bolt", "--as", COIL)

    def test_tells_a_month_under_each_measure(self, october: Trueup) -> None:
        found = october.json("insight", "measures", "2026-10", "bolt", "--as", BOLT)
        line = next(one for one in found["lines"] if one["service"] == "workspace-security")
        assert (line["measure"], line["by_measure"]["own_maxima"]["chargeable"]) == ("own_maxima", "22")
        assert (found["currency"], found["in_force"]) == ("EUR", "104.40")
        table = october.done("insight", "measures", "2026-10", "bolt", "--as", BOLT)
        assert "own maxima*" in table
        assert "As it is" in table
        assert "own_maxima" in october.done("insight", "measures", "2026-10", "bolt", "--format", "csv")
        assert "no report" in october.refused("insight", "measures", "2026-10", "bolt", "--as", COIL)

"""From the end of a month to the vendor's statement: who owes whom, through the command line alone."""

from pathlib import Path

import pytest

from tests.jobs.command import NETWORK, Trueup

BOLT, COIL = "billing@bolt.example", "billing@coil.example"
NORTH, VENDOR = "review@north.example", "billing@acme.example"
USAGE = """\
day,customer,service,provisioned_units,used_units
2026-10-05,bolt-dental,workspace-security,40,40
2026-10-06,bolt-dental,workspace-security,38,31
2026-10-05,bolt-dental,endpoint-core,400,400
2026-10-20,bolt-moved,workspace-security,7,7
"""
SELLING = """\
price_lists:
  - seller: north
    currency: EUR
    tax: {percent: 21}
    services: {workspace-security: {pricing: graduated, tiers: [{up_to: 10, price: "5.00"}, {price: "4.00"}]}}
"""
PACKS = SELLING + '    packs: {credits: {price: "12.00"}}\n'
BUYING = """\
price_lists:
  - {seller: acme-vendor, currency: USD, margin_percent: 30, services: {workspace-security: "4.00"}, packs: {credits: "10.00"}}
promo_codes:
  - {seller: acme-vendor, code: LAUNCH, from: 2026-10-01, until: 2026-12-31, service: workspace-security, buyer: north, price: "3.00"}
"""


@pytest.fixture
def month(trueup: Trueup) -> Trueup:
    """October is over, and the clock has closed it; north sells, but has forgotten the packs."""
    network = NETWORK.replace("\nterms:", f"\n  - {{email: {VENDOR}, account: acme-vendor, role: billing_manager}}\nterms:")
    trueup.done("apply", trueup.file("network.yaml", network), "--now", "2026-09-01T00:00:00Z")
    trueup.done("price", "import", trueup.file("selling.yaml", SELLING), "--as", NORTH, "--now", "2026-09-02T00:00:00Z")
    trueup.done("price", "import", trueup.file("buying.yaml", BUYING), "--as", VENDOR, "--now", "2026-09-02T00:00:00Z")
    trueup.done("usage", "import", trueup.file("usage.csv", USAGE), "--now", "2026-10-31T12:00:00Z")
    said = trueup.done("work", "--once", "--now", "2026-11-01T00:00:00Z")
    assert "began billing reports of 2026-10: 1" in said
    return trueup


class TestFinalBilling:
    def test_goes_from_the_end_of_the_month_to_the_statement_of_the_vendor(self, month: Trueup, tmp_path: Path) -> None:
        self._is_held_until_everything_has_a_price(month)
        self._is_stated_to_the_msps(month, tmp_path)
        self._is_reported_to_the_vendor_and_comes_back(month)
        self._is_completed_and_stated_to_the_distributor(month)
        self._is_corrected(month)
        assert month.json("verify") == []
        assert month.json("audit", "verify")["findings"] == []

    def _is_held_until_everything_has_a_price(self, month: Trueup) -> None:
        month.done("report", "submit", "2026-10", "bolt", "--as", BOLT, "--now", "2026-11-02T09:00:00Z")
        month.done("report", "submit", "2026-10", "coil", "--as", COIL, "--now", "2026-11-02T09:05:00Z")
        states = {one["msp"]: one["status"] for one in month.json("report", "list", "--cycle", "2026-10")}
        assert states == {"bolt": "approved", "coil": "approved"}  # clean ones, by the terms of north
        said = month.done("work", "--once", "--now", "2026-11-02T09:10:00Z")
        assert "issued statements of reports: 1" in said
        assert "held statements because there is no price for endpoint-core: 1" in said
        (waiting,) = month.json("statement", "waiting", "--as", NORTH)
        assert (waiting["msp"], waiting["reason"]) == ("bolt", "there is no price for endpoint-core")
        month.done("price", "import", month.file("packs.yaml", PACKS), "--as", NORTH, "--now", "2026-11-02T10:00:00Z")
        assert "issued statements of reports: 1" in month.done("work", "--once", "--now", "2026-11-02T10:00:05Z")
        assert month.json("statement", "waiting", "--as", NORTH) == []

    def _is_stated_to_the_msps(self, month: Trueup, folder: Path) -> None:
        found = month.json("statement", "list", "--as", NORTH)
        assert [(one["number"], one["buyer"], one["gross"]) for one in found] == [
            ("north-2026-000002", "bolt", "423.50"), ("north-2026-000001", "coil", "42.35"),
        ]  # fmt: skip
        assert [one["number"] for one in month.json("statement", "list", "--as", BOLT)] == ["north-2026-000002"]
        shown = month.json("statement", "show", "north-2026-000002", "--as", BOLT)
        # 40 seats: 10 × 5.00 + 30 × 4.00; 400 × 3.75 credits: 15 packs
        assert [(line["code"], line["quantity"], line["amount"]) for line in shown["lines"]] == [
            ("workspace-security", "40", "170.00"), ("credits", "15", "180.00"),
        ]  # fmt: skip
        assert (shown["net"], shown["tax"], shown["gross"]) == ("350.00", "73.50", "423.50")
        assert "there is no statement" in month.refused("statement", "show", "north-2026-000002", "--as", COIL)
        pdf = folder / "statement.pdf"
        month.done("export", "statement", "north-2026-000002", "--format", "pdf", "--output", str(pdf), "--as", BOLT)
        assert pdf.read_bytes().startswith(b"%PDF-")

    def _is_reported_to_the_vendor_and_comes_back(self, month: Trueup) -> None:
        of = ("2026-10", "north")
        assert "has not submitted" in month.refused("billing", "show", *of, "--as", VENDOR)
        month.done("billing", "save", *of, "--promo", "workspace-security=LAUNCH", "--as", NORTH, "--now", "2026-11-03T09:00:00Z")
        month.done("billing", "submit", *of, "--as", NORTH, "--now", "2026-11-03T09:10:00Z")
        month.done("billing", "return", *of, "--reason", "The PO number is missing", "--as", VENDOR, "--now", "2026-11-03T12:00:00Z")
        (row,) = month.json("billing", "list", "--as", NORTH)
        assert row["status"] == "returned"
        month.done("billing", "save", *of, "--po-number", "PO-7", "--as", NORTH, "--now", "2026-11-03T13:00:00Z")
        month.done("billing", "submit", *of, "--as", NORTH, "--now", "2026-11-03T13:05:00Z")

    def _is_completed_and_stated_to_the_distributor(self, month: Trueup) -> None:
        shown = month.json("billing", "show", "2026-10", "north", "--as", VENDOR)
        # 47 seats by the promo code at 3.00, 15 packs at 10.00, all less 30 %
        assert [(line["code"], line["quantity"], line["amount"]) for line in shown["lines"]] == [
            ("workspace-security", "47", "98.70"), ("credits", "15", "105.00"),
        ]  # fmt: skip
        month.done("billing", "complete", "2026-10", "north", "--as", VENDOR, "--now", "2026-11-04T09:00:00Z")
        assert "issued statements of billing reports: 1" in month.done("work", "--once", "--now", "2026-11-04T09:00:05Z")
        (row,) = month.json("statement", "list", "--as", VENDOR)
        assert (row["number"], row["buyer"], row["gross"]) == ("acme-vendor-2026-000001", "north", "203.70")
        assert "acme-vendor-2026-000001" in month.done("statement", "list", "--as", NORTH)
        assert "there is no statement" in month.refused("statement", "show", "acme-vendor-2026-000001", "--as", BOLT)

    def _is_corrected(self, month: Trueup) -> None:
        reason = ("--reason", "Twice the price", "--now", "2026-11-05T09:00:00Z")
        month.done("statement", "correct", "north-2026-000001", *reason, "--as", NORTH)
        assert "was corrected already" in month.refused("statement", "correct", "north-2026-000001", *reason, "--as", NORTH)
        found = month.json("statement", "list", "--as", COIL)
        assert [(one["number"], one["kind"], one["gross"]) for one in found] == [
            ("north-2026-000004", "statement", "42.35"), ("north-2026-000003", "credit_note", "42.35"),
            ("north-2026-000001", "statement", "42.35"),
        ]  # fmt: skip

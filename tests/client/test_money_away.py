"""Prices, billing reports and statements at the machine and over the network: what is typed, and what is answered."""

from pathlib import Path

import pytest

from tests.client.anywhere import Anywhere, Step
from tests.jobs.command import Trueup
from tests.jobs.october import BOLT, COIL, LOOKS, NORTH, NOW, PRICES, VENDOR, approve, begin

MONTH, BILLING = "2026-10", ("2026-10", "north")
FIRST = "north-2026-000001"
_NORTHS, _VENDORS = PRICES.partition("  - seller: acme")[0], "price_lists:\n  - seller: acme" + PRICES.partition("  - seller: acme")[2]
FILES = {
    "north.yaml": _NORTHS.replace('"4.20"', '"4.30"'),
    "vendor.yaml": _VENDORS.replace("LAUNCH", "SPRING"),
    "both.yaml": PRICES.replace('"4.20"', '"4.40"'),
    "bad.yaml": _NORTHS.replace("EUR", "XYZ", 1).replace("price: 5", "price: -5"),
    "none-at-all.yaml": "price_lists: [",
}

STORY: list[Step] = [
    *((email, ["price", "list", "--format", form]) for email in (BOLT, NORTH, VENDOR) for form in ("table", "json")),
    (NORTH, ["price", "list", "--seller", "north", "--format", "csv"]),
    (NORTH, ["price", "show", "north", "bolt"]),
    (BOLT, ["price", "show", "north", "bolt", "--format", "json"]),
    (BOLT, ["price", "show", "north", "--format", "csv"]),
    (BOLT, ["price", "show", "acme-vendor"]),
    (BOLT, ["price", "show", "north", "bolt", "--from", "2020-01-01"]),
    (COIL, ["price", "show", "north", "bolt"]),
    (NORTH, ["price", "import", "north.yaml", "--dry-run"]),
    (NORTH, ["price", "import", "north.yaml", "--format", "json"]),
    (NORTH, ["price", "import", "north.yaml"]),
    (NORTH, ["price", "import", "bad.yaml"]),
    (NORTH, ["price", "import", "none-at-all.yaml"]),
    (NORTH, ["price", "import", "missing.yaml"]),
    (NORTH, ["price", "import", "both.yaml"]),
    (LOOKS, ["price", "import", "north.yaml"]),
    (VENDOR, ["price", "import", "vendor.yaml"]),
    (VENDOR, ["price", "export"]),
    (NORTH, ["price", "export"]),
    (NORTH, ["price", "export", "--seller", "acme-vendor"]),
    (BOLT, ["price", "export"]),
    (NORTH, ["price", "simulate", MONTH, "north"]),
    (NORTH, ["price", "simulate", MONTH, "north", "bolt", "--format", "json"]),
    (BOLT, ["price", "simulate", MONTH, "north", "bolt", "--format", "csv"]),
    (BOLT, ["price", "simulate", MONTH, "acme-vendor"]),
    (VENDOR, ["promo", "list"]),
    (NORTH, ["promo", "list", "--format", "json"]),
    (NORTH, ["promo", "check", "acme-vendor", "LAUNCH", "workspace-security", MONTH]),
    (NORTH, ["promo", "check", "acme-vendor", "LAUNCH", "endpoint-core", MONTH]),
    (NORTH, ["promo", "check", "acme-vendor", "LAUNCH", "workspace-security", "2027-01", "--format", "json"]),
    (BOLT, ["promo", "check", "acme-vendor", "LAUNCH", "workspace-security", MONTH]),
    (NORTH, ["promo", "remove", "acme-vendor", "SPRING"]),
    (VENDOR, ["promo", "remove", "acme-vendor", "SPRING"]),
    (VENDOR, ["promo", "remove", "acme-vendor", "SPRING"]),
    *((email, ["billing", "list", "--format", form]) for email in (BOLT, NORTH, VENDOR) for form in ("table", "json")),
    (NORTH, ["billing", "show", *BILLING]),
    (NORTH, ["billing", "show", *BILLING, "--format", "json"]),
    (VENDOR, ["billing", "show", *BILLING]),
    (BOLT, ["billing", "show", *BILLING]),
    (NORTH, ["billing", "save", *BILLING, "--po-number", "PO-7", "--promo", "workspace-security=LAUNCH", "--promo", "endpoint-core=NO"]),
    (NORTH, ["billing", "save", *BILLING, "--promo", "nothing=LAUNCH"]),
    (NORTH, ["billing", "submit", *BILLING]),
    (NORTH, ["billing", "save", *BILLING, "--promo", "endpoint-core=", "--comment", "As always."]),
    (VENDOR, ["billing", "submit", *BILLING]),
    (NORTH, ["billing", "submit", *BILLING]),
    (NORTH, ["billing", "submit", *BILLING]),
    (VENDOR, ["billing", "show", *BILLING, "--format", "csv"]),
    (NORTH, ["billing", "return", *BILLING, "--reason", "Why?"]),
    (VENDOR, ["billing", "return", *BILLING, "--reason", ""]),
    (VENDOR, ["billing", "return", *BILLING, "--reason", "Why?"]),
    (VENDOR, ["billing", "complete", *BILLING]),
    (NORTH, ["billing", "submit", *BILLING]),
    (VENDOR, ["billing", "complete", *BILLING]),
    (VENDOR, ["billing", "show", *BILLING]),
    (NORTH, ["details", "show", "north"]),
    (NORTH, ["details", "save", "north", "--set", "legal_name=North GmbH", "--set", "country=DE"]),
    (NORTH, ["details", "save", "north", "--set", "city=Berlin", "--set", "country="]),
    (NORTH, ["details", "save", "north", "--set", "iban=1", "--set", "bic=1"]),
    (NORTH, ["details", "show", "north", "--format", "json"]),
    (NORTH, ["details", "show", "bolt"]),
    (NORTH, ["details", "save", "bolt", "--set", "city=Berlin"]),
    (BOLT, ["details", "show", "north"]),
    *((email, ["statement", "list", "--format", form]) for email in (BOLT, NORTH, VENDOR) for form in ("table", "json")),
    (NORTH, ["statement", "list", "--cycle", MONTH, "--buyer", "bolt", "--seller", "north", "--search", "Bolt", "--kind", "statement"]),
    (NORTH, ["statement", "list", "--kind", "credit_note"]),
    (BOLT, ["statement", "show", FIRST]),
    (BOLT, ["statement", "show", FIRST, "--format", "json"]),
    (NORTH, ["statement", "show", FIRST, "--format", "csv"]),
    (COIL, ["statement", "show", FIRST]),
    (BOLT, ["statement", "correct", FIRST, "--reason", "Why?"]),
    (COIL, ["statement", "correct", FIRST, "--reason", "Why?"]),
    (NORTH, ["statement", "correct", FIRST, "--reason", ""]),
    (NORTH, ["statement", "correct", FIRST, "--reason", "Another price"]),
    (NORTH, ["statement", "correct", FIRST, "--reason", "Another price"]),
    (BOLT, ["statement", "show", "north-2026-000003"]),
    (NORTH, ["statement", "waiting"]),
    (NORTH, ["insight", "billed", "--from", "2026-09", "--to", MONTH]),
    (NORTH, ["insight", "billed", "--from", MONTH, "--by", "msp", "--format", "json"]),
    (BOLT, ["insight", "billed", "--from", MONTH, "--by", "service", "--format", "csv"]),
    (BOLT, ["insight", "billed", "--from", MONTH, "--to", "2026-09"]),
    (NORTH, ["insight", "review", "--from", MONTH, "--format", "json"]),
    (BOLT, ["insight", "review", "--from", MONTH]),
    (BOLT, ["insight", "deprovision", MONTH, "bolt", "--format", "json"]),
    (COIL, ["insight", "deprovision", MONTH, "bolt"]),
    (BOLT, ["insight", "measures", MONTH, "bolt"]),
    (NORTH, ["insight", "measures", MONTH, "bolt", "--format", "json"]),
    (BOLT, ["export", "report", MONTH, "bolt", "--format", "csv"]),
    (COIL, ["export", "report", MONTH, "bolt", "--format", "csv"]),
    (NORTH, ["export", "report", MONTH, "bolt", "--format", "ubl"]),
    (NORTH, ["export", "reports", "--cycle", MONTH, "--status", "approved", "--distributor", "north", "--format", "csv"]),
    (NORTH, ["export", "reports", "--search", "Coil", "--format", "csv"]),
    (BOLT, ["export", "statement", FIRST, "--format", "csv"]),
    (COIL, ["export", "statement", FIRST, "--format", "csv"]),
    (NORTH, ["export", "statement", FIRST, "--format", "ubl"]),
    (NORTH, ["export", "statement", FIRST, "--format", "xlsx", "--output", "."]),
    (NORTH, ["export", "statement", FIRST, "--format", "xlsx", "--output", "nowhere/a.xlsx"]),
    (NORTH, ["export", "statements", "--buyer", "bolt", "--format", "focus-csv", "--iso-currency"]),
    (NORTH, ["export", "statements", "--format", "ubl"]),
    (NORTH, ["export", "billing", *BILLING, "--format", "csv"]),
    (BOLT, ["export", "billing", *BILLING, "--format", "csv"]),
    (BOLT, ["export", "customers", MONTH, "bolt", "--format", "csv"]),
    (NORTH, ["export", "customers", MONTH, "bolt", "--format", "csv"]),
    (NORTH, ["export", "cycle", MONTH, "--format", "csv", "--format", "xlsx", "--output", "."]),
    (NORTH, ["export", "cycle", "2025-01", "--format", "csv"]),
    (NORTH, ["price", "remove", "north", "bolt"]),
    (NORTH, ["price", "remove", "north", "bolt"]),
    (BOLT, ["price", "remove", "north"]),
    (VENDOR, ["price", "remove", "north"]),
]
ASKING = {
    "price list", "price show", "price export", "price simulate", "promo list", "promo check", "billing list", "billing show",
    "details show", "statement list", "statement show", "statement waiting", "export report", "export reports", "export statement",
    "export statements", "export billing", "export customers", "export cycle",
    "insight billed", "insight review", "insight deprovision", "insight measures",
}  # fmt: skip
"""Commands that do not ask what time it is."""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that are sent, in the folder the commands are typed in."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(folder)


def october(trueup: Trueup) -> None:
    """October with its reports approved, and what follows from them."""
    begin(trueup)
    approve(trueup)


@pytest.mark.usefixtures("files")
class TestMoney:
    def test_is_told_the_same_from_anywhere(self, anywhere: Anywhere) -> None:
        answers = anywhere.told_at(NOW, STORY, october, asking=ASKING)
        assert {answer.code for answer in answers} == {0, 1}

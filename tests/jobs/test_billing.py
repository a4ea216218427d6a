"""Billing reports, billing details and statements on the command line."""

import csv
import hashlib
import io
import json

import pytest

from tests.jobs.command import Trueup, keys
from tests.jobs.october import BOLT, COIL, NORTH, NOW, PRICES, VENDOR, approve, begin

LATER = ("--now", NOW)
OF_NORTH = ("2026-10", "north")


@pytest.fixture
def october(trueup: Trueup) -> Trueup:
    """October with prices; everything is approved, and the clock has been there."""
    begin(trueup)
    approve(trueup)
    return trueup


class TestBilling:
    def test_is_listed_to_both_sides(self, october: Trueup) -> None:
        found = october.json("billing", "list")
        assert keys(found) == [
            "cycle", "distributor", "distributor_name", "vendor", "vendor_name", "status", "po_number", "submitted_at", "completed_at",
            "currency", "net", "tax", "gross",
        ]  # fmt: skip
        assert [(one["distributor"], one["status"], one["po_number"]) for one in found] == [("north", "collecting", None)]
        assert october.json("billing", "list", "--as", NORTH) == october.json("billing", "list", "--as", VENDOR) == found
        assert october.json("billing", "list", "--as", BOLT) == october.json("billing", "list", "--cycle", "2026-09") == []

    def test_is_shown_with_what_it_comes_to(self, october: Trueup, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        shown = october.json("billing", "show", *OF_NORTH, "--as", NORTH)
        assert (shown["currency"], shown["net"], shown["gross"], shown["obstacles"]) == ("USD", "89.60", "89.60", [])
        assert [(line["code"], line["quantity"], line["amount"]) for line in shown["lines"]] == [
            ("workspace-security", "27", "75.60"), ("credits", "2", "14.00")
        ]  # fmt: skip
        assert [one["msp"] for one in shown["reports"]] == ["bolt", "coil"]
        table = october.done("billing", "show", *OF_NORTH)
        assert "less 30 % margin" in table
        assert "Total" in table
        rows = list(csv.DictReader(io.StringIO(october.done("billing", "show", *OF_NORTH, "--format", "csv"))))
        assert rows[0]["amount"] == "75.6"

    def test_is_not_read_by_the_vendor_before_and_by_nobody_else(self, october: Trueup) -> None:
        assert "has not submitted" in october.refused("billing", "show", *OF_NORTH, "--as", VENDOR)
        said = october.refused("billing", "show", *OF_NORTH, "--as", BOLT)
        assert said == october.refused("billing", "show", *OF_NORTH, "--as", COIL)
        assert "there is no billing report of “north” for 2026-10" in said

    def test_goes_from_hand_to_hand(self, october: Trueup) -> None:
        save = ("billing", "save", *OF_NORTH, "--as", NORTH, *LATER)
        assert "has the PO number PO-7" in october.done(*save, "--po-number", "PO-7", "--promo", "workspace-security=LAUNCH")
        saved = october("billing", "save", *OF_NORTH, "--promo", "endpoint-core=NEVER", "--as", NORTH, *LATER)
        assert saved.err == "endpoint-core: there is no promo code “NEVER”\n"
        shown = october.done("billing", "show", *OF_NORTH)
        assert "endpoint-core: there is no promo code “NEVER”" in shown
        assert "there is no promo code “NEVER”" in october.refused("billing", "submit", *OF_NORTH, "--as", NORTH, *LATER)
        october.done(*save, "--promo", "endpoint-core=", "--comment", "As every month.")
        assert "may not submit" in october.refused("billing", "submit", *OF_NORTH, "--as", VENDOR, *LATER)
        assert october.done("billing", "submit", *OF_NORTH, "--as", NORTH, *LATER) == "The billing report 2026-10 of north is submitted.\n"
        assert "cannot submit" in october.refused("billing", "submit", *OF_NORTH, "--as", NORTH, *LATER)
        assert "may not complete" in october.refused("billing", "complete", *OF_NORTH, "--as", NORTH, *LATER)
        back = ("billing", "return", *OF_NORTH, "--as", VENDOR, *LATER)
        assert "say why it is returned" in october.refused(*back, "--reason", " ")
        assert october.done(*back, "--reason", "Why?") == "The billing report 2026-10 of north is returned.\n"
        shown = october.json("billing", "show", *OF_NORTH, "--as", NORTH)
        assert (shown["return_reason"], shown["comment"], shown["promo_codes"]) == (
            "Why?", "As every month.", [{"service": "workspace-security", "code": "LAUNCH", "problem": None}]
        )  # fmt: skip
        october.done("billing", "submit", *OF_NORTH, "--as", NORTH, *LATER)
        assert october.done("billing", "complete", *OF_NORTH, "--as", VENDOR, *LATER) == (
            "The billing report 2026-10 of north is completed.\n"
        )
        october.done("work", "--once", "--now", "2026-11-06T09:00:00Z")
        (made,) = october.json("statement", "list", "--seller", "acme-vendor", "--as", NORTH)
        assert (made["number"], made["buyer"], made["net"]) == ("acme-vendor-2026-000001", "north", shown["net"])
        assert "PO-7" in october.done("statement", "show", made["number"])

    def test_is_told_what_is_missing(self, trueup: Trueup) -> None:
        begin(
            trueup,
            PRICES.replace("acme-vendor", "north").replace("USD", "EUR").replace("    margin_percent: 30\n", "    from: 2030-01-01\n"),
        )
        trueup.done("work", "--once", "--now", "2026-11-01T09:00:00Z")
        shown = trueup.json("billing", "show", *OF_NORTH)
        assert (shown["lines"], shown["net"], shown["currency"]) == ([], None, None)
        assert [one["msp"] for one in shown["missing"]] == ["bolt", "coil"]
        assert shown["obstacles"] == ["2 reports of its MSPs are not approved yet", "there is no price list"]
        table = trueup.done("billing", "show", *OF_NORTH)
        assert "In the way: there is no price list" in table
        assert "none is approved yet" in table

    def test_is_misused(self, october: Trueup) -> None:
        assert "at least one" in october.misused("billing", "save", *OF_NORTH, "--as", NORTH)
        assert "NAME=VALUE" in october.misused("billing", "save", *OF_NORTH, "--as", NORTH, "--promo", "LAUNCH")
        for verb in ("submit", "complete"):
            assert "--as" in october.misused("billing", verb, *OF_NORTH)
        assert "--reason" in october.misused("billing", "return", *OF_NORTH, "--as", VENDOR)
        assert "no line charges a service “nothing”" in october.refused(
            "billing", "save", *OF_NORTH, "--as", NORTH, "--promo", "nothing=X", *LATER
        )


class TestDetails:
    def test_are_saved_piece_by_piece(self, october: Trueup) -> None:
        save = ("details", "save", "north", "--as", NORTH)
        assert "North GmbH" in october.done(*save, "--set", "legal_name=North GmbH", "--set", "vat_id=DE123456789")
        october.done(*save, "--set", "city=Berlin", "--set", "vat_id=")
        shown = october.json("details", "show", "north", "--as", NORTH)
        assert (shown["legal_name"], shown["city"], shown["vat_id"]) == ("North GmbH", "Berlin", None)
        assert "legal name" in october.done("details", "show", "north")
        assert "`colour` is not known here" in october.refused(*save, "--set", "colour=red")
        assert "like DE" in october.refused(*save, "--set", "country=Germany")
        assert "NAME=VALUE" in october.misused(*save, "--set", "city")

    def test_are_those_of_ones_own_account(self, october: Trueup) -> None:
        assert "the billing details of “bolt” are its own" in october.refused("details", "save", "bolt", "--set", "city=X", "--as", NORTH)
        assert "there is no account" in october.refused("details", "show", "north", "--as", BOLT)


class TestStatement:
    def test_is_listed_to_who_issued_and_who_got_it(self, october: Trueup) -> None:
        found = october.json("statement", "list")
        assert keys(found) == [
            "number", "kind", "cycle", "seller", "seller_name", "buyer", "buyer_name", "issue_date", "issued_at", "currency", "net", "tax",
            "gross", "corrects", "corrected_by", "checksum",
        ]  # fmt: skip
        assert [(one["number"], one["buyer"], one["currency"]) for one in found] == [
            ("north-2026-000002", "coil", "EUR"), ("north-2026-000001", "bolt", "EUR")
        ]  # fmt: skip
        assert [one["buyer"] for one in october.json("statement", "list", "--as", BOLT)] == ["bolt"]
        assert october.json("statement", "list", "--as", VENDOR) == []
        assert [one["buyer"] for one in october.json("statement", "list", "--search", "Bolt", "--cycle", "2026-10")] == ["bolt"]
        assert october.json("statement", "list", "--kind", "credit_note") == october.json("statement", "list", "--buyer", "nobody") == []
        assert "north-2026-000001" in october.done("statement", "list", "--seller", "north", "--format", "csv")

    def test_is_shown_with_all_it_says(self, october: Trueup, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        shown = october.json("statement", "show", "north-2026-000001", "--as", BOLT)
        assert (shown["seller_party"]["ref"], shown["tax_rate"]["percent"], shown["source"]["msp"]) == ("north", "19", "bolt")
        assert [(line["code"], line["amount"]) for line in shown["lines"]] == [("workspace-security", "93.60"), ("credits", "10.80")]
        assert hashlib.sha256(json.dumps(shown["document"], separators=(",", ":")).encode()).hexdigest() == shown["checksum"]
        (summary,) = october.json("statement", "list", "--as", BOLT)
        assert {name: shown[name] for name in ("net", "tax", "gross", "checksum", "issued_at")} == {
            name: summary[name] for name in ("net", "tax", "gross", "checksum", "issued_at")
        }
        table = october.done("statement", "show", "north-2026-000001", "--as", BOLT)
        assert "10 × 5 + 12 × 4.5, less 10 % margin" in table
        assert "Tax 19 %" in table
        said = october.refused("statement", "show", "north-2026-000001", "--as", COIL)
        assert said == "Refused: there is no statement “north-2026-000001”\n"

    def test_is_corrected_once_by_who_issued_it(self, october: Trueup) -> None:
        correct = ("statement", "correct", "north-2026-000001", *LATER)
        assert "--as" in october.misused(*correct, "--reason", "x")
        assert "say why" in october.refused(*correct, "--reason", " ", "--as", NORTH)
        assert "may not correct statements" in october.refused(*correct, "--reason", "x", "--as", BOLT)
        assert october.done(*correct, "--reason", "Another price", "--as", NORTH) == (
            "Corrected: north-2026-000003 takes north-2026-000001 back, north-2026-000004 replaces it.\n"
        )
        assert "corrected already" in october.refused(*correct, "--reason", "x", "--as", NORTH)
        note = october.done("statement", "show", "north-2026-000003")
        assert note.startswith("Credit note")
        assert "Another price" in note
        listed = {one["number"]: one for one in october.json("statement", "list")}
        assert listed["north-2026-000001"]["corrected_by"] == ["north-2026-000003", "north-2026-000004"]
        assert [one["number"] for one in october.json("statement", "list", "--kind", "credit_note")] == ["north-2026-000003"]

    def test_waits_for_its_prices(self, trueup: Trueup) -> None:
        begin(trueup, "")
        approve(trueup)
        assert trueup.json("statement", "waiting", "--as", NORTH) == [
            {"cycle": "2026-10", "msp": msp, "msp_name": name, "reason": "there is no price list"}
            for msp, name in (("bolt", "Bolt IT"), ("coil", "Coil Systems"))
        ]
        assert "there is no price list" in trueup.done("statement", "waiting")
        assert trueup.json("statement", "waiting", "--as", BOLT) == []
        assert "has its statement" in trueup("statement", "waiting", "--as", BOLT).err

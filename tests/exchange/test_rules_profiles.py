"""What a profile may say."""

from typing import Any

import pytest

from trueup.exchange.rules.definition import read_name, read_profile
from trueup.exchange.rules.profiles import BUILT_IN, CONNECTWISE, Alias, Column, Kind, Per, document_of
from trueup.kit.errors import Conflict, Invalid

OUT: dict[str, Any] = {
    "kind": "out",
    "columns": [
        {"heading": "Agreement", "field": "agreement"},
        {"heading": "Qty", "field": "chargeable"},
        {"heading": "Price", "constant": ""},
    ],
    "services": {"endpoint-core": "EPC-1"},
    "customers": {"bolt-dental": {"company": "DENTAL", "agreement": "Managed", "agreement_id": 12}, "bolt-garage": "GARAGE"},
    "per": "customer",
    "delimiter": ";",
}
IN: dict[str, Any] = {
    "kind": "in",
    "columns": [
        {"field": "day", "constant": "2026-10-31"}, {"field": "customer", "heading": "Client"}, {"field": "service", "heading": "SKU"},
        {"field": "provisioned_units", "heading": "Qty"}, {"field": "used_units", "heading": "Qty"},
    ],
    "services": {"EPC-1": "endpoint-core", "EPC-2": "endpoint-core"},
    "customers": {"Dental Care": "bolt-dental"},
    "header_row": 3,
}  # fmt: skip


def wrong(said: dict[str, Any]) -> list[tuple[tuple[str, ...], str]]:
    """Where and as what a profile is refused."""
    with pytest.raises(Invalid) as refused:
        read_profile("mine", said)
    return [(problem.at, problem.code) for problem in refused.value.problems]


class TestReadProfile:
    def test_reads_one_for_reports(self) -> None:
        profile = read_profile("mine", OUT)
        assert (profile.kind, profile.per, profile.delimiter, profile.header_row) == (Kind.OUT, Per.CUSTOMER, ";", 1)
        assert profile.columns[2] == Column("Price", constant="")
        assert profile.customers == {"bolt-dental": Alias("DENTAL", "Managed", "12"), "bolt-garage": Alias("GARAGE")}

    def test_reads_one_for_usage(self) -> None:
        profile = read_profile("mine", IN)
        assert profile.columns[0] == Column(field="day", constant="2026-10-31")
        assert (profile.customers["Dental Care"].name, profile.header_row) == ("bolt-dental", 3)

    @pytest.mark.parametrize("said", [OUT, IN, document_of(CONNECTWISE)])
    def test_reads_what_is_shown(self, said: dict[str, Any]) -> None:
        profile = read_profile("mine", said)
        assert read_profile("mine", document_of(profile)) == profile
        assert read_profile("mine", document_of(profile)).fingerprint == profile.fingerprint

    @pytest.mark.parametrize(
        ("said", "at", "code"),
        [
            (OUT | {"colour": "red"}, ("colour",), "unknown_field"),
            (OUT | {"kind": "sideways"}, ("kind",), "not_one_of"),
            ({"columns": OUT["columns"]}, ("kind",), "missing"),
            (OUT | {"columns": []}, ("columns",), "columns"),
            (OUT | {"columns": [{"heading": "x", "field": "price"}]}, ("columns", "0", "field"), "field"),
            (OUT | {"columns": [{"heading": "x"}]}, ("columns", "0"), "column"),
            (OUT | {"columns": [{"heading": "x", "field": "sku", "constant": "y"}]}, ("columns", "0"), "column"),
            (OUT | {"columns": [*OUT["columns"], {"heading": "qty", "field": "sku"}]}, ("columns", "1", "heading"), "twice"),
            (OUT | {"delimiter": "-"}, ("delimiter",), "not_one_of"),
            (OUT | {"encoding": "rot13"}, ("encoding",), "not_one_of"),
            (OUT | {"decimal_comma": "yes"}, ("decimal_comma",), "not_a_switch"),
            (OUT | {"header_row": 2}, ("header_row",), "out_of_range"),
            (OUT | {"header_row": True}, ("header_row",), "out_of_range"),
            (OUT | {"services": {"endpoint-core": ""}}, ("services", "endpoint-core"), "missing"),
            (OUT | {"services": {"endpoint-core": {"sku": "x"}}}, ("services", "endpoint-core"), "not_text"),
            (OUT | {"services": ["x"]}, ("services",), "aliases"),
            (OUT | {"customers": {"x": {"id": "y"}}}, ("customers", "x", "id"), "unknown_field"),
            (OUT | {"columns": [{"heading": "a\0b", "field": "sku"}]}, ("columns", "0", "heading"), "not_one_line"),
            (IN | {"per": "line"}, ("per",), "unknown_field"),
            (IN | {"header_row": 0}, ("header_row",), "out_of_range"),
            (IN | {"columns": IN["columns"][1:]}, ("columns",), "missing"),
            (IN | {"columns": [*IN["columns"], IN["columns"][1]]}, ("columns", "5", "field"), "twice"),
            (IN | {"columns": [*IN["columns"][:4], {"field": "used_units"}]}, ("columns", "4"), "column"),
            (IN | {"customers": {"x": {"company": "y"}}}, ("customers", "x"), "not_text"),
            (IN | {"day_format": "DD.MM.YY"}, ("day_format",), "not_one_of"),
        ],
    )  # fmt: skip
    def test_says_what_is_wrong_and_where(self, said: dict[str, Any], at: tuple[str, ...], code: str) -> None:
        assert (at, code) in wrong(said)

    def test_says_everything_at_once(self) -> None:
        assert len(wrong(OUT | {"delimiter": "-", "encoding": "x", "per": "day"})) == 3


class TestReadName:
    @pytest.mark.parametrize("name", ["", "-x", "a b", "x" * 61, "ä", "a/b"])
    def test_refuses_what_is_no_name(self, name: str) -> None:
        with pytest.raises(Invalid):
            read_name(name)

    def test_leaves_built_in_profiles_as_they_are(self) -> None:
        assert "connectwise" in BUILT_IN
        with pytest.raises(Conflict):
            read_name("connectwise")

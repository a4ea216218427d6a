"""Refs and codes in addresses."""

from urllib.parse import unquote, urlsplit

import pytest

from trueup.kit.addresses import anchor, encoded, from_segment, segment

UNUSUAL = ["bolt", 'bo/lt ü?#%"', "a/b c", "~2F", "~", ".", "..", "a.b", "%2F", "50%", "a\\b", "zwei Wörter", "1:2@3", "x'y&z"]


class TestSegment:
    @pytest.mark.parametrize("value", UNUSUAL)
    def test_comes_back_as_it_was(self, value: str) -> None:
        assert from_segment(segment(value)) == value

    @pytest.mark.parametrize("value", UNUSUAL)
    def test_is_one_part_of_a_path_that_no_browser_leaves_out(self, value: str) -> None:
        path = urlsplit(f"https://host/reports/{encoded(value)}/lines/").path
        assert unquote(path).split("/") == ["", "reports", segment(value), "lines", ""]
        assert segment(value) not in {".", ".."}

    @pytest.mark.parametrize("value", ["bolt", "endpoint-core", "acme_1.2"])
    def test_of_a_plain_ref_is_the_ref(self, value: str) -> None:
        assert encoded(value) == segment(value) == anchor(value) == value


class TestAnchor:
    def test_differs_for_codes_that_differ(self) -> None:
        assert len({anchor(value) for value in UNUSUAL}) == len(UNUSUAL)

    @pytest.mark.parametrize("value", UNUSUAL)
    def test_needs_no_further_encoding(self, value: str) -> None:
        assert set(anchor(value)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-~")

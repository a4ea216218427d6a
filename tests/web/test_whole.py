"""Numbers in addresses."""

import pytest

from tests.web.conftest import AsPerson
from trueup.web.whole import whole

BAD = ["00001999999", "99999", "9" * 5000, "-1", "1.5", "²", "٣", "x", " 1"]


class TestWhole:
    @pytest.mark.parametrize(("written", "number"), [("0", 0), ("9998", 9998), ("0012", 12)])
    def test_reads_plain_digits(self, written: str, number: int) -> None:
        assert whole(written, most=9998) == number

    @pytest.mark.parametrize("written", ["", "9999", *BAD])
    def test_takes_nothing_else(self, written: str) -> None:
        assert whole(written, most=9998) is None


class TestAddresses:
    @pytest.mark.parametrize("written", BAD)
    def test_with_numbers_that_are_none_show_the_first_page(self, world: None, as_person: AsPerson, written: str) -> None:
        north, bolt = as_person("north@north.example"), as_person("billing@bolt.example")
        assert bolt.get("/reports/", {"year": written, "page": written}).status_code == 200
        for address in ("/review/", "/imports/", "/partners/", "/customers/"):
            assert north.get(address, {"page": written}).status_code in {200, 400}, address

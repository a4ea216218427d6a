"""How numbers of a body are read."""

import pytest
from django.test import RequestFactory

from trueup.api.bodies import Bodies


def read(written: str) -> object:
    request = RequestFactory().post("/", data=f'{{"version": {written}}}', content_type="application/json")
    return Bodies().parse_body(request)["version"]


class TestNumber:
    @pytest.mark.parametrize(
        ("written", "number"), [("3", 3), ("3.0", 3), ("-3.00", -3), ("3e2", 300), ("0.0", 0), ("9007199254740991.0", 2**53 - 1)]
    )
    def test_is_whole_however_it_is_written(self, written: str, number: int) -> None:
        found = read(written)
        assert found == number
        assert isinstance(found, int)

    @pytest.mark.parametrize(
        "written",
        ["3.5", "1.00000000000000000001", "9007199254740992.0", "1e400", "1e-400", "1e99999999999999999999", "1e-99999999999999999999"],
    )
    def test_is_no_whole_one_where_anything_would_be_lost(self, written: str) -> None:
        assert isinstance(read(written), float)


class TestFields:
    def test_without_end_are_not_read(self) -> None:
        written = "{" + ",".join(f'"{number}":1' for number in range(200_001)) + "}"
        request = RequestFactory().post("/", data=written, content_type="application/json")
        with pytest.raises(ValueError, match="too many fields"):
            Bodies().parse_body(request)

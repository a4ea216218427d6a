"""What an adjustment is called, and where its lines begin."""

from decimal import Decimal

import pytest

from tests.reports.month import OCTOBER
from tests.reports.test_adjusting import LATE, NOVEMBER
from trueup.kit.errors import Invalid
from trueup.kit.period import Month
from trueup.reports.rules.lines import adjusted_default


class TestAdjustedDefault:
    @pytest.mark.parametrize(
        ("measured", "charged", "before", "default"), [(12, 8, 10, 10), (7, 8, 10, 5), (0, 8, 10, 0), (3, 0, 0, 3), (10, 20, 10, 20)]
    )
    def test_goes_on_from_what_was_charged(self, measured: int, charged: int, before: int, default: int) -> None:
        found = adjusted_default(Decimal(measured), charged_before=Decimal(charged), measured_before=Decimal(before))
        assert found == default


class TestMonth:
    def test_is_written_and_read(self) -> None:
        assert str(LATE) == "2026-11-adjusts-2026-10"
        assert Month.parse_report(str(LATE)) == LATE
        assert Month.parse_report("2026-10") == OCTOBER
        assert (LATE.cycle, LATE.usage, LATE.last_day.isoformat()) == (NOVEMBER, OCTOBER, "2026-10-31")
        assert LATE != OCTOBER

    @pytest.mark.parametrize("typed", ["2026-10-adjusts-2026-10", "2026-10-adjusts-2026-11", "2026-11-adjusts-", "2026-11-adjusts- 2026"])
    def test_refuses_what_is_none(self, typed: str) -> None:
        with pytest.raises(Invalid):
            Month.parse_report(typed)

    def test_of_the_calendar_is_never_an_adjustment(self) -> None:
        with pytest.raises(Invalid):
            Month.parse(str(LATE))

"""The table of a report: its sums."""

from dataclasses import replace
from decimal import Decimal

from tests.reports.month import October
from trueup.web.pages.report_rows import sums_of


class TestSums:
    def test_of_a_unit_with_two_precisions_count_each_line_once(self, october: October) -> None:
        line = october.line("bolt", "backup-storage")
        fine = replace(line, service="archive", decimals=line.decimals + 2, chargeable=Decimal("1.5"))
        (sums,) = sums_of([line, fine])
        assert (sums.lines, sums.decimals) == (2, line.decimals + 2)
        assert sums.chargeable == line.chargeable + Decimal("1.5")

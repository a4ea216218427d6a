"""Why a line shows the figures of just these days."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from trueup.catalog.rules import Measure, MeasureName
from trueup.reports.rules.lines import Figures
from trueup.reports.rules.reasons import Explained, why

D = Decimal


@dataclass(frozen=True)
class Day:
    """A day of November."""

    day: date
    provisioned: Decimal
    used: Decimal | None
    credits: Decimal | None


def series(*provisioned: int, used: bool = True, counted: bool = False) -> list[Day]:
    """Half of what is provisioned is used; two credits a unit."""
    return [
        Day(date(2026, 11, number), D(units), D(units) / 2 if used else None, D(units) * 2 if counted else None)
        for number, units in enumerate(provisioned, start=1)
    ]


def explained(measure: MeasureName, own: list[Day], *others: list[Day]) -> Explained:
    """A line of the first days of November."""
    known = own[0] if own else Day(date(2026, 11, 1), D(0), None, None)
    return Explained(Measure(measure), "Backup", "Storage", "GB", 3, Figures(D(4), known.used, known.credits), own, [own, *others])


class TestReason:
    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            (
                explained(MeasureName.GROUP_PEAK_DAY, series(1, 4, 2), series(9, 1, 3)),
                "2026-11-01 is the day on which the used units of the whole group Storage were highest: 5",
            ),
            (
                explained(MeasureName.GROUP_PEAK_DAY, series(1, 4, 2, used=False), series(9, 6, 3, used=False)),
                (
                    "2026-11-01 is the day on which the provisioned units of the whole group Storage were highest: 10; "
                    "of 2 days with this total the earliest counts"
                ),
            ),
            (
                explained(MeasureName.GROUP_PEAK_DAY, series(1, 4, 2, used=False), series(9, 1, 3, counted=True)),
                "2026-11-01 is the day on which the credits of the whole group Storage were highest: 18 credits",
            ),
            (
                explained(MeasureName.SERVICE_PEAK_DAY, series(1, 4, 2)),
                "2026-11-02 is the day on which its used units were highest: 2 GB",
            ),
            (
                explained(MeasureName.SERVICE_PEAK_DAY, series(1, 4, 2, used=False)),
                "2026-11-02 is the day on which its provisioned units were highest: 4 GB",
            ),
            (
                explained(MeasureName.SERVICE_PEAK_DAY, series(0, 0, 0, counted=True)),
                (
                    "2026-11-01 is the day on which the credits of this service were highest: 0 credits; "
                    "of 3 days with this total the earliest counts"
                ),
            ),
            (explained(MeasureName.VOLUME, series(1, 4, 2, used=False)), "the sum of all 3 days: provisioned 4"),
            (explained(MeasureName.VOLUME, []), "no usage of Backup is recorded any more"),
        ],
    )
    def test_says_what_the_measure_did(self, line: Explained, sentence: str) -> None:
        assert why(line) == sentence

    @pytest.mark.parametrize(("used", "word"), [(True, "used"), (False, "provisioned")])
    def test_says_what_a_percentile_ranks_by(self, used: bool, word: str) -> None:
        said = why(explained(MeasureName.PERCENTILE_DAY, series(1, 4, 2, used=used)))
        assert f"the day at place 3 of 3, from its fewest {word} units up (percentile 85)" in said

    def test_gives_numbers_as_values(self) -> None:
        assert why(explained(MeasureName.SERVICE_PEAK_DAY, series(1, 4, 2))).values["total"] == D(2)

"""What a report comes to."""

from decimal import Decimal

import pytest

from trueup.reports.rules.lines import Figures, LineState, Outcome
from trueup.reports.rules.searching import folded, searchable
from trueup.reports.rules.tally import at_stake, tally

D = Decimal


def line(saved: str | None = None, *, used: str | None = "31", comment: str = "", outcome: Outcome = Outcome.AS_SAVED) -> LineState:
    """40 provisioned; the default is what is used."""
    figures = Figures(D(40), None if used is None else D(used), None)
    return LineState("endpoint-core", figures, D(used or 40), None if saved is None else D(saved), comment, outcome)


class TestStake:
    @pytest.mark.parametrize(
        ("state", "stake"),
        [
            (line(), "0"),
            (line("35"), "4"),
            (line("30.5"), "0.5"),
            (line(outcome=Outcome.PENALTY), "9"),
            (line("35", outcome=Outcome.PENALTY), "5"),
            (line("35", outcome=Outcome.DEFAULT_RESTORED), "0"),
            (line("35", outcome=Outcome.WAIVED), "4"),
        ],
    )
    def test_counts_each_unit_that_may_be_argued_about_once(self, state: LineState, stake: str) -> None:
        assert at_stake(state) == D(stake)


class TestTally:
    def test_counts_and_adds_up(self) -> None:
        found = tally([line(), line("35", comment="rolling out"), line(outcome=Outcome.PENALTY), line(used=None)])
        assert (found.lines, found.differing, found.commented, found.penalties) == (4, 2, 1, 1)
        assert (found.stake, found.chargeable, found.default, found.provisioned) == (13, 31 + 35 + 40 + 40, 31 * 3 + 40, 160)
        assert found.over_provisioned == 27

    def test_of_nothing_is_nothing(self) -> None:
        assert tally([]).stake == 0


class TestSearching:
    def test_folds_any_alphabet(self) -> None:
        assert folded("  MÜLLER   Straße ") == "müller strasse"

    def test_keeps_one_line_for_each_name(self) -> None:
        assert searchable("bolt", "Bolt  IT", "") == "bolt\nbolt it"

"""What is worth a reviewer's look."""

from decimal import Decimal

import pytest

from trueup.catalog.rules import TermsInForce
from trueup.kit.issue import Issue, Severity
from trueup.reports.rules.lines import Figures, LineState, Outcome
from trueup.reports.rules.remarks import Remark, differences

D = Decimal
TERMS = TermsInForce(over_provision_units=D(5))


def line(charged: str = "100", *, default: str = "100", comment: str = "", outcome: Outcome = Outcome.AS_SAVED) -> LineState:
    """A line that was saved so."""
    return LineState("endpoint-core", Figures(D(120), D(100), None), D(default), D(charged), comment, outcome)


def issue(code: str) -> Issue:
    """An issue of the line."""
    return Issue(code, Severity.WARNING, "…", "endpoint-core")


class TestRemark:
    @pytest.mark.parametrize(
        ("state", "issues", "previous", "remarks"),
        [
            (line(), [], None, ()),
            (line(), [], "100", ()),
            (line(), ["discrepancy"], "100", ()),
            (line(), ["overused"], "100", (Remark.ISSUE,)),
            (line(), ["over_provisioned"], "100", (Remark.ISSUE,)),
            (line("101"), ["discrepancy"], "100", (Remark.CHANGED,)),
            (line(comment="as agreed"), [], "100", (Remark.COMMENTED,)),
            (line(outcome=Outcome.PENALTY), [], "120", (Remark.CHANGED, Remark.PENALTY)),
            (line(), [], "125", (Remark.JUMP,)),
            (line(), [], "124", ()),
            (line(), [], "84", ()),
            (line(), [], "83.333333", (Remark.JUMP,)),
            (line(), [], "0", (Remark.JUMP,)),
            (line("4", default="4"), [], "0", ()),
            (line("5", default="5"), [], "0", (Remark.JUMP,)),
            (line("4", default="4"), [], "2", ()),
            (line("0", default="0"), [], "0", ()),
            (line("0", default="0"), [], "5", (Remark.JUMP,)),
        ],
    )
    def test_is_made_of_what_is_not_as_usual(
        self, state: LineState, issues: list[str], previous: str | None, remarks: tuple[Remark, ...]
    ) -> None:
        found = differences(state, [issue(code) for code in issues], TERMS, None if previous is None else D(previous))
        assert (found.remarks, found.remarkable) == (remarks, bool(remarks))

    def test_is_not_made_of_nothing_where_the_terms_have_no_threshold(self) -> None:
        found = differences(line(), [], TermsInForce(over_provision_units=D(0)), D(100))
        assert not found.remarkable


class TestDifferences:
    def test_are_against_the_default_and_last_month(self) -> None:
        found = differences(line("90"), [], TERMS, D(80))
        assert (found.from_default, found.from_previous, found.from_previous_percent) == (-10, 10, D("12.5"))

    @pytest.mark.parametrize(("previous", "step"), [(None, None), (D(0), D(100))])
    def test_have_no_percent_of_nothing(self, previous: Decimal | None, step: Decimal | None) -> None:
        found = differences(line(), [], TERMS, previous)
        assert (found.from_previous, found.from_previous_percent) == (step, None)

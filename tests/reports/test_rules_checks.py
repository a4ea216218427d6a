"""The issues of a line."""

from decimal import Decimal

import pytest

from trueup.catalog.rules import TermsInForce
from trueup.kit.errors import Invalid
from trueup.kit.issue import Severity
from trueup.reports.rules.checks import MOST_COMMENT, issues_of, read_comment, read_reason, require_submittable
from trueup.reports.rules.lines import Figures, LineState, Outcome

D = Decimal
TERMS = TermsInForce()


def line(
    provisioned: int,
    used: int | None,
    *,
    saved: int | None = None,
    comment: str = "",
    incomplete: bool = False,
    source_changed: bool = False,
) -> LineState:
    """A line charged on its used units (provisioned where unknown) by default."""
    default = D(provisioned if used is None else used)
    known = None if used is None else D(used)
    figures = Figures(D(provisioned), known, None)
    kept = None if saved is None else D(saved)
    return LineState("endpoint-core", figures, default, kept, comment, incomplete=incomplete, source_changed=source_changed)


def found(state: LineState) -> dict[str, Severity]:
    """The issues of a line by code."""
    return {issue.code: issue.severity for issue in issues_of(state, TERMS)}


class TestIssues:
    def test_are_none_where_all_is_well(self) -> None:
        assert found(line(40, 40)) == {}
        assert found(line(40, None)) == {}

    def test_block_an_over_provisioned_line_until_it_has_a_comment(self) -> None:
        assert found(line(40, 30))["over_provisioned"] == Severity.BLOCKING
        assert found(line(40, 30, comment="rolling out"))["over_provisioned"] == Severity.WARNING

    def test_block_a_change_without_comment(self) -> None:
        assert found(line(40, 40, saved=39))["changed_without_comment"] == Severity.BLOCKING
        assert "changed_without_comment" not in found(line(40, 40, saved=39, comment="one left on the 3rd"))

    def test_do_not_hold_against_the_msp_what_the_clock_charged(self) -> None:
        charged = LineState("endpoint-core", Figures(D(40), D(30), None), D(30), D(20), "", Outcome.DEFAULT_RESTORED)
        assert "changed_without_comment" not in found(charged)

    def test_warn_of_a_discrepancy(self) -> None:
        assert found(line(40, 38)) == {"discrepancy": Severity.WARNING}

    def test_warn_of_overuse(self) -> None:
        assert found(line(40, 44)) == {"discrepancy": Severity.WARNING, "overused": Severity.WARNING}

    @pytest.mark.parametrize(("saved", "above"), [(45, True), (44, False), (40, False)])
    def test_warn_of_a_value_above_both_measured_ones(self, saved: int, above: bool) -> None:
        assert ("above_measured" in found(line(40, 44, saved=saved, comment="agreed"))) is above

    def test_warn_of_a_value_above_provisioned_where_used_is_unknown(self) -> None:
        assert "above_measured" in found(line(40, None, saved=41, comment="agreed"))

    def test_warn_of_missing_data_and_changed_sources(self) -> None:
        assert found(line(40, 40, incomplete=True, source_changed=True)) == {
            "incomplete_data": Severity.WARNING,
            "source_changed": Severity.WARNING,
        }


class TestSubmission:
    def test_is_refused_with_every_blocking_issue(self) -> None:
        with pytest.raises(Invalid, match="2 issues block it") as refused:
            require_submittable([line(40, 30), line(40, 40, saved=39), line(40, 44)], TERMS)
        assert [problem.code for problem in refused.value.problems] == ["over_provisioned", "changed_without_comment"]

    def test_is_allowed_with_warnings(self) -> None:
        require_submittable([line(40, 30, comment="rolling out"), line(40, 44)], TERMS)


class TestReading:
    def test_strips_a_comment(self) -> None:
        assert read_comment("  rolling out\n") == "rolling out"
        assert read_comment(" \n ") == ""

    def test_refuses_a_comment_nobody_reads(self) -> None:
        with pytest.raises(Invalid, match="4001 characters"):
            read_comment("x" * (MOST_COMMENT + 1))

    @pytest.mark.parametrize("code", ["", "migration", "our_own_2"])
    def test_takes_reason_codes(self, code: str) -> None:
        assert read_reason(code) == code

    @pytest.mark.parametrize("code", ["Our own", "2nd", "x" * 41])
    def test_refuses_what_is_no_code(self, code: str) -> None:
        with pytest.raises(Invalid, match="lower snake case"):
            read_reason(code)

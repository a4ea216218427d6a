"""The issues of a report: what blocks its submission, what it warns of."""

import re
from collections.abc import Iterable, Sequence

from trueup.catalog.rules import TermsInForce
from trueup.kit.errors import Invalid, Problem
from trueup.kit.issue import Issue, Severity
from trueup.kit.quantity import plain
from trueup.reports.rules.lines import LineState, Outcome, is_over_provisioned

MOST_COMMENT = 4000
"""Characters of a comment."""

USUAL_REASONS: dict[str, str] = {
    "onboarding": "the customer is being onboarded",
    "offboarding": "the customer has left or is leaving",
    "migration": "moved between services or tenants",
    "trial": "not yet sold: a trial",
    "measurement_error": "the measured figure is wrong",
    "seasonal": "needed at times only",
    "agreed": "agreed with the distributor",
    "other": "see the comment",
}
"""Reason codes offered everywhere; an installation may use its own, in the same form."""

_SAVED = frozenset({Outcome.AS_SAVED, Outcome.WAIVED})
"""Outcomes by which a line charges what the MSP saved."""

_REASON = re.compile(r"[a-z][a-z0-9_]{0,39}")


def read_comment(text: str) -> str:
    """A comment without surrounding white space. Raises Invalid if it is too long."""
    comment = text.strip()
    if len(comment) > MOST_COMMENT:
        raise Invalid(f"the comment has {len(comment)} characters, {MOST_COMMENT} at most are kept")
    return comment


def read_reason(text: str) -> str:
    """A reason code, or empty for none. Raises Invalid if it is not lower snake case."""
    code = text.strip()
    if code and not _REASON.fullmatch(code):
        raise Invalid(f"“{text}” is not a reason code: write it in lower snake case, for example {', '.join(USUAL_REASONS)}")
    return code


def issues_of(line: LineState, terms: TermsInForce) -> list[Issue]:
    """All issues of one line, in the order of docs/workflow.md, Issues."""
    return [issue for issue in (*_blocking(line, terms), *_warnings(line)) if issue is not None]


def _blocking(line: LineState, terms: TermsInForce) -> Iterable[Issue | None]:
    """What blocks the submission; an over-provisioned line with a comment only warns."""
    figures = line.figures
    if is_over_provisioned(figures, terms):
        severity = Severity.WARNING if line.comment else Severity.BLOCKING
        percent = plain(figures.over_provisioned_percent)
        text = f"{plain(figures.over_provisioned)} units ({percent} %) are provisioned but not used"
        if not line.comment:
            text += ": explain it in a comment"
        yield Issue("over_provisioned", severity, text, line.service)
    if line.outcome in _SAVED and line.as_saved != line.default and not line.comment:
        text = f"chargeable was changed from {plain(line.default)} to {plain(line.as_saved)}: explain it in a comment"
        yield Issue("changed_without_comment", Severity.BLOCKING, text, line.service)


def _warnings(line: LineState) -> Iterable[Issue | None]:
    figures, charged = line.figures, line.chargeable
    measured = max(figures.provisioned, figures.used) if figures.used is not None else figures.provisioned
    found = (
        ("discrepancy", charged != figures.provisioned, f"chargeable {plain(charged)} is not provisioned {plain(figures.provisioned)}"),
        ("overused", figures.used is not None and figures.used > figures.provisioned, "more units are used than provisioned"),
        ("above_measured", charged > measured, f"chargeable {plain(charged)} is above all that was measured"),
        ("incomplete_data", line.incomplete, "a source did not report every day: no penalty falls on this line"),
        ("source_changed", line.source_changed, "the measured figures changed after this line was edited"),
    )
    for code, holds, text in found:
        if holds:
            yield Issue(code, Severity.WARNING, text, line.service)


def require_submittable(lines: Sequence[LineState], terms: TermsInForce) -> None:
    """Raise Invalid with every blocking issue of the report."""
    issues = [issue for line in lines for issue in issues_of(line, terms) if issue.severity == Severity.BLOCKING]
    if issues:
        problems = [Problem(issue.service or "", issue.message, issue.code) for issue in issues]
        raise Invalid(f"the report cannot be submitted: {len(issues)} issue(s) block it", problems)

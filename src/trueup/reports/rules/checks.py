"""The issues of a report: what blocks its submission, what it warns of."""

import re
from collections.abc import Iterable, Sequence

from trueup.catalog.rules import TermsInForce
from trueup.kit.errors import Invalid, Problem
from trueup.kit.issue import Issue, Severity
from trueup.kit.quantity import ZERO, neat
from trueup.kit.text import plural, text
from trueup.reports.rules.lines import LineState, Outcome, is_over_provisioned

MOST_COMMENT = 4000
"""Characters of a comment."""

USUAL_REASONS: dict[str, str] = {
    "onboarding": text("the customer is being onboarded"),
    "offboarding": text("the customer has left or is leaving"),
    "migration": text("moved between services or tenants"),
    "trial": text("not yet sold: a trial"),
    "measurement_error": text("the measured figure is wrong"),
    "seasonal": text("needed at times only"),
    "agreed": text("agreed with the distributor"),
    "other": text("see the comment"),
}
"""Reason codes offered everywhere; an installation may use its own, in the same form."""

_SAVED = frozenset({Outcome.AS_SAVED, Outcome.WAIVED})
"""Outcomes by which a line charges what the MSP saved."""

_REASON = re.compile(r"[a-z][a-z0-9_]{0,39}")


def read_comment(typed: str) -> str:
    """A comment without surrounding white space. Raises Invalid if it is too long."""
    comment = typed.strip()
    if len(comment) > MOST_COMMENT:
        raise Invalid(text("the comment has {length} characters, {most} at most are kept", length=len(comment), most=MOST_COMMENT))
    return comment


def read_reason(typed: str) -> str:
    """A reason code, or empty for none. Raises Invalid if it is not lower snake case."""
    code = typed.strip()
    if code and not _REASON.fullmatch(code):
        usual = ", ".join(USUAL_REASONS)
        raise Invalid(text("“{typed}” is not a reason code: write it in lower snake case, for example {usual}", typed=typed, usual=usual))
    return code


def issues_of(line: LineState, terms: TermsInForce) -> list[Issue]:
    """All issues of one line, in the order of docs/workflow.md, Issues."""
    return [issue for issue in (*_blocking(line, terms), *_warnings(line)) if issue is not None]


def _blocking(line: LineState, terms: TermsInForce) -> Iterable[Issue | None]:
    """What blocks the submission; an over-provisioned line with a comment, or one that was agreed before, only warns."""
    figures = line.figures
    if is_over_provisioned(figures, terms):
        over = {"units": neat(figures.over_provisioned or ZERO), "percent": neat(figures.over_provisioned_percent or ZERO)}
        if line.comment or line.agreed:
            explained = text("{units} units ({percent} %) are provisioned but not used", **over)
            yield Issue("over_provisioned", Severity.WARNING, explained, line.service)
        else:
            open_still = text("{units} units ({percent} %) are provisioned but not used: explain it in a comment", **over)
            yield Issue("over_provisioned", Severity.BLOCKING, open_still, line.service)
    if line.outcome in _SAVED and line.as_saved != line.default and not line.comment:
        before, after = neat(line.default), neat(line.as_saved)
        changed = text("chargeable was changed from {before} to {after}: explain it in a comment", before=before, after=after)
        yield Issue("changed_without_comment", Severity.BLOCKING, changed, line.service)


def _warnings(line: LineState) -> Iterable[Issue | None]:
    figures, charged = line.figures, line.chargeable
    measured = max(figures.provisioned, figures.used) if figures.used is not None else figures.provisioned
    shown = {"chargeable": neat(charged), "provisioned": neat(figures.provisioned)}
    found = (
        ("discrepancy", charged != figures.provisioned, text("chargeable {chargeable} is not provisioned {provisioned}", **shown)),
        ("overused", figures.used is not None and figures.used > figures.provisioned, text("more units are used than provisioned")),
        ("above_measured", charged > measured, text("chargeable {chargeable} is above all that was measured", **shown)),
        ("incomplete_data", line.incomplete, text("a source did not report every day: no penalty falls on this line")),
        ("source_changed", line.source_changed, text("the measured figures changed after this line was edited")),
    )
    for code, holds, message in found:
        if holds:
            yield Issue(code, Severity.WARNING, message, line.service)


def require_submittable(lines: Sequence[LineState], terms: TermsInForce) -> None:
    """Raise Invalid with every blocking issue of the report."""
    issues = [issue for line in lines for issue in issues_of(line, terms) if issue.severity == Severity.BLOCKING]
    if issues:
        problems = [Problem(issue.service or "", issue.message, issue.code, (issue.service or "",)) for issue in issues]
        blocked = plural(
            "the report cannot be submitted: {count} issue blocks it",
            "the report cannot be submitted: {count} issues block it",
            len(issues),
        )
        raise Invalid(blocked, problems)

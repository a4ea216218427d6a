"""What a report comes to: the counts and sums by which lists show and sort it."""

from collections.abc import Iterable
from dataclasses import dataclass

from trueup.kit.quantity import ZERO, Quantity
from trueup.reports.rules.lines import LineState, Outcome


@dataclass(frozen=True, slots=True)
class Tally:
    """A report in numbers. Units are added up whatever they are, so sums compare a report with others of its kind, and no more.

    `stake`: the units a review is about, see `at_stake`. `over_provisioned`: of the lines that know their used units.
    """

    lines: int
    differing: int
    commented: int
    penalties: int
    stake: Quantity
    chargeable: Quantity
    default: Quantity
    provisioned: Quantity
    over_provisioned: Quantity


def at_stake(line: LineState) -> Quantity:
    """The units of a line that somebody might argue about.

    A line with a penalty: the units the penalty adds to (or takes from) what was saved, which a waiver would give back.
    Any other line: how far chargeable is from its default, in either direction. No unit counts twice.
    """
    return units_at_stake(line.outcome, line.chargeable, saved=line.as_saved, default=line.default)


def units_at_stake(outcome: Outcome, chargeable: Quantity, *, saved: Quantity, default: Quantity) -> Quantity:
    """The same of a line's figures alone."""
    return abs(chargeable - (saved if outcome == Outcome.PENALTY else default))


def tally(lines: Iterable[LineState]) -> Tally:
    """What the lines of a report come to together."""
    known = list(lines)
    return Tally(
        lines=len(known),
        differing=sum(line.chargeable != line.default for line in known),
        commented=sum(bool(line.comment) for line in known),
        penalties=sum(line.outcome == Outcome.PENALTY for line in known),
        stake=sum(map(at_stake, known), ZERO),
        chargeable=sum((line.chargeable for line in known), ZERO),
        default=sum((line.default for line in known), ZERO),
        provisioned=sum((line.figures.provisioned for line in known), ZERO),
        over_provisioned=sum((line.figures.over_provisioned or ZERO for line in known), ZERO),
    )

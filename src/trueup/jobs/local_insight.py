"""Insight of the installation on this machine, for the operator or the person `--as` names."""

from collections.abc import Iterable
from dataclasses import dataclass

from trueup.client.answers import (
    Billed,
    Deprovisioning,
    Measured,
    MeasuredLine,
    MeasuredOtherwise,
    OverProvisioned,
    Reviewed,
    ToDeprovision,
)
from trueup.jobs.alike import like
from trueup.jobs.people import member, viewer_of_report
from trueup.kit.period import Month
from trueup.statements import insight


@dataclass(frozen=True, slots=True)
class LocalInsight:
    """Asks the modules of this installation; see `desk_billing.Insight`. Figures over months are those of one account."""

    email: str | None
    account: str | None

    def billed(self, first: Month, last: Month, by: str) -> Iterable[Billed]:
        """What was billed."""
        return [like(Billed, one) for one in insight.billed(member(self.email, self.account), first, last, by=insight.By(by))]

    def review(self, first: Month, last: Month) -> Iterable[Reviewed]:
        """How the reports of each month went."""
        found = insight.review_figures(member(self.email, self.account), first, last)
        return [like(Reviewed, one, cycle=one.month, comments=dict(one.comments)) for one in found]

    def deprovision(self, month: Month, msp: str) -> Deprovisioning:
        """What an MSP could deprovision."""
        found = insight.deprovision(viewer_of_report(self.email, month, msp), month, msp)
        return like(Deprovisioning, found, cycle=found.month, lines=tuple(_over(line) for line in found.lines))

    def measures(self, month: Month, msp: str) -> MeasuredOtherwise:
        """A month under each measure."""
        found = insight.measured_otherwise(viewer_of_report(self.email, month, msp), month, msp)
        totals = {name.value: money for name, money in found.totals.items()}
        return like(MeasuredOtherwise, found, cycle=found.month, totals=totals, lines=tuple(_measured(line) for line in found.lines))


def _over(line: insight.OverProvisioned) -> OverProvisioned:
    return like(OverProvisioned, line, customers=tuple(like(ToDeprovision, one) for one in line.customers))


def _measured(line: insight.MeasuredLine) -> MeasuredLine:
    by_measure = {name.value: like(Measured, one) for name, one in line.by_measure.items()}
    return like(MeasuredLine, line, measure=line.measure.value, by_measure=by_measure)

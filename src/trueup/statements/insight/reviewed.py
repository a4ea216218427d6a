"""How months went: what was charged of what was provisioned, who had to be asked, and what was said."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from trueup.accounts.rules import Tier, Viewer
from trueup.kit.errors import NotAllowed
from trueup.kit.period import Month
from trueup.kit.quantity import ZERO, Quantity, added, round_half_up
from trueup.kit.text import text
from trueup.reports.columns import ExactSum
from trueup.reports.models import Report, ReportLine
from trueup.reports.rules.lines import Outcome
from trueup.reports.rules.tally import units_at_stake
from trueup.statements.insight.billed import require_span

NO_REASON = ""
"""Of a comment that gives no reason code."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The reports of a month together; units are added up whatever they count. `penalty_units` is what penalties added to (or took from)
    what had been saved. `comments` counts lines with a comment, by reason code."""

    month: Month
    reports: int
    provisioned: Quantity
    chargeable: Quantity
    over_provisioned: Quantity
    penalties: int
    penalty_units: Quantity
    comments: Mapping[str, int]

    @property
    def over_provisioned_percent(self) -> Quantity:
        """Over-provisioned units in percent of the provisioned ones, one decimal, half up; nothing provisioned: 0."""
        return round_half_up(self.over_provisioned * 100 / self.provisioned, 1) if self.provisioned else ZERO


def review_figures(viewer: Viewer, first: Month, last: Month) -> list[Reviewed]:
    """The months from `first` to `last` that have reports the viewer sees, in their order; adjustments are no months.

    For distributors and vendors. Raises NotAllowed, Invalid for months in another order, or too many.
    """
    if not viewer.sees_all and viewer.tier not in {Tier.DISTRIBUTOR, Tier.VENDOR}:
        raise NotAllowed(text("how the reports of others went is told to distributors and vendors"))
    require_span(first, last)
    span = (first.first_day, last.first_day)
    reports = Report.objects.visible_to(viewer).filter(cycle__adjusts=None, cycle__first_day__range=span)
    lines = ReportLine.objects.visible_to(viewer).filter(report__cycle__adjusts=None, report__cycle__first_day__range=span)
    comments, penalties = _comments(lines), _penalties(lines)
    sums = reports.order_by().values("cycle__first_day").annotate(
        count=Count("pk"), provisioned=ExactSum("total_provisioned"), chargeable=ExactSum("total_chargeable"),
        over=ExactSum("total_over_provisioned"),
    )  # fmt: skip
    return [
        Reviewed(
            month, row["count"], row["provisioned"], row["chargeable"], row["over"], len(penalties.get(month, ())),
            added(penalties.get(month, ())), dict(sorted(comments.get(month, {}).items())),
        )
        for row in sums.order_by("cycle__first_day")
        for month in [Month.of(row["cycle__first_day"])]
    ]  # fmt: skip


def _comments(lines: QuerySet[ReportLine]) -> dict[Month, Counter[str]]:
    found: dict[Month, Counter[str]] = {}
    said = lines.exclude(comment="").order_by().values("report__cycle__first_day", "reason").annotate(count=Count("pk"))
    for row in said:
        found.setdefault(Month.of(row["report__cycle__first_day"]), Counter())[row["reason"] or NO_REASON] += row["count"]
    return found


def _penalties(lines: QuerySet[ReportLine]) -> dict[Month, list[Quantity]]:
    """What each penalty came to."""
    found: dict[Month, list[Quantity]] = {}
    columns = ("report__cycle__first_day", "chargeable", "saved_chargeable", "default_chargeable")
    for day, chargeable, saved, default in lines.filter(outcome=Outcome.PENALTY).order_by().values_list(*columns):
        units = units_at_stake(Outcome.PENALTY, chargeable, saved=default if saved is None else saved, default=default)
        found.setdefault(Month.of(day), []).append(units)
    return found

"""How months went: what was charged of what was provisioned, who had to be asked, what was said. By month, service, MSP or distributor."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from django.db.models import Count, F, Max, QuerySet

from trueup.accounts.rules import Tier, Viewer
from trueup.kit.errors import NotAllowed
from trueup.kit.period import Month
from trueup.kit.quantity import ZERO, Credits, Quantity, added, round_half_up
from trueup.kit.text import text
from trueup.reports.columns import ExactSum, Ranked
from trueup.reports.models import Report, ReportLine
from trueup.reports.rules.lines import Outcome
from trueup.reports.rules.tally import units_at_stake
from trueup.statements.insight.billed import require_span

NO_REASON = ""
"""Of a comment that gives no reason code."""


class ReviewedBy(StrEnum):
    """What reports are told together by."""

    MONTH = "month"
    SERVICE = "service"
    MSP = "msp"
    DISTRIBUTOR = "distributor"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The reports of a month, an MSP or a distributor together, or all their lines of a service; units are added up whatever they count.

    `reports` have something of it. `unit` is empty where services are added up. `credits` are the allocated ones; None where there are
    none, and by month, for which statements tell them. `penalty_units` is what penalties added to (or took from) what had been saved.
    `comments` counts lines with a comment, by reason code.
    """

    key: str
    name: str
    unit: str
    reports: int
    provisioned: Quantity
    chargeable: Quantity
    over_provisioned: Quantity
    credits: Credits | None
    penalties: int
    penalty_units: Quantity
    comments: Mapping[str, int]

    @property
    def month(self) -> Month:
        """The month, where reports are told by it."""
        return Month.parse(self.key)

    @property
    def over_provisioned_percent(self) -> Quantity:
        """Over-provisioned units in percent of the provisioned ones, one decimal, half up; nothing provisioned: 0."""
        return round_half_up(self.over_provisioned * 100 / self.provisioned, 1) if self.provisioned else ZERO


_OF_LINES: Final = {
    ReviewedBy.MONTH: "report__cycle__first_day",
    ReviewedBy.SERVICE: "service_code",
    ReviewedBy.MSP: "report__msp_ref",
    ReviewedBy.DISTRIBUTOR: "report__distributor_ref",
}
_NAMES: Final = {ReviewedBy.SERVICE: "service_name", ReviewedBy.MSP: "msp_name", ReviewedBy.DISTRIBUTOR: "distributor_name"}
_Row = dict[str, Any]


def review_figures(viewer: Viewer, first: Month, last: Month, *, by: ReviewedBy = ReviewedBy.MONTH) -> list[Reviewed]:
    """The reports the viewer sees of the months from `first` to `last`; adjustments are no months.

    Months in their order, anything else by its over-provisioned units, the most first. For distributors and vendors.
    Raises NotAllowed, Invalid for months in another order, or too many.
    """
    if not viewer.sees_all and viewer.tier not in {Tier.DISTRIBUTOR, Tier.VENDOR}:
        raise NotAllowed(text("how the reports of others went is told to distributors and vendors"))
    require_span(first, last)
    span = (first.first_day, last.first_day)
    reports = Report.objects.visible_to(viewer).filter(cycle__adjusts=None, cycle__first_day__range=span).order_by()
    lines = ReportLine.objects.visible_to(viewer).filter(report__cycle__adjusts=None, report__cycle__first_day__range=span).order_by()
    rows = _of_services(lines) if by == ReviewedBy.SERVICE else _of_reports(reports, by)
    comments, penalties = _comments(lines, _OF_LINES[by]), _penalties(lines, _OF_LINES[by])
    credits_ = {} if by == ReviewedBy.MONTH else _credits(lines, _OF_LINES[by])
    found = [
        Reviewed(
            _key(row["key"]), row.get("name", ""), row.get("told_unit", ""), row["count"], row["all_provisioned"], row["all_chargeable"],
            row["over"], credits_.get(row["key"]), len(penalties.get(row["key"], ())), added(penalties.get(row["key"], ())),
            dict(sorted(comments.get(row["key"], {}).items())),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: (ZERO if by == ReviewedBy.MONTH else -one.over_provisioned, one.key))


def _key(found: str | date) -> str:
    return str(Month.of(found)) if isinstance(found, date) else found


def _of_reports(reports: QuerySet[Report], by: ReviewedBy) -> list[_Row]:
    """Reports know what all their lines come to."""
    names = {"name": Max(_NAMES[by])} if by in _NAMES else {}
    found: Any = (
        reports.values(key=F(_OF_LINES[by].removeprefix("report__"))).annotate(
            **names, count=Count("pk"), all_provisioned=ExactSum("total_provisioned"), all_chargeable=ExactSum("total_chargeable"),
            over=ExactSum("total_over_provisioned"),
        )
    )  # fmt: skip
    return list(found)


def _of_services(lines: QuerySet[ReportLine]) -> list[_Row]:
    """A line with more used units than provisioned ones is not over-provisioned, and takes nothing off those that are."""
    over = lines.alias(has=Ranked("provisioned"), uses=Ranked("used")).filter(has__gt=F("uses"))
    beyond = over.values(key=F("service_code")).annotate(has_all=ExactSum("provisioned"), uses_all=ExactSum("used"))
    units = {row["key"]: row["has_all"] - row["uses_all"] for row in beyond}
    told = lines.values(key=F("service_code")).annotate(
        name=Max("service_name"), told_unit=Max("unit"), count=Count("pk"), all_provisioned=ExactSum("provisioned"),
        all_chargeable=ExactSum("chargeable"),
    )  # fmt: skip
    return [{**row, "over": units.get(row["key"], ZERO)} for row in told]


def _credits(lines: QuerySet[ReportLine], key: str) -> dict[Any, Credits]:
    """Of what has any."""
    rows = lines.filter(credits__isnull=False).values(key=F(key)).annotate(all_credits=ExactSum("credits"))
    return {row["key"]: row["all_credits"] for row in rows}


def _comments(lines: QuerySet[ReportLine], key: str) -> dict[Any, Counter[str]]:
    found: dict[Any, Counter[str]] = {}
    for row in lines.exclude(comment="").values("reason", key=F(key)).annotate(count=Count("pk")):
        found.setdefault(row["key"], Counter())[row["reason"] or NO_REASON] += row["count"]
    return found


def _penalties(lines: QuerySet[ReportLine], key: str) -> dict[Any, list[Quantity]]:
    """What each penalty came to."""
    found: dict[Any, list[Quantity]] = {}
    columns = (key, "chargeable", "saved_chargeable", "default_chargeable")
    for place, chargeable, saved, default in lines.filter(outcome=Outcome.PENALTY).values_list(*columns):
        units = units_at_stake(Outcome.PENALTY, chargeable, saved=default if saved is None else saved, default=default)
        found.setdefault(place, []).append(units)
    return found

"""The inbox of a distributor: its partners' reports, searched, filtered, sorted and paged in the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from trueup.accounts.rules import Tier, Viewer
from trueup.cycles.models import month_in, of_month
from trueup.events.snapshot import snapshot
from trueup.kit.errors import Invalid, NotAllowed, NotFound
from trueup.kit.page import Page
from trueup.kit.period import Month
from trueup.kit.quantity import Quantity
from trueup.kit.text import Text, text
from trueup.reports.access import parties
from trueup.reports.models import Report, ReportLine
from trueup.reports.rules.lines import Outcome
from trueup.reports.rules.searching import folded
from trueup.reports.rules.workflow import MAY_REQUIRE_REVIEW, STATUS_WORDS, Status, Submission, Verb, verbs_for

ReportKey = tuple[Month, str]
"""A report by its cycle and the ref of its MSP."""

ON_BEHALF, PENALTY, COMMENTED, CHANGED = "on_behalf", "penalty", "commented", "changed"
FLAGS: dict[str, Q] = {
    MAY_REQUIRE_REVIEW: Q(may_require_review=True),
    ON_BEHALF: Q(has_access=False),
    PENALTY: Q(penalty_lines__gt=0),
    COMMENTED: Q(commented_lines__gt=0) | ~Q(comment=""),
    CHANGED: Q(differing_lines__gt=0),
}
"""What a list of reports can be narrowed to, besides its status and submission."""

ORDERS: dict[str, str] = {
    "stake": "stake",
    "partner": "searched",  # begins with the name, whatever its case
    "cycle": "cycle__first_day",
    "deadline": "deadline_at",
    "submitted": "submitted_or_never",
    "lines": "line_count",
    "changed": "differing_lines",
    "commented": "commented_lines",
    "penalties": "penalty_lines",
    "chargeable": "total_chargeable",
}
"""What the inbox can be sorted by; `-` before it: from the highest down."""

_NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""Reports that are not submitted stand behind all that are."""


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """What is asked for; None (or an empty search) does not narrow. `flag` is one of FLAGS, `order` one of ORDERS, `-` reverses it.

    `cycle` is a month itself, or an adjustment of one. `search` is a part of the partner's ref, name or company ID, whatever its case.
    """

    cycle: Month | None = None
    status: Status | None = Status.UNDER_REVIEW
    submission: Submission | None = None
    flag: str | None = None
    search: str = ""
    order: str = "-stake"


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A report in a list. Units of all its lines together: `stake` as in rules.tally, `measured` is what it charges by default.

    `commented_itself`: the MSP left a comment on the report as a whole.
    """

    cycle: Month
    msp: str
    msp_name: str
    company_id: str
    distributor: str
    status: Status
    submission: Submission | None
    flags: tuple[str, ...]
    has_access: bool
    deadline: datetime
    submitted_at: datetime | None
    time_zone: str
    version: int
    lines: int
    changed: int
    commented: int
    penalties: int
    stake: Quantity
    chargeable: Quantity
    measured: Quantity
    approved_at: datetime | None
    commented_itself: bool

    @property
    def key(self) -> ReportKey:
        """How the report is called."""
        return self.cycle, self.msp


@dataclass(frozen=True, slots=True)
class InboxOptions:
    """What there is to filter by: all cycles, the latest first; how many reports each choice leaves, under the other filters."""

    cycles: tuple[Month, ...]
    statuses: dict[Status, int]
    submissions: dict[Submission, int]


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A line that is not simply as measured. `comment` may be empty."""

    service: str
    service_name: str
    unit: str
    decimals: int
    default: Quantity
    chargeable: Quantity
    penalty: bool
    comment: str
    reason: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a report contains, before it is approved with others. `hindrance` says why it cannot be, None: it can."""

    row: InboxRow
    comment: str
    lines: tuple[PreviewLine, ...]
    hindrance: Text | None


def inbox(viewer: Viewer, filters: InboxFilter, *, page: int = 1, per_page: int = 50) -> Page[InboxRow]:
    """A page of the reports a distributor (or vendor, who only reads) asks for. Raises NotAllowed for others, Invalid."""
    with snapshot():
        found = _found(viewer, filters)
        ordered = found.order_by(*ordering(filters.order))
        return Page.of(found.count(), page, per_page, lambda start, stop: rows_of(ordered[start:stop]))


def inbox_options(viewer: Viewer, filters: InboxFilter) -> InboxOptions:
    """What the inbox can be filtered by. Raises NotAllowed, Invalid."""
    seen = _scope(viewer)
    with snapshot():
        cycles = [month_in(*days) for days in seen.order_by().values_list("cycle__first_day", "cycle__adjusts").distinct()]
        statuses = count_by(_found(viewer, replace(filters, status=None)), "status")
        submissions = count_by(_found(viewer, replace(filters, submission=None)), "submission")
        return InboxOptions(
            tuple(sorted(cycles, key=lambda one: (one.cycle, one.usage), reverse=True)),
            {status: statuses.get(status, 0) for status in Status},
            {kind: submissions.get(kind, 0) for kind in Submission},
        )


def count_by(found: QuerySet[Report], column: str) -> dict[str, int]:
    """How many of some reports have each value of a column."""
    return dict(found.order_by().values_list(column).annotate(count=Count("pk")))


def next_in_inbox(viewer: Viewer, filters: InboxFilter, *, after: ReportKey | None) -> ReportKey | None:
    """The report that follows another in the order of the inbox, also if that one has left it since; None after the last.

    `after` None asks for the first. Raises NotAllowed, NotFound, Invalid.
    """
    found, order = _found(viewer, filters), ordering(filters.order)
    if after is not None:
        found = found.filter(beyond(_place(viewer, after, order), order))
    key = found.order_by(*order).values_list("cycle__first_day", "cycle__adjusts", "msp_ref").first()
    return None if key is None else (month_in(*key[:2]), key[2])


def _place(viewer: Viewer, key: ReportKey, order: Sequence[str]) -> list[Any]:
    """Where a report stands: its values of what the inbox is sorted by."""
    columns = [column.removeprefix("-") for column in order]
    place = _scope(viewer).filter(of_month(key[0]), msp_ref=key[1]).values_list(*columns).first()
    if place is None:
        raise NotFound(text("there is no report of “{msp}” for {month}", msp=key[1], month=key[0]))
    return list(place)


def beyond(place: Sequence[Any], order: Sequence[str]) -> Q:
    """Everything behind a place: further by the first column, or level in it and further by the next, and so on."""
    beyond, level = Q(pk__in=()), Q()
    for column, value in zip(order, place, strict=True):
        name = column.removeprefix("-")
        beyond |= level & Q(**{f"{name}__{'lt' if column.startswith('-') else 'gt'}": value})
        level &= Q(**{name: value})
    return beyond


def preview(viewer: Viewer, keys: Sequence[ReportKey]) -> list[Preview]:
    """What each of some reports contains, in the order asked for. Raises NotAllowed, NotFound for one the viewer does not see."""
    asked = list(dict.fromkeys(keys))
    with snapshot():
        days, msps = {month.cycle.first_day for month, _ in asked}, {msp for _, msp in asked}
        near = _scope(viewer).filter(cycle__first_day__in=days, msp_ref__in=msps)
        reports = {(found.cycle.month, found.msp_ref): found for found in near.select_related("cycle")}
        for month, msp in asked:
            if (month, msp) not in reports:
                raise NotFound(text("there is no report of “{msp}” for {month}", msp=msp, month=month))
        chosen = {reports[key].pk: reports[key] for key in asked}
        rows = {row.key: row for row in rows_of(near.filter(pk__in=chosen))}
        lines: dict[int, list[PreviewLine]] = {report_id: [] for report_id in chosen}
        for line in _telling(chosen):
            if line.chargeable != line.default_chargeable or line.comment or line.outcome == Outcome.PENALTY:
                lines[line.report_id].append(_preview_line(line))
    return [Preview(rows[key], reports[key].comment, tuple(lines[reports[key].pk]), _hindrance(viewer, reports[key])) for key in asked]


def _telling(report_ids: Iterable[int]) -> QuerySet[ReportLine]:
    """The lines of reports that are not simply as measured, and some that are: one number may be written in several ways."""
    tells = ~Q(chargeable=F("default_chargeable")) | ~Q(comment="") | Q(outcome=Outcome.PENALTY)
    return ReportLine.objects.filter(tells, report_id__in=list(report_ids)).order_by("report_id", "position", "service_code")


def _preview_line(line: ReportLine) -> PreviewLine:
    return PreviewLine(
        line.service_code,
        line.service_name,
        line.unit,
        line.decimals,
        line.default_chargeable,
        line.chargeable,
        line.outcome == Outcome.PENALTY,
        line.comment,
        line.reason,
    )


def _hindrance(viewer: Viewer, found: Report) -> Text | None:
    """Why somebody may not approve a report."""
    if found.status != Status.UNDER_REVIEW:
        return text("the report is {status}", status=STATUS_WORDS[Status(found.status)])
    if Verb.APPROVE not in verbs_for(viewer, Status.UNDER_REVIEW, parties(found)):
        return text("it is reviewed by a billing manager of the MSP's distributor")
    return None


def _scope(viewer: Viewer) -> QuerySet[Report]:
    """All reports that the inbox may show."""
    if not viewer.sees_all and viewer.tier not in (Tier.DISTRIBUTOR, Tier.VENDOR):
        raise NotAllowed(text("only distributors and vendors have an inbox of reports"))
    return sortable(Report.objects.visible_to(viewer))


def sortable(reports: QuerySet[Report]) -> QuerySet[Report]:
    """The reports with every column of ORDERS."""
    return reports.annotate(submitted_or_never=Coalesce("submitted_at", Value(_NEVER)))


def _found(viewer: Viewer, filters: InboxFilter) -> QuerySet[Report]:
    return narrowed(_scope(viewer), filters)


def narrowed(found: QuerySet[Report], filters: InboxFilter) -> QuerySet[Report]:
    """Those of some reports that are asked for. Raises Invalid."""
    if filters.cycle is not None:
        found = found.filter(of_month(filters.cycle))
    if filters.status is not None:
        found = found.filter(status=filters.status)
    if filters.submission is not None:
        found = found.filter(submission=filters.submission)
    if filters.flag is not None:
        if filters.flag not in FLAGS:
            raise Invalid(text("there is no flag “{flag}”", flag=filters.flag))
        found = found.filter(FLAGS[filters.flag])
    if wanted := folded(filters.search):
        found = found.filter(searched__contains=wanted)
    return found


def ordering(order: str) -> list[str]:
    """The columns to sort by: the one asked for, then the latest cycle, then the partner, of which a cycle has one report.

    Raises Invalid.
    """
    name, reverse = order.removeprefix("-"), order.startswith("-")
    if name not in ORDERS:
        raise Invalid(text("reports cannot be sorted by “{order}”", order=name))
    return [f"-{ORDERS[name]}" if reverse else ORDERS[name], "-cycle__first_day", "msp_ref", "pk"]


COLUMNS = (
    "cycle__first_day", "cycle__adjusts", "msp_ref", "msp_name", "company_id", "distributor_ref", "status", "submission",
    "may_require_review", "has_access", "deadline_at", "submitted_at", "time_zone", "version", "line_count", "differing_lines",
    "commented_lines", "penalty_lines", "stake", "total_chargeable", "total_default", "approved_at", "comment",
)  # fmt: skip


def rows_of(found: QuerySet[Report]) -> list[InboxRow]:
    """The rows of reports, without what only their pages need."""
    return [row_of(columns) for columns in found.values_list(*COLUMNS)]


def row_of(columns: Sequence[Any]) -> InboxRow:
    """A row of COLUMNS."""
    first_day, adjusts, msp, msp_name, company_id, distributor, status, submission, flagged, *rest, comment = columns
    return InboxRow(
        month_in(first_day, adjusts),
        msp,
        msp_name,
        company_id,
        distributor,
        Status(status),
        Submission(submission) if submission else None,
        (MAY_REQUIRE_REVIEW,) if flagged else (),
        *[*rest, bool(comment)],
    )

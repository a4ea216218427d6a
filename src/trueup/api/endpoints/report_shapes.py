"""What the operations about cycles and reports have in common in what they take and answer."""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final

from ninja import Field, Schema
from pydantic import BeforeValidator, ConfigDict, WithJsonSchema

from trueup.api.parameters import Storable
from trueup.api.schemas import CycleName, Instant, Number, ProblemDocument
from trueup.kit.issue import Severity
from trueup.reports.queries import LineView, ReportPage
from trueup.reports.rules.lines import Outcome
from trueup.reports.rules.workflow import MAY_REQUIRE_REVIEW, Status, Submission, Verb

# ── What is taken ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _written(given: object) -> object:
    """A number as text: a whole one may be a number in JSON."""
    if isinstance(given, bool | float):
        raise ValueError('write it as a string, like "12.5", so that no digit is lost')  # noqa: TRY004 -- what pydantic catches
    return str(given) if isinstance(given, int) else given


Said = Annotated[Storable, Field(max_length=20_000)]
"""What somebody writes. How long it may be, the rules of the report say."""

Asked = Annotated[Storable, Field(max_length=200)]
"""What somebody looks for."""

Code = Annotated[Storable, Field(max_length=100)]
"""The code of a service in a body."""

Units = Annotated[
    Storable,
    BeforeValidator(_written),
    Field(max_length=60),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^\d+(\.\d+)?$", "maxLength": 60}, {"type": "integer", "minimum": 0}]}),
]
"""A number that is sent: a string in plain decimal notation, or a whole number."""


class Taken(Schema):
    """What is sent: nothing that is not known."""

    model_config = ConfigDict(extra="forbid")


# ── What is answered ──────────────────────────────────────────────────────────────────────────────────────────────────


class Flag(StrEnum):
    """What a report is marked with."""

    MAY_REQUIRE_REVIEW = "may_require_review"
    """It was once submitted automatically with a penalty; it stays marked."""
    ON_BEHALF = "on_behalf"
    """Its distributor prepares it."""
    PENALTY = "penalty"
    COMMENTED = "commented"
    CHANGED = "changed"
    """A line does not charge its default."""


FLAG_ASKED: Final = {flag: MAY_REQUIRE_REVIEW if flag == Flag.MAY_REQUIRE_REVIEW else flag.value for flag in Flag}
"""The flags as lists of reports know them."""


def flags_of(*, may_require_review: bool, on_behalf: bool, penalty: bool, commented: bool, changed: bool) -> list[str]:
    """The flags that hold, in the order of `Flag`."""
    holds = (may_require_review, on_behalf, penalty, commented, changed)
    return [flag for flag, held in zip(Flag, holds, strict=True) if held]


class IssueShown(Schema):
    """Something to know: it blocks the submission, or warns. `service` names the line."""

    code: str
    severity: Severity
    message: str
    service: str | None


class Line(Schema):
    """A line of a report: figures in its billing unit. Used is null where it is unknown, credits where there are none.

    The MSP edits `chargeable_units` (null: it leaves the default), `comment` and `reason`; what is charged in the end is `chargeable`.
    """

    service: str
    service_name: str
    group: str
    group_name: str
    unit: str
    decimals: int
    measure: str
    provisioned: Number
    used: Number | None
    over_provisioned: Number | None
    over_provisioned_percent: Number | None
    credits: Number | None
    default_chargeable: Number
    chargeable_units: Number | None
    as_saved: Number = Field(description="What the MSP left, be it the default.")
    chargeable: Number = Field(description="What goes to final billing once the report is approved.")
    outcome: Outcome
    penalty: bool
    comment: str
    reason: str
    days: list[date] = Field(description="The days whose figures these are; none for sums and averages.")
    issues: list[IssueShown]

    @staticmethod
    def resolve_chargeable_units(line: LineView) -> Any:
        """Of the MSP's own."""
        return line.saved


class UnitTotal(Schema):
    """The lines of a group that count the same unit, added up."""

    unit: str
    decimals: int
    lines: int
    provisioned: Number
    default: Number
    chargeable: Number


class Group(Schema):
    """A solution group of a report; credits are null if it has none."""

    group: str
    group_name: str
    lines: int
    units: list[UnitTotal]
    credits: Number | None


class ForecastedLine(Schema):
    """What a line charges as saved, what if nobody does anything until the deadline, and why."""

    service: str
    as_saved: Number
    if_nothing: Number
    reason: Outcome


class ForecastShown(Schema):
    """What happens if you do nothing. `stake`: by how many units it differs from what is saved, over all lines."""

    deadline: Instant
    days_left: int = Field(description="Whole days until the deadline.")
    stake: Number
    lines: list[ForecastedLine]


class TermsShown(Schema):
    """The terms the report was generated under."""

    auto_submit_after_days: int
    resubmit_within_days: int
    reminder_days_before: list[int]
    over_provision_percent: Number
    over_provision_units: Number
    penalty: str
    auto_approve: str
    zero_reports: bool


class RejectionShown(Schema):
    """Why a report came back; `services` are the lines the reviewer pointed at."""

    by: str
    at: Instant
    reason: str
    services: list[str]


class Report(Schema):
    """A usage report. Its parts are null unless `expand` asks for them; the forecast also once the report is submitted.

    `version` is what stands in the ETag. `stake`: the units a review is about. `may`: what you can do with it now.
    """

    cycle: CycleName
    msp: str
    msp_name: str
    company_id: str
    city: str
    state: str
    distributor: str
    distributor_name: str
    from_date: date = Field(description="The first day of its period.")
    to_date: date = Field(description="The last day of its period.")
    status: Status
    submission: Submission | None
    flags: list[Flag]
    has_access: bool = Field(description="Whether the MSP prepares it itself; else its distributor does.")
    deadline: Instant
    time_zone: str
    comment: str
    terms: TermsShown
    stake: Number
    generated_at: Instant
    as_of: Instant = Field(description="Up to when usage was recorded that its figures know.")
    submitted_at: Instant | None
    approved_at: Instant | None
    previous_cycle: CycleName | None
    rejection: RejectionShown | None
    may: list[Verb]
    version: int
    lines: list[Line] | None = None
    groups: list[Group] | None = None
    issues: list[IssueShown] | None = None
    forecast: ForecastShown | None = None


class StaleReport(ProblemDocument):
    """The report has changed since it was seen; `current` is what it is now."""

    current: Report


class Part(StrEnum):
    """A part of a report that `expand` asks for."""

    LINES = "lines"
    GROUPS = "groups"
    ISSUES = "issues"
    FORECAST = "forecast"


WRITTEN: Final = frozenset({Part.LINES})
"""What the answer of a change shows."""


def shown(page: ReportPage, parts: Iterable[Part]) -> dict[str, Any]:
    """A report as it is answered."""
    return dict(_header(page)) | {str(part): _PARTS[part](page) for part in parts}


_PARTS: Final = {
    Part.LINES: lambda page: page.report.lines,
    Part.GROUPS: lambda page: page.groups,
    Part.ISSUES: lambda page: page.report.issues,
    Part.FORECAST: lambda page: page.forecast,
}

_COPIED: Final = (
    "msp_name", "company_id", "city", "state", "distributor_name", "has_access", "time_zone", "comment", "terms", "generated_at", "as_of",
    "submitted_at", "approved_at", "version",
)  # fmt: skip


def _header(page: ReportPage) -> Iterator[tuple[str, Any]]:
    report, summary = page.report, page.report.summary
    yield from ((name, getattr(report, name)) for name in _COPIED)
    yield from ((name, getattr(summary, name)) for name in ("cycle", "msp", "distributor", "status", "submission", "deadline"))
    yield from ((name, getattr(page, name)) for name in ("stake", "previous_cycle", "rejection"))
    yield "from_date", summary.cycle.first_day
    yield "to_date", summary.cycle.last_day
    yield "may", [verb for verb in Verb if verb in page.verbs]
    lines = report.lines
    yield (
        "flags",
        flags_of(
            may_require_review=MAY_REQUIRE_REVIEW in summary.flags,
            on_behalf=not report.has_access,
            penalty=any(line.penalty for line in lines),
            commented=bool(report.comment) or any(line.comment for line in lines),
            changed=any(line.chargeable != line.default_chargeable for line in lines),
        ),
    )

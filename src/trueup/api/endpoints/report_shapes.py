"""A report as it is answered, whole or in parts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final

from ninja import Field, Schema

from trueup.api.parameters import Storable
from trueup.api.schemas import CycleName, Instant, Number, ProblemDocument
from trueup.catalog.rules import AutoApprove, MeasureName, Penalty
from trueup.kit.issue import Severity
from trueup.reports.queries import LineView, PageLine, ReportPage
from trueup.reports.rules.lines import Outcome
from trueup.reports.rules.remarks import Remark
from trueup.reports.rules.workflow import MAY_REQUIRE_REVIEW, Status, Submission, Verb

Asked = Annotated[Storable, Field(max_length=200)]
"""What somebody looks for."""

_SERVICE: Final = "The code of the service."
_UNIT: Final = "The billing unit that is counted."
_DECIMALS: Final = "How many decimals the unit has at most."


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
    """Something to know about a line: it blocks the submission, or warns."""

    code: str = Field(description="What it is, for programs.", examples=["discrepancy"])
    severity: Severity = Field(description="`blocking`: the report cannot be submitted. `warning`: it can.")
    message: str = Field(description="What it is, in a sentence.")
    service: str | None = Field(description="The code of the service whose line it is about; null: the report as a whole.")


class Line(Schema):
    """A line of a report: what one service came to. Units are those of `unit`.

    The MSP edits `chargeable_units`, `comment` and `reason`; what is charged in the end is `chargeable`.
    """

    service: str = Field(description=_SERVICE)
    service_name: str = Field(description="The name of the service when the report was generated.")
    group: str = Field(description="The code of its solution group.")
    group_name: str = Field(description="The name of the solution group when the report was generated.")
    unit: str = Field(description=_UNIT, examples=["endpoint"])
    decimals: int = Field(description=_DECIMALS)
    measure: MeasureName = Field(description="How the days of the month became one figure.")
    provisioned: Number = Field(description="Units that were provisioned.")
    used: Number | None = Field(description="Units that were used; null: nobody knows.")
    over_provisioned: Number | None = Field(description="Units that were provisioned beyond those used; null: nobody knows.")
    over_provisioned_percent: Number | None = Field(description="The same in percent of the provisioned units; null: nobody knows.")
    credits: Number | None = Field(description="Credits that were allocated; null: the service has none.")
    default_chargeable: Number = Field(description="Units that are charged if nobody changes them.")
    chargeable_units: Number | None = Field(description="Units that the MSP saved; null: it left the default.")
    as_saved: Number = Field(description="Units that the MSP left, be it the default.")
    chargeable: Number = Field(description="Units that go to final billing once the report is approved.")
    charged_before: Number | None = Field(description="Of an adjustment for late usage: units charged before; else null.")
    adjustment: Number | None = Field(description="Of an adjustment: `chargeable` less those; only this is settled. Else null.")
    outcome: Outcome = Field(
        description=(
            "Why `chargeable` is what it is. `as_saved`: what the MSP left. `penalty`: provisioned units, because it was over-provisioned "
            "without a comment at the deadline. `default_restored`: a change without a comment was taken back at the deadline. "
            "`waived`: the distributor took a penalty from it."
        )
    )
    penalty: bool = Field(description="Whether a penalty lies on it.")
    comment: str = Field(description="What the MSP says about it; empty: nothing.")
    reason: str = Field(description="The MSP's reason code; empty: none.", examples=["onboarding"])
    days: list[date] = Field(description="The days whose figures these are; none for sums and averages.")
    issues: list[IssueShown] = Field(description="What blocks the submission because of this line, and what there is to warn of.")

    @staticmethod
    def resolve_chargeable_units(line: LineView) -> Any:
        """Of the MSP's own."""
        return line.saved


class UnitTotal(Schema):
    """The lines of a group that count the same unit, added up."""

    unit: str = Field(description=_UNIT)
    decimals: int = Field(description=_DECIMALS)
    lines: int = Field(description="How many lines these are.")
    provisioned: Number = Field(description="Units that were provisioned.")
    default: Number = Field(description="Units that are charged if nobody changes them.")
    chargeable: Number = Field(description="Units that are charged.")


class GroupTotal(Schema):
    """A solution group of a report, added up: units of different kinds have no sum."""

    group: str = Field(description="The code of the solution group.")
    group_name: str = Field(description="The name of the solution group when the report was generated.")
    lines: int = Field(description="How many lines it has.")
    units: list[UnitTotal] = Field(description="Its lines by their unit.")
    credits: Number | None = Field(description="Credits of its lines; null: it has none.")


class PreviousLine(Schema):
    """What the service came to in the month before, and what the MSP said about it then. Units are those of the line."""

    provisioned: Number = Field(description="Units that were provisioned.")
    used: Number | None = Field(description="Units that were used; null: nobody knows.")
    chargeable: Number = Field(description="Units that were charged.")
    comment: str = Field(description="What the MSP said about it; empty: nothing. It may hold again.")
    reason: str = Field(description="The MSP's reason code; empty: none.")


class LineComparison(Schema):
    """What a line is compared with, and why it is worth a look. Units are those of the line."""

    service: str = Field(description="The code of the service whose line it is.")
    previous: PreviousLine | None = Field(description="The line of the month before; null: there was none.")
    from_default: Number = Field(description="Units that are charged beyond the default; below 0: less than that.")
    from_previous: Number | None = Field(description="Units that are charged beyond last month's; null: there was no report.")
    from_previous_percent: Number | None = Field(description="The same in percent of last month's; null also where that was 0.")
    remarks: list[Remark] = Field(description="Why it is worth a look: `jump` is a large step from last month; none: it is as usual.")
    rejected: bool = Field(description="Whether the reviewer pointed at it when the report came back.")


class ForecastedLine(Schema):
    """What a line charges as saved, and what if nobody does anything until the deadline. Units are those of the line."""

    service: str = Field(description="The code of the service whose line it is.")
    as_saved: Number = Field(description="Units that are charged if it is submitted as it is.")
    if_nothing: Number = Field(description="Units that are charged if nobody does anything.")
    reason: Outcome = Field(description="Why these: the `outcome` of the line then.")


class ForecastShown(Schema):
    """What happens if you do nothing."""

    deadline: Instant = Field(description="When the report is submitted automatically.")
    days_left: int = Field(description="Whole days until the deadline.")
    stake: Number = Field(description="By how many units it differs from what is saved, added up over all lines.")
    lines: list[ForecastedLine] = Field(description="Every line, in the order of the report.")


class TermsShown(Schema):
    """The terms the report was generated under."""

    auto_submit_after_days: int = Field(description="Days after it was generated by which it has to be submitted.")
    resubmit_within_days: int = Field(description="Days after a rejection by which it has to be submitted again.")
    reminder_days_before: list[int] = Field(description="How many days before the deadline the MSP is reminded.")
    over_provision_percent: Number = Field(description="Percent of the provisioned units from which a line is over-provisioned.")
    over_provision_units: Number = Field(description="Units, of the line, from which it is: both have to be reached.")
    penalty: Penalty = Field(description="What happens at the deadline to an over-provisioned line without comment.")
    auto_approve: AutoApprove = Field(description="Which submitted reports are approved without a person.")
    zero_reports: bool = Field(description="Whether a month without usage gets a report, without lines.")


class RejectionShown(Schema):
    """Why a report came back."""

    by: str = Field(description="Who rejected it.")
    at: Instant = Field(description="When.")
    reason: str = Field(description="What has to be changed.")
    services: list[str] = Field(description="The codes of the services whose lines the reviewer pointed at.")


class Report(Schema):
    """A usage report. Its parts are null unless `expand` asks for them."""

    cycle: CycleName
    msp: str = Field(description="The ref of the MSP.")
    msp_name: str = Field(description="Its name when the report was generated.")
    company_id: str = Field(description="Its company ID then; empty: none.")
    city: str = Field(description="Its city then; empty: none.")
    state: str = Field(description="Its state then; empty: none.")
    distributor: str = Field(description="The ref of the distributor that reviews it.")
    distributor_name: str = Field(description="The distributor's name when the report was generated.")
    from_date: date = Field(description="The first day of its period.")
    to_date: date = Field(description="The last day of its period.")
    status: Status = Field(description="Where it is.")
    submission: Submission | None = Field(description="How it came under review; null: it is not submitted.")
    flags: list[Flag] = Field(description="What it is marked with.")
    has_access: bool = Field(description="Whether the MSP prepares it itself; else its distributor does.")
    deadline: Instant = Field(description="When it is, or would have been, submitted automatically.")
    time_zone: str = Field(description="The MSP's time zone, by which its deadline is the end of a day.", examples=["Europe/Berlin"])
    comment: str = Field(description="What the MSP says about it as a whole; empty: nothing.")
    terms: TermsShown
    stake: Number = Field(description="The units a review is about, added up over all lines: penalties, and changes of the default.")
    generated_at: Instant = Field(description="When it was generated.")
    as_of: Instant = Field(description="Up to when usage was recorded that its figures know.")
    submitted_at: Instant | None = Field(description="When it was submitted; null: it is not.")
    approved_at: Instant | None = Field(description="When it was approved; null: it is not.")
    previous_cycle: CycleName | None = Field(description="The month before, if there is a report of it that you see.")
    rejection: RejectionShown | None = Field(description="Why it came back; null unless it is `rejected`.")
    may: list[Verb] = Field(description="What you can do with it now.")
    version: int = Field(description="Another one after every change; what stands in its ETag.")
    lines: list[Line] | None = Field(None, description="All its lines, in the order of the catalog.")
    groups: list[GroupTotal] | None = Field(None, description="Its solution groups, added up.")
    issues: list[IssueShown] | None = Field(None, description="The issues of all its lines.")
    forecast: ForecastShown | None = Field(None, description="What happens if you do nothing; null also once it is submitted.")
    comparison: list[LineComparison] | None = Field(None, description="Each line beside its default and the month before.")


class StaleReport(ProblemDocument):
    """The report has changed since it was seen; `current` is what it is now."""

    current: Report = Field(description="As `GET` answers it with `expand=lines`.")


class Part(StrEnum):
    """A part of a report that `expand` asks for."""

    LINES = "lines"
    GROUPS = "groups"
    ISSUES = "issues"
    FORECAST = "forecast"
    COMPARISON = "comparison"


WRITTEN: Final = frozenset({Part.LINES})
"""What the answer of a change shows."""


def shown(page: ReportPage, parts: Iterable[Part]) -> dict[str, Any]:
    """A report as it is answered."""
    return dict(_header(page)) | {str(part): _PARTS[part](page) for part in parts}


_PARTS: Final[Mapping[Part, Callable[[ReportPage], Any]]] = {
    Part.LINES: lambda page: page.report.lines,
    Part.GROUPS: lambda page: page.groups,
    Part.ISSUES: lambda page: page.report.issues,
    Part.FORECAST: lambda page: page.forecast,
    Part.COMPARISON: lambda page: [_compared(line) for line in page.lines],
}


def _compared(line: PageLine) -> dict[str, Any]:
    found = line.differences
    steps = {name: getattr(found, name) for name in ("from_default", "from_previous", "from_previous_percent", "remarks")}
    return {"service": line.view.service, "previous": line.previous, "rejected": line.rejected, **steps}


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

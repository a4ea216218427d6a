"""What the people of the demo world do with their reports: in the past, and in the month that is played."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta

from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.demo.billing import bill
from trueup.demo.channel import chance
from trueup.jobs.pipeline import run_once
from trueup.kit.issue import Severity
from trueup.kit.period import Month, at_time
from trueup.kit.progress import Progress, Silence
from trueup.kit.quantity import plain, round_half_up
from trueup.reports.actions import LineEdit, approve, reject, save_draft, submit, waive
from trueup.reports.queries import LineView, ReportSummary, report, report_list
from trueup.reports.rules.workflow import EDITABLE, Status

_OPERATOR = Viewer.system()
_WITHOUT_ACCESS = "maresol"
_FORGETS = "kestrow"

_EXPLANATIONS = (
    ("Rolled out ahead of the renewal; the rest is activated next month.", "onboarding"),
    ("Seats kept for seasonal staff, as agreed in spring.", "seasonal"),
    ("Devices are being replaced: old and new ones are registered.", "migration"),
    ("The customer has given notice and is winding down.", "offboarding"),
)


def _msp(msp: str) -> Viewer:
    """Who prepares the report of an MSP: its billing manager, or the distributor's where the MSP has no access."""
    return viewers_of("billing@carrow.example" if msp == _WITHOUT_ACCESS else f"billing@{msp}.example")[0]


def _distributor(summary: ReportSummary) -> Viewer:
    return viewers_of(f"billing@{summary.distributor}.example")[0]


def _of(month: Month) -> list[ReportSummary]:
    return report_list(_OPERATOR, cycle=month)


def clock(now: datetime, progress: Progress) -> None:
    """What the clock does at a moment."""
    for _ in run_once(now, progress):
        pass


# ── the past ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def live(month: Month, *, unfinished: bool) -> None:
    """Everything that happened with the reports of a month that is long over; `unfinished` leaves one of them to be reviewed."""
    silence = Silence()
    clock(_on(month, 1, time(0, 5)), silence)
    for summary in _of(month):
        if summary.status == Status.MSP_PREPARING and not _forgets(summary.msp, month):
            _submit(month, summary, _on(month, 2, time(9, chance(f"{summary.msp} {month}", 60))))
    clock(_on(month, 3, time(18)), silence)
    clock(_on(month, 6, time(18)), silence)
    clock(_on(month, 7, time(12)), silence)
    for position, summary in enumerate(_waiting(month, unfinished=unfinished)):
        _review(month, summary, _on(month, 8, time(14, position)))
    for summary in _of(month):
        if summary.status == Status.REJECTED and chance(f"returns {summary.msp} {month}", 3):
            _submit(month, summary, _on(month, 9, time(10, 30)))
    clock(_on(month, 13, time(12)), silence)
    for position, summary in enumerate(_waiting(month, unfinished=unfinished)):
        approve(_distributor(summary), month, summary.msp, now=_on(month, 14, time(9, position)))
    bill(month, unfinished=unfinished)
    clock(_on(month, 16, time(18)), silence)


def _on(month: Month, day: int, at: time) -> datetime:
    """An instant on a day (from 1) of the month after."""
    return at_time(month.end + timedelta(days=day - 1), at, "UTC")


def _forgets(msp: str, month: Month) -> bool:
    return msp == _FORGETS or chance(f"forgets {msp} {month}", 6) == 0


def _waiting(month: Month, *, unfinished: bool) -> list[ReportSummary]:
    """The reports to be reviewed."""
    return [one for one in _of(month) if one.status == Status.UNDER_REVIEW and not (unfinished and one.msp == _FORGETS)]


def _review(month: Month, summary: ReportSummary, at: datetime) -> None:
    """Most reports are approved; some penalties are waived before, some reports go back."""
    distributor = _distributor(summary)
    penalized = [line.service for line in report(_OPERATOR, month, summary.msp).lines if line.penalty]
    if penalized and chance(f"waives {summary.msp} {month}", 3) == 0:
        waive(distributor, month, summary.msp, penalized[0], now=at, reason="Announced by phone before the deadline.")
    if chance(f"rejects {summary.msp} {month}", 7) == 0:
        reject(distributor, month, summary.msp, now=at, comment="Please check the number of seats against your order.")
    else:
        approve(distributor, month, summary.msp, now=at)


# ── the month that is played ──────────────────────────────────────────────────────────────────────────────────────────


def work_on(month: Month, now: datetime) -> None:
    """Let people do their part of the month that was just closed: each report that nobody has touched yet, once."""
    for summary in _of(month):
        untouched = summary.status in EDITABLE and report(_OPERATOR, month, summary.msp).version == 1
        for step in _PLAYED.get(summary.msp, ()) if untouched else ():
            step(month, summary, now)


def _begin(month: Month, summary: ReportSummary, now: datetime) -> None:
    """Change one line and explain it; leave the rest for later."""
    lines = report(_OPERATOR, month, summary.msp).lines
    edits = [_lower(lines[0])]
    edits += [_explain(line, 0) for line in lines[1:] if _blocks(line)][:1]
    save_draft(_msp(summary.msp), month, summary.msp, edits, now=now)


def _submit(month: Month, summary: ReportSummary, now: datetime) -> None:
    """Explain what has to be explained, and submit."""
    preparing = _msp(summary.msp)
    lines = report(_OPERATOR, month, summary.msp).lines
    edits = [_explain(line, chance(f"{summary.msp} {line.service}", len(_EXPLANATIONS))) for line in lines if _blocks(line)]
    if edits:
        save_draft(preparing, month, summary.msp, edits, now=now)
    submit(preparing, month, summary.msp, now=now)


def _reject(month: Month, summary: ReportSummary, now: datetime) -> None:
    reject(_distributor(summary), month, summary.msp, now=now, comment="The seats differ from your order; please correct or explain.")


def _approve(month: Month, summary: ReportSummary, now: datetime) -> None:
    approve(_distributor(summary), month, summary.msp, now=now, comment="Checked against the purchase orders.")


def _blocks(line: LineView) -> bool:
    return any(issue.severity == Severity.BLOCKING for issue in line.issues)


def _explain(line: LineView, which: int) -> LineEdit:
    comment, reason = _EXPLANATIONS[which]
    return LineEdit(line.service, comment=comment, reason=reason)


def _lower(line: LineView) -> LineEdit:
    chargeable = round_half_up(line.chargeable * 9 / 10, line.decimals)
    return LineEdit(line.service, chargeable=plain(chargeable), comment="A trial for part of the staff, not sold yet.", reason="trial")


_Step = Callable[[Month, ReportSummary, datetime], None]

_PLAYED: Mapping[str, Sequence[_Step]] = {
    "bryndle": (_begin,),
    "copperline": (_submit,),
    "delmere": (_submit,),
    "elstow": (_submit, _reject),
    "fenwright": (_submit,),
    "hallowick": (_begin,),
    "ironquay": (_submit,),
    "jessamy": (_submit, _approve),
    "larkmoor": (_submit, _reject, _submit),
    "maresol": (_begin, _submit),
}
"""MSP → what is done with its report. Those that are not here wait for whoever looks at the demo."""

"""The calendar, as commands."""

from collections import Counter
from datetime import date, datetime

from trueup.accounts.queries import installation
from trueup.accounts.rules import Viewer
from trueup.cycles import actions, queries
from trueup.cycles.queries import CycleView
from trueup.jobs.messages import say
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record, write_object
from trueup.jobs.people import every_answer, viewers
from trueup.jobs.progress import showing_progress
from trueup.jobs.tables import Column, in_words, print_facts, print_line
from trueup.kit.period import Month, local_date
from trueup.reports.generating import generate
from trueup.reports.queries import ReportSummary, report_list
from trueup.reports.rules.workflow import EDITABLE, Status

_CYCLES = Listing(
    keys=("cycle", "status", "closes_at", "closed_at", "as_of"),
    columns=(
        Column("Cycle", "cycle"),
        Column("Status", "status", codes=True),
        Column("Closes", "closes_at"),
        Column("Closed", "closed_at"),
        Column("Ledger pinned at", "as_of", spare=True),
    ),
    empty="There is no cycle yet: import usage first.",
)
_SHOWN = ("cycle", "status", "closes_at", "closed_at", "as_of", "reports", "first_deadline", "last_deadline", "missing_days")


def close(month: Month, now: datetime) -> None:
    """Close a month, generate its reports and say what was done. Raises Conflict before the close date."""
    before = next((view for view in queries.cycles(Viewer.system()) if view.month == month), None)
    cycle = actions.close(Viewer.system(), month, now=now)
    with showing_progress() as progress:
        made = generate(Viewer.system(), cycle, now=now, progress=progress)
    was_closed = before is not None and before.closed_at is not None
    print(f"{month} was closed before." if was_closed else f"Closed {month}.")
    there = len(report_list(Viewer.system(), cycle=month, status=None, distributor=None))
    print(f"Generated {made} report(s); {month} has {there}.")


def list_cycles(email: str | None, form: Format) -> None:
    """Write the calendar. Raises NotFound."""
    found = {view.month: view for views in every_answer(viewers(email), queries.cycles) for view in views}
    _CYCLES.write((_record(found[month]) for month in sorted(found, reverse=True)), form)


def _record(view: CycleView) -> dict[str, object]:
    times = {"closes_at": view.closes_at, "closed_at": view.closed_at, "as_of": view.as_of}
    return {"cycle": view.month, "status": view.status.value, **times}


def show(month: Month, email: str | None, form: Format, now: datetime) -> None:
    """Write one month with its reports, deadlines and missing days. Raises NotFound."""
    asking = viewers(email)
    view = every_answer(asking, lambda viewer: queries.cycle_view(viewer, month))[0]
    answers = every_answer(asking, lambda viewer: report_list(viewer, cycle=month, status=None, distributor=None))
    reports = list({one.msp: one for summaries in answers for one in summaries}.values())
    today = local_date(now, installation().time_zone)
    missing = queries.completeness(month, as_of=view.as_of, until=month.end if view.as_of else today)
    record = _record(view) | _of_reports(reports) | {"missing_days": [{"source": code, "days": days} for code, days in missing.items()]}
    if form is Format.JSON:
        write_object(record)
    elif form is Format.CSV:
        Listing(_SHOWN, (), "").write([record], form)
    else:
        _print(record, missing)


def _of_reports(reports: list[ReportSummary]) -> dict[str, object]:
    """How many reports are in which status, and between which instants those that wait for their MSP are due."""
    counts = Counter(report.status for report in reports)
    due = sorted(report.deadline for report in reports if report.status in EDITABLE)
    return {
        "reports": {status.value: counts[status] for status in Status},
        "first_deadline": due[0] if due else None,
        "last_deadline": due[-1] if due else None,
    }


def _print(record: Record, missing: dict[str, tuple[date, ...]]) -> None:
    counts = record["reports"]
    reports = counts if isinstance(counts, dict) else {}
    print_facts(
        {
            "Cycle": record["cycle"],
            "Status": in_words(record["status"]),
            "Closes": record["closes_at"],
            "Closed": record["closed_at"],
            "Ledger pinned at": record["as_of"],
            "Reports": ", ".join(f"{count} {in_words(status)}" for status, count in reports.items() if count) or "none",
            "First deadline": record["first_deadline"],
            "Last deadline": record["last_deadline"],
        }
    )
    for code, days in missing.items():
        print_line(f"{code} did not report on {len(days)} day(s): {', '.join(map(str, days))}", "yellow")
    if not missing:
        say("No source that is expected daily has missed a day.")

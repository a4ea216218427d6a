"""Reading reports, as commands."""

from dataclasses import asdict
from datetime import timedelta

from trueup.client.answers import Report, ReportLine, ReportSummary
from trueup.jobs import history as written
from trueup.jobs.desk import Desk
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record, write_object
from trueup.jobs.tables import Column, for_people, in_words, print_facts, print_line
from trueup.kit.issue import Issue, Severity
from trueup.kit.period import Month
from trueup.kit.quantity import plain

_REPORTS = Listing(
    keys=("cycle", "msp", "distributor", "status", "submission", "flags", "deadline"),
    columns=(
        Column("Cycle", "cycle", number=True),
        Column("MSP", "msp"),
        Column("Distributor", "distributor"),
        Column("Status", "status", codes=True),
        Column("Submission", "submission", codes=True),
        Column("Deadline", "deadline"),
        Column("Flags", "flags", codes=True, spare=True),
    ),
    empty="There are no such reports.",
)


def _over(record: Record) -> str:
    units, percent = record["over_provisioned"], record["over_provisioned_percent"]
    return f"{for_people(units)} ({for_people(percent)} %)" if units else for_people(units)


def _charged(record: Record) -> str:
    """A mark stands beside a value that differs from the default, and beside one that nobody has explained."""
    text = for_people(record["chargeable"])
    if record["chargeable"] != record["default_chargeable"]:
        text += "*"
    return f"{text} !" if record["blocked"] else text


_LINES = Listing(
    keys=(
        "service", "group", "unit", "provisioned", "used", "over_provisioned", "over_provisioned_percent", "credits",
        "default_chargeable", "chargeable", "penalty", "comment", "reason", "days", "issues",
    ),
    columns=(
        Column("Service", "service"),
        Column("Unit", "unit", spare=True),
        Column("Provisioned", "provisioned", number=True),
        Column("Used", "used", number=True),
        Column("Over", show=_over, number=True),
        Column("Credits", "credits", number=True),
        Column("Chargeable", show=_charged, number=True, style=lambda record: "red" if record["blocked"] else ""),
        Column("Default", "default_chargeable", number=True, spare=True),
        Column("Days", "days", spare=True),
        Column("Group", "group", spare=True),
    ),
    empty="The report has no lines: no usage was recorded.",
)  # fmt: skip
_CUSTOMERS = Listing(
    keys=("customer", "provisioned", "used", "credits"),
    columns=(
        Column("Customer", "customer"),
        Column("Provisioned", "provisioned", number=True),
        Column("Used", "used", number=True),
        Column("Credits", "credits", number=True),
        Column("Name", "name", spare=True),
    ),
    empty="No customer is behind this line.",
)
_DAYS = Listing(
    keys=("day", "provisioned", "used", "credits", "chosen"),
    columns=(
        Column("Day", "day", number=True),
        Column("Provisioned", "provisioned", number=True),
        Column("Used", "used", number=True),
        Column("Credits", "credits", number=True),
        Column("", show=lambda record: "← chosen" if record["chosen"] else " ", style=lambda _: "green"),
    ),
    empty="The month has no days.",
)
_FORECAST = Listing(
    keys=("service", "as_saved", "if_nothing", "reason"),
    columns=(
        Column("Service", "service"),
        Column("As saved", "as_saved", number=True),
        Column("If you do nothing", "if_nothing", number=True),
        Column("Why", "reason", codes=True, style=lambda record: "red" if record["reason"] == "penalty" else ""),
    ),
    empty="The report has no lines.",
)


def list_reports(desk: Desk, *, cycle: Month | None, status: str | None, distributor: str | None, form: Format) -> None:
    """Write the reports somebody sees. Raises NotFound, NotAllowed."""
    _REPORTS.write((_summary(one) for one in desk.reports(cycle=cycle, status=status, distributor=distributor)), form)


def _summary(one: ReportSummary | Report) -> dict[str, object]:
    return {
        "cycle": one.cycle,
        "msp": one.msp,
        "distributor": one.distributor,
        "status": str(one.status),
        "submission": one.submission or None,
        "flags": one.flags,
        "deadline": one.deadline,
    }


def show(desk: Desk, month: Month, msp: str, form: Format) -> None:
    """Write a report. Raises NotFound, NotAllowed."""
    found = desk.report(month, msp)
    lines = [_line(line) for line in found.lines]
    if form is Format.JSON:
        codes = list(dict.fromkeys(issue.code for issue in found.issues))
        write_object(_summary(found) | {"approved_at": found.approved_at, "lines": lines, "issues": codes})
    elif form is Format.CSV:
        _LINES.write(lines, form)
    else:
        _print_header(found)
        _LINES.write([_line(line) | {"blocked": any(map(_blocks, line.issues))} for line in found.lines], form)
        _print_notes(found)


def _line(line: ReportLine) -> dict[str, object]:
    return {
        "service": line.service,
        "group": line.group,
        "unit": line.unit,
        "provisioned": line.provisioned,
        "used": line.used,
        "over_provisioned": line.over_provisioned,
        "over_provisioned_percent": line.over_provisioned_percent,
        "credits": line.credits,
        "default_chargeable": line.default_chargeable,
        "chargeable": line.chargeable,
        "penalty": line.penalty,
        "comment": line.comment or None,
        "reason": line.reason or None,
        "days": line.days,
        "issues": [issue.code for issue in line.issues],
    }


def _blocks(issue: Issue) -> bool:
    return issue.severity == Severity.BLOCKING


def _print_header(found: Report) -> None:
    status = in_words(found.status) + (f" ({in_words(found.submission)})" if found.submission else "")
    facts: dict[str, object] = {
        "Report": f"{found.cycle} · {found.msp_name} ({found.msp})",
        "Distributor": f"{found.distributor_name} ({found.distributor})",
        "Company ID": found.company_id,
        "Place": ", ".join(part for part in (found.city, found.state) if part),
        "Status": status,
        "Flags": in_words(found.flags) if found.flags else None,
        "Deadline": found.deadline,
        "Approved": found.approved_at,
        "Comment": found.comment,
    }
    print_facts({name: value for name, value in facts.items() if value})
    print()


def _print_notes(found: Report) -> None:
    """Comments, penalties and issues, line by line: a table would cut them into narrow strips."""
    print()
    for line in found.lines:
        if line.penalty:
            saved = f"saved was {for_people(line.as_saved)}" if line.as_saved != line.chargeable else "as was saved"
            print_line(f"{line.service}: penalty – provisioned units are charged, {saved}", "red")
        if line.comment:
            print_line(f"{line.service}: comment{f' ({line.reason})' if line.reason else ''}: {line.comment}")
        for issue in line.issues:
            kind, color = ("blocks submission", "red") if _blocks(issue) else ("warning", "yellow")
            print_line(f"{line.service}: {in_words(issue.code)} ({kind}): {issue.message}", color)
    if any(line.chargeable != line.default_chargeable for line in found.lines):
        print_line("* differs from the default value", "dim")


def customers(desk: Desk, month: Month, msp: str, service: str, form: Format) -> None:
    """Write the customers behind a line. Raises NotFound, NotAllowed."""
    _CUSTOMERS.write((asdict(one) for one in desk.customers(month, msp, service)), form)


def days(desk: Desk, month: Month, msp: str, service: str, form: Format) -> None:
    """Write the days behind a line. Raises NotFound, NotAllowed."""
    _DAYS.write((asdict(one) for one in desk.days(month, msp, service)), form)


def history(desk: Desk, month: Month, msp: str, form: Format) -> None:
    """Write every step of a report. Raises NotFound, NotAllowed."""
    written.write(desk.history(month, msp), form)


def forecast(desk: Desk, month: Month, msp: str, form: Format) -> None:
    """Write what happens at the deadline. Raises Conflict for a report that is not being prepared, NotFound, NotAllowed."""
    found = desk.forecast(month, msp)
    lines: list[Record] = [asdict(line) for line in found.lines]
    if form is Format.JSON:
        write_object({"deadline": found.deadline, "lines": lines})
        return
    if form is Format.TABLE:
        left = max(found.deadline - desk.now, timedelta())
        hours = int(left.total_seconds()) // 3600
        print_line(f"Submitted automatically at {for_people(found.deadline)}, in {hours // 24} day(s) and {hours % 24} hour(s).")
        print()
    _FORECAST.write(lines, form)
    at_stake = [line for line in found.lines if line.as_saved != line.if_nothing]
    if form is Format.TABLE and at_stake:
        units = ", ".join(f"{line.service} {plain(line.if_nothing - line.as_saved)}" for line in at_stake)
        print_line(f"\nUnits at stake: {units}", "red")

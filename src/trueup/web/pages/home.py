"""Home: what waits for me, the most urgent first; how the last cycles went."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from trueup.accounts.rules import Tier, Viewer
from trueup.kit.errors import NotAllowed
from trueup.kit.period import Month
from trueup.reports.queries import CycleFigures, ReportRow, Waiting, WaitingItem, counts, recent_cycles, report_rows, waiting
from trueup.reports.rules.workflow import Status
from trueup.statements.queries import WaitingBilling, waiting_billing
from trueup.web.billing.waiting import billing_address, billing_to_do
from trueup.web.billing.words import STATUS_ICONS
from trueup.web.page import Request, render
from trueup.web.pages.home_chart import chart
from trueup.web.pages.inbox import ON_BEHALF, report_address
from trueup.web.templatetags.trueup import month as in_words

_SOON: Final = timedelta(days=2)
_CYCLES: Final = 12
_LATEST: Final = 4
"""Reports an MSP sees on its start page."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that waits: what to do (a link), until when or since when."""

    of: WaitingItem | WaitingBilling
    to_do: str
    address: str
    icon: str
    left: timedelta | None
    age: int | None
    soon: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How many reports of the last cycle are in a state, and the list of them."""

    status: Status
    count: int
    address: str


@require_GET
def home(request: Request) -> HttpResponse:
    """What waits, in order of urgency, and the last cycles."""
    viewer, now = request.viewer, request.now
    latest, refusal = _latest(viewer, now)
    cycles = [] if refusal else recent_cycles(viewer, n=_CYCLES)
    context = {
        "lines": [*(_line(item, viewer, now) for item in waiting(viewer, now=now)), *_billing_lines(viewer, now)],
        "latest": latest,
        "refusal": refusal,
        "chart": chart(cycles),
        "cycles": cycles[::-1],
        "counts": _counts(viewer, cycles),
        "last_cycle": cycles[-1].month if cycles else None,
        "may_nothing": _only_reads(viewer),
    }
    return render(request, "web/home/home.html", context)


def _billing_lines(viewer: Viewer, now: datetime) -> list[Line]:
    """Billing reports that wait for the viewer."""
    return [_billing_line(one, now) for one in waiting_billing(viewer)]


def _billing_line(one: WaitingBilling, now: datetime) -> Line:
    age = max((now - one.since).days, 0) if one.since else None
    return Line(one, billing_to_do(one), billing_address(one), STATUS_ICONS[one.status], None, age, soon=False)


def _latest(viewer: Viewer, now: datetime) -> tuple[tuple[ReportRow, ...], str]:
    """An MSP's latest reports; or why it has none."""
    if viewer.tier != Tier.MSP:
        return (), ""
    try:
        return report_rows(viewer, now=now, per_page=_LATEST).items, ""
    except NotAllowed as error:
        return (), error.message


def _counts(viewer: Viewer, cycles: list[CycleFigures]) -> list[Count]:
    if viewer.tier == Tier.MSP or not cycles:
        return []
    month = cycles[-1].month
    found = counts(viewer, month)
    return [Count(status, found[status], inbox_address(month, status)) for status in Status]


def _only_reads(viewer: Viewer) -> bool:
    return viewer.role == "viewer"


def _line(item: WaitingItem, viewer: Viewer, now: datetime) -> Line:
    left = item.deadline - now if item.deadline else None
    age = max((now - item.since).days, 0) if item.since else None
    return Line(item, _to_do(item, viewer), _address(item, viewer), _ICONS[item.kind], left, age, left is not None and left < _SOON)


_ICONS: Final = {
    Waiting.REJECTED: "undo",
    Waiting.TO_PREPARE: "edit",
    Waiting.TO_REVIEW: "search",
    Waiting.UNMAPPED_NAMES: "warning",
    Waiting.MISSING_DAYS: "calendar",
}


def _to_do(item: WaitingItem, viewer: Viewer) -> str:
    """What to do, in one line. It begins with the verb."""
    values: dict[str, Any] = {
        "count": item.count,
        "cycle": in_words(item.month),
        "partner": item.msp_name,
        "sources": ", ".join(item.sources),
    }
    match item.kind:
        case Waiting.UNMAPPED_NAMES:
            said = ngettext("Map %(count)s unknown name (%(sources)s)", "Map %(count)s unknown names (%(sources)s)", item.count)
        case Waiting.MISSING_DAYS:
            said = ngettext(
                "Look after %(count)s missing day of usage in %(cycle)s (%(sources)s)",
                "Look after %(count)s missing days of usage in %(cycle)s (%(sources)s)",
                item.count,
            )
        case Waiting.TO_REVIEW:
            said = _("Review %(partner)s, %(cycle)s") if item.msp_name else _("Review %(count)s reports of %(cycle)s")
        case _:
            said = _to_prepare(item, viewer)
    return said % values


def _to_prepare(item: WaitingItem, viewer: Viewer) -> str:
    corrects = item.kind == Waiting.REJECTED
    if viewer.tier == Tier.MSP:
        return _("Correct the rejected report of %(cycle)s") if corrects else _("Prepare the report of %(cycle)s")
    if item.msp_name:
        return _("Correct the report of %(partner)s, %(cycle)s") if corrects else _("Prepare the report of %(partner)s, %(cycle)s")
    return _("Correct %(count)s reports of MSPs without access, %(cycle)s") if corrects else _(
        "Prepare %(count)s reports of MSPs without access, %(cycle)s"
    )  # fmt: skip


def _address(item: WaitingItem, viewer: Viewer) -> str:
    match item.kind:
        case Waiting.UNMAPPED_NAMES:
            return reverse("unmapped")
        case Waiting.MISSING_DAYS:
            return reverse("cycle", args=[str(item.month)])
        case Waiting.TO_REVIEW if item.month and item.msp:
            return report_address(item.month, item.msp, urlencode({"cycle": str(item.month)}))
        case Waiting.TO_REVIEW:
            return inbox_address(item.month, Status.UNDER_REVIEW)
    if item.msp:
        return reverse("report", args=[str(item.month), item.msp])
    if viewer.tier == Tier.MSP:
        return reverse("reports")
    return inbox_address(item.month, Status.REJECTED if item.kind == Waiting.REJECTED else ON_BEHALF)


def inbox_address(month: Month | None, status: str) -> str:
    """The reports of a cycle in one of the lists of the inbox."""
    asked = {"status": "" if status == Status.UNDER_REVIEW else status, "cycle": str(month or "")}
    return f"{reverse('review')}?{urlencode({name: value for name, value in asked.items() if value})}"


urls = [path("", home, name="home")]

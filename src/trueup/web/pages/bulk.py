"""Approving several reports: what each contains, then one after the other, with a result for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trueup.accounts.rules import Right
from trueup.kit.errors import Invalid
from trueup.kit.period import Month
from trueup.kit.text import text
from trueup.reports.queries import InboxRow, Preview, ReportKey, inbox, preview
from trueup.reports.rules.checks import read_comment
from trueup.reports.rules.workflow import Status
from trueup.reports.several import MOST_APPROVED, Chosen, Done, approve_each
from trueup.web.page import Request, render
from trueup.web.pages.inbox import Asked, asked_in, report_address, tab_of
from trueup.web.pages.reviewing import key_of, read_version, require_reviewing_tier
from trueup.web.whole import whole

IN_ONE_REQUEST: Final = 20
"""With htmx: so many are approved before the page tells how far it is. A server that is stopped leaves the rest undone."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What is about to be approved, in numbers."""

    lines: int
    changed: int
    commented: int
    penalties: int


@dataclass(frozen=True, slots=True)
class Item:
    """A report in the preview. `item` is how the form names it: its key and the version that is shown."""

    of: Preview
    address: str
    item: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one report; `refusal` is empty for one that is approved."""

    name: str
    month: Month
    address: str
    refusal: str


@dataclass(frozen=True, slots=True)
class Work:
    """How far it is. `left` are the items that come next."""

    total: int
    done: int
    failed: int
    left: tuple[str, ...]
    comment: str


@require_POST
def review_bulk(request: Request) -> HttpResponse:
    """What the chosen reports contain. Nothing is done yet."""
    require_reviewing_tier(request.viewer)
    request.viewer.require(Right.REVIEW, text("approve reports"))
    asked = asked_in(request.POST.get("inbox", ""))
    keys, total = _chosen(request, asked)
    if not keys:
        messages.info(request, _("No report was selected."))
        return HttpResponseRedirect(asked.address)
    found = preview(request.viewer, keys)
    ready = [one for one in found if one.hindrance is None]
    context = {
        "inbox": asked,
        "ready": [Item(one, report_address(*one.row.key, asked.query), _item(one.row)) for one in ready],
        "left_out": [one for one in found if one.hindrance is not None],
        "sums": _sums([one.row for one in ready]),
        "cut": total if total > MOST_APPROVED else 0,
        "most_at_once": MOST_APPROVED,
    }
    return render(request, "web/review/bulk.html", context)


def _chosen(request: Request, asked: Asked) -> tuple[list[ReportKey], int]:
    """The reports that are chosen, at most as many as go at once, and how many there were."""
    if request.POST.get("of") == "all":
        waiting = tab_of(asked, Status.UNDER_REVIEW)
        page = inbox(request.viewer, waiting.filters, per_page=MOST_APPROVED)
        return [row.key for row in page.items], page.total
    keys = [key_of(written) for written in request.POST.getlist("key")]
    return keys[:MOST_APPROVED], len(keys)


def _item(row: InboxRow) -> str:
    return f"{row.version}/{row.cycle}/{row.msp}"


def _sums(rows: Sequence[InboxRow]) -> Sums:
    return Sums(
        lines=sum(row.lines for row in rows),
        changed=sum(row.changed for row in rows),
        commented=sum(row.commented for row in rows),
        penalties=sum(row.penalties for row in rows),
    )


@require_POST
def review_bulk_approve(request: Request) -> HttpResponse:
    """Approve them one by one, each in a transaction of its own. With htmx some now, and the answer asks for the next."""
    require_reviewing_tier(request.viewer)
    request.viewer.require(Right.REVIEW, text("approve reports"))
    items = request.POST.getlist("item")[:MOST_APPROVED]
    comment = read_comment(request.POST.get("comment", ""))
    if not items:
        raise Invalid(text("no report was selected"))
    asked = asked_in(request.POST.get("inbox", ""))
    now, later = (items[:IN_ONE_REQUEST], items[IN_ONE_REQUEST:]) if request.htmx else (items, [])
    results = _approve_each(request, now, comment, asked)
    before = _count(request.POST.get("done", ""))
    done = before + len(results)
    failed = _count(request.POST.get("failed", "")) + sum(bool(result.refusal) for result in results)
    work = Work(done + len(later), done, failed, tuple(later), comment)
    context = {"results": results, "work": work, "inbox": asked, "swap": bool(before), "oob": bool(request.htmx)}
    if not request.htmx:
        return render(request, "web/review/bulk_done.html", context)
    return render(request, "web/review/_bulk_next.html" if before else "web/review/_bulk_start.html", context)


def _approve_each(request: Request, items: Sequence[str], comment: str, asked: Asked) -> list[Result]:
    """Approve each in the version that was shown; why one could not be is its result, and the others go on."""
    chosen = [(version, key_of(key)) for version, _slash, key in (item.partition("/") for item in items)]
    names = {one.row.key: one.row.msp_name for one in preview(request.viewer, [key for _version, key in chosen])}
    seen = [Chosen(month, msp, read_version(version)) for version, (month, msp) in chosen]
    done = approve_each(request.viewer, seen, now=request.now, comment=comment)
    return [_result(names, one, asked) for one in done]


def _result(names: Mapping[ReportKey, str], done: Done, asked: Asked) -> Result:
    month, msp = done.of.cycle, done.of.msp
    refusal = done.refusal.message if done.refusal else ""
    return Result(names[month, msp], month, report_address(month, msp, asked.query), refusal)


def _count(written: str) -> int:
    return whole(written, most=MOST_APPROVED) or 0


urls = [
    path("review/bulk/", review_bulk, name="review_bulk"),
    path("review/bulk/approve/", review_bulk_approve, name="review_bulk_approve"),
]

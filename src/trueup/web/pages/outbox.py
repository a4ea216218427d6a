"""The outbox: the e-mails of the installation, and trying again what failed."""

from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from trueup.kit.errors import Conflict, NotFound
from trueup.notifications import actions, queries
from trueup.notifications.queries import DeliveryRow
from trueup.notifications.rules import State
from trueup.web.notices import BADGES, KINDS, STATES
from trueup.web.page import Request, render
from trueup.web.whole import page_of
from trueup.web.words import says

PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Line:
    """An e-mail as it is listed."""

    row: DeliveryRow
    kind: str | Promise
    state: str | Promise
    badge: str


@require_safe
def outbox(request: Request) -> HttpResponse:
    """The e-mails, the latest first."""
    state, search = request.GET.get("state", ""), request.GET.get("search", "").strip()[:200]
    state = state if state in set(State) else ""
    page = queries.outbox(
        request.viewer, state=state or None, search=search, page=page_of(request.GET),
        per_page=PER_PAGE,
    )  # fmt: skip
    counts = queries.counts(request.viewer, search=search)
    query = urlencode([(name, value) for name, value in (("state", state), ("search", search)) if value])
    context = {
        "page": page,
        "lines": [_line(row) for row in page.items],
        "states": [(one.value, STATES[one], counts[one]) for one in State if counts[one] or one == state],
        "state": state,
        "search": search,
        "query": f"{query}&" if query else "",
        "failed": queries.counts(request.viewer)[State.FAILED] if search else counts[State.FAILED],
    }
    return render(request, "web/outbox/outbox.html", context)


def _line(row: DeliveryRow) -> Line:
    return Line(row, KINDS[row.kind], STATES[row.state], BADGES[row.state])


@require_safe
def delivery(request: Request, number: int) -> HttpResponse:
    """One e-mail, its text as it was sent."""
    found = queries.delivery(request.viewer, number)
    return render(request, "web/outbox/delivery.html", {"mail": found, "line": _line(found.row)})


@require_safe
def delivery_source(request: Request, number: int) -> HttpResponse:
    """The HTML part of an e-mail as plain text: it is for mail programs, and is not shown as a page of the portal."""
    found = queries.delivery(request.viewer, number)
    if not found.html:
        raise NotFound("")
    response = HttpResponse(found.html, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="e-mail-{number}.html.txt"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def retry(request: Request, number: int) -> HttpResponse:
    """Try an e-mail again."""
    try:
        actions.retry(request.viewer, number, now=request.now)
    except Conflict as error:
        messages.error(request, says(error.message))
    else:
        messages.success(request, _("The e-mail is tried again in the next minute."))
    return redirect("delivery", number=number)


@require_POST
def retry_failed(request: Request) -> HttpResponse:
    """Try everything again that failed."""
    count = actions.retry_all_failed(request.viewer, now=request.now)
    sentence = ngettext(
        "%(count)s e-mail is tried again in the next minute.", "%(count)s e-mails are tried again in the next minute.", count
    )
    messages.success(request, sentence % {"count": count})
    return redirect("outbox")


urls = [
    path("outbox/", outbox, name="outbox"),
    path("outbox/retry/", retry_failed, name="retry_failed"),
    path("outbox/<int:number>/", delivery, name="delivery"),
    path("outbox/<int:number>/html/", delivery_source, name="delivery_source"),
    path("outbox/<int:number>/retry/", retry, name="retry_delivery"),
]

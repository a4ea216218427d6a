"""Imports: send a file, see what it would do, confirm; and the names nobody knows yet."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from trueup.accounts.rules import Right, Tier
from trueup.exchange.actions import convert
from trueup.exchange.queries import profiles
from trueup.exchange.rules.profiles import Kind as ProfileKind
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, TrueUpError
from trueup.kit.text import joined, text
from trueup.ledger.actions import map_name
from trueup.ledger.queries import source_codes, unmapped_counts, unmapped_names
from trueup.uploads import actions, queries
from trueup.uploads.rules import ENDINGS, RIGHT, Kind
from trueup.web.page import Request, render, wants_fragment
from trueup.web.unmapped import Failure, Waiting, answers, candidates, rows_of
from trueup.web.whole import page_of

_PER_PAGE = 20

_PLACES = 10
"""Bad cells of a file with a mapping profile that are named."""

_NAMES_AT_ONCE = 100
"""Unknown names on the page: those that most records wait for."""


@require_GET
def uploads(request: Request) -> HttpResponse:
    """What was sent lately, and the forms to send more."""
    return _list(request)


def _list(request: Request, *, error: str = "", error_kind: str = "", status: int = 200) -> HttpResponse:
    viewer = request.viewer
    if not (viewer.may(Right.IMPORT_USAGE) or viewer.may(Right.KEEP_ACCOUNTS)):
        raise NotAllowed(text("you have no right to import anything: that is a billing manager's or an admin's"))
    context = {
        "page": queries.uploads(viewer, page=page_of(request.GET), per_page=_PER_PAGE),
        "kinds": [kind for kind in Kind if viewer.may(RIGHT[kind])],
        "endings": {kind: ",".join(ENDINGS[kind]) for kind in Kind},
        "sources": source_codes(viewer),
        "profiles": [kept.name for kept in profiles(viewer, ProfileKind.IN)],
        "unmapped": sum(unmapped_counts(viewer).values()),
        "error": error,
        "error_kind": error_kind,
        "chosen": request.POST,
    }
    return render(request, "web/uploads/list.html", context, status=status)


@require_POST
def send(request: Request, kind: str) -> HttpResponse:
    """Receive a file; what is wrong with it at first sight is said beside the form."""
    if kind not in set(Kind):
        raise NotFound("")
    file = request.FILES.get("file")
    if file is None or file.size is None:
        return _list(request, error=text("choose a file first"), error_kind=kind, status=400)
    try:
        with _in_our_columns(request, Kind(kind), file) as (name, chunks, size):
            upload_id = actions.receive(
                request.viewer,
                Kind(kind),
                name,
                chunks,
                size,
                source=request.POST.get("source", ""),
                accept_valid=request.POST.get("accept_valid") == "on",
                now=request.now,
            )
    except Invalid as error:
        return _list(request, error=_whole(error), error_kind=kind, status=400)
    return HttpResponseRedirect(reverse("upload", args=[upload_id]))


@contextmanager
def _in_our_columns(request: Request, kind: Kind, file: Any) -> Iterator[tuple[str, Iterable[bytes], int]]:
    """Name, content and size of the file, or of what the mapping profile that was chosen makes of it. Raises Invalid, NotFound."""
    profile = request.POST.get("profile", "")
    if kind != Kind.USAGE or not profile:
        yield file.name or "", file.chunks(), file.size or 0
        return
    with TemporaryDirectory() as folder:
        given, target = Path(folder) / "given", Path(folder) / "usage.csv"
        with given.open("wb") as kept:
            kept.writelines(file.chunks())
        convert(request.viewer, profile, given, target)
        content = target.read_bytes()
    yield f"{PurePath(file.name or 'usage').stem}.csv", (content,), len(content)


def _whole(error: Invalid) -> str:
    """What is wrong with a file, and the first places where it is."""
    places = [text("{where}: {problem}", where=one.where, problem=one.message) for one in error.problems[:_PLACES]]
    return joined([error.message, *places], "; ") if places else error.message


@require_GET
def upload(request: Request, upload_id: int) -> HttpResponse:
    """How far an upload is; what it would do; what it did."""
    context = {"upload": queries.upload(request.viewer, upload_id)}
    return render(request, "web/uploads/_state.html" if wants_fragment(request) else "web/uploads/upload.html", context)


@require_POST
def confirm(request: Request, upload_id: int) -> HttpResponse:
    """Take the file in."""
    try:
        actions.confirm(request.viewer, upload_id, now=request.now)
    except Conflict as error:
        messages.warning(request, error.message)
    return HttpResponseRedirect(reverse("upload", args=[upload_id]))


@require_POST
def discard(request: Request, upload_id: int) -> HttpResponse:
    """Throw the file away."""
    try:
        actions.discard(request.viewer, upload_id, now=request.now)
    except Conflict as error:
        messages.warning(request, error.message)
        return HttpResponseRedirect(reverse("upload", args=[upload_id]))
    messages.success(request, _("The file was discarded; nothing was imported."))
    return HttpResponseRedirect(reverse("uploads"))


@require_GET
def refused(request: Request, upload_id: int) -> HttpResponse:
    """All bad rows as a CSV that a spreadsheet does not mistake for formulas."""
    file = queries.refused_file(request.viewer, upload_id).open("rb")
    response = FileResponse(file, as_attachment=True, filename=f"refused-{upload_id}.csv", content_type="text/csv; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response  # type: ignore[return-value]


def unmapped(request: Request) -> HttpResponse:
    """The names records wait for, each with what it most likely stands for, which somebody has to agree to: it is never guessed."""
    viewer = request.viewer
    if viewer.tier != Tier.VENDOR:
        raise NotFound("")
    viewer.require(Right.IMPORT_USAGE, text("map names"))
    if request.method != "POST":
        return _unmapped(request, {})
    wanted = answers(request.POST)
    failed, stored = _map_each(request, wanted)
    if stored or not failed:
        messages.success(
            request, ngettext("%(count)d waiting record was stored.", "%(count)d waiting records were stored.", stored) % {"count": stored}
        )
    return _unmapped(request, failed, status=400) if failed else HttpResponseRedirect(reverse("unmapped"))


def _unmapped(request: Request, failed: dict[Waiting, Failure], *, status: int = 200) -> HttpResponse:
    known = candidates(request.viewer)
    names = sorted(unmapped_names(request.viewer), key=lambda one: -one.records)
    context = {
        "rows": rows_of(names[:_NAMES_AT_ONCE], known, failed),
        "more": max(len(names) - _NAMES_AT_ONCE, 0),
        "customers": sorted(known["customer"]),
        "services": sorted(known["service"]),
        "names": known["customer"] | known["service"],
    }
    return render(request, "web/uploads/unmapped.html", context, status=status)


def _map_each(request: Request, wanted: dict[Waiting, str]) -> tuple[dict[Waiting, Failure], int]:
    """Map every name by itself, so that one refusal does not hold up the others; what failed, and how many records were stored."""
    failed: dict[Waiting, Failure] = {}
    stored = 0
    for name, target in wanted.items():
        try:
            customer, service = (target, None) if name.kind == "customer" else (None, target)
            mapped = map_name(request.viewer, name.name, customer=customer, service=service, source=name.source or None, now=request.now)
            stored += mapped.replayed
        except TrueUpError as error:
            failed[name] = Failure(target, error.message)
    return failed, stored


urls = [
    path("imports/", uploads, name="uploads"),
    path("imports/new/<str:kind>/", send, name="upload_send"),
    path("imports/<int:upload_id>/", upload, name="upload"),
    path("imports/<int:upload_id>/confirm/", confirm, name="upload_confirm"),
    path("imports/<int:upload_id>/discard/", discard, name="upload_discard"),
    path("imports/<int:upload_id>/refused.csv", refused, name="upload_refused"),
    path("imports/unmapped/", unmapped, name="unmapped"),
]

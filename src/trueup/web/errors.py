"""The four refusals as pages. Views let them rise, unless they can say what is wrong beside the field it is wrong in."""

import logging
from collections.abc import Callable
from typing import Any

from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, TrueUpError
from trueup.web.page import render

_log = logging.getLogger(__name__)

STATUS: dict[type[TrueUpError], int] = {NotFound: 404, NotAllowed: 403, Conflict: 409, Invalid: 400}


class Refusals:
    """Middleware that turns a refusal into its page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing to do, unless something is raised."""
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """No text has a character 0: PostgreSQL cannot keep one. (The API says so in its own words.)"""
        if request.path.startswith("/api/"):
            return None
        sent = [request.path, *(text for data in (request.GET, request.POST) for name, values in data.lists() for text in (name, *values))]
        return bad_request(request) if any("\0" in str(text) for text in sent) else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page of a refusal; anything else is a mistake of ours."""
        if isinstance(error, OperationalError):
            return busy(request, error)
        return refusal(request, error) if isinstance(error, TrueUpError) else None


def refusal(request: HttpRequest, error: TrueUpError) -> HttpResponse:
    """What is refused, and why. A stranger is told the same whether a thing exists or not."""
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)
    if status == STATUS[NotFound]:
        return _page(request, 404, _("There is no such page"), _("It does not exist, or you have no access to it."))
    headings = {403: _("You may not do this"), 409: _("This cannot be done now"), 400: _("Something is not right")}
    problems = error.problems if isinstance(error, Invalid) else ()
    return _page(request, status, headings[status], error.message, problems)


def _page(request: HttpRequest, status: int, heading: str, message: str, problems: Any = ()) -> HttpResponse:
    context = {"heading": heading, "message": message, "problems": problems, "status": status}
    return instead(request, render(request, "web/refused.html", context, status=status))


def instead(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A whole page in place of the fragment that was asked for."""
    if getattr(request, "htmx", None):
        response["HX-Retarget"] = "body"
        response["HX-Reswap"] = "innerHTML show:top"
        response["HX-Reselect"] = "unset"  # whatever part of a fragment the element wanted: here is all of a page
    return response


def busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    """The database cannot take this just now: with the embedded one, a large import writes for a while. Nothing was half done."""
    _log.error("the database could not be used", exc_info=error)
    message = _("Something large is being written. Nothing of yours was changed; what you typed is still in the form when you go back.")
    response = _page(request, 503, _("TrueUp is busy: try again in a minute"), message)
    response["Retry-After"] = "60"
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """No view has this address."""
    return refusal(request, NotFound(""))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """The request itself cannot be read."""
    return _page(request, 400, _("Something is not right"), _("The browser sent something that cannot be read."))


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """A library refuses."""
    return _page(request, 403, _("You may not do this"), _("You have no access to this page."))


def server_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """A mistake of ours. It must not need anything that may be what failed."""
    return HttpResponse(
        "<!doctype html><html lang=en><title>TrueUp</title><h1>Something went wrong</h1>"
        "<p>The mistake is in the log of the server. Nothing was half done. <a href='/'>Home</a></p>",
        status=500,
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """The form was sent from elsewhere, or the session changed since it was opened."""
    message = _("This form was opened before you signed in, or in another session. Reload the page and send it again; nothing was changed.")
    return _page(request, 403, _("The form is too old"), message)

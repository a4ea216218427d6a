"""Who is looking: the person who is signed in, acting for one of the accounts they are a member of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from trueup.accounts.queries import Membership, memberships_of
from trueup.accounts.rules import Viewer
from trueup.kit.errors import Conflict
from trueup.kit.text import text
from trueup.web import clock
from trueup.web.errors import instead, refusal
from trueup.web.page import Request, render

CHOSEN = "account"
"""The session's key for the account a person with several memberships acts for."""

_OPEN = ("/account/", "/static/", "/language/", "/api/", "/identity/", "/.well-known/")
"""Addresses whose views look after themselves who may see them."""

_KEY = "seat"
"""What a form calls the seat of the page it is on (templates/web/parts/_seat.html). A form with files says it in its address."""

_KEY_HEADER = "X-Seat"
"""The same, of what htmx asks for: of fragments too, for a page is never of two accounts."""

_METHODS = ("GET", "HEAD", "POST")
"""What pages answer."""

_View = TypeVar("_View", bound=Callable[..., HttpResponse])


def public(view: _View) -> _View:
    """Mark a view that also people who are not signed in may see."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def of_any_seat(view: _View) -> _View:
    """Mark a view that does the same whichever account one acts for."""
    view.is_of_any_seat = True  # type: ignore[attr-defined]
    return view


@dataclass(frozen=True, slots=True)
class Seat:
    """A person's memberships, and the one they act in."""

    memberships: tuple[Membership, ...]
    chosen: Membership

    @property
    def viewer(self) -> Viewer:
        """Who reads and acts."""
        return self.chosen.viewer

    @property
    def key(self) -> str:
        """What pages that are made in this seat carry: another tab may have taken another one when they are sent."""
        return str(self.viewer.account_id)


class Viewing:
    """Middleware: every page has `request.viewer` and `request.now`; without sign-in there is only the sign-in page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        """Note the time of the request, once."""
        request.now = clock.now()
        request.seat = None
        return self._get_response(request)

    def process_view(self, request: Any, view: Callable[..., HttpResponse], _args: object, _kwargs: object) -> HttpResponse | None:
        """Ask for sign-in, unless the page is open to all."""
        if request.method not in _METHODS and view.__module__.startswith("trueup.web."):
            return HttpResponseNotAllowed(_METHODS)
        if not request.user.is_authenticated:
            if getattr(view, "is_public", False) or request.path.startswith(_OPEN):
                return None
            return _to_sign_in(request)
        request.seat = seat_of(request)
        is_open = getattr(view, "is_public", False) or request.path.startswith(_OPEN)
        if request.seat is None:
            return None if is_open else instead(request, render(request, "web/no_membership.html", status=403))
        request.viewer = request.seat.viewer
        return None if is_open or getattr(view, "is_of_any_seat", False) else _of_another_seat(request)


def _of_another_seat(request: Request) -> HttpResponse | None:
    """The refusal of what a page sends that was opened for another account than the person acts for by now; None if it was not.

    What says nothing of it is none of our pages: it means the account that is chosen.
    """
    said = [request.headers.get(_KEY_HEADER)]
    if request.method == "POST":
        said.append(request.GET.get(_KEY))
        if request.content_type == "application/x-www-form-urlencoded":  # any other is a file, which its view takes
            said.append(request.POST.get(_KEY))
    seat: Seat = request.seat
    other = next((key for key in said if key and key != seat.key), None)
    if other is None:
        return None
    was = next((one.name for one in seat.memberships if str(one.viewer.account_id) == other), "")
    return refusal(request, Conflict(_another(was, seat.chosen.name)))


def _another(was: str, name: str) -> str:
    if not was:
        return text("this page was opened for an account you do not act for, and you act for {name} now: nothing was changed", name=name)
    return text(
        "this page was opened for {was}, and you act for {name} by now, in another tab or window: nothing was changed. "
        "Switch back to {was} at the top right, go back to the page and send it again",
        was=was, name=name,
    )  # fmt: skip


def _to_sign_in(request: Request) -> HttpResponse:
    """The sign-in page, and back here afterwards. A fragment cannot be followed there: its page is told to go."""
    back = request.htmx.current_url_abs_path if request.htmx else _page_of(request)
    redirect = redirect_to_login(back or "/", reverse("account_login"))
    if not request.htmx:
        return redirect
    response = HttpResponse(status=401)
    response["X-Sign-In"] = redirect.url
    return response


def _page_of(request: Request) -> str:
    """The page that is asked for; of a form that was sent the page it is on, for where it is sent to may be no page."""
    came = request.headers.get("Referer", "")
    if request.method in {"GET", "HEAD"} or not url_has_allowed_host_and_scheme(came, {request.get_host()}):
        return request.get_full_path()
    page = urlsplit(came)
    return page.path + (f"?{page.query}" if page.query else "")


def seat_of(request: HttpRequest) -> Seat | None:
    """The person's memberships and the chosen one; None for somebody who is nowhere a member."""
    memberships = tuple(memberships_of(int(request.user.pk or 0)))
    if not memberships:
        return None
    wanted = request.session.get(CHOSEN)
    chosen = next((one for one in memberships if one.ref == wanted), memberships[0])
    return Seat(memberships, chosen)

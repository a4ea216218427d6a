"""Showing a page: what every page needs beside its own content."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_template
from django.utils.translation import get_language
from django_htmx.middleware import HtmxDetails

from trueup.accounts.rules import Tier, Viewer
from trueup.kit.errors import NotAllowed
from trueup.reports.queries import report_years
from trueup.web.menu import Entry, menu_of, without_reports

THEMES = ("system", "light", "dark")
THEME_COOKIE = "trueup_theme"


class Request(HttpRequest):
    """A request as the middleware leaves it."""

    viewer: Viewer
    now: datetime
    seat: Any
    htmx: HtmxDetails


@dataclass(frozen=True, slots=True)
class Shell:
    """What stands around every page. `menu` is empty for somebody who is not signed in."""

    menu: tuple[Entry, ...]
    theme: str
    language: str
    languages: tuple[tuple[str, str], ...]
    account: str
    person: str
    initials: str
    single_sign_on: str


def render(request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
    """A page or a fragment of one."""
    response = render_template(request, template, dict(context or {}), status=status)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of every template: `shell`, `viewer`, `now`."""
    seat = getattr(request, "seat", None)
    user = getattr(request, "user", None)
    person = (user.name or user.email) if user is not None and user.is_authenticated else ""
    theme = request.COOKIES.get(THEME_COOKIE, "system")
    apps = settings.SINGLE_SIGN_ON.apps
    return {
        "viewer": seat.viewer if seat else None,
        "seat": seat,
        "now": getattr(request, "now", None),
        "shell": Shell(
            menu=_menu(seat, request.path) if seat else (),
            theme=theme if theme in THEMES else "system",
            language=get_language() or "en",
            languages=tuple(settings.LANGUAGES),
            account=seat.chosen.name if seat else "",
            person=person,
            initials="".join(word[0] for word in person.replace("@", " ").replace(".", " ").split()[:2]).upper(),
            single_sign_on=apps[0]["name"] if apps else "",
        ),
    }


def _menu(seat: Any, path: str) -> tuple[Entry, ...]:
    """The menu. An MSP that lost its access keeps the reports it had; only one that has none is told so."""
    entries = menu_of(seat.viewer, path)
    if seat.viewer.tier != Tier.MSP or seat.chosen.access.granted:
        return entries
    try:
        report_years(seat.viewer)
    except NotAllowed:
        return without_reports(entries)
    return entries


def wants_fragment(request: HttpRequest) -> bool:
    """Whether only a part of the page is asked for. A page that is restored from history is wanted whole."""
    htmx = cast(Request, request).htmx
    return bool(htmx) and not htmx.history_restore_request and not htmx.boosted

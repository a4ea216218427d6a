"""What stands around sign-in: the account one acts for, language, theme."""

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trueup.kit.errors import NotFound
from trueup.network import keys
from trueup.notifications.actions import set_preferences
from trueup.web.page import THEME_COOKIE, THEMES, Request
from trueup.web.viewing import CHOSEN, of_any_seat, public

_A_YEAR = 365 * 24 * 3600


@of_any_seat
@require_POST
def act_for(request: Request) -> HttpResponse:
    """Act for another account one is a member of."""
    wanted = request.POST.get("account", "")
    chosen = next((one for one in request.seat.memberships if one.ref == wanted), None)
    if chosen is None:
        raise NotFound("")
    request.session[CHOSEN] = chosen.ref
    messages.success(request, _("You now act for %(account)s.") % {"account": chosen.name})
    return HttpResponseRedirect("/")


@public
@require_POST
def choose_theme(request: Request) -> HttpResponse:
    """Light, dark, or as the system says."""
    theme = request.POST.get("theme", "")
    response = back(request)
    response.set_cookie(
        THEME_COOKIE, theme if theme in THEMES else "system", max_age=_A_YEAR, secure=request.is_secure(), httponly=True, samesite="Lax"
    )
    return response


@public
@require_POST
def choose_language(request: Request) -> HttpResponse:
    """The language of all pages, and of the e-mails to whoever is signed in."""
    language = request.POST.get("language", "")
    response = back(request)
    if language in dict(settings.LANGUAGES):
        if request.seat is not None:
            set_preferences(request.viewer, {}, now=request.now, language=language)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=_A_YEAR, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return response


@login_required
@require_POST
def end_session(request: Request, number: int) -> HttpResponse:
    """Sign out one of one's own sessions elsewhere."""
    session = UserSession.objects.filter(user_id=request.user.pk, pk=number).first()
    if session is None:
        raise NotFound("")
    session.end()
    messages.success(request, _("That browser is signed out."))
    return redirect("usersessions_list")


@login_required
@require_POST
def end_all_sessions(request: Request) -> HttpResponse:
    """Sign out everywhere, here too."""
    for session in UserSession.objects.filter(user_id=request.user.pk):
        session.end()
    keys.end_all(int(request.user.pk or 0))
    logout(request)
    messages.success(request, _("You are signed out everywhere."))
    return redirect("account_login")


def back(request: Request) -> HttpResponseRedirect:
    """To the page the form was on, if it is one of ours."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(wanted if ours else "/")


urls = [
    path("account/sessions/<int:number>/end/", end_session, name="end_session"),
    path("account/sessions/end/", end_all_sessions, name="end_all_sessions"),
    path("act-for/", act_for, name="act_for"),
    path("theme/", choose_theme, name="choose_theme"),
    path("language/", choose_language, name="choose_language"),
]

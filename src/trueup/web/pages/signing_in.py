"""What stands around sign-in: the account one acts for, language, theme."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trueup.kit.errors import NotFound
from trueup.web.page import THEME_COOKIE, THEMES, Request
from trueup.web.viewing import CHOSEN, public

_A_YEAR = 365 * 24 * 3600


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
    """The language of all pages."""
    language = request.POST.get("language", "")
    response = back(request)
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=_A_YEAR, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return response


def back(request: Request) -> HttpResponseRedirect:
    """To the page the form was on, if it is one of ours."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(wanted if ours else "/")


urls = [
    path("act-for/", act_for, name="act_for"),
    path("theme/", choose_theme, name="choose_theme"),
    path("language/", choose_language, name="choose_language"),
]

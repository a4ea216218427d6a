"""Command lines that act as a person: let in by a code (RFC 8628), listed beside the person's browsers, ended there."""

import logging
import re
from dataclasses import dataclass
from typing import Any, Final

from allauth.account import signals
from allauth.core.internal import ratelimit
from allauth.idp.oidc.internal.oauthlib import device_codes
from allauth.usersessions.views import ListUserSessionsView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trueup.accounts.rules import Scope
from trueup.kit.errors import NotFound
from trueup.network import keys
from trueup.web import words
from trueup.web.page import Request, render

_log = logging.getLogger("trueup.web.signing_in")

WRONG_CODES: Final = "10/5m/user,30/5m/ip"
"""How often somebody may type a code that is not there."""

_LETTERS: Final = re.compile(r"[^A-Z0-9]")


@dataclass(frozen=True, slots=True)
class Asking:
    """A device that waits to be let in."""

    device_code: str
    user_code: str
    program: str
    scopes: tuple[str, ...]


@login_required
def device(request: Request) -> HttpResponse:
    """Type the code that the device shows, see what wants to come in, say yes or no."""
    typed = str(request.POST.get("code") or request.GET.get("code") or "")[:100]
    if not typed.strip():
        return render(request, "web/devices/code.html", {})
    if not _may_guess(request, count=False):
        return render(request, "web/devices/code.html", {"problem": _("Too many wrong codes. Wait five minutes.")}, status=429)
    asking = _asking(typed)
    if asking is None:
        _may_guess(request)
        return _wrong(request, typed)
    if request.method != "POST" or request.POST.get("action") not in {"confirm", "deny"}:
        return render(request, "web/devices/confirm.html", {"asking": asking, "person": request.user})
    confirmed = request.POST["action"] == "confirm"
    if not device_codes.confirm_or_deny_device_code(request.user, asking.device_code, confirmed):
        return _wrong(request, typed)
    _log.info("person %s %s %s", request.user.pk, "let in" if confirmed else "refused", asking.program)
    return render(request, "web/devices/done.html", {"asking": asking, "confirmed": confirmed})


def _wrong(request: Request, typed: str) -> HttpResponse:
    problem = _("This code is not known (any more). A code works for a few minutes, once: have the program show a new one.")
    return render(request, "web/devices/code.html", {"problem": problem, "typed": typed}, status=400)


def _asking(typed: str) -> Asking | None:
    """Who waits with a code, which may be typed without its dash and in any case."""
    letters = _LETTERS.sub("", typed.upper())
    code = f"{letters[:4]}-{letters[4:]}"
    try:
        device_code, client = device_codes.validate_user_code(code)
    except ValidationError:
        return None
    waiting = cache.get(device_codes.cache_device_code_key(device_code)) or {}
    wanted = waiting.get("scope") or client.get_default_scopes()
    said = tuple(str(words.word(words.SCOPES, scope)) for scope in Scope if scope in wanted)
    return Asking(device_code, code, client.name, said)


def _may_guess(request: Request, *, count: bool = True) -> bool:
    """Whether the person may try another code; counts one that was wrong."""
    config = {"device_code": WRONG_CODES}
    usage = ratelimit.consume(request, app="trueup.web", action="device_code", config=config, limit_get=True, dry_run=not count)
    return usage is not None


# ── Beside the browsers ───────────────────────────────────────────────────────────────────────────────────────────────


class Sessions(ListUserSessionsView):  # type: ignore[misc]
    """The library's page of browsers, with the command lines below them."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the page shows."""
        shown: dict[str, Any] = super().get_context_data(**kwargs)
        return shown | {"devices": keys.let_in(self.request.user.pk)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign out everywhere else."""
        keys.end_all(self.request.user.pk)
        answer: HttpResponse = super().form_valid(form)
        return answer


sessions = Sessions.as_view()


@login_required
@require_POST
def end_device(request: Request, number: int) -> HttpResponse:
    """End one of one's own command lines."""
    if not keys.end(request.user.pk or 0, number):
        raise NotFound("")
    messages.success(request, _("That program has no access any more."))
    return redirect("usersessions_list")


def _password_is_another(user: Any = None, **_: object) -> None:
    if user is not None and user.pk is not None:
        keys.end_all(user.pk)


for _signal in (signals.password_changed, signals.password_reset, signals.password_set):
    _signal.connect(_password_is_another, weak=False, dispatch_uid="trueup devices")


urls = [path("account/devices/<int:number>/end/", end_device, name="end_device")]

"""Who may sign in, and how: the library's adapters, what is noted of it, and e-mails that nobody waits for."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from allauth.account import signals as account_signals
from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.forms import ResetPasswordForm
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa import signals as factor_signals
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trueup.accounts.queries import person_who_may_sign_in
from trueup.web import clock
from trueup.web.page import render

_log = logging.getLogger(__name__)

Job = Callable[[], object]

SAID_ANEW: Final = (
    gettext_lazy("Please type your current password."),
    gettext_lazy("You must type the same password each time."),
    gettext_lazy("Your password has been changed."),
    gettext_lazy("Your password has been reset."),
    gettext_lazy("You have signed out."),
)
"""Sentences of the library whose translations speak to people in another tone than ours: being here, they are in our own catalogs."""


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in by e-mail and password. Nobody signs up by themselves: an admin invites."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": gettext_lazy("Too many failed attempts. Try again in five minutes, or reset your password."),
        "email_password_mismatch": gettext_lazy("The e-mail address or the password is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 -- the library's signature
        """No."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Whether people may be led there after sign-in: to nowhere but here."""
        request = context.request
        allowed: bool = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
        return allowed

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link of the e-mail, to where the portal is, whatever host was asked."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return str(settings.TRUEUP_URL) + path.replace("UID-KEY", key)

    def format_email_subject(self, subject: str) -> str:
        """Whose e-mail it is."""
        return f"TrueUp: {subject}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send it when the page is there: a mail server may be slow."""
        send = super().send_mail
        later(self.request, lambda: send(template_prefix, email, context))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Note who is locked out."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            _log.warning("sign-in refused, too many attempts: %s from %s", _whose(credentials), self.get_client_ip(request))
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Note it. What was typed is not: it may be a password in the wrong field."""
        _log.warning("sign-in failed: %s from %s", _whose(credentials), self.get_client_ip(request))


def _whose(credentials: Mapping[str, Any]) -> str:
    person = person_who_may_sign_in(str(credentials.get("email", "")))
    return "nobody known" if person is None else f"person {person.pk}"


class SingleSignOn(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Who is a member here already comes in through the provider, by the e-mail address that the provider has verified.

    Nothing is kept of it: who they are is asked anew each time.
    """

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:  # noqa: ARG002 -- the library's signature
        """No."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find the member, or say why nobody was signed in."""
        sociallogin.state["process"] = "login"  # nothing can be connected
        claims, contradiction = _claims(sociallogin.account.extra_data)
        email = str(claims.get("email") or "")
        verified = claims.get("email_verified")
        if contradiction or not email or not (verified is True or verified == "true"):
            raise _refused(request, _("The provider did not confirm your e-mail address, so it is not known who you are."))
        person = person_who_may_sign_in(email)
        if person is None:
            raise _refused(request, _("Nobody with the e-mail address %(email)s is a member of an account here.") % {"email": email})
        sociallogin.user = person

    def on_authentication_error(self, request: HttpRequest, provider: object, **why: Any) -> None:  # noqa: ARG002 -- the library's signature
        """Note why; the page says only that."""
        _log.warning("single sign-on failed: %s %s", why.get("error"), why.get("exception") or "")


def _claims(data: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """What the provider says of the person, and whether its two answers are about different people."""
    token, information = data.get("id_token") or {}, data.get("userinfo") or {}
    contradiction = bool(token and information) and token.get("sub") != information.get("sub")
    return {**token, **information}, contradiction


def _refused(request: HttpRequest, reason: str) -> ImmediateHttpResponse:
    _log.warning("single sign-on refused: %s", reason)
    return ImmediateHttpResponse(render(request, "web/signing_in/refused.html", {"reason": reason}, status=403))


class ResetPassword(ResetPasswordForm):  # type: ignore[misc]
    """The form that asks for a link. All the work is done later: how long the page takes does not say whether an address is known."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Send the link to a person who is known."""
        save = super().save
        later(request, lambda: save(request, **kwargs))
        return str(self.cleaned_data["email"])


# ── What is done when the page is there ───────────────────────────────────────────────────────────────────────────────


def later(request: HttpRequest, job: Job) -> None:
    """Do something after the answer was sent; at once where there is none to wait for."""
    waiting: list[Job] | None = getattr(request, "after_response", None)
    if waiting is None:
        job()
    else:
        waiting.append(job)


class AfterResponse:
    """Middleware that does what waits for the answer to be sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; what was put off is done when the server closes the answer."""
        request.after_response = []  # type: ignore[attr-defined]
        response = self._get_response(request)
        jobs = request.after_response  # type: ignore[attr-defined]
        if jobs:
            request.after_response = None  # type: ignore[attr-defined]
            close, language = response.close, translation.get_language()

            def close_and_do() -> None:
                with context.request_context(request), translation.override(language):
                    _do(jobs)
                close()

            response.close = close_and_do  # type: ignore[method-assign]
        return response


def _do(jobs: list[Job]) -> None:
    for job in jobs:
        try:
            job()
        except Exception:  # noqa: BLE001 -- whatever a mail server does, the page was sent
            _log.exception("an e-mail about somebody's sign-in could not be sent")


# ── Sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_SEEN: Final = "seen"
_NOTED_EVERY: Final = timedelta(minutes=5)


class Sessions:
    """Middleware that notes when a session was last seen: now and then, because a page that only reads should not write."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note it if it was long ago."""
        if request.session.session_key and request.user.is_authenticated:
            now = int(clock.now().timestamp())
            if not 0 <= now - request.session.get(_SEEN, -1) < _NOTED_EVERY.total_seconds():
                UserSession.objects.create_from_request(request)
                request.session[_SEEN] = now
        return self._get_response(request)


# ── What is noted ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _note_happenings() -> None:
    """Write to the log who signed in and what they changed about it. The log never holds a secret."""
    for signal, what in {
        account_signals.user_logged_in: "signed in",
        account_signals.user_logged_out: "signed out",
        account_signals.password_set: "set a password",
        account_signals.password_changed: "changed the password",
        account_signals.password_reset: "reset the password",
        factor_signals.authenticator_added: "added a second factor",
        factor_signals.authenticator_removed: "removed a second factor",
        factor_signals.authenticator_reset: "renewed a second factor",
    }.items():
        signal.connect(_noting(what), weak=False, dispatch_uid=f"trueup {what}")


def _noting(what: str) -> Callable[..., None]:
    def note(user: Any = None, request: HttpRequest | None = None, **_: object) -> None:
        if user is not None:
            _log.info("person %s %s from %s", user.pk, what, _where(request))

    return note


def _where(request: HttpRequest | None) -> str:
    """The IP address; of what was asked by no browser there is none."""
    if request is None or not request.META.get("REMOTE_ADDR"):
        return "this machine"
    return str(get_adapter(request).get_client_ip(request))


_note_happenings()  # the addresses of the portal name this module: it is there before the first request


# ── Pages of the library that nobody has ──────────────────────────────────────────────────────────────────────────────


def closed(request: HttpRequest, **_: object) -> HttpResponse:  # noqa: ARG001 -- a view's signature
    """People do not sign up, change their address or connect other accounts by themselves."""
    raise Http404


def too_many(request: HttpRequest) -> HttpResponse:
    """Too many requests in a short time."""
    response = render(request, "web/signing_in/too_many.html", status=429)
    response["Retry-After"] = "60"
    return response

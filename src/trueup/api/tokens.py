"""Where programs get their tokens: the library's endpoints, with what they leave to us around them."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from allauth.core.internal import httpkit, ratelimit
from allauth.idp.oidc import views
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.internal.oauthlib.request_validator import OAuthLibRequestValidator
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import BasePasswordHasher, check_password
from django.core.exceptions import BadRequest, SuspiciousOperation, ValidationError
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant

from trueup.accounts.rules import Scope
from trueup.api import clock
from trueup.network import keys
from trueup.network.rules import secrets

_log = logging.getLogger(__name__)

WRONG_SECRETS: Final = "30/m/ip"
TOKENS: Final = "600/m/ip"
DEVICES: Final = "30/m/ip"
"""How often from one address: what is no secret, tokens asked for, devices that want to come in."""


View = Callable[[HttpRequest], HttpResponse]


class LongSecrets(BasePasswordHasher):
    """Keeps the secrets of programs, which are long and random (network/rules/secrets.py). People's passwords are kept by the slow ones."""

    algorithm = secrets.ALGORITHM

    def salt(self) -> str:
        """None: no two secrets are the same."""
        return ""

    def encode(self, password: str, salt: str) -> str:  # noqa: ARG002 -- the framework's signature
        """A secret as it is kept."""
        return secrets.encoded(password)

    def verify(self, password: str, encoded: str) -> bool:
        """Whether it is the newest secret, or the one before while that works."""
        kept = secrets.read(encoded)
        if kept is None:
            return False
        if constant_time_compare(kept.digest, secrets.digest(password)):
            return True
        older = kept.older_at(clock.now())
        return bool(older) and check_password(password, older)

    def safe_summary(self, encoded: str) -> dict[Any, Any]:  # noqa: ARG002 -- the framework's signature
        """What may be shown of it."""
        return {"algorithm": self.algorithm}

    def must_update(self, encoded: str) -> bool:  # noqa: ARG002 -- the framework's signature
        """No."""
        return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        """A digest takes as long for one secret as for another."""


class Issuer(DefaultOIDCAdapter):  # type: ignore[misc]
    """What is said about us as an issuer of tokens: what there really is."""

    def generate_client_secret(self) -> str:
        """Long and random."""
        return keys.new_secret()

    def populate_server_metadata(self, data: dict[str, str | list[str]]) -> None:
        """Nobody lets a program act as a person by a redirect, and signs out by one."""
        for closed in ("authorization_endpoint", "end_session_endpoint", "userinfo_endpoint"):
            data.pop(closed, None)
        data["scopes_supported"] = [str(scope) for scope in Scope]
        data["grant_types_supported"] = ["client_credentials", keys.DEVICE_GRANT, "refresh_token"]
        data["response_types_supported"] = []


def _let_in(_validator: object, _client_id: str, _code: str, request: Any) -> str | None:
    """Whether the device was let in, as the one library asks the other: the view has found that out, and by whom, before it asked."""
    if not isinstance(getattr(request, "user", None), AbstractBaseUser):
        return None
    if not request.scope:  # the device asked for none in particular
        request.scopes = request.client.get_default_scopes()
    return str(DeviceCodeGrant.DEVICE_CODE_AUTHORIZED)


if not hasattr(OAuthLibRequestValidator, "validate_device_code"):  # the versions we have do not fit yet
    OAuthLibRequestValidator.validate_device_code = _let_in


def _unless_busy(view: View) -> View:
    """What an endpoint answers; that the database cannot take it just now is said as OAuth says it."""

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except OperationalError as error:
            _log.error("the database could not be used", exc_info=error)
            response = _refused("temporarily_unavailable", "something large is being written; try again", status=503)
            response["Retry-After"] = "10"
            return response

    return answered


@_unless_busy
def token(request: HttpRequest) -> HttpResponse:
    """An access token for a secret, a device that was let in, or a refresh token."""
    if not _allowed(request, "token", TOKENS) or not _allowed(request, "wrong_secret", WRONG_SECRETS, count=False):
        return _too_often()
    response = _asked(request, _given)
    if b'"invalid_client"' in response.content or b'"invalid_grant"' in response.content:
        _allowed(request, "wrong_secret", WRONG_SECRETS)
    if response.status_code == 200:
        keys.forget_expired(_client_id(request))
    return response


def _given(request: HttpRequest) -> HttpResponse:
    """What the library gives."""
    with keys.renewing(request.POST.get("refresh_token", "")):
        answer: HttpResponse = views.token(request)
    return answer


@_unless_busy
def device_code(request: HttpRequest) -> HttpResponse:
    """A code for a device whose person lets it in on another one (RFC 8628)."""
    if not _allowed(request, "device_code", DEVICES):
        return _too_often()
    return _asked(request, views.device_code)


@_unless_busy
def revoke(request: HttpRequest) -> HttpResponse:
    """End a token (RFC 7009)."""
    if not _allowed(request, "token", TOKENS):
        return _too_often()
    keys.forget_used(request.POST.get("token", ""))
    return _asked(request, views.revoke)


def _asked(request: HttpRequest, view: View) -> HttpResponse:
    """What the library answers; whatever it cannot read is a bad request."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        values = [value for _name, several in request.POST.lists() for value in several]
        if any("\0" in value for value in [*values, *request.POST]):  # which PostgreSQL cannot look for
            return _refused("invalid_request", "a parameter cannot be read")
        if any(len(several) > 1 for name, several in request.POST.lists() if name != "resource"):
            return _refused("invalid_request", "a parameter is given twice")
        if _client_id(request) == keys.COMMAND_LINE:
            keys.ensure_command_line()
        response = view(request)
    except (ValueError, DataError, BadRequest, SuspiciousOperation, MultiPartParserError, ValidationError) as error:
        _log.info("a request for a token could not be read: %s", type(error).__name__)
        return _refused("invalid_request", "the request cannot be read")
    response["Cache-Control"] = "no-store"
    return response


def _client_id(request: HttpRequest) -> str:
    """Which client says it is asking, in the form or in the header of Basic authentication."""
    given = request.POST.get("client_id", "")
    return given or str(httpkit.extract_basic_auth(request.headers)[0] or "")


def _allowed(request: HttpRequest, action: str, rate: str, *, count: bool = True) -> bool:
    usage = ratelimit.consume(request, app="trueup.api", action=action, config={action: rate}, limit_get=True, dry_run=not count)
    return usage is not None


def _too_often() -> HttpResponse:
    response = _refused("slow_down", "too many requests from this address; go on in a minute", status=429)
    response["Retry-After"] = "60"
    return response


def _refused(error: str, description: str, *, status: int = 400) -> HttpResponse:
    """A refusal as OAuth writes it (RFC 6749, 5.2)."""
    response = JsonResponse({"error": error, "error_description": description}, status=status)
    response["Cache-Control"] = "no-store"
    return response

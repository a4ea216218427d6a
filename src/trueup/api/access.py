"""What an operation asks of its caller: a valid token, and one of some scopes. Rights are asked by the actions themselves."""

from typing import Any, Final

from django.http import HttpRequest
from ninja.security.base import AuthBase

from trueup.accounts.rules import Scope
from trueup.api.problems import Refused
from trueup.kit.text import plural

TOKEN_URL: Final = "/identity/o/api/token"  # noqa: S105 -- an address
DEVICE_URL: Final = "/identity/o/api/device/code"

SCOPES: Final[dict[Scope, str]] = {
    Scope.USAGE_WRITE: "Send usage, map names.",
    Scope.USAGE_READ: "Read usage and batches.",
    Scope.REPORTS_READ: "Read cycles and usage reports.",
    Scope.REPORTS_PREPARE: "Edit, save and submit usage reports.",
    Scope.REPORTS_REVIEW: "Approve, reject, waive, regenerate.",
    Scope.NETWORK_READ: "Read accounts, catalog, terms, members.",
    Scope.NETWORK_WRITE: "Keep accounts, catalog, terms.",
    Scope.MEMBERS_WRITE: "Manage members and API clients.",
    Scope.WEBHOOKS_WRITE: "Keep webhooks.",
    Scope.STATEMENTS_READ: "Read prices, billing reports, statements and their figures.",
    Scope.STATEMENTS_WRITE: "Edit, submit, return, complete billing reports; correct statements.",
    Scope.PRICES_WRITE: "Keep price lists, promo codes, billing details.",
}
"""Scopes in the words of the documentation."""


class Allowed(AuthBase):
    """A caller with at least one of some scopes: `auth=Allowed(Scope.REPORTS_READ)`."""

    openapi_type = "oauth2"
    openapi_name = "oauth"
    openapi_flows: Final = {
        "clientCredentials": {"tokenUrl": TOKEN_URL, "scopes": {str(scope): said for scope, said in SCOPES.items()}},
    }

    def __init__(self, *scopes: Scope) -> None:
        self.scopes = scopes
        super().__init__()

    def __call__(self, request: HttpRequest) -> Any:
        """The caller; None for nobody. Raises Refused without any of the scopes."""
        caller = getattr(request, "caller", None)
        if caller is not None and not caller.scopes.intersection(self.scopes):
            said = plural(
                "this needs a token with the scope {scopes}", "this needs a token with one of the scopes {scopes}", len(self.scopes),
                scopes=", ".join(self.scopes),
            )  # fmt: skip
            wanted = " ".join(self.scopes)
            headers = {"WWW-Authenticate": f'Bearer realm="TrueUp", error="insufficient_scope", scope="{wanted}"'}
            raise Refused(403, "missing_scope", said, headers=headers)
        return caller

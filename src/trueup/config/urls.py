"""Every address: the pages, the API, sign-in by the library, and the identity provider that gives programs their tokens."""

from django.urls import include, path, re_path

from trueup.api import tokens
from trueup.api.app import api
from trueup.web.pages import devices
from trueup.web.signing_in import closed

CLOSED = (
    *(f"account/{page}/" for page in ("email", "confirm-email", "login/code/confirm", "3rdparty", "3rdparty/signup")),
    *(f"account/{page}/" for page in ("social/connections", "social/signup")),
    # Programs get tokens by their own secret, and people let in their command line on a page of ours.
    *(f"identity/o/{page}" for page in ("authorize", "logout", "api/userinfo")),
)
"""Pages of the library that nobody has."""

urlpatterns = [
    *(path(address, closed) for address in CLOSED),
    re_path(r"^account/confirm-email/[^/]+/$", closed),
    path("identity/o/device", devices.device, name="device"),  # in place of the library's, which takes forms of any site
    path("identity/o/api/token", tokens.token),
    path("identity/o/api/device/code", tokens.device_code),
    path("identity/o/api/revoke", tokens.revoke),
    path("account/sessions/", devices.sessions),
    path("api/v1/", api.urls),
    path("account/", include("allauth.urls")),
    path("", include("allauth.idp.urls")),
    path("", include("trueup.web.urls")),
]

handler400 = "trueup.web.errors.bad_request"
handler403 = "trueup.web.errors.permission_denied"
handler404 = "trueup.web.errors.not_found"
handler429 = "trueup.web.signing_in.too_many"  # the library asks for it
handler500 = "trueup.web.errors.server_error"

"""Every address: the pages, the API, sign-in by the library, and the identity provider that gives programs their tokens."""

from django.urls import include, path, re_path

from trueup.api.app import api
from trueup.web.signing_in import closed

CLOSED = (
    *(f"account/{page}/" for page in ("email", "confirm-email", "login/code/confirm", "3rdparty", "3rdparty/signup")),
    *(f"account/{page}/" for page in ("social/connections", "social/signup")),
    # Programs get tokens by their own secret; nobody lets one act as a person. (The library's page for devices takes forms of any site.)
    *(f"identity/o/{page}" for page in ("authorize", "device", "logout")),
)
"""Pages of the library that nobody has."""

urlpatterns = [
    *(path(address, closed) for address in CLOSED),
    re_path(r"^account/confirm-email/[^/]+/$", closed),
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

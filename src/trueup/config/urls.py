"""Every address: the pages, sign-in by the library, and the identity provider that gives programs their tokens."""

from django.urls import include, path

from trueup.web.signing_in import closed

CLOSED = (
    "email/", "confirm-email/", "confirm-email/<path:key>/", "login/code/confirm/", "3rdparty/", "3rdparty/signup/", "social/connections/",
    "social/signup/",
)  # fmt: skip
"""Pages of the library that nobody has."""

urlpatterns = [
    *(path(f"account/{address}", closed) for address in CLOSED),
    path("account/", include("allauth.urls")),
    path("", include("allauth.idp.urls")),
    path("", include("trueup.web.urls")),
]

handler400 = "trueup.web.errors.bad_request"
handler403 = "trueup.web.errors.permission_denied"
handler404 = "trueup.web.errors.not_found"
handler429 = "trueup.web.signing_in.too_many"  # the library asks for it
handler500 = "trueup.web.errors.server_error"

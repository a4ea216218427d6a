"""Every address: the pages, sign-in by the library, and the identity provider that gives programs their tokens."""

from django.urls import include, path

urlpatterns = [
    path("account/", include("allauth.urls")),
    path("", include("allauth.idp.urls")),
    path("", include("trueup.web.urls")),
]

handler400 = "trueup.web.errors.bad_request"
handler403 = "trueup.web.errors.permission_denied"
handler404 = "trueup.web.errors.not_found"
handler500 = "trueup.web.errors.server_error"

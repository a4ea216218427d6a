"""Home: what waits for me."""

from django.http import HttpResponse
from django.urls import path

from trueup.web.page import Request, render


def home(request: Request) -> HttpResponse:
    """What waits, in order of urgency, and the last cycles."""
    return render(request, "web/home/home.html")


urls = [path("", home, name="home")]

"""Lists that are searched: what is asked for in the address, and today's date where the installation is."""

from datetime import date
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from trueup.accounts.queries import installation
from trueup.kit.period import Month, local_date
from trueup.web.forms import SearchForm
from trueup.web.page import Request

PER_PAGE: Final = 50


def search_of(request: Request) -> tuple[str, int]:
    """What is searched for, and the number of the page. What makes no sense is taken as not said."""
    form = SearchForm(request.GET)
    form.is_valid()
    return form.cleaned_data.get("search", ""), form.cleaned_data.get("page") or 1


def rest_of(request: Request) -> str:
    """The address's query without the page: empty, or ending with &."""
    kept = request.GET.copy()
    kept.pop("page", None)
    query = kept.urlencode()
    return f"{query}&" if query else ""


def zone_of(request: Request) -> str:
    """The installation's time zone; asked for once per request."""
    kept = vars(request)
    if "time_zone" not in kept:
        kept["time_zone"] = str(installation().time_zone)
    return str(kept["time_zone"])


def today_of(request: Request) -> date:
    """The day it is where the installation is."""
    return local_date(request.now, zone_of(request))


def next_month(day: date) -> date:
    """The first day of the month after a day's: when changes usually begin."""
    return Month.of(day).end


@cache
def time_zones() -> tuple[str, ...]:
    """The names of time zones to choose from; those that only other names stand for are left out."""
    old = ("Etc/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/", "SystemV/", "posix/", "right/")
    return ("UTC", *sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(old)))

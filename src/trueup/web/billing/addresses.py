"""Where the things of final billing are."""

from urllib.parse import urlencode

from django.urls import reverse

from trueup.kit.period import Month
from trueup.prices.rules.lists import ListKey
from trueup.web.prices.lists import address


def price_list_address(key: ListKey | None) -> str:
    """A price list; all of them where there is none."""
    return address("price_list", key) if key else reverse("prices")


def report_line_address(month: Month, msp: str, service: str, group: str) -> str:
    """A line of a report with its customers and days."""
    query = urlencode({"group": group, "line": service})
    return f"{reverse('report', args=[str(month), msp])}?{query}#line-panel"


def statement_address(number: str) -> str:
    """A statement."""
    return reverse("statement", args=[number])

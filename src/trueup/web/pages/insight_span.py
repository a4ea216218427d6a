"""The months that insight is of: what an address asks for, and what can be chosen."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from trueup.kit.period import BEGINNING, Month
from trueup.web.network.listing import today_of
from trueup.web.page import Request
from trueup.web.whole import month_asked

_USUAL_MONTHS: Final = 12
_OFFERED: Final = 60
"""Months to choose from, back from this one."""

_FIRST: Final = Month.of(BEGINNING)


@dataclass(frozen=True, slots=True)
class Span:
    """From a month up to and including another."""

    first: Month
    last: Month

    @property
    def query(self) -> str:
        """The query that asks for the same months."""
        return urlencode({"from": self.first, "to": self.last})


def span_of(request: Request) -> Span:
    """What an address asks for; what makes no sense is left out. Without months: the last twelve that are over."""
    last = month_asked(request.GET.get("to", "")) or Month.of(today_of(request)).previous()
    return Span(month_asked(request.GET.get("from", "")) or _before(last, _USUAL_MONTHS - 1), last)


def offered(request: Request, span: Span) -> list[Month]:
    """The months to choose from, the latest first, those that are asked for among them."""
    now = Month.of(today_of(request))
    return sorted({_before(now, count) for count in range(_OFFERED)} | {span.first, span.last}, reverse=True)


def _before(month: Month, count: int) -> Month:
    """Some months earlier; before the first month of all there is none."""
    for _count in range(count):
        month = month.previous() if month > _FIRST else month
    return month

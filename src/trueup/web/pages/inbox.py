"""What is asked of the inbox: read from an address, and written into one again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from trueup.kit.period import Month
from trueup.reports.queries import InboxFilter
from trueup.reports.rules.remarks import Remark
from trueup.reports.rules.workflow import MAY_REQUIRE_REVIEW, Status, Submission
from trueup.web import words
from trueup.web.whole import month_asked, search_asked

ALL: Final = "all"
ON_BEHALF: Final = "on_behalf"

TABS: Final[words.Words] = {
    Status.UNDER_REVIEW: _("Under review"),
    Status.REJECTED: _("Rejected"),
    Status.MSP_PREPARING: _("MSP preparing"),
    ON_BEHALF: _("Prepare on behalf"),
    Status.APPROVED: _("Approved"),
    ALL: _("All"),
}
"""The lists of the inbox, each with its count."""

FLAGS: Final[words.Words] = {
    MAY_REQUIRE_REVIEW: _("May require review"),
    "penalty": _("With a penalty"),
    "commented": _("With a comment"),
    "changed": _("With changed lines"),
    ON_BEHALF: _("Prepared on behalf"),
}

BY_MONEY: Final = "-money"
"""The order that knows prices: a distributor's own."""

ORDERS: Final[words.Words] = {
    "-stake": _("Most at stake"),
    BY_MONEY: _("Most money at stake"),
    "-penalties": _("Most penalties"),
    "-changed": _("Most changed lines"),
    "-commented": _("Most comments"),
    "-chargeable": _("Largest first"),
    "submitted": _("Submitted longest ago"),
    "deadline": _("Deadline soonest"),
    "partner": _("Partner, A to Z"),
}

REMARKS: Final[words.Words] = {
    Remark.CHANGED: _("Changed"),
    Remark.COMMENTED: _("Comment"),
    Remark.PENALTY: _("Penalty"),
    Remark.ISSUE: _("Issue"),
    Remark.JUMP: _("Unlike last month"),
}

_DEFAULT: Final = InboxFilter()
Code = TypeVar("Code", Status, Submission)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the inbox shows. `tab` is one of TABS. `by_money`: in the order of the money at stake, whatever the order of the filters."""

    filters: InboxFilter
    tab: str
    by_money: bool = False

    @property
    def order(self) -> str:
        """One of ORDERS."""
        return BY_MONEY if self.by_money else self.filters.order

    @property
    def query(self) -> str:
        """The address that asks for the same; empty for what is shown first."""
        filters = self.filters
        parts = {
            "status": "" if self.tab == _DEFAULT.status else self.tab,
            "cycle": str(filters.cycle or ""),
            "submission": str(filters.submission or ""),
            "flag": "" if self.tab == ON_BEHALF else str(filters.flag or ""),
            "search": filters.search,
            "order": "" if self.order == _DEFAULT.order else self.order,
        }
        return urlencode({name: value for name, value in parts.items() if value})

    @property
    def paging(self) -> str:
        """The beginning of the address of a further page."""
        return f"{self.query}&" if self.query else ""

    @property
    def bare(self) -> str:
        """The same list without any filter."""
        return tab_of(Asked(_DEFAULT, _DEFAULT.status or ALL), self.tab).query

    @property
    def narrowed(self) -> bool:
        """Whether a filter is set, beside which list it is."""
        filters = self.filters
        flag = None if self.tab == ON_BEHALF else filters.flag
        return any((filters.cycle, filters.submission, flag, filters.search))

    @property
    def address(self) -> str:
        """The inbox with these filters."""
        return reverse("review") + (f"?{self.query}" if self.query else "")


def asked_of(given: Mapping[str, str]) -> Asked:
    """What an address asks for; what makes no sense is left out."""
    tab = given.get("status", "")
    order = given.get("order", "")
    filters = InboxFilter(
        cycle=month_asked(given.get("cycle", ""), Month.parse_report),
        submission=next((one for one in Submission if one == given.get("submission")), None),
        flag=given.get("flag") if given.get("flag") in FLAGS else None,
        search=search_asked(given),
        order=order if order in ORDERS and order != BY_MONEY else _DEFAULT.order,
    )
    return tab_of(Asked(filters, Status.UNDER_REVIEW, order == BY_MONEY), tab if tab in TABS else Status.UNDER_REVIEW)


def asked_in(query: str) -> Asked:
    """What a query string asks for, as it travels from page to page."""
    return asked_of(QueryDict(query[:2000]).dict())


def tab_of(asked: Asked, tab: str) -> Asked:
    """Another list with the same filters."""
    flag = asked.filters.flag if asked.tab != ON_BEHALF else None
    if tab == ON_BEHALF:
        return Asked(replace(asked.filters, status=Status.MSP_PREPARING, flag=ON_BEHALF), tab, asked.by_money)
    status = next((one for one in Status if one == tab), None)
    return Asked(replace(asked.filters, status=status, flag=flag), tab, asked.by_money)


def report_address(month: Month, msp: str, query: str = "") -> str:
    """The review of a report, reached from an inbox with these filters."""
    return reverse("review_report", args=[str(month), msp]) + (f"?{urlencode({'inbox': query})}" if query else "")

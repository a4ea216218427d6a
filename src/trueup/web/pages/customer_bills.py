"""What an MSP bills its customers for a month: reconciled to the unit to its report, with what each leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.http import require_GET

from trueup.kit.money import Money
from trueup.kit.page import Page
from trueup.kit.quantity import ZERO, Quantity
from trueup.statements.customers import CustomerBill, customer_bills
from trueup.statements.files import FORMS, Kind, customer_bills_file
from trueup.statements.rules.settlement import Settled, SettledLine
from trueup.web.network.listing import rest_of, search_of
from trueup.web.page import Request, render, wants_fragment
from trueup.web.pages.billing_files import sent
from trueup.web.pages.report_details import address_of
from trueup.web.whole import month_of

PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Side:
    """What a line of a bill was before usage came late, or is now."""

    quantity: Quantity
    amount: Money


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a bill; of one that is a difference with both sides."""

    of: SettledLine
    before: Side
    after: Side


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill as it is shown; `is_other`: it is in another currency than most, so that it is in no total."""

    bill: CustomerBill
    is_other: bool

    @property
    def changes(self) -> Sequence[Line]:
        """The lines of a bill that is a difference."""
        before, after = _sides(self.bill.before), _sides(self.bill.after)
        nothing = Side(ZERO, ZERO)
        lines = self.bill.settled.lines if self.bill.settled else ()
        return [Line(one, before.get((one.kind, one.code), nothing), after.get((one.kind, one.code), nothing)) for one in lines]


def _sides(settled: Settled | None) -> dict[tuple[str, str], Side]:
    return {(line.kind, line.code): Side(line.quantity, line.amount) for line in settled.lines} if settled else {}


@require_GET
def bills(request: Request, month: str, msp: str) -> HttpResponse:
    """The bills, the lines they are reconciled to, and what is left."""
    of = month_of(month)
    found = customer_bills(request.viewer, of, msp)
    search, number = search_of(request)
    sought = search.casefold()
    rows = [
        Bill(one, one.settled is not None and one.settled.currency != found.currency)
        for one in found.bills
        if sought in f"{one.name} {one.customer}".casefold()
    ]
    page = Page.of(len(rows), number, PER_PAGE, lambda start, stop: rows[start:stop])
    context = {
        "found": found, "sums": found.sums, "page": page, "search": search, "query": rest_of(request), "month": of, "msp": msp,
        "address": address_of(request, of, msp),
    }  # fmt: skip
    if wants_fragment(request):
        return render(request, "web/customer_bills/_list.html", context)
    return render(request, "web/customer_bills/bills.html", context | {"forms": FORMS[Kind.CUSTOMER_BILLS]})


@require_GET
def bills_file(request: Request, month: str, msp: str, form: str) -> StreamingHttpResponse:
    """The bills as a file."""
    return sent(customer_bills_file(request.viewer, month_of(month), msp, form))


urls = [
    path("reports/<str:month>/<ref:msp>/customers-bills/", bills, name="customer_bills"),
    path("reports/<str:month>/<ref:msp>/customers-bills/<str:form>/", bills_file, name="customer_bills_file"),
]

"""What an MSP bills its customers for a month, by its own price list."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.statement_lines import ChargedUnits, charged_units
from trueup.api.paging import USUAL, Cursor, Limit, unpacked
from trueup.api.parameters import Ref, ReportCycle
from trueup.api.schemas import REFUSALS, CycleName, Number
from trueup.statements.customers import CustomerBill, Reconciled, Sums, customer_bills
from trueup.statements.rules.settlement import LineKind, SettledLine

router = Router()
READ: Final = Allowed(Scope.STATEMENTS_READ)


class BillLine(Schema):
    """A line of a bill."""

    kind: LineKind = Field(description="`service`: units of a service; `packs`: credits of a solution group, in packs.")
    code: str = Field(description="The code of the service, or of the solution group.")
    name: str = Field(description="What it is called.")
    unit: str = Field(description="What is counted.")
    quantity: Number = Field(description="Units, or whole packs.")
    list_amount: Number = Field(description="What they cost before the margin, not rounded.")
    margin_percent: Number = Field(description="The percent taken off.")
    amount: Number = Field(description="What is billed.")


class CustomerBillShown(Schema):
    """What to bill one customer."""

    customer: str = Field(description="The ref of the customer.")
    name: str = Field(description="What it is called now.")
    units: list[ChargedUnits] = Field(description="Its part of the chargeable units of each line.")
    lines: list[BillLine] | None = Field(description="What it is billed; null: something has no price.")
    currency: str | None = Field(description="The currency of the bill; null: something has no price.")
    net: Number | None = Field(description="The sum of the lines; null: something has no price.")
    tax: Number | None = Field(description="The tax; null: something has no price.")
    gross: Number | None = Field(description="What it pays; null: something has no price.")
    reason: str | None = Field(description="What has no price, in a sentence; null: everything has one.")
    cost: Number | None = Field(description="Its part of what the MSP itself pays, in `cost_currency`; null: nobody knows yet.")
    margin: Number | None = Field(description="`net` less `cost`; null: one of them is not known, or they have two currencies.")


class BilledLine(Schema):
    """A line of the report, and how much of it customers are billed: all of it."""

    service: str = Field(description="The code of the service.")
    name: str = Field(description="What it is called.")
    unit: str = Field(description="The billing unit.")
    units: Number = Field(description="The chargeable units of the report.")
    billed: Number = Field(description="Those that customers are billed for.")
    missing: Number = Field(description="The difference: 0.")
    customers: int = Field(description="How many customers have a part of it.")


class BillSums(Schema):
    """What all bills in the currency of the month come to."""

    net: Number = Field(description="Before tax.")
    tax: Number = Field(description="The tax.")
    gross: Number = Field(description="With tax.")
    cost: Number | None = Field(description="What the MSP itself pays for all customers; null: nobody knows yet.")
    margin: Number | None = Field(description="The sum of the margins that are known; null: none is.")
    others: int = Field(description="How many bills are not in it: without a price, or in another currency.")


class CustomerBillsShown(Schema):
    """A page of the bills of a month, and what all of them come to."""

    cycle: CycleName
    msp: str = Field(description="The ref of the MSP.")
    is_final: bool = Field(description="Whether the report is approved; else units may still change.")
    currency: str | None = Field(description="The currency of the bills; null: none has a price.")
    cost_currency: str | None = Field(description="The currency of what the MSP pays; null: nobody knows yet.")
    cost_net: Number | None = Field(description="What the MSP's own statement comes to before tax; null: nobody knows yet.")
    lines: list[BilledLine] = Field(description="The lines of the report, and that all of their units are billed.")
    sums: BillSums = Field(description="What all bills come to, on this page or not.")
    items: list[CustomerBillShown] = Field(description="The bills on this page, by the ref of the customer.")
    next: str | None = Field(None, description="The `cursor` of the next page; null: this is the last one.")


@router.get(
    "/reports/{cycle}/{msp}/customer-bills", response={200: CustomerBillsShown, **REFUSALS}, auth=READ,
    operation_id="list_customer_bills", summary="What an MSP bills its customers",
)  # fmt: skip
def list_customer_bills(
    request: HttpRequest, response: HttpResponse, cycle: ReportCycle, msp: Ref, *, limit: Limit = USUAL, cursor: Cursor = None
) -> Any:
    """Customer by customer by the MSP's own price lists, reconciled to its report to the unit, with what they cost the MSP.

    For that MSP alone: 403 `not_allowed` for those above it, who do not see what it sells by.
    """
    asked: Asked = request  # type: ignore[assignment]
    after = unpacked(cursor, str)
    found = customer_bills(asked.caller.viewer, cycle, msp)
    bills = [bill for bill in found.bills if after is None or bill.customer > after[0]]
    page = paging.page(request, response, bills[: limit + 1], limit, shown=_bill, place=lambda bill: (bill.customer,))
    return {
        "cycle": cycle,
        "msp": msp,
        "is_final": found.is_final,
        "currency": found.currency or None,
        "cost_currency": found.cost_currency or None,
        "cost_net": found.cost_net,
        "lines": [_reconciled(one) for one in found.reconciled],
        "sums": _sums(found.sums),
        **page,
    }


def _bill(bill: CustomerBill) -> dict[str, Any]:
    settled = bill.settled
    money = {name: getattr(settled, name) if settled else None for name in ("currency", "net", "tax", "gross")}
    return {
        **{name: getattr(bill, name) for name in ("customer", "name", "cost", "margin")},
        "units": [charged_units(line) for line in bill.lines],
        "lines": [_line(line) for line in settled.lines] if settled else None,
        "reason": str(bill.reason) if bill.reason else None,
        **money,
    }


def _line(line: SettledLine) -> dict[str, Any]:
    names = ("kind", "code", "name", "unit", "quantity", "margin_percent", "amount")
    return {**{name: getattr(line, name) for name in names}, "list_amount": line.exact}


def _reconciled(one: Reconciled) -> dict[str, Any]:
    said = {name: getattr(one, name) for name in ("billed", "missing", "customers")}
    return {"service": one.line.service, "name": one.line.service_name, "unit": one.line.unit, "units": one.line.units, **said}


def _sums(sums: Sums) -> dict[str, Any]:
    return {name: getattr(sums, name) for name in ("net", "tax", "gross", "cost", "margin", "others")}

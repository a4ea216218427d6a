"""What an MSP bills its customers as rows: one for each charged service; tax, cost and margin stand once for each customer."""

from collections.abc import Iterator
from typing import Final

from trueup.kit.money import Money, round_money
from trueup.kit.period import Month
from trueup.statements.customers import CustomerBill, CustomerBills
from trueup.statements.exports.rows import line_columns
from trueup.statements.exports.tables import Of, Row, Table
from trueup.statements.rules.settlement import ChargedLine, Settled, SettledLine

_AMOUNTS: Final = ("tax", "gross", "cost", "margin")


def bills_table(month: Month, msp: str, found: CustomerBills) -> Table:
    """The bills of a month, customer by customer. What has no price says why, and has no amounts."""
    head = ("cycle", "msp", "is_final", "customer", "customer_name")
    behind = (*_AMOUNTS, "cost_currency", "reason")
    named = line_columns(*head, behind=behind, **dict.fromkeys(_AMOUNTS, Of.AMOUNT))
    return Table("Customers", named, _rows(month, msp, found), month.last_day)


def _rows(month: Month, msp: str, found: CustomerBills) -> Iterator[Row]:
    for bill in found.bills:
        head: Row = {
            "cycle": str(month), "msp": msp, "is_final": "yes" if found.is_final else "no", "customer": bill.customer,
            "customer_name": bill.name,
        }  # fmt: skip
        own = _of_customer(bill, found.cost_currency)
        rows = _settled(bill.settled, bill.lines) if bill.settled else (_units(line) for line in bill.lines)
        for place, row in enumerate(list(rows) or [{}]):  # who is billed nothing may still cost more or less than before
            yield {**head, **row, **(own if place == 0 else {})}


def _of_customer(bill: CustomerBill, cost_currency: str) -> Row:
    """What is said once of a customer."""
    cost = None if bill.cost is None else round_money(bill.cost, cost_currency)
    said: Row = {"reason": bill.reason, "cost": cost, "cost_currency": cost_currency if cost is not None else ""}
    if bill.settled is None:
        return said
    settled = bill.settled
    return {**said, "tax": settled.tax, "gross": settled.gross, "margin": _rounded(bill.margin, settled.currency)}


def _rounded(amount: Money | None, currency: str) -> Money | None:
    return None if amount is None else round_money(amount, currency)


def _settled(settled: Settled, lines: tuple[ChargedLine, ...]) -> Iterator[Row]:
    by_service = {line.service: line for line in lines}
    for position, line in enumerate(settled.lines, start=1):
        money: Row = {**_money(line), "amount": round_money(line.amount, settled.currency)}
        for place, service in enumerate(line.services):
            said: Row = {"position": position, "code": line.code, "name": line.name, "currency": settled.currency}
            yield {**said, **_units(by_service[service]), **(money if place == 0 else {})}


def _money(line: SettledLine) -> Row:
    return {"quantity": line.quantity, "list_amount": line.exact, "margin_percent": line.margin_percent}


def _units(line: ChargedLine) -> Row:
    return {
        "service": line.service, "service_name": line.service_name, "units": line.units, "unit": line.unit, "credits": line.credits,
    }  # fmt: skip

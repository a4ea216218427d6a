"""A statement as an invoice in the words of EN 16931: what both of its forms, UBL and CII, are written from.

The standard knows quantity times net price and nothing else. A line whose amount comes about otherwise (tiers, free units, a minimum,
packs over a margin) is one piece at its amount, and says in words how it came about.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from trueup.kit.errors import Invalid, Problem
from trueup.kit.money import Money, currency_decimals, round_money
from trueup.kit.period import Month
from trueup.kit.quantity import times
from trueup.kit.text import Text, plural, text
from trueup.prices.rules.lists import TaxCategory
from trueup.statements.rules.documents import Document, StatementKind
from trueup.statements.rules.settlement import less_margin

INVOICE: Final = "380"
CREDIT_NOTE: Final = "381"

MOST_DECIMALS: Final = 2
"""Of amounts: the standard has no more."""

PIECE: Final = "C62"
UNIT_CODES: Final[Mapping[str, str]] = {
    "KB": "2P", "MB": "4L", "GB": "E34", "TB": "E35", "Mbps": "E20", "Gbps": "B80", "hour": "HUR", "day": "DAY", "month": "MON",
}  # fmt: skip
"""UN/ECE Recommendation 20, by the code of a billing unit; all else is pieces."""

CATEGORIES: Final[Mapping[TaxCategory, str]] = {
    TaxCategory.STANDARD: "S",
    TaxCategory.ZERO_RATED: "Z",
    TaxCategory.EXEMPT: "E",
    TaxCategory.REVERSE_CHARGE: "AE",
    TaxCategory.NOT_SUBJECT: "O",
}
_REASONS: Final[Mapping[TaxCategory, str]] = {
    TaxCategory.EXEMPT: "Exempt from tax",
    TaxCategory.REVERSE_CHARGE: "Reverse charge",
    TaxCategory.NOT_SUBJECT: "Not subject to tax",
}
"""What is said where the price list gives no reason: the standard asks for one. An invoice is in English."""


@dataclass(frozen=True, slots=True)
class InvoiceParty:
    """A seller or buyer. What is not known is empty."""

    ref: str
    name: str
    street: str
    postal_code: str
    city: str
    state: str
    country: str
    vat_id: str
    tax_number: str
    company_id: str
    email: str
    endpoint_scheme: str
    endpoint_id: str
    iban: str
    bic: str
    payment_days: str


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """Quantity times net price is the amount; `note` says how, where that is not the whole story."""

    id: str
    code: str
    name: str
    quantity: Decimal
    unit_code: str
    net_price: Decimal
    amount: Money
    note: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """All that is said. `preceding` are the numbers of the statements that this one corrects, or is a difference to."""

    number: str
    type_code: str
    issue_date: date
    due_date: date | None
    currency: str
    note: str
    preceding: tuple[str, ...]
    order_reference: str
    buyer_reference: str
    first_day: date
    last_day: date
    seller: InvoiceParty
    buyer: InvoiceParty
    lines: tuple[InvoiceLine, ...]
    category: str
    percent: Decimal
    exemption: str
    net: Money
    tax: Money
    gross: Money

    @property
    def is_credit_note(self) -> bool:
        """Whether money goes back."""
        return self.type_code == CREDIT_NOTE

    @property
    def by_network(self) -> bool:
        """Whether both parties have an electronic address, so that it can go by the Peppol network."""
        return bool(self.seller.endpoint_id and self.buyer.endpoint_id)


def invoice_of(document: Document) -> Invoice:
    """A statement as an invoice. Raises Invalid with everything that is missing or that the standard can't say, in words."""
    seller, buyer = (_party(document[name], category=document["tax_rate"]["category"]) for name in ("seller", "buyer"))
    _require_complete(document, seller, buyer)
    month, issue_date = Month.parse_report(document["cycle"]), date.fromisoformat(document["issue_date"])
    category = TaxCategory(document["tax_rate"]["category"])
    days = seller.payment_days
    return Invoice(
        number=document["number"],
        type_code=CREDIT_NOTE if document["kind"] == StatementKind.CREDIT_NOTE else INVOICE,
        issue_date=issue_date,
        due_date=issue_date + timedelta(days=int(days)) if days else issue_date,
        currency=document["currency"],
        note=document["reason"],
        preceding=tuple(dict.fromkeys(number for number in (document["corrects"], *document.get("adjusts", ())) if number)),
        order_reference=document["source"].get("po_number", ""),
        buyer_reference=buyer.ref,
        first_day=month.first_day,
        last_day=month.last_day,
        seller=seller,
        buyer=buyer,
        lines=tuple(_lines(document)),
        category=CATEGORIES[category],
        percent=Decimal(document["tax_rate"]["percent"]),
        exemption=document["tax_rate"]["reason"] or _REASONS.get(category, ""),
        net=Decimal(document["net"]),
        tax=Decimal(document["tax"]),
        gross=Decimal(document["gross"]),
    )


def _party(said: Document, *, category: str) -> InvoiceParty:
    """Of what is not subject to tax nobody's VAT identifier may be named."""
    names = InvoiceParty.__dataclass_fields__
    hidden = {"vat_id"} if category == TaxCategory.NOT_SUBJECT else set()
    return InvoiceParty(**{name: "" if name in hidden else said.get(name, "") for name in names})


def _require_complete(document: Document, seller: InvoiceParty, buyer: InvoiceParty) -> None:
    missing = [*_empty(document), *_too_fine(document["currency"]), *_nowhere("seller", seller), *_nowhere("buyer", buyer)]
    missing += _untaxed(TaxCategory(document["tax_rate"]["category"]), seller, buyer)
    if missing:
        count = len(missing)
        message = plural("{count} thing keeps this from being an e-invoice", "{count} things keep this from being an e-invoice", count)
        raise Invalid(message, missing)


def _problem(message: Text, *at: str) -> Problem:
    return Problem(".".join(at), message, "incomplete", at)


def _empty(document: Document) -> Iterator[Problem]:
    if not document["lines"]:
        yield _problem(text("nothing is charged: an e-invoice has at least one line"), "lines")


def _too_fine(currency: str) -> Iterator[Problem]:
    if currency_decimals(currency) > MOST_DECIMALS:
        yield _problem(text("amounts in {currency} have more decimals than an e-invoice", currency=currency), "currency")


def _nowhere(name: str, party: InvoiceParty) -> Iterator[Problem]:
    if not party.country:
        yield _problem(text("the billing details of “{ref}” have no country", ref=party.ref), name, "country")


def _untaxed(category: TaxCategory, seller: InvoiceParty, buyer: InvoiceParty) -> Iterator[Problem]:
    """What has to be known of the parties for their tax."""
    if category == TaxCategory.REVERSE_CHARGE:
        for name, one in (("seller", seller), ("buyer", buyer)):
            if not one.vat_id:
                yield _problem(text("a reverse charge needs the VAT identifier of “{ref}”", ref=one.ref), name, "vat_id")
    elif category != TaxCategory.NOT_SUBJECT and not (seller.vat_id or seller.tax_number):
        message = text("the billing details of “{ref}” have neither a VAT identifier nor a tax number", ref=seller.ref)
        yield _problem(message, "seller", "vat_id")


def _lines(document: Document) -> Iterator[InvoiceLine]:
    for line in document["lines"]:
        yield _line(line, document["currency"])


def _line(line: Mapping[str, Any], currency: str) -> InvoiceLine:
    amount, quantity = Decimal(line["amount"]), Decimal(line["quantity"])
    price = _net_price(line)
    named = {"id": str(line["position"]), "code": line["code"], "name": line["name"], "amount": amount, "note": how(line)}
    if price is not None and round_money(times(quantity, price), currency) == amount:
        return InvoiceLine(**named, quantity=quantity, unit_code=UNIT_CODES.get(line["unit"], PIECE), net_price=price)
    return InvoiceLine(**named, quantity=Decimal(1).copy_sign(amount), unit_code=PIECE, net_price=abs(amount))


def _net_price(line: Mapping[str, Any]) -> Decimal | None:
    """The price of one unit after the margin, where there is one price."""
    slices = line.get("slices") or line.get("after", {}).get("slices", ())
    if len(slices) != 1:
        return None
    return less_margin(Decimal(slices[0]["price"]), Decimal(line["margin_percent"])).normalize() + 0


def how(line: Mapping[str, Any]) -> str:
    """How the amount of a line came about, in a sentence: in English, as an invoice is."""
    if "before" in line:
        after, before = (f"{side['amount']} for {side['quantity']}" for side in (line["after"], line["before"]))
        return f"{after}, instead of {before}"
    parts = [f"{one['units']} × {one['price']}" for one in line.get("slices", ())]
    said = [" + ".join(parts)] if parts else []
    if line["kind"] == "packs":
        said.insert(0, _packs(line))
    if line.get("billed_units", line["quantity"]) != line["quantity"]:
        said.insert(0, f"{line['billed_units']} of {line['quantity']} {line['unit']} billed")
    if Decimal(line["margin_percent"]):
        said.append(f"less {line['margin_percent']} % margin")
    if line["promo_code"]:
        said.append(f"promo code {line['promo_code']}")
    return ", ".join(said)


def _packs(line: Mapping[str, Any]) -> str:
    free = f" less {line['complimentary']} complimentary" if line["complimentary"] != "0" else ""
    return f"{line['credits']} credits{free} in packs of {line['pack_size']}"

"""Rules of Peppol BIS Billing 3 beyond EN 16931, those that can concern what TrueUp writes; by their names in the specification."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from lxml import etree

from trueup.kit.money import round_money

_NAMES = {"cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
          "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"}  # fmt: skip
_LINES = "cac:InvoiceLine | cac:CreditNoteLine"


def _all(tree: Any, path: str) -> list[Any]:
    found: list[Any] = tree.xpath(path, namespaces=_NAMES)
    return found


def _text(tree: Any, path: str) -> str:
    return str(tree.xpath(f"string({path})", namespaces=_NAMES))


def _line_adds_up(line: Any) -> bool:
    paths = ("cbc:InvoicedQuantity | cbc:CreditedQuantity", "cac:Price/cbc:PriceAmount", "cbc:LineExtensionAmount")
    quantity, price, amount = (Decimal(_text(line, path)) for path in paths)
    return abs(round_money(quantity * price, "EUR") - amount) <= Decimal("0.02")


_ENDPOINTS = ("cac:AccountingCustomerParty", "cac:AccountingSupplierParty")
_RULES: dict[str, Callable[[Any], bool]] = {
    "R001 business process": lambda tree: _text(tree, "cbc:ProfileID") == "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
    "R002 at most one note": lambda tree: len(_all(tree, "cbc:Note")) <= 1,
    "R003 buyer reference or order": lambda tree: bool(_text(tree, "cbc:BuyerReference") or _text(tree, "cac:OrderReference/cbc:ID")),
    "R004 specification": lambda tree: (
        _text(tree, "cbc:CustomizationID") == "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
    ),
    "R008 nothing is empty": lambda tree: not _all(tree, "//*[not(*) and not(normalize-space())]"),
    "R010, R020 electronic addresses": lambda tree: all(_text(tree, f"{one}/cac:Party/cbc:EndpointID/@schemeID") for one in _ENDPOINTS),
    "R053 one tax total": lambda tree: len(_all(tree, "cac:TaxTotal[cac:TaxSubtotal]")) == 1,
    "R051 one currency": lambda tree: {str(one) for one in _all(tree, "//@currencyID")} == {_text(tree, "cbc:DocumentCurrencyCode")},
    "R110, R111 periods of lines": lambda tree: not _all(tree, "//cac:InvoiceLine/cac:InvoicePeriod"),
    "R120 lines are quantity times price": lambda tree: all(_line_adds_up(line) for line in _all(tree, _LINES)),
    "P0101, P0100 type": lambda tree: _text(tree, "cbc:InvoiceTypeCode | cbc:CreditNoteTypeCode") in {"380", "381"},
    "R061 mandate only for direct debit": lambda tree: not _all(tree, "//cac:PaymentMandate"),
}


def peppol_wrong(xml: bytes) -> list[str]:
    """The rules that an invoice breaks."""
    tree = etree.fromstring(xml)
    return [name for name, holds in _RULES.items() if not holds(tree)]

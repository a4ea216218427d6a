"""An invoice in UBL 2.1, by EN 16931; by Peppol BIS Billing 3 where both parties have an electronic address."""

from typing import Final

from trueup.kit.money import money_text
from trueup.kit.quantity import plain
from trueup.statements.exports.xml import Node, node, written
from trueup.statements.rules.invoice import Invoice, InvoiceLine, InvoiceParty

_STANDARD: Final = "urn:cen.eu:en16931:2017"
_PEPPOL: Final = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_PEPPOL_PROFILE: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_COMMON: Final = "urn:oasis:names:specification:ubl:schema:xsd:Common"
_PREFIXES: Final = {"cac": f"{_COMMON}AggregateComponents-2", "cbc": f"{_COMMON}BasicComponents-2"}

CREDIT_TRANSFER: Final = "30"
NOT_DEFINED: Final = "1"


def ubl(invoice: Invoice) -> bytes:
    """The invoice or credit note as XML."""
    kind = "CreditNote" if invoice.is_credit_note else "Invoice"
    return written(kind, _PREFIXES, [*_head(invoice), *_parties(invoice), *_money(invoice), *_lines(invoice)],
                   default=f"urn:oasis:names:specification:ubl:schema:xsd:{kind}-2")  # fmt: skip


def _head(invoice: Invoice) -> list[Node]:
    credit = invoice.is_credit_note
    due = invoice.due_date.isoformat() if invoice.due_date else ""
    return [
        node("cbc:CustomizationID", _PEPPOL if invoice.by_network else _STANDARD),
        node("cbc:ProfileID", _PEPPOL_PROFILE if invoice.by_network else ""),
        node("cbc:ID", invoice.number),
        node("cbc:IssueDate", invoice.issue_date.isoformat()),
        node("cbc:DueDate", "" if credit else due),
        node("cbc:CreditNoteTypeCode" if credit else "cbc:InvoiceTypeCode", invoice.type_code),
        node("cbc:Note", invoice.note),
        node("cbc:DocumentCurrencyCode", invoice.currency),
        node("cbc:BuyerReference", invoice.buyer_reference),
        node("cac:InvoicePeriod", [
            node("cbc:StartDate", invoice.first_day.isoformat()), node("cbc:EndDate", invoice.last_day.isoformat()),
        ]),
        node("cac:OrderReference", [node("cbc:ID", invoice.order_reference)]),
        *(node("cac:BillingReference", [node("cac:InvoiceDocumentReference", [node("cbc:ID", number)])]) for number in invoice.preceding),
    ]  # fmt: skip


def _parties(invoice: Invoice) -> list[Node]:
    return [
        node("cac:AccountingSupplierParty", [_party(invoice.seller, seller=True)]),
        node("cac:AccountingCustomerParty", [_party(invoice.buyer, seller=False)]),
    ]


def _party(party: InvoiceParty, *, seller: bool) -> Node:
    tax = [_tax_scheme(party.vat_id, "VAT")]
    if seller and party.tax_number and not party.vat_id:
        tax.append(_tax_scheme(party.tax_number, "TAX"))
    return node("cac:Party", [
        node("cbc:EndpointID", party.endpoint_id, schemeID=party.endpoint_scheme),
        node("cac:PartyIdentification", [node("cbc:ID", party.ref)]),
        node("cac:PartyName", [node("cbc:Name", party.name)]),
        node("cac:PostalAddress", [
            node("cbc:StreetName", party.street),
            node("cbc:CityName", party.city),
            node("cbc:PostalZone", party.postal_code),
            node("cbc:CountrySubentity", party.state),
            node("cac:Country", [node("cbc:IdentificationCode", party.country)]),
        ]),
        *tax,
        node("cac:PartyLegalEntity", [node("cbc:RegistrationName", party.name), node("cbc:CompanyID", party.company_id)]),
        node("cac:Contact", [node("cbc:ElectronicMail", party.email)]),
    ])  # fmt: skip


def _tax_scheme(number: str, scheme: str) -> Node:
    return node("cac:PartyTaxScheme", [node("cbc:CompanyID", number), node("cac:TaxScheme", [node("cbc:ID", scheme)])] if number else [])


def _money(invoice: Invoice) -> list[Node]:
    percent = "" if invoice.category == "O" else plain(invoice.percent)
    transfer = [node("cac:PayeeFinancialAccount", [
        node("cbc:ID", invoice.seller.iban),
        node("cac:FinancialInstitutionBranch", [node("cbc:ID", invoice.seller.bic)]),
    ])] if invoice.seller.iban else []  # fmt: skip
    return [
        node("cac:PaymentMeans", [
            node("cbc:PaymentMeansCode", CREDIT_TRANSFER if invoice.seller.iban else NOT_DEFINED), node("cbc:PaymentID", invoice.number),
            *transfer,
        ]),
        node("cac:PaymentTerms", [node("cbc:Note", _terms(invoice))]),
        node("cac:TaxTotal", [
            _amount("cbc:TaxAmount", invoice.tax, invoice),
            node("cac:TaxSubtotal", [
                _amount("cbc:TaxableAmount", invoice.net, invoice),
                _amount("cbc:TaxAmount", invoice.tax, invoice),
                node("cac:TaxCategory", [
                    node("cbc:ID", invoice.category),
                    node("cbc:Percent", percent),
                    node("cbc:TaxExemptionReason", invoice.exemption if invoice.category in {"E", "AE", "O"} else ""),
                    node("cac:TaxScheme", [node("cbc:ID", "VAT")]),
                ]),
            ]),
        ]),
        node("cac:LegalMonetaryTotal", [
            _amount("cbc:LineExtensionAmount", invoice.net, invoice),
            _amount("cbc:TaxExclusiveAmount", invoice.net, invoice),
            _amount("cbc:TaxInclusiveAmount", invoice.gross, invoice),
            _amount("cbc:PayableAmount", invoice.gross, invoice),
        ]),
    ]  # fmt: skip


def _terms(invoice: Invoice) -> str:
    """A credit note has no due date of its own in UBL: it says so in words."""
    return f"Due on {invoice.due_date.isoformat()}" if invoice.is_credit_note and invoice.due_date else ""


def _lines(invoice: Invoice) -> list[Node]:
    return [_line(line, invoice) for line in invoice.lines]


def _line(line: InvoiceLine, invoice: Invoice) -> Node:
    credit = invoice.is_credit_note
    percent = "" if invoice.category == "O" else plain(invoice.percent)
    return node("cac:CreditNoteLine" if credit else "cac:InvoiceLine", [
        node("cbc:ID", line.id),
        node("cbc:Note", line.note),
        node("cbc:CreditedQuantity" if credit else "cbc:InvoicedQuantity", plain(line.quantity), unitCode=line.unit_code),
        _amount("cbc:LineExtensionAmount", line.amount, invoice),
        node("cac:Item", [
            node("cbc:Name", line.name),
            node("cac:SellersItemIdentification", [node("cbc:ID", line.code)]),
            node("cac:ClassifiedTaxCategory", [
                node("cbc:ID", invoice.category), node("cbc:Percent", percent), node("cac:TaxScheme", [node("cbc:ID", "VAT")]),
            ]),
        ]),
        node("cac:Price", [node("cbc:PriceAmount", plain(line.net_price), currencyID=invoice.currency)]),
    ])  # fmt: skip


def _amount(name: str, amount: object, invoice: Invoice) -> Node:
    return node(name, money_text(amount, invoice.currency), currencyID=invoice.currency)  # type: ignore[arg-type]

"""An invoice in UN/CEFACT Cross Industry Invoice, by EN 16931: the XML inside a Factur-X (ZUGFeRD) PDF."""

from datetime import date
from typing import Final

from trueup.kit.money import Money, money_text
from trueup.kit.quantity import plain
from trueup.statements.exports.ubl import CREDIT_TRANSFER, NOT_DEFINED
from trueup.statements.exports.xml import Node, node, written
from trueup.statements.rules.invoice import Invoice, InvoiceLine, InvoiceParty

_LEVEL: Final = "urn:cen.eu:en16931:2017"
_STANDARD: Final = "urn:un:unece:uncefact:data:standard:"
_PREFIXES: Final = {
    "rsm": f"{_STANDARD}CrossIndustryInvoice:100",
    "ram": f"{_STANDARD}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_STANDARD}UnqualifiedDataType:100",
    "qdt": f"{_STANDARD}QualifiedDataType:100",
}


def cii(invoice: Invoice) -> bytes:
    """The invoice or credit note as XML."""
    return written("rsm:CrossIndustryInvoice", _PREFIXES, [
        node("rsm:ExchangedDocumentContext", [
            node("ram:GuidelineSpecifiedDocumentContextParameter", [node("ram:ID", _LEVEL)]),
        ]),
        node("rsm:ExchangedDocument", [
            node("ram:ID", invoice.number),
            node("ram:TypeCode", invoice.type_code),
            node("ram:IssueDateTime", [_day("udt", invoice.issue_date)]),
            node("ram:IncludedNote", [node("ram:Content", invoice.note)]),
        ]),
        node("rsm:SupplyChainTradeTransaction", [
            *(_line(line, invoice) for line in invoice.lines),
            _agreement(invoice),
            node("ram:ApplicableHeaderTradeDelivery", [
                node("ram:ActualDeliverySupplyChainEvent", [node("ram:OccurrenceDateTime", [_day("udt", invoice.last_day)])]),
            ]),
            _settlement(invoice),
        ]),
    ])  # fmt: skip


def _day(prefix: str, day: date) -> Node:
    name = "DateTimeString"
    return node(f"{prefix}:{name}", day.strftime("%Y%m%d"), format="102")


def _line(line: InvoiceLine, invoice: Invoice) -> Node:
    percent = "" if invoice.category == "O" else plain(invoice.percent)
    return node("ram:IncludedSupplyChainTradeLineItem", [
        node("ram:AssociatedDocumentLineDocument", [
            node("ram:LineID", line.id), node("ram:IncludedNote", [node("ram:Content", line.note)]),
        ]),
        node("ram:SpecifiedTradeProduct", [node("ram:SellerAssignedID", line.code), node("ram:Name", line.name)]),
        node("ram:SpecifiedLineTradeAgreement", [
            node("ram:NetPriceProductTradePrice", [node("ram:ChargeAmount", plain(line.net_price))]),
        ]),
        node("ram:SpecifiedLineTradeDelivery", [node("ram:BilledQuantity", plain(line.quantity), unitCode=line.unit_code)]),
        node("ram:SpecifiedLineTradeSettlement", [
            node("ram:ApplicableTradeTax", [
                node("ram:TypeCode", "VAT"), node("ram:CategoryCode", invoice.category), node("ram:RateApplicablePercent", percent),
            ]),
            node("ram:SpecifiedTradeSettlementLineMonetarySummation", [_amount("ram:LineTotalAmount", line.amount, invoice)]),
        ]),
    ])  # fmt: skip


def _agreement(invoice: Invoice) -> Node:
    return node("ram:ApplicableHeaderTradeAgreement", [
        node("ram:BuyerReference", invoice.buyer_reference),
        node("ram:SellerTradeParty", _party(invoice.seller, seller=True)),
        node("ram:BuyerTradeParty", _party(invoice.buyer, seller=False)),
        node("ram:BuyerOrderReferencedDocument", [node("ram:IssuerAssignedID", invoice.order_reference)]),
    ])  # fmt: skip


def _party(party: InvoiceParty, *, seller: bool) -> list[Node]:
    number = party.tax_number if seller and not party.vat_id else ""
    return [
        node("ram:ID", party.ref),
        node("ram:Name", party.name),
        node("ram:SpecifiedLegalOrganization", [node("ram:ID", party.company_id)]),
        node("ram:DefinedTradeContact", [
            node("ram:EmailURIUniversalCommunication", [node("ram:URIID", party.email if seller else "")]),
        ]),
        node("ram:PostalTradeAddress", [
            node("ram:PostcodeCode", party.postal_code),
            node("ram:LineOne", party.street),
            node("ram:CityName", party.city),
            node("ram:CountryID", party.country),
            node("ram:CountrySubDivisionName", party.state),
        ]),
        node("ram:URIUniversalCommunication", [node("ram:URIID", party.endpoint_id, schemeID=party.endpoint_scheme)]),
        node("ram:SpecifiedTaxRegistration", [node("ram:ID", party.vat_id, schemeID="VA")]),
        node("ram:SpecifiedTaxRegistration", [node("ram:ID", number, schemeID="FC")]),
    ]  # fmt: skip


def _settlement(invoice: Invoice) -> Node:
    percent = "" if invoice.category == "O" else plain(invoice.percent)
    due = [node("ram:DueDateDateTime", [_day("udt", invoice.due_date)])] if invoice.due_date else []
    return node("ram:ApplicableHeaderTradeSettlement", [
        node("ram:PaymentReference", invoice.number),
        node("ram:InvoiceCurrencyCode", invoice.currency),
        node("ram:SpecifiedTradeSettlementPaymentMeans", [
            node("ram:TypeCode", CREDIT_TRANSFER if invoice.seller.iban else NOT_DEFINED),
            node("ram:PayeePartyCreditorFinancialAccount", [node("ram:IBANID", invoice.seller.iban)]),
            node("ram:PayeeSpecifiedCreditorFinancialInstitution", [node("ram:BICID", invoice.seller.bic if invoice.seller.iban else "")]),
        ]),
        node("ram:ApplicableTradeTax", [
            _amount("ram:CalculatedAmount", invoice.tax, invoice),
            node("ram:TypeCode", "VAT"),
            node("ram:ExemptionReason", invoice.exemption if invoice.category in {"E", "AE", "O"} else ""),
            _amount("ram:BasisAmount", invoice.net, invoice),
            node("ram:CategoryCode", invoice.category),
            node("ram:RateApplicablePercent", percent),
        ]),
        node("ram:BillingSpecifiedPeriod", [
            node("ram:StartDateTime", [_day("udt", invoice.first_day)]), node("ram:EndDateTime", [_day("udt", invoice.last_day)]),
        ]),
        node("ram:SpecifiedTradePaymentTerms", due),
        node("ram:SpecifiedTradeSettlementHeaderMonetarySummation", [
            _amount("ram:LineTotalAmount", invoice.net, invoice),
            _amount("ram:TaxBasisTotalAmount", invoice.net, invoice),
            node("ram:TaxTotalAmount", money_text(invoice.tax, invoice.currency), currencyID=invoice.currency),
            _amount("ram:GrandTotalAmount", invoice.gross, invoice),
            _amount("ram:DuePayableAmount", invoice.gross, invoice),
        ]),
        *(node("ram:InvoiceReferencedDocument", [node("ram:IssuerAssignedID", number)]) for number in invoice.preceding),
    ])  # fmt: skip


def _amount(name: str, amount: Money, invoice: Invoice) -> Node:
    return node(name, money_text(amount, invoice.currency))

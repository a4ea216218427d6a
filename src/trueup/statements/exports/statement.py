"""A statement as a page, and as a Factur-X PDF: the page with the invoice inside."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from facturx import generate_from_binary

from trueup.kit.period import Month
from trueup.kit.text import Text, text
from trueup.statements.exports.cii import cii
from trueup.statements.exports.pdf import Page, Party, Say, Table, grouped, pdf
from trueup.statements.rules.documents import Document, StatementKind
from trueup.statements.rules.invoice import how, invoice_of

TITLES: Final[Mapping[StatementKind, Text]] = {StatementKind.STATEMENT: text("Statement"), StatementKind.CREDIT_NOTE: text("Credit note")}


def statement_pdf(document: Document, *, language: str = "en", say: Say = str, checksum: str = "") -> bytes:
    """The statement as PDF/A-3, in a language. The same statement gives the same bytes."""
    return pdf(statement_page(document, language=language, say=say, checksum=checksum), say=say)


def factur_x(document: Document, *, language: str = "en", say: Say = str, checksum: str = "") -> bytes:
    """The PDF with the invoice as XML inside (Factur-X, ZUGFeRD). The same statement gives the same bytes.

    Raises Invalid for what can't be an e-invoice.
    """
    xml = cii(invoice_of(document))
    page = statement_pdf(document, language=language, say=say, checksum=checksum)
    found: bytes = generate_from_binary(
        page, xml, flavor="factur-x", level="en16931", check_xsd=False, check_schematron=False, lang=language, xmp_compression=False
    )
    day = document["issue_date"].encode()
    return _IN_INFO.sub(rb"\g<1>%s000000" % day.replace(b"-", b""), _IN_XMP.sub(rb"\g<1>%sT00:00:00" % day, found))


_IN_XMP: Final = re.compile(rb"(<xmp:(?:Create|Modify)Date>)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_IN_INFO: Final = re.compile(rb"(/(?:Creation|Mod)Date \(D(?::|\\072))\d{14}")
"""When the XML was put in: the day of the statement instead, of the same length, for a PDF counts its bytes."""


def statement_page(document: Document, *, language: str, say: Say, checksum: str) -> Page:
    """What the page says."""
    kind = StatementKind(document["kind"])
    return Page(
        title=f"{say(TITLES[kind])} {document['number']}",
        subtitle=say(text("Cycle {cycle}", cycle=document["cycle"])),
        author=document["seller"]["name"],
        language=language,
        date=date.fromisoformat(document["issue_date"]),
        footer=f"{document['number']} · {checksum}" if checksum else document["number"],
        facts=tuple(_facts(document, say)),
        parties=(_party(say(text("From")), document["seller"]), _party(say(text("To")), document["buyer"])),
        notes=tuple(_notes(document, say)),
        tables=(_lines(document, say),),
        totals=tuple(_totals(document, say)),
        ending=tuple(_payment(document, say)),
    )


def _facts(document: Document, say: Say) -> Iterator[tuple[str, str]]:
    month = Month.parse_report(document["cycle"])
    yield say(text("Number")), document["number"]
    yield say(text("Date")), document["issue_date"]
    yield say(text("Period")), f"{month.first_day} – {month.last_day}"
    if document["source"].get("po_number"):
        yield say(text("PO number")), document["source"]["po_number"]
    if document["corrects"]:
        yield say(text("Corrects")), document["corrects"]
    if document.get("adjusts"):
        yield say(text("Adjusts")), ", ".join(document["adjusts"])


def _party(role: str, said: Mapping[str, str]) -> Party:
    place = " ".join(part for part in (said["postal_code"], said["city"]) if part)
    region = ", ".join(part for part in (said["state"], said["country"]) if part)
    numbers = [said[name] for name in ("company_id", "vat_id", "tax_number") if said[name]]
    return Party(role, said["name"], tuple(line for line in (said["street"], place, region, " · ".join(numbers), said["email"]) if line))


def _notes(document: Document, say: Say) -> Iterator[str]:
    if document["reason"]:
        yield say(text("Reason: {reason}", reason=document["reason"]))
    if document["tax_rate"]["reason"]:
        yield document["tax_rate"]["reason"]


def _lines(document: Document, say: Say) -> Table:
    head = (
        "#",
        say(text("Description")),
        say(text("Quantity")),
        say(text("Unit")),
        say(text("Amount ({currency})", currency=document["currency"])),
    )
    rows = tuple(_row(line) for line in document["lines"])
    return Table(head, rows, (0, 6, 2, 2, 2), (0, 2, 4))


def _row(line: Mapping[str, Any]) -> tuple[Any, ...]:
    behind = "; ".join(f"{one['name']}: {one['units']} {one['unit']}" for one in line["charged"]) if line["kind"] == "packs" else ""
    said = " · ".join(part for part in (behind, how(line)) if part)
    return (
        str(line["position"]),
        (line["name"], said) if said else line["name"],
        grouped(line["quantity"]),
        line["unit"],
        grouped(line["amount"]),
    )


def _totals(document: Document, say: Say) -> Iterator[tuple[str, str]]:
    yield say(text("Net")), grouped(document["net"])
    yield say(text("Tax {percent} %", percent=document["tax_rate"]["percent"])), grouped(document["tax"])
    yield say(text("Total {currency}", currency=document["currency"])), grouped(document["gross"])


def _payment(document: Document, say: Say) -> Iterator[str]:
    seller = document["seller"]
    if seller["iban"]:
        yield say(text("Bank account: {iban} {bic}", iban=seller["iban"], bic=seller["bic"])).strip()
    if seller["payment_days"]:
        yield say(text("Payment within {days} days, with the number {number}", days=seller["payment_days"], number=document["number"]))

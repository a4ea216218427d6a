"""A statement as it is answered, and what accounts say of themselves on statements."""

from datetime import date
from typing import Any, Final, Literal

from ninja import Field, Schema
from pydantic import ConfigDict

from trueup.api.endpoints.statement_lines import Amounts, amounts
from trueup.api.parameters import Storable
from trueup.api.schemas import CycleName, Instant, Number
from trueup.kit.period import Month
from trueup.statements.queries import StatementRow, StatementView
from trueup.statements.rules.documents import StatementKind
from trueup.statements.rules.parties import FIELDS


class StatementShown(Schema):
    """A statement in a list. Amounts of a credit note say how much is taken back; names are those it was issued with."""

    number: str = Field(description="Its number: counted per seller and year, without gaps.", examples=["north-2026-000001"])
    kind: StatementKind = Field(description="`statement`: something to pay; `credit_note`: all of another one taken back.")
    cycle: CycleName
    seller: str = Field(description="The ref of who is paid.")
    seller_name: str = Field(description="Its name.")
    buyer: str = Field(description="The ref of who pays.")
    buyer_name: str = Field(description="Its name.")
    issue_date: date = Field(description="The day it was issued, where the installation is.")
    issued_at: Instant = Field(description="When it was issued.")
    currency: str = Field(description="The currency of its amounts.")
    net: Number = Field(description="The sum of the lines.")
    tax: Number = Field(description="The tax.")
    gross: Number = Field(description="What is to be paid.")
    corrects: str | None = Field(description="The number of the statement that it corrects; null: none.")
    corrected_by: list[str] = Field(description="The numbers of the credit note over it and of its replacement; empty: it stands.")
    checksum: str = Field(description="SHA-256 of its `document` in canonical JSON: keys sorted, no spaces, ASCII.")


def _unsaid(name: str) -> Any:
    return Field("", description=_PARTY[name])


_PARTY: Final = {
    "legal_name": "The full name of the company, where it is another one.",
    "street": "Street and number.",
    "postal_code": "Postal code.",
    "city": "City.",
    "state": "State or region.",
    "country": "Country: two capital letters (ISO 3166).",
    "vat_id": "VAT identifier; it begins with its country.",
    "tax_number": "Tax number.",
    "email": "E-mail address for questions about bills.",
    "endpoint_scheme": "Scheme of the electronic address (EAS), like 9930.",
    "endpoint_id": "Electronic address, for Peppol.",
    "iban": "Bank account (IBAN), without spaces.",
    "bic": "Bank (BIC).",
    "payment_days": "After how many days payment is due.",
}


class _Contact(Schema):
    """What is said of a party; what is not said is empty."""

    street: str = _unsaid("street")
    postal_code: str = _unsaid("postal_code")
    city: str = _unsaid("city")
    state: str = _unsaid("state")
    country: str = _unsaid("country")
    vat_id: str = _unsaid("vat_id")
    tax_number: str = _unsaid("tax_number")
    email: str = _unsaid("email")
    endpoint_scheme: str = _unsaid("endpoint_scheme")
    endpoint_id: str = _unsaid("endpoint_id")
    iban: str = _unsaid("iban")
    bic: str = _unsaid("bic")
    payment_days: str = _unsaid("payment_days")


class StatementParty(_Contact):
    """Seller or buyer, as the statement names it."""

    ref: str = Field(description="Its ref.")
    name: str = Field(description="Its name.")
    company_id: str = Field("", description="Its company ID; empty: none.")


class BillingDetailsIn(Schema):
    """What statements say of an account beyond its name. Everything is text; what is left out, or empty, is not said."""

    model_config = ConfigDict(extra="forbid")

    legal_name: Storable = _unsaid("legal_name")
    street: Storable = _unsaid("street")
    postal_code: Storable = _unsaid("postal_code")
    city: Storable = _unsaid("city")
    state: Storable = _unsaid("state")
    country: Storable = _unsaid("country")
    vat_id: Storable = _unsaid("vat_id")
    tax_number: Storable = _unsaid("tax_number")
    email: Storable = _unsaid("email")
    endpoint_scheme: Storable = _unsaid("endpoint_scheme")
    endpoint_id: Storable = _unsaid("endpoint_id")
    iban: Storable = _unsaid("iban")
    bic: Storable = _unsaid("bic")
    payment_days: Storable = _unsaid("payment_days")


class BillingDetails(_Contact):
    """What statements that are issued from now on say of an account."""

    account: str = Field(description="The ref of the account.")
    legal_name: str = _unsaid("legal_name")
    version: str = Field(description="What stands in its ETag; empty: nothing was said yet.")


class StatementSource(Schema):
    """What a statement follows from."""

    kind: Literal["report", "billing_report"] = Field(description="An approved report, or a completed billing report.")
    cycle: CycleName
    msp: str | None = Field(None, description="The ref of the MSP whose report it is: `/reports/{cycle}/{msp}`.")
    distributor: str | None = Field(None, description="The ref of the distributor whose billing report it is.")
    version: int = Field(description="The version that was approved, or completed.")
    po_number: str | None = Field(None, description="The purchase order number; null: none.")


class Statement(StatementShown):
    """A statement with all it says. It never changes; a correction is a new statement."""

    reason: str = Field(description="Why it corrects another one; empty: it does not.")
    seller_party: StatementParty = Field(description="Who is paid.")
    buyer_party: StatementParty = Field(description="Who pays.")
    source: StatementSource = Field(description="What it follows from.")
    amounts: Amounts = Field(description="Its lines, and how each came about.")
    document: dict[str, Any] | None = Field(None, description="Null unless `expand=document`: the whole, of which the checksum is.")


def row_shown(row: StatementRow) -> dict[str, Any]:
    """A statement in a list."""
    names = (name for name in StatementShown.model_fields if name not in {"corrects", "corrected_by"})
    return {**{name: getattr(row, name) for name in names}, "corrects": row.corrects or None, "corrected_by": list(row.corrected_by)}


def shown(view: StatementView, *, whole: bool = False) -> dict[str, Any]:
    """A statement with all it says."""
    said = view.document
    return {
        **row_shown(view.row),
        "reason": said["reason"],
        "seller_party": said["seller"],
        "buyer_party": said["buyer"],
        "source": {**said["source"], "cycle": Month.parse_report(said["source"]["cycle"])},
        "amounts": amounts(said),
        "document": said if whole else None,
    }


def details_shown(account: str, details: dict[str, str], version: str) -> dict[str, Any]:
    """The billing details of an account."""
    return {"account": account, **{name: details.get(name, "") for name in FIELDS}, "version": version}

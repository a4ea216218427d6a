"""Final billing in words."""

from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from trueup.kit.money import currency_decimals
from trueup.statements.files import Form
from trueup.statements.rules.billing import BillingStatus
from trueup.statements.rules.documents import StatementKind
from trueup.web import numbers
from trueup.web.words import Words

STATUSES: Words = {
    BillingStatus.COLLECTING: _("Collecting"),
    BillingStatus.SUBMITTED: _("Submitted"),
    BillingStatus.RETURNED: _("Returned"),
    BillingStatus.COMPLETED: _("Completed"),
}

STATUS_LOOKS: Final = {"collecting": "primary", "submitted": "warn", "returned": "bad", "completed": "good"}
STATUS_ICONS: Final = {"collecting": "edit", "submitted": "search", "returned": "undo", "completed": "check"}

KINDS: Words = {StatementKind.STATEMENT: _("Statement"), StatementKind.CREDIT_NOTE: _("Credit note")}

EVENTS: Words = {
    "billing_begun": _("Billing report begun"),
    "billing_saved": _("Saved"),
    "billing_submitted": _("Submitted"),
    "billing_returned": _("Returned"),
    "billing_completed": _("Completed"),
}

FIELDS: Words = {
    "status": _("Status"),
    "po_number": _("PO number"),
    "promo_codes": _("Promo codes"),
    "comment": _("Comment"),
    "gross": _("Total"),
    "return_reason": _("Reason"),
}

FORMS: Words = {
    Form.PDF: _("PDF"),
    Form.XLSX: _("Excel (XLSX)"),
    Form.CSV: _("CSV"),
    Form.FACTUR_X: _("E-invoice in a PDF (Factur-X)"),
    Form.UBL: _("E-invoice (UBL, EN 16931)"),
    Form.FOCUS_CSV: _("FOCUS 1.2 (CSV)"),
    Form.FOCUS_PARQUET: _("FOCUS 1.2 (Parquet)"),
}
"""What a file is called, those that people read first."""


def price(value: Decimal, currency: str) -> str:
    """A price, as fine as it is, at least with the decimals of the currency."""
    return f"{numbers.shown(value, currency_decimals(currency))} {currency}"


def percent(value: Decimal) -> str:
    """`12.5 %`."""
    return f"{numbers.shown(value)} %"

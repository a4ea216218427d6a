"""What e-mails say of final billing, read with the rights of who gets them; and whose a billing report is."""

from collections.abc import Iterable
from decimal import Decimal

from django.conf import settings
from django.utils import formats
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext, pgettext

from trueup.accounts.rules import Viewer
from trueup.events.queries import changes_at
from trueup.kit.addresses import encoded
from trueup.kit.errors import NotFound
from trueup.kit.money import Money, currency_decimals
from trueup.kit.period import Month
from trueup.kit.text import text
from trueup.notifications.models import Delivery
from trueup.notifications.rules import Kind, one_line
from trueup.statements.models import BillingReport
from trueup.statements.queries import statement
from trueup.statements.rules.billing import STATUS_WORDS, BillingStatus
from trueup.statements.rules.documents import StatementKind

_TRUE_WHILE = {
    Kind.BILLING_SUBMITTED: BillingStatus.SUBMITTED,
    Kind.BILLING_RETURNED: BillingStatus.RETURNED,
    Kind.BILLING_COMPLETED: BillingStatus.COMPLETED,
}


def vendors_of(billing_ids: Iterable[int]) -> dict[int, int]:
    """To whom billing reports are submitted, by their ids."""
    return dict(BillingReport.objects.filter(pk__in=set(billing_ids)).values_list("pk", "vendor_id"))


def about_billing(delivery: Delivery, viewer: Viewer) -> dict[str, object]:
    """What an e-mail about final billing says. Raises NotFound for what its reader may not read, or what is overtaken."""
    return _statement(delivery, viewer) if delivery.kind == Kind.STATEMENT_ISSUED else _billing(delivery, viewer)


def _statement(delivery: Delivery, viewer: Viewer) -> dict[str, object]:
    number = next((str(change["of"]) for change in changes_at(delivery.chain or 0, delivery.sequence or 0) if change.get("of")), "")
    found = statement(viewer, number)
    row = found.row
    said = {
        "number": one_line(row.number),
        "credit_note": row.kind == StatementKind.CREDIT_NOTE,
        "corrects": one_line(row.corrects),
        "month": month_in_words(row.cycle),
        "seller": one_line(row.seller_name),
        "buyer": one_line(row.buyer_name),
        "issue_date": format_date(row.issue_date, pgettext("format of a day", "l, j F Y")),
        "net": _money(row.net, row.currency),
        "tax": _money(row.tax, row.currency),
        "gross": _money(row.gross, row.currency),
    }
    return {"statement": said, "reason": found.document["reason"], "link": f"{settings.TRUEUP_URL}/statements/{encoded(row.number)}/"}


def _billing(delivery: Delivery, viewer: Viewer) -> dict[str, object]:
    rows = BillingReport.objects.visible_to(viewer).select_related("cycle")
    row = rows.filter(pk=delivery.details.get("subject")).first()
    if row is None:
        raise NotFound(text("there is no billing report"))
    if row.status != _TRUE_WHILE[Kind(delivery.kind)]:
        raise NotFound(text("overtaken: the billing report is {status} by now", status=STATUS_WORDS[BillingStatus(row.status)]))
    document = row.document or {}
    said = {
        "month": month_in_words(row.cycle.month),
        "distributor": one_line(row.distributor_name),
        "vendor": one_line(row.vendor_name),
        "po_number": one_line(row.po_number),
        "gross": _money(Decimal(document["gross"]), document["currency"]) if document else "",
    }
    link = f"{settings.TRUEUP_URL}/billing/{row.cycle.month}/{encoded(row.distributor_ref)}/"
    reason = row.return_reason if delivery.kind == Kind.BILLING_RETURNED else ""
    comment = row.comment if delivery.kind == Kind.BILLING_SUBMITTED else ""
    return {"billing": said, "reason": reason, "comment": comment, "link": link}


def month_in_words(month: Month) -> str:
    """October 2026; October 2026, adjusted in November 2026."""
    usage = format_date(month.first_day, "F Y")
    if not month.adjusted_in:
        return usage
    return gettext("%(month)s, adjusted in %(cycle)s") % {"month": usage, "cycle": format_date(month.cycle.first_day, "F Y")}


def _money(amount: Money, currency: str) -> str:
    number = formats.number_format(amount, decimal_pos=currency_decimals(currency), use_l10n=True, force_grouping=True)
    return f"{number} {currency}"

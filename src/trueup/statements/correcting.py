"""What replaces a statement: a credit note over all of it, and what it should have said; with it whatever is a difference to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from trueup.accounts.rules import Actor
from trueup.cycles.models import of_usage
from trueup.kit.errors import Conflict, Invalid
from trueup.kit.text import joined, text
from trueup.statements.adjusting import chain_of, in_force
from trueup.statements.collecting import collected
from trueup.statements.issuing import said_of_report
from trueup.statements.models import BillingReport, Statement
from trueup.statements.rules.adjustments import turned
from trueup.statements.rules.billing import BillingStatus
from trueup.statements.rules.documents import Document, StatementKind
from trueup.statements.settling import approved
from trueup.statements.writing import Draft, write


def correct_with(drafts: Sequence[Draft], old: Statement, *, now: datetime, actor: Actor) -> list[Statement]:
    """Issue what corrects a statement, unless somebody decides about a difference to it meanwhile: then Conflict."""
    with transaction.atomic(durable=True):
        list(_differences(old).select_for_update(of=("self",), no_key=True).only("pk"))  # who completes one waits, and then finds this
        require_nothing_under_way(old)
        return write(drafts, now=now, actor=actor)


def require_nothing_under_way(old: Statement) -> None:
    """Raises Conflict while somebody decides about a difference to what is to be corrected."""
    billing = _differences(old)
    under_way = billing.filter(status__in=(BillingStatus.SUBMITTED, BillingStatus.COMPLETED)).exclude(
        pk__in=Statement.objects.filter(billing_report__in=billing).values("billing_report_id")
    )
    if found := under_way.select_related("cycle").first():
        raise Conflict(text("the billing report of {month} is a difference to it, and is under way", month=found.cycle.month))


def _differences(old: Statement) -> QuerySet[BillingReport]:
    """The billing reports of later cycles about the same month."""
    if old.billing_report is None:
        return BillingReport.objects.none()
    return BillingReport.objects.filter(
        of_usage(old.cycle.month), distributor=old.buyer_id, vendor=old.seller_id, cycle__first_day__gt=old.cycle.first_day
    )


def corrections(old: Statement, reason: str) -> list[Draft]:
    """The credit note says what the statement says; the replacement is what it should have said.

    What was said of late usage since is a difference to it, and is corrected with it.
    """
    chain = chain_of(old)
    counting = {one["number"] for one in chain.standing}
    later = [one for one in chain.statements if one.number in counting and one.cycle.month.cycle >= old.cycle.month.cycle]
    before = chain.before(old.cycle.month).standing
    drafts: list[Draft] = []
    for one in sorted(later, key=lambda each: each.cycle.month.cycle):
        said = _anew(one, before)
        before.append({**said, "number": one.number, "kind": StatementKind.STATEMENT, "corrects": ""})
        same: dict[str, Any] = {
            "seller": one.seller, "buyer": one.buyer, "cycle": one.cycle, "report": one.report, "billing_report": one.billing_report,
            "source": one.document["source"], "corrects": one, "reason": reason, "chain": chain.ids,
        }  # fmt: skip
        drafts += [Draft(**same, said=_taken_back(one), kind=StatementKind.CREDIT_NOTE), Draft(**same, said=said)]
    return drafts


def _taken_back(old: Statement) -> Document:
    """All of a statement as a credit note; of a credit note for late usage with its signs turned."""
    money = {name: old.document[name] for name in ("currency", "tax_rate", "lines", "net", "tax", "gross", "prices")}
    return turned(money) if old.kind == StatementKind.CREDIT_NOTE else money


def _anew(old: Statement, before: Sequence[Document]) -> Document:
    """What a statement says by the lists as they are now; of late usage the difference to what is said `before`."""
    if old.report is not None:
        now = in_force(old.seller_id, old.buyer_id, old.cycle.month)
        return said_of_report(approved([old.report])[0], now, before if old.cycle.adjusts else None)
    if old.billing_report is None:
        raise ValueError("a statement is of something")
    found = collected(old.billing_report, anew_after=before, replaced=old.document)
    if found.settled is None or found.promo_problems:
        raise Invalid(joined(found.obstacles, "; "))
    return found.document

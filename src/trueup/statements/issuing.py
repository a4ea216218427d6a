"""Statements of what was approved: found, priced and issued (`writing`), portion by portion; the clock does it.

A statement cannot be taken back, so everything that can be refused is asked before it gets its number. Who is killed leaves the rest to
the next round.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import InterfaceError, OperationalError

from trueup.kit.chunks import chunks
from trueup.kit.errors import Invalid
from trueup.kit.progress import Progress, Silence
from trueup.kit.text import packed, text, unpacked
from trueup.prices.rules.lists import PriceList
from trueup.reports.models import Report
from trueup.statements.adjusting import chain_of_report, is_as_submitted, priced_as_before
from trueup.statements.due import billing_due, lists_of, reports_due
from trueup.statements.models import BillingReport, Hold
from trueup.statements.rules.adjustments import adjustment, turned
from trueup.statements.rules.documents import Document, StatementKind, settled_document
from trueup.statements.rules.settlement import settled, why_not
from trueup.statements.settling import Approved, approved, charged, prices_for
from trueup.statements.writing import Draft, issue

REPORTS_AT_ONCE = 200
BILLING_AT_ONCE = 20

NO_PRICES = text("there is no price list")


# ── Of reports: an MSP to its distributor ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Issued:
    """What the clock did for a seller: how many statements it issued, and why reports were held, with how many for each reason."""

    count: int = 0
    held: Counter[str] = field(default_factory=Counter)


Failed = Callable[[Exception], object]
"""Told of what went wrong: not of what has no price, which is held, but of what should not happen."""


def _raise(error: Exception) -> None:
    raise error


def issue_of(seller_id: int, *, now: datetime, progress: Progress | None = None, failed: Failed = _raise) -> Issued:
    """Issue the statements of all approved reports of a distributor that are due.

    A report that cannot be priced is kept as held, with the reason; neither it nor one that fails holds up the others.
    """
    told, made, held = progress or Silence(), 0, Counter[str]()
    due = reports_due(now=now).filter(distributor_id=seller_id).order_by("cycle__first_day", "msp_ref")
    ids = list(due.values_list("pk", flat=True))
    told.start(text("issuing statements"), len(ids))
    for portion in chunks(ids, REPORTS_AT_ONCE):
        try:
            drafts, holds = _priced(portion, failed)
        except Exception as error:  # noqa: BLE001 -- the other portions are of other MSPs
            failed(error)
        else:
            made += _issued(drafts, holds, now, failed)
            held.update(unpacked(one.reason) for one in holds)
        told.advance(len(portion))
    told.finish()
    return Issued(made, held)


def _issued(drafts: Sequence[Draft], holds: Sequence[Hold], now: datetime, failed: Failed) -> int:
    """How many statements were issued at once; where that fails each for itself, so that one holds up no other."""
    try:
        return len(issue(drafts, holds, now=now))
    except (OperationalError, InterfaceError) as error:  # of the database, and not of a draft
        failed(error)
        return 0
    except Exception as error:  # noqa: BLE001 -- the others are of other buyers
        if len(drafts) + bool(holds) == 1:
            failed(error)
            return 0
    parts: list[tuple[list[Draft], Sequence[Hold]]] = [([], holds), *(([draft], ()) for draft in drafts)]
    return sum(_issued(*part, now, failed) for part in parts if any(part))


def _priced(report_ids: Sequence[int], failed: Failed) -> tuple[list[Draft], list[Hold]]:
    """Reports of one seller as drafts, and those that can't be."""
    drafts: list[Draft] = []
    holds: list[Hold] = []
    found = Report.objects.select_related("cycle", "msp", "distributor").in_bulk(report_ids)
    reports = [found[report_id] for report_id in report_ids]
    lists = lists_of(reports[0].distributor_id)  # before they are read: what is removed meanwhile is noticed
    prices = prices_for(reports)
    for one in approved(reports):
        try:
            drafts.append(_draft(one, prices.get((one.report.cycle_id, one.report.msp_id))))
        except Invalid as refused:
            holds.append(Hold(report=one.report, reason=packed(refused.message), price_lists=lists))
        except Exception as error:  # noqa: BLE001 -- one report that fails must not hold up the others
            failed(error)
    return drafts, holds


def issue_of_billing(vendor_id: int, *, now: datetime, failed: Failed = _raise) -> int:
    """Issue the statements of all completed billing reports to a vendor; returns how many. One that fails holds up no other."""
    ids = list(billing_due().filter(vendor_id=vendor_id).order_by("cycle__first_day", "distributor_ref", "pk").values_list("pk", flat=True))
    made = 0
    for portion in chunks(ids, BILLING_AT_ONCE):
        drafts: list[Draft] = []
        found = BillingReport.objects.select_related("cycle", "distributor", "vendor").in_bulk(portion)
        for billing in (found[billing_id] for billing_id in portion):
            try:
                drafts += _draft_of_billing(billing)
            except Exception as error:  # noqa: BLE001 -- the others are of other distributors
                failed(error)
        made += _issued(drafts, (), now, failed)
    return made


def _draft_of_billing(billing: BillingReport) -> list[Draft]:
    """A completed billing report as it was submitted.

    An adjustment to which something was corrected since is left out: nothing is corrected while one is under way.
    """
    if not is_as_submitted(billing):
        return []
    source: Document = {
        "kind": "billing_report", "cycle": str(billing.cycle.month), "distributor": billing.distributor_ref,
        "po_number": billing.po_number, "version": billing.version,
    }  # fmt: skip
    return [
        Draft(
            seller=billing.vendor, buyer=billing.distributor, cycle=billing.cycle, source=source, billing_report=billing,
            **_as_issued(billing.document or {}),
        )
    ]  # fmt: skip


def _draft(one: Approved, prices: PriceList | None) -> Draft:
    """Raises Invalid for what has no price."""
    report = one.report
    chain = chain_of_report(report) if report.cycle.adjusts else None
    before = chain.before(report.cycle.month) if chain else None
    as_before = priced_as_before(before, prices, charged(one)) if before else prices
    said = said_of_report(one, as_before, before.standing if before else None)
    source: Document = {"kind": "report", "cycle": str(report.cycle.month), "msp": report.msp_ref, "version": report.version}
    return Draft(
        seller=report.distributor, buyer=report.msp, cycle=report.cycle, source=source, report=report, **_as_issued(said),
        chain=chain.ids if chain else None,
    )  # fmt: skip


def said_of_report(one: Approved, prices: PriceList | None, before: Sequence[Document] | None) -> Document:
    """The money of an approved report; of one that adjusts the difference to what statements said `before`. Raises Invalid."""
    lines = charged(one, prices)
    wrong = why_not(prices, lines)
    if wrong or prices is None:
        raise Invalid(wrong or NO_PRICES)
    said = settled_document(settled(prices, lines), lines, prices)
    return said if before is None else adjustment(said, before)


def _as_issued(said: Document) -> dict[str, Any]:
    """What comes to less than nothing is a credit note, with its signs turned."""
    if Decimal(said["net"]) < 0:
        return {"said": turned(said), "kind": StatementKind.CREDIT_NOTE}
    return {"said": said}

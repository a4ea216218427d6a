"""Billing reports: those of a distributor or of a vendor, one with what it comes to, what happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Q, QuerySet
from django.db.models.fields.json import KT

from trueup.accounts.rules import Tier, Viewer
from trueup.cycles.models import of_month
from trueup.events.models import Event
from trueup.events.queries import happened_to
from trueup.kit.errors import NotAllowed, NotFound
from trueup.kit.money import Money
from trueup.kit.page import Page
from trueup.kit.period import Month
from trueup.kit.text import Text, text
from trueup.prices.rules.promos import PromoCode
from trueup.statements.adding import lines_of, penalties_in
from trueup.statements.collecting import Collected, collected, submitted, units_before
from trueup.statements.models import BillingReport
from trueup.statements.queries.statements import sums_of
from trueup.statements.rules.billing import BillingStatus
from trueup.statements.rules.documents import Document
from trueup.statements.rules.highlights import Highlight, highlights
from trueup.statements.rules.settlement import settled

_OPEN = (BillingStatus.COLLECTING, BillingStatus.RETURNED)
"""With the distributor: its vendor does not read it."""


_MONEY = ("currency", "net", "tax", "gross")


@dataclass(frozen=True, slots=True)
class BillingRow:
    """A billing report in a list. Amounts are those that were submitted; None while the distributor still works on it.

    Until then its PO number is not its vendor's to read.
    """

    cycle: Month
    distributor: str
    distributor_name: str
    vendor: str
    vendor_name: str
    status: BillingStatus
    po_number: str
    submitted_at: datetime | None
    completed_at: datetime | None
    version: int
    currency: str = ""
    net: Money | None = None
    tax: Money | None = None
    gross: Money | None = None


@dataclass(frozen=True, slots=True)
class BillingView:
    """A billing report with what it comes to: as submitted (`document`), or while it is collected as it stands (`collected`)."""

    row: BillingRow
    comment: str
    return_reason: str
    promo_codes: Mapping[str, str]
    document: Document | None
    collected: Collected
    highlights: tuple[Highlight, ...] = ()


@dataclass(frozen=True, slots=True)
class BillingFilter:
    """Which billing reports: of a cycle (its adjustments too), in a state; `search` looks in the refs and names of distributors."""

    cycle: Month | None = None
    status: BillingStatus | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class BillingOptions:
    """What there is to filter by: all cycles, the latest first; how many each state leaves under the other filters; and what was
    submitted comes to by then, in each currency (net, tax, gross)."""

    cycles: tuple[Month, ...]
    statuses: Mapping[BillingStatus, int]
    totals: Mapping[str, tuple[Money, Money, Money]]


def billing_reports(viewer: Viewer, *, month: Month | None = None) -> list[BillingRow]:
    """The billing reports a distributor or vendor sees, the latest cycle first."""
    return [_billing_row(viewer, row) for row in _listed(viewer, BillingFilter(month))]


def billing_page(viewer: Viewer, wanted: BillingFilter, *, page: int = 1, per_page: int = 50) -> Page[BillingRow]:
    """A page of them."""
    rows = _listed(viewer, wanted)
    return Page.of(rows.count(), page, per_page, lambda start, stop: [_billing_row(viewer, row) for row in rows[start:stop]])


def billing_options(viewer: Viewer, wanted: BillingFilter) -> BillingOptions:
    """What a list can be filtered by, and what it comes to."""
    days = BillingReport.objects.visible_to(viewer).order_by("-cycle__first_day").values_list("cycle__first_day", flat=True).distinct()
    near = _listed(viewer, replace(wanted, status=None)).order_by()
    statuses = dict.fromkeys(BillingStatus, 0)
    amounts: list[tuple[str, Money, Money, Money]] = []
    for status, currency, *money in near.values_list("status", *(KT(f"document__{name}") for name in _MONEY)):
        statuses[BillingStatus(status)] += 1
        if currency and wanted.status in {None, status}:
            net, tax, gross = (Decimal(one) for one in money)
            amounts.append((currency, net, tax, gross))
    return BillingOptions(tuple(Month.of(day) for day in days), statuses, sums_of(amounts))


def _listed(viewer: Viewer, wanted: BillingFilter) -> QuerySet[BillingReport]:
    rows = BillingReport.objects.visible_to(viewer).select_related("cycle").defer("document", "comment", "promo_codes")
    rows = rows.annotate(**{name: KT(f"document__{name}") for name in _MONEY}).order_by(
        "-cycle__first_day", F("cycle__adjusts").asc(nulls_first=True), "distributor_ref", "pk"
    )
    if wanted.cycle is not None:
        within = Q(cycle__first_day=wanted.cycle.first_day) if not wanted.cycle.adjusted_in else of_month(wanted.cycle)
        rows = rows.filter(within)
    if wanted.status is not None:
        rows = rows.filter(status=wanted.status)
    if wanted.search:
        rows = rows.filter(Q(distributor_ref__icontains=wanted.search) | Q(distributor_name__icontains=wanted.search))
    return rows


def _billing_row(viewer: Viewer, row: BillingReport) -> BillingRow:
    said = row.document or {} if "document" in row.__dict__ else {name: getattr(row, name) for name in _MONEY}
    net, tax, gross = (Decimal(said[name]) if said.get(name) else None for name in ("net", "tax", "gross"))
    po_number = "" if _is_closed_to(viewer, row) else row.po_number
    return BillingRow(
        row.cycle.month, row.distributor_ref, row.distributor_name, row.vendor_ref, row.vendor_name, BillingStatus(row.status),
        po_number, row.submitted_at, row.completed_at, row.version, said.get("currency") or "", net, tax, gross,
    )  # fmt: skip


def _is_closed_to(viewer: Viewer, row: BillingReport) -> bool:
    return viewer.tier == Tier.VENDOR and row.status in _OPEN


def billing_report(viewer: Viewer, month: Month, distributor: str) -> BillingView:
    """One billing report. A vendor reads it once it was submitted. Raises NotFound, NotAllowed."""
    row = readable(viewer, month, distributor)
    found = collected(row) if row.document is None else submitted(row)
    marked = highlights(found.lines, units_before(row), penalties_in(lines_of(row)))
    return BillingView(_billing_row(viewer, row), row.comment, row.return_reason, row.promo_codes, row.document, found, marked)


def readable(viewer: Viewer, month: Month, distributor: str) -> BillingReport:
    """A billing report that the viewer may read. Raises NotFound, NotAllowed."""
    row = _billing(viewer, month, distributor)
    if _is_closed_to(viewer, row):
        raise NotAllowed(text("the distributor has not submitted this billing report yet"))
    return row


@dataclass(frozen=True, slots=True)
class CheckedPromo:
    """What a promo code that somebody typed for a service does: `why` it does not hold, or the amount of the line without it and with it
    (None while the line has no price)."""

    why: Text | None
    promo: PromoCode | None = None
    currency: str = ""
    without: Money | None = None
    amount: Money | None = None


def checked_promo(viewer: Viewer, month: Month, distributor: str, service: str, typed: str) -> CheckedPromo:
    """What a promo code would do to a line, before it is saved. Raises NotFound, NotAllowed."""
    row = readable(viewer, month, distributor)
    found = collected(row, {service: typed}, service=service)
    if not found.lines:
        raise NotFound(text("no line charges a service “{code}”", code=service))
    without_code = settled(found.prices, found.lines) if found.prices and found.settled else None
    bare = replace(found, promos={}, settled=without_code)
    why = found.promo_problems.get(service)
    without, amount = (_amount_of(one, service) for one in (bare, found))
    return CheckedPromo(why, found.promos.get(service), found.prices.currency if found.prices else "", without, amount)


def _amount_of(found: Collected, service: str) -> Money | None:
    lines = found.so_far["lines"] if found.so_far else ()
    return next((Decimal(line["amount"]) for line in lines if line["kind"] == "service" and line["code"] == service), None)


def billing_history(viewer: Viewer, month: Month, distributor: str) -> list[Event]:
    """What happened to a billing report, oldest first. Raises NotFound, NotAllowed."""
    return list(happened_to("billing_report", readable(viewer, month, distributor).pk))


def _billing(viewer: Viewer, month: Month, distributor: str) -> BillingReport:
    rows = BillingReport.objects.visible_to(viewer).select_related("cycle")
    found = None if "\0" in distributor else rows.filter(of_month(month), distributor_ref=distributor).first()
    if found is None:
        raise NotFound(text("there is no billing report of “{distributor}” for {month}", distributor=distributor, month=month))
    return found

"""The questions of final billing: statements, what waits for one, billing reports, whether everything still is as it was issued."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from trueup.accounts.models import Account
from trueup.accounts.queries import account
from trueup.accounts.rules import Tier, Viewer
from trueup.events.models import Event
from trueup.events.queries import happened_to
from trueup.kit.errors import NotAllowed, NotFound
from trueup.kit.money import Money
from trueup.kit.period import Month
from trueup.kit.text import Text, text, unpacked
from trueup.prices.queries import price_list, prices_of
from trueup.prices.rules.lists import ListKey, PriceList
from trueup.reports.models import Report
from trueup.reports.rules.workflow import Status
from trueup.statements.collecting import Collected, collected
from trueup.statements.models import BillingDetails, BillingReport, Hold, NumberSeries, Statement
from trueup.statements.rules.billing import BillingStatus
from trueup.statements.rules.documents import Document, StatementKind, checksum
from trueup.statements.rules.settlement import Settled, settled, why_not
from trueup.statements.settling import approved, charged


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement in a list; amounts in its currency, those of a credit note above 0 too. Names are those it was issued with."""

    number: str
    kind: StatementKind
    cycle: Month
    seller: str
    seller_name: str
    buyer: str
    buyer_name: str
    issue_date: date
    issued_at: datetime
    currency: str
    net: Money
    tax: Money
    gross: Money
    corrects: str
    corrected_by: tuple[str, ...]
    checksum: str


@dataclass(frozen=True, slots=True)
class StatementView:
    """A statement with all it says."""

    row: StatementRow
    document: Document


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """Which statements: by cycle, seller, buyer (refs), kind; `search` looks in numbers and names."""

    cycle: Month | None = None
    seller: str = ""
    buyer: str = ""
    kind: str = ""
    search: str = ""


def statements(viewer: Viewer, wanted: StatementFilter, *, limit: int, after: int | None = None) -> list[tuple[int, StatementRow]]:
    """At most `limit` statements, the latest first, each with its place; those behind the place `after`."""
    rows = filtered(Statement.objects.visible_to(viewer), wanted).order_by("-id")
    found = list((rows.filter(pk__lt=after) if after is not None else rows).select_related(*_NAMED).prefetch_related("corrections")[:limit])
    return [(row.pk, _row(row)) for row in found]


_NAMED = ("cycle", "seller", "buyer", "corrects")


def filtered(rows: QuerySet[Statement], wanted: StatementFilter) -> QuerySet[Statement]:
    """Those of some statements that are asked for."""
    if wanted.cycle:
        rows = rows.filter(cycle__first_day=wanted.cycle.first_day)
    for name, value in (("seller__ref", wanted.seller), ("buyer__ref", wanted.buyer), ("kind", wanted.kind)):
        if value:
            rows = rows.filter(**{name: value}) if "\0" not in value else rows.none()
    if wanted.search and "\0" not in wanted.search:
        rows = rows.filter(Q(number__icontains=wanted.search) | Q(buyer__name__icontains=wanted.search))
    return rows


def _row(row: Statement) -> StatementRow:
    return StatementRow(
        number=row.number,
        kind=StatementKind(row.kind),
        cycle=row.cycle.month,
        seller=row.seller.ref,
        seller_name=row.document["seller"]["name"],
        buyer=row.buyer.ref,
        buyer_name=row.document["buyer"]["name"],
        issue_date=row.issue_date,
        issued_at=row.issued_at,
        currency=row.currency,
        net=row.net,
        tax=row.tax,
        gross=row.gross,
        corrects=row.corrects.number if row.corrects else "",
        corrected_by=tuple(sorted(one.number for one in row.corrections.all())),
        checksum=row.checksum,
    )


def statement(viewer: Viewer, number: str) -> StatementView:
    """One statement. Raises NotFound."""
    rows = Statement.objects.visible_to(viewer).select_related(*_NAMED).prefetch_related("corrections")
    found = None if "\0" in number else rows.filter(number=number).first()
    if found is None:
        raise NotFound(text("there is no statement “{number}”", number=number))
    return StatementView(_row(found), found.document)


def statements_of_report(viewer: Viewer, report: Report) -> list[StatementRow]:
    """The statements of a report that was found for its viewer, the first one first."""
    rows = Statement.objects.visible_to(viewer).filter(report=report).select_related(*_NAMED).prefetch_related("corrections")
    return [_row(row) for row in rows.order_by("id")]


# ── What has no statement yet ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Waiting:
    """An approved report without a statement; `reason` is None where it is only a matter of moments."""

    cycle: Month
    msp: str
    msp_name: str
    reason: str | None


def waiting_for_prices(viewer: Viewer, *, limit: int = 200) -> list[Waiting]:
    """Approved reports of a distributor's MSPs that have no statement, and why: to the distributor and the operator."""
    if not viewer.sees_all and viewer.tier != Tier.DISTRIBUTOR:
        return []
    issued = Statement.objects.filter(report_id=OuterRef("pk"))
    rows = Report.objects.visible_to(viewer).filter(~Exists(issued), status=Status.APPROVED).select_related("cycle")
    found = list(rows.order_by("cycle__first_day", "msp_ref")[:limit])
    reasons = dict(Hold.objects.filter(report__in=found).values_list("report_id", "reason"))
    return [Waiting(row.cycle.month, row.msp_ref, row.msp_name, _reason(reasons.get(row.pk))) for row in found]


def _reason(kept: str | None) -> str | None:
    return unpacked(kept) if kept else None


# ── Billing reports ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class BillingRow:
    """A billing report in a list."""

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


@dataclass(frozen=True, slots=True)
class BillingView:
    """A billing report with what it comes to: as submitted (`document`), or while it is collected as it stands (`collected`)."""

    row: BillingRow
    comment: str
    return_reason: str
    promo_codes: Mapping[str, str]
    document: Document | None
    collected: Collected


def billing_reports(viewer: Viewer, *, month: Month | None = None) -> list[BillingRow]:
    """The billing reports a distributor or vendor sees, the latest cycle first."""
    rows = BillingReport.objects.visible_to(viewer).select_related("cycle").order_by("-cycle__first_day", "distributor_ref")
    return [_billing_row(row) for row in (rows.filter(cycle__first_day=month.first_day) if month else rows)]


def _billing_row(row: BillingReport) -> BillingRow:
    return BillingRow(
        row.cycle.month, row.distributor_ref, row.distributor_name, row.vendor_ref, row.vendor_name, BillingStatus(row.status),
        row.po_number, row.submitted_at, row.completed_at, row.version,
    )  # fmt: skip


def billing_report(viewer: Viewer, month: Month, distributor: str) -> BillingView:
    """One billing report. A vendor reads it once it was submitted. Raises NotFound, NotAllowed."""
    row = _billing(viewer, month, distributor)
    if viewer.tier == Tier.VENDOR and row.status in {BillingStatus.COLLECTING, BillingStatus.RETURNED}:
        raise NotAllowed(text("the distributor has not submitted this billing report yet"))
    return BillingView(_billing_row(row), row.comment, row.return_reason, row.promo_codes, row.document, collected(row))


def billing_history(viewer: Viewer, month: Month, distributor: str) -> list[Event]:
    """What happened to a billing report, oldest first. Raises NotFound."""
    return list(happened_to("billing_report", _billing(viewer, month, distributor).pk))


def _billing(viewer: Viewer, month: Month, distributor: str) -> BillingReport:
    rows = BillingReport.objects.visible_to(viewer).select_related("cycle")
    found = None if "\0" in distributor else rows.filter(cycle__first_day=month.first_day, distributor_ref=distributor).first()
    if found is None:
        raise NotFound(text("there is no billing report of “{distributor}” for {month}", distributor=distributor, month=month))
    return found


# ── Prices tried out ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a report would come to: `settled` is None, with the reason, where something has no price."""

    msp: str
    msp_name: str
    settled: Settled | None
    reason: Text | None


def simulate(viewer: Viewer, month: Month, key: ListKey | None = None) -> list[Simulated]:
    """What the reports of a month would come to by a price list (None: by the lists in force): for its seller, report by report.

    Chargeable units are those of now, approved or not. Raises NotFound for a list the viewer does not see.
    """
    tried = price_list(viewer, key).prices if key else None
    rows = Report.objects.visible_to(viewer).filter(cycle__first_day=month.first_day).select_related("cycle").order_by("msp_ref")
    found = approved(rows)
    sellers = {one.report.distributor_id for one in found}
    day = month.last_day
    known: dict[int, PriceList] = {}
    for seller_id in sellers:
        known |= prices_of(viewer, seller_id, [one.report.msp_id for one in found if one.report.distributor_id == seller_id], day)
    result = []
    for one in found:
        prices = tried or known.get(one.report.msp_id)
        lines = charged(one, prices)
        wrong = why_not(prices, lines)
        result.append(Simulated(one.report.msp_ref, one.report.msp_name, settled(prices, lines) if prices and not wrong else None, wrong))
    return result


# ── Billing details, and the proof ────────────────────────────────────────────────────────────────────────────────────


def billing_details(viewer: Viewer, ref: str) -> tuple[dict[str, str], str]:
    """What statements say of an account, and its fingerprint (empty: nothing yet). Raises NotFound."""
    found: Account = account(viewer, ref)
    row = BillingDetails.objects.visible_to(viewer).filter(account=found).first()
    return (row.details, row.fingerprint) if row else ({}, "")


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement that is not as it was issued, or a number that is missing."""

    number: str
    message: Text


def checked_statements() -> Iterator[Finding]:
    """Every statement that lost its checksum, or whose columns say something else than its document, and missing numbers. Reads all."""
    last: dict[tuple[int, int], int] = {}
    for row in Statement.objects.order_by("seller_id", "year", "sequence").iterator(chunk_size=500):
        if checksum(row.document) != row.checksum:
            yield Finding(row.number, text("its content was altered: the checksum is another"))
        said = tuple(Decimal(row.document[name]) for name in ("net", "tax", "gross"))
        if said != (row.net, row.tax, row.gross) or row.document["number"] != row.number:
            yield Finding(row.number, text("its columns do not say what its document says"))
        before = last.get((row.seller_id, row.year), 0)
        if row.sequence != before + 1:
            yield Finding(row.number, text("numbers before it are missing: the one before is {sequence}", sequence=before))
        last[row.seller_id, row.year] = row.sequence
    for series in NumberSeries.objects.all():
        if series.last != last.get((series.seller_id, series.year), 0):
            yield Finding(
                f"{series.seller_id}-{series.year}",
                text("the last number given is {last}, and there is no such statement", last=series.last),
            )

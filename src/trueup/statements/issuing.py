"""Statements of what was approved: found, priced, numbered and written, a portion of one seller in each transaction.

A statement cannot be taken back, so everything that can be refused is asked before it gets its number. Who is killed leaves the rest to
the next round; two at once wait for each other at the numbers of the seller, and the second finds what the first has issued.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from trueup.accounts.models import Account
from trueup.accounts.queries import installation
from trueup.accounts.rules import SYSTEM, Actor
from trueup.cycles.models import Cycle
from trueup.events.recording import Change, Happening, record_all
from trueup.kit.errors import Invalid
from trueup.kit.money import money_text
from trueup.kit.period import local_date
from trueup.kit.progress import Progress, Silence
from trueup.kit.text import packed, text, unpacked
from trueup.prices.rules.lists import PriceList
from trueup.reports.models import Report
from trueup.statements.adjusting import chain_of_billing, chain_of_report, is_as_submitted, priced_as_before
from trueup.statements.due import billing_due, reports_due
from trueup.statements.models import BillingDetails, BillingReport, Hold, NumberSeries, Statement, StatementLine
from trueup.statements.rules.adjustments import adjustment, turned
from trueup.statements.rules.documents import Document, StatementKind, checksum, number_of, parts_of, settled_document, statement_document
from trueup.statements.rules.parties import party
from trueup.statements.rules.settlement import settled, why_not
from trueup.statements.settling import Approved, approved, charged, prices_for

REPORTS_AT_ONCE = 200

ISSUED = "statement_issued"

NO_PRICES = text("there is no price list")


Key = tuple[int | None, int | None, int | None, str]

_KEY = ("report_id", "billing_report_id", "corrects_id", "kind")


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement but for its number: who owes whom for what."""

    seller: Account
    buyer: Account
    cycle: Cycle
    said: Document
    """The money, as rules.documents.settled_document writes it."""
    source: Document
    report: Report | None = None
    billing_report: BillingReport | None = None
    kind: StatementKind = StatementKind.STATEMENT
    corrects: Statement | None = None
    reason: str = ""
    chain: tuple[int, ...] | None = None
    """The statements of the month that it builds on: where there are others by now, it is not issued."""

    @property
    def key(self) -> Key:
        """What there is only one statement of: a report or a billing report; of corrections, one of each kind."""
        report, billing, old = (one.pk if one else None for one in (self.report, self.billing_report, self.corrects))
        return report, billing, old, self.kind if old else ""


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
    for start in range(0, len(ids), REPORTS_AT_ONCE):
        portion = ids[start : start + REPORTS_AT_ONCE]
        try:
            drafts, holds = _priced(portion, failed)
            made += len(issue(drafts, holds, now=now))
            held.update(unpacked(one.reason) for one in holds)
        except Exception as error:  # noqa: BLE001 -- the other portions are of other MSPs
            failed(error)
        told.advance(len(portion))
    told.finish()
    return Issued(made, held)


def _priced(report_ids: Sequence[int], failed: Failed) -> tuple[list[Draft], list[Hold]]:
    """Reports of one seller as drafts, and those that can't be."""
    drafts: list[Draft] = []
    holds: list[Hold] = []
    found = Report.objects.select_related("cycle", "msp", "distributor").in_bulk(report_ids)
    reports = [found[report_id] for report_id in report_ids]
    prices = prices_for(reports)
    for one in approved(reports):
        try:
            drafts.append(_draft(one, prices.get((one.report.cycle_id, one.report.msp_id))))
        except Invalid as refused:
            holds.append(Hold(report=one.report, reason=packed(refused.message)))
        except Exception as error:  # noqa: BLE001 -- one report that fails must not hold up the others
            failed(error)
    return drafts, holds


def issue_of_billing(vendor_id: int, *, now: datetime) -> int:
    """Issue the statements of all completed billing reports to a vendor; returns how many."""
    return len(issue([draft for draft in drafts_of_billing() if draft.seller.pk == vendor_id], now=now))


def drafts_of_billing() -> list[Draft]:
    """The completed billing reports without a statement, as they were submitted.

    An adjustment to which something was corrected since is left out: nothing is corrected while one is under way.
    """
    rows = billing_due().select_related("cycle", "distributor", "vendor")
    return [
        Draft(
            seller=billing.vendor, buyer=billing.distributor, cycle=billing.cycle, billing_report=billing,
            **_as_issued(billing.document or {}),
            source={"kind": "billing_report", "cycle": str(billing.cycle.month), "distributor": billing.distributor_ref,
                    "po_number": billing.po_number, "version": billing.version},
        )
        for billing in rows.order_by("vendor_id", "cycle__first_day", "distributor_ref")
        if is_as_submitted(billing)
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


# ── Numbered and written ──────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic(durable=True)
def issue(drafts: Sequence[Draft], holds: Sequence[Hold] = (), *, now: datetime, actor: Actor = SYSTEM) -> list[Statement]:
    """Give drafts of one seller the next numbers, and write them; those issued meanwhile by somebody else are left out."""
    _hold(holds, now)
    if not drafts:
        return []
    issue_date = local_date(now, installation().time_zone)
    series = _series(drafts[0].seller, issue_date.year)
    missing = _not_issued(drafts)
    details = _details({account.pk for draft in missing for account in (draft.seller, draft.buyer)})
    made = [
        _statement(draft, issue_date=issue_date, sequence=sequence, details=details, now=now)
        for sequence, draft in enumerate(missing, start=series.last + 1)
    ]
    Statement.objects.bulk_create(made, batch_size=200)
    StatementLine.objects.bulk_create((line for statement in made for line in _lines(statement)), batch_size=500)
    series.last += len(made)
    series.save(update_fields=["last"])
    Hold.objects.filter(report__in=[draft.report for draft in missing if draft.report]).delete()
    record_all([_told(statement, draft, actor, now) for statement, draft in zip(made, missing, strict=True)])
    return made


def _hold(holds: Sequence[Hold], now: datetime) -> None:
    for one in holds:
        Hold.objects.update_or_create(
            report=one.report, billing_report=one.billing_report, defaults={"reason": one.reason, "tried_at": now}
        )


def _series(seller: Account, year: int) -> NumberSeries:
    """The numbers of a seller, locked until the end of the transaction."""
    NumberSeries.objects.get_or_create(seller=seller, year=year)
    return NumberSeries.objects.select_for_update(of=("self",)).get(seller=seller, year=year)


def _not_issued(drafts: Sequence[Draft]) -> list[Draft]:
    """Those that nobody has issued since they were drafted. The numbers are locked: nobody does from here on."""
    issued = _issued(drafts)
    return [draft for draft in drafts if draft.key not in issued and _builds_on_all(draft)]


def _builds_on_all(draft: Draft) -> bool:
    """Whether nothing was said of the month since it was drafted."""
    if draft.chain is None:
        return True
    chain = chain_of_report(draft.report) if draft.report else chain_of_billing(draft.billing_report) if draft.billing_report else None
    return chain is not None and chain.ids == draft.chain


def _issued(drafts: Sequence[Draft]) -> set[Key]:
    wanted = {name: [key[place] for key in (draft.key for draft in drafts) if key[place]] for place, name in enumerate(_KEY[:3])}
    rows = Statement.objects.filter(Q(report__in=wanted["report_id"]) | Q(billing_report__in=wanted["billing_report_id"]))
    return {(*row[:3], row[3] if row[2] else "") for row in rows.values_list(*_KEY)}


def _details(account_ids: Collection[int]) -> dict[int, dict[str, str]]:
    return dict(BillingDetails.objects.filter(pk__in=account_ids).values_list("pk", "details"))


def _statement(draft: Draft, *, issue_date: date, sequence: int, details: Mapping[int, dict[str, str]], now: datetime) -> Statement:
    number = number_of(draft.seller.ref, issue_date.year, sequence)
    said = statement_document(
        number=number,
        kind=draft.kind,
        issue_date=issue_date,
        cycle=str(draft.cycle.month),
        seller=_party(draft.seller, details),
        buyer=_party(draft.buyer, details),
        source=draft.source,
        settled=draft.said,
        corrects=draft.corrects.number if draft.corrects else "",
        reason=draft.reason,
    )
    money = {name: Decimal(said[name]) for name in ("net", "tax", "gross")}
    return Statement(
        seller=draft.seller, buyer=draft.buyer, cycle=draft.cycle, year=issue_date.year, sequence=sequence, number=number, kind=draft.kind,
        report=draft.report, billing_report=draft.billing_report, corrects=draft.corrects, issue_date=issue_date, issued_at=now,
        currency=said["currency"], **money, document=said, checksum=checksum(said),
    )  # fmt: skip


def _party(account: Account, details: Mapping[int, dict[str, str]]) -> Document:
    known = {"ref": account.ref, "name": account.name, "company_id": account.company_id, "city": account.city, "state": account.state}
    return party(known, details.get(account.pk, {}))


def _lines(statement: Statement) -> Iterator[StatementLine]:
    for line in statement.document["lines"]:
        for place, part in enumerate(parts_of(line, statement.currency), start=1):
            figures: dict[str, Any] = {"units": part.units, "credits": part.credits, "amount": part.amount}
            yield StatementLine(
                statement=statement, position=line["position"], part=place, kind=line["kind"], code=line["code"], service=part.service,
                service_name=part.name, unit=part.unit, **figures,
            )  # fmt: skip


def _told(statement: Statement, draft: Draft, actor: Actor, now: datetime) -> Happening:
    """In the history of the payer, which the payee reads as well."""
    amount = f"{money_text(statement.gross, statement.currency)} {statement.currency}"
    changes = [Change("gross", None, amount, statement.number)]
    if draft.corrects:
        changes.append(Change("corrects", None, draft.corrects.number, statement.number))
    return Happening(statement.buyer_id, ISSUED, actor, now, "statement", statement.pk, changes, draft.reason)

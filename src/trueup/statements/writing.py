"""Statements get their numbers and are written, a portion of one seller in each transaction: all of it or nothing.

Two at once wait for each other at the numbers of the seller, and the second finds what the first has issued.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from trueup.accounts.models import Account
from trueup.accounts.queries import installation
from trueup.accounts.rules import SYSTEM, Actor
from trueup.cycles.models import Cycle, of_usage
from trueup.events.recording import Change, Happening, record_all
from trueup.kit.money import money_text
from trueup.kit.period import local_date
from trueup.reports.models import Report
from trueup.statements.adjusting import chain_of_billing, chain_of_report
from trueup.statements.models import BillingDetails, BillingReport, Hold, NumberSeries, Statement, StatementLine
from trueup.statements.rules.documents import Document, StatementKind, checksum, number_of, parts_of, statement_document
from trueup.statements.rules.parties import party

ISSUED = "statement_issued"

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


@transaction.atomic(durable=True)
def issue(drafts: Sequence[Draft], holds: Sequence[Hold] = (), *, now: datetime) -> list[Statement]:
    """Give drafts of one seller the next numbers, and write them; those issued meanwhile by somebody else are left out."""
    _hold(holds, now)
    return write(drafts, now=now)


def write(drafts: Sequence[Draft], *, now: datetime, actor: Actor = SYSTEM) -> list[Statement]:
    """The same within a transaction that is open."""
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
    _forget_holds(missing)
    record_all([_told(statement, draft, actor, now) for statement, draft in zip(made, missing, strict=True)])
    return made


def _hold(holds: Sequence[Hold], now: datetime) -> None:
    for one in holds:
        said = {"reason": one.reason, "tried_at": now, "price_lists": one.price_lists}
        Hold.objects.update_or_create(report=one.report, billing_report=one.billing_report, defaults=said)


def _forget_holds(issued: Iterable[Draft]) -> None:
    """What has its statement is held no longer; what is a difference to a statement that was corrected is tried again."""
    reports = [draft.report for draft in issued if draft.report and not draft.corrects]
    Hold.objects.filter(report__in=reports).delete()
    for report in {draft.report for draft in issued if draft.report and draft.corrects}:
        Hold.objects.filter(of_usage(report.cycle.month, "report__cycle__"), report__msp=report.msp_id).delete()


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

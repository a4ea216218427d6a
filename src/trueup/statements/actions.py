"""The verbs of final billing: keep billing details, prepare and decide billing reports, correct a statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from trueup.accounts.models import Account
from trueup.accounts.queries import account
from trueup.accounts.rules import Right, Viewer
from trueup.cycles.models import Cycle, of_month, of_usage
from trueup.events.recording import Change, record
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, Stale
from trueup.kit.period import Month
from trueup.kit.text import joined, text
from trueup.prices.rules.documents import fingerprint
from trueup.reports.generating import is_generated
from trueup.reports.models import Report
from trueup.statements.adding import added_up, lines_of
from trueup.statements.adjusting import is_as_submitted
from trueup.statements.collecting import collected
from trueup.statements.correcting import correct_with, corrections, require_nothing_under_way
from trueup.statements.models import BillingDetails, BillingReport, Statement
from trueup.statements.rules.billing import TO_DO, BillingStatus, BillingVerb, move, right_of
from trueup.statements.rules.documents import Document, StatementKind
from trueup.statements.rules.parties import read_details

MOST_COMMENT = 5000
MOST_PO_NUMBER = 100

_CHANGED = text("somebody else has changed this meanwhile; nothing was changed")


# ── Billing details ───────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic(durable=True)
def save_details(viewer: Viewer, ref: str, said: Mapping[str, object], *, seen: str | None, now: datetime) -> bool:
    """Save what statements say of an account; False if that is there already. Statements that were issued do not change.

    `seen` is the fingerprint of what was there (empty: nothing), None for any. Raises NotFound, NotAllowed, Invalid, Stale.
    """
    viewer.require(Right.KEEP_PRICES, text("keep billing details"))
    found = account(viewer, ref)
    if not viewer.sees_all and found.pk != viewer.account_id:
        raise NotAllowed(text("the billing details of “{ref}” are kept by “{ref}” itself", ref=ref))
    wanted = read_details(said)
    row = BillingDetails.objects.select_for_update().filter(account=found).first()
    before = row.details if row else {}
    if seen is not None and seen != (row.fingerprint if row else ""):
        raise Stale(_CHANGED)
    if row and wanted == before:
        return False
    values = {"details": wanted, "fingerprint": fingerprint(wanted), "saved_at": now, "saved_by": viewer.actor.name}
    _put_details(found, row, values)
    changes = [Change(name, before.get(name), wanted.get(name)) for name in {**before, **wanted} if before.get(name) != wanted.get(name)]
    record(
        account_id=found.pk, kind="billing_details_saved", actor=viewer.actor, at=now, subject="billing_details", subject_id=found.pk,
        changes=changes,
    )  # fmt: skip
    return True


def _put_details(account: Account, row: BillingDetails | None, values: Mapping[str, Any]) -> None:
    """Raises Stale where two save the first ones at once, and the other was first."""
    if row is not None:
        BillingDetails.objects.filter(pk=row.pk).update(**values)
        return
    try:
        with transaction.atomic():
            BillingDetails.objects.create(account=account, **values)
    except IntegrityError:
        raise Stale(_CHANGED) from None


# ── Billing reports ───────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic(durable=True)
def open_billing_reports(viewer: Viewer, cycle: Cycle, *, now: datetime) -> int:
    """Begin the billing report of every distributor with reports in a cycle; returns how many were new. For the clock.

    Raises NotAllowed for others, Conflict while reports of the cycle are still being generated.
    """
    if not viewer.sees_all:
        raise NotAllowed(text("billing reports are begun by the clock"))
    if not is_generated(cycle):
        raise Conflict(text("the reports of {month} are not all there yet", month=cycle.month))
    Cycle.objects.select_for_update().get(pk=cycle.pk)  # of two clocks one begins them
    there = set(BillingReport.objects.filter(cycle=cycle).values_list("distributor_id", "vendor_id"))
    pairs = set(Report.objects.filter(cycle=cycle).values_list("distributor_id", "vendor_id")) - there
    accounts = Account.objects.in_bulk({account_id for pair in pairs for account_id in pair})
    for distributor, vendor in ((accounts[one], accounts[other]) for one, other in sorted(pairs)):
        billing = BillingReport.objects.create(
            cycle=cycle, distributor=distributor, vendor=vendor, distributor_ref=distributor.ref, distributor_name=distributor.name,
            vendor_ref=vendor.ref, vendor_name=vendor.name, promo_codes=_codes_before(cycle, distributor, vendor),
        )  # fmt: skip
        _tell(billing, viewer, "billing_begun", now, [Change("status", None, BillingStatus.COLLECTING)])
    return len(pairs)


def _codes_before(cycle: Cycle, distributor: Account, vendor: Account) -> dict[str, str]:
    """The promo codes of what an adjustment adjusts: they hold for the month still."""
    if not cycle.adjusts:
        return {}
    earlier = BillingReport.objects.filter(
        of_usage(cycle.month), distributor=distributor, vendor=vendor, cycle__first_day__lt=cycle.first_day
    )
    last = earlier.order_by("-cycle__first_day").first()
    return last.promo_codes if last else {}


@transaction.atomic(durable=True)
def save_billing(
    viewer: Viewer, month: Month, distributor: str, *, po_number: str | None = None, promo_codes: Mapping[str, str] | None = None,
    comment: str | None = None, expected_version: int | None = None, now: datetime,
) -> int:  # fmt: skip
    """Save what a distributor says in its billing report: None leaves a part as it is, an empty promo code takes one away.

    Returns the version. A code that does not hold is saved all the same: it is told, and keeps the report from being submitted.
    Raises NotFound, NotAllowed, Conflict, Stale, Invalid.
    """
    billing = _to_change(viewer, month, distributor, BillingVerb.SAVE, expected_version)
    codes = {**billing.promo_codes, **(promo_codes or {})}
    wanted: dict[str, Any] = {
        "po_number": billing.po_number if po_number is None else _line("po_number", po_number, MOST_PO_NUMBER),
        "promo_codes": {service: _line("promo_codes", code, 60) for service, code in sorted(codes.items()) if code},
        "comment": billing.comment if comment is None else _line("comment", comment, MOST_COMMENT, lines=True),
    }
    known = {line.service for line in added_up(lines_of(billing))} | set(billing.promo_codes)
    unknown = sorted(set(wanted["promo_codes"]) - known)
    if unknown:
        problems = [
            Problem(f"promo_codes.{code}", text("no line charges a service “{code}”", code=code), "unknown", ("promo_codes", code))
            for code in unknown
        ]
        raise Invalid(text("nothing was changed"), problems)
    changes = [Change(name, getattr(billing, name), value) for name, value in wanted.items() if getattr(billing, name) != value]
    if changes:
        _write(billing, **wanted)
        _tell(billing, viewer, "billing_saved", now, changes)
    return billing.version


@transaction.atomic(durable=True)
def submit_billing(viewer: Viewer, month: Month, distributor: str, *, expected_version: int | None = None, now: datetime) -> int:
    """Submit a billing report to the vendor: its figures are copied and stay. Returns the version.

    Raises Invalid with everything that stands in the way: reports that are not approved, missing prices, promo codes that do not hold;
    NotFound, NotAllowed, Conflict, Stale.
    """
    billing = _to_change(viewer, month, distributor, BillingVerb.SUBMIT, expected_version)
    found = collected(billing)
    if found.obstacles:
        raise Invalid(
            text("the billing report cannot be submitted: {reasons}", reasons=joined(found.obstacles, "; ")),
            [Problem("", obstacle, "obstacle") for obstacle in found.obstacles],
        )
    document = found.document
    return _decide(billing, viewer, BillingVerb.SUBMIT, now, _gross(document), document=document, submitted_at=now)


@transaction.atomic(durable=True)
def return_billing(
    viewer: Viewer, month: Month, distributor: str, *, reason: str, expected_version: int | None = None, now: datetime
) -> int:  # fmt: skip
    """Return a submitted billing report to the distributor, with the reason. Returns the version. Raises as submitting does."""
    billing = _to_change(viewer, month, distributor, BillingVerb.RETURN, expected_version)
    said = _line("reason", reason, MOST_COMMENT, lines=True)
    if not said:
        message = text("say why it is returned")
        raise Invalid(message, [Problem("reason", message, "missing", ("reason",))])
    change = Change("return_reason", None, said)
    return _decide(billing, viewer, BillingVerb.RETURN, now, change, return_reason=said, document=None, submitted_at=None)


@transaction.atomic(durable=True)
def complete_billing(viewer: Viewer, month: Month, distributor: str, *, expected_version: int | None = None, now: datetime) -> int:
    """Complete a submitted billing report: its statement follows. Returns the version. Raises NotFound, NotAllowed, Conflict, Stale."""
    billing = _to_change(viewer, month, distributor, BillingVerb.COMPLETE, expected_version)
    if not is_as_submitted(billing):
        raise Conflict(text("what this is a difference to was corrected since it was submitted: return it"))
    return _decide(billing, viewer, BillingVerb.COMPLETE, now, _gross(billing.document or {}), completed_at=now)


def _to_change(viewer: Viewer, month: Month, distributor: str, verb: BillingVerb, expected_version: int | None) -> BillingReport:
    """The billing report, locked until the end of the transaction, if the viewer may do this with it and the workflow has it."""
    rows = BillingReport.objects.visible_to(viewer).select_for_update(of=("self",)).select_related("cycle")
    billing = None if "\0" in distributor else rows.filter(of_month(month), distributor_ref=distributor).first()
    if billing is None:
        raise NotFound(text("there is no billing report of “{distributor}” for {month}", distributor=distributor, month=month))
    viewer.require(right_of(verb), TO_DO[verb])
    if expected_version is not None and expected_version != billing.version:
        raise Stale(text("somebody else has changed the billing report in the meantime; nothing was changed"))
    move(BillingStatus(billing.status), verb)
    return billing


_TOLD = {BillingVerb.SUBMIT: "billing_submitted", BillingVerb.RETURN: "billing_returned", BillingVerb.COMPLETE: "billing_completed"}


def _decide(billing: BillingReport, viewer: Viewer, verb: BillingVerb, now: datetime, change: Change, **values: object) -> int:
    to = move(BillingStatus(billing.status), verb).to
    told = [Change("status", billing.status, to), change]
    _write(billing, status=to, **values)
    _tell(billing, viewer, _TOLD[verb], now, told)
    return billing.version


def _write(billing: BillingReport, **values: object) -> None:
    BillingReport.objects.filter(pk=billing.pk).update(version=F("version") + 1, **values)
    billing.refresh_from_db()


def _tell(billing: BillingReport, viewer: Viewer, kind: str, now: datetime, changes: Sequence[Change]) -> None:
    """In the history of the distributor, which its vendor reads as well."""
    record(
        account_id=billing.distributor_id, kind=kind, actor=viewer.actor, at=now, subject="billing_report", subject_id=billing.pk,
        changes=changes,
    )  # fmt: skip


def _gross(document: Document) -> Change:
    return Change("gross", None, f"{document.get('gross')} {document.get('currency')}")


def _line(name: str, typed: str, most: int, *, lines: bool = False) -> str:
    """Text as somebody typed it; lines end alike, wherever they were typed. Raises Invalid for what no document can say."""
    said = typed.replace("\r\n", "\n").strip() if lines else typed.strip()
    fits = all(part.isprintable() for part in (said.split("\n") if lines else [said]))
    if len(said) > most or not fits:
        message = text("this must be text of at most {most} characters", most=most)
        raise Invalid(message, [Problem(name, message, "text", (name,))])
    return said


# ── Corrections ───────────────────────────────────────────────────────────────────────────────────────────────────────


def correct(viewer: Viewer, number: str, *, reason: str, now: datetime) -> list[str]:
    """Correct a statement: a credit note over all of it, and a replacement by the prices of today's lists; returns both numbers, and
    those of what was said of late usage since, which is corrected with it.

    What was approved does not change; the replacement is priced anew, by the lists in force on the last day of the cycle as they are now.
    Raises NotFound, NotAllowed for anybody but the seller, Conflict for a credit note or a statement that was corrected already,
    Invalid without a reason, or while something has no price.
    """
    viewer.require(Right.CORRECT, text("correct statements"))
    old = None if "\0" in number else _correctable(viewer, number)
    if old is None:
        raise NotFound(text("there is no statement “{number}”", number=number))
    if not viewer.sees_all and old.seller_id != viewer.account_id:
        raise NotAllowed(text("only who issued a statement corrects it"))
    said = _line("reason", reason, MOST_COMMENT, lines=True)
    if not said:
        message = text("say why it is corrected")
        raise Invalid(message, [Problem("reason", message, "missing", ("reason",))])
    if old.kind == StatementKind.CREDIT_NOTE and old.corrects_id:
        raise Conflict(text("“{number}” is a credit note: correct the statement that replaces what it credits", number=number))
    require_nothing_under_way(old)
    made = [] if old.corrections.exists() else correct_with(corrections(old, said), old, now=now, actor=viewer.actor)
    if not made:
        raise Conflict(text("“{number}” was corrected already", number=number))
    return [one.number for one in made]


def _correctable(viewer: Viewer, number: str) -> Statement | None:
    related = ("seller", "buyer", "cycle", "report__cycle", "report__msp", "report__distributor", "billing_report__cycle")
    return Statement.objects.visible_to(viewer).select_related(*related).filter(number=number).first()

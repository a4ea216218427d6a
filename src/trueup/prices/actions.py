"""The verbs: save and remove price lists and promo codes, one at a time or a file of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from trueup.accounts.models import Account, Placement
from trueup.accounts.queries import account
from trueup.accounts.rules import SYSTEM, Right, Tier, Viewer
from trueup.catalog.models import Service, SolutionGroup
from trueup.events.recording import Change, lock, record
from trueup.kit.errors import Invalid, NotAllowed, NotFound, Problem, Stale
from trueup.kit.text import plural, text
from trueup.network.document import line_in
from trueup.network.document import read as read_yaml
from trueup.prices.models import KeptPriceList, KeptPromoCode
from trueup.prices.rules.definition import read_price_list, read_promo_code
from trueup.prices.rules.documents import Document, changes, document_of, fingerprint, list_changes, promo_document
from trueup.prices.rules.files import Planned, Said, entries_of, plan_mark
from trueup.prices.rules.lists import ListKey, PriceList

NEW: Final = ""
"""As the fingerprint that was seen: there was nothing there."""

SAVED: Final = "price_list_saved"
REMOVED: Final = "price_list_removed"
PROMO_SAVED: Final = "promo_code_saved"
PROMO_REMOVED: Final = "promo_code_removed"

_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,59}")


@transaction.atomic(durable=True)
def save_price_list(viewer: Viewer, key: ListKey, said: Mapping[str, object], *, seen: str | None, now: datetime) -> bool:
    """Save a price list; False if it was there already. `seen` is the fingerprint of what was there, NEW for nothing, None for any.

    Statements that were issued have copied their prices: they do not change.
    Raises NotFound for a seller or buyer the viewer does not see, NotAllowed for who does not sell, Invalid with the place of
    everything that is wrong, Stale.
    """
    return bool(_Keeper.of(viewer, key.seller, now).alone().save_list(key, said, seen))


@transaction.atomic(durable=True)
def remove_price_list(viewer: Viewer, key: ListKey, *, seen: str | None, now: datetime) -> None:
    """Remove a price list: the one before it holds again. Raises as saving does, and NotFound for a list that there is not."""
    keeper = _Keeper.of(viewer, key.seller, now).alone()
    row = keeper.list_at(key)
    if row is None:
        raise NotFound(text("there is no such price list"))
    _require_seen(row, seen)
    keeper.tell(REMOVED, "price_list", row.pk, list_changes(row.definition, {}, of=key.told))
    row.delete()


@transaction.atomic(durable=True)
def save_promo_code(viewer: Viewer, seller: str, code: str, said: Mapping[str, object], *, seen: str | None, now: datetime) -> bool:
    """Save a promo code of a seller (ref); False if it was there already. Raises as saving a price list does."""
    return bool(_Keeper.of(viewer, seller, now).alone().save_promo(code, said, seen))


@transaction.atomic(durable=True)
def remove_promo_code(viewer: Viewer, seller: str, code: str, *, seen: str | None, now: datetime) -> None:
    """Remove a promo code: it unlocks nothing from now on. Raises as saving does, and NotFound."""
    keeper = _Keeper.of(viewer, seller, now).alone()
    row = keeper.promo_at(code)
    if row is None:
        raise NotFound(text("there is no promo code “{code}”", code=code))
    _require_seen(row, seen)
    keeper.tell(PROMO_REMOVED, "promo_code", row.pk, list(changes(row.definition, {}, of=code)))
    row.delete()


def apply_prices(
    viewer: Viewer, yaml_text: str, *, file_name: str, dry_run: bool, now: datetime, seen: str | None = None
) -> tuple[str, ...]:  # fmt: skip
    """Save all price lists and promo codes of a file (docs/settlement.md, *A file of prices*), or with `dry_run` say which would change.

    All or nothing; what the file does not name is left alone; the same file a second time changes nothing.
    `seen` is what the plan that somebody looked at is called (rules.files.plan_mark): another one is Stale.
    Raises Invalid with every problem and its line, and as saving one does.
    """
    return tuple(str(one) for one in _applied(viewer, yaml_text, file_name, now, dry_run=dry_run, seen=seen))


def plan_prices(viewer: Viewer, yaml_text: str, *, file_name: str, now: datetime) -> tuple[Planned, ...]:
    """What applying a file would change, entry by entry; nothing is. Raises as applying does."""
    return _applied(viewer, yaml_text, file_name, now, dry_run=True, seen=None)


def _applied(
    viewer: Viewer, yaml_text: str, file_name: str, now: datetime, *, dry_run: bool, seen: str | None
) -> tuple[Planned, ...]:  # fmt: skip
    read = read_yaml(yaml_text, file_name)
    entries, problems = entries_of(read.data)
    plan: list[Planned] = []
    with transaction.atomic(durable=True):
        lock(_sellers(viewer, entries))
        for said in entries:
            try:
                plan.append(Planned(said, tuple(_save(viewer, said, now))))
            except NotFound as refused:
                problems.append(Problem("", refused.message, "unknown", said.at))
            except Invalid as refused:
                problems += [replace(one, at=(*said.at, *one.at)) for one in refused.problems]
        if problems:
            placed = [replace(one, where=line_in(file_name, read.line_of(_steps(one.at)))) for one in problems]
            raise Invalid(plural("{count} problem; nothing was changed", "{count} problems; nothing was changed", len(placed)), placed)
        plan = [one for one in plan if one.changes]
        if seen is not None and seen != plan_mark(plan):
            raise Stale(text("prices were changed meanwhile; nothing was changed"))
        transaction.set_rollback(dry_run)
    return tuple(plan)


def _sellers(viewer: Viewer, entries: Sequence[Said]) -> list[int]:
    """The sellers of a file (ids) whose prices the viewer may keep: claimed at once, in whatever order the file names them."""
    named = {said.seller for said in entries if "\0" not in said.seller}
    rows = Account.objects.visible_to(viewer).filter(ref__in=named)
    return [seller for seller in rows.values_list("pk", flat=True) if viewer.sees_all or seller == viewer.account_id]


def _save(viewer: Viewer, said: Said, now: datetime) -> list[Change]:
    keeper = _Keeper.of(viewer, said.seller, now)
    if said.key is not None:
        return keeper.save_list(said.key, said.document, None)
    return keeper.save_promo(said.code, said.document, None)


def _steps(at: tuple[str, ...]) -> tuple[str | int, ...]:
    """A place as the file has it: what counts rows is a number there."""
    return tuple(
        int(step) if step.isdigit() and at[place - 1] in {"price_lists", "promo_codes", "tiers"} else step for place, step in enumerate(at)
    )


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Somebody who keeps the prices of a seller, at a moment."""

    viewer: Viewer
    seller: Account
    now: datetime

    @classmethod
    def of(cls, viewer: Viewer, ref: str, now: datetime) -> "_Keeper":
        """Prices are kept by the seller's own people, or the operator. Raises NotFound, NotAllowed."""
        viewer.require(Right.KEEP_PRICES, text("keep price lists"))
        seller = account(viewer, ref)
        if not viewer.sees_all and seller.pk != viewer.account_id:
            raise NotAllowed(text("the prices of “{ref}” are kept by “{ref}” itself", ref=ref))
        return cls(viewer, seller, now)

    def alone(self) -> "_Keeper":
        """The same once nobody else writes in the history of the seller: who comes second waits here, and holds nothing meanwhile."""
        lock([self.seller.pk])
        return self

    def save_list(self, key: ListKey, said: Mapping[str, object], seen: str | None) -> list[Change]:
        wanted = read_price_list(key.seller, key.buyer, key.from_date, said)
        row = self.list_at(key)
        self._require_known(wanted)
        document = document_of(wanted)
        before = row.definition if row else {}
        saved = self._put(row, KeptPriceList, {"buyer": self._buyer(key.buyer), "from_date": key.from_date}, document, seen)
        told = list_changes(before, document, of=key.told) if saved else []
        if saved:
            self.tell(SAVED, "price_list", saved.pk, told)
        return told

    def save_promo(self, code: str, said: Mapping[str, object], seen: str | None) -> list[Change]:
        wanted = read_promo_code(_code(code), said)
        problems = self._unknown_services([wanted.service] if wanted.service else [])
        if wanted.buyer is not None and not self._sells_to(wanted.buyer):
            problems.append(_problem(text("there is no buyer “{ref}”", ref=wanted.buyer), "buyer"))
        _refuse(problems)
        row, document = self.promo_at(code), promo_document(wanted)
        before = row.definition if row else {}
        saved = self._put(row, KeptPromoCode, {"code": code}, document, seen)
        told = list(changes(before, document, of=code)) if saved else []
        if saved:
            self.tell(PROMO_SAVED, "promo_code", saved.pk, told)
        return told

    def list_at(self, key: ListKey) -> KeptPriceList | None:
        """The list that is there, locked. Raises NotFound for a buyer that there is not."""
        rows = KeptPriceList.objects.select_for_update(of=("self",)).filter(seller=self.seller, from_date=key.from_date)
        return rows.filter(buyer=self._buyer(key.buyer)).first()

    def promo_at(self, code: str) -> KeptPromoCode | None:
        """The promo code that is there, locked."""
        rows = KeptPromoCode.objects.select_for_update(of=("self",)).filter(seller=self.seller)
        return None if "\0" in code else rows.filter(code=code).first()

    def tell(self, kind: str, subject: str, subject_id: int, told: Sequence[Change]) -> None:
        """In the history of the seller, which alone reads it."""
        record(
            account_id=self.seller.pk, kind=kind, actor=self.viewer.actor, at=self.now, subject=subject, subject_id=subject_id,
            changes=told,
        )  # fmt: skip

    def _put(self, row: Any, model: Any, key: Mapping[str, object], document: Document, seen: str | None) -> Any:
        """Write a document in its place; None if it is there already. Raises Stale."""
        _require_seen(row, seen)
        mark = fingerprint(document)
        if row is not None and row.fingerprint == mark:
            return None
        values = {"definition": document, "fingerprint": mark, "saved_at": self.now, "saved_by": self.viewer.actor.name}
        if row is not None:
            model.objects.filter(pk=row.pk).update(**values)
            return row
        try:
            with transaction.atomic():
                return model.objects.create(seller=self.seller, **key, **values)
        except IntegrityError:  # two at once: the other was first
            raise Stale(text("somebody else has saved this meanwhile; nothing was changed")) from None

    # ── Whom and what the seller knows ────────────────────────────────────────────────────────────────────────────────

    @property
    def _own(self) -> Viewer:
        """The seller itself: what it can name does not depend on who types it."""
        return Viewer(SYSTEM, self.seller.pk, Tier(self.seller.tier))

    def _buyer(self, ref: str | None) -> Account | None:
        """Raises NotFound for an account that never was, nor will be, placed right under the seller."""
        if ref is None:
            return None
        found = account(self._own, ref)
        if not self._sells_to(ref):
            raise NotFound(text("“{seller}” does not sell to “{ref}”", seller=self.seller.ref, ref=ref))
        return found

    def _sells_to(self, ref: str) -> bool:
        return "\0" not in ref and Placement.objects.filter(account__ref=ref, parent=self.seller).exists()

    def _require_known(self, wanted: PriceList) -> None:
        """Raises Invalid for services, groups and customers that there are not for the seller."""
        groups = set(SolutionGroup.objects.visible_to(self._own).values_list("code", flat=True))
        named = any(pack.complimentary_of for pack in wanted.packs.values())
        below = Account.objects.visible_to(self._own).filter(tier=Tier.CUSTOMER)
        customers = set(below.values_list("ref", flat=True)) if named else set()
        problems = self._unknown_services(wanted.services, "services")
        for code, pack in wanted.packs.items():
            if code not in groups:
                problems.append(_problem(text("there is no solution group “{code}”", code=code), "packs", code))
            unknown = (ref for ref in pack.complimentary_of if ref not in customers)
            problems += [_problem(text("there is no customer “{ref}”", ref=ref), "packs", code, "complimentary_of", ref) for ref in unknown]
        _refuse(problems)

    def _unknown_services(self, codes: Iterable[str], *at: str) -> list[Problem]:
        known = set(Service.objects.visible_to(self._own).values_list("code", flat=True))
        return [
            _problem(text("there is no service “{code}”", code=code), *(at and (*at, code)) or ("service",))
            for code in codes
            if code not in known
        ]


def _problem(message: str, *at: str) -> Problem:
    return Problem(".".join(at), message, "unknown", at)


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise Invalid(plural("{count} problem; nothing was changed", "{count} problems; nothing was changed", len(problems)), problems)


def _require_seen(row: Any, seen: str | None) -> None:
    """Raises Stale unless what is there is what was seen."""
    if seen is None or (row is None and seen == NEW):
        return
    if row is None:
        raise Stale(text("somebody has removed this meanwhile; nothing was changed"))
    if seen == NEW:
        raise Stale(text("this is there already; nothing was changed"))
    if row.fingerprint != seen:
        raise Stale(text("{who} has changed this meanwhile; nothing was changed", who=row.saved_by))


def _code(code: str) -> str:
    """A promo code as people can type it. Raises Invalid."""
    if not _CODE.fullmatch(code):
        message = text("a promo code has 1 to 60 capital letters, digits, dots, dashes or underscores")
        raise Invalid(message, [Problem("code", message, "code", ("code",))])
    return code

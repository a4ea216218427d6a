"""The verbs of the ledger: take usage in, say what an unknown name stands for, compact."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from django.db import transaction
from django.db.models import Q, QuerySet

from trueup.accounts.models import Account
from trueup.accounts.queries import installation
from trueup.accounts.rules import Right, Tier, Viewer, no_account
from trueup.answers.actions import beside
from trueup.catalog.models import Service
from trueup.events.recording import Change, record
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from trueup.kit.period import local_date
from trueup.kit.progress import Progress, Silence
from trueup.kit.text import Text, text
from trueup.ledger.engine.committing import AT_ONCE, Draft, commit_batch, take_turn
from trueup.ledger.engine.compaction import compact_all
from trueup.ledger.engine.delivery import Delivery, examine
from trueup.ledger.engine.importing import Checked, checked
from trueup.ledger.engine.lock import write_lock
from trueup.ledger.engine.registry import configured_place, recover, settle
from trueup.ledger.engine.replaying import replay
from trueup.ledger.models import Batch, NameMapping, Source, UnmappedRecord
from trueup.ledger.rules.columns import LONGEST_NAME
from trueup.ledger.rules.refusals import KeyReused, Reason, Refusal

DEFAULT_SOURCE = "default"


@dataclass(frozen=True)
class ImportResult:
    """What became of a delivery. Refused as a whole: `batch` is None, `stored` 0 and there are refused rows."""

    batch: int | None
    """The batch that holds the delivery: a new one, or, if all of it was delivered before, the last that took some of it."""
    stored: int
    """Records; in a dry run those that would be stored."""
    repeated: int
    """Records an earlier delivery of the same content stored."""
    refused_count: int
    """Rows, of which each may have several problems."""
    refused_file: Path | None
    unmapped: int
    """Rows kept until their names are known."""

    def refused(self) -> Iterator[Refusal]:
        """Every problem in the order of the rows, read from the file as it is asked for."""
        if self.refused_file is None:
            return
        with self.refused_file.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield Refusal(int(row["row"]), row["column"], row["value"], Reason(row["reason"]))

    def forget_refused(self) -> None:
        """Remove the list of refused rows: whoever asked has read it, and nobody else is told where it is."""
        if self.refused_file is not None:
            self.refused_file.unlink(missing_ok=True)


@dataclass(frozen=True)
class MappingResult:
    """What became of the records that waited for a name."""

    batch: int | None
    """The last batch of those that were stored."""
    replayed: int
    remaining: int
    """Records with that name that still wait, for another reason."""


def import_usage(
    viewer: Viewer, file: Path, *, source: str | None = None, key: str | None = None, key_alone: bool = False, accept_valid: bool = False,
    dry_run: bool = False, now: datetime, patience: timedelta = AT_ONCE, progress: Progress | None = None,
) -> ImportResult:  # fmt: skip
    """Take in a file of usage, as a whole or (`accept_valid`) what is good of it.

    With `key_alone` only the key tells a repetition: the same content under another key is a delivery of its own (a value that goes
    back to what it once was).
    `key` is a name the viewer's account gives the delivery. Where several import at once, `patience` is how much earlier than the ledger's
    last import one may have begun: it waited for its turn.
    Raises NotAllowed, Invalid (file unreadable, column or source unknown), KeyReused (key used for other content), Conflict (`now` behind
    the ledger's last import). Bad rows are no error: they are in the result. Not inside a transaction.
    """
    viewer.require(Right.IMPORT_USAGE, text("import usage"))
    told = progress or Silence()
    delivery = examine(Path(file), told)
    if key_alone:
        delivery = replace(delivery, digest=sha256(f"{key}\n{delivery.digest}".encode()).hexdigest())
    place = configured_place()
    settle(place)
    origin = _source(source, create=not dry_run)
    take_turn(now, patience)
    while True:
        earlier = _earlier(viewer, origin, key, delivery)
        known = _repeated(earlier)
        if known is not None:
            return known
        today = local_date(now, installation().time_zone)
        with checked(place, delivery, viewer, source=origin, earlier=earlier, today=today, progress=told) as found:
            if dry_run or (found.refused and not accept_valid) or not found.accepted + found.unmapped:
                return _unstored(found, dry_run=dry_run and (accept_valid or not found.refused))
            with write_lock(place.home):
                recover(place)
                if [batch.pk for batch in _earlier(viewer, origin, key, delivery)] != [batch.pk for batch in earlier]:
                    continue  # the same was delivered meanwhile
                draft = _draft(origin, None if earlier else key, delivery, found)
                batch = commit_batch(found.connection, place, draft, viewer, now=now, patience=patience, progress=told)
            return ImportResult(batch.pk, batch.stored, found.repeated, found.refused, found.refused_file, batch.unmapped)


def _source(code: str | None, *, create: bool) -> Source:
    if code is None:
        found = Source.objects.filter(code=DEFAULT_SOURCE).first()
        if found is None:
            found = Source.objects.get_or_create(code=DEFAULT_SOURCE)[0] if create else Source(code=DEFAULT_SOURCE)
        return found
    known = Source.objects.filter(code=code).first()
    if known is None:
        raise Invalid(text("there is no source “{code}”", code=code))
    return known


def _earlier(viewer: Viewer, source: Source, key: str | None, delivery: Delivery) -> list[Batch]:
    """The batches of this content from this source, as far as the viewer may learn of them. Raises KeyReused."""
    if source.pk is None:
        return []
    if key is not None:
        of_account = Q(account_id=viewer.account_id) if viewer.account_id is not None else Q(account=None)
        same_key = Batch.objects.filter(of_account, source=source, key=key).first()
        if same_key is not None and same_key.digest != delivery.digest:
            batch = str(same_key.pk)
            raise KeyReused(text("the key “{key}” was used for another content, batch {batch}", key=key, batch=batch))
    return list(Batch.objects.delivered_by(viewer).filter(source=source, digest=delivery.digest).order_by("id"))


def _repeated(earlier: list[Batch]) -> ImportResult | None:
    """The answer to a delivery that was taken in completely before."""
    if not earlier or earlier[-1].refused:
        return None
    return ImportResult(earlier[-1].pk, 0, sum(batch.stored + batch.unmapped for batch in earlier), 0, None, 0)


def _unstored(found: Checked, *, dry_run: bool) -> ImportResult:
    stored, unmapped = (found.accepted, found.unmapped) if dry_run else (0, 0)
    return ImportResult(None, stored, found.repeated, found.refused, found.refused_file, unmapped)


def _draft(source: Source, key: str | None, delivery: Delivery, found: Checked) -> Draft:
    return Draft(source, key, delivery.digest, delivery.path.name, found.accepted, found.refused, found.unmapped)


def map_name(
    viewer: Viewer, name: str, *, customer: str | None = None, service: str | None = None, source: str | None = None, now: datetime,
    patience: timedelta = AT_ONCE,
) -> MappingResult:  # fmt: skip
    """Say which customer or service a name stands for (in one source, or in all), and store the records that waited for it.

    Doing it again replays what still waits: so it is done anew with its key if it was not done to its end.
    Raises NotAllowed, NotFound, Invalid, and Conflict for a name with another meaning.
    """
    viewer.require(Right.IMPORT_USAGE, text("map names"))
    if not (viewer.sees_all or viewer.tier == Tier.VENDOR):
        who = viewer.actor.name
        raise NotAllowed(text("{who} may not map names: they belong to the operator and the vendors", who=who))
    origin = _source(source, create=False) if source is not None else None
    mapping = _mapping(viewer, name, customer, service, origin)
    place = configured_place()
    with beside(), write_lock(place.home):
        recover(place)
        now = take_turn(now, patience)
        _save_mapping(viewer, mapping, now)
        waiting = UnmappedRecord.objects.visible_to(viewer).filter(replayed_by=None, **{mapping.kind: name})
        if origin is not None:
            waiting = waiting.filter(source=origin)
        batches = [batch for each in _senders(waiting) if (batch := replay(place, viewer, *each, mapping, now=now)) is not None]
        remaining = waiting.count()
    replayed = UnmappedRecord.objects.filter(replayed_by__in=batches).count()
    return MappingResult(batches[-1].pk if batches else None, replayed, remaining)


def _senders(waiting: QuerySet[UnmappedRecord]) -> list[tuple[Source, Account | None]]:
    """From which sources records wait, and which accounts delivered them (None: the operator)."""
    pairs = waiting.order_by().values_list("source_id", "batch__account_id").distinct()
    found: list[tuple[int, int | None]] = sorted(pairs, key=lambda pair: (pair[0], pair[1] or 0))
    sources = Source.objects.in_bulk({source_id for source_id, _ in found})
    accounts = Account.objects.in_bulk({account_id for _, account_id in found if account_id is not None})
    return [(sources[source_id], accounts.get(account_id or 0)) for source_id, account_id in found]


def _mapping(viewer: Viewer, name: str, customer: str | None, service: str | None, source: Source | None) -> NameMapping:
    if len(name) > LONGEST_NAME:
        raise Invalid(text("a name that can be mapped has at most {most} characters", most=LONGEST_NAME))
    if (customer is None) == (service is None):
        raise Invalid(text("a name stands for either a customer or a service"))
    if customer is not None:
        account = Account.objects.visible_to(viewer).filter(ref=customer, tier=Tier.CUSTOMER).first()
        if account is None:
            raise NotFound(no_account(customer, Tier.CUSTOMER))
        return NameMapping(source=source, kind="customer", name=name, account=account)
    found = Service.objects.visible_to(viewer).filter(code=service).first()
    if found is None:
        raise NotFound(text("there is no service “{code}”", code=service))
    return NameMapping(source=source, kind="service", name=name, service=found)


def _save_mapping(viewer: Viewer, mapping: NameMapping, now: datetime) -> None:
    known = NameMapping.objects.filter(source=mapping.source, kind=mapping.kind, name=mapping.name).first()
    target = mapping.account.ref if mapping.account else mapping.service.code if mapping.service else ""
    if known is not None:
        if (known.account_id, known.service_id) != (mapping.account_id, mapping.service_id):
            raise Conflict(_taken(viewer, known))
        return
    with transaction.atomic(durable=True):
        mapping.save()
        changes = [Change("name", None, mapping.name), Change(mapping.kind, None, target)]
        changes += [Change("source", None, mapping.source.code)] if mapping.source else []
        record(
            account_id=viewer.account_id, kind="usage_mapped", actor=viewer.actor, at=now, subject="mapping", subject_id=mapping.pk,
            changes=changes,
        )  # fmt: skip


def _taken(viewer: Viewer, known: NameMapping) -> Text:
    """Why a name cannot be mapped: what it stands for is said of the viewer's own alone."""
    if known.account_id and Account.objects.visible_to(viewer).filter(pk=known.account_id).exists():
        return text("the name “{name}” already stands for another customer", name=known.name)
    if known.service_id and Service.objects.visible_to(viewer).filter(pk=known.service_id).exists():
        return text("the name “{name}” already stands for another service", name=known.name)
    return text("the name “{name}” cannot be mapped here: ask the operator", name=known.name)


def compact(*, now: datetime, progress: Progress | None = None) -> int:
    """Make every day with new files one clean file again; the number of days. Answers are the same before, during and after.

    `now` is not needed: compaction records nothing. It is there because every verb has it.
    """
    del now
    place = configured_place()
    settle(place)
    return compact_all(place, progress or Silence())

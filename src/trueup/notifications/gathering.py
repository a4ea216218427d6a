"""From what happened to who is to be told: the histories are read on, each event once, and become deliveries."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from trueup.accounts.models import Member, User
from trueup.accounts.queries import installation, paths
from trueup.accounts.rules import Role
from trueup.events.queries import Happened, happened_within
from trueup.events.reading import Portion, read_on, reading
from trueup.kit.chunks import chunks
from trueup.notifications.billing import vendors_of
from trueup.notifications.models import Delivery, Preference, Reached
from trueup.notifications.rules import (
    OF_BILLING,
    TOLD,
    TOLD_ADMINS,
    TOLD_OF_BILLING,
    Audience,
    Choice,
    Kind,
    State,
    audience_account,
    choice,
    is_last_day,
    kinds_of,
    next_digest,
)
from trueup.reports.models import Report
from trueup.reports.rules.workflow import Status

_ROWS = 500


def gather_all(*, now: datetime, failed: Callable[[Exception], object]) -> int:
    """Read all histories on; returns how many deliveries were made. One that cannot be read is told of and holds up no other."""
    return read_on(Reached, lambda portion: gather(portion, now=now), failed=failed)


def gather(portion: Portion, *, now: datetime) -> int:
    """Read some histories on and make the deliveries they give cause to; returns how many. One transaction."""
    with reading(Reached, portion) as spans:
        made = list(_deliveries(happened_within(spans, kinds=TOLD, subject="report"), now))
        for subject, kinds in TOLD_OF_BILLING.items():
            made += _of_billing(happened_within(spans, kinds=kinds, subject=subject), kinds, now)
        for subject, kinds in TOLD_ADMINS.items():
            made += _to_admins(happened_within(spans, kinds=kinds, subject=subject), kinds, now)
        Delivery.objects.bulk_create(made, batch_size=_ROWS, ignore_conflicts=True)
    return len(made)


class _Person(NamedTuple):
    """Somebody in an account, and what they chose."""

    member: Member
    choices: dict[str, str]

    def wants(self, kind: Kind) -> Choice:
        return choice(Role(self.member.role), self.choices.get(kind))


def _deliveries(events: Sequence[Happened], now: datetime) -> Iterator[Delivery]:
    """The deliveries that events give cause to."""
    reports = _reports({event.subject_id for event in events})
    caused = [(event, reports[event.subject_id], kind) for event in events for kind in _kinds(event, reports.get(event.subject_id))]
    people = _people({_audience(report, kind) for _, report, kind in caused})
    zone = installation().time_zone
    for event, report, kind in caused:
        for person in people.get(_audience(report, kind), ()):
            wanted = person.wants(kind)
            if wanted is Choice.OFF or event.person_id == person.member.user_id:  # nobody is told what they did themselves
                continue
            due = next_digest(now, person.member.account.time_zone or zone) if wanted is Choice.DIGEST else None
            yield _delivery(event, report, kind, person.member, due, now=now)


def _of_billing(events: Sequence[Happened], kinds: Mapping[str, Kind], now: datetime) -> Iterator[Delivery]:
    """The deliveries that final billing gives cause to: to the payer, in whose history it is, or to the vendor that is reported to."""
    billed = {event for event in events if OF_BILLING[kinds[event.kind]] is Audience.BILLED}
    vendors = vendors_of(event.subject_id for event in billed)
    told = [(event, kinds[event.kind], vendors[event.subject_id] if event in billed else event.chain) for event in events]
    people = _people({account_id for *_, account_id in told})
    above = paths({event.chain for event in events}, now.date())
    for event, kind, account_id in told:
        for person in people.get(account_id, ()):
            if person.wants(kind) is not Choice.OFF and event.person_id != person.member.user_id:
                yield _delivery_of(
                    event, kind, person.member, now=now, path=_path(above[event.chain]), details={"subject": event.subject_id}
                )


def _path(way: Sequence[int]) -> str:
    return "".join(f"/{part}" for part in way) + "/"


def _to_admins(events: Sequence[Happened], kinds: Mapping[str, Kind], now: datetime) -> Iterator[Delivery]:
    """What those who manage an account are told: in its history it is."""
    people = _people({event.chain for event in events})
    above = paths(people, now.date())
    for event in events:
        for person in people.get(event.chain, ()):
            if person.member.role == Role.ADMIN:
                path = _path(above[event.chain])
                yield _delivery_of(event, kinds[event.kind], person.member, now=now, path=path, details={"subject": event.subject_id})


def _reports(report_ids: Collection[int]) -> dict[int, Report]:
    """The reports that events are about, as far as it matters here."""
    wanted = sorted(report_ids)
    fields = ("msp_id", "distributor_id", "vendor_id", "has_access", "status", "submission", "deadline_at", "time_zone")
    found: dict[int, Report] = {}
    for some in chunks(wanted, _ROWS):
        found |= Report.objects.only(*fields).in_bulk(some)
    return found


def _kinds(event: Happened, report: Report | None) -> list[Kind]:
    if report is None:
        return []
    last_day = is_last_day(event.at, report.deadline_at, report.time_zone)
    return kinds_of(event.kind, status=Status(report.status), submission=report.submission, last_day=last_day)


def _audience(report: Report, kind: Kind) -> int:
    return audience_account(kind, msp_id=report.msp_id, distributor_id=report.distributor_id, has_access=report.has_access)


def _people(account_ids: Collection[int]) -> dict[int, list[_Person]]:
    """The people of accounts who can sign in, and whose addresses are known to be theirs."""
    wanted = sorted(account_ids)
    members: list[Member] = []
    chosen: dict[int, dict[str, str]] = defaultdict(dict)
    for some in chunks(wanted, _ROWS):
        there = Member.objects.filter(User.known("user__"), account_id__in=some, user__is_active=True).order_by("pk")
        members += there.select_related("user", "account")
        for row in Preference.objects.filter(user__in=there.order_by().values("user")):
            chosen[row.user_id][row.kind] = row.choice
    people: dict[int, list[_Person]] = defaultdict(list)
    for member in members:
        people[member.account_id].append(_Person(member, chosen[member.user_id]))
    return people


def _delivery(event: Happened, report: Report, kind: Kind, member: Member, digest_at: datetime | None, *, now: datetime) -> Delivery:
    """A delivery to send now, or with the digest of that time."""
    path = f"/{report.vendor_id}/{report.distributor_id}/{report.msp_id}/"
    made = _delivery_of(event, kind, member, now=now, path=path, report_id=report.pk)
    if digest_at is not None:
        made.state, made.next_try_at = State.HELD, digest_at
    return made


def _delivery_of(event: Happened, kind: Kind, member: Member, *, now: datetime, **more: Any) -> Delivery:
    """A delivery of an event to a member, to send now."""
    return Delivery(
        user=member.user,
        address=member.user.email,
        name=member.user.name,
        account=member.account,
        kind=kind,
        chain=event.chain,
        sequence=event.sequence,
        state=State.WAITING,
        created_at=now,
        next_try_at=now,
        message_id=uuid.uuid4().hex,
        **more,
    )


def due_digests(*, now: datetime) -> list[tuple[int, int]]:
    """(user, account) of whom a digest is due."""
    due = Delivery.objects.filter(state=State.HELD, next_try_at__lte=now).order_by("user_id", "account_id")
    return [(user_id, account_id) for user_id, account_id in due.values_list("user_id", "account_id").distinct() if user_id and account_id]


@transaction.atomic(durable=True)
def bundle(user_id: int, account_id: int, *, now: datetime) -> bool:
    """Put what is held for a person in an account into one digest; False if somebody else did meanwhile."""
    held = Delivery.objects.filter(user_id=user_id, account_id=account_id, state=State.HELD, next_try_at__lte=now)
    first = held.select_related("user", "account").order_by("pk").first()
    if first is None or first.user is None:
        return False
    path = first.path.rsplit("/", 2)[0] + "/"  # about several MSPs: that of their distributor, under one vendor
    held = held.filter(path__startswith=path)
    whole = Delivery.objects.create(
        user=first.user, address=first.user.email, name=first.user.name, account=first.account, path=path,
        kind=Kind.DIGEST, created_at=now, next_try_at=now, message_id=uuid.uuid4().hex,
    )  # fmt: skip
    if not held.update(state=State.IN_DIGEST, digest=whole, next_try_at=None):
        whole.delete()
        return False
    return True

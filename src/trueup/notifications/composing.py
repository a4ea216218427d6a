"""What an e-mail says: read for its recipient, with the recipient's rights, at the time it is sent."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import formats, translation
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from trueup.accounts.models import Member, User
from trueup.accounts.rules import Actor, Role, Tier, Viewer
from trueup.events.queries import changes_at
from trueup.events.rules import Plain
from trueup.events.snapshot import snapshot
from trueup.kit.addresses import encoded
from trueup.kit.errors import TrueUpError
from trueup.kit.quantity import ZERO, decimals_of
from trueup.notifications.billing import about_billing, month_in_words
from trueup.notifications.models import Delivery, Language, Preference
from trueup.notifications.rendering import Rendered, render
from trueup.notifications.rules import OF_BILLING, Choice, Kind, choice, is_still_true, one_line
from trueup.reports import queries
from trueup.reports.models import Report
from trueup.reports.queries import ReportView
from trueup.reports.rules.lines import Outcome
from trueup.reports.rules.workflow import EDITABLE, Status, Submission, words

MOST_LISTED = 50
"""Lines of a report, and reports of a digest, that an e-mail lists; the page has them all."""


class Overtaken(Exception):
    """There is nothing to tell, or nobody to tell it to, any more; the message says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line in words: its service, what it charges, what it would charge otherwise, and why."""

    service: str
    charged: str
    saved: str
    penalty: bool


@dataclass(frozen=True, slots=True)
class Total:
    """What a solution group charges, one amount per billing unit."""

    group: str
    amounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A report in words, as the templates see it."""

    month: str
    msp: str
    distributor: str
    status: str
    submission: str
    penalty: bool
    approved: bool
    deadline: str
    days_left: int
    totals: tuple[Total, ...]
    link: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the e-mail: with which rights, in which language, and why they get it."""

    viewer: Viewer
    language: str
    account: str
    role: str
    chosen: Mapping[str, str] = field(default_factory=dict)

    def wants(self, kind: Kind) -> bool:
        """Whether they are to be told of such things at all."""
        return choice(Role(self.role), self.chosen.get(kind)) is not Choice.OFF


def compose(delivery: Delivery, *, now: datetime) -> Rendered:
    """The e-mail of a delivery. Raises Overtaken if nobody is to be told any more."""
    if delivery.kind == Kind.INVITATION:
        return _invitation(delivery)
    reader = _reader(delivery)
    with translation.override(reader.language):
        if delivery.kind in _TO_ADMINS:
            return render(Kind(delivery.kind), _common(delivery, reader) | _to_admin(delivery, reader))
        try:
            with snapshot():  # figures and forecast of one moment
                context = _context(delivery, reader, now)
        except TrueUpError as error:
            raise Overtaken(error.message) from error
        return render(Kind(delivery.kind), _common(delivery, reader) | context)


def _context(delivery: Delivery, reader: Reader, now: datetime) -> dict[str, object]:
    """What it says beyond what every e-mail says. Raises Overtaken, NotFound, NotAllowed."""
    if delivery.kind == Kind.DIGEST:
        return _digest(delivery, reader, now)
    if delivery.kind in OF_BILLING:
        return about_billing(delivery, reader.viewer)
    return _single(delivery, reader, now)


def _reader(delivery: Delivery) -> Reader:
    """The recipient as they are now: who has left since, or wants no e-mail any more, gets none. Raises Overtaken."""
    found = Member.objects.filter(User.known("user__"), user=delivery.user_id, account=delivery.account_id, user__is_active=True)
    member = found.select_related("user", "account").first()
    if member is None:
        raise Overtaken("the person is not a member of the account any more")
    chosen = dict(Preference.objects.filter(user=member.user_id).values_list("kind", "choice"))
    language = Language.objects.filter(user=member.user_id).values_list("code", flat=True).first()
    reader = Reader(
        viewer=Viewer(Actor("person", member.user.email, member.user.pk), member.account_id, Tier(member.account.tier), Role(member.role)),
        language=_known(language),
        account=member.account.name,
        role=member.role,
        chosen=chosen,
    )
    if not reader.wants(Kind.TO_REVIEW if delivery.kind == Kind.DIGEST else Kind(delivery.kind)):
        raise Overtaken("the person does not want such e-mails any more")
    return reader


def _known(language: str | None) -> str:
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _common(delivery: Delivery, reader: Reader) -> dict[str, object]:
    """What every e-mail to a member says."""
    role = {Role.ADMIN: _("an admin"), Role.BILLING_MANAGER: _("a billing manager"), Role.VIEWER: _("a viewer")}[Role(reader.role)]
    return {"name": one_line(delivery.name), "account": one_line(reader.account), "role": role, "language": translation.get_language()}


def _single(delivery: Delivery, reader: Reader, now: datetime) -> dict[str, object]:
    """What an e-mail about one report says."""
    view = _view(delivery, reader, Kind(delivery.kind))
    changes = changes_at(delivery.chain or 0, delivery.sequence or 0)
    context: dict[str, object] = {
        "report": _item(view, now),
        "link": _link(view, "review" if delivery.kind == Kind.TO_REVIEW else "reports"),
        "changed": _changed(view, changes),
        "reason": _said(changes, "review_comment") or _said(changes, "waiver_reason"),
        "comment": view.comment,
        "lines": _not_as_saved(view),
    }
    if view.summary.status in EDITABLE:
        context["nothing_done"] = _nothing_done(view, reader, now)
    return context


def _to_admin(delivery: Delivery, reader: Reader) -> dict[str, object]:
    """What an e-mail to who manages an account says. Raises Overtaken for who does not any more."""
    if reader.role != Role.ADMIN:
        raise Overtaken("the person does not manage the account any more")
    said = {str(change["field"]): str(change["after"]) for change in changes_at(delivery.chain or 0, delivery.sequence or 0)}
    return _TO_ADMINS[Kind(delivery.kind)](delivery, said)


def _webhook(delivery: Delivery, said: Mapping[str, str]) -> dict[str, object]:
    """Of a webhook that was switched off."""
    reasons = {"gone": _("it answered that it is gone for good (410)"), "failing": _("nothing could be delivered to it for three days")}
    return {
        "url": one_line(said.get("url", "")),
        "why": reasons.get(said.get("why", ""), ""),
        "link": f"{settings.TRUEUP_URL}/settings/webhooks/{delivery.details.get('subject', '')}/",
    }


def _event(_delivery: Delivery, said: Mapping[str, str]) -> dict[str, object]:
    """Of an event that the ledger failed at."""
    return {
        "event": one_line(said.get("event_id", "")),
        "source": one_line(said.get("source", "")),
        "link": f"{settings.TRUEUP_URL}/api/v1/docs",
    }


_TO_ADMINS: Final = {Kind.WEBHOOK_DISABLED: _webhook, Kind.EVENT_PUT_ASIDE: _event}


def _view(delivery: Delivery, reader: Reader, kind: Kind) -> ReportView:
    """The report, as the recipient may see it. Raises Overtaken, NotFound, NotAllowed."""
    report = Report.objects.select_related("cycle").only("msp_ref", "cycle__first_day", "cycle__adjusts").get(pk=delivery.report_id or 0)
    view = queries.report(reader.viewer, report.cycle.month, report.msp_ref)
    if not is_still_true(kind, Status(view.summary.status)):
        raise Overtaken(f"overtaken: the report is {words(view.summary.status)} by now")
    return view


def _said(changes: list[dict[str, Plain]], what: str) -> str:
    """What somebody wrote as part of an event."""
    return next((str(change["after"]) for change in changes if change.get("field") == what and change.get("after")), "")


def _changed(view: ReportView, changes: list[dict[str, Plain]]) -> list[str]:
    """The names of the services of which an event changed something."""
    codes = {str(change["of"]) for change in changes if change.get("of")}
    return [one_line(line.service_name) for line in view.lines if line.service in codes][:MOST_LISTED]


def _not_as_saved(view: ReportView) -> list[Line]:
    """The lines that the clock charges otherwise than the MSP saved them."""
    otherwise = [line for line in view.lines if line.outcome in {Outcome.PENALTY, Outcome.DEFAULT_RESTORED}]
    return [
        Line(
            one_line(line.service_name),
            _amount(line.chargeable, line.decimals, line.unit),
            _amount(line.as_saved, line.decimals, line.unit),
            penalty=line.penalty,
        )
        for line in otherwise[:MOST_LISTED]
    ]


def _nothing_done(view: ReportView, reader: Reader, now: datetime) -> list[Line]:
    """The lines that would be charged otherwise at the deadline than they are saved now."""
    forecast = queries.forecast(reader.viewer, view.summary.cycle, view.summary.msp, now=now)
    lines = {line.service: line for line in view.lines}
    return [
        Line(
            one_line(lines[one.service].service_name),
            _amount(one.if_nothing, lines[one.service].decimals, lines[one.service].unit),
            _amount(one.as_saved, lines[one.service].decimals, lines[one.service].unit),
            penalty=one.reason == Outcome.PENALTY,
        )
        for one in forecast.lines
        if one.service in lines and one.reason != Outcome.AS_SAVED
    ][:MOST_LISTED]


def _digest(delivery: Delivery, reader: Reader, now: datetime) -> dict[str, object]:
    """What a digest says: the reports that still wait for review. Raises Overtaken if none does."""
    views = []
    for item in delivery.items.order_by("report_id", "pk"):
        try:
            views.append(_view(item, reader, Kind.TO_REVIEW))
        except (Overtaken, TrueUpError):
            continue
    unique = {(view.summary.cycle, view.summary.msp): view for view in views}
    if not unique:
        raise Overtaken("overtaken: none of the reports is under review by now")
    ordered = [unique[key] for key in sorted(unique)]
    items = [_item(view, now) for view in ordered[:MOST_LISTED]]
    return {"reports": items, "count": len(ordered), "more": len(ordered) - len(items), "link": f"{settings.TRUEUP_URL}/review/"}


def _item(view: ReportView, now: datetime) -> Item:
    summary = view.summary
    return Item(
        month=month_in_words(summary.cycle),
        msp=one_line(view.msp_name),
        distributor=one_line(view.distributor_name),
        status=_status(summary.status),
        submission=_submission(summary.submission),
        penalty=summary.submission == Submission.AUTOMATIC_WITH_PENALTY,
        approved=summary.status == Status.APPROVED,
        deadline=_instant(summary.deadline, view.time_zone),
        days_left=max((summary.deadline - now).days, 0),
        totals=_totals(view),
        link=_link(view, "reports"),
    )


def _link(view: ReportView, page: str) -> str:
    return f"{settings.TRUEUP_URL}/{page}/{view.summary.cycle}/{encoded(view.summary.msp)}/"


def _totals(view: ReportView) -> tuple[Total, ...]:
    """What each group charges; units that differ are not added up."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for line in view.lines:
        sums[line.group_name][line.unit] += line.chargeable
    return tuple(
        Total(one_line(group), tuple(_amount(value, decimals_of(value), unit) for unit, value in units.items()))
        for group, units in sums.items()
    )


def _amount(value: Decimal, decimals: int, unit: str) -> str:
    number = formats.number_format(value, decimal_pos=max(decimals, decimals_of(value)), use_l10n=True, force_grouping=True)
    return f"{number} {one_line(unit)}"


def _instant(instant: datetime, zone: str) -> str:
    """A deadline in words: the midnight that ends a day is the end of that day, not the beginning of the next."""
    local = instant.astimezone(ZoneInfo(zone))
    hour = local.strftime("%H:%M")
    if local.time() == time(0):
        local, hour = local - timedelta(days=1), "24:00"
    return f"{format_date(local.date(), pgettext('format of a day', 'l, j F Y'))}, {hour} ({zone})"


def _status(status: Status) -> str:
    names = {
        Status.MSP_PREPARING: _("in preparation"),
        Status.UNDER_REVIEW: _("under review"),
        Status.APPROVED: _("approved"),
        Status.REJECTED: _("rejected"),
    }
    return names[status]


def _submission(submission: str | None) -> str:
    names = {
        Submission.MANUAL: _("submitted"),
        Submission.AUTOMATIC: _("submitted automatically"),
        Submission.AUTOMATIC_WITH_PENALTY: _("submitted automatically with a penalty"),
        Submission.RETURNED: _("submitted again"),
    }
    return names[Submission(submission)] if submission else ""


def _invitation(delivery: Delivery) -> Rendered:
    """The e-mail to somebody who is not a member of anything yet."""
    details = delivery.details
    with translation.override(_known(details.get("language"))):
        context = {key: one_line(str(details.get(key, ""))) for key in ("account", "inviter")}
        extra = {"name": one_line(delivery.name), "link": details.get("link", ""), "language": translation.get_language()}
        return render(Kind.INVITATION, context | extra)

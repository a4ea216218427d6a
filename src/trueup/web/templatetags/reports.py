"""`{% load reports %}`: a report's words, deadline and what happened to it."""

from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django import template
from django.template import Context
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from trueup.kit import addresses
from trueup.reports.queries import LineView
from trueup.web import words
from trueup.web.pages.report_rows import Group
from trueup.web.pages.report_table import NEEDS, Table
from trueup.web.templatetags.trueup import day, instant, signed

register = template.Library()

STATUS_LOOKS = {"msp_preparing": "primary", "under_review": "warn", "approved": "good", "rejected": "bad"}
STATUS_ICONS = {"msp_preparing": "edit", "under_review": "search", "approved": "check", "rejected": "undo"}

WORDS = {
    "status_word": words.STATUSES,
    "flag_word": words.FLAGS,
    "flag_sentence": words.FLAG_SENTENCES,
    "reason_word": words.REASONS,
    "outcome_word": words.OUTCOMES,
    "outcome_sentence": words.OUTCOME_SENTENCES,
    "measure_word": words.MEASURES,
    "measure_sentence": words.MEASURE_SENTENCES,
    "event_word": words.EVENTS,
}
"""Filters that say what a code is called, and the words each of them knows."""

for _filter, _table in WORDS.items():
    register.filter(_filter, partial(words.word, _table))


@register.filter
def anchor(code: str) -> str:
    """A code as part of an element's id."""
    return addresses.anchor(code)


@register.filter
def status_look(code: str) -> str:
    """The look of its badge."""
    return STATUS_LOOKS.get(code, "neutral")


@register.filter
def status_icon(code: str) -> str:
    """The picture of its badge."""
    return STATUS_ICONS.get(code, "info")


@register.filter
def submission_word(code: str | None) -> str:
    """How it came under review."""
    return words.word(words.SUBMISSIONS, code) if code else ""


@register.filter
def field_word(name: str) -> str:
    """What a field of the history is called."""
    return words.field(name)


@register.filter
def end_of(deadline: datetime, zone: str) -> str:
    """A deadline, which is a midnight, by the day that it ends: 6 Nov 2026."""
    return day((deadline - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date())


@register.filter
def due(deadline: datetime, zone: str) -> str:
    """A deadline with its time and zone; the midnight that ends a day is the end of that day: 6 Nov 2026, 24:00 (Europe/Berlin)."""
    if deadline.astimezone(ZoneInfo(zone)).time() != time(0):
        return instant(deadline, zone)
    return f"{end_of(deadline, zone)}, 24:00 ({zone_name(zone)})"


@register.filter
def left(deadline: datetime, now: datetime) -> str:
    """How long until a deadline: 3 days 11 hours. Empty when it has passed."""
    if deadline <= now:
        return ""
    hours, minutes = divmod(int((deadline - now).total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    parts = (
        (days, ngettext("%(count)s day", "%(count)s days", days)),
        (hours, ngettext("%(count)s hour", "%(count)s hours", hours)),
        (minutes, ngettext("%(count)s minute", "%(count)s minutes", minutes)),
    )
    said = [sentence % {"count": count} for count, sentence in parts if count]
    return " ".join(said[:2]) or gettext("less than a minute")


@register.filter
def zone_name(zone: str) -> str:
    """A time zone as people read it."""
    return zone.replace("_", " ")


@register.filter
def actor_word(name: str) -> str:
    """Who did it; the clock by its name in the language of the page."""
    return gettext("System") if name == "system" else name


@register.simple_tag
def change_of(line: LineView) -> str:
    """Chargeable against the default of a line."""
    return signed(line.chargeable - line.default_chargeable)


@register.simple_tag(takes_context=True)
def lines_of(context: Context, group: Group) -> SafeString:
    """The lines of a group, as rows of its table."""
    return Table({name: context[name] for name in NEEDS}).html(group.rows)

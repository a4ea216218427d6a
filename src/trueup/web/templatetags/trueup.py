"""`{% load trueup %}`: figures, days and words as the language of the page writes them."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.utils import dateformat
from django.utils.encoding import escape_uri_path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from trueup.kit.period import Month
from trueup.web import icons, numbers
from trueup.web.words import month_in_words
from trueup.web.words import says as in_words

register = template.Library()


@register.filter
def quantity(value: Decimal | int | None, decimals: int | None = None) -> str:
    """Units or credits; unknown is a dash, which `unknown` explains beside it."""
    return "–" if value is None else numbers.shown(Decimal(value), decimals)


@register.filter
def signed(value: Decimal | None) -> str:
    """A change: with its sign, and 0 where there is none."""
    if value is None:
        return "–"
    number = numbers.shown(abs(value))
    return f"+{number}" if value > 0 else f"−{number}" if value < 0 else number


@register.filter
def typed(value: Decimal | None) -> str:
    """A number as it stands in a field."""
    return "" if value is None else numbers.typed(value)


@register.filter
def day(value: date | None) -> str:
    """A day: 16 Oct 2026 or 16. Okt. 2026."""
    return "" if value is None else dateformat.format(value, pgettext("format of a day", "j M Y"))


@register.filter
def short_day(value: date | None) -> str:
    """A day of a month that is known: 16 Oct."""
    return "" if value is None else dateformat.format(value, pgettext("format of a day without year", "j M"))


@register.filter
def instant(value: datetime | None, zone: str = "UTC") -> str:
    """A moment in a time zone, which is named: 6 Nov 2026, 23:59 (Europe/Berlin)."""
    if value is None:
        return ""
    local = value.astimezone(ZoneInfo(zone))
    return f"{dateformat.format(local, pgettext('format of a moment', 'j M Y, H:i'))} ({zone.replace('_', ' ')})"


@register.filter
def iso(value: datetime | date | None) -> str:
    """For the `datetime` of a `time` element."""
    return "" if value is None else value.isoformat()


@register.filter
def month(value: Month | None) -> str:
    """A cycle: October 2026."""
    return "" if value is None else month_in_words(value)


@register.filter
def says(message: object) -> str:
    """A sentence of the domain in the language of the page."""
    return str(in_words(message))


@register.filter
def as_address(path: str) -> str:
    """The path of a request as links write it: refs may hold any character."""
    return escape_uri_path(path)


@register.simple_tag
def unknown() -> str:
    """What an unknown figure is called."""
    return gettext("unknown")


@register.simple_tag
def icon(name: str) -> SafeString:
    """A small picture that says nothing that is not also written beside it."""
    return format_html(
        '<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false"><path d="{}"/></svg>',
        icons.PATHS[name],
    )


@register.filter
def get(mapping: dict[object, object], key: object) -> object:
    """The value of a key that is itself a variable."""
    return mapping.get(key)

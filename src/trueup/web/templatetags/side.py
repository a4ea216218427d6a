"""`{% load side %}`: what stands beside the pages under Settings, and fields of the library's forms."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.forms import BoundField
from django.template import Context
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from trueup.web.menu import SETTINGS, Entry, menu_of, own_pages

register = template.Library()


@dataclass(frozen=True, slots=True)
class Side:
    """What there is under Settings: of the account somebody acts for, and of the person."""

    account: tuple[Entry, ...]
    own: tuple[Entry, ...]


@register.simple_tag(takes_context=True)
def settings_of(context: Context) -> Side:
    """The entries that the viewer of this page has."""
    viewer, path = context.get("viewer"), context["request"].path
    return Side(menu_of(viewer, path, SETTINGS) if viewer else (), own_pages(path))


@register.simple_tag
def bare(field: BoundField) -> SafeString:
    """A field without the text that the library puts inside of it: its label stands above. Where something is wrong people go on."""
    attributes: dict[str, Any] = {"placeholder": False}
    if field.errors:
        attributes["autofocus"] = True
    return field.as_widget(attrs=attributes)


_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


@register.filter
def browser(agent: str) -> str:
    """What a browser calls itself, short enough to be recognized: Firefox on Windows."""
    name = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if name and system:
        return gettext("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return name or system or agent[:60] or gettext("unknown")

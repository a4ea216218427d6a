"""`{% load prices %}`: money, and what differs, as the language of the page writes it."""

from collections.abc import Iterator
from decimal import Decimal

from django import template
from django.utils.translation import gettext

from trueup.kit.money import Money, currency_decimals, round_money
from trueup.kit.quantity import added
from trueup.prices.rules.pricing import Priced
from trueup.statements.rules.settlement import SettledLine
from trueup.web import numbers

register = template.Library()

register.filter("money", numbers.money)


@register.filter
def amount(value: Money | None, currency: str) -> str:
    """The same without the currency, where the heading says it."""
    return "–" if value is None else numbers.shown(value, currency_decimals(currency))


@register.filter
def difference(value: Decimal | None, currency: str) -> str:
    """What is more or less, with its sign."""
    if value is None:
        return "–"
    written = numbers.shown(abs(value), currency_decimals(currency))
    return f"+{written}" if value > 0 else f"−{written}" if value < 0 else written


@register.filter
def besides(line: SettledLine, currency: str) -> str:
    """Why a line is not just its units times the price: free units, a minimum; empty where it is."""
    if line.priced is None:
        return ""
    return ", ".join(_besides(line.priced, currency))


def _besides(priced: Priced, currency: str) -> Iterator[str]:
    if priced.billed_units < priced.units:
        yield gettext("%(number)s free") % {"number": numbers.shown(priced.units - priced.billed_units)}
    elif priced.billed_units > priced.units:
        yield gettext("at least %(number)s units") % {"number": numbers.shown(priced.billed_units)}
    if priced.exact > added(one.exact for one in priced.slices):
        yield gettext("at least %(amount)s") % {"amount": numbers.money(round_money(priced.exact, currency), currency)}

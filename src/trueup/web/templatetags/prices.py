"""`{% load prices %}`: money, and what differs, as the language of the page writes it."""

from decimal import Decimal

from django import template

from trueup.kit.money import Money, currency_decimals
from trueup.web import numbers
from trueup.web.prices import words

register = template.Library()


@register.filter
def money(amount: Money | None, currency: str) -> str:
    """An amount with its currency; one that nobody knows is a dash."""
    return "–" if amount is None else words.money(amount, currency)


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

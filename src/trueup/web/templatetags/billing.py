"""`{% load billing %}`: money, and the words of final billing."""

from functools import partial

from django import template

from trueup.kit.money import Money
from trueup.statements.files import FORMS, Form, Kind
from trueup.statements.rules.documents import sign_of, signed
from trueup.web import numbers, words
from trueup.web.billing import words as own
from trueup.web.prices.words import TAXES

register = template.Library()

register.filter("billing_word", partial(words.word, own.STATUSES))
register.filter("statement_word", partial(words.word, own.KINDS))
register.filter("form_word", partial(words.word, own.FORMS))
register.filter("tax_word", partial(words.word, TAXES))
register.filter("money", numbers.money)
register.filter("price_of", own.price)


@register.simple_tag
def archive_forms() -> tuple[Form, ...]:
    """What an archive of a cycle can hold."""
    return FORMS[Kind.CYCLE]


@register.filter
def billing_look(code: str) -> str:
    """The look of the badge of a billing report."""
    return own.STATUS_LOOKS.get(code, "neutral")


@register.filter
def billing_icon(code: str) -> str:
    """The picture of its badge."""
    return own.STATUS_ICONS.get(code, "info")


@register.filter
def less(amount: Money, kind: str) -> Money:
    """An amount of a statement; a credit note takes it away."""
    return signed(amount, sign_of(kind))

"""`{% load network %}`: the words of accounts, members and terms."""

from django import template

from trueup.catalog.rules import DEFAULT_MEASURE
from trueup.kit.quantity import plain
from trueup.network.queries import MeasureFrom
from trueup.web import words

register = template.Library()


@register.filter
def scope_words(scope: str) -> str:
    """What a client may do."""
    return words.word(words.SCOPES, scope)


@register.filter
def role_words(role: str) -> str:
    """What a member is."""
    return words.word(words.ROLES, role)


@register.filter
def tier_words(tier: str) -> str:
    """What kind of account it is."""
    return words.word(words.TIERS, tier)


@register.filter
def basis_words(basis: str) -> str:
    """The starting value of chargeable units."""
    return words.word(words.BASES, basis)


@register.filter
def measure_words(one: MeasureFrom | None) -> str:
    """A measure with its percentile; none is the usual one."""
    if one is None:
        return words.word(words.MEASURES, DEFAULT_MEASURE)
    return words.measure(f"{one.name} {plain(one.percentile)}" if one.percentile is not None else str(one.name))

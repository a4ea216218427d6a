"""`{% load network %}`: the words of accounts, members and terms."""

from functools import partial

from django import template

from trueup.catalog.rules import DEFAULT_MEASURE
from trueup.kit.quantity import plain
from trueup.network.queries import MeasureFrom
from trueup.web import words

register = template.Library()

WORDS = {"scope_words": words.SCOPES, "role_words": words.ROLES, "tier_words": words.TIERS, "basis_words": words.BASES}
"""Filters that say what a code is called, and the words each of them knows."""

for _filter, _table in WORDS.items():
    register.filter(_filter, partial(words.word, _table))


@register.filter
def measure_words(one: MeasureFrom | None) -> str:
    """A measure with its percentile; none is the usual one."""
    if one is None:
        return words.word(words.MEASURES, DEFAULT_MEASURE)
    return words.measure(f"{one.name} {plain(one.percentile)}" if one.percentile is not None else str(one.name))

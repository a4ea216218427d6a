"""Filters of the pages of insight."""

from collections.abc import Mapping
from decimal import Decimal

from django import template

from trueup.kit.money import Money
from trueup.kit.quantity import ZERO
from trueup.statements.insight import Billed, Reviewed
from trueup.web.drawing import at

register = template.Library()

_HUNDRED = Decimal(100)


@register.filter
def part_of(one: Billed, highest: Mapping[str, Money]) -> str:
    """How long the bar of an amount is, in percent of that of the highest one in its currency."""
    most = highest.get(one.currency, ZERO)
    return at(max(one.amount, ZERO) * _HUNDRED / most) if most > 0 else "0"


@register.filter
def share_of(one: Reviewed) -> str:
    """How long the bar of the over-provisioned share is."""
    return at(min(one.over_provisioned_percent, _HUNDRED))

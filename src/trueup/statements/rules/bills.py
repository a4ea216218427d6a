"""What is still to be billed to a customer when usage came late: the month as it is now, less the same month as it was billed before.

Unlike statements, bills of customers are kept nowhere: both sides are computed, by one price list. So they sum to what one bill says.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal

from trueup.kit.money import total
from trueup.kit.quantity import ZERO, added
from trueup.statements.rules.settlement import ChargedLine, Settled, SettledLine, tax_on


def lines_less(after: Sequence[ChargedLine], before: Sequence[ChargedLine]) -> list[ChargedLine]:
    """Every charged line of both with the difference; it may be below 0."""
    new, old = ({line.service: line for line in lines} for lines in (after, before))
    return [_line_less(new.get(service), old.get(service)) for service in {**new, **old}]


def _line_less(after: ChargedLine | None, before: ChargedLine | None) -> ChargedLine:
    like = after or before
    if like is None:
        raise ValueError("a difference has two sides")
    known = [line.credits for line in (after, before) if line]
    credits_ = None if set(known) == {None} else _less(*(line.credits if line else None for line in (after, before)))
    return replace(like, units=_less(*(line.units if line else None for line in (after, before))), credits=credits_, customers=())


def _less(after: Decimal | None, before: Decimal | None) -> Decimal:
    return added((after or ZERO, (before or ZERO).copy_negate()))


def bill_less(after: Settled, before: Settled, differing: Collection[str]) -> Settled:
    """The difference of two bills by one price list: line by line, with its own tax. `differing`: the services that charge otherwise."""
    new, old = ({(line.kind, line.code): line for line in one.lines} for one in (after, before))
    made = [_settled_less(new.get(key), old.get(key), after.currency, differing) for key in {**new, **old}]
    lines = tuple(line for line in made if line.services)
    net = total((line.amount for line in lines), after.currency)
    return Settled(after.currency, lines, after.tax_rate, net, tax_on(net, after.tax_rate.percent, after.currency))


def nothing_like(one: Settled) -> Settled:
    """A bill of nothing, by the same price list."""
    nothing = total((), one.currency)
    return Settled(one.currency, (), one.tax_rate, nothing, nothing)


def _settled_less(after: SettledLine | None, before: SettledLine | None, currency: str, differing: Collection[str]) -> SettledLine:
    like = after or before
    if like is None:
        raise ValueError("a difference has two sides")
    services = dict.fromkeys(code for line in (after, before) if line for code in line.services if code in differing)
    quantity, exact, amount = (
        _less(*(getattr(line, name) if line else None for line in (after, before))) for name in ("quantity", "exact", "amount")
    )
    return replace(
        like, quantity=quantity, exact=exact, amount=total((amount,), currency), services=tuple(services), priced=None, packed=None
    )  # fmt: skip

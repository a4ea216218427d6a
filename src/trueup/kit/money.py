"""Money: decimals with a currency. Rounded in one place, once per line; a total is the sum of rounded amounts."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeAlias

from babel.numbers import list_currencies

from trueup.kit.errors import Invalid
from trueup.kit.quantity import added, parse_quantity, round_half_up
from trueup.kit.text import Text, text

Money: TypeAlias = Decimal
"""An amount in some currency, rounded to its decimals. What is not yet rounded is an exact Decimal and called so."""

Price: TypeAlias = Decimal
"""Money per unit, package or pack: as fine as `PRICE_DECIMALS`, so that a price per GB can be a fraction of a cent."""

Percent: TypeAlias = Decimal
"""Of a hundred: 12.5 is an eighth."""

PRICE_DECIMALS = 6
PERCENT_DECIMALS = 4
HUNDRED = Decimal(100)

# The minor units of ISO 4217; all other currencies have two.
_DECIMALS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"), 0),
    **dict.fromkeys(("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}

_CURRENCIES = frozenset(list_currencies())


def parse_currency(typed: str) -> str:
    """Read the code of a currency (`EUR`). Raises Invalid."""
    code = typed.strip().upper()
    if code not in _CURRENCIES:
        raise Invalid(text("“{typed}” is not a currency: write its three letters, like EUR", typed=typed))
    return code


def currency_decimals(currency: str) -> int:
    """How many decimals amounts of a currency have."""
    return _DECIMALS.get(currency, 2)


def round_money(exact: Decimal, currency: str) -> Money:
    """An exact amount as it is charged: half up to the currency's decimals."""
    return round_half_up(exact, currency_decimals(currency))


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of rounded amounts, with the decimals of the currency also where there are none."""
    return round_money(added(amounts), currency)


def money_text(amount: Money, currency: str) -> str:
    """An amount in plain notation with all decimals of its currency: `1234.50`."""
    return format(round_money(amount, currency), "f")


def parse_price(typed: str, *, name: Text | str) -> Price:
    """Read a price ≥ 0. Raises Invalid, in the words of the person who typed it."""
    return parse_quantity(typed, decimals=PRICE_DECIMALS, name=name)


def parse_percent(typed: str, *, name: Text | str) -> Percent:
    """Read a percentage from 0 to 100. Raises Invalid."""
    value = parse_quantity(typed, decimals=PERCENT_DECIMALS, name=name)
    if value > HUNDRED:
        raise Invalid(text("{name} must not be above 100 percent, but is {typed}", name=name, typed=typed))
    return value

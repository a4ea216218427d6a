"""Numbers as people write and read them, in the language of the page. Figures inside are plain decimals."""

import re
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.numbers import NumberFormatError, parse_decimal
from django.utils.formats import get_format
from django.utils.translation import get_language

from trueup.kit.errors import Invalid
from trueup.kit.quantity import plain
from trueup.kit.text import text

_NUMBER = re.compile(r"[-+]?[0-9.,]+")


def shown(value: Decimal | int, decimals: int | None = None) -> str:
    """A number with the separators of the language: `1,234.5` or `1.234,5`. `decimals`: at least so many are shown."""
    number = Decimal(value)
    digits = plain(number) or "0"
    have = len(digits.partition(".")[2])
    written = f"{Decimal(digits):,.{max(have, decimals or 0)}f}"
    return written.translate(_separators())


def typed(value: Decimal) -> str:
    """A number as it stands in a field: without separators of thousands, so that nobody has to move around them."""
    return (plain(value) or "0").replace(".", _separators()[ord(".")])


def read(written: str) -> str:
    """What somebody typed, as plain text for an action; empty stays empty. What could be read in two ways is refused, never guessed.

    Raises Invalid.
    """
    cleaned = written.strip()
    if not cleaned:
        return ""
    try:
        number = parse_decimal(_digits(cleaned), locale=_locale(), strict=True)
    except NumberFormatError:
        example = shown(Decimal("1234.5"))
        raise Invalid(
            text("“{written}” is not a number as it is written here: write it like {example}", written=written, example=example)
        ) from None
    return plain(number) or "0"


def _digits(written: str) -> str:
    """The text, if it holds nothing but what plain numbers are written with. Raises NumberFormatError (for `1e3`, `NaN`, `1 2`)."""
    if not _NUMBER.fullmatch(written):
        raise NumberFormatError(written)
    return written


def _separators() -> dict[int, str]:
    """The marks of the language: a page has a thousand numbers."""
    return _separators_of(get_language() or "en")


@cache
def _separators_of(language: str) -> dict[int, str]:
    return {ord(","): str(get_format("THOUSAND_SEPARATOR", language)), ord("."): str(get_format("DECIMAL_SEPARATOR", language))}


def _locale() -> Locale:
    return Locale.parse((get_language() or "en").partition("-")[0])

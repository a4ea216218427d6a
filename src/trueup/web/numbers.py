"""Numbers as people write and read them, in the language of the page. Figures inside are plain decimals."""

import re
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.numbers import NumberFormatError, parse_decimal
from django.conf import settings
from django.utils.formats import get_format
from django.utils.translation import get_language

from trueup.kit.errors import Invalid
from trueup.kit.money import Money, currency_decimals
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


def money(amount: Money | None, currency: str) -> str:
    """An amount with its currency: `1,234.50 EUR`; unknown is a dash."""
    return "–" if amount is None else f"{shown(amount, currency_decimals(currency))} {currency}"


def language() -> str:
    """The code of the language numbers are written in on this page."""
    return get_language() or "en"


def known_language(code: str) -> str:
    """The language a form says it was made in; empty where it says none we know."""
    return code if code in dict(settings.LANGUAGES) else ""


def read_as(written: str, made_in: str) -> str:
    """What somebody typed into a form that was made in a language, as `read` has it; a page may since be shown in another one.

    Where nobody knows the language (empty), it is that of the page, and what another one reads differently is refused. Raises Invalid.
    """
    if made_in == language():
        return read(written)
    own = set() if made_in else {read(written)}
    meanings = own | {read(written, code) for code in _readers(written, made_in)}
    if len(meanings) == 1:
        return meanings.pop()
    example = shown(Decimal("1234.5"))
    raise Invalid(
        text("“{written}” was typed into a page in another language: write it again, like {example}", written=written, example=example)
    )


def _readers(written: str, made_in: str) -> list[str]:
    """The languages in which something that was typed is a number."""
    return [code for code in ([made_in] if made_in else dict(settings.LANGUAGES)) if _is_number(written, code)]


def _is_number(written: str, code: str) -> bool:
    try:
        read(written, code)
    except Invalid:
        return False
    return True


def rewritten(written: str, made_in: str) -> str:
    """What was typed into a form of another language, as it is typed in this one: the same number. Raises Invalid."""
    if made_in == language():
        return written
    number = read_as(written, made_in)
    return typed(Decimal(number)) if number else ""


def read(written: str, code: str = "") -> str:
    """What somebody typed, as plain text for an action; empty stays empty. What could be read in two ways is refused, never guessed.

    `code`: the language it is written in, if it is not that of the page. Raises Invalid.
    """
    cleaned = written.strip()
    if not cleaned:
        return ""
    try:
        number = parse_decimal(_digits(cleaned), locale=_locale(code or language()), strict=True)
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
    return _separators_of(language())


@cache
def _separators_of(code: str) -> dict[int, str]:
    return {ord(","): str(get_format("THOUSAND_SEPARATOR", code)), ord("."): str(get_format("DECIMAL_SEPARATOR", code))}


def _locale(code: str) -> Locale:
    return Locale.parse(code.partition("-")[0])

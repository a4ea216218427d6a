"""What a statement says of its two parties; what an invoice needs of them beyond a name."""

import re
from collections.abc import Mapping
from typing import Final

import pytz

from trueup.kit.errors import Invalid, Problem
from trueup.kit.text import Text, plural, text

MOST_CHARACTERS: Final = 300

COUNTRIES: Final = frozenset(pytz.country_names)
"""ISO 3166-1 alpha-2, as the time zone database has it (iso3166.tab)."""

_VAT_COUNTRIES: Final = COUNTRIES | {"EL", "XI"}
"""A VAT identifier is of a country, but for Greece and Northern Ireland."""

FIELDS: Final = (
    "legal_name", "street", "postal_code", "city", "state", "country", "vat_id", "tax_number", "email", "endpoint_scheme", "endpoint_id",
    "iban", "bic", "payment_days",
)  # fmt: skip
"""What can be said of a party, all of it text; what is not said is empty."""

_FORMS: Final[Mapping[str, tuple[re.Pattern[str], Text]]] = {
    "country": (re.compile(r"[A-Z]{2}"), text("a country has two capital letters, like DE")),
    "vat_id": (
        re.compile(r"[A-Z]{2}[A-Z0-9+*]{2,13}"),
        text("a VAT identifier begins with the two letters of its country, like DE123456789"),
    ),
    "email": (re.compile(r"[^@\s]+@[^@\s]+"), text("this is no e-mail address")),
    "endpoint_scheme": (re.compile(r"\d{4}"), text("the scheme of an electronic address has four digits, like 9930")),
    "iban": (re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}"), text("an IBAN begins with two letters and two digits and has no spaces")),
    "bic": (re.compile(r"[A-Z0-9]{8}([A-Z0-9]{3})?"), text("a BIC has 8 or 11 letters and digits")),
    "payment_days": (re.compile(r"\d{1,3}"), text("payment is due after a whole number of days, 999 at most")),
}


def read_details(said: Mapping[str, object]) -> dict[str, str]:
    """The billing details of an account, as they are kept: what is empty is left out. Raises Invalid with each problem and its place."""
    problems = [
        Problem(name, text("`{field}` is not known here", field=name), "unknown_field", (name,)) for name in said if name not in FIELDS
    ]
    found: dict[str, str] = {}
    for name in FIELDS:
        value = said.get(name)
        wrong = _wrong(name, value)
        if wrong:
            problems.append(Problem(name, wrong, name, (name,)))
        elif value:
            found[name] = str(value).strip()
    if ("endpoint_scheme" in found) != ("endpoint_id" in found) and not problems:
        message = text("an electronic address has a scheme and an identifier")
        problems.append(Problem("endpoint_id", message, "endpoint_id", ("endpoint_id",)))
    if problems:
        raise Invalid(plural("{count} problem; nothing was changed", "{count} problems; nothing was changed", len(problems)), problems)
    return found


def _wrong(name: str, value: object) -> Text | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > MOST_CHARACTERS or not value.isprintable() or not value.strip():
        return text("this must be one line of at most {most} characters", most=MOST_CHARACTERS)
    pattern, message = _FORMS.get(name, (None, None))
    if pattern is not None and not pattern.fullmatch(value.strip()):
        return message
    return _wrong_country(name, value.strip())


def _wrong_country(name: str, value: str) -> Text | None:
    known = {"country": COUNTRIES, "vat_id": _VAT_COUNTRIES}.get(name)
    if known is None or value[:2] in known:
        return None
    return text("“{code}” is no country of ISO 3166-1, as DE is", code=value[:2])


def party(known: Mapping[str, str], details: Mapping[str, str]) -> dict[str, str]:
    """A party as a statement says it: what the network knows (ref, name, company ID, city, state), and billing details, which win."""
    said = {**known, "name": details.get("legal_name") or known["name"]}
    return said | {field: details.get(field, known.get(field, "")) for field in FIELDS if field != "legal_name"}

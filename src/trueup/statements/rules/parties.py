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

_SCHEMES: Final = """\
0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0147 0151 0154 0158 0170 0177 0183 0184 0188 0190 0191 0192 0193
0194 0195 0196 0198 0199 0200 0201 0202 0203 0204 0205 0208 0209 0210 0211 0212 0213 0215 0216 0217 0218 0219 0220 0221 0225
0230 0235 0240 0242 0244 0245 0246 0248 9910 9913 9914 9915 9918 9919 9920 9922 9923 9924 9925 9926 9927 9928 9929 9930 9931
9932 9933 9934 9935 9936 9937 9938 9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959
"""

ENDPOINT_SCHEMES: Final = frozenset(_SCHEMES.split())
"""Who gives out electronic addresses: the code list EAS of EN 16931 (rule BR-CL-25), but for its few codes in letters, as EM for e-mail."""

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
    return _wrong_code(name, value.strip())


def _wrong_code(name: str, value: str) -> Text | None:
    if name == "endpoint_scheme" and value not in ENDPOINT_SCHEMES:
        return text("“{code}” is no scheme of electronic addresses (EAS), as 9930 is", code=value)
    known = {"country": COUNTRIES, "vat_id": _VAT_COUNTRIES}.get(name)
    if known is None or value[:2] in known:
        return None
    return text("“{code}” is no country of ISO 3166-1, as DE is", code=value[:2])


def party(known: Mapping[str, str], details: Mapping[str, str]) -> dict[str, str]:
    """A party as a statement says it: what the network knows (ref, name, company ID, city, state), and billing details, which win."""
    said = {**known, "name": details.get("legal_name") or known["name"]}
    return said | {field: details.get(field, known.get(field, "")) for field in FIELDS if field != "legal_name"}

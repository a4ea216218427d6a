"""The sheet on which a price list is edited: what stands in its fields, read from a document or from what was typed, and back.

A row is a service, or the packs of a solution group. Numbers stand in it as they are typed; a row without anything is not in the list.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, Literal

from django.http import QueryDict

from trueup.kit.errors import Invalid, Problem
from trueup.kit.text import text
from trueup.prices.rules.packs import PACK_SIZE
from trueup.prices.rules.pricing import Pricing
from trueup.web import numbers
from trueup.web.words import says

Section = Literal["services", "packs"]
SECTIONS: Final[Mapping[Section, str]] = {"services": "s", "packs": "p"}
"""What the names of the fields of a section begin with."""

FIELDS: Final[Mapping[Section, tuple[str, ...]]] = {
    "services": ("price", "package_size", "free_units", "minimum_units", "minimum_amount", "margin_percent"),
    "packs": ("price", "pack_size", "complimentary", "margin_percent"),
}
"""The numbers of a row, by the name they have in a document."""

HEAD: Final = ("currency", "tax_percent", "tax_category", "tax_reason", "margin_percent")
_HEAD_NUMBERS: Final = ("tax_percent", "margin_percent")
_PLACES: Final[Mapping[tuple[str, ...], str]] = {
    ("currency",): "currency",
    ("tax",): "tax_percent",
    ("tax", "percent"): "tax_percent",
    ("tax", "category"): "tax_category",
    ("tax", "reason"): "tax_reason",
    ("margin_percent",): "margin_percent",
}

SPARE: Final = 2
"""Empty tiers, and empty customers, that a row offers."""
_OF_A_ROW: Final = 15
"""Fields of a row without tiers and customers."""
MOST_SENT: Final = 5000
"""Rows, tiers and customers of a sheet together; it is sent in fewer fields than twice as many."""
MOST_TYPED: Final = 300
MOST_DIGITS: Final = 40


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in the fields of a service, or of the packs of a group."""

    section: Section
    code: str
    pricing: str = Pricing.UNIT.value
    values: Mapping[str, str] = field(default_factory=dict)
    tiers: tuple[tuple[str, str], ...] = ()
    """Those before the last: up to, and price. The last one has no end; its price is that of the row."""
    customers: tuple[tuple[str, str], ...] = ()
    """Ref and credits of those with complimentary credits of their own."""

    @property
    def says_something(self) -> bool:
        """Whether the list is to have it."""
        typed = {name: value for name, value in self.values.items() if (name, value) != ("pack_size", numbers.typed(PACK_SIZE))}
        return any(typed.values()) or any(map(any, self.tiers)) or any(map(any, self.customers))


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that stands in the fields; `seen` is the fingerprint of what was there when they were filled."""

    seen: str
    head: Mapping[str, str]
    rows: tuple[Row, ...]

    def of(self, section: Section) -> tuple[Row, ...]:
        """The rows of a section."""
        return tuple(row for row in self.rows if row.section == section)

    @property
    def fields(self) -> int:
        """In how many fields it is sent, about."""
        return sum(_OF_A_ROW + 2 * (len(row.tiers) + len(row.customers)) for row in self.rows)

    @property
    def prices(self) -> int:
        """How many prices it has, those of tiers too, and customers with credits of their own."""
        return sum(1 + len(row.tiers) + len(row.customers) for row in self.rows)

    def with_rows(self, section: Section, codes: Iterable[str]) -> "Sheet":
        """The same with empty rows for what has none yet."""
        there = {row.code for row in self.of(section)}
        return replace(self, rows=(*self.rows, *(empty(section, code) for code in codes if code not in there)))


def empty(section: Section, code: str) -> Row:
    """A row that says nothing."""
    return Row(section, code, values={"pack_size": numbers.typed(PACK_SIZE)} if section == "packs" else {})


# ── From a document ───────────────────────────────────────────────────────────────────────────────────────────────────


def filled(document: Mapping[str, Any], seen: str) -> Sheet:
    """The sheet of a price list as it is kept."""
    tax = document.get("tax") or {}
    head = {
        "currency": str(document.get("currency", "")),
        "tax_percent": _typed(tax.get("percent")),
        "tax_category": str(tax.get("category", "")),
        "tax_reason": str(tax.get("reason", "")),
        "margin_percent": _typed(document.get("margin_percent")),
    }
    rows = [_row(section, code, said) for section in SECTIONS for code, said in (document.get(section) or {}).items()]
    return Sheet(seen, head, tuple(rows))


def _row(section: Section, code: str, said: Mapping[str, Any]) -> Row:
    tiers = said.get("tiers") or [{"price": said["price"]}]
    values = {name: _typed(said.get(name)) for name in FIELDS[section] if name != "price"}
    before = tuple((_typed(tier["up_to"]), _typed(tier["price"])) for tier in tiers[:-1])
    own = tuple((customer, _typed(credits_)) for customer, credits_ in (said.get("complimentary_of") or {}).items())
    pricing = str(said.get("pricing", Pricing.UNIT.value))
    return Row(section, code, pricing, values | {"price": _typed(tiers[-1]["price"])}, before, own)


def _typed(said: Any) -> str:
    return "" if said is None else numbers.typed(Decimal(str(said)))


# ── From what was typed ───────────────────────────────────────────────────────────────────────────────────────────────


def typed(data: QueryDict) -> Sheet:
    """The sheet as it was sent. Numbers that were typed into a page of another language stand in it as that of this page writes them.

    Raises Invalid for more rows than are read: nothing is left out of a list because of its length.
    """
    made_in, left = numbers.known_language(data.get("language", "")), MOST_SENT

    def count(name: str) -> range:
        nonlocal left
        written = data.get(name, "")
        found = int(written[:MOST_DIGITS]) if written.isascii() and written.isdigit() else 0
        left -= found
        if left < 0:
            raise Invalid(text("this is more than a page takes: change the list in a file"))
        return range(found)

    def said(name: str) -> str:
        return data.get(name, "").strip()[:MOST_TYPED]

    def number(name: str) -> str:
        try:
            return numbers.rewritten(said(name), made_in)
        except Invalid:
            return said(name)  # what is wrong with it is said when it is read

    head = {name: number(name) if name in _HEAD_NUMBERS else said(name) for name in HEAD}
    rows: list[Row] = []
    for section, letter in SECTIONS.items():
        for place in count(f"{letter}-rows"):
            mark = f"{letter}-{place}"
            tiers = [(number(f"{mark}-t{at}-up_to"), number(f"{mark}-t{at}-price")) for at in count(f"{mark}-tiers")]
            own = [(said(f"{mark}-c{at}-customer"), number(f"{mark}-c{at}-credits")) for at in count(f"{mark}-customers")]
            values = {name: number(f"{mark}-{name}") for name in FIELDS[section]}
            pricing = said(f"{mark}-pricing") or Pricing.UNIT.value
            rows.append(Row(section, said(f"{mark}-code"), pricing, values, _not_empty(tiers), _not_empty(own)))
    return Sheet(said("seen"), head, tuple(rows))


def _not_empty(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in pairs if any(pair))


# ── To a document ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Reading:
    """A sheet as a document. `errors` are sentences by the name of the field they are about; "" is the sheet as a whole."""

    def __init__(self, sheet: Sheet) -> None:
        self.errors: dict[str, str] = {}
        self._places: dict[tuple[str, ...], str] = dict(_PLACES)
        self.document = self._read(sheet)

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Say what the domain refuses beside the fields it is about."""
        for problem in problems:
            name, message = self._field_of(problem.at), says(problem.message)
            self.errors[name] = f"{self.errors[name]} {message}" if name in self.errors else message

    def _field_of(self, at: Sequence[str]) -> str:
        """The field of a place in the document, or of the nearest place above it that has one."""
        return next((self._places[tuple(at[:end])] for end in range(len(at), 0, -1) if tuple(at[:end]) in self._places), "")

    def _read(self, sheet: Sheet) -> dict[str, Any]:
        said: dict[str, Any] = {"currency": sheet.head["currency"]}
        percent = self._number("tax_percent", sheet.head["tax_percent"])
        tax = {"percent": percent, "category": sheet.head["tax_category"], "reason": sheet.head["tax_reason"]}
        said["tax"] = {name: value for name, value in tax.items() if value} or None
        margin = self._number("margin_percent", sheet.head["margin_percent"])
        if margin:
            said["margin_percent"] = margin
        for section, letter in SECTIONS.items():
            rows = enumerate(sheet.of(section))
            said[section] = {row.code: self._row(row, f"{letter}-{place}") for place, row in rows if row.says_something}
        return said

    def _row(self, row: Row, mark: str) -> dict[str, Any]:
        at = (row.section, row.code)
        self._places[at] = mark
        said: dict[str, Any] = {"pricing": row.pricing} if row.section == "services" else {}
        self._places[*at, "pricing"] = f"{mark}-pricing"
        for name in FIELDS[row.section]:
            self._places[*at, name] = f"{mark}-{name}"
            found = self._number(f"{mark}-{name}", row.values.get(name, ""))
            if found and name != "price":
                said[name] = found
        said |= self._prices(row, mark)
        own: dict[str, str | None] = {}
        for place, (customer, credits_) in enumerate(row.customers):
            name = f"{mark}-c{place}-customer"
            if customer in own or not customer:
                self.errors[name] = says(text("this customer is here twice") if customer else text("say which customer this is for"))
            own[customer] = self._number(f"{mark}-c{place}-credits", credits_) or "0"
            self._places[*at, "complimentary_of", customer] = name
        return said | ({"complimentary_of": own} if own else {})

    def _prices(self, row: Row, mark: str) -> dict[str, Any]:
        """The price, or the tiers with it as the last."""
        price = self._number(f"{mark}-price", row.values.get("price", ""))
        if price is None:
            self.errors.setdefault(f"{mark}-price", says(text("there must be a price; 0 is one too")))
        if not row.tiers and (row.pricing == Pricing.UNIT.value or row.section == "packs"):
            return {"price": price}
        tiers: list[dict[str, str | None]] = []
        for place, (end, amount) in enumerate(row.tiers):
            at = (row.section, row.code, "tiers", str(place))
            self._places[*at, "up_to"], self._places[*at, "price"] = f"{mark}-t{place}-up_to", f"{mark}-t{place}-price"
            found = {"up_to": self._number(f"{mark}-t{place}-up_to", end), "price": self._number(f"{mark}-t{place}-price", amount)}
            for name in (name for name, value in found.items() if value is None):
                self.errors.setdefault(f"{mark}-t{place}-{name}", says(text("a tier has an end and a price")))
            tiers.append(found)
        last = (row.section, row.code, "tiers", str(len(row.tiers)))
        self._places[last] = self._places[*last, "price"] = f"{mark}-price"
        return {"tiers": [*tiers, {"price": price}]}

    def _number(self, name: str, written: str) -> str | None:
        """A number as plain text; None for nothing, and where it can't be read, which is noted."""
        if len(written) > MOST_DIGITS:
            self.errors[name] = says(text("this is too long to be a number"))
            return None
        try:
            return numbers.read(written) or None
        except Invalid as refused:
            self.errors[name] = says(refused.message)
            return None

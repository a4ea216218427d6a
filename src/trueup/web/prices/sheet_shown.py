"""The sheet of a price list as its template shows it: every field with its name, what stands in it and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from trueup.prices.rules.lists import TaxCategory
from trueup.prices.rules.pricing import Pricing
from trueup.web import numbers
from trueup.web.prices.lists import Catalog
from trueup.web.prices.sheet import FIELDS, HEAD, SECTIONS, SPARE, Reading, Row, Section, Sheet
from trueup.web.prices.words import PRICING_SENTENCES, PRICINGS, TAXES, shown_price
from trueup.web.words import Words


@dataclass(frozen=True, slots=True)
class Cell:
    """One field."""

    name: str
    value: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class RowShown:
    """A row: `mark` begins the names of its fields; `notes` say what somebody else has done to it meanwhile."""

    mark: str
    code: str
    name: str
    unit: str
    group: str
    pricing: Cell
    cells: Mapping[str, Cell]
    tiers: tuple[tuple[Cell, Cell], ...]
    customers: tuple[tuple[Cell, Cell], ...]
    error: str
    note: str
    is_open: bool
    focus: bool


@dataclass(frozen=True, slots=True)
class SheetShown:
    """The whole sheet."""

    seen: str
    language: str
    head: Mapping[str, Cell]
    notes: Mapping[str, str]
    """By name of a field of the head: what is there by now, where that is something else."""
    services: tuple[RowShown, ...]
    packs: tuple[RowShown, ...]
    errors: tuple[str, ...]
    """What is wrong with the sheet as a whole."""
    wrong: int
    pricings: tuple[tuple[str, str], ...]
    taxes: tuple[tuple[str, str], ...]
    sentences: tuple[tuple[str, str], ...]
    addable: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    """Services without a row, group by group."""


@dataclass(frozen=True, slots=True)
class Extra:
    """What a page adds to a sheet: more empty tiers for a row, the row where the person goes on, what is there meanwhile."""

    more: str = ""
    focus: str = ""
    fresh: Mapping[str, Any] | None = None


def shown(sheet: Sheet, known: Catalog, reading: Reading | None = None, extra: Extra | None = None) -> SheetShown:
    """A sheet for its template."""
    errors = dict(reading.errors) if reading else {}
    making = _Making(known, errors, extra or Extra())
    whole = errors.pop("", "")
    cells = {name: Cell(name, sheet.head.get(name, ""), errors.get(name, "")) for name in HEAD}
    there = {row.code for row in sheet.of("services")}
    left = [(group.name, tuple((one.code, one.name) for one in group.services if one.code not in there)) for group in known.groups]
    return SheetShown(
        sheet.seen, numbers.language(), cells, making.head_notes(sheet.head), making.rows(sheet, "services"), making.rows(sheet, "packs"),
        (whole,) if whole else (), len(errors), _offered(PRICINGS, Pricing), _offered(TAXES, TaxCategory),
        tuple((str(PRICINGS[one]), str(PRICING_SENTENCES[one])) for one in Pricing), tuple(one for one in left if one[1]),
    )  # fmt: skip


def _offered(words: Words, codes: Any) -> tuple[tuple[str, str], ...]:
    return tuple((code.value, str(words[code])) for code in codes)


@dataclass(frozen=True, slots=True)
class _Making:
    """Makes rows."""

    known: Catalog
    errors: Mapping[str, str]
    extra: Extra

    def rows(self, sheet: Sheet, section: Section) -> tuple[RowShown, ...]:
        """The rows of a section. They are named by their place in the sheet, and stand in the order of the catalog."""
        about = self._about(section)
        order = {code: place for place, code in enumerate(about)}
        made = [self._row(row, f"{SECTIONS[section]}-{place}", about) for place, row in enumerate(sheet.of(section))]
        return tuple(sorted(made, key=lambda row: order.get(row.code, len(order))))

    def _about(self, section: Section) -> dict[str, tuple[str, str, str]]:
        """Name, unit and group of what there is, by code."""
        if section == "packs":
            return {group.code: (group.name, _("pack"), "") for group in self.known.groups}
        return {one.code: (one.name, one.unit_name, group.name) for group in self.known.groups for one in group.services}

    def _row(self, row: Row, mark: str, about: Mapping[str, tuple[str, str, str]]) -> RowShown:
        name, unit, group = about.get(row.code, (row.code, "", _("No longer in the catalog")))
        spare = SPARE + (4 if self.extra.more == mark else 0)
        tiers = [*row.tiers, *[("", "")] * spare]
        own = [*row.customers, *[("", "")] * spare] if row.section == "packs" else []
        cells = {field: self._cell(f"{mark}-{field}", row.values.get(field, "")) for field in FIELDS[row.section]}
        inner = any(key.startswith(f"{mark}-") and key not in {f"{mark}-price", f"{mark}-margin_percent"} for key in self.errors)
        folded = any(cell.value for field, cell in cells.items() if field not in {"price", "margin_percent", "pack_size"})
        return RowShown(
            mark, row.code, name, unit, group, self._cell(f"{mark}-pricing", row.pricing), cells,
            self._pairs(f"{mark}-t", ("up_to", "price"), tiers), self._pairs(f"{mark}-c", ("customer", "credits"), own),
            self.errors.get(mark, ""), self._note(row),
            is_open=inner or folded or bool(row.tiers or row.customers or self.extra.more == mark or self.errors.get(mark)),
            focus=bool(self.extra.focus) and self.extra.focus == row.code,
        )  # fmt: skip

    def _cell(self, name: str, value: str) -> Cell:
        return Cell(name, value, self.errors.get(name, ""))

    def _pairs(self, mark: str, names: tuple[str, str], pairs: Sequence[tuple[str, str]]) -> tuple[tuple[Cell, Cell], ...]:
        return tuple(
            (self._cell(f"{mark}{place}-{names[0]}", one), self._cell(f"{mark}{place}-{names[1]}", other))
            for place, (one, other) in enumerate(pairs)
        )

    # ── What somebody else did meanwhile ──────────────────────────────────────────────────────────────────────────────

    def head_notes(self, head: Mapping[str, str]) -> dict[str, str]:
        """Fields of the head that are something else by now, with what they are."""
        fresh = self.extra.fresh
        return {} if fresh is None else {name: fresh["head"][name] or "–" for name in HEAD if fresh["head"][name] != head.get(name, "")}

    def _note(self, row: Row) -> str:
        """What the price is by now, where that is something else than what stands in the row."""
        if self.extra.fresh is None:
            return ""
        there = self.extra.fresh["document"].get(row.section, {}).get(row.code)
        mine = self.extra.fresh["mine"].get(row.section, {}).get(row.code)
        if there == mine:
            return ""
        if there is None:
            return _("Changed meanwhile; the list has no price for it now.") if row.says_something else ""
        if (row.section, row.code) in self.extra.fresh["added"]:
            return _("Somebody else has added this meanwhile; empty its fields to take it out again.")
        currency = self.extra.fresh["document"]["currency"]
        return _("Changed meanwhile; now it is: %(price)s") % {"price": str(shown_price(there, currency))}

"""What is still to be settled when usage came late: the difference to everything that was said of the same month before
(docs/settlement.md, *Late usage*).

Both sides are documents. What was said is read from statements as they were issued, and not computed again: so a statement and its
adjustments sum to what one statement over the newer figures says, to the smallest unit of the currency, whatever became of prices.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from trueup.kit.errors import Invalid
from trueup.kit.money import money_text, total
from trueup.kit.quantity import ZERO, added, plain
from trueup.kit.text import text
from trueup.statements.rules.documents import Document, Part, StatementKind, parts_of, sign_of, signed
from trueup.statements.rules.settlement import tax_on

_SUMMED: Final = ("quantity", "list_amount", "credits", "complimentary", "billed_credits")
"""Of a line, besides its amount; those of packs only where it has them."""

_LEFT_OUT: Final = ("position", "slices", "billed_units", "complimentary_of", "before", "after", "parts")
"""What says how a whole amount came about, and nothing of a difference."""

Key = tuple[str, str]
"""A line of money: its kind and code."""


def standing(documents: Iterable[Document]) -> list[Document]:
    """Of statements those that count: neither corrected, nor the credit notes that correct."""
    known = list(documents)
    corrected = {one["corrects"] for one in known}
    return [one for one in known if one["number"] not in corrected and not (one["corrects"] and one["kind"] == StatementKind.CREDIT_NOTE)]


@dataclass(slots=True)
class _Said:
    """What some statements have said of one line together; `like` is the line as the last of them said it."""

    like: Document
    sums: dict[str, Decimal] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)

    def add(self, line: Document, currency: str, sign: int) -> None:
        self.like = line
        for name in ("amount", *_SUMMED):
            if name in line:
                self.sums[name] = added((self.sums.get(name, ZERO), signed(Decimal(line[name]), sign)))
        for part in parts_of(line, currency):
            self.parts[part.service] = _added(self.parts.get(part.service), part, sign)


def _added(known: Part | None, part: Part, sign: int) -> Part:
    """Two parts of one service together."""
    old = known or Part(part.service, part.name, part.unit, ZERO, None, ZERO, ZERO)
    credits_ = None if part.credits is None and old.credits is None else added((old.credits or ZERO, signed(part.credits or ZERO, sign)))
    both = ((old.units, part.units), (old.amount, part.amount), (old.exact, part.exact))
    units, amount, exact = (added((one, signed(other, sign))) for one, other in both)
    return Part(part.service, part.name, part.unit, units, credits_, amount, exact)


def _said(documents: Sequence[Document]) -> dict[Key, _Said]:
    """What statements have said, line by line."""
    found: dict[Key, _Said] = {}
    for document in documents:
        for line in document["lines"]:
            found.setdefault((line["kind"], line["code"]), _Said(line)).add(line, document["currency"], sign_of(document["kind"]))
    return found


def adjustment(after: Document, before: Sequence[Document]) -> Document:
    """The difference between what a month comes to by now (`after`, as settled_document writes it) and what standing statements have
    said of it. Lines that do not differ are left out; amounts may be below 0.

    Raises Invalid where currency or tax are others: then there is no difference.
    """
    currency = after["currency"]
    for one in before:
        if (one["currency"], one["tax_rate"]) != (currency, after["tax_rate"]):
            raise Invalid(text("“{number}” is in another currency or tax: correct it first", number=one["number"]))
    new, old = _said([{**after, "kind": StatementKind.STATEMENT}]), _said(before)
    lines = [_difference(new.get(key), old.get(key), currency) for key in {**new, **old}]
    differing = [line for line in lines if _is_something(line)]
    said = _summed(after, [{"position": position, **line} for position, line in enumerate(differing, start=1)])
    return {**said, "adjusts": [one["number"] for one in before]}


def _difference(new: _Said | None, old: _Said | None, currency: str) -> Document:
    """One line, with the two amounts it lies between."""
    after, before = ({} if one is None else one.sums for one in (new, old))
    said = new or old
    if said is None:
        raise ValueError("a difference has two sides")
    services = {**(new.parts if new else {}), **(old.parts if old else {})}
    parts = [_less(service, new, old) for service in services]
    sums: Document = {name: plain(_minus(after, before, name)) for name in _SUMMED if name in after or name in before}
    line: Document = {
        **{name: value for name, value in said.like.items() if name not in _LEFT_OUT},
        **sums,
        "amount": money_text(_minus(after, before, "amount"), currency),
        "charged": [_charged(part) for part in parts],
        "parts": [
            {"service": part.service, "amount": money_text(part.amount, currency), "list_amount": plain(part.exact)} for part in parts
        ],
        "before": _side(before, currency),
        "after": _side(after, currency) | ({"slices": new.like["slices"]} if new and "slices" in new.like else {}),
    }
    return line


def _minus(after: Mapping[str, Decimal], before: Mapping[str, Decimal], name: str) -> Decimal:
    return added((after.get(name, ZERO), before.get(name, ZERO).copy_negate()))


def _less(service: str, new: _Said | None, old: _Said | None) -> Part:
    """The difference of one service's parts."""
    known, past = (one.parts.get(service) if one else None for one in (new, old))
    like = next(part for part in (known, past) if part)
    base = known or Part(like.service, like.name, like.unit, ZERO, None, ZERO, ZERO)
    return _added(base, past, -1) if past else base


def _charged(part: Part) -> Document:
    return {"service": part.service, "name": part.name, "unit": part.unit, "units": plain(part.units), "credits": plain(part.credits)}


def _side(sums: Mapping[str, Decimal], currency: str) -> Document:
    quantity, listed = (plain(sums.get(name, ZERO)) for name in ("quantity", "list_amount"))
    return {"quantity": quantity, "list_amount": listed, "amount": money_text(sums.get("amount", ZERO), currency)}


def _is_something(line: Document) -> bool:
    figures = [line[name] for name in ("quantity", "list_amount", "amount")]
    figures += [one[name] for one in line["charged"] for name in ("units", "credits") if one[name] is not None]
    figures += [one["amount"] for one in line["parts"]]
    return any(Decimal(one) for one in figures)


def _summed(after: Document, lines: Sequence[Document]) -> Document:
    """The totals: tax is rounded once, on the difference, as on the total of any statement."""
    currency = after["currency"]
    net = total((Decimal(line["amount"]) for line in lines), currency)
    tax = tax_on(net, Decimal(after["tax_rate"]["percent"]), currency)
    money = {"net": net, "tax": tax, "gross": total((net, tax), currency)}
    return {**after, "lines": list(lines), **{name: money_text(value, currency) for name, value in money.items()}}


def turned(said: Document) -> Document:
    """The same with all signs turned: what is below 0 as a statement, as a credit note. The two amounts a line lies between stay."""
    return {**said, "lines": [_turned_line(line) for line in said["lines"]], **_turned(said, ("net", "tax", "gross"))}


def _turned_line(line: Document) -> Document:
    turned_: Document = {**line, **_turned(line, ("amount", *_SUMMED))}
    turned_["charged"] = [{**one, **_turned(one, ("units", "credits"))} for one in line["charged"]]
    if "parts" in line:
        turned_["parts"] = [{**one, **_turned(one, ("amount", "list_amount"))} for one in line["parts"]]
    if "slices" in line:
        turned_["slices"] = [{**one, **_turned(one, ("units",))} for one in line["slices"]]
    return turned_ | _turned(line, ("billed_units",))


def _turned(said: Document, names: Iterable[str]) -> Document:
    """Numbers as text with their signs turned: 0 stays what it is."""
    return {name: _minus_text(said[name]) for name in names if said.get(name) is not None}


def _minus_text(written: str) -> str:
    if not Decimal(written):
        return written
    return written[1:] if written.startswith("-") else f"-{written}"

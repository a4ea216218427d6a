"""The money of a document as a page shows it: each line with the steps from its units to its amount, and the services behind it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from trueup.kit.money import Money
from trueup.kit.quantity import Credits, Quantity, added, times
from trueup.statements.rules.documents import Document, Part, parts_of
from trueup.web import numbers
from trueup.web.billing.words import percent, price


@dataclass(frozen=True, slots=True)
class Complimentary:
    """Credits that a customer (ref) does not pay."""

    customer: str
    credits: Credits
    complimentary: Credits


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """A line of money. `steps` say how its amount comes about, one after the other."""

    position: int
    kind: str
    code: str
    name: str
    unit: str
    quantity: Quantity
    prices: str
    margin: str
    promo_code: str
    amount: Money
    currency: str
    steps: tuple[str, ...]
    parts: tuple[Part, ...]
    complimentary_of: tuple[Complimentary, ...]

    @property
    def is_packs(self) -> bool:
        """Whether packs of credits are charged."""
        return self.kind == "packs"

    @property
    def services(self) -> tuple[str, ...]:
        """The codes of the services behind it."""
        return tuple(part.service for part in self.parts)


@dataclass(frozen=True, slots=True)
class Sums:
    """What lines come to."""

    currency: str
    net: Money
    tax_percent: str
    tax_category: str
    tax_reason: str
    tax: Money
    gross: Money


def lines_in(document: Document) -> tuple[MoneyLine, ...]:
    """The lines of a document, as rules.documents writes it."""
    currency, listed = document["currency"], document.get("prices", {})
    return tuple(_line(line, currency, listed) for line in document["lines"])


def sums_in(document: Document) -> Sums:
    """Its totals."""
    rate = document["tax_rate"]
    net, tax, gross = (Decimal(document[name]) for name in ("net", "tax", "gross"))
    return Sums(document["currency"], net, percent(Decimal(rate["percent"])), rate["category"], rate["reason"], tax, gross)


def _line(line: Document, currency: str, listed: Mapping[str, Any]) -> MoneyLine:
    margin = Decimal(line["margin_percent"])
    slices = [(Decimal(one["units"]), Decimal(one["price"])) for one in line.get("slices", ())]
    size = _package_size(line, listed)
    return MoneyLine(
        position=line["position"],
        kind=line["kind"],
        code=line["code"],
        name=line["name"],
        unit=_("pack") if line["kind"] == "packs" else line["unit"],
        quantity=Decimal(line["quantity"]),
        prices=", ".join(dict.fromkeys(price(one, currency) for _units, one in slices)),
        margin=percent(margin) if margin else "",
        promo_code=line["promo_code"],
        amount=Decimal(line["amount"]),
        currency=currency,
        steps=tuple(_steps(line, currency, slices, size)),
        parts=tuple(parts_of(line, currency)),
        complimentary_of=tuple(map(_complimentary, line.get("complimentary_of", ()))),
    )


def _complimentary(said: Document) -> Complimentary:
    return Complimentary(said["customer"], Decimal(said["credits"]), Decimal(said["complimentary"]))


def _package_size(line: Document, listed: Mapping[str, Any]) -> Decimal | None:
    """How many units a package holds, where packages are charged; a promo code may charge units in their place."""
    said = listed.get("services", {}).get(line["code"], {}) if line["kind"] == "service" else {}
    if said.get("pricing") != "package" or line["promo_code"]:
        return None
    return Decimal(said["package_size"])


def _steps(line: Document, currency: str, slices: list[tuple[Decimal, Decimal]], size: Decimal | None) -> Iterator[str]:
    """From units to the amount, in sentences."""
    if "before" in line:
        yield from _difference(line, currency)
        return
    yield from _counted(line)
    for units, one in slices:
        values = {"units": numbers.shown(units), "price": price(one, currency), "amount": price(times(units, one), currency)}
        if size is not None:
            values["size"] = numbers.shown(size)
            yield _("%(units)s packages of %(size)s × %(price)s = %(amount)s") % values
        else:
            yield _("%(units)s × %(price)s = %(amount)s") % values
    listed, margin = Decimal(line["list_amount"]), Decimal(line["margin_percent"])
    made = added(times(units, one) for units, one in slices)
    if listed > made:
        yield _("At least %(amount)s is charged.") % {"amount": price(listed, currency)}
    if margin:
        yield _("Less a margin of %(margin)s.") % {"margin": percent(margin)}
    if line["promo_code"]:
        yield _("With the promo code %(code)s.") % {"code": line["promo_code"]}
    yield _("Rounded once, half up: %(amount)s.") % {"amount": numbers.money(Decimal(line["amount"]), currency)}


def _difference(line: Document, currency: str) -> Iterator[str]:
    """Of usage that came late: what the month came to before, and what it comes to now."""
    for side, sentence in (
        ("before", _("Charged before: %(units)s, %(amount)s.")),
        ("after", _("Comes to by now: %(units)s, %(amount)s.")),
    ):
        said = line[side]
        yield sentence % {"units": numbers.shown(Decimal(said["quantity"])), "amount": numbers.money(Decimal(said["amount"]), currency)}
    difference = added((Decimal(line["after"]["amount"]), Decimal(line["before"]["amount"]).copy_negate()))  # a credit note has it turned
    yield _("This line is the difference: %(amount)s.") % {"amount": numbers.money(difference, currency)}


def _counted(line: Document) -> Iterator[str]:
    """How many are priced, where that is not simply the units of the line."""
    if line["kind"] == "packs" and "credits" in line:
        values = {name: numbers.shown(Decimal(line[name])) for name in ("credits", "complimentary", "billed_credits")}
        if Decimal(line["complimentary"]):
            yield _("%(credits)s credits, less %(complimentary)s that are complimentary: %(billed_credits)s.") % values
        packs = {"credits": values["billed_credits"], "size": numbers.shown(Decimal(line["pack_size"]))}
        yield _("%(credits)s credits in packs of %(size)s, rounded half up to whole packs.") % packs
    elif "billed_units" in line and Decimal(line["billed_units"]) != Decimal(line["quantity"]):
        values = {"units": numbers.shown(Decimal(line["quantity"])), "billed": numbers.shown(Decimal(line["billed_units"]))}
        yield _("Of %(units)s units %(billed)s are priced, after free and minimum units.") % values

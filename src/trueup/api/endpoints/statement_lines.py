"""The lines of billing reports and statements: how units became an amount, in every step."""

from collections.abc import Mapping
from typing import Any, Final

from ninja import Field, Schema

from trueup.api.schemas import Number
from trueup.statements.rules.documents import Document
from trueup.statements.rules.settlement import ChargedLine, LineKind


class ChargedUnits(Schema):
    """Units of a service that a line charges."""

    service: str = Field(description="The code of the service.")
    name: str = Field(description="What it is called.")
    unit: str = Field(description="The billing unit.")
    units: Number = Field(description="Chargeable units that were approved.")
    credits: Number | None = Field(description="The credits they stand for; null: the service has none.")


class SliceShown(Schema):
    """Some units (packages, packs) at one price."""

    units: Number = Field(description="How many.")
    price: Number = Field(description="The price of each.")


class Complimentary(Schema):
    """Credits of one customer that are complimentary."""

    customer: str = Field(description="The ref of the customer.")
    credits: Number = Field(description="Its credits.")
    complimentary: Number = Field(description="Those of them that nobody pays.")


class Side(Schema):
    """What a whole line comes to: one of the two that a line about late usage lies between."""

    quantity: Number = Field(description="Chargeable units, or whole packs.")
    list_amount: Number = Field(description="What they cost before the margin, not rounded.")
    amount: Number = Field(description="What is charged for them.")
    slices: list[SliceShown] = Field(description="How they are priced; empty for what was charged `before`.")


class MoneyLine(Schema):
    """A line: `list_amount` less the margin, rounded once, is `amount`; the amounts of all lines sum to `net`.

    About late usage every figure is the difference between the line as it is now (`after`) and what was charged of it (`before`).
    """

    position: int = Field(description="Its place, from 1.")
    kind: LineKind = Field(description="`service`: units of a service; `packs`: credits of a solution group, in packs.")
    code: str = Field(description="The code of the service, or of the solution group.")
    name: str = Field(description="What it is called.")
    unit: str = Field(description="What is counted.")
    quantity: Number = Field(description="Chargeable units, or whole packs.")
    billed_units: Number | None = Field(description="Units after free and minimum units; null for packs.")
    slices: list[SliceShown] = Field(description="How they were priced; empty for a difference: see `after`.")
    list_amount: Number = Field(description="What they cost before the margin, not rounded.")
    margin_percent: Number = Field(description="The percent taken off.")
    promo_code: str = Field(description="The promo code that unlocked price or margin; empty: none.")
    amount: Number = Field(description="What is charged.")
    charged: list[ChargedUnits] = Field(description="The services behind the line.")
    pack_size: Number | None = Field(description="Credits in a pack; null unless it is about packs.")
    credits: Number | None = Field(description="Credits of all customers; null unless it is about packs.")
    complimentary: Number | None = Field(description="Those that nobody pays; null unless it is about packs.")
    billed_credits: Number | None = Field(description="Those that fill packs; null unless it is about packs.")
    complimentary_of: list[Complimentary] = Field(description="Whose credits are complimentary.")
    before: Side | None = Field(description="Of late usage: what statements have said of the whole line before; null: it is no difference.")
    after: Side | None = Field(description="Of late usage: what the whole line comes to now; null: it is no difference.")


class TaxRate(Schema):
    """The one tax rate."""

    percent: Number = Field(description="The rate.")
    category: str = Field(description="Why it is that, in the words of EN 16931.")
    reason: str = Field(description="The reason for no tax, where there is one.")


class Amounts(Schema):
    """Lines and what they come to."""

    currency: str = Field(description="The currency of all amounts.")
    tax_rate: TaxRate = Field(description="The tax rate.")
    lines: list[MoneyLine] = Field(description="Every line.")
    net: Number = Field(description="The sum of the lines.")
    tax: Number = Field(description="The tax on it, rounded once.")
    gross: Number = Field(description="What is to be paid.")
    adjusts: list[str] = Field(description="Of late usage: the numbers of the statements it is the difference to; empty: it is none.")


_UNSAID: Final[Mapping[str, Any]] = {
    "billed_units": None, "slices": (), "pack_size": None, "credits": None, "complimentary": None, "billed_credits": None,
    "complimentary_of": (), "before": None, "after": None,
}  # fmt: skip


def charged_units(line: ChargedLine) -> dict[str, Any]:
    """Units that a line charges."""
    return {"service": line.service, "name": line.service_name, "unit": line.unit, "units": line.units, "credits": line.credits}


def amounts(said: Document | None) -> dict[str, Any] | None:
    """The money of a document; None where there is none yet."""
    if said is None:
        return None
    totals = {name: said[name] for name in ("currency", "tax_rate", "net", "tax", "gross")}
    return {"lines": [_line(line) for line in said["lines"]], **totals, "adjusts": said.get("adjusts", ())}


def _line(line: Document) -> dict[str, Any]:
    sides: Document = {name: {"slices": (), **line[name]} for name in ("before", "after") if name in line}
    return {**_UNSAID, **line, **sides}

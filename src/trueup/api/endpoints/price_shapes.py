"""Price lists and promo codes as they are taken and answered. What stands in them the rules check, which say the place of what is wrong."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

from ninja import Field, Schema
from pydantic import ConfigDict, WithJsonSchema

from trueup.api.parameters import Storable
from trueup.api.schemas import Instant, Number
from trueup.prices.portions import Listed
from trueup.prices.queries import Kept, KeptPromo
from trueup.prices.rules.definition import MOST_CHARACTERS, MOST_PRICES, MOST_TIERS
from trueup.prices.rules.documents import Document
from trueup.prices.rules.lists import Tax as KeptTax
from trueup.prices.rules.lists import TaxCategory
from trueup.prices.rules.pricing import Pricing

_NUMBER: Final[Mapping[str, Any]] = {
    "anyOf": [{"type": "string", "pattern": r"^\d+(\.\d+)?$", "maxLength": 60}, {"type": "integer", "minimum": 0}],
}  # fmt: skip
_TEXT: Final[Mapping[str, Any]] = {"type": "string", "maxLength": MOST_CHARACTERS}


def _number(said: str) -> dict[str, Any]:
    return {**_NUMBER, "description": said}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


_MARGIN: Final = "Percent taken off the price; left out: that of the whole list."
_TIERS: Final = {
    "type": "array", "minItems": 1, "maxItems": MOST_TIERS,
    "description": "Prices by number; each ends above the one before, and the last has no end.",
    "items": _object(up_to=_number("Up to and including so many; the last tier has none."), price=_number("The price there.")),
}  # fmt: skip
_SERVICE: Final = _object(
    price=_number("The one price; instead of `tiers`."),
    pricing={
        "type": "string", "enum": [*Pricing],
        "description": (
            "`unit`: one price for each unit, which is usual. `volume`: one price for all units, by their number. `graduated`: each slice "
            "of the units at the price of its tier. `package`: whole packages, a begun one counting."
        ),
    },
    tiers=_TIERS,
    package_size=_number("Units in a package; only of `package`."),
    free_units=_number("Units that are taken off first."),
    minimum_units=_number("So many units are priced at least."),
    minimum_amount=_number("So much is charged at least."),
    margin_percent=_number(_MARGIN),
)  # fmt: skip
_PACK: Final = _object(
    price=_number("The one price of a pack; instead of `tiers`."),
    tiers=_TIERS,
    pack_size=_number("Credits in a pack; 100, if left out."),
    complimentary=_number("Credits a month that no customer pays."),
    complimentary_of={"type": "object", "additionalProperties": dict(_NUMBER), "description": "The same for single customers, by ref."},
    margin_percent=_number(_MARGIN),
)
_TAX: Final = _object(
    percent=_number("The rate."),
    category={"type": "string", "enum": [*TaxCategory], "description": "`standard`: above 0 percent; every other one has 0."},
    reason={**_TEXT, "description": "Why there is no tax, where the law asks for it."},
)


def _mapping(of: Mapping[str, Any]) -> WithJsonSchema:
    either = {"anyOf": [of, *_NUMBER["anyOf"]], "description": "A price alone is a price for each unit (pack)."}
    return WithJsonSchema({"type": "object", "additionalProperties": either, "maxProperties": MOST_PRICES})


Services = Annotated[dict[str, Any], _mapping(_SERVICE)]
Packs = Annotated[dict[str, Any], _mapping(_PACK)]
Figure = Annotated[Any, WithJsonSchema(dict(_NUMBER))]
"""A number that is sent: a string in plain decimal notation, or a whole number."""

Rate = Annotated[dict[str, Any], WithJsonSchema(_TAX)]


class Taken(Schema):
    """What is sent: nothing that is not known."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PriceListIn(Taken):
    """What a price list says. What it does not name, a buyer pays by the seller's default list of the same currency."""

    currency: Storable = Field(description="Its currency (ISO 4217).", examples=["EUR"])
    tax: Rate = Field({}, description="The one tax rate; left out: 0 percent.")
    margin_percent: Figure = Field("0", description="Percent taken off every price that has no margin of its own.")
    services: Services = Field({}, description="The price of each service, by its code.")
    packs: Packs = Field({}, description="The price of credits in packs, by the code of the solution group.")


class PriceListRow(Schema):
    """A price list in a list."""

    seller: str = Field(description="The ref of who sells.")
    seller_name: str = Field(description="What it is called.")
    buyer: str | None = Field(description="The ref of who buys; null: the default, for buyers without a list of their own.")
    buyer_name: str = Field(description="What it is called; empty for the default.")
    from_date: date = Field(alias="from", description="The first day, as it stands in the address; 0001-01-01: since ever.")
    currency: str = Field(description="Its currency.")
    service_count: int = Field(description="How many services have a price.")
    pack_count: int = Field(description="How many solution groups are sold in packs of credits.")
    saved_at: Instant = Field(description="When it was saved last.")
    saved_by: str = Field(description="By whom.")
    version: str = Field(description="What stands in its ETag.")


class TaxShown(Schema):
    """A tax rate."""

    percent: Number = Field(description="The rate.")
    category: TaxCategory = Field(description="Why it is taxed so.")
    reason: str = Field(description="Why there is no tax, where somebody said so.")


class PriceList(PriceListRow):
    """A price list with all its prices: currency, tax, margin, services and packs as they are sent."""

    tax: TaxShown = Field(description="The one tax rate.")
    margin_percent: Number = Field(description="Percent taken off every price that has no margin of its own.")
    services: Services = Field(description="The price of each service, by its code.")
    packs: Packs = Field(description="The price of credits in packs, by the code of the solution group.")


def list_row(one: Listed) -> dict[str, Any]:
    """A price list in a list."""
    return {
        **{name: getattr(one, name) for name in ("seller", "seller_name", "buyer_name", "saved_at", "saved_by")},
        "buyer": one.buyer or None,
        "from": one.from_date,
        "version": one.fingerprint,
        **_counted(one.document),
    }


def list_shown(kept: Kept) -> dict[str, Any]:
    """A price list with all its prices."""
    tax: KeptTax = kept.prices.tax
    return {
        **{name: getattr(kept, name) for name in ("seller_name", "buyer_name", "saved_at", "saved_by")},
        "seller": kept.prices.seller,
        "buyer": kept.prices.buyer,
        "from": kept.prices.from_date,
        "version": kept.fingerprint,
        **_counted(kept.document),
        "tax": {"percent": tax.percent, "category": tax.category, "reason": tax.reason},
        "margin_percent": kept.prices.margin_percent,
        "services": kept.document["services"],
        "packs": kept.document["packs"],
    }


def _counted(said: Document) -> dict[str, Any]:
    return {"currency": said["currency"], "service_count": len(said["services"]), "pack_count": len(said["packs"])}


class PromoCodeIn(Taken):
    """What a promo code says: when it holds, for what, and what it unlocks: either a price or a margin."""

    begins: Storable = Field(alias="from", description="The first day it holds.", json_schema_extra={"format": "date"})
    until: Storable = Field(description="The last day it holds.", json_schema_extra={"format": "date"})
    service: Storable | None = Field(None, description="The code of the one service it is for; null: of any.")
    buyer: Storable | None = Field(None, description="The ref of the one buyer it is for; null: of any.")
    price: Figure | None = Field(None, description="The price of a unit that it unlocks; the code names its service then.")
    margin_percent: Figure | None = Field(None, description="The margin that it unlocks.")


class PromoCode(Schema):
    """A promo code of your account."""

    seller: str = Field(description="The ref of who sells.")
    code: str = Field(description="What buyers type.")
    from_date: date = Field(alias="from", description="The first day it holds.")
    until: date = Field(description="The last day it holds.")
    service: str | None = Field(description="The code of the one service it is for; null: of any.")
    buyer: str | None = Field(description="The ref of the one buyer it is for; null: of any.")
    price: Number | None = Field(description="The price of a unit that it unlocks; null: it unlocks a margin.")
    margin_percent: Number | None = Field(description="The margin that it unlocks; null: it unlocks a price.")
    saved_at: Instant = Field(description="When it was saved last.")
    saved_by: str = Field(description="By whom.")
    version: str = Field(description="What stands in its ETag.")


def promo_shown(kept: KeptPromo) -> dict[str, Any]:
    """A promo code."""
    promo = kept.promo
    return {
        **{name: getattr(promo, name) for name in ("code", "service", "buyer", "price", "margin_percent")},
        **{name: getattr(kept, name) for name in ("seller", "saved_at", "saved_by")},
        "from": promo.from_date,
        "until": promo.until_date,
        "version": kept.fingerprint,
    }


def sent(body: Schema) -> dict[str, Any]:
    """What a body says, without what it leaves out."""
    return body.model_dump(by_alias=True, exclude_unset=True)

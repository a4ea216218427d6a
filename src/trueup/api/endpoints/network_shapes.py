"""What the operations about the network have in common in what they take and answer."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Annotated, Any, Final, cast

from django.http import HttpRequest
from ninja import Field, Schema
from pydantic import BeforeValidator, ConfigDict, WithJsonSchema

from trueup.accounts.queries import installation
from trueup.accounts.rules import Tier
from trueup.api.callers import Asked
from trueup.api.parameters import Storable
from trueup.kit.period import local_date
from trueup.network.queries import Named as KnownAs
from trueup.network.queries import PlacedUnder, When


def _number(given: object) -> object:
    if isinstance(given, str | int) and not isinstance(given, bool):
        return given
    # A TypeError pydantic would not understand.
    raise ValueError('write the number as a string, like "3.75", so that no digit is lost')


_WRITTEN: Final = {"type": "string", "pattern": r"^\d+(\.\d+)?$", "maxLength": 40}

Typed = Annotated[
    Any, BeforeValidator(_number), WithJsonSchema({"anyOf": [_WRITTEN, {"type": "integer", "minimum": 0}], "examples": ["3.75"]})
]
"""A number that is sent: a string in plain decimal notation, or a whole number. What it has to be, the rules of the network say."""

From = Annotated[
    str | None,
    Field(alias="from", description="The first day on which it holds; null: since ever.", json_schema_extra={"format": "date"}),
]
"""The first day of something that is sent."""


Search = Annotated[Storable, Field(max_length=200, description="Only those in which this is found.")]
RefAsked = Annotated[Storable, Field(min_length=1, max_length=200, description="The ref of an account.")]
"""A ref in a query."""

Version = Annotated[str, Field(description="What stands in the ETag of the entry: it is another as soon as anything of it is.")]


class Taken(Schema):
    """What is sent: nothing that is not known, and nothing read as something else."""

    model_config = ConfigDict(extra="forbid", strict=True, use_enum_values=True)


def today(request: HttpRequest) -> date:
    """The day it is where the installation is: by it is decided what is in force."""
    return local_date(cast("Asked", request).now, installation().time_zone)


class Named(Schema):
    """An account by its name."""

    ref: str = Field(description="What programs call it.")
    name: str = Field(description="What people call it.")
    tier: Tier = Field(description="Where it stands in the channel.")


class Unseen(Schema):
    """An account by its name. One outside your part of the network has no ref, and its name only says what it is."""

    ref: str | None = Field(description="What programs call it; null: it is outside your part of the network.")
    name: str = Field(description="What people call it.")
    tier: Tier = Field(description="Where it stands in the channel.")


class Placement(Schema):
    """Below which account another one is, from a day until a day (which is not one of them)."""

    parent: str | None = Field(description="The ref of the account above it; null: one outside your part of the network.")
    parent_name: str = Field(description="What people call the account above it.")
    from_date: date | None = Field(alias="from", description="The first day; null: since ever.")
    until: date | None = Field(description="The day on which it no longer is; null: without end.")
    when: When = Field(description="Where this stands today.")


def known_as(account: KnownAs) -> dict[str, Any]:
    """An account by its name."""
    return {"ref": account.ref or None, "name": account.name, "tier": account.tier}


def placed(placements: Sequence[PlacedUnder]) -> list[dict[str, Any]]:
    """Placements in an answer."""
    return [
        {"parent": one.parent.ref or None, "parent_name": one.parent.name, "from": one.from_date, "until": one.until_date, "when": one.when}
        for one in placements
    ]


def said(body: Schema) -> dict[str, Any]:
    """What a body says; of what stands in its lists, only what is something."""
    return {name: _whole(value) for name, value in body.model_dump(by_alias=True, exclude_unset=True).items()}


PLACED_BY: Final = "parent"


def _whole(value: Any) -> Any:
    """The entries of a list without what is null, but for a parent: that one is there, and unseen."""
    if not isinstance(value, list):
        return value
    return [
        {name: one for name, one in item.items() if one is not None or name == PLACED_BY} if isinstance(item, dict) else item
        for item in value
    ]


def all_of(body: Schema, without: Collection[str] = ()) -> dict[str, Any]:
    """The same of a body that says everything: a field it does not name is as if nobody had ever said it."""
    fields = (field.alias or name for name, field in type(body).model_fields.items())
    return dict.fromkeys(name for name in fields if name not in without) | said(body)

"""Names nobody knows, and what they stand for."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema
from pydantic import ConfigDict

from trueup.accounts.rules import Scope
from trueup.api import clock, paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.parameters import Storable
from trueup.api.schemas import REFUSALS, WRITES
from trueup.kit.errors import Invalid, Problem
from trueup.kit.text import text
from trueup.ledger.actions import map_name
from trueup.ledger.queries import UnmappedName, source_codes
from trueup.ledger.queries.lists import NamePlace, unmapped_after
from trueup.ledger.rules.columns import LONGEST_NAME
from trueup.uploads.rules import PATIENCE

router = Router()

Code = Annotated[Storable | None, Field(min_length=1, max_length=300)]


class Unmapped(Schema):
    """A name nobody knows, of a `customer` or a `service`, and how many records wait for it."""

    source: str
    kind: str
    name: str
    records: int
    first_day: date
    last_day: date


class Mapping(Schema):
    """What a name stands for: a customer or a service; in one source, or in all where none is named."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Storable, Field(min_length=1, max_length=LONGEST_NAME)]
    customer: Code = None
    service: Code = None
    source: Code = None


class Mapped(Schema):
    """What became of the records that waited: the last batch they are in, how many were stored, how many still wait for something else."""

    batch: int | None
    replayed: int
    remaining: int


@router.get(
    "/unmapped", response={200: paging.Listed[Unmapped], **REFUSALS}, auth=Allowed(Scope.USAGE_READ), operation_id="list_unmapped",
    summary="Unknown names",
)  # fmt: skip
def list_unmapped(
    request: HttpRequest, response: HttpResponse, *, source: Code = None, limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None
) -> Any:
    """The names records wait for: customers first, then services, in the order in which they first came. A vendor's matter."""
    asked: Asked = request  # type: ignore[assignment]
    after = paging.unpacked(cursor, str, int)
    rows = unmapped_after(asked.caller.viewer, after=NamePlace(*after) if after else None, limit=limit + 1, source=source)
    return paging.page(request, response, rows, limit, shown=_shown, place=_place)


def _shown(row: tuple[UnmappedName, NamePlace]) -> UnmappedName:
    return row[0]


def _place(row: tuple[UnmappedName, NamePlace]) -> NamePlace:
    return row[1]


@router.post(
    "/mappings", response={200: Mapped, **WRITES}, auth=Allowed(Scope.USAGE_WRITE), operation_id="map_name", summary="Map a name",
)  # fmt: skip
def map_a_name(request: HttpRequest, mapping: Mapping) -> Any:
    """Say which customer or service a name stands for, and store what waited for it. Saying it again stores what still waits."""
    asked: Asked = request  # type: ignore[assignment]
    if (mapping.customer is None) == (mapping.service is None):
        said = text("a name stands for either a customer or a service")
        raise Invalid(said, [Problem("customer", said, "one_of", (name,)) for name in ("customer", "service")])
    if mapping.source is not None and mapping.source not in source_codes(asked.caller.viewer):
        said = text("there is no source “{code}”", code=mapping.source)
        raise Invalid(said, [Problem("source", said, "unknown_source", ("source",))])
    return map_name(
        asked.caller.viewer, mapping.name, customer=mapping.customer, service=mapping.service, source=mapping.source, now=clock.now(),
        patience=PATIENCE,
    )  # fmt: skip

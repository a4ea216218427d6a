"""Names nobody knows, and what they stand for."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Final, Literal

from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema
from pydantic import ConfigDict

from trueup.accounts.queries import customers_by_ref
from trueup.accounts.rules import Scope
from trueup.api import clock, paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.usage_turns import UPLOADS
from trueup.api.parameters import Storable
from trueup.api.problems import code_of
from trueup.api.schemas import CHANGES, REFUSALS
from trueup.catalog.queries import services_by_code
from trueup.kit.alike import most_alike
from trueup.kit.errors import Busy, Invalid, NotAllowed, Problem, TrueUpError
from trueup.kit.text import text
from trueup.ledger.actions import MappingResult, map_name
from trueup.ledger.queries import UnmappedName, source_codes
from trueup.ledger.queries.lists import NamePlace, unmapped_after
from trueup.ledger.rules.columns import LONGEST_NAME
from trueup.uploads.rules import PATIENCE

_log = logging.getLogger(__name__)

router = Router()

MOST_AT_ONCE: Final = 100
"""Names that one call maps."""

Code = Annotated[Storable | None, Field(min_length=1, max_length=300)]


class Suggestion(Schema):
    """What a name most likely stands for."""

    code: str = Field(description="The ref of a customer, or the code of a service.")
    name: str = Field(description="What it is called.")


class Unmapped(Schema):
    """A name nobody knows, and how many records wait for it."""

    source: str = Field(description="The source that says it.")
    kind: Literal["customer", "service"] = Field(description="What it is a name of.")
    name: str = Field(description="The name, as it was sent.")
    records: int = Field(description="How many records wait for it.")
    first_day: date = Field(description="The first day of these records.")
    last_day: date = Field(description="The last day of these records.")
    suggestion: Suggestion | None = Field(
        None, description="What is most like it; null where nothing is, and unless `expand=suggestion` asks. Nothing is mapped by itself."
    )


class Mapping(Schema):
    """What a name stands for: a customer or a service; in one source, or in all where none is named."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Storable, Field(min_length=1, max_length=LONGEST_NAME, description="The name, as it was sent.")]
    customer: Annotated[Code, Field(description="The ref of the customer it stands for.")] = None
    service: Annotated[Code, Field(description="The code of the service it stands for; either this or `customer`.")] = None
    source: Annotated[Code, Field(description="In which source it does; left out: in all.")] = None


class Mapped(Schema):
    """What became of the records that waited for a name."""

    batch: int | None = Field(description="The last batch they are in now; null: none was stored.")
    replayed: int = Field(description="How many were stored.")
    remaining: int = Field(description="How many still wait for something else.")


class Mappings(Schema):
    """What several names stand for."""

    model_config = ConfigDict(extra="forbid")

    mappings: Annotated[list[Mapping], Field(min_length=1, max_length=MOST_AT_ONCE, description="What each of them stands for.")]


class NotMapped(Schema):
    """Why a name was not mapped."""

    code: str = Field(description="As in a problem document: `not_found`, `conflict`, `unknown_source` …; `busy`: send it again.")
    detail: str = Field(description="The same for people.")


class MappedOne(Mapped):
    """What became of one of several names."""

    name: str = Field(description="The name, as it was sent.")
    source: str | None = Field(description="In which source; null: in all.")
    problem: NotMapped | None = Field(description="Why it was not mapped; null where it was.")


class MappedAll(Schema):
    """What became of several names, in the order in which they were sent."""

    mapped: int = Field(description="How many were mapped.")
    failed: int = Field(description="How many were not; the others are mapped nevertheless.")
    results: list[MappedOne] = Field(description="One for each, in the order in which they were sent.")


@router.get(
    "/unmapped", response={200: paging.Listed[Unmapped], **REFUSALS}, auth=Allowed(Scope.USAGE_READ), operation_id="list_unmapped",
    summary="Unknown names",
)  # fmt: skip
def list_unmapped(
    request: HttpRequest, response: HttpResponse, *,
    source: Annotated[Code, Field(description="Only names that this source says.")] = None,
    expand: Annotated[Literal["suggestion"] | None, Field(description="`suggestion`: each with what it most likely stands for.")] = None,
    limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None,
) -> Any:  # fmt: skip
    """The names records wait for: customers first, then services, in the order in which they first came. A vendor's matter."""
    asked: Asked = request  # type: ignore[assignment]
    after = paging.unpacked(cursor, str, int)
    rows = unmapped_after(asked.caller.viewer, after=NamePlace(*after) if after else None, limit=limit + 1, source=source)
    like = _suggestions(asked, [row[0] for row in rows]) if expand else {}
    return paging.page(request, response, rows, limit, shown=lambda row: _shown(row[0], like), place=_place)


_Suggestions = dict[tuple[str, str], dict[str, str]]
"""By kind and name."""


def _suggestions(asked: Asked, names: list[UnmappedName]) -> _Suggestions:
    """What names most likely stand for."""
    known = {"customer": customers_by_ref, "service": services_by_code}
    found: _Suggestions = {}
    for kind in {one.kind for one in names}:
        labels = known[kind](asked.caller.viewer)
        like = most_alike({one.name for one in names if one.kind == kind}, labels)
        found |= {(kind, name): {"code": code, "name": labels[code]} for name, code in like.items()}
    return found


def _shown(one: UnmappedName, like: _Suggestions) -> dict[str, Any]:
    return {**asdict(one), "suggestion": like.get((one.kind, one.name))}


def _place(row: tuple[UnmappedName, NamePlace]) -> NamePlace:
    return row[1]


@router.post(
    "/mappings", response={200: Mapped, **CHANGES}, auth=Allowed(Scope.USAGE_WRITE), operation_id="map_name", summary="Map a name",
)  # fmt: skip
def map_a_name(request: HttpRequest, mapping: Mapping) -> Any:
    """Say which customer or service a name stands for, and store what waited for it. Saying it again stores what still waits."""
    with UPLOADS.taken(_account(request)):  # it may wait for imports
        return _map(request, mapping)


@router.post(
    "/mappings/batch", response={200: MappedAll, **CHANGES}, auth=Allowed(Scope.USAGE_WRITE), operation_id="map_names",
    summary="Map several names",
)  # fmt: skip
def map_names(request: HttpRequest, body: Mappings) -> Any:
    """The same of up to 100 names, each by itself: one that is refused does not hold up the others, and says why in its `problem`."""
    with UPLOADS.taken(_account(request)):
        results = list(_each(request, body.mappings))
    failed = sum(one["problem"] is not None for one in results)
    return {"mapped": len(results) - failed, "failed": failed, "results": results}


def _account(request: HttpRequest) -> str:
    asked: Asked = request  # type: ignore[assignment]
    return asked.caller.account_ref


def _each(request: HttpRequest, mappings: Iterable[Mapping]) -> Iterator[dict[str, Any]]:
    """Map one after the other. After one that waited in vain the others are not tried: each would wait as long."""
    busy: Busy | None = None
    for mapping in mappings:
        found: dict[str, Any] = {"batch": None, "replayed": 0, "remaining": 0}
        why: TrueUpError | None = busy
        try:
            found = found if busy else asdict(_map(request, mapping))
        except NotAllowed:
            raise  # the same of all of them
        except TrueUpError as error:
            why = error
        except OperationalError:
            _log.exception("the database could not be used")
            why = busy = Busy(text("something large is being written; try again"))
        yield {"name": mapping.name, "source": mapping.source, "problem": _why(why), **found}


def _why(error: TrueUpError | None) -> dict[str, str] | None:
    if error is None:
        return None
    problems = error.problems if isinstance(error, Invalid) else ()
    return {"code": problems[0].code if problems else code_of(error), "detail": error.message}


def _map(request: HttpRequest, mapping: Mapping) -> MappingResult:
    """Map one name. Raises as `map_name` does."""
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

"""Lists in pages: a cursor says where the page before ended, so that what is added meanwhile shifts nothing."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema
from pydantic import ConfigDict

from trueup.kit.page import no_place

Item = TypeVar("Item")
Row = TypeVar("Row")

MOST: Final = 200
"""Items of a page."""

USUAL: Final = 50

Limit = Annotated[int, Field(ge=1, le=MOST, description=f"How many items the page has at most, up to {MOST}.")]
Cursor = Annotated[str | None, Field(max_length=1000, description="Where the page begins: `next` of the page before.")]


class Listed(Schema, Generic[Item]):
    """A page of a list."""

    model_config = ConfigDict(json_schema_extra={"description": "A page of a list."})  # which a page of something does not inherit

    items: list[Item] = Field(description="What is on this page, in the order of the list.")
    next: str | None = Field(None, description="The `cursor` of the next page; null: this is the last one.")

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """What such a page is called in the documentation: `Line` has the `LinePage`."""
        return f"{params[0].__name__}Page"


def packed(place: Sequence[str | int | None]) -> str:
    """A place in a list as a cursor."""
    written = json.dumps(list(place), ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(written.encode("utf-8")).decode("ascii").rstrip("=")


def unpacked(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The place a cursor stands for, of values of these kinds; None without one. Raises Invalid for what is no cursor of this list."""
    if cursor is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, UnicodeDecodeError, RecursionError):
        place = None
    fits = isinstance(place, list) and len(place) == len(kinds)
    if not fits or not all(type(value) is kind and _kept(value) for value, kind in zip(place, kinds, strict=True)):
        raise no_place()
    return tuple(place)


def _kept(value: object) -> bool:
    """Whether a database can be asked for it: a number that fits into 64 bits, a text without a character 0 or half a character."""
    if isinstance(value, int):
        return 0 <= value < 2**63
    return not isinstance(value, str) or not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value)


def behind(rows: Sequence[Row], place: Callable[[Row], tuple[Any, ...]], after: tuple[Any, ...] | None) -> Sequence[Row]:
    """Those rows of a whole list, none of which is ever removed, that are behind a place. Raises Invalid for a place of another list."""
    if after is None:
        return rows
    places = [place(row) for row in rows]
    if after not in places:
        raise no_place()
    return rows[places.index(after) + 1 :]


def page(
    request: HttpRequest, response: HttpResponse, rows: Sequence[Row], limit: int, *,
    shown: Callable[[Row], Any], place: Callable[[Row], Sequence[str | int | None]],
) -> dict[str, Any]:  # fmt: skip
    """A page of a list, of `limit` + 1 rows that were fetched: the one too many says that there is a next page."""
    return portion(request, response, rows[:limit], more=len(rows) > limit, shown=shown, place=place)


def portion(
    request: HttpRequest, response: HttpResponse, items: Sequence[Row], *,
    more: bool, shown: Callable[[Row], Any], place: Callable[[Row], Sequence[str | int | None]],
) -> dict[str, Any]:  # fmt: skip
    """A page of a list, of all its items; `more`: others follow them."""
    following = packed(place(items[-1])) if more else None
    if following is not None:
        query = request.GET.copy()
        query["cursor"] = following
        response["Link"] = f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
    return {"items": [shown(row) for row in items], "next": following}

"""What the commands print, made of what a query has answered."""

from dataclasses import fields
from typing import Any, TypeVar, cast

_Kind = TypeVar("_Kind")


def like(kind: type[_Kind], source: object, /, **more: object) -> _Kind:
    """The fields of the same name, and `more`."""
    found = {one.name: getattr(source, one.name) for one in fields(cast("Any", kind)) if one.name not in more and hasattr(source, one.name)}
    return kind(**found, **more)

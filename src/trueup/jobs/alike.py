"""What the commands print, made of what a query has answered."""

from dataclasses import asdict, fields
from typing import Any, TypeVar, cast

from trueup.kit.period import Month

_Kind = TypeVar("_Kind")


def like(kind: type[_Kind], source: object, /, **more: object) -> _Kind:
    """The fields of the same name, and `more`."""
    found = {one.name: getattr(source, one.name) for one in fields(cast("Any", kind)) if one.name not in more and hasattr(source, one.name)}
    return kind(**found, **more)


def fields_of(one: Any) -> dict[str, Any]:
    """The fields of a dataclass as `asdict` has them; a month, which is one too, stays a month."""
    found = asdict(one)
    return found | {name: month for name in found if isinstance(month := getattr(one, name), Month)}

"""JSON of the API into frozen dataclasses: the types of their fields say how each value is read."""

from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from trueup.client.errors import Unreachable
from trueup.kit.errors import Invalid
from trueup.kit.period import Month, parse_instant

_Kind = TypeVar("_Kind")

_EMPTY: Final[dict[Any, Any]] = {str: "", tuple: (), dict: {}}
"""What the server leaves out or does not know, where a field cannot be None."""

_PLAIN: Final[dict[Any, Any]] = {
    Decimal: lambda value: Decimal(str(value)),
    datetime: lambda value: parse_instant(str(value)),
    date: lambda value: date.fromisoformat(str(value)),
    Month: lambda value: Month.parse_report(str(value)),
}


def read(kind: type[_Kind], given: Any) -> _Kind:
    """A dataclass of what the server says; fields it does not know are left out. Raises Unreachable for what cannot be it."""
    try:
        return cast("_Kind", _dataclass(kind, given))
    except (TypeError, ValueError, KeyError, AttributeError, InvalidOperation, Invalid) as error:
        raise Unreachable(f"the server does not answer as this version of TrueUp expects: {kind.__name__}: {error}") from error


@cache
def _types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _dataclass(kind: type, given: Any) -> Any:
    if not isinstance(given, dict):
        raise TypeError(f"{type(given).__name__} instead of an object")
    found = {one.name: _field(one, _types(kind)[one.name], given) for one in fields(cast("Any", kind)) if not _left_out(one, given)}
    return kind(**found)


def _name(field: "Field[Any]") -> str:
    """What the API calls it."""
    return str(field.metadata.get("api", field.name))


def _left_out(field: "Field[Any]", given: dict[str, Any]) -> bool:
    """Whether the field's own default stands."""
    return _name(field) not in given and (field.default is not MISSING or field.default_factory is not MISSING)


def _field(field: "Field[Any]", kind: Any, given: dict[str, Any]) -> Any:
    return value_of(kind, given[_name(field)])


def value_of(kind: Any, given: Any) -> Any:
    """A value as its type says."""
    if kind in {Any, object}:
        return given
    origin = get_origin(kind)
    if origin in {Union, UnionType}:
        kinds = [one for one in get_args(kind) if one is not NoneType]
        return None if given is None else value_of(kinds[0], given) if len(kinds) == 1 else given
    if given is None:
        return _EMPTY[origin or kind]
    if origin is tuple:
        return tuple(value_of(get_args(kind)[0], one) for one in given)
    if origin is dict:
        return {key: value_of(get_args(kind)[1], value) for key, value in given.items()}
    if kind in _PLAIN:
        return _PLAIN[kind](given)
    return _dataclass(cast("type", kind), given) if is_dataclass(kind) else _as_it_is(kind, given)


def _as_it_is(kind: Any, given: Any) -> Any:
    """Text, whole numbers and switches stand in JSON as they are; codes are made the enum's."""
    return given if isinstance(kind, type) and isinstance(given, kind) else kind(given)

"""A decimal that both databases keep exactly: SQLite would turn a long one into a floating-point number."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import format_number
from django.db.models.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    _DecimalField = models.DecimalField[Any, Any]
else:  # generic for the type checker only
    _DecimalField = models.DecimalField


class ExactDecimalField(_DecimalField):
    """`numeric` on PostgreSQL, text on SQLite. Not for sorting, comparing or adding up in the database: there one number may be
    written in several ways."""

    def get_internal_type(self) -> str:
        """A name of its own, so that no backend converts the value by way of a float."""
        return "ExactDecimalField"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """The column's type."""
        return "text" if connection.vendor == "sqlite" else f"numeric({self.max_digits}, {self.decimal_places})"

    def from_db_value(self, value: Any, _expression: Any, _connection: BaseDatabaseWrapper) -> Decimal | None:
        """The number as it was stored."""
        return None if value is None else Decimal(value)


class RankedDecimalField(ExactDecimalField):
    """One that is also compared and sorted in the database, and added up by `ExactSum`. Never below 0: on SQLite zeros in front let
    texts stand in the order of their numbers."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """The number as it is stored and asked for."""
        number = super().get_db_prep_value(value, connection, prepared)
        if connection.vendor != "sqlite" or not isinstance(number, Decimal):
            return number
        return str(format_number(number, self.max_digits, self.decimal_places)).zfill(self.max_digits + 1)


_POINT = "instr(%(expressions)s, '.')"
_PLACES = "'000000'"
_WRITTEN = f"CASE {_POINT} WHEN 0 THEN %(expressions)s || '.' || {_PLACES} ELSE substr(%(expressions)s || {_PLACES}, 1, {_POINT} + 6) END"


class Ranked(models.Func):
    """An `ExactDecimalField` that is not below 0, as a database can compare it."""

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """However the number is written: six places behind the point, and zeros in front as in a `RankedDecimalField`."""
        return super().as_sql(compiler, connection, template=f"substr('{'0' * 32}' || {_WRITTEN}, -32)", **context)


class ExactSum(models.Aggregate):
    """The exact sum of a `RankedDecimalField`, or of an `ExactDecimalField` that is not below 0; 0 of nothing.

    SQLite adds whole units and their millionths as whole numbers; it raises an error where the units exceed 9,223,372,036,854,775,807.
    """

    function = "SUM"
    name = "ExactSum"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """Two sums in one text, however the numbers are written: with six places behind the point, fewer, or no point."""
        template = (
            "SUM(CAST(%(expressions)s AS INTEGER)) || '|' || SUM(CASE instr(%(expressions)s, '.') WHEN 0 THEN 0 "
            "ELSE CAST(substr(%(expressions)s || '000000', instr(%(expressions)s, '.') + 1, 6) AS INTEGER) END)"
        )
        return super().as_sql(compiler, connection, template=template, **context)

    @property
    def convert_value(self) -> Callable[[Any, Any, Any], Decimal]:
        """From what the database answers to the number."""
        return lambda value, _expression, _connection: _number(value)


def _number(value: Any) -> Decimal:
    if isinstance(value, str):
        whole, _, millionths = value.partition("|")
        return Decimal(whole) + Decimal(millionths).scaleb(-6)
    return value or Decimal(0)


class ScaledDecimalField(models.BigIntegerField):  # type: ignore[type-arg]
    """A decimal with a fixed number of places, kept as a whole number: compared, sorted and added up exactly by both databases, also
    below 0. Holds 18 digits in all; who writes it has made sure that the number is not longer."""

    def __init__(self, *args: Any, places: int, **options: Any) -> None:
        self.places = places
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        """For migrations."""
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"places": self.places}

    def get_prep_value(self, value: Any) -> Any:
        """The number as it is stored and asked for."""
        return int(value.scaleb(self.places)) if isinstance(value, Decimal) else super().get_prep_value(value)

    def from_db_value(self, value: Any, _expression: Any, _connection: BaseDatabaseWrapper) -> Decimal | None:
        """The number, or the sum of some, as it was stored."""
        return None if value is None else Decimal(value).scaleb(-self.places)

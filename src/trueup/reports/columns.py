"""A decimal that both databases keep exactly: SQLite would turn a long one into a floating-point number."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    _DecimalField = models.DecimalField[Any, Any]
else:  # generic for the type checker only
    _DecimalField = models.DecimalField


class ExactDecimalField(_DecimalField):
    """`numeric` on PostgreSQL, text on SQLite. Not for sorting or sums in the database: these are done in Python."""

    def get_internal_type(self) -> str:
        """A name of its own, so that no backend converts the value by way of a float."""
        return "ExactDecimalField"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """The column's type."""
        return "text" if connection.vendor == "sqlite" else f"numeric({self.max_digits}, {self.decimal_places})"

    def from_db_value(self, value: Any, _expression: Any, _connection: BaseDatabaseWrapper) -> Decimal | None:
        """The number as it was stored."""
        return None if value is None else Decimal(value)

"""One moment of the database for several reads."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """Every read in the block sees the database as it was at the first of them, whatever others write meanwhile.

    For reading only: nothing is written in the block. Inside a transaction that is already open the block is part of it, and sees
    what it sees.
    """
    connection: Any = transaction.get_connection()
    if connection.in_atomic_block:
        yield
        return
    with ExitStack() as stack:
        if connection.vendor == "sqlite":
            stack.enter_context(_deferred(connection))
        else:
            stack.enter_context(transaction.atomic())
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")  # has to be the first statement
        yield


@contextmanager
def _deferred(connection: Any) -> Iterator[None]:
    """A transaction that does not lock out writers, as those of the settings (`IMMEDIATE`) do from their beginning."""
    connection.ensure_connection()  # connecting reads the mode from the settings
    mode = connection.transaction_mode
    connection.transaction_mode = "DEFERRED"
    with ExitStack() as stack:
        try:
            stack.enter_context(transaction.atomic())
        finally:
            connection.transaction_mode = mode
        yield

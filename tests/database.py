"""Emptying tables that refuse to be emptied.

The database itself refuses to change or delete an event. A test that runs real transactions (`transactional_db`) ends with
deleting every row of every table, so the triggers are lifted for exactly that one statement, in the same transaction.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations

_ENABLE = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}


def let_flush_empty_all_tables(connection: BaseDatabaseWrapper) -> None:
    """From now on a flush empties append-only tables too; every other statement is refused as before.

    This holds for every connection of the kind: beside a browser's event loop the thread has another one.
    """
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def flush_without_triggers(self: BaseDatabaseOperations, sql_list: Iterable[str]) -> None:
        with transaction.atomic(using=self.connection.alias), without_triggers(self.connection):
            flush(self, sql_list)

    operations.execute_sql_flush = flush_without_triggers  # type: ignore[method-assign]


@contextmanager
def without_triggers(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """No trigger of ours fires in the block (inside a transaction). Also for tests that tamper with what nobody may change."""
    lift, restore = _on_sqlite(connection) if connection.vendor == "sqlite" else _on_postgresql(connection)
    with connection.cursor() as cursor:
        for statement in lift:
            cursor.execute(statement)
        yield
        for statement in restore:
            cursor.execute(statement)


def _on_sqlite(connection: BaseDatabaseWrapper) -> tuple[list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    return [f'DROP TRIGGER "{name}"' for name, _ in triggers], [sql for _, sql in triggers]


def _on_postgresql(connection: BaseDatabaseWrapper) -> tuple[list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
        triggers = cursor.fetchall()
    lift = [f'ALTER TABLE {table} DISABLE TRIGGER "{name}"' for table, name, _ in triggers]
    return lift, [f'ALTER TABLE {table} {_ENABLE[state]} TRIGGER "{name}"' for table, name, state in triggers]

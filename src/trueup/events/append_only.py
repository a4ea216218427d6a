"""The triggers that make the table of events append-only, on both databases."""

from django.db.backends.base.base import BaseDatabaseWrapper

_TABLE = "events_event"

_SQLITE_GUARD = [
    f"CREATE TRIGGER {_TABLE}_no_{verb.lower()} BEFORE {verb} ON {_TABLE} "
    "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
    for verb in ("UPDATE", "DELETE")
]  # fmt: skip
_SQLITE_UNGUARD = [f"DROP TRIGGER IF EXISTS {_TABLE}_no_{verb}" for verb in ("update", "delete")]

_FUNCTION = f"{_TABLE}_append_only()"
_POSTGRESQL_GUARD = [
    f"CREATE OR REPLACE FUNCTION {_FUNCTION} RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$ LANGUAGE plpgsql",
    f"CREATE TRIGGER {_TABLE}_no_change BEFORE UPDATE OR DELETE ON {_TABLE} FOR EACH ROW EXECUTE FUNCTION {_FUNCTION}",
    f"CREATE TRIGGER {_TABLE}_no_truncate BEFORE TRUNCATE ON {_TABLE} FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}",
]
_POSTGRESQL_UNGUARD = [f"DROP TRIGGER IF EXISTS {_TABLE}_{name} ON {_TABLE}" for name in ("no_change", "no_truncate")]


def guard(connection: BaseDatabaseWrapper) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE of events from now on."""
    _run(connection, _SQLITE_GUARD if connection.vendor == "sqlite" else _POSTGRESQL_GUARD)


def unguard(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away, for migrations that rebuild the table."""
    _run(connection, _SQLITE_UNGUARD if connection.vendor == "sqlite" else _POSTGRESQL_UNGUARD)


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)

"""The triggers that make a table append-only, on both databases. For migrations."""

from django.db.backends.base.base import BaseDatabaseWrapper


def guard(connection: BaseDatabaseWrapper, table: str = "events_event", things: str = "events") -> None:
    """Refuse UPDATE, DELETE and TRUNCATE of a table from now on; `things` is what the refusal calls its rows."""
    said = f"{things} are append-only"
    if connection.vendor == "sqlite":
        _run(connection, [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{said}'); END"
            for verb in ("UPDATE", "DELETE")
        ])  # fmt: skip
        return
    function = f"{table}_append_only()"
    _run(connection, [
        f"CREATE OR REPLACE FUNCTION {function} RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '{said}'; END $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {function}",
    ])  # fmt: skip


def unguard(connection: BaseDatabaseWrapper, table: str = "events_event") -> None:
    """Take the triggers away, for migrations that rebuild the table."""
    if connection.vendor == "sqlite":
        _run(connection, [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")])
        return
    _run(connection, [f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}" for name in ("no_change", "no_truncate")])


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)

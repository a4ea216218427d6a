"""What tests rely on: real transactions where asked for, and a clean database afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import Error, connection, transaction

from tests.database import without_triggers

_REFUSE = {
    "sqlite": [
        "CREATE TRIGGER kept_no_delete BEFORE DELETE ON kept BEGIN SELECT RAISE(ABORT, 'refused'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$",
        "CREATE TRIGGER kept_no_delete BEFORE DELETE ON kept FOR EACH ROW EXECUTE FUNCTION refuse()",
        "CREATE TRIGGER kept_no_truncate BEFORE TRUNCATE ON kept FOR EACH STATEMENT EXECUTE FUNCTION refuse()",
    ],
}


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kept")
        return int(cursor.fetchone()[0])


@pytest.fixture
def kept(transactional_db: None) -> Iterator[None]:
    """A table with one row that refuses to be deleted."""
    _execute("CREATE TABLE kept (id integer)", *_REFUSE[connection.vendor], "INSERT INTO kept VALUES (1)")
    yield
    _execute("DROP TABLE kept", *(["DROP FUNCTION refuse()"] if connection.vendor == "postgresql" else []))


class TestHome:
    def test_is_not_the_developers_own(self) -> None:
        assert str(settings.TRUEUP_HOME) != str(Path("var").absolute())
        assert Path(settings.TRUEUP_LEDGER_URL).is_relative_to(settings.TRUEUP_HOME)


class TestDatabase:
    @pytest.mark.django_db
    def test_lets_a_durable_transaction_run_inside_a_test(self) -> None:
        with transaction.atomic(durable=True):
            pass

    @pytest.mark.django_db
    def test_still_refuses_a_durable_transaction_inside_another(self) -> None:
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"), transaction.atomic(durable=True):
            pass

    @pytest.mark.django_db
    def test_is_a_file_in_wal_mode_on_sqlite(self) -> None:
        if connection.vendor != "sqlite":
            pytest.skip("asks SQLite")
        with connection.cursor() as cursor:
            modes = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")]
        assert modes == ["wal", 1, 1]
        assert Path(connection.settings_dict["NAME"]).is_relative_to(settings.TRUEUP_HOME)


class TestAppendOnlyTable:
    def test_is_emptied_by_a_flush(self, kept: None) -> None:
        connection.ops.execute_sql_flush(["DELETE FROM kept" if connection.vendor == "sqlite" else "TRUNCATE kept"])
        assert _rows() == 0

    def test_refuses_again_after_a_flush(self, kept: None) -> None:
        connection.ops.execute_sql_flush([])
        with pytest.raises(Error, match="refused"):
            _execute("DELETE FROM kept")
        assert _rows() == 1

    def test_can_be_tampered_with_on_purpose(self, kept: None) -> None:
        with transaction.atomic(), without_triggers(connection):
            _execute("DELETE FROM kept")
        assert _rows() == 0

"""The database a command finds."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tests.jobs.command import Trueup


class TestDatabase:
    def test_is_refused_when_it_is_behind(self, trueup: Trueup) -> None:
        recorder = MigrationRecorder(connection)
        recorder.record_unapplied("reports", "0001_initial")
        try:
            assert "run `trueup migrate`" in trueup.refused("report", "list")
        finally:
            recorder.record_applied("reports", "0001_initial")

    def test_is_refused_when_it_is_newer(self, trueup: Trueup) -> None:
        recorder = MigrationRecorder(connection)
        recorder.record_applied("reports", "9999_future")
        try:
            assert "newer version" in trueup.refused("report", "list")
            assert "newer version" in trueup.refused("migrate")
        finally:
            recorder.record_unapplied("reports", "9999_future")

    @pytest.mark.parametrize("arguments", [("migrate",), ("report", "list")])
    def test_is_left_alone_when_it_is_up_to_date(self, trueup: Trueup, arguments: tuple[str, ...]) -> None:
        assert trueup(*arguments).code == 0

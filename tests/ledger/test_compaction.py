"""Compaction changes no answer, of whatever time."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.channel import NOON, OCTOBER, OPERATOR, deliver, rows, seen
from trueup.ledger.actions import compact
from trueup.ledger.engine.registry import configured_place, vendor_ids
from trueup.ledger.engine.table import VendorTable
from trueup.ledger.models import Batch, LedgerClock
from trueup.ledger.pinning import pin
from trueup.ledger.queries import incomplete_lines, missing_days, months_with_usage, usage_rows

pytestmark = pytest.mark.usefixtures("channel")

CELLS = st.sampled_from(
    [(day, customer, service) for day in (3, 4, 16) for customer in ("dental", "moved") for service in ("core", "plain")]
)
BATCHES = st.lists(st.tuples(st.dictionaries(CELLS, st.integers(0, 99), min_size=1, max_size=6), st.booleans()), min_size=1, max_size=5)


class TestCompaction:
    @given(deliveries=BATCHES)
    @settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_changes_no_answer(self, deliveries: list[tuple[dict[tuple[int, str, str], int], bool]], tmp_path: Path) -> None:
        truth: dict[tuple[str, ...], str] = {(row[0], row[2], row[3]): row[4] for row in seen()}
        known = [(last_recorded(), dict(truth))]
        for cells, compacted in deliveries:
            number = Batch.objects.count()  # no two deliveries are alike
            lines = [f"2026-10-{day:02},{customer},{service},{units},,{number}" for (day, customer, service), units in cells.items()]
            deliver(tmp_path, rows(*lines), key=str(Batch.objects.count()))
            truth |= {(f"2026-10-{day:02}", customer, service): str(units) for (day, customer, service), units in cells.items()}
            known.append((last_recorded(), dict(truth)))
            if compacted:
                compact(now=NOON)
            for as_of, expected in known[1:]:
                assert_known(as_of, expected)

    def test_leaves_one_clean_file_per_day(self, tmp_path: Path) -> None:
        for units in ("1", "2"):
            deliver(tmp_path, rows(f"2026-10-03,dental,core,{units},,", f"2026-10-04,dental,core,{units},,"))
        assert compact(now=NOON) == 2
        table = VendorTable.open(configured_place(), vendor_ids()[0])
        assert table is not None
        assert [file.tier for file in table.files()] == ["clean", "clean"]
        assert compact(now=NOON) == 0

    def test_deletes_files_nobody_needs_and_no_others(self, tmp_path: Path, ledger_home: Path) -> None:
        for units in ("1", "2"):
            deliver(tmp_path, rows(f"2026-10-03,dental,core,{units},,", "2026-10-04,dental,core,5,,"), key=units)
        folder = next(ledger_home.glob("vendor-*"))
        live = set(folder.rglob("*.parquet"))
        orphan, fresh = (folder / "p_day=2026-10-03" / "p_tier=tail" / name for name in ("orphan.parquet", "fresh.parquet"))
        for file in (orphan, fresh):
            file.write_bytes(b"left by a process that was killed")
        for file in (*live, orphan):
            os.utime(file, (0, 0))
        compact(now=NOON)
        assert not orphan.exists()
        assert fresh.exists()
        assert all(file.exists() for file in live)
        assert [row[4] for row in seen()] == ["2", "5"]


def last_recorded() -> object:
    """The moment of the last batch."""
    clock = LedgerClock.objects.filter(id=1).first()
    return clock.last_recorded_at if clock else None


def assert_known(as_of: object, expected: dict[tuple[str, ...], str]) -> None:
    """The ledger of that moment holds what was delivered until then."""
    assert {(row[0], row[2], row[3]): row[4] for row in seen(as_of)} == expected  # type: ignore[arg-type]


class TestTime:
    def test_answers_as_of_any_moment(self, tmp_path: Path) -> None:
        deliver(tmp_path, rows("2026-10-03,dental,core,1,,"))
        pinned = pin(NOON)
        deliver(tmp_path, rows("2026-10-03,dental,core,2,,"))
        assert [seen(pinned)[0][4], seen()[0][4]] == ["1", "2"]
        assert seen(NOON - timedelta(days=1)) == []

    def test_of_a_pin_is_after_all_and_before_what_follows(self, tmp_path: Path) -> None:
        later = pin(NOON + timedelta(days=30))
        assert later == NOON + timedelta(days=30)
        deliver(tmp_path, rows("2026-10-03,dental,core,1,,"))
        assert seen(later) == []
        assert pin(NOON) > later
        assert len(seen()) == 1

    def test_records_a_moved_customer_under_the_new_msp(self, tmp_path: Path) -> None:
        deliver(tmp_path, rows("2026-10-16,moved,core,1,,"))
        assert [row.msp for row in usage_rows(OPERATOR, months_with_usage()[0], msp="coil")] == ["coil"]


class TestCompleteness:
    def test_names_days_without_a_delivery(self, tmp_path: Path) -> None:
        deliver(tmp_path, rows("2026-10-27,dental,core,1,,", "2026-10-29,dental,plain,1,,"), source="feed", now=NOON + timedelta(days=11))
        month = months_with_usage()[0]
        assert {code: [day.day for day in days] for code, days in missing_days(month, as_of=None).items()} == {"feed": [28, 30, 31]}
        assert len(incomplete_lines(month, as_of=None)) == 2
        assert missing_days(month, as_of=NOON) == {}

    @pytest.mark.parametrize("compacted", [False, True])
    def test_of_a_line_is_not_restored_by_corrections_of_another_source(self, compacted: bool, tmp_path: Path) -> None:
        delivered = [f"2026-10-{day:02},dental,core,{day},," for day in range(1, 11)]
        deliver(tmp_path, rows(*delivered), source="feed")
        fed = incomplete_lines(OCTOBER, as_of=None)
        before = pin(NOON)
        deliver(tmp_path, rows(*(f"{line}1" for line in delivered), "2026-10-03,dental,plain,1,,"))
        if compacted:
            compact(now=NOON)
        assert len(fed) == 1
        assert incomplete_lines(OCTOBER, as_of=None) == incomplete_lines(OCTOBER, as_of=before) == fed
        assert incomplete_lines(OCTOBER, as_of=NOON - timedelta(days=1)) == set()

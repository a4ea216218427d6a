"""Processes killed at any moment leave whole batches or nothing, and the registry and the tables agree."""

import random
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import processes
from tests.ledger.channel import OCTOBER, OPERATOR, build_channel, deliver, rows, seen
from tests.ledger.killing import DAYS
from trueup.accounts.models import Account
from trueup.ledger.engine.duck import connect, file_list
from trueup.ledger.engine.registry import configured_place, vendor_ids
from trueup.ledger.engine.table import VendorTable
from trueup.ledger.models import Batch
from trueup.ledger.pinning import pin
from trueup.ledger.queries import usage_rows

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 2
NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)


def start(*arguments: str) -> subprocess.Popen[str]:
    """A process on the same database and ledger."""
    return processes.start("tests.ledger.killing", *arguments)


def kill(process: subprocess.Popen[str]) -> list[str]:
    """What it said before it was killed; `failed` with its errors if it had ended by itself."""
    process.send_signal(signal.SIGKILL)
    out, err = process.communicate(timeout=20)
    failed = [] if process.returncode == -signal.SIGKILL else [f"failed: {err}"]
    return [*(line for line in out.splitlines() if line), *failed]


def kill_at_random(processes: list[subprocess.Popen[str]], chance: random.Random) -> list[str]:
    """What they said until they were killed, one after the other, some time after the first had done something."""
    first = processes[0].stdout
    assert first is not None
    line = first.readline().strip()
    time.sleep(chance.uniform(0.3, 1.0))
    ended = [kill(process) for process in chance.sample(processes, len(processes))]
    return [line, *(each for lines in ended for each in lines)]


def stored_batches() -> list[int]:
    """The batch of every record in the tables."""
    place = configured_place()
    table = VendorTable.open(place, vendor_ids()[0])
    assert table is not None
    with connect(place) as duck:
        files = file_list([table.uri(file.path) for file in table.files()])
        return [int(row[0]) for row in duck.execute(f"SELECT batch_id FROM read_parquet({files}, hive_partitioning = false)").fetchall()]


class TestKill:
    def test_leaves_whole_batches_or_nothing(self, ledger_home: Path, tmp_path: Path) -> None:
        build_channel()
        said: set[str] = set()
        chance = random.Random(20261001)
        for number in range(ROUNDS):
            begin = str(1 + number * 1000)
            processes = [start("write", str(tmp_path), name, begin) for name in ("a", "b")]
            processes += [start("compact"), start("read")]
            lines = kill_at_random(processes, chance)
            assert not [line for line in lines if line.startswith("failed")]
            assert not [line for line in lines if line.startswith("read") and line not in ("read 0", "read 1")]
            said |= {line for line in lines if line[:2] in ("a-", "b-")}
        pin(NOON)
        assert not Batch.objects.filter(status=Batch.COMMITTING).exists()
        assert said <= set(Batch.objects.values_list("key", flat=True))
        found = stored_batches()
        assert sorted(found) == sorted(pk for pk in Batch.objects.values_list("id", flat=True) for _ in range(2 * DAYS))
        last = Batch.objects.order_by("-id").first()
        assert last is not None
        assert last.key is not None
        assert {str(int(row.provisioned)) for row in usage_rows(OPERATOR, OCTOBER)} == {last.key.rpartition("-")[2]}


class TestDamage:
    @pytest.mark.parametrize("keep", [0, 40])
    def test_of_the_last_log_entry_is_mended(self, keep: int, ledger_home: Path, tmp_path: Path) -> None:
        build_channel()
        deliver(tmp_path, rows("2026-10-03,dental,core,1,,"))
        deliver(tmp_path, rows("2026-10-03,dental,core,2,,"))
        vendor = Account.objects.get(ref="vendor")
        entry = max((ledger_home / f"vendor-{vendor.pk}" / "_delta_log").glob("*.json"))
        entry.write_bytes(entry.read_bytes()[:keep])
        assert [row[4] for row in seen()] == ["2"]
        assert len(stored_batches()) == 2

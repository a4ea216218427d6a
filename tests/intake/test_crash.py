"""Processes killed at any moment: what was acknowledged is in the ledger, and nothing is there twice."""

import random
import signal
import subprocess
import time
from collections import Counter

import pytest

from tests import processes
from tests.intake.killing import keys
from tests.intake.sending import NOON
from trueup.accounts.models import Account
from trueup.accounts.rules import Viewer
from trueup.catalog.models import Service
from trueup.intake.models import Gathering, Piece
from trueup.intake.rules.pieces import CLAIM_LASTS, State
from trueup.intake.working import gather_next
from trueup.ledger.engine.duck import connect, file_list
from trueup.ledger.engine.registry import configured_place, vendor_ids
from trueup.ledger.engine.table import VendorTable
from trueup.ledger.models import Batch

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 2


def kill(process: subprocess.Popen[str]) -> list[str]:
    """What it said before it was killed; `failed` with its errors if it had ended by itself."""
    process.send_signal(signal.SIGKILL)
    out, err = process.communicate(timeout=20)
    failed = [] if process.returncode == -signal.SIGKILL else [f"failed: {err}"]
    return [*(line for line in out.splitlines() if line), *failed]


def wait_for_more_than(ended: int, running: list[subprocess.Popen[str]]) -> None:
    """Until one of them has gathered something, whichever, or one has died by itself, which is told when they are killed."""
    while Gathering.objects.exclude(ended_at=None).count() <= ended and all(one.poll() is None for one in running):
        time.sleep(0.05)


def records() -> Counter[str]:
    """Every record in the tables, superseded or not, by its key."""
    place = configured_place()
    table = VendorTable.open(place, vendor_ids()[0])
    assert table is not None
    customers = dict(Account.objects.values_list("pk", "ref"))
    services = dict(Service.objects.values_list("pk", "code"))
    with connect(place) as duck:
        files = file_list([table.uri(file.path) for file in table.files()])
        rows = duck.execute(f"SELECT customer_id, service_id, day FROM read_parquet({files}, hive_partitioning = false)").fetchall()
    return Counter(f"{customers[customer]} {services[service]} {day}T10:00:00Z" for customer, service, day in rows)


class TestKill:
    def test_loses_nothing_that_was_acknowledged_and_stores_nothing_twice(self, bolt: Viewer) -> None:
        chance = random.Random(20261001)
        acknowledged: list[str] = []
        half = len(keys()) // ROUNDS
        for number in range(ROUNDS):
            ended = Gathering.objects.exclude(ended_at=None).count()
            running = [processes.start("tests.intake.killing", "take-in", f"t{number}", str(number * half), str((number + 1) * half))]
            running += [processes.start("tests.intake.killing", "gather", str(number)) for _ in range(ROUNDS - number)]
            wait_for_more_than(ended, running)
            time.sleep(chance.uniform(0.2, 0.8))
            said = [line for process in chance.sample(running, len(running)) for line in kill(process)]
            assert not [line for line in said if line.startswith("failed")]
            acknowledged += [line for line in said if not line.startswith("gathered")]
        later = NOON + 2 * CLAIM_LASTS * ROUNDS
        while gather_next(now=later):
            pass
        found = records()
        assert set(acknowledged) <= set(found)
        assert set(found.values()) == {1}
        assert len(found) == Piece.objects.count()
        assert set(Piece.objects.values_list("state", flat=True)) == {State.STORED}
        assert not Gathering.objects.filter(ended_at=None).exists()
        assert set(Gathering.objects.values_list("batch_id", flat=True)) == set(Batch.objects.values_list("id", flat=True))
        assert len(acknowledged) > 5

"""Who issues statements is killed at any moment: numbers have no gaps, each report has one statement, and the next one goes on."""

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.processes import start
from tests.statements.many import NOW, PORTION, issue_everything, many, what_is_wrong
from trueup.reports.models import Report
from trueup.statements.due import sellers_due
from trueup.statements.models import Statement

pytestmark = pytest.mark.django_db(transaction=True)
MSPS = 60
SEED = 20261109


def killed_after(process: subprocess.Popen[str], portions: int, seconds: float) -> int:
    """Kill a process some time after it has issued so many portions; how many it said it had issued."""
    assert process.stdout is not None
    said = 0
    while said < portions and (line := process.stdout.readline()):
        said += line.startswith("issued")
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode in {-signal.SIGKILL, 0}, err
    return said + out.count("issued")


class TestIssuing:
    def test_goes_on_where_it_was_killed(self, ledger_home: Path, tmp_path: Path) -> None:
        many(tmp_path, MSPS)
        chance = random.Random(SEED)
        for _ in range(6):
            before = Statement.objects.count()
            said = killed_after(start("tests.statements.many"), chance.randint(1, 3), chance.uniform(0, 0.08))
            made = Statement.objects.count() - before
            assert what_is_wrong() == []
            assert said * PORTION <= made + PORTION  # the last portion of a seller may be half full
            if not Report.objects.exclude(pk__in=Statement.objects.values("report")).exists():
                break
        assert Statement.objects.count() > 0
        issue_everything()
        assert Statement.objects.count() == Report.objects.count() == MSPS + 1
        assert what_is_wrong() == []

    def test_of_two_who_are_killed_leaves_the_rest_to_a_third(self, ledger_home: Path, tmp_path: Path) -> None:
        many(tmp_path, 30)
        chance = random.Random(SEED + 1)
        two = [start("tests.statements.many") for _ in range(2)]
        for process in two:
            killed_after(process, 1, chance.uniform(0, 0.1))
        assert what_is_wrong() == []
        issue_everything()
        assert issue_everything() == 0
        assert Statement.objects.count() == 31
        assert what_is_wrong() == []

    def test_of_a_whole_clock_is_taken_up_by_the_next(self, ledger_home: Path, tmp_path: Path) -> None:
        """The clock itself, killed at moments of its life; what it has begun besides is finished too."""
        many(tmp_path, 20)
        chance = random.Random(SEED + 2)
        for _ in range(2):
            clock = start("trueup", "work", "--once", "--now", "2026-11-09T00:00:00Z")
            time.sleep(chance.uniform(1.2, 3.0))
            clock.kill()
            clock.communicate(timeout=120)
            assert what_is_wrong() == []
        last = start("trueup", "work", "--once", "--now", "2026-11-09T00:01:00Z")
        out, err = last.communicate(timeout=900)
        assert last.returncode == 0, out + err
        assert sellers_due(now=NOW) == []
        assert Statement.objects.count() == 21
        assert what_is_wrong() == []

"""kill -9, at any moment, of processes that share a ledger."""

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.child import ROOT, command, surroundings
from benchmarks.figures import Figure, Target
from benchmarks.world import World

KILLS = 25
_CUSTOMERS, _MSPS = 20, 10
_PATIENCE = 10.0  # seconds in which most processes should come to do their work
_LAST = 2.0


@dataclass
class _Role:
    """One of the processes, and all that its lives have said."""

    world: World
    function: str
    name: str
    process: "subprocess.Popen[bytes]" = field(init=False)
    lives: int = 0
    wrong: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Another life."""
        self.lives += 1
        arguments: dict[str, Any] = {}
        if self.function == "write":
            arguments = {"folder": str(self.world.home), "name": self.name, "start": 1000 * self.lives}
        with self._said().open("wb") as out, self._said("err").open("wb") as error:
            self.process = subprocess.Popen(
                command("killing", self.function, **arguments), env=surroundings(self.world.environment | {"TRUEUP_THREADS": "1"}),
                cwd=ROOT, stdout=out, stderr=error,
            )  # fmt: skip

    def is_under_way(self) -> bool:
        """Whether it has done something in this life."""
        return self._said().stat().st_size > 0

    def kill(self) -> None:
        """End this life. One that had ended by itself is wrong."""
        if self.process.poll() is not None:
            self.wrong.append(f"{self.name} ended by itself: {self._said('err').read_text(errors='replace')[-500:]}")
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def lines(self) -> Iterator[str]:
        """Everything it said before it was killed, in all its lives."""
        for life in range(1, self.lives + 1):
            yield from self._said(life=life).read_text(encoding="utf-8").splitlines()

    def _said(self, kind: str = "out", life: int | None = None) -> Path:
        return self.world.home / f"{self.name}-{life or self.lives}.{kind}"


def figures(world: World, kind: str) -> Iterator[Figure]:
    """The number of violations; `kind` names the database of the registry."""
    world.run("network", "build", customers=_CUSTOMERS, msps=_MSPS)
    parts = {"a": "write", "b": "write", "c": "compact_forever", "d": "compact_forever", "e": "read", "f": "read"}
    roles = [_Role(world, function, name) for name, function in parts.items()]
    try:
        _kill_one_after_another(roles)
    finally:
        for role in roles:
            role.kill()
    said = [line for role in roles for line in role.lines()]
    stored = [line.partition(" ")[2] for line in said if line.startswith("stored ")]
    wrong = [line for line in said if line.startswith("torn")] + [problem for role in roles for problem in role.wrong]
    wrong += world.run("killing", "violations", stored=stored).result
    for problem in wrong:
        print(f"violation: {problem}")
    done = f"{len(stored)} batches, {_count(said, 'compacted')} compactions, {_count(said, 'whole')} readings"
    yield Figure(
        f"violations after {KILLS} × kill -9 ({kind})", "2 writers, 2 compactors, 2 readers", [len(wrong)], Target(0, unit=""), done
    )


def _count(said: list[str], word: str) -> int:
    return sum(line.startswith(word) for line in said)


def _kill_one_after_another(roles: list[_Role]) -> None:
    chance = random.Random(20261001)
    for role in roles:
        role.start()
    for _ in range(KILLS):
        victim = chance.choice(_under_way(roles))
        time.sleep(chance.uniform(0, 0.4))
        victim.kill()
        victim.start()
    time.sleep(_LAST)


def _under_way(roles: list[_Role]) -> list[_Role]:
    """Most of the processes, once they have come to do their work; all of them where that takes too long."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        ready = [role for role in roles if role.is_under_way()]
        if len(ready) > len(roles) // 2:
            return ready
        time.sleep(0.01)
    return roles

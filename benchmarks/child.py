"""One step in a process of its own: `python -m benchmarks.child MODULE FUNCTION ARGUMENTS`, which prints the answer as its last line."""

import importlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_MB = 1 << 20


@dataclass(frozen=True)
class Answer:
    """What a step returned, and the most memory its process had in use, in MB (2^20 bytes)."""

    result: Any
    peak_mb: float


def run(environment: Mapping[str, str], module: str, function: str, **arguments: Any) -> Answer:
    """Call `benchmarks.steps.<module>.<function>` in a new process; arguments and result are plain JSON values.

    Raises RuntimeError with what the process said if it failed.
    """
    done = subprocess.run(
        command(module, function, **arguments), env=surroundings(environment), cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{module}.{function} failed:\n{done.stderr}")
    result, peak_mb = json.loads(done.stdout.splitlines()[-1])
    return Answer(result, peak_mb)


def command(module: str, function: str, **arguments: Any) -> list[str]:
    """The program that makes the call."""
    return [sys.executable, "-m", "benchmarks.child", module, function, json.dumps(arguments)]


def surroundings(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a step."""
    own = {"DJANGO_SETTINGS_MODULE": "trueup.config.settings", "TRUEUP_SECRET_KEY": "benchmarks"}
    given = {name: value for name, value in os.environ.items() if name != "TRUEUP_DEBUG"}
    return given | own | dict(environment)


def _peak_mb() -> float:
    """The highest resident set of this process since it was started.

    Linux hands the peak of the parent on to a child's rusage, but not to its status.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / _MB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / _MB


def main() -> None:
    """One call."""
    import django  # noqa: PLC0415 -- the parent imports this module too and needs no Django

    module, function, arguments = sys.argv[1:]
    django.setup()
    result = getattr(importlib.import_module(f"benchmarks.steps.{module}"), function)(**json.loads(arguments))
    print(json.dumps([result, _peak_mb()]))


if __name__ == "__main__":
    main()

"""The validator of the FOCUS specification, over files that TrueUp writes.

    python tools/focus_validator.py FILE…    check files; ends with 1 if a rule fails that KNOWN does not list
    python tools/focus_validator.py --find   print the Python it runs with, after installing it where it is missing

It has an environment of its own in .venv/focus, for it needs other versions of what TrueUp uses; pip installs it from tools/focus, by hash.
Checking needs no network. Where it is missing and can't be installed, this says so and ends with 0; with CI or TRUEUP_CI set, with 1.
Needs only the standard library.
"""

import hashlib
import os
import re
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv" / "focus"
LOCKS = (ROOT / "tools" / "focus" / "requirements.txt", ROOT / "tools" / "focus" / "validator.txt")
VERSION = "1.2"

KNOWN = {
    "InvoiceId-C-004-C": "it asks for no invoice wherever a charge may be without one; every row of ours is of a statement that was issued",
}
"""The rules that fail for reasons of their own; docs/settlement.md lists them too."""

MISSING = """\
The FOCUS validator is not here and could not be installed: its packages (tools/focus) come from where pip looks.
{}
Files of FOCUS are not checked by it."""

# The validator asks for Python 3.12 for the sake of one line: a backslash inside an f-string.
_NEWER_LINE = """", ".join(f"'{k.replace('\\"', '\\"\\"')}'" for k in ignore_keys)"""
_SAME_LINE = """", ".join("'" + k.replace('"', '""') + "'" for k in ignore_keys)"""
_NEWER_FILE = Path("focus_validator", "config_objects", "focus_to_duckdb_converter.py")
_NEWER = (3, 12)


class Verdict(NamedTuple):
    """How many rules were looked at, and those that fail: the rule and what it says."""

    passed: int
    failed: dict[str, str]


def find() -> Path | None:
    """The Python the validator runs with; None where it is not installed as tools/focus has it."""
    stamp = HOME / ".installed"
    return _python() if stamp.is_file() and stamp.read_text() == _wanted() else None


def _python() -> Path:
    return HOME / ("Scripts" if os.name == "nt" else "bin") / "python"


def _wanted() -> str:
    """What the environment is made of."""
    made = hashlib.sha256(b"".join(lock.read_bytes() for lock in LOCKS)).hexdigest()
    return f"{sys.version_info.major}.{sys.version_info.minor} {made}"


def install() -> Path:
    """Install it. Raises CalledProcessError, OSError."""
    print(f"Installing the FOCUS validator into {HOME.relative_to(ROOT)}", file=sys.stderr)
    venv.create(HOME, clear=True, with_pip=True)
    needs, validator = (str(lock) for lock in LOCKS)
    pip = [str(_python()), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-deps", "--require-hashes"]
    _run([*pip, "--only-binary", ":all:", "-r", needs])
    _run([*pip, "--no-build-isolation", "--ignore-requires-python", "-r", validator])
    if sys.version_info < _NEWER:
        _mend(_packages() / _NEWER_FILE)
    (HOME / ".installed").write_text(_wanted())
    return _python()


def _run(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


def _packages() -> Path:
    return Path(_run([str(_python()), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip())


def _mend(file: Path) -> None:
    """Write the one line for an older Python."""
    said = file.read_text(encoding="utf-8")
    if said.count(_NEWER_LINE) != 1:
        raise OSError(f"{file.name} is not the file it was: it cannot be made to run with this Python")
    file.write_text(said.replace(_NEWER_LINE, _SAME_LINE), encoding="utf-8")


def validate(python: Path, file: Path) -> Verdict:
    """What the validator says of a file. It says how it went in words alone: its exit code is 0 whatever fails."""
    options = ["--validate-version", VERSION, "--block-download"]
    command = [str(python), "-m", "focus_validator.main", "--data-file", str(file.resolve()), *options]
    # It looks for its configuration below where it runs.
    done = subprocess.run(command, cwd=_packages(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return read_verdict(done.stdout)


def read_verdict(output: str) -> Verdict:
    """Read what the validator printed. Raises ValueError where it came to no end, or looked at nothing."""
    total = re.search(r"Total: \d+ \| Pass: (\d+) \| Fail: (\d+)", output)
    failed = dict(re.findall(r"(\S+): FAIL +\((.*)\)", output))
    if total is None or not int(total[1]) or len(failed) != int(total[2]):
        raise ValueError(f"the FOCUS validator did not come to an end:\n{output[-3000:]}")
    return Verdict(int(total[1]), failed)


def _check(python: Path, files: Sequence[Path]) -> int:
    wrong = 0
    for file in files:
        verdict = validate(python, file)
        unknown = {rule: said for rule, said in verdict.failed.items() if rule not in KNOWN}
        for rule, said in unknown.items():
            print(f"{file}: {rule}: {said}", file=sys.stderr)
        wrong += len(unknown)
        print(
            f"{file.name}: {verdict.passed} rules of FOCUS {VERSION} hold, {len(unknown)} fail, {len(verdict.failed) - len(unknown)} known"
        )
    return 1 if wrong else 0


def main(arguments: Sequence[str]) -> int:
    """Exit status: 1 where a rule fails, or where it can't be asked and has to be."""
    if not arguments:
        sys.exit(__doc__)
    try:
        python = find() or install()
    except (subprocess.CalledProcessError, OSError) as error:
        said = getattr(error, "stdout", None) or str(error)
        print(MISSING.format(said.strip()[-1500:]), file=sys.stderr)
        return 1 if os.environ.get("CI") or os.environ.get("TRUEUP_CI") else 0
    if arguments[0] == "--find":
        print(python)
        return 0
    return _check(python, [Path(name) for name in arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Look at the files git knows, for what no other tool looks at: lock files that are pinned and name no host, and sizes.

A lock file with a host in it installs only where that host can be reached; packages come from wherever the reader's pip looks.
Needs only the standard library. Prints what is wrong and ends with 1, or one line and 0.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt", "tools/focus/requirements.txt", "tools/focus/validator.txt")
LARGEST = 1_000_000  # bytes
HOSTS = re.compile(
    r"https?://[^\s\"']*(pypi\.org|pythonhosted\.org|/simple\b)|file:/{1,3}\w|--(extra-)?index-url|--find-links|--trusted-host",
    re.IGNORECASE,
)
ANY_URL = re.compile(r"\w+://|(?<!\w)/\w+/")


def main() -> int:
    """Exit status: 1 if any file is not as it should be."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    problems = [problem for name in names for problem in _problems(name)]
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"{len(names)} files are free of registry hosts, and the lock files are pinned.")
    return 1 if problems else 0


def _problems(name: str) -> list[str]:
    path = ROOT / name
    if not path.is_file() or path == Path(__file__).resolve():
        return []
    if path.stat().st_size > LARGEST:
        return [f"{name}: {path.stat().st_size:,} bytes; the most is {LARGEST:,}"]
    pattern = ANY_URL if name in LOCKS else HOSTS
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [f"{name}:{number}: names a package host: {line.strip()}" for number, line in enumerate(lines, 1) if pattern.search(line)]
    return found + (_unpinned(name, lines) if name in LOCKS else [])


def _unpinned(name: str, lines: list[str]) -> list[str]:
    """Requirements without an exact version and a hash."""
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    entries = re.split(r"\n(?=\S)", text.replace("\\\n", " "))
    return [f"{name}: not pinned with a hash: {entry.split()[0]}" for entry in entries if entry.strip() and not _is_pinned(entry)]


def _is_pinned(entry: str) -> bool:
    return "==" in entry and "--hash=sha256:" in entry


if __name__ == "__main__":
    sys.exit(main())

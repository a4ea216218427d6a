"""The browser of the tests: Chromium as the system has it.

    python tools/browser.py --find    print its path, or what to install; as root, apt installs it

Needs only the standard library.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = ("/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
ARGUMENTS = (
    "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
    "--no-first-run", "--disable-dev-shm-usage", "--font-render-hinting=none",
    *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
)  # fmt: skip
"""How it is started: it talks to nobody by itself. As root its sandbox cannot work."""
MISSING = """\
The tests of the pages need Chromium on this machine.
  Debian           apt-get install chromium
  Ubuntu           snap install chromium
  Fedora           dnf install chromium
  macOS            brew install --cask chromium
If it is installed elsewhere, put its path into TRUEUP_TEST_BROWSER."""


def find() -> Path:
    """The browser's program. Ends the process, saying what to install, where there is none."""
    found = _found() or _install()
    if found is None:
        sys.exit(MISSING)
    return found


def _found() -> Path | None:
    given = os.environ.get("TRUEUP_TEST_BROWSER", "").strip()
    candidates = [given] if given else [*(shutil.which(name) or "" for name in NAMES), *APPLICATIONS]
    return next((Path(path) for path in candidates if path and Path(path).exists()), None)


def _install() -> Path | None:
    """Install it where this may be done without asking anybody: as root, with apt."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("Installing Chromium for the tests", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = ["chromium", "fonts-liberation"]
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
            return None
    return _found()


if __name__ == "__main__":
    if sys.argv[1:] != ["--find"]:
        sys.exit(__doc__)
    print(find())

"""Run a command beside a PostgreSQL server that exists only as long as the command.

    python tools/postgres.py COMMAND…    the command finds the server in TRUEUP_DATABASE_URL
    python tools/postgres.py --find      print the folder of the server's programs, or what to install; as root, apt installs it

The server lives in a temporary folder and listens on a socket in it, on no port. It gives up crash safety for speed and is
removed afterwards, also when the command fails or is interrupted. Needs only the standard library.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

OLDEST = 15
ACCOUNTS = ("postgres", "nobody")
MISSING = f"""\
The tests need PostgreSQL {OLDEST} or newer on this machine (its programs only; no running server, no database of yours is touched).
  Debian, Ubuntu   apt-get install postgresql
  Fedora           dnf install postgresql-server
  macOS            brew install postgresql
If it is installed elsewhere, put the folder that holds initdb and postgres on the PATH."""
SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB", "max_connections=200")


def find_programs() -> Path | None:
    """The folder that holds initdb and postgres: of the newest version that is new enough, or None."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    if shutil.which("pg_config"):
        folders.append(Path(_output(["pg_config", "--bindir"])))
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    found = [(_version(folder), folder) for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()]
    version, folder = max(found, default=(0, None))
    return folder if version >= OLDEST else None


def _version(folder: Path) -> int:
    """Major version of the server in a folder; 0 where it does not say."""
    match = re.search(r"(\d+)", _output([str(folder / "postgres"), "--version"]))
    return int(match.group(1)) if match else 0


def _install() -> Path | None:
    """Install PostgreSQL where this may be done without asking anybody: as root, with apt."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("Installing PostgreSQL for the tests", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql"]):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
            return None
    return find_programs()


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _as_other_account() -> tuple[list[str], str | None]:
    """PostgreSQL refuses to run as root: the prefix that runs a program as somebody else, and who that is."""
    if os.geteuid() != 0:
        return [], None
    names = {entry.pw_name for entry in pwd.getpwall()}
    account = next((name for name in ACCOUNTS if name in names), None)
    if account is None:
        sys.exit("PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as.")
    if shutil.which("setpriv"):
        who = pwd.getpwnam(account)
        return ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups", "--"], account
    if shutil.which("runuser"):
        return ["runuser", "-u", account, "--"], account
    sys.exit("PostgreSQL does not run as root, and neither setpriv nor runuser (of util-linux) is here to change the user.")


@contextmanager
def server(programs: Path, settings: Sequence[str] = SPEED) -> Iterator[str]:
    """A running server; gives the URL of its database and removes everything at the end. `settings`: name=value, each."""
    # /tmp, not TMPDIR: the path of a socket may have 107 characters at most.
    folder = Path(tempfile.mkdtemp(prefix="trueup-pg-", dir="/tmp"))
    prefix, account = _as_other_account()
    try:
        if account is not None:
            shutil.chown(folder, account)
        data, log = folder / "data", folder / "log"
        _run(
            [*prefix, str(programs / "initdb"), "-D", str(data), "-U", "trueup", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            folder,
        )
        options = [word for setting in settings for word in ("-c", setting)]
        listen = ["-c", "listen_addresses=", "-k", str(folder)]
        # In a session of its own: Ctrl-C reaches the tests, and the server stays until we stop it.
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*prefix, str(programs / "postgres"), "-D", str(data), *listen, *options],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                start_new_session=True,
            )
        try:
            _wait(process, data / "postmaster.pid", log)
            yield f"postgres://trueup@/postgres?host={folder}"
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def _wait(process: "subprocess.Popen[bytes]", status: Path, log: Path) -> None:
    """Until the server writes that it is ready; ends the program when it does not within a minute."""
    for _ in range(600):
        if process.poll() is not None:
            break
        if status.exists() and status.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.1)
    sys.exit(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Fast shutdown, which rolls back and disconnects; the hard way if that takes more than ten seconds."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt(number)


def _obey(command: "subprocess.Popen[bytes]") -> int:
    """Wait for the command; when interrupted, give it half a minute to end by itself."""
    try:
        return command.wait()
    except KeyboardInterrupt as interrupt:
        if interrupt.args:  # a signal to us alone; Ctrl-C in a terminal has reached the command too
            command.terminate()
        try:
            command.wait(timeout=30)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            command.kill()
        raise


def main(arguments: Sequence[str]) -> int:
    """Exit status of the command, 1 without PostgreSQL, 130 when interrupted."""
    programs = find_programs() or _install()
    if programs is None:
        print(MISSING, file=sys.stderr)
        return 1
    if not arguments or arguments[0] == "--find":
        print(programs)
        return 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with server(programs) as url:
            return _obey(subprocess.Popen(arguments, env={**os.environ, "TRUEUP_DATABASE_URL": url}))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

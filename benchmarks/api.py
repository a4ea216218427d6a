"""Usage through the API, by format and by the size of a call: against the server's floor, the command line's import, and COPY."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.child import ROOT, command, surroundings
from benchmarks.figures import Figure, Target, ratios, seconds
from benchmarks.world import World

LARGE = 10_000
_CUSTOMERS, _MSPS = 3_400, 34
_PATIENCE = 60.0  # seconds until the server has to answer
_HALF = Target(0.5, at_least=True)
_PLAIN = Target(None)


def figures(world: World, database: str) -> Iterator[Figure]:
    """Calls of 1, 100 and 10,000 rows; `database` is said with each figure."""
    token = world.run("api", "prepare", folder=str(world.files), customers=_CUSTOMERS, msps=_MSPS).result
    imported = world.run("api", "take_in", folder=str(world.files)).result
    with _server(world) as url:
        found = world.run("api", "measure", url=url, token=token, folder=str(world.files)).result
    for kind in ("csv", "ndjson", "json", "parquet", "csv, zstd"):
        took = found[kind]
        parts = f"{LARGE / min(took):,.0f} ÷ {LARGE / min(imported):,.0f} rows/s"
        data = f"calls of {LARGE:,} rows, {kind}"
        yield Figure(f"usage API ÷ import of the same rows, {database}", data, ratios(imported, took), _HALF, parts)
    for size in ("1", "100", f"{LARGE}"):
        parts = f"{seconds(found[f'floor {size}'])} ÷ {seconds(found[f'usage {size}'])}"
        data, target = f"calls of {int(size):,} rows, csv", _HALF if size == "1" else _PLAIN
        yield Figure(f"HTTP floor ÷ usage API, {database}", data, ratios(found[f"floor {size}"], found[f"usage {size}"]), target, parts)
    parts = f"{seconds(found['floor event'])} ÷ {seconds(found['event'])}"
    yield Figure(
        f"HTTP floor ÷ call of one event, {database}", "one CloudEvent a call", ratios(found["floor event"], found["event"]), _HALF, parts
    )
    if world.compared:
        copied = world.run("api", "copy_in", folder=str(world.files)).result
        parts = f"{seconds(copied)} ÷ {seconds(found['csv'])}"
        yield Figure(
            f"PostgreSQL COPY with indexes ÷ usage API, {database}", f"{LARGE:,} rows", ratios(copied, found["csv"]), _PLAIN, parts
        )


@contextmanager
def _server(world: World) -> Iterator[str]:
    """The address of a server of this world, as `trueup serve` runs it, with one address more: the floor."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    said = world.home / "server.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            command("api", "serve", port=port), env=surroundings(world.environment | {"TRUEUP_URL": url}), cwd=ROOT, stdout=log, stderr=log
        )
    try:
        _wait_for(f"{url}/floor/", process)
        yield url
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    """Raises RuntimeError if nothing answers there."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 -- our own server
        except urllib.error.URLError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the server of the benchmark does not answer; server.log in its home says why")

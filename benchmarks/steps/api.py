"""Sending usage over HTTP, as a program does that keeps its connection open."""

import csv
import io
import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import zstandard
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from benchmarks.steps import postgres
from benchmarks.steps.network import build, service_code
from trueup.accounts.rules import Scope, Viewer
from trueup.config.serving import serve as serve_portal
from trueup.ledger.actions import import_usage
from trueup.network import actions, keys
from trueup.web.viewing import public

FIRST = date(2026, 10, 1)
BEFORE = datetime(2026, 10, 31, tzinfo=UTC)
CALLS = 5
"""Calls of one kind; each has a day of its own, so that nothing is sent twice."""

EVENTS = 200
HEADER = ("day", "customer", "service", "provisioned_units", "used_units")
Row = tuple[str, str, str, str, str]


@public
@csrf_exempt
def floor(request: HttpRequest) -> HttpResponse:
    """Read the body, and say how long it was: what any endpoint of this server costs at least."""
    size = 0
    while chunk := request.read(1 << 16):
        size += len(chunk)
    return HttpResponse(str(size))


urlpatterns = [path("floor/", floor), path("", include("trueup.config.urls"))]


def prepare(folder: str, customers: int, msps: int) -> str:
    """A network, a program of its vendor, and a file of 10,000 rows for each day that is imported; the program's fixed key."""
    build(customers, msps)
    Path(folder).mkdir(parents=True)
    for number in range(CALLS):
        (Path(folder) / f"import-{number}.csv").write_bytes(_csv(_rows(60 + number, 10_000)))
    client_id, secret = keys.new_id(), keys.new_secret()
    actions.create_client(Viewer.system(), "vendor", "Feed", [Scope.USAGE_WRITE], client_id=client_id, now=BEFORE)
    keys.issue(client_id, "Feed", [Scope.USAGE_WRITE], secret, now=BEFORE)
    return f"{client_id}.{secret}"


def _rows(day: int, count: int) -> list[Row]:
    """Rows of one day, counted back from the end of October."""
    written = str(FIRST + timedelta(days=30 - day))
    return [
        (written, f"customer-{number // 3:07}", service_code(number % 3), str(10 + number % 90), str(number % 10))
        for number in range(count)
    ]


def _csv(rows: list[Row]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([HEADER, *rows])
    return out.getvalue().encode()


def _ndjson(rows: list[Row]) -> bytes:
    return b"".join(json.dumps(dict(zip(HEADER, row, strict=True))).encode() + b"\n" for row in rows)


def _json(rows: list[Row]) -> bytes:
    return json.dumps({"records": [dict(zip(HEADER, row, strict=True)) for row in rows]}).encode()


def _parquet(rows: list[Row], folder: Path) -> bytes:
    source, target = folder / "rows.csv", folder / "rows.parquet"
    source.write_bytes(_csv(rows))
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{source}', all_varchar = true)) TO '{target}' (FORMAT parquet)")
    return target.read_bytes()


def take_in(folder: str) -> list[float]:
    """Seconds of importing each file, as `trueup usage import` does once it is started."""
    times = []
    for file in sorted(Path(folder).glob("import-*.csv")):
        began = time.perf_counter()
        result = import_usage(Viewer.system(), file, now=datetime.now(UTC))
        times.append(time.perf_counter() - began)
        assert result.stored == 10_000
    return times


def copy_in(folder: str) -> list[float]:
    """Seconds of COPYing as many rows, each time in a transaction of its own."""
    rows = Path(folder) / "copied.rows"
    times = []
    with postgres.connect() as connection:
        connection.execute(postgres.TABLE)
        for number in range(CALLS):
            with rows.open("w", encoding="ascii") as out:
                for index, (day, *_names, provisioned, used) in enumerate(_rows(number, 10_000)):
                    out.write(
                        f"{day},{100 + index % 34},{1_000_000 + index // 3},{1 + index % 3},{provisioned},{used},,{BEFORE},{number}\n"
                    )
            began = time.perf_counter()
            postgres.copy_file(connection, rows, "usage")
            times.append(time.perf_counter() - began)
    return times


def serve(port: int) -> None:
    """The server, with the floor."""
    settings.ROOT_URLCONF = "benchmarks.steps.api"
    settings.TRUEUP_API_LIMIT = 10**9
    serve_portal(host="127.0.0.1", port=port, threads=4, clock=True, now=None)


def measure(url: str, token: str, folder: str) -> dict[str, list[float]]:
    """Seconds of each call, by kind; one call of each is not counted."""
    found: dict[str, list[float]] = {}
    days = iter(range(60))
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        formats: dict[str, tuple[str, Callable[[list[Row]], bytes], dict[str, str]]] = {
            "csv": ("text/csv", _csv, {}),
            "ndjson": ("application/x-ndjson", _ndjson, {}),
            "json": ("application/json", _json, {}),
            "parquet": ("application/vnd.apache.parquet", lambda rows: _parquet(rows, Path(folder)), {}),
            "csv, zstd": ("text/csv", lambda rows: zstandard.compress(_csv(rows)), {"Content-Encoding": "zstd"}),
        }
        for kind, (content_type, written, headers) in formats.items():
            bodies = [written(_rows(next(days), 10_000)) for _ in range(CALLS + 1)]
            found[kind] = [_sent(client, "/api/v1/usage", body, content_type, **headers) for body in bodies][1:]
        for size in (1, 100, 10_000):
            bodies = [_csv(_rows(next(days), size)) for _ in range(CALLS + 1)]
            found[f"floor {size}"] = [_sent(client, "/floor/", body, "text/csv") for body in bodies][1:]
            found[f"usage {size}"] = [_sent(client, "/api/v1/usage", body, "text/csv") for body in bodies][1:]
        events = [_event(number) for number in range(EVENTS)]
        found["floor event"] = [_sent(client, "/floor/", event, "application/cloudevents+json") for event in events]
        found["event"] = [_sent(client, "/api/v1/events", event, "application/cloudevents+json") for event in events]
    return found


def _event(number: int) -> bytes:
    event: dict[str, Any] = {
        "specversion": "1.0", "id": f"event-{number}", "source": "benchmark", "type": service_code(0), "subject": f"customer-{number:07}",
        "time": "2026-09-01T12:00:00Z", "data": {"provisioned": "5", "used": "4"},
    }  # fmt: skip
    return json.dumps(event).encode()


def _sent(client: httpx.Client, address: str, body: bytes, content_type: str, **headers: str) -> float:
    began = time.perf_counter()
    answer = client.post(address, content=body, headers={"Content-Type": content_type, **headers})
    took = time.perf_counter() - began
    if not answer.is_success:
        raise RuntimeError(f"{address} answered {answer.status_code}: {answer.text[:500]}")
    return took

"""Usage as the tests of the API send it, in every form, and what the ledger then holds."""

import gzip
import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet_files
import zstandard
from django.http import HttpResponse
from django.test import Client

from tests.api.conftest import Program, said
from trueup.accounts.rules import Viewer
from trueup.kit.period import Month
from trueup.ledger.queries import usage_rows

OCTOBER = Month(2026, 10)
HEADER = "day,customer,service,provisioned_units,used_units\n"
RECORDS: list[dict[str, Any]] = [
    {"day": "2026-10-01", "customer": "bolt-dental", "service": "endpoint-core", "provisioned_units": "40.5", "used_units": 31},
    {"day": "2026-10-02", "customer": "bolt-garage", "service": "endpoint-core", "provisioned_units": 5, "used_units": None},
]
CSV = HEADER + "2026-10-01,bolt-dental,endpoint-core,40.5,31\n2026-10-02,bolt-garage,endpoint-core,5,\n"
STORED = [("2026-10-01", "bolt", "bolt-dental", "40.5", "31"), ("2026-10-02", "bolt", "bolt-garage", "5", None)]


def parquet() -> bytes:
    """The records as a Parquet file, with real dates and decimals."""
    columns = {
        "day": [date(2026, 10, 1), date(2026, 10, 2)],
        "customer": ["bolt-dental", "bolt-garage"],
        "service": ["endpoint-core", "endpoint-core"],
        "provisioned_units": [Decimal("40.5"), Decimal(5)],
        "used_units": [31, None],
    }
    written = io.BytesIO()
    parquet_files.write_table(pa.table(columns), written)
    return written.getvalue()


FORMS: dict[str, Callable[[], bytes]] = {
    "application/json": lambda: json.dumps({"records": RECORDS}).encode(),
    "application/x-ndjson": lambda: "".join(json.dumps(record) + "\n" for record in RECORDS).encode(),
    "text/csv": CSV.encode,
    "application/vnd.apache.parquet": parquet,
}
PACKING: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


def send(program: Program, body: bytes | str, query: str = "", kind: str = "text/csv", **headers: str) -> tuple[int, Any]:
    """Send usage."""
    sent = body.encode() if isinstance(body, str) else body
    return said(program.call("POST", f"/usage{query}", sent, content_type=kind, **headers))


def sent_json(program: Program, document: Any, query: str = "") -> tuple[int, Any]:
    """Send JSON."""
    return send(program, document if isinstance(document, str) else json.dumps(document), query, "application/json")


def stored() -> list[tuple[str | None, ...]]:
    """What October holds."""
    return [
        (
            str(row.day),
            row.msp,
            row.customer,
            f"{row.provisioned.normalize():f}",
            f"{row.used.normalize():f}" if row.used is not None else None,
        )
        for row in usage_rows(Viewer.system(), OCTOBER)
    ]


def nothing_is_left(home: Path) -> bool:
    """Whether no scratch file stayed."""
    return not any((home / "uploads").glob("incoming-*")) and not any((home / "refused").glob("*"))


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    """What a refusal says to a program."""
    return answer[0], answer[1]["code"]


def announced(program: Program, stream: Any, length: int | None, packing: str = "identity", kind: str = "text/csv") -> HttpResponse:
    """Send a stream as a server hands it over; without a length it comes in chunks."""
    environ: dict[str, Any] = {"wsgi.input": stream, "CONTENT_TYPE": kind, "HTTP_AUTHORIZATION": f"Bearer {program.token}"}
    environ |= (
        {"CONTENT_LENGTH": str(length)} if length is not None else {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    )
    environ["HTTP_CONTENT_ENCODING"] = packing
    return Client(raise_request_exception=False).generic("POST", "/api/v1/usage", **environ)  # type: ignore[return-value]

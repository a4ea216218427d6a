"""A file on its way to the server."""

import gzip
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import zstandard

from tests.client.fake import ME, URL, Server, answered, problem
from trueup.client import Client
from trueup.client.answers import RefusedRow
from trueup.client.uploading import CSV, NDJSON, PARQUET
from trueup.kit.errors import Conflict, Invalid

DONE = {"batch": 7, "stored": 2, "repeated": 0, "unmapped": 0, "refused_count": 0, "refused": [], "state": "done"}
ROWS = "day,customer,service,provisioned_units\n2026-10-01,a,b,1\n2026-10-02,a,b,1\n"
BAD: list[dict[str, Any]] = [{"code": "negative", "detail": "It is below 0.", "row": 3, "column": "provisioned_units", "value": "-1"}]


class Steps:
    """A progress that remembers."""

    def __init__(self) -> None:
        self.steps: list[Any] = []
        self.finished = False

    def start(self, label: str, total: int | None) -> None:
        self.finished = False
        self.steps.append([label, total, 0])

    def advance(self, count: int) -> None:
        self.steps[-1][2] += count

    def finish(self) -> None:
        self.finished = True


class Swallowing(httpx.BaseTransport):
    """A server that keeps nothing of what it reads."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for _ in request.stream:  # type: ignore[union-attr]
            pass
        return answered(DONE if request.url.path.endswith("usage") else ME)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "usage.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


class TestSendFile:
    def test_sends_it_as_it_is_and_says_what_it_is(self, file: Path) -> None:
        server = Server(answered(DONE, 201))
        found = server.client().usage.send_file(file, source="rmm-feed", key="october", accept_valid=True)
        (request,) = server.requests
        assert (found.batch, found.stored, found.refused) == (7, 2, ())
        assert (request.content.decode(), request.headers["Content-Type"]) == (ROWS, "text/csv")
        assert (request.headers["Content-Length"], request.headers.get("Transfer-Encoding")) == (str(len(ROWS)), None)
        assert (request.headers["Idempotency-Key"], dict(request.url.params)) == ("october", {"source": "rmm-feed", "accept_valid": "true"})

    def test_names_no_key_of_its_own(self, file: Path) -> None:
        server = Server(answered(DONE))
        server.client().usage.send_file(file, dry_run=True)
        assert server.said("Idempotency-Key") == [None]
        assert dict(server.requests[0].url.params) == {"dry_run": "true"}

    @pytest.mark.parametrize(
        ("compression", "unpack"), [("gzip", gzip.decompress), ("zstd", zstandard.ZstdDecompressor().decompressobj().decompress)]
    )
    def test_packs_it_if_asked(self, file: Path, compression: Any, unpack: Any) -> None:
        server = Server(answered(DONE))
        server.client().usage.send_file(file, compression=compression)
        assert server.said("Content-Encoding") == [compression]
        packed = server.requests[0].content
        assert server.said("Content-Length") == [str(len(packed))]
        assert unpack(packed).decode() == ROWS

    @pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.ZstdCompressor().compress)])
    @pytest.mark.parametrize(
        ("name", "kind"), [("u.csv.gz", CSV), ("u.ndjson.zst", NDJSON), ("u.gz", CSV), ("u", CSV), ("u.parquet", PARQUET)]
    )
    def test_sends_what_is_packed_as_it_is(self, *, tmp_path: Path, name: str, kind: str, encoding: Any, pack: Any) -> None:
        (tmp_path / name).write_bytes(pack(ROWS.encode()))
        server = Server(answered(DONE))
        server.client().usage.send_file(tmp_path / name, compression="zstd")
        assert (server.said("Content-Type"), server.said("Content-Encoding")) == ([kind], [encoding])
        assert server.requests[0].content == pack(ROWS.encode())

    def test_sends_a_file_with_a_profile_as_csv_whatever_its_name(self, tmp_path: Path) -> None:
        (tmp_path / "u.txt").write_text("{a};b\n")
        server = Server(answered(DONE))
        server.client().usage.send_file(tmp_path / "u.txt", profile="rmm", day=date(2026, 10, 31))
        assert server.said("Content-Type") == [CSV]
        assert dict(server.requests[0].url.params) == {"profile": "rmm", "day": "2026-10-31"}

    @pytest.mark.parametrize(
        ("name", "content", "kind"),
        [
            ("u.ndjson", b"{}", NDJSON), ("u.JSONL", b"{}", NDJSON), ("u.parquet", b"x", PARQUET),
            ("u", b"PAR1", PARQUET), ("u.json", b' {"day": 1}', NDJSON), ("u.txt", b"day,", CSV),
        ],
    )  # fmt: skip
    def test_knows_what_it_is_by_name_or_beginning(self, tmp_path: Path, name: str, content: bytes, kind: str) -> None:
        (tmp_path / name).write_bytes(content)
        server = Server(answered(DONE))
        server.client().usage.send_file(tmp_path / name)
        assert (server.said("Content-Type"), server.requests[0].content) == ([kind], content)

    def test_sends_all_of_it_again(self, file: Path) -> None:
        server = Server(httpx.WriteError("broken pipe"), answered(status=503), answered(DONE))
        server.client().usage.send_file(file)
        assert [request.content.decode() for request in server.requests] == [ROWS] * 3

    def test_tells_how_far_it_is(self, file: Path) -> None:
        told = Steps()
        Server(answered(DONE)).client().usage.send_file(file, compression="gzip", progress=told)
        packing, sending, waiting = told.steps
        assert (packing, sending[0]) == (["Packing", len(ROWS), len(ROWS)], "Sending")
        assert sending[1] == sending[2] > 0
        assert (waiting, told.finished) == (["Taking in", None, 0], True)

    def test_refuses_what_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "empty.csv").touch()
        usage = Server(answered(DONE)).client().usage
        with pytest.raises(Invalid, match=r"none\.csv cannot be read: No such file"):
            usage.send_file(tmp_path / "none.csv")
        (tmp_path / "cut.gz").write_bytes(gzip.compress(ROWS.encode())[:20])
        with pytest.raises(Invalid, match=r"cut\.gz cannot be unpacked"):
            usage.send_file(tmp_path / "cut.gz")
        with pytest.raises(Invalid, match="is empty"):
            usage.send_file(tmp_path / "empty.csv")
        with pytest.raises(Invalid, match="cannot be read"):
            usage.send_file(tmp_path)

    @pytest.mark.parametrize("compression", [None, "zstd"])
    def test_never_holds_it_in_memory(self, tmp_path: Path, compression: Any) -> None:
        large = tmp_path / "large.parquet"
        with large.open("wb") as output:
            for _ in range(48):
                output.write(bytes(range(256)) * 4096)

        client = Client(URL, token="t", transport=Swallowing())
        tracemalloc.start()
        try:
            client.usage.send_file(large, compression=compression)
            assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
        finally:
            tracemalloc.stop()


class TestRefusedRows:
    def test_are_an_answer_and_no_error(self, file: Path) -> None:
        numbers = {"batch": None, "stored": 0, "repeated": 0, "unmapped": 0, "refused_count": 1, "refused_csv": None}
        refused = problem(422, "rows_refused", "nothing was stored", errors=BAD, members=numbers)
        found = Server(refused).client().usage.send_file(file)
        assert (found.batch, found.stored, found.refused_count) == (None, 0, 1)
        assert found.refused == (RefusedRow(3, "provisioned_units", "-1", "negative", "It is below 0."),)

    @pytest.mark.parametrize(
        ("status", "code", "kind"), [(422, "invalid", Invalid), (422, "key_reused", Invalid), (409, "conflict", Conflict)]
    )
    def test_are_not_every_refusal(self, file: Path, status: int, code: str, kind: type[Exception]) -> None:
        with pytest.raises(kind):
            Server(problem(status, code, "no")).client().usage.send_file(file)

    def test_are_all_read_where_there_are_many(self) -> None:
        listed = "row,column,value,reason\n3,provisioned_units,-1,negative\n4,customer,'=a,unknown_customer\n"
        answer = answered({**DONE, "refused_count": 2, "refused": BAD, "refused_csv": "/api/v1/deliveries/5/refused.csv"}, 200)
        server = Server(answer, httpx.Response(200, text=listed))
        client = server.client(account="bolt")
        rows = list(client.usage.refused_rows(client.usage.send([{"day": "2026-10-01"}])))
        assert server.said("TrueUp-Account") == ["bolt", "bolt"]
        assert str(server.requests[1].url.path) == "/api/v1/deliveries/5/refused.csv"
        assert [(row.row, row.value, row.message) for row in rows] == [(3, "-1", "It is below 0."), (4, "=a", "unknown_customer")]


class TestLargeDelivery:
    @pytest.fixture(autouse=True)
    def _large(self, file: Path) -> None:
        with file.open("r+b") as output:
            output.truncate(20 * 2**20)

    def test_is_asked_for_until_it_is_done(self, file: Path) -> None:
        waiting = answered({"id": 5, "state": "waiting", "location": "/api/v1/deliveries/5"}, 202, Location="/api/v1/deliveries/5")
        working, done = answered({**DONE, "state": "working", "error": None}), answered({**DONE, "error": None})
        server = Server(answered(ME), waiting, working, done)
        assert server.client().usage.send_file(file).stored == 2
        assert [request.url.path.removeprefix("/api/v1") for request in server.requests] == [
            "/me",
            "/usage",
            "/deliveries/5",
            "/deliveries/5",
        ]
        assert server.said("Prefer") == [None, "respond-async", None, None]
        assert server.pauses == [1]

    @pytest.mark.parametrize("code", ["invalid", "key_reused"])
    def test_says_why_nothing_could_be_read(self, file: Path, code: str) -> None:
        waiting = answered({}, 202, Location="/api/v1/deliveries/5")
        failed = answered({**DONE, "state": "failed", "error": {"code": code, "detail": "it has no column “day”"}})
        with pytest.raises(Invalid, match="no column “day”"):
            Server(answered(ME), waiting, failed).client().usage.send_file(file)

    def test_is_an_answer_where_rows_are_to_blame(self, file: Path) -> None:
        failed = {
            **DONE,
            "state": "failed",
            "stored": 0,
            "refused_count": 1,
            "refused": BAD,
            "error": {"code": "rows_refused", "detail": "x"},
        }
        waiting = answered({}, 202, Location="/api/v1/deliveries/5")
        assert Server(answered(ME), waiting, answered(failed)).client().usage.send_file(file).refused_count == 1

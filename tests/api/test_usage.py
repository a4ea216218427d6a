"""Usage sent by a program: every format and packing, whole or in part, once and again."""

import gzip
import io
import json
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as parquet_files
import pytest
import zstandard
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from tests.api.conftest import AsProgram, Program, said
from tests.web.conftest import Clock
from trueup.accounts.models import Account, ApiClient
from trueup.accounts.rules import Scope, Viewer
from trueup.api.endpoints import usage_bodies
from trueup.kit.period import Month
from trueup.ledger.models import Batch
from trueup.ledger.queries import usage_rows
from trueup.uploads import storage
from trueup.uploads.models import Upload
from trueup.uploads.working import work_on_next

OCTOBER = Month(2026, 10)
HEADER = "day,customer,service,provisioned_units,used_units\n"
RECORDS: list[dict[str, Any]] = [
    {"day": "2026-10-01", "customer": "bolt-dental", "service": "endpoint-core", "provisioned_units": "40.5", "used_units": 31},
    {"day": "2026-10-02", "customer": "bolt-garage", "service": "endpoint-core", "provisioned_units": 5, "used_units": None},
]
CSV = HEADER + "2026-10-01,bolt-dental,endpoint-core,40.5,31\n2026-10-02,bolt-garage,endpoint-core,5,\n"
STORED = [("2026-10-01", "bolt", "bolt-dental", "40.5", "31"), ("2026-10-02", "bolt", "bolt-garage", "5", None)]

pytestmark = pytest.mark.usefixtures("transactional_db", "world", "ledger_home", "home")


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    """A home of this test's own, for the files."""
    settings.TRUEUP_HOME = tmp_path / "home"
    return tmp_path / "home"


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


@pytest.fixture
def bolt(as_program: AsProgram) -> Program:
    """A program of an MSP."""
    return as_program("bolt", Scope.USAGE_WRITE, Scope.USAGE_READ)


class TestEveryForm:
    @pytest.mark.parametrize("packing", PACKING)
    @pytest.mark.parametrize("form", FORMS)
    def test_stores_the_same_records(self, form: str, packing: str, bolt: Program, home: Path) -> None:
        status, answer = send(bolt, PACKING[packing](FORMS[form]()), kind=form, content_encoding=packing)
        assert (status, answer["stored"], answer["state"], answer["refused"]) == (201, 2, "done", [])
        assert answer["batch"] == Batch.objects.get().pk
        assert stored() == STORED
        assert nothing_is_left(home)

    @pytest.mark.parametrize("packing", PACKING)
    def test_is_refused_when_it_breaks_off(self, packing: str, bolt: Program, home: Path) -> None:
        whole = PACKING[packing](CSV.encode() * 50)
        answer = said(announced(bolt, io.BytesIO(whole[:-5]), len(whole), packing))
        assert (answer[0], answer[1]["code"]) == (400, "truncated")
        assert stored() == []
        assert nothing_is_left(home)

    @pytest.mark.parametrize("packing", ["gzip", "zstd"])
    def test_is_refused_when_what_was_packed_is_not_whole(self, packing: str, bolt: Program) -> None:
        whole = PACKING[packing](CSV.encode() * 50)
        assert code(send(bolt, whole[:-5], content_encoding=packing)) == (400, "truncated")

    @pytest.mark.parametrize("packing", ["gzip", "zstd"])
    def test_is_refused_when_it_is_not_packed_as_it_says(self, packing: str, bolt: Program) -> None:
        assert code(send(bolt, CSV, content_encoding=packing)) == (400, "bad_encoding")
        assert code(send(bolt, PACKING[packing](CSV.encode()) + b"rest", content_encoding=packing))[0] == 400

    @pytest.mark.parametrize("packing", ["gzip", "zstd"])
    def test_may_be_packed_in_parts(self, packing: str, bolt: Program) -> None:
        lines = CSV.encode().splitlines(keepends=True)
        assert send(bolt, b"".join(PACKING[packing](line) for line in lines), content_encoding=packing)[0] == 201
        assert stored() == STORED


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


class Endless(io.RawIOBase):
    """A body that ends when nobody reads it any more; it remembers the most that was asked for at once."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self.asked: list[int] = []

    def read(self, size: int = -1) -> bytes:
        self.asked.append(size)
        return next(self._pieces, b"")


class TestLargeBody:
    def test_is_read_piece_by_piece(self, bolt: Program) -> None:
        lines = (f"2026-10-{1 + number % 28:02},bolt-dental,endpoint-core,{number // 28},\n".encode() for number in range(56))
        stream = Endless([HEADER.encode(), *lines])
        status, answer = said(announced(bolt, stream, None))
        assert (status, answer["refused_count"]) == (422, 28)
        assert set(stream.asked) == {usage_bodies.PIECE}

    @pytest.mark.parametrize("packing", PACKING)
    def test_is_refused_as_soon_as_it_is_too_large(self, packing: str, bolt: Program, settings: Settings, home: Path) -> None:
        settings.TRUEUP_API_UPLOAD_LIMIT = 2**20
        stream = Endless(iter(lambda: PACKING[packing](b"x" * 100_000), None))
        assert code(said(announced(bolt, stream, None, packing))) == (413, "too_large")
        assert len(stream.asked) < 20
        assert nothing_is_left(home)

    def test_is_refused_before_it_is_read_where_it_says_how_large_it_is(self, bolt: Program) -> None:
        stream = Endless([])
        assert code(said(announced(bolt, stream, 2**30 + 1))) == (413, "too_large")
        assert stream.asked == []

    @pytest.mark.parametrize("packing", ["gzip", "zstd"])
    def test_of_a_bomb_is_unpacked_no_further_than_the_limit(self, packing: str, bolt: Program, settings: Settings, home: Path) -> None:
        settings.TRUEUP_API_UPLOAD_LIMIT = 2**20
        written = 0
        bomb = PACKING[packing](bytes(200 * 2**20))
        for piece in usage_bodies._gunzip(iter([bomb])) if packing == "gzip" else usage_bodies._unzstd(iter([bomb])):
            assert len(piece) <= 16 * 2**20
            written += len(piece)
            if written > 40 * 2**20:
                break
        assert code(send(bolt, bomb, content_encoding=packing)) == (413, "too_large")
        assert nothing_is_left(home)

    def test_of_json_is_refused_with_a_hint(self, bolt: Program) -> None:
        status, problem = send(bolt, b" " * (20 * 2**20 + 1), kind="application/json")
        assert (status, problem["code"]) == (413, "too_large")
        assert "x-ndjson" in problem["detail"]

    def test_with_a_window_no_one_may_ask_for_is_refused(self, bolt: Program) -> None:
        parameters = zstandard.ZstdCompressionParameters(window_log=27)
        packed = zstandard.ZstdCompressor(compression_params=parameters).compressobj().compress(CSV.encode() * 2**16)
        assert code(send(bolt, packed, content_encoding="zstd")) == (400, "bad_encoding")


class TestRequest:
    @pytest.mark.parametrize("kind", ["application/pdf", "text/csv; charset=latin-1", "multipart/form-data; boundary=x"])
    def test_of_another_media_type_is_refused(self, kind: str, bolt: Program) -> None:
        answer = bolt.call("POST", "/usage", CSV.encode(), content_type=kind)
        assert answer.status_code == 415
        assert "text/csv" in answer["Accept-Post"]

    @pytest.mark.parametrize("packing", ["br", "gzip, gzip", "deflate"])
    def test_of_another_packing_is_refused(self, packing: str, bolt: Program) -> None:
        answer = bolt.call("POST", "/usage", CSV.encode(), content_type="text/csv", content_encoding=packing)
        assert (answer.status_code, answer["Accept-Encoding"]) == (415, "gzip, zstd, identity")

    @pytest.mark.parametrize("form", FORMS)
    def test_without_content_is_refused(self, form: str, bolt: Program) -> None:
        assert code(said(announced(bolt, io.BytesIO(), 0, kind=form))) == (422, "empty")
        assert code(send(bolt, gzip.compress(b""), kind=form, content_encoding="gzip")) == (422, "empty")

    def test_without_a_length_is_refused_where_the_server_cannot_tell_the_end(self, bolt: Program) -> None:
        client = Client(raise_request_exception=False)
        answer = client.generic(
            "POST", "/api/v1/usage", HTTP_AUTHORIZATION=f"Bearer {bolt.token}", HTTP_TRANSFER_ENCODING="chunked", CONTENT_TYPE="text/csv"
        )
        assert answer.status_code == 411

    def test_needs_the_scope(self, as_program: AsProgram) -> None:
        assert code(send(as_program("bolt", Scope.USAGE_READ), CSV)) == (403, "missing_scope")
        assert code(send(Program(None), CSV)) == (401, "unauthenticated")

    def test_names_a_source_the_sender_may_use(self, bolt: Program, as_program: AsProgram) -> None:
        status, problem = send(bolt, CSV, "?source=rmm-feed")
        assert (status, problem["errors"][0]["path"], problem["errors"][0]["code"]) == (422, "/query/source", "unknown_source")
        assert send(bolt, CSV, "?source=nothing")[1]["errors"][0]["code"] == "unknown_source"
        assert send(as_program("acme-vendor"), CSV, "?source=rmm-feed")[0] == 201
        assert Batch.objects.get().source.code == "rmm-feed"

    def test_of_unknown_columns_is_refused(self, bolt: Program) -> None:
        status, problem = send(bolt, "day,customer\n2026-10-01,bolt-dental\n")
        assert (status, problem["code"]) == (422, "invalid")
        assert "the column service is missing" in problem["detail"]


class TestProfile:
    PROFILE: ClassVar[dict[str, Any]] = {
        "kind": "in",
        "columns": [
            {"field": "day", "constant": "2026-10-31"}, {"field": "customer", "heading": "Client"}, {"field": "service", "heading": "SKU"},
            {"field": "provisioned_units", "heading": "Qty"},
        ],
        "services": {"EPC": "endpoint-core"},
        "customers": {"Dental Care": "bolt-dental"},
    }  # fmt: skip

    def test_reads_a_file_of_another_layout(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        assert bolt.put("/mapping-profiles/rmm", self.PROFILE, if_match="*")[0] in {200, 201}
        status, answer = send(bolt, "Client,SKU,Qty\nDental Care,EPC,4\nDental Care,EPC,5\n", "?profile=rmm")
        assert (status, answer["stored"]) == (201, 1)
        assert stored() == [("2026-10-31", "bolt", "bolt-dental", "9", None)]
        status, problem = send(bolt, "Client,SKU,Qty\nDental Care,EPC,4\nNobody,EPC,1\n", "?profile=rmm")
        assert (status, [(bad["row"], bad["column"]) for bad in problem["errors"]]) == (422, [(3, "Client")])
        assert code(send(bolt, "Client,SKU,Qty\n", "?profile=nothing")) == (404, "not_found")
        assert code(send(bolt, "{}", "?profile=rmm", "application/x-ndjson")) == (415, "unsupported_media_type")


class TestJson:
    @pytest.mark.parametrize("document", ["  ", "\ufeff"])
    def test_of_nothing_is_refused(self, document: str, bolt: Program) -> None:
        assert code(sent_json(bolt, document)) == (422, "empty")

    @pytest.mark.parametrize(
        "document",
        [
            "{", "nothing", '{"records"', '{"records": [', '{"records": [{}', '{"records": [{}] }x', '{"records": [{},]}', '{"a" 1}',
            "{1: 2}",
            '{"records": [NaN]}', "\udcff", '{"records": [' + "[" * 100_000,
        ],
    )  # fmt: skip
    def test_that_is_none_is_refused(self, document: str, bolt: Program) -> None:
        answer = send(bolt, document.encode("utf-8", "surrogateescape"), kind="application/json")
        assert code(answer) == (400, "bad_request")

    @pytest.mark.parametrize(
        ("document", "path", "why"),
        [
            ({}, "/records", "missing"),
            ({"records": {}}, "/records", "not_readable"),
            ({"records": None}, "/records", "not_readable"),
            ({"records": RECORDS, "more": 1}, "/more", "unknown_field"),
            ({"records": [RECORDS[0] | {"a/b": 1}]}, "/records/0/a~1b", "unknown_field"),
        ],
    )
    def test_of_another_shape_is_refused_where_it_is(self, document: Any, path: str, why: str, bolt: Program) -> None:
        status, problem = sent_json(bolt, document)
        assert (status, problem["errors"][0]["path"], problem["errors"][0]["code"]) == (422, path, why)

    @pytest.mark.parametrize("document", ["[]", "1", '"x"', '{"records": []}'])
    def test_without_records_is_refused(self, document: str, bolt: Program) -> None:
        assert sent_json(bolt, document)[0] == 422

    def test_keeps_the_digits_of_numbers(self, bolt: Program) -> None:
        record = '{"day":"2026-10-01","customer":"bolt-dental","service":"endpoint-core","provisioned_units":0.100001,"used_units":1e2}'
        assert sent_json(bolt, f'{{"records": [{record}]}}')[0] == 201
        assert stored()[0][3:] == ("0.100001", "100")

    @pytest.mark.parametrize("name", ["\0", "\ud800", "x" * 1000, '"', "a\r\nb", " "])
    def test_of_hostile_names_is_refused_row_by_row(self, name: str, bolt: Program) -> None:
        status, problem = sent_json(bolt, {"records": [*RECORDS, RECORDS[0] | {"customer": name, "used_units": True}]})
        assert (status, problem["refused_count"]) == (422, 1)
        assert [(one["path"], one["code"]) for one in problem["errors"]] == [
            ("/records/2/customer", "unknown_customer" if name.strip() else "missing"),
            ("/records/2/used_units", "not_a_number"),
        ]

    def test_says_the_path_of_what_is_refused(self, bolt: Program) -> None:
        bad = RECORDS[0] | {"customer": "no\nbody, Ltd", "provisioned_units": -1}
        status, problem = sent_json(bolt, {"records": [*RECORDS, bad, 7, RECORDS[0], {**RECORDS[0], "day": {"a": 1}}]})
        assert (status, problem["code"], problem["refused_count"], problem["stored"]) == (422, "rows_refused", 4, 0)
        assert [(one["path"], one["code"], one["row"], one["column"]) for one in problem["errors"]] == [
            ("/records/2/customer", "unknown_customer", 3, "customer"),
            ("/records/2/provisioned_units", "negative", 3, "provisioned_units"),
            ("/records/3", "malformed", 4, ""),
            ("/records/4", "duplicate", 5, "day,customer,service"),
            ("/records/5/day", "not_a_date", 6, "day"),
        ]


ONE_BAD = CSV + "2026-10-03,bolt-dental,endpoint-core,x,1\n"


class TestBatch:
    def test_is_refused_as_a_whole(self, bolt: Program, home: Path) -> None:
        status, problem = send(bolt, ONE_BAD)
        assert (status, problem["code"], problem["batch"], problem["refused_count"]) == (422, "rows_refused", None, 1)
        assert problem["errors"] == [
            {"code": "not_a_number", "detail": "Not a number.", "row": 3, "column": "provisioned_units", "value": "x"}
        ]
        assert stored() == []
        assert nothing_is_left(home)

    def test_is_taken_in_part_where_that_is_asked_for(self, bolt: Program) -> None:
        status, answer = send(bolt, ONE_BAD, "?accept_valid=true")
        assert (status, answer["stored"], answer["refused_count"], answer["refused"][0]["row"]) == (201, 2, 1, 3)
        status, answer = send(bolt, ONE_BAD, "?accept_valid=true")
        assert (status, answer["stored"], answer["repeated"], answer["refused_count"]) == (200, 0, 2, 1)

    def test_of_bad_rows_alone_is_refused_also_where_good_ones_would_do(self, bolt: Program) -> None:
        assert code(send(bolt, HEADER + "2026-10-03,nobody,endpoint-core,1,1\n", "?accept_valid=true")) == (422, "rows_refused")

    def test_is_only_looked_at_in_a_dry_run(self, bolt: Program) -> None:
        status, answer = send(bolt, CSV, "?dry_run=true", prefer="respond-async")
        assert (status, answer["stored"], answer["batch"]) == (200, 2, None)
        assert send(bolt, ONE_BAD, "?dry_run=true")[0] == 422
        assert send(bolt, ONE_BAD, "?dry_run=true&accept_valid=1")[1]["stored"] == 2
        assert stored() == []

    def test_is_repeated_without_effect(self, bolt: Program) -> None:
        first = send(bolt, CSV)[1]
        status, again = send(bolt, gzip.compress(CSV.encode()), content_encoding="gzip")
        assert (status, again["batch"], again["stored"], again["repeated"]) == (200, first["batch"], 0, 2)
        assert Batch.objects.count() == 1

    def test_has_a_key_that_stands_for_its_content(self, bolt: Program, as_program: AsProgram) -> None:
        assert send(bolt, CSV, idempotency_key="october")[0] == 201
        assert send(bolt, CSV, idempotency_key="october")[0] == 200
        assert code(send(bolt, CSV.replace("40.5", "41"), idempotency_key="october")) == (422, "idempotency_key_reused")
        assert code(send(bolt, CSV, idempotency_key="ö")) == (400, "bad_idempotency_key")
        assert Batch.objects.get().key == "october"

    def test_says_nothing_to_another_account_by_its_key_or_content(self, bolt: Program, as_program: AsProgram) -> None:
        send(bolt, CSV, idempotency_key="october")
        coil = HEADER + "2026-10-01,coil-bakery,endpoint-core,1,1\n"
        assert send(as_program("coil"), coil, idempotency_key="october")[0] == 201
        # To others the very same content is what it is to them: a list of customers they do not know.
        assert code(send(as_program("coil"), CSV)) == (422, "rows_refused")

    def test_of_an_account_knows_no_customer_of_another(self, as_program: AsProgram) -> None:
        status, problem = send(as_program("coil"), CSV)
        assert (status, {one["code"] for one in problem["errors"]}) == (422, {"unknown_customer"})
        assert code(send(as_program("south"), CSV)) == (422, "rows_refused")
        assert send(as_program("north"), CSV)[0] == 201

    def test_is_not_of_the_future(self, bolt: Program, clock: Clock) -> None:
        tomorrow = HEADER + f"{clock.at.date().replace(day=4)},bolt-dental,endpoint-core,1,1\n"
        status, problem = send(bolt, tomorrow)
        assert (status, problem["errors"][0]["code"]) == (422, "in_future")
        clock.at = datetime(2026, 11, 4, 0, 0, 1, tzinfo=UTC)
        assert send(bolt, tomorrow)[0] == 201

    def test_that_began_before_another_was_stored_waits_its_turn(self, bolt: Program, clock: Clock) -> None:
        send(bolt, CSV)
        clock.at = clock.at.replace(minute=clock.at.minute, hour=clock.at.hour - 1)
        assert send(bolt, CSV.replace("40.5", "41"))[0] == 201
        assert stored()[0][3] == "41"
        clock.at = clock.at.replace(hour=clock.at.hour - 2)
        assert code(send(bolt, CSV.replace("40.5", "42"))) == (409, "conflict")

    def test_sent_twice_at_once_is_stored_once(self, bolt: Program) -> None:
        answers = at_once(*[lambda: send(bolt, CSV, idempotency_key="once")] * 4)
        assert sorted(status for status, _ in answers) == [200, 200, 200, 201]
        assert {answer["batch"] for _, answer in answers} == {Batch.objects.get().pk}
        assert stored() == STORED

    def test_with_a_key_of_two_contents_at_once_is_stored_once(self, bolt: Program) -> None:
        bodies = [CSV.replace("40.5", str(number)) for number in (41, 42, 43)]
        answers = at_once(*[lambda body=body: send(bolt, body, idempotency_key="once") for body in bodies])
        assert sorted(status for status, _ in answers) == [201, 422, 422]
        assert Batch.objects.count() == 1


def at_once(*calls: Callable[[], tuple[int, Any]]) -> list[tuple[int, Any]]:
    """Call all of them at the same time."""
    answers: list[tuple[int, Any]] = []
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], tuple[int, Any]]) -> None:
        start.wait()
        try:
            answers.append(call())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


MANY_BAD = HEADER + "".join(f"2026-10-01,nobody-{number},endpoint-core,1,1\n" for number in range(1001))


class TestManyRefusals:
    def test_are_named_up_to_a_thousand_and_all_in_a_file(self, bolt: Program, as_program: AsProgram, home: Path) -> None:
        status, problem = send(bolt, MANY_BAD)
        assert (status, problem["refused_count"], len(problem["errors"])) == (422, 1001, 1000)
        path = problem["refused_csv"].removeprefix("/api/v1")
        answer = bolt.call("GET", path)
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert b"".join(answer.streaming_content).count(b"\n") == 1002  # type: ignore[attr-defined]
        assert as_program("coil").get(path)[0] == 404
        delivery = bolt.get(path.removesuffix("/refused.csv"))[1]
        assert (delivery["state"], delivery["error"]["code"], delivery["refused_count"]) == ("failed", "rows_refused", 1001)
        assert nothing_is_left(home)
        assert not (home / "uploads" / str(problem["id"]) / "sent").exists()


def work() -> None:
    """The clock takes in what waits."""
    while work_on_next(now=datetime(2026, 11, 3, 12, 1, tzinfo=UTC)):
        pass


class TestDelivery:
    def test_is_taken_in_later(self, bolt: Program, home: Path) -> None:
        answer = bolt.call("POST", "/usage", FORMS["application/json"](), content_type="application/json", prefer="respond-async, wait=5")
        assert (answer.status_code, answer["Preference-Applied"], answer["Retry-After"]) == (202, "respond-async", "1")
        place = answer["Location"].removeprefix("/api/v1")
        waiting = bolt.get(place)[1]
        assert (waiting["state"], waiting["stored"], waiting["batch"], stored()) == ("waiting", 0, None, [])
        work()
        done = bolt.get(place)[1]
        assert (done["state"], done["stored"], done["batch"], done["error"]) == ("done", 2, Batch.objects.get().pk, None)
        assert stored() == STORED
        assert nothing_is_left(home)

    def test_is_refused_as_a_whole(self, bolt: Program) -> None:
        place = later(bolt, ONE_BAD)
        work()
        found = bolt.get(place)[1]
        assert (found["state"], found["error"]["code"], found["stored"]) == ("failed", "rows_refused", 0)
        assert [(bad["row"], bad["column"], bad["code"]) for bad in found["refused"]] == [(3, "provisioned_units", "not_a_number")]
        answer = bolt.call("GET", found["refused_csv"].removeprefix("/api/v1"))
        assert b"".join(answer.streaming_content).count(b"\n") == 2  # type: ignore[attr-defined]

    def test_keeps_its_key(self, bolt: Program) -> None:
        first, again = later(bolt, CSV, idempotency_key="a"), later(bolt, CSV, idempotency_key="a")
        other = later(bolt, CSV.replace("40.5", "41"), idempotency_key="a")
        work()
        assert bolt.get(first)[1]["stored"] == 2
        assert (bolt.get(again)[1]["repeated"], bolt.get(again)[1]["state"]) == (2, "done")
        assert bolt.get(other)[1]["error"]["code"] == "idempotency_key_reused"

    def test_is_taken_in_once_although_its_worker_died(self, bolt: Program) -> None:
        place = later(bolt, CSV)
        before = Upload.objects.get()
        work_on_next(now=datetime(2026, 11, 3, 12, 1, tzinfo=UTC))
        # As if it had died after the ledger stored the batch and before it said so; the file is still there.
        Upload.objects.update(state="importing", claimed_at=datetime(2026, 11, 3, 12, tzinfo=UTC), ended_at=None, counts={}, batch=None)
        again(before)
        assert work_on_next(now=datetime(2026, 11, 3, 12, 10, tzinfo=UTC))
        found = bolt.get(place)[1]
        assert (found["state"], found["batch"], found["stored"] + found["repeated"]) == ("done", Batch.objects.get().pk, 2)
        assert stored() == STORED

    def test_is_refused_once_its_sender_lost_the_right(self, bolt: Program, clock: Clock) -> None:
        place = later(bolt, CSV)
        ApiClient.objects.update(revoked_at=clock.at)
        work()
        ApiClient.objects.update(revoked_at=None)
        assert bolt.get(place)[1]["error"]["code"] == "not_allowed"

    def test_is_of_its_account_alone(self, bolt: Program, as_program: AsProgram) -> None:
        place = later(bolt, CSV)
        for account in ("coil", "north", "acme-vendor"):
            status, problem = as_program(account).get(place)
            assert (status, problem["code"]) == (404, "not_found")
        assert bolt.get("/deliveries/999999999999999999")[0] == 404
        assert bolt.get("/deliveries/x")[0] == 404

    def test_of_customers_is_none(self, bolt: Program) -> None:
        place = later(bolt, CSV)
        Upload.objects.update(kind="customers")
        assert bolt.get(place)[0] == 404


def later(program: Program, body: str, **headers: str) -> str:
    """Send usage without waiting for the answer; where to ask."""
    answer = program.call("POST", "/usage", body.encode(), content_type="text/csv", prefer="respond-async", **headers)
    assert answer.status_code == 202
    return answer["Location"].removeprefix("/api/v1")


def again(upload: Upload) -> None:
    """Put the file of a delivery where it was."""
    path = storage.sent(upload.pk, upload.file_name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CSV)


class TestRecords:
    def test_are_read_page_by_page(self, bolt: Program, as_program: AsProgram) -> None:
        send(bolt, CSV + "2026-10-20,bolt-dental,email-core,2,1\n")
        reader = as_program("bolt", Scope.USAGE_READ)
        status, first = reader.get("/usage?month=2026-10&limit=2")
        assert (status, [one["customer"] for one in first["items"]]) == (200, ["bolt-dental", "bolt-garage"])
        assert first["items"][0]["provisioned"] == "40.5"
        assert (first["items"][1]["used"], first["items"][1]["recorded_at"][-1]) == (None, "Z")
        rest = reader.get(f"/usage?month=2026-10&limit=2&cursor={first['next']}")[1]
        assert ([one["service"] for one in rest["items"]], rest["next"]) == (["email-core"], None)

    def test_are_those_that_count(self, bolt: Program, clock: Clock) -> None:
        send(bolt, CSV)
        clock.at = clock.at.replace(hour=13)
        send(bolt, CSV.replace("40.5", "41"))
        assert [one["provisioned"] for one in bolt.get("/usage?month=2026-10")[1]["items"]] == ["41", "5"]
        before = bolt.get("/usage?month=2026-10&as_of=2026-11-03T12:30:00Z")[1]["items"]
        assert [one["provisioned"] for one in before] == ["40.5", "5"]

    def test_are_filtered(self, bolt: Program) -> None:
        send(bolt, CSV)
        assert len(bolt.get("/usage?day=2026-10-02")[1]["items"]) == 1
        assert len(bolt.get("/usage?month=2026-10&customer=bolt-dental&service=endpoint-core&msp=bolt")[1]["items"]) == 1
        assert bolt.get("/usage?month=2026-09")[1]["items"] == []
        assert bolt.get("/usage?month=2026-10&service=email-core")[1]["items"] == []

    def test_are_those_of_the_account(self, bolt: Program, as_program: AsProgram) -> None:
        send(bolt, CSV)
        assert as_program("coil").get("/usage?month=2026-10")[1]["items"] == []
        assert len(as_program("north").get("/usage?month=2026-10")[1]["items"]) == 2
        assert as_program("south").get("/usage?month=2026-10")[1]["items"] == []
        assert len(as_program("acme-vendor").get("/usage?month=2026-10")[1]["items"]) == 2
        for query in ("customer=bolt-dental", "customer=nobody", "msp=bolt", "service=nothing"):
            assert as_program("coil").get(f"/usage?month=2026-10&{query}")[0] == 404

    @pytest.mark.parametrize(
        ("query", "path"),
        [
            ("", "/query/month"),
            ("?month=10", "/query/month"),
            ("?day=2026-13-01", "/query/day"),
            ("?month=2026-10&as_of=2026-10-01T00:00:00", "/query/as_of"),
            ("?month=2026-10&cursor=x", "/query/cursor"),
            ("?month=2026-10&cursor=WzEsIngiLDEsMSwxXQ", "/query/cursor"),
            ("?month=2026-10&limit=201", "/query/limit"),
            ("?month=2026-10&msp=%00", "/query/msp"),
        ],
    )
    def test_are_asked_for_plainly(self, query: str, path: str, bolt: Program) -> None:
        status, problem = bolt.get(f"/usage{query}")
        assert (status, problem["errors"][0]["path"]) == (422, path)

    def test_need_the_scope(self, as_program: AsProgram) -> None:
        assert code(as_program("bolt", Scope.USAGE_WRITE).get("/usage?month=2026-10")) == (403, "missing_scope")

    def test_of_an_account_that_has_nothing_are_none(self, as_program: AsProgram) -> None:
        assert Account.objects.filter(ref="dune").exists()
        assert as_program("dune").get("/usage?month=2026-10") == (200, {"items": [], "next": None})

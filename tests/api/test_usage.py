"""Usage sent by a program: every format and packing, and every request that is refused."""

import gzip
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import pytest
import zstandard
from django.test import Client
from pytest_django import Settings

from tests.api.conftest import AsProgram, Program, said
from tests.api.sending import (
    CSV,
    FORMS,
    HEADER,
    PACKING,
    RECORDS,
    STORED,
    announced,
    code,
    nothing_is_left,
    send,
    sent_json,
    stored,
)
from trueup.accounts.rules import Scope
from trueup.api.endpoints import usage_bodies
from trueup.ledger.models import Batch

pytestmark = pytest.mark.usefixtures("transactional_db", "world", "ledger_home", "home")


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    """A home of this test's own, for the files."""
    settings.TRUEUP_HOME = tmp_path / "home"
    return tmp_path / "home"


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

    def test_with_no_end_of_unknown_fields_names_a_thousand_of_them(self, bolt: Program) -> None:
        fields = {f"f{number}": 1 for number in range(1500)}
        documents: list[Any] = [{"records": RECORDS, **fields}, {"records": [RECORDS[0] | fields] * 2}]
        for document in documents:
            status, problem = sent_json(bolt, document)
            assert (status, len(problem["errors"])) == (422, 1000)

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

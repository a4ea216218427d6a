"""Deliveries for which nobody waits: listed, bounded, and nothing is kept of what was only looked at."""

import gzip
import io
import itertools
import threading
import time
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from tests.api.conftest import AsProgram, Program
from tests.api.sending import CSV, HEADER, announced, code, nothing_is_left, send, stored
from tests.api.test_usage_stored import MANY_BAD, ONE_BAD, later, work
from tests.web.conftest import NOW
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Scope
from trueup.api.endpoints import usage_bodies
from trueup.api.endpoints.usage_turns import CONVERSIONS, UPLOADS, Places
from trueup.api.problems import Refused
from trueup.uploads import rules
from trueup.uploads.actions import receive
from trueup.uploads.models import Upload
from trueup.uploads.rules import KEPT_FOR, Kind
from trueup.uploads.working import remove_old_files, work_on_next

pytestmark = pytest.mark.usefixtures("transactional_db", "world", "ledger_home", "home")

PAGE_QUERIES = 3
"""Who asks (with its last use), and the list in one."""


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    """A home of this test's own, for the files."""
    settings.TRUEUP_HOME = tmp_path / "home"
    return tmp_path / "home"


@pytest.fixture
def bolt(as_program: AsProgram) -> Program:
    """A program of an MSP."""
    return as_program("bolt", Scope.USAGE_WRITE, Scope.USAGE_READ)


def listed(program: Program, query: str = "") -> list[Any]:
    """The deliveries a program sees."""
    status, answer = program.get(f"/deliveries{query}")
    assert status == 200, answer
    return list(answer["items"])


def of_changed_units(number: int) -> str:
    """Usage that differs from all other."""
    return CSV.replace("40.5", str(number))


class TestList:
    def test_is_of_the_account_the_latest_first(self, bolt: Program, as_program: AsProgram) -> None:
        first = later(bolt, CSV, idempotency_key="october")
        work()
        later(bolt, ONE_BAD)
        work()
        later(bolt, of_changed_units(42))
        rows = listed(bolt)
        assert [(row["state"], row["stored"], row["refused_count"], row["key"]) for row in rows] == [
            ("waiting", 0, 0, None), ("failed", 0, 1, None), ("done", 2, 0, "october"),
        ]  # fmt: skip
        assert f"/deliveries/{rows[2]['id']}" == first
        assert rows[2].items() <= bolt.get(first)[1].items()
        assert rows[1]["error"]["code"] == "rows_refused"
        assert [row["refused_csv"] is not None for row in rows] == [False, True, False]
        assert [row["state"] for row in listed(bolt, "?state=failed")] == ["failed"]
        for stranger in ("coil", "north", "acme-vendor"):
            assert listed(as_program(stranger)) == []

    def test_is_read_page_by_page(self, bolt: Program) -> None:
        for number in range(3):
            later(bolt, of_changed_units(number))
        first = bolt.get("/deliveries?limit=2")[1]
        rest = bolt.get(f"/deliveries?limit=2&cursor={first['next']}")[1]
        assert [row["id"] for row in first["items"] + rest["items"]] == [row["id"] for row in listed(bolt)]
        assert rest["next"] is None

    def test_holds_nothing_that_was_sent_from_a_browser(self, bolt: Program) -> None:
        data = CSV.encode()
        upload = receive(viewers_of("billing@bolt.example")[0], Kind.USAGE, "x.csv", [data], len(data), now=NOW)
        assert work_on_next(now=NOW)
        assert listed(bolt) == []
        assert code(bolt.get(f"/deliveries/{upload}")) == (404, "not_found")

    @pytest.mark.parametrize("query", ["?cursor=x", "?limit=0", "?state=checked", "?cursor=Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTld"])
    def test_is_asked_for_plainly(self, query: str, bolt: Program) -> None:
        assert bolt.get(f"/deliveries{query}")[0] == 422

    @pytest.mark.parametrize("further", [0, 3])
    def test_asks_the_database_a_fixed_number_of_times(
        self, further: int, bolt: Program, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(1 + further):
            later(bolt, of_changed_units(number))
        bolt.get("/me")  # its last use is noted once a minute
        with django_assert_num_queries(PAGE_QUERIES):
            assert len(listed(bolt)) == 1 + further

    def test_says_why_one_waits_and_until_when(self, bolt: Program) -> None:
        place = later(bolt, CSV)
        assert bolt.call("GET", place)["Retry-After"] == "1"
        Upload.objects.update(tries=1, due_at=NOW + timedelta(minutes=15), error='"the database is busy"', error_code="busy")
        (row,) = listed(bolt)
        assert (row["state"], row["error"]["code"], row["tries_again_at"]) == ("waiting", "busy", "2026-11-03T12:15:00Z")
        assert bolt.call("GET", place)["Retry-After"] == "60"

    def test_names_no_list_of_rows_that_was_removed(self, bolt: Program) -> None:
        place = later(bolt, ONE_BAD)
        work()
        remove_old_files(now=NOW + KEPT_FOR * 2)
        found = bolt.get(place)[1]
        assert (found["refused_csv"], found["refused_count"], len(found["refused"])) == (None, 1, 1)
        assert bolt.get(f"{place}/refused.csv")[0] == 404


class TestBound:
    def test_on_deliveries_that_wait_is_told_before_anything_is_read(self, bolt: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rules, "MOST_WAITING", 1)
        later(bolt, CSV)
        answer = bolt.call("POST", "/usage", b"", content_type="text/csv", prefer="respond-async")
        assert (answer.status_code, answer["Retry-After"]) == (429, "60")
        assert code(send(bolt, CSV, prefer="respond-async")) == (429, "too_many_waiting")
        assert send(bolt, CSV)[0] == 201  # whoever waits for the answer may
        work()
        later(bolt, of_changed_units(43))

    def test_on_uploads_at_once_leaves_threads_to_others(
        self, bolt: Program, as_program: AsProgram, settings: Settings, home: Path
    ) -> None:
        settings.TRUEUP_API_UPLOADS = 1
        with UPLOADS.taken("north"):
            for prefer in ("", "respond-async"):
                answer = bolt.call("POST", "/usage", CSV.encode(), content_type="text/csv", prefer=prefer)
                assert (answer.status_code, answer["Retry-After"]) == (503, "1")
            mapping = {"name": "EPC", "service": "endpoint-core"}  # this waits for imports as well
            assert code(as_program("acme-vendor").post("/mappings", mapping)) == (503, "busy")
            assert code(as_program("north").post("/reports/2026-10/bolt/regenerate", {}, if_match="*")) == (503, "busy")
            assert bolt.get("/batches")[0] == 200
        assert send(bolt, CSV)[0] == 201
        assert nothing_is_left(home)

    def test_on_what_is_added_up_in_memory_lets_one_do_it(self, bolt: Program) -> None:
        with CONVERSIONS.taken("north"):
            assert code(send(bolt, "Client,SKU,Qty\n", "?profile=rmm")) == (503, "busy")
            assert send(bolt, CSV)[0] == 201
        assert code(send(bolt, "Client,SKU,Qty\n", "?profile=rmm")) == (404, "not_found")

    def test_counts_those_who_are_there(self) -> None:
        places, refused = Places(lambda: 2), []
        leave, came = threading.Event(), threading.Barrier(3)

        def stay() -> None:
            with places.taken(threading.current_thread().name):
                came.wait()
                leave.wait()

        inside = [threading.Thread(target=stay, name=name) for name in ("bolt", "coil")]
        for thread in inside:
            thread.start()
        came.wait()
        try:
            with places.taken("dune"):
                pass
        except Exception as error:  # noqa: BLE001 -- which one is looked at below
            refused.append(type(error).__name__)
        leave.set()
        for thread in inside:
            thread.join()
        with places.taken("bolt"), places.taken("coil"):
            pass
        assert refused == ["Refused"]

    def test_leaves_a_third_of_the_places_to_other_accounts(self) -> None:
        places = Places(lambda: 3)
        with places.taken("bolt"), places.taken("bolt"):
            with pytest.raises(Refused), places.taken("bolt"):
                pass
            with places.taken("coil"):
                pass
        with places.taken("bolt"):
            pass


class TestDryRun:
    def test_keeps_nothing_however_much_is_refused(self, bolt: Program, home: Path) -> None:
        body = CSV + MANY_BAD.removeprefix(HEADER)
        status, answer = send(bolt, body, "?dry_run=true&accept_valid=true")
        assert (status, answer["stored"], answer["refused_count"], len(answer["refused"])) == (200, 2, 1001, 1000)
        assert (answer["id"], answer["refused_csv"], answer["batch"]) == (None, None, None)
        assert send(bolt, body, "?dry_run=true")[1]["id"] is None
        assert not Upload.objects.exists()
        assert stored() == []
        assert nothing_is_left(home)


class _Slow(io.BytesIO):
    """A connection that falls silent."""

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(min(size or 1, 30))
        if not found:
            raise TimeoutError
        return found


class TestSlowSender:
    def test_that_falls_silent_is_not_waited_for(self, bolt: Program, home: Path) -> None:
        answer = announced(bolt, _Slow(CSV.encode()), len(CSV) + 1)
        assert (answer.status_code, b"too_slow" in answer.content) == (408, True)
        assert nothing_is_left(home)

    def test_that_trickles_is_not_waited_for(self, bolt: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        minutes = itertools.count()
        monkeypatch.setattr(time, "monotonic_ns", lambda: next(minutes) * 60 * 10**9)
        monkeypatch.setattr(usage_bodies, "PIECE", 30)
        assert announced(bolt, io.BytesIO(CSV.encode()), len(CSV)).status_code == 408


class TestEmptyPieces:
    def test_of_gzip_are_read_in_linear_time_and_end(self, bolt: Program, settings: Settings) -> None:
        assert send(bolt, gzip.compress(b"") * 50_000 + gzip.compress(CSV.encode()), content_encoding="gzip")[0] == 201
        settings.TRUEUP_API_UPLOAD_LIMIT = 10_000
        endless = io.BytesIO(gzip.compress(b"") * 1000)
        assert announced(bolt, endless, None, "gzip").status_code == 413
        assert endless.tell() < 20_000 + usage_bodies.PIECE

    def test_are_copied_a_few_kilobytes_at_a_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fed: list[int] = []
        make = zlib.decompressobj

        class Member:
            def __init__(self, wbits: int) -> None:
                self._of = make(wbits=wbits)

            def decompress(self, data: bytes, most: int) -> bytes:
                fed.append(len(data))
                return self._of.decompress(data, most)

            def __getattr__(self, name: str) -> Any:
                return getattr(self._of, name)

        monkeypatch.setattr(zlib, "decompressobj", Member)
        packed = gzip.compress(b"") * 20_000
        assert b"".join(usage_bodies._gunzip(iter([packed]))) == b""
        assert max(fed) <= 4096
        assert sum(fed) < 4096 * len(packed) // 20

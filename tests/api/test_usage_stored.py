"""Usage sent by a program: stored as a whole or in part, once and again, at once or later, and read back."""

import gzip
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from tests.api.conftest import AsProgram, Program
from tests.api.sending import (
    CSV,
    FORMS,
    HEADER,
    STORED,
    code,
    nothing_is_left,
    send,
    stored,
)
from tests.web.conftest import Clock
from trueup.accounts.models import Account, ApiClient
from trueup.accounts.rules import Scope
from trueup.api.paging import packed
from trueup.ledger.models import Batch
from trueup.uploads import storage
from trueup.uploads.models import Upload
from trueup.uploads.working import work_on_next

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

    def test_that_was_acknowledged_is_taken_in_whatever_becomes_of_its_sender(self, bolt: Program, clock: Clock) -> None:
        later(bolt, CSV)
        ApiClient.objects.update(revoked_at=clock.at)
        work()
        assert stored() == STORED
        assert Upload.objects.get().state == "done"

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

    def test_of_many_days_are_read_page_by_page(self, bolt: Program) -> None:
        days = [f"2026-10-{day:02}" for day in (1, 2, 3, 9, 17, 18, 30, 31)]
        send(bolt, HEADER + "".join(f"{day},{customer},endpoint-core,1,1\n" for day in days for customer in ("bolt-dental", "bolt-garage")))
        found, page = [], {"items": [], "next": ""}
        while page["next"] is not None:
            page = bolt.get("/usage?month=2026-10&limit=3" + (f"&cursor={page['next']}" if page["next"] else ""))[1]
            found += [(one["day"], one["customer"]) for one in page["items"]]
        assert found == [(day, customer) for day in days for customer in ("bolt-dental", "bolt-garage")]

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
            ("?month=2026-10&as_of=0001-01-01T00:00:00%2B14:00", "/query/as_of"),
            ("?month=2026-10&day=2026-11-01", "/query/day"),
            ("?month=2026-10&cursor=x", "/query/cursor"),
            (f"?month=2026-10&cursor={packed([1, '2026-10-01', 1, 1, 10**900])[:990]}", "/query/cursor"),
            (f"?month=2026-10&cursor={packed([1, '2026-10-01', 1, 1, 2**63])}", "/query/cursor"),
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

"""Usage in small pieces: what is acknowledged, what is refused, and how both is answered."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.api.conftest import AsProgram, Program, said, token_of_person
from trueup.accounts.models import Placement
from trueup.accounts.rules import Scope, Viewer
from trueup.intake.models import Piece
from trueup.intake.working import gather_next
from trueup.kit.period import Month
from trueup.ledger.queries import usage_rows
from trueup.web.clock import now

pytestmark = pytest.mark.usefixtures("world", "ledger_home")

ONE = "application/cloudevents+json"
SEVERAL = "application/cloudevents-batch+json"


def cloud(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A CloudEvent about bolt-dental."""
    event = {
        "specversion": "1.0", "id": str(number), "source": "meter", "type": "endpoint-core", "subject": "bolt-dental",
        "time": "2026-10-20T10:00:00Z", "data": {"provisioned": 40.5, "used": 31},
    }  # fmt: skip
    return {**event, **changes}


def lago(number: int = 1, **changes: Any) -> dict[str, Any]:
    """The same as Lago's clients send it."""
    event = {
        "transaction_id": str(number), "external_subscription_id": "bolt-dental", "code": "endpoint-core", "timestamp": 1_792_490_400,
        "properties": {"provisioned": 40.5, "used": 31}, "precise_total_amount_cents": None,
    }  # fmt: skip
    return {**event, **changes}


def post(program: Program, body: Any, kind: str = ONE, path: str = "/events") -> tuple[int, Any]:
    """Send a body as a media type."""
    return said(program.call("POST", path, body, content_type=kind))


def kept() -> list[tuple[str, str]]:
    """The sources and ids of all pieces."""
    return list(Piece.objects.order_by("pk").values_list("source", "event_id"))


def places(problem: Any) -> list[tuple[str, str]]:
    """Where something is wrong, and what."""
    return [(error["path"], error["code"]) for error in problem["errors"]]


@pytest.fixture
def bolt(as_program: AsProgram) -> Program:
    """A program of bolt that may send usage."""
    return as_program("bolt", Scope.USAGE_WRITE)


class TestCloudEvents:
    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            (ONE, cloud()), ("application/json", cloud()), (SEVERAL, [cloud()]), ("application/json", [cloud()]),
            ("application/cloudevents+json; charset=utf-8", cloud(time=None, traceparent="00-1", dataschema="x")),
        ],
    )  # fmt: skip
    def test_are_kept_in_each_of_their_forms(self, bolt: Program, kind: str, body: Any) -> None:
        assert post(bolt, body, kind) == (204, None)
        assert kept() == [("meter", "1")]

    def test_get_into_the_ledger(self, bolt: Program) -> None:
        assert post(bolt, [cloud(), cloud(2, subject="bolt-garage")], SEVERAL)[0] == 204
        assert gather_next(now=now()) == 2
        rows = usage_rows(Viewer.system(), Month(2026, 10))
        assert [(row.customer, str(row.day), str(row.provisioned), str(row.used)) for row in rows] == [
            ("bolt-dental", "2026-10-20", "40.500000", "31.000000"), ("bolt-garage", "2026-10-20", "40.500000", "31.000000"),
        ]  # fmt: skip

    def test_sent_again_change_nothing_whatever_they_say_then(self, bolt: Program) -> None:
        assert post(bolt, [cloud(), cloud(data={"value": 1})], SEVERAL)[0] == 204
        assert post(bolt, cloud(data={"value": 2}))[0] == 204
        assert post(bolt, [cloud(2), cloud(1)], SEVERAL)[0] == 204
        assert post(bolt, cloud(source="other"))[0] == 204
        assert kept() == [("meter", "1"), ("meter", "2"), ("other", "1")]
        assert Piece.objects.get(source="meter", event_id="1").provisioned == "40.5"

    def test_sent_again_are_acknowledged_although_they_could_not_be_taken_by_now(self, bolt: Program) -> None:
        post(bolt, cloud())
        Placement.objects.filter(account__ref="bolt-dental").update(until_date="2026-01-01")
        assert post(bolt, cloud())[0] == 204
        assert post(bolt, [cloud(), cloud(2)], SEVERAL)[0] == 422

    def test_of_another_account_have_ids_of_their_own(self, bolt: Program, as_program: AsProgram) -> None:
        post(bolt, cloud())
        assert post(as_program("acme-vendor"), cloud())[0] == 204
        assert Piece.objects.count() == 2

    def test_may_be_none(self, bolt: Program) -> None:
        assert post(bolt, [], SEVERAL) == (204, None)

    def test_cost_two_queries_beside_what_every_call_does(self, bolt: Program, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        post(bolt, cloud())
        with django_assert_num_queries(2 + 2 + 2):  # who calls; the same as savepoints of the test's transaction; names, insert
            post(bolt, cloud(2))


class TestLagoEvents:
    def test_are_echoed(self, bolt: Program) -> None:
        status, answer = post(bolt, {"event": lago()}, "application/json")
        assert status == 200
        event = answer["event"]
        assert event.pop("lago_id")
        assert event == {
            "transaction_id": "1", "lago_customer_id": None, "lago_subscription_id": None, "external_subscription_id": "bolt-dental",
            "code": "endpoint-core", "timestamp": "2026-10-20T10:00:00Z", "precise_total_amount_cents": None,
            "properties": {"provisioned": 40.5, "used": 31}, "created_at": "2026-11-03T12:00:00Z",
        }  # fmt: skip

    def test_are_echoed_as_they_were_sent_first(self, bolt: Program) -> None:
        first = post(bolt, {"event": lago()}, "application/json")
        assert post(bolt, {"event": lago(properties={"value": 3})}, "application/json") == first
        assert kept() == [("", "1")]

    def test_are_taken_in_batches(self, bolt: Program) -> None:
        body = {"events": [lago(1), lago(2, timestamp=None), lago(1, code="email-core")]}
        status, answer = post(bolt, body, "application/json", "/events/batch")
        assert status == 200
        assert [(event["transaction_id"], event["code"]) for event in answer["events"]] == [(n, "endpoint-core") for n in "121"]
        assert Piece.objects.count() == 2
        assert post(bolt, {"events": []}, "application/json", "/events/batch") == (200, {"events": []})


class TestWhatIsKept:
    WRITTEN = (
        '{ "specversion":"1.0", "id":"1","source":"meter","type":"endpoint-core","subject":"bolt-dental","data":{"value":1.10,"x":1E400}}'
    )
    LAGO = '{"code":"endpoint-core","transaction_id":"1","external_subscription_id":"bolt-dental","properties": {"value":40.10, "n":%s}}'
    LONG = "0.12345678901234567890123"

    @pytest.mark.parametrize(("kind", "body"), [(ONE, f" {WRITTEN}\n"), (SEVERAL, f"[ {WRITTEN} ]")])
    def test_is_the_event_as_it_was_written(self, bolt: Program, kind: str, body: str) -> None:
        assert post(bolt, body.encode(), kind) == (204, None)
        (piece,) = Piece.objects.all()
        assert (piece.payload, piece.provisioned) == (self.WRITTEN, "1.1")

    def test_is_echoed_with_all_its_digits(self, bolt: Program) -> None:
        event = self.LAGO % self.LONG
        one = bolt.call("POST", "/events", f'{{"event":{event}}}'.encode())
        several = bolt.call("POST", "/events/batch", f'{{"events":[{event}], "more":[1]}}'.encode())
        for answer in (one, several):
            assert f'"properties":{{"value":40.10, "n":{self.LONG}}}' in answer.content.decode()
        assert Piece.objects.get().payload == event


class TestRefusal:
    def test_names_the_event_and_the_field_and_keeps_nothing(self, bolt: Program) -> None:
        events = [cloud(1), cloud(2, subject="coil-bakery"), cloud(3, type=""), cloud(4, data={"provisioned": -1}), 5]
        status, problem = post(bolt, events, SEVERAL)
        assert (status, problem["code"]) == (422, "invalid")
        assert places(problem) == [
            ("/2/type", "missing"), ("/3/data/provisioned", "negative"), ("/4", "not_an_object"), ("/1/subject", "unknown_customer"),
        ]  # fmt: skip
        assert kept() == []

    def test_of_a_single_event_names_the_field(self, bolt: Program) -> None:
        assert places(post(bolt, cloud(specversion="2"))[1]) == [("/specversion", "unsupported_version")]
        wrong: dict[str, Any] = {"event": lago(code="nothing", timestamp="2026-12-01T00:00:00Z")}
        assert places(post(bolt, wrong, "application/json")[1]) == [("/event/timestamp", "in_future"), ("/event/code", "unknown_service")]
        wrong = {"events": [lago(), lago(2, properties=None)]}
        assert places(post(bolt, wrong, "application/json", "/events/batch")[1]) == [("/events/1/properties/provisioned", "missing")]

    def test_of_an_event_that_is_too_large_keeps_nothing(self, bolt: Program) -> None:
        status, problem = post(bolt, [cloud(1), cloud(2, note="x" * 65_536)], SEVERAL)
        assert (status, problem["code"]) == (413, "too_large")
        assert kept() == []

    def test_of_a_stranger_is_that_of_nobody(self, bolt: Program) -> None:
        stranger, nobody = (post(bolt, cloud(subject=ref)) for ref in ("dune-hotel", "nobody"))
        assert stranger == nobody
        moved = cloud(subject="bolt-moved", time="2026-10-16T10:00:00Z")  # by then below another MSP
        assert places(post(bolt, moved)[1]) == [("/subject", "no_msp")]

    @pytest.mark.parametrize(
        ("kind", "body", "status"),
        [
            ("text/plain", b"{}", 415), ("application/json; charset=latin-1", b"{}", 415), (ONE, b"{", 400), (ONE, b"\xff", 400),
            (ONE, b"[" * 100_000, 400), (ONE, b'{"a": NaN}', 400), (ONE, b"1" * 5000, 400), (ONE, b"[]", 400), (SEVERAL, b"{}", 400),
            ("application/json", b"3", 422), (ONE, b'{"a": 1e99999999999999999999}', 400), ("application/json", b'{"event": 3}', 422),
        ],
    )  # fmt: skip
    def test_of_a_body_that_is_none(self, bolt: Program, kind: str, body: bytes, status: int) -> None:
        answer = bolt.call("POST", "/events", body, content_type=kind)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")

    @pytest.mark.parametrize("body", [b"[]", b"{}", b'{"events": {}}'])
    def test_of_a_batch_that_is_none(self, bolt: Program, body: bytes) -> None:
        assert post(bolt, body, "application/json", "/events/batch")[0] == 400

    def test_of_what_is_too_much(self, bolt: Program) -> None:
        assert post(bolt, [0] * 10_001, SEVERAL)[0] == 413
        assert post(bolt, {"events": [0] * 10_001}, "application/json", "/events/batch")[0] == 413
        assert post(bolt, b" " * (21 * 2**20), SEVERAL)[0] == 413

    def test_of_what_is_too_much_before_the_rest_is_read(self, bolt: Program) -> None:
        many = b"0," * 10_001 + b"no JSON"
        assert post(bolt, b"[" + many, SEVERAL)[0] == 413
        assert post(bolt, b'{"events": [' + many, "application/json", "/events/batch")[0] == 413

    def test_of_who_may_not_send(self, as_program: AsProgram) -> None:
        assert post(Program(None), cloud())[0] == 401
        assert post(as_program("bolt", Scope.USAGE_READ), cloud())[1]["code"] == "missing_scope"
        assert post(Program(token_of_person("viewer@bolt.example")), cloud())[1]["code"] == "not_allowed"
        assert post(Program(token_of_person("billing@bolt.example")), cloud())[0] == 204


class TestRefusedEvents:
    @pytest.fixture
    def refused(self, bolt: Program) -> None:
        """Three events of a customer that has lost its MSP since."""
        post(bolt, [cloud(1), cloud(2, type="email-core"), cloud(3, time="2026-10-19T10:00:00Z")], SEVERAL)
        Placement.objects.filter(account__ref="bolt-dental").update(until_date="2026-01-01")
        gather_next(now=now())

    def test_are_listed_with_the_reason_in_pages(self, refused: None, bolt: Program) -> None:
        status, page = bolt.get("/events/refused?limit=2")
        assert (status, [item["event_id"] for item in page["items"]]) == (200, ["1", "2"])
        first = page["items"][0]
        assert (first["code"], first["field"], first["day"], first["provisioned"]) == ("no_msp", "customer", "2026-10-20", "40.5")
        _, rest = bolt.get(f"/events/refused?limit=2&cursor={page['next']}")
        assert ([item["event_id"] for item in rest["items"]], rest["next"]) == (["3"], None)

    def test_are_seen_by_nobody_else(self, refused: None, as_program: AsProgram) -> None:
        for account in ("coil", "north", "acme-vendor"):
            assert as_program(account).get("/events/refused") == (200, {"items": [], "next": None})

    def test_are_tried_again(self, refused: None, bolt: Program, as_program: AsProgram) -> None:
        Placement.objects.filter(account__ref="bolt-dental").update(until_date="9999-12-31")
        ids = [item["id"] for item in bolt.get("/events/refused")[1]["items"]]
        assert as_program("coil").post("/events/refused/retry", {"ids": ids}) == (200, {"retried": 0})
        assert bolt.post("/events/refused/retry", {"ids": ids[:1]}) == (200, {"retried": 1})
        assert bolt.post("/events/refused/retry", {}) == (200, {"retried": 2})
        assert gather_next(now=now()) == 3
        assert bolt.get("/events/refused")[1]["items"] == []

    def test_need_the_scope_and_the_right(self, refused: None, as_program: AsProgram) -> None:
        reader = as_program("bolt", Scope.USAGE_READ)
        assert reader.get("/events/refused")[0] == 200
        assert reader.post("/events/refused/retry", {})[1]["code"] == "missing_scope"
        assert Program(token_of_person("viewer@bolt.example")).post("/events/refused/retry", {})[1]["code"] == "not_allowed"
        assert as_program("bolt", Scope.REPORTS_READ).get("/events/refused")[0] == 403

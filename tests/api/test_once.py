"""Writes with an Idempotency-Key: done once, whatever happens to the answer; refusals can be asked anew."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.utils import OperationalError
from django.http import HttpResponse
from pytest_django import Settings

from tests.api.conftest import AsProgram, Program, token_of_person
from tests.web.conftest import NOW, Clock
from trueup.accounts.models import ApiClient
from trueup.accounts.rules import Scope, Viewer
from trueup.answers.actions import forget
from trueup.answers.models import KeptAnswer
from trueup.answers.rules import KEPT_FOR, LEASE, SECRET_KEPT_FOR
from trueup.events.models import Event
from trueup.network.actions import change

pytestmark = pytest.mark.usefixtures("world")

FEED = {"name": "Feed", "scopes": ["usage:write"]}
DENTAL = "/accounts/bolt-dental"
KEY = {"idempotency_key": "k"}


@pytest.fixture
def bolt(as_program: AsProgram) -> Program:
    return as_program("bolt")


def answered(answer: HttpResponse) -> tuple[int, bool, bytes]:
    """The status, whether it is an answer given again, and what it says."""
    return answer.status_code, "Idempotent-Replayed" in answer, answer.content


def make(program: Program) -> tuple[int, Any]:
    return program.post("/clients", FEED, **KEY)


def made() -> int:
    return ApiClient.objects.filter(name="Feed").count()


def lose_the_answer() -> None:
    """What a server leaves that is killed after the commit and before the answer."""
    KeptAnswer.objects.update(status=None, headers={}, body=b"", secret=False)


class TestOnce:
    def test_is_answered_alike(self, bolt: Program) -> None:
        first, again = (answered(bolt.call("PATCH", DENTAL, {"name": "New"}, if_match="*", **KEY)) for _ in range(2))
        assert (first[0], first[1], again) == (200, False, (200, True, first[2]))

    def test_is_done_once_if_the_server_is_killed_after_it(self, bolt: Program, clock: Clock) -> None:
        assert make(bolt)[0] == 201
        lose_the_answer()
        status, said = make(bolt)
        assert (status, said["code"]) == (409, "idempotency_in_progress")
        clock.at += LEASE
        status, said = make(bolt)
        assert (status, said["code"], made()) == (409, "answer_lost", 1)

    @pytest.mark.parametrize("verb", ["rotate", "revoke"])
    def test_is_so_of_every_verb(self, bolt: Program, clock: Clock, verb: str) -> None:
        client_id = bolt.post("/clients", FEED)[1]["client_id"]
        before = Event.objects.count()
        assert bolt.post(f"/clients/{client_id}/{verb}", {}, **KEY)[0] == 200
        lose_the_answer()
        clock.at += LEASE
        assert bolt.post(f"/clients/{client_id}/{verb}", {}, **KEY)[1]["code"] == "answer_lost"
        assert Event.objects.count() == before + 1

    def test_makes_one_webhook_and_sends_one_test(self, bolt: Program, clock: Clock, settings: Settings) -> None:
        settings.TRUEUP_WEBHOOKS_PRIVATE = True  # there is no name server here
        hook = {"url": "https://example.com/hook", "types": ["report.approved"]}
        assert bolt.post("/webhooks", hook, **KEY)[0] == 201
        (there,) = bolt.get("/webhooks")[1]["items"]
        assert bolt.post(f"/webhooks/{there['id']}/test", {}, idempotency_key="t")[0] in {200, 202}
        lose_the_answer()
        clock.at += LEASE
        assert bolt.post("/webhooks", hook, **KEY)[1]["code"] == "answer_lost"
        assert bolt.post(f"/webhooks/{there['id']}/test", {}, idempotency_key="t")[1]["code"] == "answer_lost"
        assert len(bolt.get("/webhooks")[1]["items"]) == len(bolt.get(f"/webhooks/{there['id']}/deliveries")[1]["items"]) == 1

    def test_is_done_by_the_next_if_the_server_is_killed_before_it(self, bolt: Program, clock: Clock) -> None:
        make(bolt)
        lose_the_answer()
        ApiClient.objects.filter(name="Feed").delete()
        KeptAnswer.objects.update(done=False)
        clock.at += LEASE
        assert (make(bolt)[0], made()) == (201, 1)

    def test_is_new_after_a_week(self, bolt: Program, clock: Clock) -> None:
        make(bolt)
        clock.at += KEPT_FOR
        assert (make(bolt)[0], made()) == (201, 2)

    def test_gives_a_secret_again_for_minutes_only(self, bolt: Program, clock: Clock) -> None:
        first = make(bolt)
        clock.at += SECRET_KEPT_FOR - timedelta(seconds=1)
        assert make(bolt) == first
        clock.at += timedelta(seconds=1)
        assert make(bolt)[1]["code"] == "answer_lost"
        forget(now=clock.at)
        assert bytes(KeptAnswer.objects.get().body) == b""
        assert (make(bolt)[1]["code"], made()) == ("answer_lost", 1)

    def test_is_told_even_if_the_answer_cannot_be_kept(self, bolt: Program, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_arguments: Any, **_more: Any) -> None:
            raise OperationalError("database is locked")

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr("trueup.api.gate.keep", fail)
            assert make(bolt)[0] == 201
        clock.at += LEASE
        assert (make(bolt)[1]["code"], made()) == ("answer_lost", 1)

    def test_is_the_rule_for_events_that_are_tried_again_too(self, bolt: Program) -> None:
        first, again = (bolt.call("POST", "/events/refused/retry", {}, **KEY) for _ in range(2))
        assert (first.status_code, "Idempotent-Replayed" in again) == (200, True)


class TestAnotherRequest:
    """The same key for what is not the same request."""

    @pytest.mark.parametrize(
        ("method", "path", "body", "headers"),
        [
            ("PATCH", DENTAL, {"name": "Other"}, {"if_match": "*"}),
            ("PATCH", "/accounts/bolt-garage", {"name": "New"}, {"if_match": "*"}),
            ("PUT", DENTAL, {"name": "New"}, {"if_match": "*"}),
            ("PATCH", DENTAL, {"name": "New"}, {"if_match": '"0123456789abcdef"'}),
            ("PATCH", DENTAL, {"name": "New"}, {"if_match": "*", "content_type": "application/merge-patch+json"}),
        ],
    )
    def test_is_refused(self, bolt: Program, method: str, path: str, body: object, headers: dict[str, str]) -> None:
        assert bolt.patch(DENTAL, {"name": "New"}, if_match="*", **KEY)[0] == 200
        status, problem = said(bolt.call(method, path, body, **KEY, **headers))
        assert (status, problem["code"]) == (422, "idempotency_key_reused")

    def test_is_one_of_a_token_with_other_scopes(self, bolt: Program) -> None:
        change(Viewer.system(), "members", {"email": "admin@bolt.example", "account": "bolt", "role": "admin"}, now=NOW)
        whole = Program(token_of_person("admin@bolt.example"))
        assert make(whole)[0] == 201
        less = Program(token_of_person("admin@bolt.example", Scope.USAGE_WRITE))
        status, problem = make(less)
        assert (status, problem["code"], "secret" in problem) == (422, "idempotency_key_reused", False)

    def test_is_one_of_another_program(self, as_program: AsProgram, bolt: Program) -> None:
        assert make(bolt)[1] != make(as_program("bolt"))[1]
        assert made() == 2


class TestARefusal:
    def test_can_be_asked_anew(self, bolt: Program) -> None:
        refused = bolt.patch(DENTAL, {"name": "New"}, if_match='"0123456789abcdef"', **KEY)
        assert (refused[0], refused[1]["code"]) == (412, "stale")
        assert not KeptAnswer.objects.exists()
        assert bolt.patch(DENTAL, {"name": "New"}, if_match="*", **KEY)[0] == 200

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("PATCH", DENTAL, {"name": "New"}, 428), ("PATCH", DENTAL, {"nonsense": 1}, 422),
            ("PATCH", "/accounts/none", {"name": "x"}, 428),
            ("POST", "/clients/none/rotate", {}, 404), ("POST", "/nowhere", {}, 404), ("PUT", "/clients", {}, 405),
            ("POST", "/clients", {"name": "x", "scopes": ["reports:review"]}, 422), ("POST", "/clients", b"{", 400),
        ],
    )  # fmt: skip
    def test_is_not_kept(self, bolt: Program, method: str, path: str, body: object, status: int) -> None:
        assert bolt.call(method, path, body, **KEY).status_code == status
        assert not KeptAnswer.objects.exists()

    def test_that_passes_lets_the_same_key_in(self, bolt: Program) -> None:
        client_id = bolt.post("/clients", FEED)[1]["client_id"]
        bolt.post(f"/clients/{client_id}/revoke", {})
        assert bolt.post(f"/clients/{client_id}/rotate", {}, **KEY)[0] == 409
        ApiClient.objects.update(revoked_at=None)
        assert bolt.post(f"/clients/{client_id}/rotate", {}, **KEY)[0] == 200

    @pytest.mark.parametrize("key", ["", "x" * 201])
    def test_of_a_key_says_what_is_left_of_the_limit(self, bolt: Program, key: str) -> None:
        answer = bolt.call("POST", "/clients", FEED, idempotency_key=key)
        assert (answer.status_code, answer["RateLimit"]) == (400, '"default";r=1199;t=60')


def said(answer: HttpResponse) -> tuple[int, Any]:
    return answer.status_code, answer.json()  # type: ignore[attr-defined]

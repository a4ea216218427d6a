"""Webhooks by the API: kept, tried, looked at and sent again; nothing of them is anybody else's."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from pytest_django import Settings

from tests.api.conftest import AsProgram, Program, token_of_person
from tests.api.reading import whole
from tests.web.conftest import NOW
from tests.webhooks.conftest import admin
from tests.webhooks.receiver import Receiver, receiving, verified
from trueup.accounts.rules import Scope
from trueup.answers.models import KeptAnswer
from trueup.webhooks.actions import Wanted, create
from trueup.webhooks.models import Delivery, Endpoint
from trueup.webhooks.rules.happenings import NAMES
from trueup.webhooks.sending import send_due

pytestmark = pytest.mark.usefixtures("world")

URL = "https://hooks.example/in"


@pytest.fixture(autouse=True)
def private(settings: Settings) -> None:
    """The operator allows everything: there is no name server here."""
    settings.TRUEUP_WEBHOOKS_PRIVATE = True


@pytest.fixture
def bolt(as_program: AsProgram) -> Program:
    return as_program("bolt", Scope.WEBHOOKS_WRITE)


def made(program: Program, **body: Any) -> Any:
    status, answer = program.post("/webhooks", {"url": URL, **body})
    assert status == 201, answer
    return answer


def headers(answer: HttpResponse) -> tuple[int, str, str]:
    return answer.status_code, answer.get("ETag", ""), answer.get("Location", "")


class TestWebhook:
    def test_is_added_with_its_secret_in_the_answer_alone(self, bolt: Program) -> None:
        answer = bolt.call("POST", "/webhooks", {"url": URL, "types": ["report.approved"], "description": "Billing"})
        body = json.loads(answer.content)
        assert headers(answer) == (201, '"1"', f"/api/v1/webhooks/{body['id']}")
        assert body["secret"].startswith("whsec_")
        status, again = bolt.get(f"/webhooks/{body['id']}")
        assert status == 200
        assert again == {name: value for name, value in body.items() if name != "secret"}
        assert again == {
            "id": body["id"], "url": URL, "types": ["report.approved"], "description": "Billing", "enabled": True, "disabled_at": None,
            "disabled_why": None, "failing_since": None, "delivered_at": None, "old_secret_until": None,
            "created_at": "2026-11-03T12:00:00Z", "created_by": "Program of bolt", "version": 1,
        }  # fmt: skip

    def test_is_changed_by_who_has_seen_it(self, bolt: Program) -> None:
        path = f"/webhooks/{made(bolt)['id']}"
        assert bolt.patch(path, {"description": "x"})[0] == 428
        answer = bolt.call("PATCH", path, {"types": ["cycle.closed"], "enabled": False}, if_match='"1"')
        assert headers(answer)[:2] == (200, '"2"')
        assert json.loads(answer.content)["disabled_why"] == "by_hand"
        stale = bolt.call("PATCH", path, {"description": "y"}, if_match='"1"')
        problem = json.loads(stale.content)
        assert (headers(stale)[:2], problem["code"]) == ((412, '"2"'), "stale")
        assert problem["current"] == bolt.get(path)[1]
        assert bolt.patch(path, {"enabled": True}, if_match="*")[1]["enabled"] is True

    def test_is_removed_by_who_has_seen_it(self, bolt: Program) -> None:
        path = f"/webhooks/{made(bolt)['id']}"
        assert bolt.delete(path)[0] == 428
        assert bolt.delete(path, if_match='"7"')[0] == 412
        assert bolt.delete(path, if_match='"1"') == (204, None)
        assert bolt.get(path)[0] == 404

    @pytest.mark.parametrize(
        ("body", "path", "code"),
        [
            ({}, "/url", "missing"),
            ({"url": "ftp://x/"}, "/url", "bad_url"),
            ({"url": "https://user:secret@hooks.example/"}, "/url", "bad_url"),
            ({"url": "https://hooks.example/\0"}, "/url", "bad_url"),
            ({"url": 7}, "/url", "not_readable"),
            ({"url": URL, "types": ["report.burned"]}, "/types", "unknown_type"),
            ({"url": URL, "description": "x" * 201}, "/description", "not_readable"),
            ({"url": URL, "enabled": "yes"}, "/enabled", "not_readable"),
            ({"url": URL, "secret": "whsec_x"}, "/secret", "unknown_field"),
        ],
    )
    def test_says_which_field_is_wrong(self, bolt: Program, body: Any, path: str, code: str) -> None:
        status, problem = bolt.post("/webhooks", body)
        assert (status, [(one["path"], one["code"]) for one in problem["errors"]]) == (422, [(path, code)])

    def test_goes_nowhere_private(self, bolt: Program, settings: Settings) -> None:
        settings.TRUEUP_WEBHOOKS_PRIVATE = False
        for url in ("http://hooks.example/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest/meta-data/"):
            status, problem = bolt.post("/webhooks", {"url": url})
            assert (status, problem["errors"][0]["code"]) == (422, "bad_url")

    def test_is_listed_page_by_page(self, bolt: Program) -> None:
        ids = [made(bolt)["id"] for _ in range(3)]
        first = bolt.get("/webhooks?limit=2")[1]
        second = bolt.get(f"/webhooks?limit=2&cursor={first['next']}")[1]
        assert [one["id"] for one in first["items"] + second["items"]] == ids
        assert second["next"] is None
        assert bolt.get("/webhooks?cursor=nonsense")[1]["errors"][0]["code"] == "bad_cursor"

    def test_gets_a_second_secret(self, bolt: Program) -> None:
        first = made(bolt)
        status, second = bolt.post(f"/webhooks/{first['id']}/rotate-secret")
        assert status == 200
        assert second["secret"] != first["secret"]
        assert second["old_secret_until"] == "2026-11-04T12:00:00Z"

    def test_gives_the_same_secret_to_who_asks_again_with_the_same_key(self, bolt: Program) -> None:
        once, again = (bolt.post("/webhooks", {"url": URL}, idempotency_key="k")[1] for _ in range(2))
        assert once == again
        assert Endpoint.objects.count() == 1
        assert once["secret"].encode() not in bytes(KeptAnswer.objects.get().body)


class TestTypes:
    def test_are_listed(self, bolt: Program) -> None:
        status, types = bolt.get("/webhook-events")
        assert (status, [one["type"] for one in types["items"]], types["next"]) == (200, sorted(NAMES), None)
        assert [one for page in whole(bolt, "/webhook-events", 3) for one in page] == types["items"]


class TestDelivery:
    @pytest.fixture
    def receiver(self) -> Any:
        with receiving() as one:
            yield one

    def test_of_a_test_is_sent_and_looked_at(self, bolt: Program, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        webhook = made(bolt, url=receiver.url)
        status, waiting = bolt.post(f"/webhooks/{webhook['id']}/test")
        assert (status, waiting["state"], waiting["attempts"]) == (202, "waiting", [])
        assert send_due(now=NOW) == 1
        (delivery,) = bolt.get(f"/webhooks/{webhook['id']}/deliveries")[1]["items"]
        assert verified(webhook["secret"], receiver.last, NOW, monkeypatch) == delivery["payload"]
        assert (delivery["message_id"], delivery["state"], delivery["type"]) == (receiver.last.id, "delivered", "webhook.test")
        (attempt,) = delivery["attempts"]
        assert (attempt["status"], attempt["answer"], attempt["problem"], attempt["at"]) == (200, "thanks", "", "2026-11-03T12:00:00Z")

    def test_is_sent_again(self, bolt: Program, receiver: Receiver) -> None:
        webhook = made(bolt, url=receiver.url)
        delivery = bolt.post(f"/webhooks/{webhook['id']}/test")[1]
        send_due(now=NOW)
        status, again = bolt.post(f"/webhooks/{webhook['id']}/deliveries/{delivery['id']}/replay")
        assert (status, again["state"], len(again["attempts"])) == (202, "waiting", 1)
        send_due(now=NOW)
        assert [call.id for call in receiver.calls] == [delivery["message_id"]] * 2
        assert bolt.post(f"/webhooks/{webhook['id']}/deliveries/999999/replay")[0] == 404

    def test_is_listed_page_by_page_the_latest_first(self, bolt: Program) -> None:
        webhook = made(bolt)
        ids = [bolt.post(f"/webhooks/{webhook['id']}/test")[1]["id"] for _ in range(3)]
        path = f"/webhooks/{webhook['id']}/deliveries?limit=2"
        first = bolt.get(path)[1]
        second = bolt.get(f"{path}&cursor={first['next']}")[1]
        assert [one["id"] for one in first["items"] + second["items"]] == ids[::-1]
        assert bolt.get(f"{path}&state=failed")[1]["items"] == []
        assert bolt.get(f"{path}&state=lost")[0] == 422

    def test_costs_the_same_few_queries_however_many_there_are(self, bolt: Program, django_assert_max_num_queries: Any) -> None:
        webhook = made(bolt)
        for _ in range(20):
            bolt.post(f"/webhooks/{webhook['id']}/test")
        with django_assert_max_num_queries(6):
            bolt.get(f"/webhooks/{webhook['id']}/deliveries")

    def test_of_what_is_disabled_is_refused(self, bolt: Program) -> None:
        webhook = made(bolt, enabled=False)
        status, problem = bolt.post(f"/webhooks/{webhook['id']}/test")
        assert (status, problem["code"]) == (409, "conflict")


CALLS = (
    ("GET", "", None), ("PATCH", "", {"url": "nonsense"}), ("DELETE", "", None), ("POST", "/rotate-secret", None), ("POST", "/test", None),
    ("GET", "/deliveries", None), ("POST", "/deliveries/{delivery}/replay", None),
)  # fmt: skip


class TestTenancy:
    @pytest.fixture
    def theirs(self, world: None) -> tuple[int, int]:
        endpoint_id = create(admin("bolt"), Wanted(URL), now=NOW - timedelta(days=1)).endpoint_id
        delivery = Delivery.objects.create(
            endpoint_id=endpoint_id, message_id="msg_1", type="webhook.test", payload="{}", created_at=NOW, next_try_at=NOW
        )
        return endpoint_id, delivery.pk

    @pytest.mark.parametrize(("method", "rest", "body"), CALLS)
    @pytest.mark.parametrize("account", ["coil", "north", "acme-vendor"])
    def test_answers_everybody_else_as_if_it_did_not_exist(  # noqa: PLR0917
        self, as_program: AsProgram, theirs: tuple[int, int], account: str, method: str, rest: str, body: Any
    ) -> None:
        program = as_program(account)
        there, nowhere = (
            program.call(method, f"/webhooks/{number}{rest.format(delivery=theirs[1])}", body, if_match="*")
            for number in (theirs[0], 999_999)
        )
        assert there.status_code == nowhere.status_code == 404
        assert there.content.replace(f"webhook {theirs[0]}".encode(), b"webhook 999999") == nowhere.content

    @pytest.mark.parametrize(("method", "rest", "body"), CALLS)
    def test_needs_the_scope_and_the_right(self, as_program: AsProgram, theirs: tuple[int, int], method: str, rest: str, body: Any) -> None:
        path = f"/webhooks/{theirs[0]}{rest.format(delivery=theirs[1])}"
        without = as_program("bolt", Scope.REPORTS_READ, Scope.MEMBERS_WRITE)
        assert json.loads(without.call(method, path, body, if_match="*").content)["code"] == "missing_scope"
        viewer = Program(token_of_person("billing@bolt.example"))
        answer = viewer.call(method, path, body, if_match="*")
        assert (answer.status_code, json.loads(answer.content)["code"]) == (403, "not_allowed")
        assert Program(None).call(method, path, body).status_code == 401
        assert Endpoint.objects.get().version == 1

    def test_lists_nobody_elses(self, as_program: AsProgram, theirs: tuple[int, int]) -> None:
        assert as_program("north").get("/webhooks")[1]["items"] == []

    def test_knows_no_number_that_cannot_be_one(self, bolt: Program) -> None:
        for number in ("0", "-1", "x", str(2**63), "1.5"):
            assert bolt.get(f"/webhooks/{number}")[0] == 404

"""API clients by the API: made, listed, rotated, revoked."""

from datetime import timedelta

import pytest
from allauth.idp.oidc.models import Client as Library

from tests.api.conftest import AsProgram, Program
from tests.web.conftest import NOW, Clock
from trueup.accounts.rules import Scope, Viewer
from trueup.answers.models import KeptAnswer
from trueup.events.models import Event
from trueup.network.actions import create_client

pytestmark = pytest.mark.usefixtures("world")

FEED = {"name": "Feed", "scopes": ["usage:write"]}


@pytest.fixture
def bolt(as_program: AsProgram) -> Program:
    return as_program("bolt", Scope.MEMBERS_WRITE, Scope.USAGE_WRITE)


class TestCreate:
    def test_shows_the_secret_once(self, bolt: Program) -> None:
        answer = bolt.call("POST", "/clients", FEED)
        made = answer.json()  # type: ignore[attr-defined]
        assert answer.status_code == 201
        assert answer["Location"] == f"/api/v1/clients/{made['client_id']}"
        assert Program(f"{made['client_id']}.{made['secret']}").get("/me")[1]["account"] == "bolt"
        status, shown = bolt.get(f"/clients/{made['client_id']}")
        assert status == 200
        assert shown == {name: value for name, value in made.items() if name != "secret"} | {"last_used_at": shown["last_used_at"]}
        assert shown["last_used_at"] == "2026-11-03T12:00:00Z"

    def test_is_done_once_with_a_key_and_keeps_no_secret_that_can_be_read(self, bolt: Program) -> None:
        first, again = (bolt.post("/clients", FEED, idempotency_key="k") for _ in range(2))
        assert first == again
        assert first[1]["secret"].encode() not in bytes(KeptAnswer.objects.get().body)
        assert len(bolt.get("/clients")[1]["items"]) == 2

    def test_says_that_an_answer_is_lost_with_the_secret_key(self, bolt: Program, settings: object) -> None:
        bolt.post("/clients", FEED, idempotency_key="k")
        settings.SECRET_KEY = "another"  # type: ignore[attr-defined]
        status, problem = bolt.post("/clients", FEED, idempotency_key="k")
        assert (status, problem["code"]) == (409, "answer_lost")

    def test_is_for_an_account_below_too(self, as_program: AsProgram) -> None:
        north = as_program("north", Scope.MEMBERS_WRITE, Scope.USAGE_WRITE)
        status, made = north.post("/clients", FEED | {"account": "bolt"})
        assert (status, made["account"]) == (201, "bolt")
        status, problem = north.post("/clients", FEED | {"account": "dune"})
        assert (status, problem["code"]) == (404, "not_found")

    @pytest.mark.parametrize(
        ("body", "path", "code"),
        [
            ({"scopes": ["usage:write"]}, "/name", "missing"),
            ({"name": "", "scopes": ["usage:write"]}, "/name", "not_readable"),
            ({"name": "a\nb", "scopes": ["usage:write"]}, "/name", "name"),
            ({"name": "a\0b", "scopes": ["usage:write"]}, "/name", "invalid"),
            ({"name": "x", "scopes": []}, "/scopes", "not_readable"),
            ({"name": "x", "scopes": ["everything"]}, "/scopes/0", "not_readable"),
            ({"name": "x", "scopes": ["reports:review"]}, "/scopes", "beyond"),
            (FEED | {"secret": "mine"}, "/secret", "unknown_field"),
        ],
    )
    def test_says_what_is_wrong(self, bolt: Program, body: object, path: str, code: str) -> None:
        status, problem = bolt.post("/clients", body)
        assert status == 422
        assert [(error["path"], error["code"]) for error in problem["errors"]] == [(path, code)]


class TestList:
    def test_is_paged_by_id(self, bolt: Program) -> None:
        for number in range(4):
            create_client(Viewer.system(), "bolt", f"Feed {number}", ["usage:write"], client_id=f"a{number}", now=NOW)
        create_client(Viewer.system(), "coil", "Other", ["usage:write"], client_id="a9", now=NOW)
        first = bolt.get("/clients?limit=3")[1]
        rest = bolt.get(f"/clients?limit=3&cursor={first['next']}")[1]
        assert [row["client_id"] for row in first["items"] + rest["items"]] == ["a0", "a1", "a2", "a3", "bolt-0"]
        assert rest["next"] is None

    def test_is_of_an_account_below(self, as_program: AsProgram) -> None:
        north = as_program("north", Scope.MEMBERS_WRITE)
        create_client(Viewer.system(), "bolt", "Feed", ["usage:write"], client_id="feed", now=NOW)
        assert [row["client_id"] for row in north.get("/clients?account=bolt")[1]["items"]] == ["feed"]
        assert north.get("/clients?account=dune")[0] == 404


class TestChange:
    @pytest.fixture
    def address(self, bolt: Program) -> str:
        return f"/clients/{bolt.post('/clients', FEED)[1]['client_id']}"

    def test_gives_another_name(self, bolt: Program, address: str) -> None:
        shown = bolt.call("GET", address)
        answer = bolt.call("PATCH", address, {"name": " Other "}, if_match=shown["ETag"])
        said = answer.json()  # type: ignore[attr-defined]
        assert (answer.status_code, said["name"], said["scopes"]) == (200, "Other", ["usage:write"])
        assert answer["ETag"] == bolt.call("GET", address)["ETag"] != shown["ETag"]
        told = Event.objects.latest("id")
        assert (told.kind, [(one["field"], one["before"], one["after"]) for one in told.changes]) == (
            "client_changed", [("name", "Feed", "Other")],
        )  # fmt: skip

    def test_takes_scopes_away_from_its_tokens_and_keys(self, bolt: Program) -> None:
        made = bolt.post("/clients", {"name": "Both", "scopes": ["usage:write", "members:write"]})[1]
        key = Program(f"{made['client_id']}.{made['secret']}")
        assert key.get("/me")[1]["scopes"] == ["members:write", "usage:write"]
        assert bolt.patch(f"/clients/{made['client_id']}", {"scopes": ["usage:write"]}, if_match="*")[0] == 200
        assert key.get("/me")[1]["scopes"] == ["usage:write"]
        kept = Library.objects.get(pk=made["client_id"])
        assert (kept.get_scopes(), kept.get_default_scopes()) == (["usage:write"], ["usage:write"])

    def test_that_changes_nothing_is_no_news(self, bolt: Program, address: str) -> None:
        before = Event.objects.count()
        assert bolt.patch(address, {}, if_match="*")[0] == 200
        assert bolt.patch(address, {"name": "Feed", "scopes": ["usage:write"]}, if_match="*")[0] == 200
        assert Event.objects.count() == before

    def test_of_what_has_changed_shows_what_it_is_now(self, bolt: Program, address: str) -> None:
        seen = bolt.call("GET", address)["ETag"]
        bolt.patch(address, {"name": "Second"}, if_match=seen)
        status, stale = bolt.patch(address, {"name": "Third"}, if_match=seen)
        assert (status, stale["code"], stale["current"]["name"]) == (412, "stale", "Second")
        assert bolt.patch(address, {"name": "Third"})[0] == 428

    def test_says_what_is_wrong(self, bolt: Program, address: str) -> None:
        for body, path in (({"name": ""}, "/name"), ({"scopes": []}, "/scopes"), ({"scopes": ["reports:review"]}, "/scopes")):
            status, problem = bolt.patch(address, body, if_match="*")
            assert (status, [one["path"] for one in problem["errors"]]) == (422, [path])

    def test_of_a_revoked_one_is_refused(self, bolt: Program, address: str) -> None:
        bolt.post(f"{address}/revoke")
        assert bolt.patch(address, {"name": "Other"}, if_match="*")[0] == 409


class TestRotate:
    def test_lets_both_secrets_work_for_some_hours(self, bolt: Program, clock: Clock) -> None:
        made = bolt.post("/clients", FEED)[1]
        address = f"/clients/{made['client_id']}"
        status, second = bolt.post(f"{address}/rotate", {"overlap_hours": 2})
        assert (status, second["older_secret_until"]) == (200, "2026-11-03T14:00:00Z")
        keys = [f"{made['client_id']}.{one['secret']}" for one in (made, second)]
        assert [Program(key).get("/me")[0] for key in keys] == [200, 200]
        clock.at += timedelta(hours=2)
        assert [Program(key).get("/me")[0] for key in keys] == [401, 200]

    def test_takes_a_day_if_nothing_else_is_said_and_seven_at_most(self, bolt: Program) -> None:
        address = f"/clients/{bolt.post('/clients', FEED)[1]['client_id']}/rotate"
        assert bolt.post(address, {})[1]["older_secret_until"] == "2026-11-04T12:00:00Z"
        assert bolt.post(address, {"overlap_hours": 168})[0] == 200
        for wrong in (169, -1, 1.5, "2"):
            assert bolt.post(address, {"overlap_hours": wrong})[0] == 422


class TestRevoke:
    def test_ends_it_at_once(self, bolt: Program) -> None:
        made = bolt.post("/clients", FEED)[1]
        address = f"/clients/{made['client_id']}"
        status, shown = bolt.post(f"{address}/revoke")
        assert (status, shown["revoked_at"]) == (200, "2026-11-03T12:00:00Z")
        assert Program(f"{made['client_id']}.{made['secret']}").get("/me")[0] == 401
        assert bolt.post(f"{address}/revoke")[0] == 409
        assert bolt.post(f"{address}/rotate", {})[0] == 409


class TestEveryOperation:
    OPERATIONS = (
        ("GET", ""), ("POST", ""), ("GET", "/feed"), ("PATCH", "/feed"), ("POST", "/feed/rotate"), ("POST", "/feed/revoke"),
    )  # fmt: skip

    @pytest.fixture(autouse=True)
    def _feed(self, world: None) -> None:
        create_client(Viewer.system(), "bolt", "Feed", ["usage:write"], client_id="feed", now=NOW)

    @pytest.mark.parametrize(("method", "path"), OPERATIONS)
    def test_needs_its_scope(self, as_program: AsProgram, method: str, path: str) -> None:
        program = as_program("bolt", Scope.NETWORK_WRITE, Scope.NETWORK_READ)
        answer = program.call(method, f"/clients{path}", FEED if not path else {})
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")  # type: ignore[attr-defined]

    @pytest.mark.parametrize(("method", "path"), OPERATIONS[2:])
    def test_of_a_stranger_does_not_exist(self, as_program: AsProgram, method: str, path: str) -> None:
        stranger = as_program("coil", Scope.MEMBERS_WRITE)
        theirs = stranger.call(method, f"/clients{path}", {}, if_match="*")
        none = stranger.call(method, f"/clients{path.replace('feed', 'none')}", {}, if_match="*")
        assert (theirs.status_code, none.status_code) == (404, 404)
        assert theirs.content.replace(b"feed", b"none") == none.content

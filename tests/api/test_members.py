"""Members as programs keep them: invited, changed, removed."""

import json

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.api.conftest import AsProgram, Program, token_of_person
from tests.api.reading import errors, etag, whole
from tests.web.conftest import NOW
from trueup.accounts.models import Member, User
from trueup.accounts.rules import Scope, Viewer
from trueup.network.actions import change
from trueup.notifications.models import Delivery

pytestmark = pytest.mark.usefixtures("world")

ONLY_NEW = {"if_none_match": "*"}
NEW = "/accounts/bolt/members/new@bolt.example"
BILLING = "/accounts/bolt/members/billing@bolt.example"
ADMIN = "/accounts/bolt/members/admin@bolt.example"


class TestTheList:
    @pytest.mark.parametrize(
        ("account", "query", "expected"),
        [
            ("bolt", "", "admin@bolt.example billing@bolt.example viewer@bolt.example"),
            ("north", "", "admin@bolt.example billing@bolt.example viewer@bolt.example billing@coil.example north@north.example"),
            ("north", "account=coil", "billing@coil.example"),
            ("north", "search=BELLA", "billing@bolt.example"),
            ("north", "search=coil", "billing@coil.example"),
            ("acme-vendor", "account=bolt-dental", ""),
        ],
    )
    def test_has_those_of_the_subtree_by_account_and_address(self, as_program: AsProgram, account: str, query: str, expected: str) -> None:
        status, page = as_program(account).get(f"/members?{query}")
        assert (status, " ".join(one["email"] for one in page["items"])) == (200, expected)

    @pytest.mark.parametrize("limit", [1, 2, 5])
    def test_comes_whole_in_pages_of_any_size(self, as_program: AsProgram, limit: int) -> None:
        north = as_program("north")
        pages = whole(north, "/members", limit)
        assert [one for page in pages for one in page] == north.get("/members")[1]["items"]

    def test_knows_no_strangers(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        assert bolt.get("/members?account=coil")[0] == bolt.get("/members?account=nobody")[0] == 404

    def test_has_nobody_of_an_account_that_has_gone_or_is_still_to_come(self, as_program: AsProgram) -> None:
        change(Viewer.system(), "accounts", {"ref": "coil", "placements": {"from": "2026-11-01", "parent": "south"}}, now=NOW)
        change(Viewer.system(), "accounts", {"ref": "dune", "placements": {"from": "2026-12-01", "parent": "north"}}, now=NOW)
        north = as_program("north")
        assert {one["account"]["ref"] for one in north.get("/members")[1]["items"]} == {"bolt", "north"}
        for ref in ("coil", "dune"):
            assert north.get(f"/members?account={ref}")[1]["items"] == []
            assert north.get(f"/accounts/{ref}/members/billing@{ref}.example")[0] == 404
        assert as_program("south").get("/members?account=coil")[1]["items"][0]["email"] == "billing@coil.example"

    def test_asks_as_much_for_many_as_for_few(self, as_program: AsProgram, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        north = as_program("north")
        north.get("/members")
        for limit in (1, 200):
            with django_assert_num_queries(4):
                north.get(f"/members?limit={limit}")


class TestAMember:
    def test_is_shown_with_role_and_account(self, as_program: AsProgram) -> None:
        status, member = as_program("bolt").get(BILLING)
        assert len(member.pop("version")) == 16
        assert (status, member) == (200, {
            "email": "billing@bolt.example", "name": "Bella Bolt", "role": "billing_manager",
            "account": {"ref": "bolt", "name": "Bolt IT", "tier": "msp"}, "signed_up": False, "active": True,
        })  # fmt: skip
        assert as_program("bolt").get("/accounts/bolt/members/Billing@Bolt.Example")[0] == 200

    def test_of_strangers_does_not_exist(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        for method, body in (("GET", None), ("PUT", {"role": "viewer"}), ("DELETE", None)):
            answers = [bolt.call(method, f"/accounts/{ref}/members/x@x.example", body, if_match="*") for ref in ("coil", "nobody")]
            assert [one.status_code for one in answers] == [404, 404]
            assert answers[0].content.replace(b"coil", b"nobody") == answers[1].content

    def test_needs_the_scope(self, as_program: AsProgram) -> None:
        reading, writing = as_program("bolt", Scope.NETWORK_READ, Scope.NETWORK_WRITE), as_program("bolt", Scope.MEMBERS_WRITE)
        answers = [
            writing.get("/members"), writing.get(BILLING), reading.put(BILLING, {"role": "viewer"}, if_match="*"),
            reading.delete(BILLING, if_match="*"),
        ]  # fmt: skip
        assert {(status, problem["code"]) for status, problem in answers} == {(403, "missing_scope")}


class TestInviting:
    def test_makes_a_member_and_sends_the_link(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        answer = bolt.call("PUT", NEW, {"role": "viewer", "name": "Nina New"}, **ONLY_NEW)
        member = json.loads(answer.content)
        assert (answer.status_code, member["name"], member["signed_up"]) == (201, "Nina New", False)
        assert answer["ETag"] == etag(bolt, NEW)
        (mail,) = Delivery.objects.all()
        assert (mail.address, mail.kind, mail.details["account"], mail.details["inviter"]) == (
            "new@bolt.example", "invitation", "Bolt IT", "Program of bolt",
        )  # fmt: skip
        assert "/invitations/" in mail.details["link"]
        assert "/invitations/" not in answer.content.decode()
        assert not User.objects.get(email="new@bolt.example").has_usable_password()

    def test_sends_nothing_twice(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        bolt.put(NEW, {"role": "viewer"}, **ONLY_NEW)
        status, problem = bolt.put(NEW, {"role": "admin"}, **ONLY_NEW)
        assert (status, problem["code"], problem["current"]["role"]) == (412, "exists", "viewer")
        assert bolt.put(NEW, {"role": "admin"})[1]["code"] == "precondition_required"
        assert Delivery.objects.count() == 1

    @pytest.mark.parametrize("address", ["nobody", "a@b@c.example", "a b@c.example", "x@-"])
    def test_is_refused_for_what_is_no_address(self, as_program: AsProgram, address: str) -> None:
        status, problem = as_program("bolt").put(f"/accounts/bolt/members/{address}", {"role": "viewer"}, **ONLY_NEW)
        assert (status, errors(problem)) == (422, {"/path/email": "wrong_pattern"})
        assert not Delivery.objects.exists()

    @pytest.mark.parametrize(
        ("body", "path", "code"),
        [
            ({}, "/role", "missing"),
            ({"role": "boss"}, "/role", "not_readable"),
            ({"role": "viewer", "name": "x" * 201}, "/name", "wrong_maxlength"),
            ({"role": "viewer", "email": "a@b.example"}, "/email", "unknown_field"),
        ],
    )
    def test_is_refused_at_the_place_that_is_wrong(self, as_program: AsProgram, body: dict[str, str], path: str, code: str) -> None:
        status, problem = as_program("bolt").put(NEW, body, **ONLY_NEW)
        assert (status, errors(problem)) == (422, {path: code})
        assert not Delivery.objects.exists()

    def test_is_refused_for_customers(self, as_program: AsProgram) -> None:
        status, problem = as_program("bolt").put("/accounts/bolt-dental/members/a@b.example", {"role": "viewer"}, **ONLY_NEW)
        assert (status, errors(problem)) == (422, {"/path/ref": "wrong_tier"})

    def test_finds_no_stranger(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        answers = [bolt.put(f"/accounts/{ref}/members/a@b.example", {"role": "viewer"}, **ONLY_NEW) for ref in ("coil", "nobody")]
        assert [status for status, _ in answers] == [404, 404]
        assert answers[0][1]["detail"].replace("coil", "nobody") == answers[1][1]["detail"]


class TestInvitingAgain:
    def test_sends_a_new_link_when_the_first_was_lost(self, as_program: AsProgram, monkeypatch: pytest.MonkeyPatch) -> None:
        bolt = as_program("bolt")
        with monkeypatch.context() as lost:
            lost.setattr("trueup.api.endpoints.members.tell_invited", _killed)
            assert bolt.put(NEW, {"role": "viewer", "name": "Nina New"}, **ONLY_NEW)[0] == 500
        assert (bolt.get(NEW)[0], Delivery.objects.count()) == (200, 0)
        assert bolt.put(NEW, {"role": "viewer"}, **ONLY_NEW)[1]["code"] == "exists"
        answer = bolt.call("POST", f"{NEW}/invitation")
        assert (answer.status_code, json.loads(answer.content)["email"], answer["ETag"]) == (202, "new@bolt.example", etag(bolt, NEW))
        assert answer["Location"] == f"/api/v1{NEW}"
        (mail,) = Delivery.objects.all()
        assert (mail.address, mail.name, mail.kind, mail.details["account"]) == ("new@bolt.example", "Nina New", "invitation", "Bolt IT")
        assert "/invitations/" in mail.details["link"]
        assert "/invitations/" not in answer.content.decode()

    def test_is_done_once_with_one_key(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        answers = [bolt.post(f"{BILLING}/invitation", idempotency_key="again") for _ in range(2)]
        assert (answers[0], answers[0][0], Delivery.objects.count()) == (answers[1], 202, 1)

    def test_gives_no_link_to_who_has_come_in(self, as_program: AsProgram) -> None:
        User.objects.filter(email="billing@bolt.example").update(last_login=NOW)
        assert as_program("bolt").post(f"{BILLING}/invitation")[0] == 202
        assert "/invitations/" not in Delivery.objects.get().details["link"]

    def test_is_for_who_manages_members_there(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        assert as_program("north").post(f"{BILLING}/invitation")[0] == 202
        assert as_program("bolt", Scope.NETWORK_WRITE).post(f"{BILLING}/invitation")[1]["code"] == "missing_scope"
        viewer = Program(token_of_person("viewer@bolt.example"))
        assert viewer.post(f"{BILLING}/invitation")[1]["code"] == "not_allowed"
        answers = [bolt.post(f"/accounts/{ref}/members/x@x.example/invitation") for ref in ("coil", "nobody")]
        assert [status for status, _ in answers] == [404, 404]
        assert answers[0][1]["detail"].replace("coil", "nobody") == answers[1][1]["detail"]
        assert Delivery.objects.count() == 1


def _killed(*_: object, **__: object) -> None:
    raise RuntimeError("the server was stopped here")


class TestChanging:
    def test_gives_another_role_and_keeps_the_name(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        status, member = bolt.put(BILLING, {"role": "admin"}, if_match=etag(bolt, BILLING))
        assert (status, member["role"], member["name"]) == (200, "admin", "Bella Bolt")
        assert not Delivery.objects.exists()

    def test_does_not_rename_who_is_elsewhere_too(self, as_program: AsProgram) -> None:
        change(Viewer.system(), "members", {"email": "billing@bolt.example", "account": "dune", "role": "viewer"}, now=NOW)
        member = as_program("bolt").put(BILLING, {"role": "viewer", "name": "Mine"}, if_match="*")[1]
        assert (member["role"], member["name"]) == ("viewer", "Bella Bolt")

    def test_of_a_stale_write_is_told_what_there_is(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        seen = etag(bolt, BILLING)
        bolt.put(BILLING, {"role": "admin"}, if_match=seen)
        for method in ("PUT", "DELETE"):
            answer = bolt.call(method, BILLING, {"role": "viewer"}, if_match=seen)
            problem = json.loads(answer.content)
            assert (answer.status_code, problem["code"], problem["current"]["role"]) == (412, "stale", "admin")
            assert answer["ETag"] == etag(bolt, BILLING)

    def test_leaves_the_last_admin(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        assert bolt.put(ADMIN, {"role": "viewer"}, if_match="*")[1]["code"] == "conflict"
        assert bolt.delete(ADMIN, if_match="*")[1]["code"] == "conflict"
        assert as_program("north").delete(ADMIN, if_match="*")[0] == 204


class TestRemoving:
    def test_takes_somebody_out(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        answer = bolt.call("DELETE", BILLING, if_match=etag(bolt, BILLING))
        assert (answer.status_code, answer.content, bolt.get(BILLING)[0]) == (204, b"", 404)
        assert not Member.objects.filter(user__email="billing@bolt.example").exists()

    def test_has_to_be_told_what_was_seen(self, as_program: AsProgram) -> None:
        assert as_program("bolt").delete(BILLING)[1]["code"] == "precondition_required"

    def test_finds_nobody_who_is_not_there(self, as_program: AsProgram) -> None:
        assert as_program("bolt").delete(NEW, if_match="*")[1]["detail"] == "there is no member new@bolt.example in bolt"

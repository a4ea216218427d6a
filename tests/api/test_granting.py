"""What programs, and people by a token, can give to other programs and people: nothing beyond what they have."""

from typing import Any

import pytest

from tests.api.conftest import AsProgram, Program, token_of_person
from tests.api.reading import etag
from tests.web.conftest import NOW
from trueup.accounts.models import ApiClient, Member
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Scope, Tier, Viewer, scopes_of
from trueup.kit.errors import Invalid
from trueup.network.actions import change, create_client

pytestmark = pytest.mark.usefixtures("world")

MEMBERS, SENDING, PREPARING, REVIEWING = Scope.MEMBERS_WRITE, Scope.USAGE_WRITE, Scope.REPORTS_PREPARE, Scope.REPORTS_REVIEW
READING = (Scope.USAGE_READ, Scope.REPORTS_READ, Scope.NETWORK_READ, Scope.STATEMENTS_READ)
NEW = "/accounts/bolt/members/new@bolt.example"
BILLING = "/accounts/bolt/members/billing@bolt.example"


def feed(*scopes: Scope, of: str = "bolt") -> str:
    """The address of a client that somebody else has made."""
    create_client(Viewer.system(), of, "Feed", scopes, client_id="feed", secret="s" * 43, now=NOW)
    return "/clients/feed"


def wanted(*scopes: Scope, of: str | None = None) -> dict[str, Any]:
    return {"name": "Another", "scopes": list(scopes), "account": of}


def wrong(answer: tuple[int, Any]) -> tuple[int, list[tuple[str, str]]]:
    """The status, and place and code of what is wrong."""
    return answer[0], [(one["path"], one["code"]) for one in answer[1]["errors"]]


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1].get("code", "")


@pytest.fixture(params=["program", "person"])
def only_members(request: pytest.FixtureRequest, as_program: AsProgram) -> Program:
    """Somebody at bolt who may only manage members: a program, and an admin by a token that was let in for that alone."""
    if request.param == "program":
        return as_program("bolt", MEMBERS)
    return Program(token_of_person("admin@bolt.example", MEMBERS))


class TestAClient:
    @pytest.mark.parametrize("scope", [one for one in scopes_of(Tier.MSP) if one != MEMBERS])
    def test_gets_no_scope_its_maker_does_not_have(self, only_members: Program, scope: Scope) -> None:
        assert wrong(only_members.post("/clients", wanted(MEMBERS, scope))) == (422, [("/scopes", "not_yours")])
        assert not ApiClient.objects.filter(name="Another").exists()

    def test_gets_what_its_maker_has(self, only_members: Program) -> None:
        assert only_members.post("/clients", wanted(MEMBERS))[0] == 201

    def test_that_may_do_more_gives_nobody_a_new_secret(self, only_members: Program) -> None:
        address = feed(MEMBERS, SENDING)
        assert code(only_members.post(f"{address}/rotate", {})) == (403, "not_allowed")
        assert Program("feed." + "s" * 43).get("/me")[0] == 200

    def test_can_be_revoked_whatever_it_may_do(self, only_members: Program) -> None:
        assert only_members.post(f"{feed(SENDING)}/revoke")[0] == 200

    def test_gets_no_further_scope_by_a_change(self, only_members: Program) -> None:
        address = feed(MEMBERS, SENDING)
        answer = only_members.patch(address, {"scopes": [MEMBERS, SENDING, PREPARING]}, if_match="*")
        assert wrong(answer) == (422, [("/scopes", "not_yours")])
        assert only_members.patch(address, {"scopes": [MEMBERS, SENDING]}, if_match="*")[0] == 200

    def test_does_not_make_itself_stronger(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt", MEMBERS)
        itself = bolt.get("/clients")[1]["items"][0]["client_id"]
        answer = bolt.patch(f"/clients/{itself}", {"scopes": [MEMBERS, PREPARING]}, if_match="*")
        assert wrong(answer) == (422, [("/scopes", "not_yours")])

    def test_made_and_rotated_by_a_program_with_every_scope(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        status, made = bolt.post("/clients", wanted(*scopes_of(Tier.MSP)))
        assert status == 201
        assert bolt.post(f"/clients/{made['client_id']}/rotate", {})[0] == 200


class TestFromAbove:
    """A distributor and a vendor keep clients of their MSPs, but get no second hand in an approval by it."""

    @pytest.fixture(params=["program", "person", "token"])
    def above(self, request: pytest.FixtureRequest, as_program: AsProgram) -> Program:
        if request.param == "program":
            return as_program("north")
        change(Viewer.system(), "members", {"email": "admin@north.example", "account": "north", "role": "admin"}, now=NOW)
        scopes = () if request.param == "person" else (MEMBERS, SENDING, PREPARING, REVIEWING)
        return Program(token_of_person("admin@north.example", *scopes))

    def test_a_client_of_an_msp_never_prepares(self, above: Program) -> None:
        assert wrong(above.post("/clients", wanted(SENDING, PREPARING, of="bolt"))) == (422, [("/scopes", "other_side")])
        assert above.post("/clients", wanted(SENDING, of="bolt"))[0] == 201

    def test_a_client_that_prepares_is_not_rotated(self, above: Program) -> None:
        address = feed(SENDING, PREPARING)
        assert code(above.post(f"{address}/rotate", {})) == (403, "not_allowed")
        assert above.post(f"{address}/revoke")[0] == 200

    def test_a_client_does_not_get_to_prepare_later(self, above: Program) -> None:
        address = feed(SENDING)
        assert wrong(above.patch(address, {"scopes": [SENDING, PREPARING]}, if_match="*")) == (422, [("/scopes", "other_side")])
        assert above.patch(address, {"name": "Renamed"}, if_match="*")[0] == 200
        assert above.post(f"{address}/rotate", {})[0] == 200

    def test_a_client_made_for_an_msp_gives_no_more_either(self, above: Program) -> None:
        made = above.post("/clients", wanted(MEMBERS, of="bolt"))[1]
        inside = Program(f"{made['client_id']}.{made['secret']}")
        assert wrong(inside.post("/clients", wanted(PREPARING))) == (422, [("/scopes", "not_yours")])
        assert code(inside.put(NEW, {"role": "billing_manager"})) == (403, "not_allowed")

    def test_the_vendor_has_no_reviewer_of_a_distributor(self, as_program: AsProgram) -> None:
        change(Viewer.system(), "members", {"email": "admin@acme.example", "account": "acme-vendor", "role": "admin"}, now=NOW)
        vendor = Program(token_of_person("admin@acme.example"))
        assert wrong(vendor.post("/clients", wanted(REVIEWING, of="north"))) == (422, [("/scopes", "other_side")])
        assert code(vendor.post(f"{feed(REVIEWING, of='north')}/rotate", {})) == (403, "not_allowed")

    @pytest.mark.parametrize("scope", [Scope.STATEMENTS_READ, Scope.PRICES_WRITE])
    def test_a_client_does_not_tell_what_an_msp_sells_by(self, as_program: AsProgram, scope: Scope) -> None:
        north = as_program("north")
        assert wrong(north.post("/clients", wanted(SENDING, scope, of="bolt"))) == (422, [("/scopes", "other_side")])
        assert code(north.post(f"{feed(SENDING, scope)}/rotate", {})) == (403, "not_allowed")
        assert north.post("/clients", wanted(SENDING, scope))[0] == 201

    def test_the_vendor_bills_for_no_distributor(self, as_program: AsProgram) -> None:
        answer = as_program("acme-vendor").post("/clients", wanted(Scope.STATEMENTS_WRITE, of="north"))
        assert wrong(answer) == (422, [("/scopes", "other_side")])

    def test_a_distributor_prepares_in_its_own_name_where_an_msp_has_no_access(self, as_program: AsProgram) -> None:
        south = as_program("south")
        assert wrong(south.post("/clients", wanted(PREPARING, of="dune"))) == (422, [("/scopes", "other_side")])
        assert south.post("/clients", wanted(PREPARING, of="south"))[0] == 201

    def test_an_admin_in_the_portal_is_held_to_the_same(self) -> None:
        change(Viewer.system(), "members", {"email": "admin@north.example", "account": "north", "role": "admin"}, now=NOW)
        with pytest.raises(Invalid):
            create_client(viewers_of("admin@north.example")[0], "bolt", "x", [PREPARING], client_id="x", now=NOW)


class TestAMember:
    @pytest.mark.parametrize("role", ["viewer", "billing_manager", "admin"])
    def test_is_not_made_stronger_than_its_maker(self, only_members: Program, role: str) -> None:
        assert code(only_members.put(NEW, {"role": role})) == (403, "not_allowed")
        assert not Member.objects.filter(user__email="new@bolt.example").exists()

    def test_is_made_by_who_has_all_it_may_do(self, as_program: AsProgram) -> None:
        assert as_program("bolt", MEMBERS, *READING).put(NEW, {"role": "viewer"})[0] == 201
        managers = as_program("bolt", MEMBERS, SENDING, PREPARING, Scope.NETWORK_WRITE, Scope.PRICES_WRITE, *READING)
        assert managers.put(NEW, {"role": "billing_manager"}, if_match="*")[0] == 200
        assert code(managers.put(NEW, {"role": "admin"}, if_match="*")) == (403, "not_allowed")
        assert as_program("bolt").put(NEW, {"role": "admin"}, if_match="*")[0] == 200

    def test_can_lose_rights_by_who_has_less(self, only_members: Program) -> None:
        assert only_members.delete(BILLING, if_match="*") == (204, None)

    def test_is_renamed_without_being_made_stronger(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt", MEMBERS, Scope.NETWORK_READ)
        seen = etag(bolt, BILLING)
        status, _member = bolt.put(BILLING, {"role": "billing_manager", "name": "Bella"}, if_match=seen)
        assert status == 200
        assert bolt.put(BILLING, {"role": "viewer"}, if_match="*")[0] == 200
        assert code(bolt.put(BILLING, {"role": "billing_manager"}, if_match="*")) == (403, "not_allowed")

    def test_is_invited_below_by_who_has_all_it_may_do(self, as_program: AsProgram) -> None:
        assert as_program("north").put(NEW, {"role": "admin"})[0] == 201
        assert code(as_program("north", MEMBERS, REVIEWING).put("/accounts/coil/members/x@coil.example", {"role": "admin"})) == (
            403, "not_allowed",
        )  # fmt: skip

"""A command line that a person lets in on another device, and what it may do then."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.idp.oidc.models import Client as Library
from allauth.idp.oidc.models import Token
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from tests.api.conftest import Program
from tests.web.conftest import AsPerson, as_person
from tests.world import APPLIED_AT
from trueup.accounts.rules import Scope, Viewer
from trueup.network import actions

__all__ = ["as_person"]

pytestmark = pytest.mark.usefixtures("world")

CODE, TOKEN, PAGE = "/identity/o/api/device/code", "/identity/o/api/token", "/identity/o/device"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
BELLA = "billing@bolt.example"


@pytest.fixture(autouse=True)
def _no_counts(db: None) -> None:
    cache.clear()


def form(path: str, data: dict[str, str]) -> Any:
    """Send a form as programs do."""
    client = Client(raise_request_exception=False)
    return client.post(path, urlencode(data), content_type="application/x-www-form-urlencoded")


def ask(**data: str) -> dict[str, Any]:
    """A code for the device."""
    answer = form(CODE, {"client_id": "trueup-cli", **data})
    assert answer.status_code == 200, answer.content
    said: dict[str, Any] = answer.json()
    return said


def poll(code: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Ask whether the device was let in, as if the pause between two questions was over."""
    key = f"allauth.idp.oidc.device_code[{code['device_code']}]"
    waiting = cache.get(key)
    if waiting:
        cache.set(key, waiting | {"last_poll_at": 0})
    return _token({"grant_type": GRANT, "device_code": code["device_code"], "client_id": "trueup-cli"})


def refresh(token: str) -> tuple[int, dict[str, Any]]:
    return _token({"grant_type": "refresh_token", "refresh_token": token, "client_id": "trueup-cli"})


def _token(data: dict[str, str]) -> tuple[int, dict[str, Any]]:
    answer = form(TOKEN, data)
    return answer.status_code, answer.json()


def decide(client: Client, code: str, action: str) -> HttpResponse:
    return client.post(PAGE, {"code": code, "action": action})  # type: ignore[return-value]


def let_in(as_person: AsPerson, email: str = BELLA, **data: str) -> dict[str, Any]:
    """The tokens of a command line that a person has let in."""
    code = ask(**data)
    assert "is let in" in decide(as_person(email), code["user_code"], "confirm").content.decode()
    status, tokens = poll(code)
    assert status == 200, tokens
    return tokens


class TestCommandLine:
    def test_is_let_in_and_acts_as_the_person(self, as_person: AsPerson) -> None:
        code = ask()
        assert code["verification_uri"] == f"http://testserver{PAGE}"
        assert poll(code) == (400, {"error": "authorization_pending"})
        shown = as_person(BELLA).get(code["verification_uri_complete"]).content.decode()
        assert "Let “TrueUp command line” in?" in shown
        assert BELLA in shown
        assert "Prepare usage reports" in shown
        decide(as_person(BELLA), code["user_code"], "confirm")
        status, tokens = poll(code)
        assert (status, tokens["token_type"]) == (200, "Bearer")
        me = Program(tokens["access_token"]).get("/me")[1]
        assert (me["kind"], me["name"], me["account"]) == ("person", BELLA, "bolt")
        assert me["scopes"] == sorted(Scope)
        assert me["rights"] == ["read", "prepare", "keep_accounts", "import_usage", "keep_prices"]

    def test_has_no_more_scopes_than_it_asked_for(self, as_person: AsPerson) -> None:
        tokens = let_in(as_person, scope="reports:read")
        assert Program(tokens["access_token"]).get("/me")[1]["scopes"] == ["reports:read"]

    def test_says_in_words_only_what_it_asked_for(self, as_person: AsPerson) -> None:
        shown = as_person(BELLA).get(ask(scope="reports:read")["verification_uri_complete"]).content.decode()
        assert re.findall(r"<ul[^>]*>(<li>.*?)</ul>", shown) == ["<li>Read usage reports</li>"]

    def test_acts_in_the_account_it_names(self, as_person: AsPerson) -> None:
        actions.change(Viewer.system(), "members", {"email": BELLA, "account": "coil", "role": "viewer"}, now=APPLIED_AT)
        tokens = let_in(as_person)
        named = Program(tokens["access_token"], **{"TrueUp-Account": "coil"})
        assert named.get("/me")[1]["account"] == "coil"
        assert Program(tokens["access_token"], **{"TrueUp-Account": "dune"}).get("/me")[0] == 401

    def test_renews_its_token(self, as_person: AsPerson) -> None:
        first = let_in(as_person)
        status, second = refresh(first["refresh_token"])
        assert status == 200
        assert Program(second["access_token"]).get("/me")[0] == 200

    def test_renews_its_token_again_where_the_answer_was_lost(self, as_person: AsPerson) -> None:
        first = let_in(as_person)
        lost = refresh(first["refresh_token"])[1]
        status, second = refresh(first["refresh_token"])
        assert (status, Program(second["access_token"]).get("/me")[0]) == (200, 200)
        assert refresh(lost["refresh_token"]) == (400, {"error": "invalid_grant"})
        assert refresh(second["refresh_token"])[0] == 200

    def test_renews_its_token_no_more_with_a_used_one_after_a_minute(self, as_person: AsPerson) -> None:
        first = let_in(as_person)
        refresh(first["refresh_token"])
        before = Token.objects.get(data__has_key="used")
        assert refresh(first["refresh_token"])[0] == 200
        again = Token.objects.get(data__has_key="used")
        assert (again.hash, again.expires_at) == (before.hash, before.expires_at)
        assert again.expires_at - Token.objects.filter(type="rt").latest("pk").created_at < timedelta(minutes=2)
        Token.objects.filter(pk=again.pk).update(expires_at=again.expires_at - timedelta(days=1))
        assert refresh(first["refresh_token"]) == (400, {"error": "invalid_grant"})

    @pytest.mark.parametrize("take_back", ["refresh_token", "access_token"])
    def test_that_signs_out_leaves_no_used_token(self, as_person: AsPerson, take_back: str) -> None:
        first = let_in(as_person)
        second = refresh(first["refresh_token"])[1]
        assert form("/identity/o/api/revoke", {"token": second[take_back], "client_id": "trueup-cli"}).status_code == 200
        assert refresh(first["refresh_token"]) == (400, {"error": "invalid_grant"})

    def test_is_refused_by_the_person(self, as_person: AsPerson) -> None:
        code = ask()
        assert "was refused" in decide(as_person(BELLA), code["user_code"], "deny").content.decode()
        assert poll(code) == (400, {"error": "access_denied"})

    def test_must_not_ask_too_often(self) -> None:
        code = ask()
        poll(code)
        data = {"grant_type": GRANT, "device_code": code["device_code"], "client_id": "trueup-cli"}
        assert _token(data) == (400, {"error": "slow_down"})

    def test_gets_one_token_for_a_code(self, as_person: AsPerson) -> None:
        code = ask()
        decide(as_person(BELLA), code["user_code"], "confirm")
        assert [poll(code)[0] for _ in range(2)] == [200, 400]

    def test_of_somebody_who_left_has_no_access(self, as_person: AsPerson) -> None:
        tokens = let_in(as_person)
        get_user_model().objects.filter(email=BELLA).update(is_active=False)
        assert Program(tokens["access_token"]).get("/me")[0] == 401
        assert refresh(tokens["refresh_token"])[0] == 400

    @pytest.mark.parametrize("data", [{"scope": "openid"}, {"scope": "reports:read everything"}])
    def test_gets_no_scope_that_there_is_not(self, data: dict[str, str]) -> None:
        answer = form(CODE, {"client_id": "trueup-cli", **data})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")

    def test_is_the_only_program_that_is_let_in(self) -> None:
        actions.create_client(Viewer.system(), "bolt", "Feed", ["usage:write"], client_id="feed", secret="s" * 43, now=APPLIED_AT)
        for client_id in ("feed", "nobody", ""):
            answer = form(CODE, {"client_id": client_id})
            assert answer.status_code in {400, 401}

    def test_cannot_sign_in_by_itself(self) -> None:
        ask()
        assert _token({"grant_type": "client_credentials", "client_id": "trueup-cli"})[0] in {400, 401}
        assert _token({"grant_type": "client_credentials", "client_id": "trueup-cli", "client_secret": ""})[0] in {400, 401}

    def test_is_made_once_and_kept_as_it_should_be(self) -> None:
        Library.objects.create(pk="trueup-cli", name="old", type=Library.Type.CONFIDENTIAL)
        ask()
        kept = Library.objects.get()
        assert (kept.type, kept.get_scopes()) == (Library.Type.PUBLIC, [str(scope) for scope in Scope])

    def test_may_ask_for_so_many_codes(self) -> None:
        for _ in range(30):
            ask()
        assert form(CODE, {"client_id": "trueup-cli"}).status_code == 429


class TestPage:
    def test_needs_sign_in_and_comes_back(self) -> None:
        answer = Client().get(f"{PAGE}?code=ABCD-EFGH")
        assert answer["Location"] == "/account/login/?next=/identity/o/device%3Fcode%3DABCD-EFGH"
        assert decide(Client(), "ABCD-EFGH", "confirm").status_code == 302

    def test_takes_no_form_of_another_site(self, as_person: AsPerson) -> None:
        code, person = ask(), as_person(BELLA)
        person.handler.enforce_csrf_checks = True
        assert decide(person, code["user_code"], "confirm").status_code == 403
        assert poll(code)[1]["error"] == "authorization_pending"

    def test_never_decides_by_being_opened(self, as_person: AsPerson) -> None:
        code = ask()
        as_person(BELLA).get(PAGE, {"code": code["user_code"], "action": "confirm"})
        as_person(BELLA).post(f"{PAGE}?code={code['user_code']}&action=confirm")
        assert poll(code)[1]["error"] == "authorization_pending"

    @pytest.mark.parametrize("write", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code.replace('-', ' ')} "])
    def test_reads_a_code_however_it_is_written(self, as_person: AsPerson, write: Any) -> None:
        assert "TrueUp command line" in as_person(BELLA).get(PAGE, {"code": write(ask()["user_code"])}).content.decode()

    @pytest.mark.parametrize("typed", ["ABCD-EFGH", "-", "ü" * 200, "<b>", "A" * 5000])
    def test_says_that_a_code_is_wrong(self, as_person: AsPerson, typed: str) -> None:
        answer = as_person(BELLA).get(PAGE, {"code": typed})
        assert answer.status_code == 400
        assert "This code is not known" in answer.content.decode()

    def test_takes_a_code_once(self, as_person: AsPerson) -> None:
        code = ask()["user_code"]
        assert decide(as_person(BELLA), code, "confirm").status_code == 200
        assert decide(as_person("viewer@bolt.example"), code, "confirm").status_code == 400

    def test_lets_nobody_try_codes(self, as_person: AsPerson) -> None:
        person, code = as_person(BELLA), ask()
        for _ in range(10):
            assert person.get(PAGE, {"code": "ABCD-EFGH"}).status_code == 400
        assert person.get(PAGE, {"code": code["user_code"]}).status_code == 429
        assert as_person("viewer@bolt.example").get(PAGE, {"code": code["user_code"]}).status_code == 200

    def test_asks_for_the_code_first(self, as_person: AsPerson) -> None:
        assert "Type the code" in as_person(BELLA).get(PAGE).content.decode()


class TestSessions:
    def test_list_the_command_lines_of_the_person_and_end_one(self, as_person: AsPerson) -> None:
        used, other = let_in(as_person), let_in(as_person, "viewer@bolt.example")
        mine = refresh(used["refresh_token"])[1]
        person = as_person(BELLA)
        shown = person.get("/account/sessions/").content.decode()
        (address,) = re.findall(r'action="(/account/devices/\d+/end/)"', shown)
        assert "TrueUp command line" in shown
        assert as_person("viewer@bolt.example").post(address).status_code == 404
        assert person.get(address).status_code == 405
        person.post(address)
        assert Program(mine["access_token"]).get("/me")[0] == 401
        assert [refresh(one["refresh_token"])[0] for one in (mine, used)] == [400, 400]
        assert Program(other["access_token"]).get("/me")[0] == 200
        assert "Programs that act as you" not in person.get("/account/sessions/").content.decode()

    @pytest.mark.parametrize("address", ["/account/sessions/end/", "/account/sessions/"])
    def test_end_with_all_others(self, as_person: AsPerson, address: str) -> None:
        mine = let_in(as_person)
        as_person(BELLA).post(address)
        assert Program(mine["access_token"]).get("/me")[0] == 401

    def test_end_with_the_password(self, as_person: AsPerson) -> None:
        let_in(as_person)
        user = get_user_model().objects.get(email=BELLA)
        user.set_password("an old one 1")
        user.save()
        person = Client()
        person.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        form = {"oldpassword": "an old one 1", "password1": "another one 2", "password2": "another one 2"}
        assert person.post("/account/password/change/", form).status_code == 302
        assert not Token.objects.exists()

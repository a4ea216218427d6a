"""Signing in: with a password, a second step, a link for a forgotten password; and for which account."""

import logging
import re
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from tests.web.conftest import AsPerson
from trueup.accounts.models import Account, Member
from trueup.accounts.rules import Role
from trueup.config import settings as portal
from trueup.web.signing_in import AfterResponse, later

BELLA = "billing@bolt.example"
PASSWORD = "correct horse battery staple"
LOGIN = "/account/login/"


@pytest.fixture(autouse=True)
def fresh_limits(db: None) -> None:
    """Nobody has tried anything yet."""
    cache.clear()


@pytest.fixture(autouse=True)
def bella(world: None, settings: Settings) -> None:
    """Bella Bolt has a password."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the others are slow on purpose
    user = get_user_model().objects.get(email=BELLA)
    user.set_password(PASSWORD)
    user.save()


def _sign_in(client: Client, password: str = PASSWORD, email: str = BELLA, **more: str) -> object:
    return client.post(LOGIN, {"login": email, "password": password, **more})


def _confirm(client: Client) -> None:
    assert client.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302


def _text(response: object) -> str:
    return re.sub(r"\s+", " ", response.content.decode())  # type: ignore[attr-defined]


def _code(secret: str) -> str:
    _before, present, _after = yield_hotp_counters_from_time()
    return str(format_hotp_value(hotp_value(secret, present)))


class TestPassword:
    def test_signs_in_whatever_the_case_of_the_address(self, client: Client) -> None:
        response = _sign_in(client, email="Billing@BOLT.example")
        assert (response.status_code, response["Location"]) == (302, "/")  # type: ignore[attr-defined, index]
        assert client.get("/").status_code == 200

    def test_says_the_same_for_a_wrong_one_and_for_nobody(self, client: Client) -> None:
        wrong, nobody = _sign_in(client, "wrong"), _sign_in(client, email="nobody@bolt.example")
        for response in (wrong, nobody):
            assert "The e-mail address or the password is not right." in _text(response)
            assert 'role="alert"' in _text(response)

    def test_makes_a_new_session(self, client: Client) -> None:
        client.get(LOGIN)
        session = client.session
        session["planted"] = "by somebody else"
        session.save()
        client.cookies["trueup_session"] = str(session.session_key)
        _sign_in(client)
        assert client.cookies["trueup_session"].value != session.session_key

    def test_is_asked_for_first_and_leads_back(self, client: Client) -> None:
        response = client.get("/settings/notifications/?a=1")
        assert response["Location"] == "/account/login/?next=/settings/notifications/%3Fa%3D1"
        back = _sign_in(client, next="/settings/notifications/?a=1")
        assert back["Location"] == "/settings/notifications/?a=1"  # type: ignore[index]

    @pytest.mark.parametrize(
        "next_page",
        ["https://evil.example/", "//evil.example/", "http:evil.example", "javascript:alert(1)", "\\\\evil.example", "http://localhost:1/"],
    )
    def test_leads_nowhere_else(self, client: Client, next_page: str) -> None:
        assert _sign_in(client, next=next_page)["Location"] == "/"  # type: ignore[index]

    def test_is_refused_to_who_was_switched_off(self, client: Client) -> None:
        get_user_model().objects.filter(email=BELLA).update(is_active=False)
        _sign_in(client)
        assert client.get("/").status_code == 302

    def test_is_noted_in_the_log_without_what_was_typed(self, client: Client, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, logger="trueup.web.signing_in")
        _sign_in(client, "a wrong secret")
        _sign_in(client, "another", email="my-password@example.com")
        _sign_in(client)
        person = get_user_model().objects.get(email=BELLA).pk
        assert [record.message for record in caplog.records] == [
            f"sign-in failed: person {person} from 127.0.0.1",
            "sign-in failed: nobody known from 127.0.0.1",
            f"person {person} signed in from 127.0.0.1",
        ]

    def test_is_in_the_log_of_the_portal_as_it_is_installed(self) -> None:
        loggers: Any = portal.LOGGING["loggers"]
        assert loggers["trueup.web.signing_in"] == {"level": "INFO"}
        assert logging.getLogger("trueup.web.signing_in").isEnabledFor(logging.INFO)


class TestLimits:
    def test_lock_an_address_for_a_while_and_say_so(self, client: Client) -> None:
        for _ in range(5):
            _sign_in(client, "wrong")
        assert "Too many failed attempts. Try again in five minutes" in _text(_sign_in(client))
        assert client.get("/").status_code == 302

    def test_leave_others_alone(self, client: Client) -> None:
        for _ in range(5):
            _sign_in(client, "wrong", email="other@bolt.example")
        assert _sign_in(client)["Location"] == "/"  # type: ignore[index]

    def test_stop_a_flood_with_a_page_that_says_when_to_come_back(self, client: Client) -> None:
        responses = [_sign_in(client, "wrong", email=f"{number}@bolt.example") for number in range(31)]
        last = responses[-1]
        assert last.status_code == 429  # type: ignore[attr-defined]
        assert last["Retry-After"] == "60"  # type: ignore[index]
        assert "Wait a minute, then try again" in _text(last)


class TestForgottenPassword:
    def _ask(self, client: Client, email: str) -> object:
        return client.post("/account/password/reset/", {"email": email})

    def test_tells_nobody_which_addresses_are_known(self, client: Client) -> None:
        known, unknown = self._ask(client, BELLA), self._ask(client, "nobody@bolt.example")
        for response in (known, unknown):
            assert (response.status_code, response["Location"]) == (302, "/account/password/reset/done/")  # type: ignore[attr-defined, index]
        assert [message.to for message in mail.outbox] == [[BELLA]]

    def test_is_looked_up_only_when_the_page_was_sent(self) -> None:
        done: list[str] = []

        def view(request: HttpRequest) -> HttpResponse:
            later(request, lambda: done.append("looked up"))
            return HttpResponse("sent")

        response = AfterResponse(view)(RequestFactory().post("/"))
        assert done == []
        response.close()
        assert done == ["looked up"]

    def test_sends_a_link_that_works_once(self, client: Client, settings: Settings) -> None:
        settings.TRUEUP_URL = "https://portal.example"
        self._ask(client, BELLA)
        body = str(mail.outbox[0].body)
        found = re.search(r"https://portal\.example(/account/password/reset/key/\S+)", body)
        assert found is not None
        form = client.get(found[1], follow=True)
        address = form.request["PATH_INFO"]
        new = {"password1": "another good password", "password2": "another good password"}
        assert client.post(address, new)["Location"] == "/account/password/reset/key/done/"
        assert "This link does not work" in _text(Client().get(found[1], follow=True))
        assert _sign_in(client, "another good password")["Location"] == "/"  # type: ignore[index]

    def test_survives_a_mail_server_that_is_down(self, client: Client, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        assert self._ask(client, BELLA).status_code == 302  # type: ignore[attr-defined]
        assert "could not be sent" in caplog.text


class TestChangeOfThePassword:
    def test_signs_out_everywhere_else_and_tells_the_person(self, client: Client) -> None:
        elsewhere = Client()
        _sign_in(elsewhere)
        _sign_in(client)
        new = {"oldpassword": PASSWORD, "password1": "another good password", "password2": "another good password"}
        assert client.post("/account/password/change/", new).status_code == 302
        assert client.get("/").status_code == 200
        assert elsewhere.get("/").status_code == 302
        assert mail.outbox[0].to == [BELLA]

    def test_says_what_is_wrong_beside_the_field(self, client: Client) -> None:
        _sign_in(client)
        page = client.post("/account/password/change/", {"oldpassword": "wrong", "password1": "12345", "password2": "54321"})
        assert 'id="id_oldpassword_error"' in _text(page)
        assert 'aria-invalid="true"' in _text(page)


class TestSecondStep:
    def test_is_set_up_asked_for_and_replaced_by_a_recovery_code(self, client: Client) -> None:
        _sign_in(client)
        _confirm(client)
        page = client.get("/account/2fa/totp/activate/")
        assert 'src="data:image/svg+xml' in _text(page)
        secret = page.context["form"].secret
        assert client.post("/account/2fa/totp/activate/", {"code": "000000"}).context["form"].errors
        assert client.post("/account/2fa/totp/activate/", {"code": _code(secret)}).status_code == 302
        codes = client.get("/account/2fa/recovery-codes/").context["unused_codes"]
        again = Client()
        assert _sign_in(again)["Location"].startswith("/account/2fa/authenticate/")  # type: ignore[index]
        assert again.get("/").status_code == 302
        assert again.post("/account/2fa/authenticate/", {"code": codes[0]})["Location"] == "/"
        assert again.get("/").status_code == 200

    def test_takes_a_code_only_once(self, client: Client) -> None:
        _sign_in(client)
        _confirm(client)
        secret = client.get("/account/2fa/totp/activate/").context["form"].secret
        code = _code(secret)
        client.post("/account/2fa/totp/activate/", {"code": code})
        once, twice = Client(), Client()
        for browser, location in ((once, "/"), (twice, None)):
            _sign_in(browser)
            assert browser.post("/account/2fa/authenticate/", {"code": code}).get("Location") == location
        assert twice.get("/").status_code == 302

    def test_is_changed_only_by_who_says_again_who_they_are(self, client: Client) -> None:
        _sign_in(client)
        for address in ("totp/activate/", "webauthn/add/"):
            assert client.get(f"/account/2fa/{address}")["Location"].startswith("/account/reauthenticate/")
        assert "Incorrect password" in _text(client.post("/account/reauthenticate/", {"password": "wrong"}))


class TestAccountToActFor:
    @pytest.fixture(autouse=True)
    def coil_too(self, bella: None) -> None:
        """Bella is also a viewer of Coil."""
        user, coil = get_user_model().objects.get(email=BELLA), Account.objects.get(ref="coil")
        Member.objects.create(user=user, account=coil, role=Role.VIEWER)

    def test_is_the_first_until_another_is_chosen(self, as_person: AsPerson) -> None:
        client = as_person(BELLA)
        assert client.get("/settings/").context["viewer"].role == Role.BILLING_MANAGER
        client.post("/act-for/", {"account": "coil"})
        viewer = client.get("/settings/").context["viewer"]
        assert (viewer.role, viewer.account_id) == (Role.VIEWER, Account.objects.get(ref="coil").pk)

    def test_is_never_one_that_is_not_ones_own(self, as_person: AsPerson) -> None:
        client = as_person(BELLA)
        for ref in ("north", "dune", "", "no-such"):
            assert client.post("/act-for/", {"account": ref}).status_code == 404
        assert client.get("/settings/").context["shell"].account == "Bolt IT"

    def test_falls_back_when_the_membership_ends(self, as_person: AsPerson) -> None:
        client = as_person(BELLA)
        client.post("/act-for/", {"account": "coil"})
        client.get("/settings/")
        Member.objects.filter(user__email=BELLA, account__ref="coil").delete()
        page = client.get("/settings/")
        assert page.context["shell"].account == "Bolt IT"
        assert "Coil" not in _text(page)

    def test_is_none_when_the_last_membership_ends(self, as_person: AsPerson) -> None:
        client = as_person(BELLA)
        Member.objects.filter(user__email=BELLA).delete()
        page = client.get("/")
        assert page.status_code == 403
        assert "You are not a member of any account" in _text(page)
        assert "Bolt IT" not in _text(page)
        assert client.get("/account/password/change/").status_code == 200


class TestClosedPages:
    @pytest.mark.parametrize("address", ["authorize?client_id=x", "logout"])
    def test_let_no_program_act_as_a_person(self, as_person: AsPerson, address: str) -> None:
        assert as_person(BELLA).get(f"/identity/o/{address}").status_code == 404
        assert as_person(BELLA).post(f"/identity/o/{address}", {"action": "confirm"}).status_code == 404

    @pytest.mark.parametrize(
        "address", ["email/", "confirm-email/", "confirm-email/key/", "3rdparty/", "3rdparty/signup/", "social/signup/"]
    )
    def test_are_nobodys(self, as_person: AsPerson, client: Client, address: str) -> None:
        assert client.get(f"/account/{address}").status_code == 404
        assert as_person(BELLA).post(f"/account/{address}", {"email": "other@example.com", "action_add": ""}).status_code == 404

    def test_say_that_nobody_signs_up(self, client: Client) -> None:
        before = get_user_model().objects.count()
        values = {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
        assert "By invitation only" in _text(client.post("/account/signup/", values))
        assert get_user_model().objects.count() == before

"""Single sign-on with a real OpenID Connect provider, which runs on this machine as long as a test does."""

import http.client
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from tests.web import provider as providers
from tests.web.provider import Provider
from trueup.accounts.models import Member
from trueup.config import environment

BELLA = "billing@bolt.example"
LOGIN = "/account/oidc/sso/login/"


@pytest.fixture(autouse=True)
def fresh_limits(db: None) -> None:
    """Nobody has tried anything yet."""
    cache.clear()


@pytest.fixture
def provider(world: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A provider that says Bella is signed in there, and an installation that is set up for it."""
    with providers.running() as running:
        running.claims = {"sub": "42", "email": BELLA, "email_verified": True, "name": "Bella"}
        for name, value in {
            "ISSUER": running.issuer + "/",
            "CLIENT_ID": providers.CLIENT_ID,
            "CLIENT_SECRET": providers.CLIENT_SECRET,
            "NAME": "Acme ID",
        }.items():
            monkeypatch.setenv(f"TRUEUP_OIDC_{name}", value)
        settings.SINGLE_SIGN_ON = environment.single_sign_on()
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": settings.SINGLE_SIGN_ON.apps}}
        yield running


def _to_provider(client: Client, **values: str) -> str:
    """Press the button; the address the browser is sent to."""
    response = client.post(LOGIN, values)
    assert response.status_code == 302
    return str(response["Location"])


def _at_provider(address: str) -> str:
    """Ask the provider; the address it sends the browser back to, at the portal."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("GET", f"{parts.path}?{parts.query}")
    back = connection.getresponse().headers["Location"]
    connection.close()
    return back.removeprefix("http://testserver")


def _sign_in(client: Client, **values: str) -> Any:
    return client.get(_at_provider(_to_provider(client, **values)))


def _is_signed_in(client: Client) -> bool:
    return client.get("/").status_code == 200


class TestButton:
    def test_is_on_the_sign_in_page_under_the_name_of_the_provider(self, client: Client, provider: Provider) -> None:
        assert "Sign in with Acme ID" in client.get("/account/login/").content.decode()

    def test_is_not_there_without_a_provider(self, client: Client, db: None) -> None:
        assert "/account/oidc/" not in client.get("/account/login/").content.decode()
        assert client.post(LOGIN).status_code == 404

    def test_leads_to_the_provider_with_state_and_a_challenge(self, client: Client, provider: Provider) -> None:
        query = parse_qs(urlsplit(_to_provider(client)).query)
        assert query["redirect_uri"] == ["http://testserver/account/oidc/sso/login/callback/"]
        assert query["code_challenge_method"] == ["S256"]
        assert query["state"]

    def test_has_to_be_pressed(self, client: Client, provider: Provider) -> None:
        response = client.get(LOGIN)
        assert response.status_code == 200
        assert "Continue with Acme ID" in response.content.decode()


class TestMember:
    def test_comes_in(self, client: Client, provider: Provider) -> None:
        assert _sign_in(client)["Location"] == "/"
        assert client.get("/settings/").context["shell"].person == "Bella Bolt"

    def test_comes_back_to_where_they_were(self, client: Client, provider: Provider) -> None:
        assert _sign_in(client, next="/settings/notifications/")["Location"] == "/settings/notifications/"

    def test_is_led_nowhere_else(self, client: Client, provider: Provider) -> None:
        assert _sign_in(client, next="https://evil.example/")["Location"] == "/"

    def test_is_known_whatever_the_case_of_the_address(self, client: Client, provider: Provider) -> None:
        provider.claims["email"] = "Billing@Bolt.Example"
        _sign_in(client)
        assert _is_signed_in(client)

    def test_keeps_the_password_they_have(self, client: Client, provider: Provider) -> None:
        user = get_user_model().objects.get(email=BELLA)
        user.set_password("still mine")
        user.save()
        _sign_in(client)
        assert get_user_model().objects.get(email=BELLA).check_password("still mine")

    def test_leaves_nothing_behind_that_would_sign_somebody_in_later(self, client: Client, provider: Provider) -> None:
        _sign_in(client)
        assert not SocialAccount.objects.exists()


class TestRefusal:
    def _refused(self, client: Client, reason: str) -> None:
        people = get_user_model().objects.count()
        response = _sign_in(client)
        assert response.status_code == 403
        assert reason in response.content.decode()
        assert not _is_signed_in(client)
        assert get_user_model().objects.count() == people

    @pytest.mark.parametrize("verified", [False, None, "false", 1, "yes"])
    def test_of_an_address_that_is_not_verified(self, client: Client, provider: Provider, verified: object) -> None:
        provider.claims["email_verified"] = verified
        self._refused(client, "did not confirm your e-mail address")

    def test_of_an_answer_without_the_word_or_the_address(self, client: Client, provider: Provider) -> None:
        del provider.claims["email_verified"]
        self._refused(client, "did not confirm your e-mail address")
        provider.claims |= {"email_verified": True, "email": ""}
        self._refused(client, "did not confirm your e-mail address")

    def test_of_answers_about_two_people(self, client: Client, provider: Provider) -> None:
        provider.userinfo = provider.claims | {"sub": "43"}
        self._refused(client, "did not confirm your e-mail address")

    def test_of_somebody_unknown(self, client: Client, provider: Provider) -> None:
        provider.claims["email"] = "nobody@bolt.example"
        self._refused(client, "Nobody with the e-mail address nobody@bolt.example is a member")

    def test_of_somebody_who_is_no_longer_a_member(self, client: Client, provider: Provider) -> None:
        Member.objects.filter(user__email=BELLA).delete()
        self._refused(client, "is a member of an account here")

    def test_of_somebody_switched_off(self, client: Client, provider: Provider) -> None:
        get_user_model().objects.filter(email=BELLA).update(is_active=False)
        self._refused(client, "is a member of an account here")


class TestCallback:
    def test_without_the_state_of_this_browser_is_refused(self, client: Client, provider: Provider) -> None:
        back = _at_provider(_to_provider(Client()))
        assert client.get(back).status_code == 401
        assert not _is_signed_in(client)

    def test_works_once(self, client: Client, provider: Provider) -> None:
        back = _at_provider(_to_provider(client))
        client.get(back)
        client.post("/account/logout/")
        assert client.get(back).status_code == 401
        assert not _is_signed_in(client)

    def test_of_a_canceled_sign_in_says_so(self, client: Client, provider: Provider) -> None:
        provider.refuses = "access_denied"
        page = client.get(_sign_in(client)["Location"])
        assert "You are not signed in" in page.content.decode()

    def test_says_that_something_went_wrong_and_logs_what(
        self, client: Client, provider: Provider, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING, logger="trueup.web.signing_in")
        provider.claims["aud"] = "another client"
        response = _sign_in(client)
        assert response.status_code == 401
        assert "between the portal and the provider" in response.content.decode()
        assert "Invalid id_token" in caplog.text

    def test_cannot_connect_another_person_to_who_is_signed_in(self, client: Client, provider: Provider) -> None:
        _sign_in(client)
        provider.claims = {"sub": "7", "email": "stranger@example.com", "email_verified": True}
        response = client.get(_at_provider(_to_provider(client, process="connect")))
        assert response.status_code == 403
        assert not SocialAccount.objects.exists()

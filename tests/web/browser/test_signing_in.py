"""Signing in as people do it: with a passkey of a (virtual) device, with an app's code, by an invitation, and through a provider."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from tests.web import provider as providers
from tests.web.browser.conftest import WIDTHS, BrowserAs, overflows, violations
from tests.web.conftest import NOW
from tests.web.provider import Provider
from trueup.config.environment import SingleSignOnSettings
from trueup.network.invitations import link_for

expect.set_options(timeout=20_000)  # a device takes its time, and so does a busy machine

BELLA, PASSWORD = "billing@bolt.example", "correct horse battery staple"


@pytest.fixture(autouse=True)
def bella(server: str, settings: Settings) -> None:
    """Bella Bolt has a password."""
    cache.clear()
    settings.TRUEUP_URL = server
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the others are slow on purpose
    user = get_user_model().objects.get(email=BELLA)
    user.set_password(PASSWORD)
    user.save()


def _sign_in(page: Page) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(BELLA)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def _confirm(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def _device(page: Page, *, willing: bool = True) -> Any:
    """A device with a fingerprint reader."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": willing,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


class TestPasskey:
    def test_is_added_and_signs_in_without_a_password(self, browser_as: BrowserAs) -> None:
        page = browser_as(None)
        _device(page)
        _sign_in(page)
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        page.goto("/account/2fa/webauthn/add/")
        _confirm(page)
        page.get_by_label("Passwordless").check()
        page.get_by_role("button", name="Add the key").click()
        expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        page.goto("/account/2fa/webauthn/")
        expect(page.get_by_role("cell", name="Passkey")).to_be_visible()
        page.goto("/account/logout/")
        page.get_by_role("main").get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()

    def test_that_is_not_there_is_said_beside_the_button(self, browser_as: BrowserAs) -> None:
        page = browser_as(None)
        _device(page, willing=False)
        page.goto("/account/login/")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("alert")).to_contain_text("The passkey was not used")


class TestSecondStep:
    def test_is_set_up_and_asked_for(self, browser_as: BrowserAs) -> None:
        page = browser_as(None)
        _sign_in(page)
        page.goto("/account/2fa/totp/activate/")
        _confirm(page)
        code = _code(page.get_by_label("Or type this secret into the app").input_value())
        page.get_by_label("Authenticator code").fill(code)
        page.get_by_role("button", name="Switch on").click()
        expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        expect(page.locator(".codes li")).to_have_count(10)
        recovery = page.locator(".codes li").first.inner_text()
        page.context.clear_cookies()
        _sign_in(page)
        page.get_by_role("textbox").fill(recovery)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()


def _code(secret: str) -> str:
    _before, present, _after = yield_hotp_counters_from_time()
    return str(format_hotp_value(hotp_value(secret, present)))


class TestInvitation:
    def test_leads_in(self, browser_as: BrowserAs) -> None:
        page = browser_as(None)
        page.goto(link_for("viewer@bolt.example", NOW))
        page.get_by_label("Your name").fill("Vera Bolt")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password again").fill(PASSWORD)
        page.get_by_role("button", name="Accept the invitation").click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    """A provider that knows Bella, and a portal that is set up for it."""
    with providers.running() as running:
        running.claims = {"sub": "42", "email": BELLA, "email_verified": True}
        app = {
            "provider_id": "sso",
            "name": "Acme ID",
            "client_id": providers.CLIENT_ID,
            "secret": providers.CLIENT_SECRET,
            "settings": {"server_url": running.issuer, "oauth_pkce_enabled": True},
        }
        settings.SINGLE_SIGN_ON = SingleSignOnSettings([app], [running.issuer])
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
        directives = django_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        allowed = directives | {"form-action": [*directives["form-action"], running.issuer]}
        settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": allowed}
        yield running


class TestSingleSignOn:
    def test_leads_through_the_provider_and_back(self, browser: Browser, server: str, provider: Provider) -> None:
        page = browser.new_page(base_url=server, locale="en-US")
        page.goto("/account/login/?next=/settings/")
        page.get_by_role("button", name="Sign in with Acme ID").click()
        expect(page.get_by_role("heading", name="Settings", exact=True, level=1)).to_be_visible()
        page.context.close()


class TestPages:
    @pytest.mark.parametrize(("scheme", "width"), [("light", WIDTHS["phone"]), ("dark", WIDTHS["screen"])])
    def test_have_no_violations(self, browser_as: BrowserAs, scheme: str, width: int) -> None:
        options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, "bypass_csp": True}
        page = browser_as(None, **options)
        strange: list[str] = []
        page.on("pageerror", lambda error: strange.append(str(error)))
        for address in ("login/", "password/reset/", "password/reset/done/", "signup/", "3rdparty/login/error/"):
            _look_at(page, f"/account/{address}")
        _look_at(page, "/invitations/none/")
        _look_at(page, link_for("viewer@bolt.example", NOW))
        _sign_in(page)
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        _look_at(page, "/account/2fa/totp/activate/")  # is it you?
        _confirm(page)
        expect(page.get_by_label("Authenticator code")).to_be_visible()
        for address in ("password/change/", "2fa/", "2fa/totp/activate/", "2fa/webauthn/", "2fa/webauthn/add/", "sessions/", "logout/"):
            _look_at(page, f"/account/{address}")
        for address in ("/settings/", "/settings/notifications/"):
            _look_at(page, address)
        page.goto("/account/password/change/")
        page.get_by_role("button", name="Change the password").click()
        page.get_by_label("Current Password").fill("wrong")
        page.get_by_label("New Password", exact=True).fill("1")
        page.get_by_label("New Password (again)").fill("2")
        page.get_by_role("button", name="Change the password").click()
        expect(page.locator(".field__error").first).to_be_visible()
        assert violations(page) == []
        assert strange == []


def _look_at(page: Page, address: str) -> None:
    page.goto(address)
    assert violations(page) == [], address
    assert not overflows(page), address

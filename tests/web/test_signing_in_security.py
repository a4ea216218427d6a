"""What holds for every page: headers, cookies, and that no form of another site does anything."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from tests.web.conftest import AsPerson

CSP = (
    "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "img-src 'self' data:; manifest-src 'self'; script-src 'self'; style-src 'self'"
)
"""Everything a page may do, and nothing with `unsafe` in it."""

PAGES = ["/account/login/", "/account/password/reset/", "/account/signup/", "/invitations/x/", "/no-such-page/"]
OWN_PAGES = ["/", "/settings/", "/settings/notifications/", "/account/2fa/", "/account/sessions/", "/account/logout/", "/no-such-page/"]
PROGRAMS = ("identity/o/api/", "api/")
"""Programs send these a secret, not a cookie: no other site can make a browser send it."""


@pytest.fixture(autouse=True)
def fresh_limits(db: None) -> None:
    """Nobody has tried anything yet."""
    cache.clear()


def _directives(policy: str) -> dict[str, list[str]]:
    return {words[0]: sorted(words[1:]) for words in (part.split() for part in policy.split(";")) if words}


class TestHeaders:
    @pytest.mark.parametrize("address", PAGES)
    def test_of_public_pages(self, client: Client, db: None, address: str) -> None:
        self._check(client, address)

    def test_of_pages_behind_sign_in(self, world: None, as_person: AsPerson) -> None:
        client = as_person("billing@bolt.example")
        for address in OWN_PAGES:
            self._check(client, address)

    def _check(self, client: Client, address: str) -> None:
        response = client.get(address)
        assert _directives(response["Content-Security-Policy"]) == _directives(CSP)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in response

    def test_ask_for_https_where_the_portal_has_it(self, client: Client, db: None, settings: Settings) -> None:
        settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31536000
        assert client.get("/account/login/")["Location"] == "https://testserver/account/login/"
        assert client.get("/account/login/", secure=True)["Strict-Transport-Security"].startswith("max-age=31536000")

    @pytest.mark.parametrize("address", PAGES)
    def test_hold_for_what_the_pages_are_made_of(self, client: Client, db: None, address: str) -> None:
        _nothing_inline(client.get(address).content.decode())

    def test_hold_for_what_pages_behind_sign_in_are_made_of(self, world: None, as_person: AsPerson) -> None:
        for address in OWN_PAGES:
            _nothing_inline(as_person("billing@bolt.example").get(address).content.decode())


def _nothing_inline(page: str) -> None:
    """No style, no script and no handler stands in the page itself; blocks of data are no scripts."""
    assert not re.search(r"<[^>]+\sstyle\s*=", page)
    assert not re.search(r"<[^>]+\son[a-z]+\s*=", page)
    assert "<style" not in page
    assert all("src=" in tag or 'type="application/json"' in tag for tag in re.findall(r"<script[^>]*>", page))


class TestCookies:
    def test_are_for_the_server_only(self, client: Client, world: None) -> None:
        user = get_user_model().objects.get(email="billing@bolt.example")
        user.set_password("a password")
        user.save()
        client.get("/account/login/")
        client.post("/account/login/", {"login": user.email, "password": "a password"})
        for name in ("trueup_session", "trueup_csrf"):
            cookie = client.cookies[name]
            assert cookie["httponly"]
            assert cookie["samesite"] == "Lax"

    def test_are_sent_over_https_only_where_the_portal_has_it(self, client: Client, db: None, settings: Settings) -> None:
        settings.CSRF_COOKIE_SECURE = settings.SESSION_COOKIE_SECURE = True
        client.get("/account/login/", secure=True)
        assert client.cookies["trueup_csrf"]["secure"]


def _addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Every address there is, with something in the place of what varies."""
    for one in patterns:
        whole = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _addresses(one.url_patterns, whole)
        else:
            filled = re.sub(r"<int:[^>]+>", "1", whole)
            filled = re.sub(r"\(\?P<[^>]+>[^)]*\)", "x", filled)
            filled = re.sub(r"<[^>]+>", "2026-10", filled)
            yield re.sub(r"[\^$\\]", "", filled).replace("[/]+", "x")


class TestForms:
    def test_of_other_sites_do_nothing(self, world: None, as_person: AsPerson) -> None:
        signed_in = as_person("admin@bolt.example").cookies
        accepted = []
        for address in _addresses(get_resolver().url_patterns):
            if address.startswith(PROGRAMS):
                continue
            client = Client(enforce_csrf_checks=True)
            client.cookies = signed_in
            response = client.post(f"/{address}", {"state": "x"})
            if response.status_code not in {403, 404}:
                accepted.append((address, response.status_code))
        assert accepted == []

    def test_are_all_looked_at(self) -> None:
        addresses = list(_addresses(get_resolver().url_patterns))
        assert {"account/oidc/x/login/", "account/sessions/1/end/", "invitations/2026-10/", "identity/o/device"} <= set(addresses)

    def test_are_told_from_those_of_a_session_that_is_over(self, world: None, as_person: AsPerson) -> None:
        client = Client(enforce_csrf_checks=True)
        client.cookies = as_person("admin@bolt.example").cookies
        response = client.post("/act-for/", {"account": "bolt"})
        assert "The form is too old" in response.content.decode()

    @pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
    def test_lead_nowhere_else(self, client: Client, db: None, address: str) -> None:
        for form in ("/theme/", "/language/"):
            assert client.post(form, {"theme": "dark", "language": "de", "next": address})["Location"] == "/"


class TestSettings:
    def test_name_no_other_place_for_the_session_than_the_database(self) -> None:
        assert django_settings.SESSION_ENGINE == "django.contrib.sessions.backends.db"

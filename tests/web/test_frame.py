"""What stands around every page: refusals, display, language, the addresses of files."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.web.conftest import AsPerson
from trueup.accounts.rules import Viewer
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from trueup.kit.text import text
from trueup.notifications.queries import preferences
from trueup.web.errors import STATUS, refusal
from trueup.web.menu import menu_of

BOLT = "billing@bolt.example"

pytestmark = pytest.mark.usefixtures("world")


def viewer_of(client: Client) -> Viewer:
    """Who is looking."""
    request: Any = client.get("/").wsgi_request
    viewer: Viewer = request.viewer
    return viewer


class TestRefusal:
    @pytest.mark.parametrize("error", [NotFound, NotAllowed, Conflict, Invalid])
    def test_has_the_status_of_its_kind(self, as_person: AsPerson, error: type) -> None:
        request = as_person(BOLT).get("/").wsgi_request
        assert refusal(request, error("no")).status_code == STATUS[error]

    def test_says_every_problem_and_escapes_it(self, as_person: AsPerson) -> None:
        request = as_person(BOLT).get("/").wsgi_request
        error = Invalid(text("two things are wrong"), [Problem("name", "it is <b>bold</b>"), Problem("day", "it is missing")])
        page = refusal(request, error).content.decode()
        assert "Two things are wrong" in page
        assert "it is &lt;b&gt;bold&lt;/b&gt;" in page
        assert "<b>bold" not in page

    def test_of_what_is_not_there_says_nothing_of_it(self, as_person: AsPerson) -> None:
        request = as_person(BOLT).get("/").wsgi_request
        page = refusal(request, NotFound("there is no report of “secret”")).content.decode()
        assert "secret" not in page

    def test_of_an_address_nobody_has_is_the_same_page(self, as_person: AsPerson) -> None:
        client = as_person(BOLT)
        assert client.get("/nowhere/").status_code == 404
        assert "There is no such page" in client.get("/nowhere/").content.decode()


class TestDisplay:
    def test_is_chosen_and_kept(self) -> None:
        client = Client()
        answer = client.post(reverse("choose_theme"), {"theme": "dark", "next": "/account/login/"})
        assert answer.headers["Location"] == "/account/login/"
        assert 'data-theme="dark"' in client.get("/account/login/").content.decode()

    def test_falls_back_to_the_system(self) -> None:
        client = Client()
        client.post(reverse("choose_theme"), {"theme": "'><script>"})
        assert 'data-theme="system"' in client.get("/account/login/").content.decode()

    @pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
    def test_leads_nowhere_else(self, address: str) -> None:
        assert Client().post(reverse("choose_theme"), {"theme": "dark", "next": address}).headers["Location"] == "/"


class TestLanguage:
    def test_is_the_browsers(self) -> None:
        page = Client().get("/account/login/", headers={"Accept-Language": "de-AT,de;q=0.9"})
        assert (page.headers["Content-Language"], 'lang="de"' in page.content.decode()) == ("de", True)

    def test_is_what_was_chosen_before_that(self) -> None:
        client = Client()
        client.post(reverse("choose_language"), {"language": "de"})
        assert client.get("/account/login/", headers={"Accept-Language": "en"}).headers["Content-Language"] == "de"

    def test_is_also_that_of_the_e_mails_of_whoever_is_signed_in(self, as_person: AsPerson) -> None:
        client = as_person(BOLT)
        client.post(reverse("choose_language"), {"language": "de"})
        assert preferences(viewer_of(client)).language == "de"

    def test_stays_one_there_is(self) -> None:
        client = Client()
        client.post(reverse("choose_language"), {"language": "xx"})
        assert client.get("/account/login/", headers={"Accept-Language": "fr"}).headers["Content-Language"] == "en"


class TestMenu:
    def test_marks_the_page_that_is_shown(self, as_person: AsPerson) -> None:
        viewer = viewer_of(as_person(BOLT))
        assert [str(entry.label) for entry in menu_of(viewer, reverse("uploads")) if entry.current] == ["Imports"]

    def test_leads_only_to_pages_that_open(self, as_person: AsPerson) -> None:
        for email in (BOLT, "viewer@bolt.example", "north@north.example", "vendor@acme.example"):
            client = as_person(email)
            viewer = viewer_of(client)
            assert {entry.address: client.get(entry.address).status_code for entry in menu_of(viewer, "/")}.keys()
            assert [entry.address for entry in menu_of(viewer, "/") if client.get(entry.address).status_code != 200] == []


class TestFiles:
    def test_carry_their_content_in_their_address(self) -> None:
        page = Client().get("/account/login/").content.decode()
        assert "/static/web/css/page.css?v=" in page

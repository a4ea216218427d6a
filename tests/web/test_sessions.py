"""Where somebody is signed in."""

import re

from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model
from django.test import Client

from tests.web.conftest import AsPerson

BELLA = "billing@bolt.example"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def _open(client: Client, agent: str = "") -> str:
    return client.get("/account/sessions/", headers={"user-agent": agent}).content.decode()


class TestList:
    def test_names_each_browser_and_marks_this_one(self, world: None, as_person: AsPerson) -> None:
        here, there = as_person(BELLA), as_person(BELLA)
        there.get("/", headers={"user-agent": FIREFOX})
        page = _open(here)
        assert "Firefox on Windows" in page
        assert page.count("This browser") == 1
        assert page.count("127.0.0.1") >= 2

    def test_shows_no_session_of_anybody_else(self, world: None, as_person: AsPerson) -> None:
        as_person("viewer@bolt.example").get("/", headers={"user-agent": FIREFOX})
        assert "Firefox" not in _open(as_person(BELLA))

    def test_needs_sign_in(self, client: Client, db: None) -> None:
        assert client.get("/account/sessions/")["Location"].startswith("/account/login/")


class TestSignOut:
    def test_ends_one_session_elsewhere(self, world: None, as_person: AsPerson) -> None:
        here, there = as_person(BELLA), as_person(BELLA)
        there.get("/", headers={"user-agent": FIREFOX})
        address = re.search(r'action="(/account/sessions/\d+/end/)"', _open(here))
        assert address is not None
        here.post(address[1])
        assert there.get("/").status_code == 302
        assert here.get("/").status_code == 200

    def test_ends_no_session_of_anybody_else(self, world: None, as_person: AsPerson) -> None:
        other = as_person("viewer@bolt.example")
        other.get("/")
        session = UserSession.objects.get(user__email="viewer@bolt.example")
        assert as_person(BELLA).post(f"/account/sessions/{session.pk}/end/").status_code == 404
        assert other.get("/").status_code == 200

    def test_ends_all_others(self, world: None, as_person: AsPerson) -> None:
        here, there = as_person(BELLA), as_person(BELLA)
        there.get("/")
        here.get("/")
        here.post("/account/sessions/")
        assert there.get("/").status_code == 302
        assert here.get("/").status_code == 200

    def test_ends_all_of_them(self, world: None, as_person: AsPerson) -> None:
        here, there = as_person(BELLA), as_person(BELLA)
        there.get("/")
        here.get("/")
        response = here.post("/account/sessions/end/", follow=True)
        assert "You are signed out everywhere." in response.content.decode()
        assert [client.get("/").status_code for client in (here, there)] == [302, 302]
        assert not UserSession.objects.filter(user=get_user_model().objects.get(email=BELLA)).exists()

    def test_is_asked_for_by_a_form_only(self, world: None, as_person: AsPerson) -> None:
        client = as_person(BELLA)
        assert client.get("/account/sessions/end/").status_code == 405
        assert client.get("/account/logout/").status_code == 200
        assert client.get("/").status_code == 200
        client.post("/account/logout/")
        assert client.get("/").status_code == 302


class TestActivity:
    def test_is_written_now_and_then_only(self, world: None, as_person: AsPerson) -> None:
        client = as_person(BELLA)
        client.get("/settings/")
        before = UserSession.objects.get(user__email=BELLA).last_seen_at
        client.get("/settings/")
        assert UserSession.objects.get(user__email=BELLA).last_seen_at == before

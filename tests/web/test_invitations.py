"""Invitations: a link by which somebody who was added as a member chooses a password."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django import Settings

from tests.web.conftest import NOW, AsPerson, Clock
from trueup.accounts.models import Member
from trueup.events.models import Event
from trueup.kit.errors import Conflict, NotFound
from trueup.network.invitations import link_for, operators_link

VERA = "viewer@bolt.example"
GOOD = {"name": "Vera Bolt", "password1": "quite a good password", "password2": "quite a good password"}


@pytest.fixture(autouse=True)
def fast(settings: Settings, world: None) -> None:
    """Passwords that are slow on purpose are of no use here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.TRUEUP_URL = "https://portal.example"


def _address(email: str = VERA) -> str:
    return link_for(email, NOW).removeprefix("https://portal.example")


class TestLink:
    def test_leads_to_the_portal_whatever_host_was_asked(self) -> None:
        assert link_for(VERA, NOW).startswith("https://portal.example/invitations/")

    def test_is_the_portal_itself_for_who_has_a_password_or_is_nobody(self) -> None:
        user = get_user_model().objects.get(email=VERA)
        user.set_password("x")
        user.save()
        assert link_for(VERA, NOW) == "https://portal.example/"
        assert link_for("nobody@bolt.example", NOW) == "https://portal.example/"

    def test_says_who_was_invited_and_for_what(self, client: Client) -> None:
        page = client.get(_address()).content.decode()
        assert VERA in page
        assert "Bolt IT" in page

    def test_lets_the_person_in_and_remembers_it(self, client: Client) -> None:
        response = client.post(_address(), GOOD)
        assert (response.status_code, response["Location"]) == (302, "/")
        page = client.get("/settings/")
        assert page.context["shell"].person == "Vera Bolt"
        event = Event.objects.get(kind="invitation_accepted")
        assert (event.actor_name, event.subject, event.at) == (VERA, "member", NOW)
        assert event.subject_id == Member.objects.get(user__email=VERA).pk

    def test_works_once(self, client: Client) -> None:
        address = _address()
        client.post(address, GOOD)
        for again in (Client().get(address), Client().post(address, GOOD)):
            assert again.status_code == 404
            assert "This invitation does not work" in again.content.decode()

    def test_dies_with_another_first_password(self, client: Client) -> None:
        address = _address()
        user = get_user_model().objects.get(email=VERA)
        user.set_password("chosen by a reset")
        user.save()
        assert client.get(address).status_code == 404

    def test_dies_after_seven_days(self, client: Client, clock: Clock) -> None:
        address = _address()
        clock.at = NOW + timedelta(days=7)
        assert client.get(address).status_code == 200
        clock.at += timedelta(seconds=1)
        assert client.get(address).status_code == 404

    def test_dies_with_the_membership_and_when_switched_off(self, client: Client) -> None:
        address = _address()
        get_user_model().objects.filter(email=VERA).update(is_active=False)
        assert client.get(address).status_code == 404
        get_user_model().objects.filter(email=VERA).update(is_active=True)
        Member.objects.filter(user__email=VERA).delete()
        assert client.get(address).status_code == 404

    @pytest.mark.parametrize("token", ["x", "a:b:c", "ü", "1:1"])
    def test_is_the_same_page_for_what_is_none_of_ours(self, client: Client, token: str) -> None:
        response = client.get(f"/invitations/{token}/")
        assert response.status_code == 404
        assert "This invitation does not work" in response.content.decode()

    def test_of_another_person_cannot_be_made_of_ones_own(self, client: Client) -> None:
        head, rest = _address().rsplit("/", 2)[1].split(":", 1)
        other = _address("admin@bolt.example").rsplit("/", 2)[1].split(":", 1)[0]
        assert head != other
        assert client.get(f"/invitations/{other}:{rest}/").status_code == 404


class TestForm:
    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"password2": "another one here"}, "The two passwords are not the same."),
            ({"password1": "12345678", "password2": "12345678"}, "entirely numeric"),
            ({"password1": "viewer@bolt.example", "password2": "viewer@bolt.example"}, "too similar"),
            ({"name": " "}, "This field is required."),
        ],
    )
    def test_says_what_is_wrong_and_changes_nothing(self, client: Client, changed: dict[str, str], said: str) -> None:
        response = client.post(_address(), GOOD | changed)
        assert response.status_code == 400
        assert said in response.content.decode()
        assert "quite a good password" not in response.content.decode()
        assert not get_user_model().objects.get(email=VERA).has_usable_password()

    def test_signs_out_who_was_signed_in_in_this_browser(self, as_person: AsPerson) -> None:
        client = as_person("billing@coil.example")
        assert "You are signed in as billing@coil.example" in client.get(_address()).content.decode()
        client.post(_address(), GOOD)
        assert client.get("/settings/").context["shell"].person == "Vera Bolt"


@pytest.mark.usefixtures("world")
class TestOperatorsLink:
    def test_lets_the_first_person_in(self, client: Client) -> None:
        address = operators_link("billing@coil.example", NOW)
        assert client.get(address.removeprefix("http://127.0.0.1:8000")).status_code == 200

    def test_is_for_members_alone(self) -> None:
        with pytest.raises(NotFound):
            operators_link("nobody@nowhere.example", NOW)

    def test_is_not_for_who_has_chosen_a_password(self) -> None:
        user = get_user_model().objects.get(email="billing@coil.example")
        user.set_password("x")
        user.save()
        with pytest.raises(Conflict, match="before"):
            operators_link("billing@coil.example", NOW)

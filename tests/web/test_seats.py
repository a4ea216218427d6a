"""A person of several accounts with several tabs: nothing a page sends is done for another account than the page was opened for."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.web.conftest import NOW, AsPerson
from trueup.accounts.models import Account, Member, User
from trueup.accounts.rules import Viewer
from trueup.network import actions

pytestmark = pytest.mark.usefixtures("world")

ADMIN = "admin@bolt.example"
INVITED = {"email": "new@bolt.example", "name": "", "role": "viewer", "seen": ""}


@pytest.fixture
def client(as_person: AsPerson) -> Client:
    """Bolt's admin, who is coil's too, and acts for bolt."""
    actions.change(Viewer.system(), "members", {"email": ADMIN, "account": "coil", "role": "admin"}, now=NOW)
    client = as_person(ADMIN)
    switch(client, "bolt")
    return client


def switch(client: Client, ref: str, seat: str = "") -> None:
    """Choose an account, in another tab."""
    assert client.post(reverse("act_for"), {"account": ref, "seat": seat})["Location"] == "/"


def seat_in(shown: str) -> str:
    """What the form of a page carries."""
    found = set(re.findall(r'name="seat" value="(\d+)"', shown))
    assert len(found) == 1
    return str(found.pop())


def send(client: Client, address: str, data: dict[str, str]) -> tuple[int, str]:
    """A form as browsers send one."""
    body = "&".join(f"{name}={value}" for name, value in data.items())
    answer = client.post(address, body, content_type="application/x-www-form-urlencoded")
    return answer.status_code, answer.content.decode()


class TestForms:
    def test_say_which_account_their_page_was_opened_for(self, client: Client) -> None:
        shown = client.get(reverse("invite")).content.decode()
        assert seat_in(shown) == str(Account.objects.get(ref="bolt").pk)
        assert f'"X-Seat": "{seat_in(shown)}"' in shown

    def test_of_another_account_than_the_chosen_one_are_refused_in_words(self, client: Client) -> None:
        seat = seat_in(client.get(reverse("invite")).content.decode())
        switch(client, "coil")
        status, said = send(client, reverse("invite"), INVITED | {"seat": seat})
        assert status == 409
        assert "This page was opened for Bolt IT, and you act for Coil" in said
        assert not User.objects.filter(email="new@bolt.example").exists()

    def test_are_done_once_their_account_is_chosen_again(self, client: Client) -> None:
        seat = seat_in(client.get(reverse("invite")).content.decode())
        switch(client, "coil", seat)
        switch(client, "bolt", seat)
        assert send(client, reverse("invite"), INVITED | {"seat": seat})[0] == 200
        assert Member.objects.get(user__email="new@bolt.example").account.ref == "bolt"

    def test_of_an_account_one_is_not_in_any_more_are_refused(self, client: Client) -> None:
        status, said = send(client, reverse("invite"), INVITED | {"seat": str(Account.objects.get(ref="dune").pk)})
        assert status == 409
        assert "an account you do not act for" in said
        assert "Dune" not in said

    def test_with_files_say_it_in_their_address(self, client: Client) -> None:
        shown = client.get(reverse("uploads")).content.decode()
        address = re.search(rf'action="({reverse("upload_send", args=["usage"])}\?seat=\d+)"', shown)
        assert address is not None
        switch(client, "coil")
        assert client.post(address[1], {}).status_code == 409

    def test_about_the_person_alone_are_done_from_any_page(self, client: Client) -> None:
        seat = seat_in(client.get(reverse("invite")).content.decode())
        switch(client, "coil")
        assert send(client, reverse("choose_theme"), {"theme": "dark", "next": "/", "seat": seat})[0] == 302


class TestFragments:
    def test_of_another_account_do_not_come_into_the_page(self, client: Client) -> None:
        seat = seat_in(client.get(reverse("members")).content.decode())
        switch(client, "coil")
        answer = client.get(reverse("members"), headers={"HX-Request": "true", "X-Seat": seat})
        assert (answer.status_code, answer["HX-Retarget"]) == (409, "body")

"""People of an account above: who lets them into one below."""

from typing import Any

import pytest

from tests.network.test_change import ADMIN, run
from trueup.accounts.models import Member
from trueup.kit.errors import NotAllowed

BOSS = "boss@north.example"


def make(by: str, email: str, account: str, role: str) -> Any:
    """Somebody a member."""
    return run(by, "members", {"email": email, "account": account, "role": role})


@pytest.mark.django_db
class TestPeopleOfTheAccountAbove:
    @pytest.mark.parametrize("email", [BOSS, "north@north.example"])
    def test_do_not_let_themselves_in(self, world: None, email: str) -> None:
        """They would read what the account below sells by, and approve what they prepared."""
        make("", BOSS, "north", "admin")
        with pytest.raises(NotAllowed) as refused:
            make(BOSS, email, "bolt", "viewer")
        assert refused.value.message == f"{email} is a member of “north”: an account below is joined by the word of its own admins"
        assert not Member.objects.filter(user__email=email, account__ref="bolt").exists()

    def test_invite_its_first_people(self, world: None) -> None:
        make("", BOSS, "north", "admin")
        make(BOSS, "first@coil.example", "coil", "admin")
        assert Member.objects.get(user__email="first@coil.example").account.ref == "coil"

    def test_are_let_in_by_itself_and_by_the_operator(self, world: None) -> None:
        make("", BOSS, "north", "admin")
        make(ADMIN, "north@north.example", "bolt", "viewer")
        make("", "north@north.example", "coil", "viewer")
        make(BOSS, "north@north.example", "bolt", "billing_manager")  # who is in already may be made something else
        assert Member.objects.filter(user__email="north@north.example").count() == 3

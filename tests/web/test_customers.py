"""Customers in the portal: found, added, changed, moved; by whom, and with what is said when it cannot be."""

from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.web.conftest import NOW, AsPerson
from tests.web.sending import page, seen_in, sent
from trueup.accounts.models import Account, Placement
from trueup.accounts.rules import Viewer
from trueup.network import actions

pytestmark = pytest.mark.usefixtures("world")

NORTH = "north@north.example"
QUERIES_OF_THE_LIST = 14
"""Session, person, membership, installation; the count, the page, its placements and children; and the same for the MSPs to choose from."""


class TestTheList:
    def test_shows_the_customers_of_all_msps(self, as_person: AsPerson) -> None:
        shown = page(as_person(NORTH), "/customers/")
        assert "Dental Care" in shown
        assert "Bakery Brothers" in shown
        assert "Hotel Dune" not in shown

    def test_is_searched_by_name_and_msp(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        assert "Bakery Brothers" not in page(client, "/customers/?search=dental")
        assert "Dental Care" not in page(client, "/customers/?msp=coil")
        assert "Nothing found" in page(client, "/customers/?search=nobody")

    def test_is_a_fragment_for_htmx(self, as_person: AsPerson) -> None:
        answer = as_person(NORTH).get("/customers/?search=dental", headers={"HX-Request": "true"})
        assert "<html" not in answer.content.decode()
        assert "Dental Care" in answer.content.decode()

    def test_says_which_customers_will_move(self, as_person: AsPerson) -> None:
        actions.change(Viewer.system(), "accounts", {"ref": "bolt-dental", "placements": {"from": "2026-12-01", "parent": "coil"}}, now=NOW)
        assert "Move on 1 Dec 2026" in page(as_person(NORTH), "/customers/")

    @pytest.mark.parametrize("further", [0, 45])
    def test_needs_as_many_queries_however_long_it_is(
        self, as_person: AsPerson, further: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(further):
            actions.change(Viewer.system(), "accounts", {"ref": f"bolt-{number}", "tier": "customer", "parent": "bolt"}, now=NOW)
        client = as_person(NORTH)
        page(client, "/customers/")
        with django_assert_num_queries(QUERIES_OF_THE_LIST):
            page(client, "/customers/")


class TestACustomer:
    def test_is_added_below_an_msp_from_a_day_on(self, as_person: AsPerson) -> None:
        data = {"ref": "bolt-new", "name": "New Ltd", "parent": "bolt", "from_date": "2026-10-01", "city": "Ulm", "seen": ""}
        assert sent(as_person(NORTH), "/customers/new/", data, 302) == "/customers/view/bolt-new/"
        placed = Placement.objects.get(account__ref="bolt-new")
        assert (placed.parent.ref, placed.from_date) == ("bolt", date(2026, 10, 1))

    def test_is_added_by_its_msp_below_itself(self, as_person: AsPerson) -> None:
        client = as_person("billing@bolt.example")
        sent(client, "/customers/new/", {"ref": "b-1", "parent": "coil", "seen": ""}, 400)
        sent(client, "/customers/new/", {"ref": "b-1", "parent": "bolt", "seen": ""}, 302)

    def test_with_a_taken_ref_is_refused_beside_the_field_and_the_rest_is_kept(self, as_person: AsPerson) -> None:
        shown = sent(as_person(NORTH), "/customers/new/", {"ref": "bolt-dental", "name": "Typed", "parent": "bolt", "seen": ""}, 400)
        assert 'id="id_ref_error">This ref is taken' in shown.replace("this", "This")
        assert 'value="Typed"' in shown
        assert "autofocus" in shown

    def test_is_changed_and_its_history_tells_it(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        seen = seen_in(page(client, "/customers/edit/bolt-dental/"))
        sent(client, "/customers/edit/bolt-dental/", {"name": "Dental Care AG", "city": "Bonn", "seen": seen}, 302)
        shown = page(client, "/customers/view/bolt-dental/")
        assert "Dental Care AG" in shown
        assert NORTH in shown
        assert "Dental Care</del>" in shown

    def test_that_somebody_else_changed_shows_what_is_there_now(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        seen = seen_in(page(client, "/customers/edit/bolt-dental/"))
        actions.change(Viewer.system(), "accounts", {"ref": "bolt-dental", "name": "Theirs"}, now=NOW)
        shown = sent(client, "/customers/edit/bolt-dental/", {"name": "Mine", "seen": seen}, 409)
        assert 'value="Mine"' in shown
        assert "now it is: Theirs" in shown
        sent(client, "/customers/edit/bolt-dental/", {"name": "Mine", "seen": seen_in(shown)}, 302)
        assert Account.objects.get(ref="bolt-dental").name == "Mine"

    def test_is_only_read_by_a_viewer(self, as_person: AsPerson) -> None:
        client = as_person("viewer@bolt.example")
        assert "Edit" not in page(client, "/customers/view/bolt-dental/")
        page(client, "/customers/edit/bolt-dental/", 403)
        sent(client, "/customers/edit/bolt-dental/", {"name": "x", "seen": ""}, 403)
        sent(client, "/customers/new/", {"ref": "x", "parent": "bolt", "seen": ""}, 403)

    @pytest.mark.parametrize("verb", ["view", "edit", "move"])
    def test_of_somebody_else_does_not_exist(self, as_person: AsPerson, verb: str) -> None:
        page(as_person(NORTH), f"/customers/{verb}/dune-hotel/", 404)
        page(as_person("billing@coil.example"), f"/customers/{verb}/bolt-dental/", 404)

    def test_does_not_name_another_msp_to_its_msp(self, as_person: AsPerson) -> None:
        shown = page(as_person("billing@coil.example"), "/customers/view/bolt-moved/")
        assert "another MSP" in shown
        assert "Bolt" not in shown

    def test_that_is_no_customer_is_not_shown_as_one(self, as_person: AsPerson) -> None:
        page(as_person(NORTH), "/customers/view/bolt/", 404)


class TestAMove:
    def move(self, as_person: AsPerson, day: str, *, confirmed: bool, status: int = 200) -> str:
        client = as_person(NORTH)
        seen = seen_in(page(client, "/customers/move/bolt-dental/"))
        data = {"parent": "coil", "from_date": day, "seen": seen} | ({"confirmed": "yes"} if confirmed else {})
        return sent(client, "/customers/move/bolt-dental/", data, status)

    def test_is_shown_before_it_is_done(self, as_person: AsPerson) -> None:
        shown = self.move(as_person, "2026-12-01", confirmed=False)
        assert "Bolt IT (bolt)</del>" in shown
        assert "Coil Services (coil)" in shown
        assert "in the past" not in shown
        assert Placement.objects.filter(account__ref="bolt-dental").count() == 1

    def test_into_the_past_is_warned_about(self, as_person: AsPerson) -> None:
        assert "1 Oct 2026 is in the past. Reports that were generated never change" in self.move(as_person, "2026-10-01", confirmed=False)

    def test_that_is_confirmed_is_done_and_can_be_taken_back(self, as_person: AsPerson) -> None:
        self.move(as_person, "2026-12-01", confirmed=True, status=302)
        client = as_person(NORTH)
        shown = page(client, "/customers/view/bolt-dental/")
        assert "from 1 Dec 2026 on" in shown
        sent(client, "/customers/stay/bolt-dental/", {"from": "2026-12-01"}, 302)
        assert Placement.objects.filter(account__ref="bolt-dental").count() == 1

    def test_is_told_once_and_whole_to_who_sees_both_msps(self, as_person: AsPerson) -> None:
        self.move(as_person, "2026-12-01", confirmed=True, status=302)
        assert page(as_person(NORTH), "/customers/view/bolt-dental/").count("Belongs to from 1 Dec 2026") == 1
        assert "<ins>coil" in page(as_person(NORTH), "/customers/view/bolt-dental/")
        assert "Belongs to from 1 Dec 2026</strong>: <ins>another MSP" in page(
            as_person("billing@bolt.example"), "/customers/view/bolt-dental/"
        )

    def test_that_has_come_cannot_be_taken_back(self, as_person: AsPerson) -> None:
        sent(as_person(NORTH), "/customers/stay/bolt-moved/", {"from": "2026-10-16"}, 409)

    def test_can_be_thought_over(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        shown = sent(client, "/customers/move/bolt-dental/", {"parent": "coil", "from_date": "2026-12-01", "seen": "", "back": "yes"}, 200)
        assert 'value="2026-12-01"' in shown

    def test_needs_a_day_there_is(self, as_person: AsPerson) -> None:
        shown = sent(as_person(NORTH), "/customers/move/bolt-dental/", {"parent": "coil", "from_date": "2026-02-30", "seen": ""}, 400)
        assert "id_from_date_error" in shown

"""Partners in the portal: MSPs and distributors, their access to usage reports, and where they stand."""

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.web.conftest import NOW, AsPerson
from tests.web.sending import page, seen_in, sent
from trueup.accounts.models import Account, Placement
from trueup.accounts.rules import Viewer
from trueup.network import actions

pytestmark = pytest.mark.usefixtures("world")

VENDOR = "vendor@acme.example"
NORTH = "north@north.example"
QUERIES_OF_THE_LIST = 9
"""Session, person, membership, installation; the count, the page, its placements and children."""


class TestTheList:
    def test_shows_a_distributor_its_own(self, as_person: AsPerson) -> None:
        shown = page(as_person(NORTH), "/partners/")
        assert "Bolt IT" in shown
        assert "Dune Computing" not in shown
        assert "Not available" not in shown

    def test_shows_a_vendor_msps_or_distributors(self, as_person: AsPerson) -> None:
        client = as_person(VENDOR)
        assert "Not available" in page(client, "/partners/")
        shown = page(client, "/partners/?tier=distributor")
        assert "South Distribution" in shown
        assert "Bolt IT" not in shown

    def test_is_not_an_msps(self, as_person: AsPerson) -> None:
        page(as_person("admin@bolt.example"), "/partners/", 404)
        page(as_person("admin@bolt.example"), "/partners/new/", 404)

    @pytest.mark.parametrize("further", [0, 45])
    def test_needs_as_many_queries_however_long_it_is(
        self, as_person: AsPerson, further: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(further):
            actions.change(Viewer.system(), "accounts", {"ref": f"msp-{number}", "tier": "msp", "parent": "north"}, now=NOW)
        client = as_person(NORTH)
        page(client, "/partners/")
        with django_assert_num_queries(QUERIES_OF_THE_LIST):
            page(client, "/partners/")


class TestAPartner:
    def test_says_why_it_has_no_usage_reports(self, as_person: AsPerson) -> None:
        shown = page(as_person("south@south.example"), "/partners/view/dune/")
        assert "Usage reports are not available in the region latam. Its distributor prepares its reports." in shown

    def test_shows_terms_with_where_they_come_from(self, as_person: AsPerson) -> None:
        shown = page(as_person(NORTH), "/partners/view/bolt/")
        assert "from the distributor" in shown
        assert "as TrueUp does unless told" in shown

    def test_shows_its_members(self, as_person: AsPerson) -> None:
        assert "Bella Bolt" in page(as_person(NORTH), "/partners/view/bolt/")

    def test_is_changed_with_a_time_zone_there_is(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        data = {
            "name": "Bolt",
            "region": "emea",
            "type": "msp",
            "time_zone": "Nowhere/Land",
            "seen": seen_in(page(client, "/partners/edit/bolt/")),
        }
        shown = sent(client, "/partners/edit/bolt/", data, 400)
        assert "is not a time zone" in shown
        assert 'value="Nowhere/Land"' in shown
        sent(client, "/partners/edit/bolt/", data | {"time_zone": "", "region": ""}, 302)
        bolt = Account.objects.get(ref="bolt")
        assert (bolt.time_zone, bolt.region, bolt.name) == ("", None, "Bolt")

    def test_is_added_below_its_distributor(self, as_person: AsPerson) -> None:
        data = {"ref": "echo", "name": "Echo", "parent": "north", "usage_reports_excluded": "on", "seen": ""}
        assert sent(as_person(NORTH), "/partners/new/", data, 302) == "/partners/view/echo/"
        assert Account.objects.get(ref="echo").usage_reports_excluded

    def test_is_not_added_below_another_distributor(self, as_person: AsPerson) -> None:
        sent(as_person(NORTH), "/partners/new/", {"ref": "echo", "parent": "south", "seen": ""}, 400)

    def test_that_is_a_distributor_is_added_by_the_vendor(self, as_person: AsPerson) -> None:
        data = {"ref": "west", "parent": "acme-vendor", "seen": ""}
        sent(as_person(VENDOR), "/partners/new/?tier=distributor", data, 302)
        assert Account.objects.get(ref="west").tier == "distributor"

    def test_moves_to_another_distributor_from_a_day_on(self, as_person: AsPerson) -> None:
        client = as_person(VENDOR)
        data = {"parent": "south", "from_date": "2027-01-01", "seen": seen_in(page(client, "/partners/move/bolt/"))}
        assert "North Distribution" in sent(client, "/partners/move/bolt/", data, 200)
        sent(client, "/partners/move/bolt/", data | {"confirmed": "yes"}, 302)
        assert Placement.objects.filter(account__ref="bolt", parent__ref="south").exists()
        sent(client, "/partners/stay/bolt/", {"from": "2027-01-01"}, 302)
        assert not Placement.objects.filter(account__ref="bolt", parent__ref="south").exists()

    def test_is_not_moved_by_its_distributor_to_another(self, as_person: AsPerson) -> None:
        sent(as_person(NORTH), "/partners/move/bolt/", {"parent": "south", "from_date": "2027-01-01", "seen": "", "confirmed": "yes"}, 400)

    def test_reads_its_own_page_and_does_not_change_it(self, as_person: AsPerson) -> None:
        client = as_person("admin@bolt.example")
        assert "Edit" not in page(client, "/partners/view/bolt/")
        page(client, "/partners/edit/bolt/", 403)
        sent(client, "/partners/edit/bolt/", {"name": "x", "seen": ""}, 403)

    @pytest.mark.parametrize("verb", ["view", "edit", "move"])
    def test_of_somebody_else_does_not_exist(self, as_person: AsPerson, verb: str) -> None:
        page(as_person(NORTH), f"/partners/{verb}/dune/", 404)
        page(as_person("billing@coil.example"), f"/partners/{verb}/bolt/", 404)

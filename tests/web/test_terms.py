"""Terms in the portal: what is in force and where it comes from, what comes, and who may say something else."""

from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.web.conftest import NOW, AsPerson
from tests.web.sending import page, seen_in, sent
from trueup.accounts.rules import Viewer
from trueup.catalog.models import Terms
from trueup.network import actions

pytestmark = pytest.mark.usefixtures("world")

NORTH = "north@north.example"
BOLT = "/settings/terms/change/bolt/"
QUERIES_OF_THE_LIST = 17
"""Session, person, membership, installation; the count, the page, who is above whom, all terms; and the same for the defaults."""


class TestTheList:
    def test_shows_the_levels_and_what_each_says_itself(self, as_person: AsPerson) -> None:
        shown = page(as_person(NORTH), "/settings/terms/")
        assert "The installation&#x27;s" in shown or "The installation's" in shown
        assert "Default of North Distribution" in shown
        assert "nothing: the default holds" in shown
        assert "South" not in shown

    def test_shows_an_msp_its_own(self, as_person: AsPerson) -> None:
        shown = page(as_person("viewer@bolt.example"), "/settings/terms/")
        assert "Bolt IT" in shown
        assert "Coil" not in shown

    @pytest.mark.parametrize("further", [0, 45])
    def test_needs_as_many_queries_however_long_it_is(
        self, as_person: AsPerson, further: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(further):
            actions.change(Viewer.system(), "accounts", {"ref": f"msp-{number}", "tier": "msp", "parent": "north"}, now=NOW)
        client = as_person(NORTH)
        page(client, "/settings/terms/")
        with django_assert_num_queries(QUERIES_OF_THE_LIST):
            page(client, "/settings/terms/")


class TestChanging:
    def test_shows_what_holds_where_a_field_is_left_empty(self, as_person: AsPerson) -> None:
        shown = page(as_person(NORTH), BOLT)
        assert 'placeholder="5 days"' in shown
        assert "As above: Charge the provisioned units" in shown
        assert "If left empty: 10 %, from the distributor" in shown

    def test_is_shown_first_with_before_and_after(self, as_person: AsPerson) -> None:
        data = {"from_date": "2026-12-01", "auto_submit_after_days": "9", "over_provision_percent": "12.5", "seen": ""}
        shown = sent(as_person(NORTH), BOLT, data, 200)
        assert "Bolt IT, from 1 Dec 2026 on" in shown
        assert "5 days</del>" in shown
        assert "9 days</ins>" in shown
        assert "12.5 %</ins>" in shown
        assert not Terms.objects.filter(account__ref="bolt").exists()

    def test_is_done_when_confirmed_and_what_is_empty_is_not_said(self, as_person: AsPerson) -> None:
        data = {"from_date": "2026-12-01", "over_provision_percent": "12.5", "reminder_days_before": "-", "zero_reports": "yes", "seen": ""}
        assert sent(as_person(NORTH), BOLT, data | {"confirmed": "yes"}, 302) == "/settings/terms/of/bolt/"
        entry = Terms.objects.get(account__ref="bolt")
        assert (entry.over_provision_percent, entry.reminder_days_before, entry.zero_reports) == (Decimal("12.5"), [], True)
        assert entry.penalty is None
        assert "From 1 Dec 2026 on" in page(as_person(NORTH), "/settings/terms/of/bolt/")

    def test_reads_numbers_as_the_language_writes_them(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        data = {"from_date": "2026-12-01", "over_provision_percent": "12,5", "seen": ""}
        assert "id_over_provision_percent_error" in sent(client, BOLT, data, 400)
        client.cookies["django_language"] = "de"
        assert "12,5" in sent(client, BOLT, data, 200)

    def test_for_days_that_are_over_is_warned_about(self, as_person: AsPerson) -> None:
        shown = sent(as_person(NORTH), BOLT, {"from_date": "2026-10-01", "auto_submit_after_days": "9", "seen": ""}, 200)
        assert "1 Oct 2026 is in the past" in shown

    def test_twice_from_one_day_is_refused_beside_the_day(self, as_person: AsPerson) -> None:
        shown = sent(
            as_person(NORTH), "/settings/terms/change/north/", {"from_date": "2026-01-01", "auto_submit_after_days": "9", "seen": ""}, 400
        )
        assert "there are terms from this day on already" in shown.split("id_from_date_error")[-1]

    def test_what_comes_is_put_right_and_removed(self, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        sent(client, BOLT, {"from_date": "2026-12-01", "auto_submit_after_days": "9", "seen": "", "confirmed": "yes"}, 302)
        address = "/settings/terms/edit/2026-12-01/bolt/"
        seen = seen_in(page(client, address))
        sent(client, address, {"auto_submit_after_days": "8", "seen": seen, "confirmed": "yes"}, 302)
        assert Terms.objects.get(account__ref="bolt").auto_submit_after_days == 8
        stale = sent(client, address, {"auto_submit_after_days": "7", "seen": seen, "confirmed": "yes"}, 409)
        assert "now it is: 8" in stale
        sent(client, "/settings/terms/remove/bolt/", {"from": "2026-12-01"}, 302)
        assert not Terms.objects.filter(account__ref="bolt").exists()

    def test_what_is_in_force_stays(self, as_person: AsPerson) -> None:
        sent(as_person(NORTH), "/settings/terms/remove/north/", {"from": "2026-01-01"}, 404)

    @pytest.mark.parametrize("email", ["vendor@acme.example", "admin@bolt.example"])
    def test_is_not_for_everybody(self, as_person: AsPerson, email: str) -> None:
        client = as_person(email)
        assert "Change from a day on" not in page(client, "/settings/terms/of/bolt/")
        page(client, BOLT, 403)
        sent(client, BOLT, {"from_date": "2026-12-01", "seen": "", "confirmed": "yes"}, 403)
        sent(client, "/settings/terms/remove/bolt/", {"from": "2026-12-01"}, 403)

    @pytest.mark.parametrize("verb", ["of", "change"])
    def test_of_somebody_else_does_not_exist(self, as_person: AsPerson, verb: str) -> None:
        page(as_person(NORTH), f"/settings/terms/{verb}/dune/", 404)

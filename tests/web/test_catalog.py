"""The catalog in the portal: groups and services, measures and credit requirements from a day on, and the small lists beside it."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.web.conftest import NOW, AsPerson
from tests.web.sending import page, seen_in, sent
from trueup.accounts.models import AccountType, Region
from trueup.accounts.rules import Viewer
from trueup.catalog.models import BillingUnit, CreditRequirement, Service, ServiceMeasure, SolutionGroup
from trueup.ledger.models import Source
from trueup.network import actions

pytestmark = pytest.mark.usefixtures("world")

VENDOR = "vendor@acme.example"
EMAIL = "/settings/catalog/{}/email-core/"
QUERIES_OF_THE_LIST = 10
"""Session, person, membership, installation; groups, services with their measures and credits, units, the vendor's name."""


class TestTheList:
    def test_shows_services_by_group_with_what_is_in_force(self, as_person: AsPerson) -> None:
        shown = page(as_person("viewer@bolt.example"), "/settings/catalog/")
        assert "Credit-based services" in shown
        assert "Percentile day (85 %)" in shown
        assert "3.75" in shown
        assert "Add a service" not in shown

    def test_is_searched(self, as_person: AsPerson) -> None:
        client = as_person(VENDOR)
        shown = page(client, "/settings/catalog/?search=backup")
        assert "Backup Storage" in shown
        assert "NFR License" not in shown
        assert "Nothing found" in page(client, "/settings/catalog/?search=nothing-of-this")

    @pytest.mark.parametrize("further", [0, 25])
    def test_needs_as_many_queries_however_long_it_is(
        self, as_person: AsPerson, further: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(further):
            entry: dict[str, Any] = {"code": f"service-{number}", "group": "smb", "unit": "seat", "credits": [{"per_unit": "1"}]}
            actions.change(Viewer.system(), "services", entry, now=NOW)
        client = as_person(VENDOR)
        page(client, "/settings/catalog/")
        with django_assert_num_queries(QUERIES_OF_THE_LIST):
            page(client, "/settings/catalog/")


class TestAService:
    def test_says_how_it_is_measured_in_a_sentence(self, as_person: AsPerson) -> None:
        shown = page(as_person("viewer@bolt.example"), EMAIL.format("view"))
        assert "short peaks do not count" in shown
        assert "since 1 Jul 2026" in shown
        assert "1 earlier entry" in shown

    def test_tells_its_history_to_the_vendor(self, as_person: AsPerson) -> None:
        assert "History" in page(as_person(VENDOR), EMAIL.format("view"))
        assert "History" not in page(as_person("viewer@bolt.example"), EMAIL.format("view"))

    def test_is_added_with_measure_and_credits(self, as_person: AsPerson) -> None:
        data = {
            "code": "mail-archive", "group": "credits", "unit": "user", "measure": "percentile_day", "percentile": "90", "per_unit": "0.25",
            "chargeable_basis": "greater", "reports_used": "on", "seen": "",
        }  # fmt: skip
        assert sent(as_person(VENDOR), "/settings/catalog/new/", data, 302) == "/settings/catalog/view/mail-archive/"
        measure = ServiceMeasure.objects.get(service__code="mail-archive")
        assert (measure.name, measure.percentile) == ("percentile_day", 90)

    def test_with_a_percentile_where_there_is_none_is_refused_beside_it(self, as_person: AsPerson) -> None:
        data = {
            "code": "x",
            "group": "smb",
            "unit": "user",
            "measure": "average",
            "percentile": "90",
            "chargeable_basis": "used",
            "seen": "",
        }
        shown = sent(as_person(VENDOR), "/settings/catalog/new/", data, 400)
        assert 'id="id_percentile_error"' in shown
        assert not Service.objects.filter(code="x").exists()

    def test_with_an_empty_form_says_what_is_missing(self, as_person: AsPerson) -> None:
        shown = sent(as_person(VENDOR), "/settings/catalog/new/", {}, 400)
        assert 'id="id_code_error"' in shown
        assert 'id="id_group_error"' in shown
        assert shown.count("autofocus") == 1

    def test_is_changed(self, as_person: AsPerson) -> None:
        client = as_person(VENDOR)
        data = {
            "name": "Mail",
            "group": "smb",
            "unit": "user",
            "chargeable_basis": "provisioned",
            "seen": seen_in(page(client, EMAIL.format("edit"))),
        }
        sent(client, EMAIL.format("edit"), data, 302)
        service = Service.objects.get(code="email-core")
        assert (service.name, service.group.code, service.reports_used) == ("Mail", "smb", False)

    def test_gets_other_credits_from_a_day_on_and_keeps_those_before(self, as_person: AsPerson) -> None:
        client = as_person(VENDOR)
        data = {"from_date": "2027-01-01", "per_unit": "1.75", "seen": seen_in(page(client, EMAIL.format("credits")))}
        shown = sent(client, EMAIL.format("credits"), data, 200)
        assert "1.5</del>" in shown
        assert "1.75</ins>" in shown
        sent(client, EMAIL.format("credits"), data | {"confirmed": "yes"}, 302)
        assert CreditRequirement.objects.filter(service__code="email-core").count() == 3
        sent(client, EMAIL.format("take-back"), {"what": "credits", "from": "2027-01-01"}, 302)
        assert CreditRequirement.objects.filter(service__code="email-core").count() == 2

    def test_gets_another_measure_from_a_day_on(self, as_person: AsPerson) -> None:
        client = as_person(VENDOR)
        data = {"from_date": "2026-12-01", "name": "average", "seen": seen_in(page(client, EMAIL.format("measure"))), "confirmed": "yes"}
        sent(client, EMAIL.format("measure"), data, 302)
        assert "changes on 1 Dec 2026" in page(client, "/settings/catalog/")
        sent(client, EMAIL.format("take-back"), {"what": "measure", "from": "2026-12-01"}, 302)
        assert ServiceMeasure.objects.filter(service__code="email-core").count() == 1

    @pytest.mark.parametrize(
        "address", [EMAIL.format("edit"), EMAIL.format("credits"), "/settings/catalog/new/", "/settings/catalog/new-group/"]
    )
    def test_is_kept_by_the_vendor_alone(self, as_person: AsPerson, address: str) -> None:
        client = as_person("north@north.example")
        page(client, address, 403)
        sent(client, address, {"code": "x", "name": "x", "seen": ""}, 403)

    def test_that_does_not_exist_is_not_found(self, as_person: AsPerson) -> None:
        page(as_person(VENDOR), "/settings/catalog/view/nothing/", 404)


class TestAGroup:
    def test_is_added_and_changed(self, as_person: AsPerson) -> None:
        client = as_person(VENDOR)
        sent(client, "/settings/catalog/new-group/", {"code": "cloud", "name": "Cloud", "seen": ""}, 302)
        address = "/settings/catalog/group/cloud/"
        sent(client, address, {"name": "Clouds", "seen": seen_in(page(client, address))}, 302)
        assert SolutionGroup.objects.get(code="cloud").name == "Clouds"


class TestSmallLists:
    def test_of_regions_are_changed_where_they_stand(self, as_person: AsPerson) -> None:
        client = as_person(VENDOR)
        seen = seen_in(page(client, "/settings/regions/?edit=latam"))
        sent(client, "/settings/regions/", {"code": "latam", "name": "Latin America", "usage_reports": "on", "seen": seen}, 302)
        assert Region.objects.get(code="latam").usage_reports

    def test_that_somebody_else_changed_show_what_is_there_now(self, as_person: AsPerson) -> None:
        client = as_person(VENDOR)
        seen = seen_in(page(client, "/settings/regions/?edit=latam"))
        actions.change(Viewer.system(), "regions", {"code": "latam", "name": "Theirs"}, now=NOW)
        shown = sent(client, "/settings/regions/", {"code": "latam", "name": "Mine", "seen": seen}, 409)
        assert "now it is: Theirs" in shown
        assert 'value="Mine"' in shown

    def test_get_new_entries(self, as_person: AsPerson) -> None:
        client = as_person(VENDOR)
        sent(client, "/settings/account-types/", {"new": "yes", "code": "partner", "name": "", "usage_reports": "on", "seen": ""}, 302)
        sent(client, "/settings/sources/", {"new": "yes", "code": "feed", "expected": "on", "unmapped": "keep", "seen": ""}, 302)
        sent(client, "/settings/units/", {"new": "yes", "code": "TB", "decimals": "", "seen": ""}, 302)
        assert AccountType.objects.get(code="partner").name == "partner"
        assert Source.objects.get(code="feed").expected_daily
        assert BillingUnit.objects.get(code="TB").decimals == 3

    def test_refuse_a_taken_code(self, as_person: AsPerson) -> None:
        shown = sent(as_person(VENDOR), "/settings/regions/", {"new": "yes", "code": "emea", "seen": ""}, 400)
        assert "this code is taken" in shown

    def test_lose_only_what_is_not_used(self, as_person: AsPerson) -> None:
        client = as_person(VENDOR)
        sent(client, "/settings/regions/", {"new": "yes", "code": "apac", "seen": ""}, 302)
        sent(client, "/settings/regions/remove/", {"code": "apac"}, 302)
        assert not Region.objects.filter(code="apac").exists()
        sent(client, "/settings/regions/remove/", {"code": "emea"}, 302)
        assert "accounts are in it" in page(client, "/settings/regions/")

    @pytest.mark.parametrize("name", ["regions", "account-types", "sources", "units"])
    def test_are_the_vendors(self, as_person: AsPerson, name: str) -> None:
        client = as_person("north@north.example")
        page(client, f"/settings/{name}/", 404)
        sent(client, f"/settings/{name}/", {"new": "yes", "code": "x", "seen": ""}, 404)

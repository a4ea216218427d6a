"""The catalog and the lists as programs keep them."""

import json
from datetime import date
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.api.conftest import AsProgram
from tests.api.reading import errors, etag, whole
from tests.web.conftest import NOW
from trueup.accounts.models import Region
from trueup.accounts.rules import Scope, Viewer
from trueup.catalog.models import BillingUnit, CreditRequirement, Service, ServiceMeasure
from trueup.events.models import Event
from trueup.kit.period import BEGINNING
from trueup.ledger.models import Source
from trueup.network.actions import apply, change

pytestmark = pytest.mark.usefixtures("world")

ONLY_NEW = {"if_none_match": "*"}
LISTS = {
    "/solution-groups": ("smb", {"name": "Other"}),
    "/services": ("email-core", {"name": "Other", "group": "credits", "unit": "user"}),
    "/billing-units": ("seat", {"name": "Other"}),
    "/regions": ("emea", {"name": "Other"}),
    "/account-types": ("msp", {"name": "Other"}),
    "/sources": ("manual", {"unmapped": "keep"}),
}
"""Each list: an entry there is, and what can be sent of one."""

OTHER_VENDOR = """\
accounts:
  - {ref: other-vendor, tier: vendor, name: Other}
  - {ref: west, tier: distributor, parent: other-vendor, name: West, region: emea}
solution_groups: [{code: other-group, name: Others, vendor: other-vendor}]
services: [{code: other-service, name: Other Service, group: other-group, unit: seat, measure: volume}]
"""


def other_vendor() -> None:
    apply(Viewer.system(), OTHER_VENDOR, file_name="OTHER.yaml", dry_run=False, now=NOW)


def codes(page: tuple[int, dict[str, Any]]) -> list[str]:
    assert page[0] == 200, page
    return [one["code"] for one in page[1]["items"]]


class TestEachList:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("/solution-groups", ["smb", "credits", "nfr"]),
            ("/services", ["workspace-security", "endpoint-core", "email-core", "backup-storage", "nfr-license"]),
            ("/billing-units", ["GB", "endpoint", "seat", "user"]),
            ("/regions", ["emea", "latam"]),
            ("/account-types", ["msp", "reseller"]),
            ("/sources", ["manual", "rmm-feed"]),
        ],
    )
    def test_is_in_order_in_pages_of_any_size(self, as_program: AsProgram, path: str, expected: list[str]) -> None:
        vendor = as_program("acme-vendor")
        assert codes(vendor.get(path)) == expected
        assert [one["code"] for page in whole(vendor, path, 1) for one in page] == expected

    @pytest.mark.parametrize("path", LISTS)
    def test_has_entries_that_are_read_added_changed_and_removed(self, as_program: AsProgram, path: str) -> None:
        vendor = as_program("acme-vendor")
        known, entry = LISTS[path]
        listed = next(one for one in vendor.get(path)[1]["items"] if one["code"] == known)
        assert vendor.get(f"{path}/{known}") == (200, listed)
        answer = vendor.call("PUT", f"{path}/new-one", entry, **ONLY_NEW)
        assert (answer.status_code, json.loads(answer.content)) == (201, vendor.get(f"{path}/new-one")[1])
        seen = answer["ETag"]
        assert etag(vendor, f"{path}/new-one") == seen
        field, value = ("unmapped", "refuse") if path == "/sources" else ("name", "Another")
        status, changed = vendor.patch(f"{path}/new-one", {field: value}, if_match=seen)
        assert (status, changed[field]) == (200, value)
        assert vendor.put(f"{path}/new-one", entry, if_match=f'"{changed["version"]}"')[0] == 200
        removed = vendor.call("DELETE", f"{path}/new-one", if_match=etag(vendor, f"{path}/new-one"))
        if path in {"/solution-groups", "/services"}:
            assert json.loads(removed.content)["code"] == "conflict"
        else:
            assert (removed.status_code, removed.content, vendor.get(f"{path}/new-one")[0]) == (204, b"", 404)

    @pytest.mark.parametrize("path", LISTS)
    def test_tells_of_a_stale_write_what_there_is(self, as_program: AsProgram, path: str) -> None:
        vendor = as_program("acme-vendor")
        known, entry = LISTS[path]
        now = vendor.get(f"{path}/{known}")[1]
        for method, body in (("PUT", entry), ("PATCH", {}), ("DELETE", None)):
            answer = vendor.call(method, f"{path}/{known}", body, if_match='"0123456789abcdef"')
            problem = json.loads(answer.content)
            assert (answer.status_code, problem["code"], problem["current"]) == (412, "stale", now)
            assert answer["ETag"] == f'"{now["version"]}"'
        status, problem = vendor.put(f"{path}/{known}", entry, **ONLY_NEW)
        assert (status, problem["code"], problem["current"]) == (412, "exists", now)

    @pytest.mark.parametrize("path", LISTS)
    def test_has_to_be_told_what_was_seen(self, as_program: AsProgram, path: str) -> None:
        vendor = as_program("acme-vendor")
        known, entry = LISTS[path]
        for method, body in (("PUT", entry), ("PATCH", {}), ("DELETE", None)):
            assert json.loads(vendor.call(method, f"{path}/{known}", body).content)["code"] == "precondition_required"

    @pytest.mark.parametrize("path", LISTS)
    def test_is_kept_by_vendors_only(self, as_program: AsProgram, path: str) -> None:
        known, entry = LISTS[path]
        for account in ("north", "bolt"):
            program = as_program(account)
            assert program.put(f"{path}/new-one", entry, **ONLY_NEW)[1]["code"] == "not_allowed"
            if path == "/sources":
                assert (codes(program.get(path)), program.get(f"{path}/{known}")[0]) == ([], 404)
            else:
                assert program.patch(f"{path}/{known}", {"name": "x"}, if_match="*")[1]["code"] == "not_allowed"

    @pytest.mark.parametrize("path", LISTS)
    def test_needs_the_scope(self, as_program: AsProgram, path: str) -> None:
        reading, writing = as_program("acme-vendor", Scope.NETWORK_READ), as_program("acme-vendor", Scope.NETWORK_WRITE)
        known, entry = LISTS[path]
        answers = [
            writing.get(path), writing.get(f"{path}/{known}"), reading.put(f"{path}/{known}", entry, if_match="*"),
            reading.patch(f"{path}/{known}", {}, if_match="*"), reading.delete(f"{path}/{known}", if_match="*"),
        ]  # fmt: skip
        assert {(status, problem["code"]) for status, problem in answers} == {(403, "missing_scope")}

    @pytest.mark.parametrize("path", LISTS)
    def test_knows_nothing_that_is_not_there(self, as_program: AsProgram, path: str) -> None:
        vendor = as_program("acme-vendor")
        _known, entry = LISTS[path]
        for method, body in (("GET", None), ("PUT", entry), ("PATCH", {}), ("DELETE", None)):
            for seen in ("*", '"0123456789abcdef"'):
                answer = vendor.call(method, f"{path}/nothing", body, if_match=seen)
                assert (answer.status_code, json.loads(answer.content)["code"]) == (404, "not_found")

    @pytest.mark.parametrize("path", LISTS)
    def test_says_where_a_body_is_wrong(self, as_program: AsProgram, path: str) -> None:
        vendor = as_program("acme-vendor")
        entry = LISTS[path][1]
        assert errors(vendor.put(f"{path}/new-one", {**entry, "wrong": 1}, **ONLY_NEW)[1]) == {"/wrong": "unknown_field"}
        status, problem = vendor.put(f"{path}/{'x' * 101}", entry, **ONLY_NEW)
        assert (status, errors(problem)) == (422, {"/path/code": "wrong_maxlength"})


class TestAService:
    def test_shows_what_is_in_force_what_was_and_what_comes(self, as_program: AsProgram) -> None:
        entry: dict[str, Any] = {"code": "email-core", "measure": {"from": "2026-12-01", "name": "volume"}}
        change(Viewer.system(), "services", entry, now=NOW)
        found = as_program("bolt").get("/services/email-core")[1]
        assert (found["measure"], found["percentile"], found["credits_per_unit"]) == ("percentile_day", "85", "1.5")
        assert found["measures"] == [
            {"name": "percentile_day", "percentile": "85", "from": None, "when": "in_force"},
            {"name": "volume", "percentile": None, "from": "2026-12-01", "when": "coming"},
        ]
        assert found["credits"] == [
            {"per_unit": "1.25", "from": "2025-01-01", "when": "past"}, {"per_unit": "1.5", "from": "2026-07-01", "when": "in_force"},
        ]  # fmt: skip

    def test_without_a_measure_has_the_usual_one(self, as_program: AsProgram) -> None:
        vendor = as_program("acme-vendor")
        status, found = vendor.put("/services/plain", {"group": "smb", "unit": "crate"}, **ONLY_NEW)
        assert (status, found["measure"], found["measures"], found["credits_per_unit"], found["name"], found["unit"]) == (
            201, "service_peak_day", [], None, "plain", "crate",
        )  # fmt: skip
        assert BillingUnit.objects.filter(code="crate").exists()

    def test_takes_lists_as_a_whole(self, as_program: AsProgram) -> None:
        vendor = as_program("acme-vendor")
        body = {
            "measures": [{"name": "average"}, {"name": "percentile_day", "percentile": "95", "from": "2026-12-01"}],
            "credits": [{"per_unit": "2.000001", "from": "2026-12-01"}, {"per_unit": 1, "from": None}],
        }
        status, found = vendor.patch("/services/email-core", body, if_match=etag(vendor, "/services/email-core"))
        assert (status, found["measure"], found["credits_per_unit"]) == (200, "average", "1")
        of = Service.objects.get(code="email-core")
        measures = ServiceMeasure.objects.filter(service=of).order_by("from_date").values_list("name", "percentile", "from_date")
        assert [(name, int(at), day) for name, at, day in measures] == [
            ("average", 85, BEGINNING), ("percentile_day", 95, date(2026, 12, 1)),
        ]  # fmt: skip
        requirements = CreditRequirement.objects.filter(service=of).order_by("from_date").values_list("per_unit", "from_date")
        assert [(str(per_unit.normalize()), day) for per_unit, day in requirements] == [("1", BEGINNING), ("2.000001", date(2026, 12, 1))]

    def test_comes_back_as_it_was_sent(self, as_program: AsProgram) -> None:
        vendor = as_program("acme-vendor")
        found = vendor.get("/services/email-core")[1]
        same = {name: found[name] for name in ("name", "group", "unit", "reports_used", "chargeable_basis")}
        same |= {name: [{key: one[key] for key in one if key != "when"} for one in found[name]] for name in ("measures", "credits")}
        events = Event.objects.count()
        assert vendor.put("/services/email-core", same, if_match=f'"{found["version"]}"') == (200, found)
        assert Event.objects.count() == events

    @pytest.mark.parametrize(
        ("body", "path", "code"),
        [
            ({"credits": [{"per_unit": 1.5}]}, "/credits/0/per_unit", "invalid"),
            ({"credits": [{"per_unit": "1.2345678"}]}, "/credits/0/per_unit", "invalid"),
            ({"credits": [{"per_unit": "-1"}]}, "/credits/0/per_unit", "invalid"),
            ({"credits": [{"per_unit": -1}]}, "/credits/0/per_unit", "invalid"),
            ({"credits": [{"per_unit": 10**40}]}, "/credits/0/per_unit", "invalid"),
            ({"credits": [{"per_unit": "1"}, {"per_unit": "1"}]}, "/credits/1/from", "invalid"),
            ({"credits": [{"per_unit": "1", "from": "2026-02-30"}]}, "/credits/0/from", "invalid"),
            ({"credits": [{"per_unit": "1", "from": "1.1.2026"}]}, "/credits/0/from", "wrong_pattern"),
            ({"credits": [{"per_unit": "1"}, {"from": "2026-12-01"}]}, "/credits/1/per_unit", "missing"),
            ({"measures": [{"name": "median"}]}, "/measures/0/name", "not_readable"),
            ({"measures": [{"name": "volume", "percentile": "5"}]}, "/measures/0/percentile", "invalid"),
            ({"measures": [{"name": "percentile_day", "percentile": "101"}]}, "/measures/0/percentile", "invalid"),
            ({"measures": "volume"}, "/measures", "not_readable"),
            ({"group": "nothing"}, "/group", "unknown"),
            ({"unit": None}, "/unit", "missing"),
            ({"chargeable_basis": "cheap"}, "/chargeable_basis", "not_readable"),
        ],
    )
    def test_is_refused_at_the_place_that_is_wrong(self, as_program: AsProgram, body: dict[str, Any], path: str, code: str) -> None:
        status, problem = as_program("acme-vendor").patch("/services/email-core", body, if_match="*")
        assert (status, errors(problem)) == (422, {path: code})

    def test_says_how_a_number_is_written(self, as_program: AsProgram) -> None:
        problem = as_program("acme-vendor").patch("/services/email-core", {"credits": [{"per_unit": 1.5}]}, if_match="*")[1]
        assert "as a string" in problem["errors"][0]["detail"]


class TestOtherVendors:
    def test_are_not_seen(self, as_program: AsProgram) -> None:
        other_vendor()
        vendor = as_program("acme-vendor")
        assert "other-service" not in codes(vendor.get("/services"))
        assert "other-group" not in codes(vendor.get("/solution-groups"))
        for path, entry in (("/services/other-service", {"group": "smb", "unit": "seat"}), ("/solution-groups/other-group", {})):
            for method, body in (("GET", None), ("PUT", entry), ("PATCH", {}), ("DELETE", None)):
                answer = vendor.call(method, path, body, if_match="*")
                assert (answer.status_code, b"other-" in answer.content) == (404, True)
            status, problem = vendor.put(path, entry, **ONLY_NEW)
            assert (status, problem["code"], "current" in problem) == (412, "exists", False)

    def test_are_told_apart_from_nothing_by_no_answer(self, as_program: AsProgram) -> None:
        other_vendor()
        for account in ("acme-vendor", "north", "bolt"):
            program = as_program(account)
            for method in ("GET", "PATCH", "DELETE"):
                hidden, nothing = (program.call(method, f"/services/{code}", {}, if_match="*") for code in ("other-service", "nothing"))
                assert hidden.status_code == nothing.status_code == 404
                assert hidden.content.replace(b"other-service", b"nothing") == nothing.content

    def test_keep_what_both_use(self, as_program: AsProgram) -> None:
        other_vendor()
        vendor = as_program("acme-vendor")
        for path in ("/regions/emea", "/billing-units/seat"):
            status, problem = vendor.patch(path, {"name": "Mine"}, if_match="*")
            assert (status, problem["code"]) == (409, "conflict")
        assert Region.objects.get(code="emea").name == "emea"


class TestWhatIsUsed:
    @pytest.mark.parametrize("path", ["/regions/emea", "/account-types/msp", "/billing-units/seat"])
    def test_stays(self, as_program: AsProgram, path: str) -> None:
        status, problem = as_program("acme-vendor").delete(path, if_match="*")
        assert (status, problem["code"], " stays: " in problem["detail"]) == (409, "conflict", True)

    def test_counts_only_what_the_caller_sees(self, as_program: AsProgram) -> None:
        assert [as_program(ref).get("/regions/emea")[1]["accounts"] for ref in ("acme-vendor", "north", "bolt")] == [4, 3, 1]


class TestASource:
    def test_is_expected_daily_or_not(self, as_program: AsProgram) -> None:
        vendor = as_program("acme-vendor")
        assert vendor.put("/sources/feed", {"expected": "daily", "unmapped": "keep"}, **ONLY_NEW)[0] == 201
        status, found = vendor.patch("/sources/feed", {"expected": None}, if_match="*")
        assert (status, found["expected"], found["unmapped"], found["in_use"]) == (200, None, "keep", False)
        assert not Source.objects.get(code="feed").expected_daily
        assert errors(vendor.patch("/sources/feed", {"expected": "hourly"}, if_match="*")[1]) == {"/expected": "not_readable"}


class TestQuestions:
    @pytest.mark.parametrize(
        ("path", "queries"),
        [("/services", 8), ("/solution-groups", 5), ("/billing-units", 6), ("/regions", 6), ("/account-types", 6), ("/sources", 5)],
    )
    def test_are_as_many_for_a_long_list_as_for_a_short_one(
        self, as_program: AsProgram, path: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        vendor = as_program("acme-vendor")
        vendor.get(path)
        with django_assert_num_queries(queries):
            vendor.get(f"{path}?limit=1")
        with django_assert_num_queries(queries):
            vendor.get(path)

"""What happened to the network, as programs read it."""

import pytest

from tests.api.conftest import AsProgram
from tests.api.reading import whole
from tests.web.conftest import NOW
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Scope, Viewer
from trueup.network.actions import change

pytestmark = pytest.mark.usefixtures("world")


class TestOfOneEntry:
    def test_has_what_was_told_of_it_alone(self, as_program: AsProgram) -> None:
        vendor = as_program("acme-vendor")
        vendor.patch("/services/endpoint-core", {"name": "Endpoint"}, if_match="*")
        vendor.patch("/services/email-core", {"name": "E-mail"}, if_match="*")
        found = vendor.get("/accounts/acme-vendor/history?of=service%20endpoint-core")[1]["items"]
        assert found[0]["changes"] == [
            {"of": "service endpoint-core", "field": "name", "before": "Endpoint Security Core", "after": "Endpoint"}
        ]
        assert {one["of"] for event in found for one in event["changes"]} == {"service endpoint-core"}
        assert vendor.get("/accounts/acme-vendor/history?of=service%20endpoint")[1]["items"] == []

    def test_tells_of_a_customer_no_more_than_its_own_history(self, as_program: AsProgram) -> None:
        coil = as_program("coil")
        own = coil.get("/accounts/bolt-moved/history")[1]["items"]
        assert coil.get("/accounts/bolt-moved/history?of=account%20bolt-moved")[1]["items"] == own
        assert coil.get("/accounts/bolt-moved/history?of=account%20bolt-dental")[1]["items"] == []

    @pytest.mark.parametrize("of", ["%00", "x" * 701])
    def test_is_asked_for_by_a_name(self, as_program: AsProgram, of: str) -> None:
        assert as_program("bolt").get(f"/accounts/bolt/history?of={of}")[0] == 422

    @pytest.mark.parametrize("of", ['"', "é%25_", "\\", "a%27b"])
    def test_takes_any_characters(self, as_program: AsProgram, of: str) -> None:
        assert as_program("bolt").get(f"/accounts/bolt/history?of={of}") == (200, {"items": [], "next": None})


class TestOfTheInstallation:
    def test_has_what_happened_to_its_lists(self, as_program: AsProgram) -> None:
        vendor = as_program("acme-vendor")
        vendor.patch("/regions/emea", {"name": "Europe"}, if_match="*")
        vendor.put("/sources/psa", {"unmapped": "keep"}, if_none_match="*")
        latest, before, *_ = vendor.get("/history")[1]["items"]
        assert {one["of"] for one in latest["changes"]} == {"source psa"}
        assert before["changes"] == [{"of": "region emea", "field": "name", "before": "emea", "after": "Europe"}]
        assert before["told_in"] is None
        assert vendor.get("/history?of=region%20emea")[1]["items"][0]["changes"] == before["changes"]
        assert [one for page in whole(vendor, "/history", 1) for one in page] == vendor.get("/history")[1]["items"]

    def test_names_nobody_of_another_vendor(self, as_program: AsProgram) -> None:
        change(Viewer.system(), "accounts", {"ref": "other", "tier": "vendor", "name": "Other"}, now=NOW)
        change(Viewer.system(), "members", {"email": "a@other.example", "account": "other", "role": "admin"}, now=NOW)
        change(viewers_of("a@other.example")[0], "regions", {"code": "apac"}, now=NOW)
        latest = as_program("acme-vendor").get("/history")[1]["items"][0]
        assert latest["actor"] == {"kind": "person", "name": "somebody of another vendor"}

    @pytest.mark.parametrize("account", ["north", "bolt"])
    def test_is_not_for_who_does_not_keep_them(self, as_program: AsProgram, account: str) -> None:
        assert as_program(account).get("/history")[0] == 404

    def test_needs_the_scope(self, as_program: AsProgram) -> None:
        assert as_program("acme-vendor", Scope.USAGE_READ).get("/history")[1]["code"] == "missing_scope"

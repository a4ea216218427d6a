"""Mapping profiles in the portal, and reports downloaded by them."""

from pathlib import Path

import pytest
from django.test import Client

from tests.exchange.test_rules_profiles import OUT
from tests.reports.month import October, at_times
from tests.web.conftest import NOW, AsPerson
from trueup.accounts.queries import viewers_of
from trueup.exchange.actions import NEW, save_profile
from trueup.exchange.queries import profile
from trueup.exchange.written import as_text

pytestmark = pytest.mark.usefixtures("transactional_db", "world")

BOLT = "billing@bolt.example"
LIST = "/settings/profiles/"


@pytest.fixture
def kept() -> str:
    """A profile of bolt; its fingerprint."""
    return save_profile(viewers_of(BOLT)[0], "mine", OUT, seen=NEW, now=NOW).fingerprint


def text() -> str:
    """The profile as the page shows it."""
    return as_text(profile(viewers_of(BOLT)[0], "mine").profile)


def page(client: Client, address: str) -> str:
    """What is at an address."""
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


class TestProfiles:
    def test_are_listed_with_those_that_are_built_in(self, as_person: AsPerson, kept: str) -> None:
        shown = page(as_person(BOLT), LIST)
        assert "connectwise" in shown
        assert f"{LIST}edit/mine/" in shown
        assert "mine" not in page(as_person("north@north.example"), LIST)

    def test_are_read_only_for_who_does_not_bill(self, as_person: AsPerson, kept: str) -> None:
        client = as_person("viewer@bolt.example")
        assert "new/" not in page(client, LIST)
        assert "<textarea" not in page(client, f"{LIST}edit/mine/")
        assert client.post(f"{LIST}edit/mine/", {"text": "x", "seen": kept}).status_code == 403

    def test_are_added_from_an_example(self, as_person: AsPerson) -> None:
        client = as_person(BOLT)
        assert "company/identifier" in page(client, f"{LIST}new/?like=connectwise")
        assert "header_row" in page(client, f"{LIST}new/?in=1")
        written = as_text(profile(viewers_of(BOLT)[0], "connectwise").profile).replace("name: connectwise", "name: ours")
        assert client.post(f"{LIST}new/", {"text": written, "seen": ""}).headers["Location"] == LIST
        assert profile(viewers_of(BOLT)[0], "ours").saved_by == BOLT

    def test_are_changed_with_every_line_that_is_wrong_named(self, as_person: AsPerson, kept: str) -> None:
        client = as_person(BOLT)
        wrong = text().replace("field: agreement", "field: price").replace("delimiter: ';'", "delimiter: x")
        answer = client.post(f"{LIST}edit/mine/", {"text": wrong.replace("\n", "\r\n"), "seen": kept})
        shown = answer.content.decode()
        assert answer.status_code == 400
        assert "Profile line 4: there is no field “price”" in shown
        assert ": `delimiter` must be one of" in shown
        assert "field: price" in shown
        assert client.post(f"{LIST}edit/mine/", {"text": text().replace("';'", "','"), "seen": kept}).status_code == 302
        assert profile(viewers_of(BOLT)[0], "mine").profile.delimiter == ","

    def test_are_not_overwritten_unseen(self, as_person: AsPerson, kept: str) -> None:
        client = as_person(BOLT)
        mine = text().replace("';'", "'|'")
        client.post(f"{LIST}edit/mine/", {"text": text().replace("';'", "','"), "seen": kept})
        answer = client.post(f"{LIST}edit/mine/", {"text": mine, "seen": kept})
        assert answer.status_code == 409
        assert "Somebody else has changed this meanwhile" in answer.content.decode()
        assert client.post(f"{LIST}new/", {"text": mine, "seen": ""}).status_code == 400

    @pytest.mark.parametrize(
        "written", ["a: [", "\0", "- x", "name: [1]\nkind: out", "name: connectwise\nkind: out\ncolumns: [{heading: x, field: sku}]"]
    )
    def test_refuse_what_is_no_profile(self, as_person: AsPerson, written: str) -> None:
        assert as_person(BOLT).post(f"{LIST}new/", {"text": written, "seen": ""}).status_code == 400

    def test_are_removed_after_a_question(self, as_person: AsPerson, kept: str) -> None:
        client = as_person(BOLT)
        assert kept in page(client, f"{LIST}remove/mine/")
        assert client.post(f"{LIST}remove/mine/", {"seen": kept}).headers["Location"] == LIST
        assert client.get(f"{LIST}edit/mine/").status_code == 404


class TestReport:
    @pytest.fixture(autouse=True)
    def october(self, ledger_home: Path, tmp_path: Path, world: None) -> None:
        """A month of bolt."""
        month = October(tmp_path)
        month.deliver(*at_times("bolt-dental", "endpoint-core", "50", "30"), *at_times("bolt-garage", "endpoint-core", "20", "20"))
        month.close()

    def test_leads_to_a_download_for_billing(self, as_person: AsPerson, kept: str) -> None:
        client = as_person(BOLT)
        assert "/reports/2026-10/bolt/mapped/" in page(client, "/reports/2026-10/bolt/")
        assert "<option>mine</option>" in page(client, "/reports/2026-10/bolt/mapped/")
        answer = client.get("/reports/2026-10/bolt/mapped.csv?profile=mine&rows=")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="mine-2026-10-bolt.csv"'
        assert answer.content == b"Agreement;Qty;Price\r\nManaged;30;\r\nGarage Center;20;\r\n"
        lines = client.get("/reports/2026-10/bolt/mapped.csv?profile=mine&rows=lines")
        assert lines.content == b"Agreement;Qty;Price\r\nBolt IT;50;\r\n"

    def test_is_not_downloaded_by_profiles_of_others(self, as_person: AsPerson, kept: str) -> None:
        assert as_person("north@north.example").get("/reports/2026-10/bolt/mapped.csv?profile=mine").status_code == 404
        assert as_person("billing@coil.example").get("/reports/2026-10/bolt/mapped.csv?profile=connectwise").status_code == 404

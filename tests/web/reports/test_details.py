"""Report details."""

import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.reports.month import OPERATOR, October, at, at_times
from tests.web.conftest import AsPerson, Clock
from tests.world import FILE_NAME, NETWORK
from trueup.network.actions import apply

BOLT = "/reports/2026-10/bolt/"
DUNE = "/reports/2026-10/dune/"
QUERIES = 13


def many_services(count: int) -> str:
    """The world with further services."""
    more = "\n".join(f"  - {{code: extra-{at}, name: Extra {at}, group: smb, unit: seat, measure: own_maxima}}" for at in range(count))
    return NETWORK.replace("accounts:\n", f"{more}\naccounts:\n", 1)


class TestHeader:
    def test_names_the_partner_and_its_distributor(self, bella: Client) -> None:
        text = bella.get(BOLT).text
        for said in ("Bolt IT", "Berlin, BE", "October 2026", "North Distribution", "MSP preparing"):
            assert said in text

    def test_says_the_deadline_in_the_time_zone_of_the_msp(self, bella: Client) -> None:
        text = bella.get(BOLT).text
        assert "end of 6 Nov 2026 (Europe/Berlin)" in text
        assert "3 days 11 hours left" in text

    def test_says_what_happens_if_nobody_does_anything(self, bella: Client) -> None:
        text = bella.get(BOLT).text
        assert "and 1 line is charged differently from what is saved. At stake: 10 endpoint." in text
        assert f'href="{BOLT}forecast/"' in text

    def test_says_that_the_deadline_has_passed(self, bella: Client, clock: Clock) -> None:
        clock.at = at("2026-11-06T23:00:00Z")
        assert "The deadline has passed" in bella.get(BOLT).text

    def test_shows_why_it_was_rejected(self, bella: Client, october: October, clock: Clock) -> None:
        october.deadline()
        october.reject("bolt", "Please explain the endpoints.")
        clock.at = at("2026-11-08T12:00:00Z")
        text = bella.get(BOLT).text
        assert "Rejected by north@north.example" in text
        assert "Please explain the endpoints." in text

    def test_says_that_the_distributor_prepares(self, october: October, as_person: AsPerson) -> None:
        page = as_person("south@south.example").get(DUNE)
        assert "the distributor, on behalf of the MSP" in page.text
        assert 'name="chargeable-endpoint-core"' in page.text


class TestTable:
    def test_shows_the_figures_of_each_line(self, bella: Client) -> None:
        text = bella.get(BOLT).text
        row = re.search(r'id="line-endpoint-core".*?</tbody>', text, re.DOTALL)
        assert row is not None
        for said in (">70<", ">60<", ">10</span>", "14.3 %", "262.5", 'value="60"'):
            assert said in row.group()

    def test_says_what_is_unknown_in_words(self, bella: Client) -> None:
        row = re.search(r'id="line-backup-storage".*?</tbody>', bella.get(BOLT).text, re.DOTALL)
        assert row is not None
        assert row.group().count("unknown") >= 2

    def test_says_in_words_why_a_line_is_red(self, bella: Client) -> None:
        text = bella.get(BOLT).text
        assert "line--blocking" in text
        assert "10 units (14.3 %) are provisioned but not used: explain it in a comment" in text

    def test_shows_the_default_beside_an_edited_value(self, bella: Client, october: October) -> None:
        october.edit("bolt", "workspace-security", by="billing@bolt.example", chargeable="38")
        text = bella.get(BOLT).text
        assert "default 40" in text
        assert "−2" in text

    def test_writes_numbers_as_the_language_does(self, bella: Client) -> None:
        text = bella.get(BOLT, headers={"Accept-Language": "de"}).text
        assert 'value="0,806"' in text

    def test_opens_the_tab_that_is_asked_for(self, bella: Client) -> None:
        text = bella.get(BOLT, {"group": "credits"}).text
        assert re.search(r'data-group="smb"[^>]*hidden', text)
        assert not re.search(r'data-group="credits"[^>]*hidden', text)

    def test_opens_all_groups_at_once(self, bella: Client) -> None:
        assert not re.search(r'<section[^>]*data-group="[^"]*"[^>]*hidden', bella.get(BOLT, {"group": "all"}).text)

    def test_is_read_only_for_who_may_not_edit(self, october: October, as_person: AsPerson) -> None:
        for email in ("viewer@bolt.example", "north@north.example", "vendor@acme.example"):
            page = as_person(email).get(BOLT)
            assert page.status_code == 200
            assert "chargeable-endpoint-core" not in page.text


class TestAccess:
    @pytest.mark.parametrize(
        "path", ["", "lines/endpoint-core/", "lines/endpoint-core/customers.csv", "report.csv", "submit/", "forecast/"]
    )
    def test_hides_the_report_from_strangers(self, october: October, as_person: AsPerson, path: str) -> None:
        for email in ("billing@coil.example", "south@south.example"):
            assert as_person(email).get(BOLT + path).status_code == 404

    def test_says_why_to_an_msp_without_access(self, october: October, as_person: AsPerson) -> None:
        page = as_person("billing@dune.example").get(DUNE)
        assert page.status_code == 403
        assert "your distributor prepares the report on your behalf" in page.text
        assert "Endpoint Security Core" not in page.text

    @pytest.mark.parametrize("path", ["draft/", "submit/", "regenerate/", "comment/endpoint-core/"])
    def test_lets_nobody_else_change_it(self, october: October, as_person: AsPerson, path: str) -> None:
        sent = {"chargeable-endpoint-core": "1", "was_chargeable-endpoint-core": "60", "comment-endpoint-core": "x", "version": "1"}
        assert as_person("billing@coil.example").post(BOLT + path, sent).status_code == 404
        assert as_person("viewer@bolt.example").post(BOLT + path, sent).status_code == 403
        assert october.report("bolt").version == 1

    @pytest.mark.parametrize("month", ["2026-13", "x", "2026-1"])
    def test_knows_no_strange_months(self, bella: Client, month: str) -> None:
        assert bella.get(f"/reports/{month}/bolt/").status_code == 404


class TestSpeed:
    def test_asks_the_database_a_fixed_number_of_times(self, bella: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        bella.get(BOLT)
        with django_assert_num_queries(QUERIES):
            bella.get(BOLT)

    def test_asks_as_often_for_many_lines(
        self, db: None, ledger_home: Path, tmp_path: Path, as_person: AsPerson, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        apply(OPERATOR, many_services(40), file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
        october = October(tmp_path)
        october.deliver(*(row for number in range(40) for row in at_times("bolt-dental", f"extra-{number}", "10", "9")))
        october.close()
        bella = as_person("billing@bolt.example")
        bella.get(BOLT)
        with django_assert_num_queries(QUERIES):
            page = bella.get(BOLT)
        assert page.text.count("data-cell") == 40

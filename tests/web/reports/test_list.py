"""Billing › Usage Reports."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.reports.month import October, at
from tests.web.conftest import AsPerson, Clock

REPORTS = "/reports/"
QUERIES = 11


class TestReports:
    def test_links_to_each_cycle(self, bella: Client) -> None:
        page = bella.get(REPORTS)
        assert page.status_code == 200
        assert '<a href="/reports/2026-10/bolt/">October 2026</a>' in page.text

    def test_says_how_many_days_are_left(self, bella: Client) -> None:
        assert "3 days left" in bella.get(REPORTS).text

    def test_says_what_is_charged_in_each_group(self, bella: Client) -> None:
        text = bella.get(REPORTS).text
        assert "<strong>60</strong> endpoint" in text
        assert "<strong>0.806</strong> GB" in text

    def test_says_who_acted_last(self, bella: Client, october: October) -> None:
        october.edit("bolt", "workspace-security", by="billing@bolt.example", chargeable="38")
        text = bella.get(REPORTS).text
        assert "Draft saved" in text
        assert "billing@bolt.example, 2 Nov 2026, 11:00 (Europe/Berlin)" in text

    def test_flags_what_was_submitted_with_a_penalty(self, bella: Client, october: October, clock: Clock) -> None:
        october.deadline()
        clock.at = at("2026-11-08T12:00:00Z")
        text = bella.get(REPORTS).text
        assert "May require review" in text
        assert "Submitted automatically with a penalty" in text

    def test_can_be_narrowed_to_a_year(self, bella: Client) -> None:
        assert "October 2026" in bella.get(REPORTS, {"year": "2026"}).text
        assert "No reports in this year" in bella.get(REPORTS, {"year": "2025"}).text

    @pytest.mark.parametrize("year", ["x", "99999", "0", "-1"])
    def test_takes_a_strange_year_for_none(self, bella: Client, year: str) -> None:
        assert "October 2026" in bella.get(REPORTS, {"year": year}).text

    def test_gives_a_fragment_to_a_page_that_is_there(self, bella: Client) -> None:
        page = bella.get(REPORTS, headers={"HX-Request": "true"})
        assert page.text.lstrip().startswith('<div id="report-list"')

    def test_says_why_an_msp_has_none(self, october: October, as_person: AsPerson) -> None:
        page = as_person("billing@dune.example").get(REPORTS)
        assert page.status_code == 403
        assert "your distributor prepares the report on your behalf" in page.text

    def test_is_written_in_german(self, bella: Client) -> None:
        assert "Oktober 2026" in bella.get(REPORTS, headers={"Accept-Language": "de"}).text

    def test_asks_the_database_a_fixed_number_of_times(self, bella: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        bella.get(REPORTS)
        with django_assert_num_queries(QUERIES):
            bella.get(REPORTS)

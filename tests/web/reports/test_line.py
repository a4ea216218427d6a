"""What is behind a line, and reports as CSV."""

import csv
from decimal import Decimal
from io import StringIO

import pytest
from django.test import Client

from tests.reports.month import October

BOLT = "/reports/2026-10/bolt/"
ENDPOINTS = BOLT + "lines/endpoint-core/"
HTMX = {"HX-Request": "true", "HX-Target": "line-place"}


def rows_of(client: Client, address: str) -> list[list[str]]:
    answer = client.get(address)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(StringIO(answer.text.removeprefix("\ufeff"))))


class TestPanel:
    def test_is_a_fragment_for_a_page_that_is_there(self, bella: Client) -> None:
        assert bella.get(ENDPOINTS, headers=HTMX).text.lstrip().startswith('<section id="line-panel"')

    @pytest.mark.parametrize("address", [ENDPOINTS, BOLT + "?line=endpoint-core"])
    def test_is_part_of_the_whole_page_without_a_script(self, bella: Client, address: str) -> None:
        text = bella.get(address).text
        assert "Daily usage: Endpoint Security Core" in text
        assert 'id="report-form"' in text

    def test_says_why_these_days_count(self, bella: Client) -> None:
        assert "is the day on which the credits of the whole group" in bella.get(ENDPOINTS, headers=HTMX).text

    def test_marks_the_days_that_count_in_words_too(self, bella: Client) -> None:
        text = bella.get(ENDPOINTS, headers=HTMX).text
        assert "chart__bar--chosen" in text
        assert "– counts</title>" in text

    def test_has_the_days_as_a_table(self, bella: Client) -> None:
        assert bella.get(ENDPOINTS, headers=HTMX).text.count('<th scope="row">') >= 31

    def test_knows_no_other_lines(self, bella: Client) -> None:
        assert bella.get(BOLT + "lines/nothing/").status_code == 200  # the page without a line opened
        assert bella.get(BOLT + "lines/nothing/", headers=HTMX).status_code == 404


class TestCustomers:
    def test_are_sorted_as_asked_for(self, bella: Client) -> None:
        text = bella.get(ENDPOINTS + "?sort=-provisioned", headers=HTMX).text
        assert text.index("Dental Care") < text.index("Garage Center")
        assert 'aria-sort="descending"' in text
        text = bella.get(ENDPOINTS + "?sort=provisioned", headers=HTMX).text
        assert text.index("Garage Center") < text.index("Dental Care")

    def test_are_sorted_by_name_where_nobody_knows_the_order(self, bella: Client) -> None:
        assert bella.get(ENDPOINTS + "?sort=__class__", headers=HTMX).status_code == 200

    def test_are_found(self, bella: Client) -> None:
        text = bella.get(ENDPOINTS + "?find=garage", headers=HTMX).text
        assert "Garage Center" in text
        assert "Dental Care" not in text

    def test_keep_what_was_looked_for_as_text(self, bella: Client) -> None:
        assert "&lt;script&gt;" in bella.get(ENDPOINTS + "?find=<script>", headers=HTMX).text

    def test_add_up_to_the_line(self, bella: Client, october: October) -> None:
        _head, *customers, total = rows_of(bella, ENDPOINTS + "customers.csv")
        line = october.line("bolt", "endpoint-core")
        assert sum(Decimal(row[2]) for row in customers) == Decimal(total[2]) == line.provisioned
        assert sum(Decimal(row[3]) for row in customers) == Decimal(total[3]) == line.used


class TestCsv:
    def test_has_a_row_for_each_line(self, bella: Client) -> None:
        head, *lines = rows_of(bella, BOLT + "report.csv")
        assert head[3] == "Service"
        assert [line[2] for line in lines] == ["workspace-security", "endpoint-core", "backup-storage"]

    def test_leaves_unknown_figures_empty(self, bella: Client) -> None:
        storage = rows_of(bella, BOLT + "report.csv")[3]
        assert storage[6:9] == ["", "", ""]

    def test_holds_no_formula(self, bella: Client, october: October) -> None:
        october.edit("bolt", "endpoint-core", by="billing@bolt.example", comment='=HYPERLINK("x")')
        assert rows_of(bella, BOLT + "report.csv")[2][13] == '\'=HYPERLINK("x")'

"""Insight in the portal, without a browser."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.reports.month import October
from tests.statements.conftest import save_prices
from tests.web.billing import BOLT, COIL, NORTH, SOUTH, VENDOR, billed
from tests.web.conftest import AsPerson, Clock
from tests.web.earlier import issued_before
from tests.web.reviewing import DUNE
from trueup.kit.period import Month, parse_instant
from trueup.web.pages.insight_chart import picture

PAGE, DEPROVISION, MEASURES = "/insight/", "/reports/2026-10/bolt/deprovision/", "/reports/2026-10/bolt/measures/"
OF_BOLT = "north-2026-000001"
D = Decimal


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path, clock: Clock) -> October:
    """The MSPs have their statements of October."""
    clock.at = parse_instant("2026-11-09T12:00:00Z")
    return billed(tmp_path)


def rows(client: Client, address: str) -> list[dict[str, str]]:
    """A table as its file has it."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    return list(csv.DictReader(answer.getvalue().decode().splitlines()))


class TestInsight:
    def test_tells_a_distributor_what_it_billed_by_month_service_and_msp(self, october: October, as_person: AsPerson) -> None:
        north = as_person(NORTH)
        page = north.get(PAGE)
        (month,) = page.context["by_month"]
        assert (month[0], month[1].currency) == (Month(2026, 10), "EUR")
        assert page.context["totals"] == {"EUR": month[1].amount}
        assert "Workspace Security" in page.text
        whole = north.get(f"{PAGE}?by=msp").context["page"].items
        assert [one.key for one in whole] == ["bolt", "coil"]
        assert sum(one.amount for one in whole) == month[1].amount

    def test_draws_each_currency_for_itself_and_units_together(self, october: October, as_person: AsPerson) -> None:
        issued_before(OF_BOLT, date(2026, 8, 1), currency="USD")
        issued_before(OF_BOLT, date(2026, 8, 1), times="0.5")
        page = as_person(NORTH).get(PAGE)
        pictures = page.context["pictures"]
        assert [one.of for one in pictures] == ["EUR", "USD", "units", "credits"]
        assert [[str(bar.month) for bar in one.bars] for one in pictures] == [["2026-08", "2026-09", "2026-10"]] * 4
        euro, dollar, units, _credits = pictures
        assert dollar.bars[0].value == 2 * euro.bars[0].value
        assert dollar.bars[2].value == 0
        assert units.bars[0].value == sum(one.units for month, one in page.context["by_month"] if month == Month(2026, 8))
        assert list(page.context["totals"]) == ["EUR", "USD"]

    def test_is_of_the_months_that_are_asked_for(self, october: October, as_person: AsPerson) -> None:
        north = as_person(NORTH)
        span = north.get(PAGE).context["span"]
        assert (span.first, span.last) == (Month(2025, 11), Month(2026, 10))
        assert "Nothing was billed in these months" in north.get(f"{PAGE}?from=2026-01&to=2026-09").text
        assert north.get(f"{PAGE}?from=x&to=2026-13&by=x&page=x").context["span"] == span
        assert [str(month) for month in north.get(f"{PAGE}?from=1999-01&to=1999-02").context["months"]][-2:] == ["1999-02", "1999-01"]

    @pytest.mark.parametrize("last", ["0001-01", "0001-11", "0002-01", "9998-12"])
    def test_begins_with_the_first_month_of_all(self, october: October, as_person: AsPerson, last: str) -> None:
        for address in (PAGE, f"{PAGE}billed-by-month.csv", f"{PAGE}review.csv"):
            assert as_person(NORTH).get(f"{address}?to={last}").status_code == 200

    @pytest.mark.parametrize(
        ("query", "said"),
        [("from=2026-11&to=2026-10", "The last month is before the first one"), ("from=2020-01&to=2026-10", "At most 36 months")],
    )
    def test_says_beside_the_months_what_is_wrong_with_them(self, october: October, as_person: AsPerson, query: str, said: str) -> None:
        page = as_person(NORTH).get(f"{PAGE}?{query}")
        assert page.status_code == 400
        assert said in page.text
        assert 'aria-describedby="span-error"' in page.text
        assert as_person(NORTH).get(f"{PAGE}billed-by-month.csv?{query}").status_code == 400

    def test_tells_how_the_months_were_reviewed(self, october: October, as_person: AsPerson) -> None:
        page = as_person(NORTH).get(PAGE)
        (month,) = page.context["reviewed"]
        assert (month.reports, month.over_provisioned, month.penalties) == (2, 2, 0)
        assert page.context["comments"] == [(month, [("Without a reason", 2)], 2)]
        (said,) = rows(as_person(NORTH), f"{PAGE}review.csv")
        assert (said["cycle"], said["reports"], said["over_provisioned"], said["penalties"]) == ("2026-10", "2", "2", "0")
        assert rows(as_person(NORTH), f"{PAGE}comments.csv") == [{"cycle": "2026-10", "reason": "", "lines": "2"}]

    def test_tells_reviews_by_service_msp_and_distributor(self, october: October, as_person: AsPerson) -> None:
        reviews = f"{PAGE}reviews/"
        north = as_person(NORTH).get(reviews)
        assert (north.context["by"], [by for by, _label in north.context["review_ways"]]) == ("service", ["month", "service", "msp"])
        first = north.context["page"].items[0]
        assert (first.key, first.over_provisioned, first.over_provisioned_percent) == ("workspace-security", 2, 10)
        assert 'width="10"' in north.text
        msps = as_person(NORTH).get(f"{reviews}?by=msp").context
        assert [one.key for one in msps["page"].items] == ["bolt", "coil"]
        assert [(one.key, said) for one, _counts, said in msps["comments"]] == [("bolt", 1), ("coil", 1)]
        vendor = as_person(VENDOR).get(f"{reviews}?by=distributor")
        assert [one.key for one in vendor.context["page"].items] == ["north"]
        assert "By distributor" in vendor.text
        assert "EUR" not in as_person(VENDOR).get(f"{reviews}?by=msp").text  # what MSPs pay is not the vendor's to see
        assert 'class="chart"' in as_person(NORTH).get(f"{reviews}?by=month").text
        assert "There are no reports of these months" in as_person(NORTH).get(f"{reviews}?from=2026-01&to=2026-02").text
        assert as_person(NORTH).get(f"{reviews}?from=2026-11&to=2026-10").status_code == 400
        assert as_person(BOLT).get(reviews).status_code == 403

    def test_gives_reviews_by_service_and_msp_as_files(self, october: October, as_person: AsPerson) -> None:
        north = as_person(NORTH)
        services = {one["service"]: one for one in rows(north, f"{PAGE}review.csv?by=service")}
        assert (services["workspace-security"]["unit"], services["workspace-security"]["over_provisioned"]) == ("seat", "2")
        assert (services["endpoint-core"]["credits"], services["workspace-security"]["credits"]) == ("1500", "")
        assert [(one["msp"], one["msp_name"], one["lines"]) for one in rows(north, f"{PAGE}comments.csv?by=msp")] == [
            ("bolt", "Bolt IT", "1"), ("coil", "Coil Services", "1"),
        ]  # fmt: skip
        assert [one["distributor"] for one in rows(as_person(VENDOR), f"{PAGE}review.csv?by=distributor")] == ["north"]

    def test_is_each_ones_own_side(self, october: October, as_person: AsPerson) -> None:
        bolt, coil = (as_person(email).get(PAGE) for email in (BOLT, COIL))
        mine = {one.key: one.amount for one in as_person(NORTH).get(f"{PAGE}?by=msp").context["page"].items}
        assert bolt.context["totals"] == {"EUR": mine["bolt"]}
        assert coil.context["totals"] == {"EUR": mine["coil"]}
        assert "reviewed" not in bolt.context
        assert "Coil" not in as_person(BOLT).get(f"{PAGE}?by=msp").text
        for email in (VENDOR, SOUTH, DUNE):
            assert as_person(email).get(PAGE).context["by_month"] == []
            assert rows(as_person(email), f"{PAGE}billed-by-msp.csv") == []
        for file in ("review.csv", "comments.csv"):
            assert as_person(BOLT).get(f"{PAGE}{file}").status_code == 403

    def test_is_a_file_too_each_currency_in_its_own_row(self, october: October, as_person: AsPerson) -> None:
        issued_before(OF_BOLT, date(2026, 10, 1), currency="JPY", times="100")
        months = rows(as_person(NORTH), f"{PAGE}billed-by-month.csv?from=2026-10&to=2026-10")
        assert [(one["cycle"], one["currency"]) for one in months] == [("2026-10", "EUR"), ("2026-10", "JPY")]
        assert "." in months[0]["amount"]
        assert "." not in months[1]["amount"]
        services = rows(as_person(NORTH), f"{PAGE}billed-by-service.csv")
        assert {one["service"]: one["unit"] for one in services}["workspace-security"] == "seat"
        assert {one["buyer"] for one in rows(as_person(NORTH), f"{PAGE}billed-by-msp.csv")} == {"bolt", "coil"}


class TestChart:
    def test_stands_on_nothing_and_goes_below_it(self) -> None:
        months = [Month(2026, 1), Month(2026, 2), Month(2026, 3)]
        one = picture("EUR", months, {months[0]: D(100), months[1]: D(-50)})
        above, below, nothing = one.bars
        assert D(above.y) + D(above.height) == D(one.nothing)
        assert D(below.y) == D(one.nothing)
        assert abs(D(above.height) - 2 * D(below.height)) < D("0.2")
        assert D(nothing.height) == 0
        assert [tick.label for tick in one.ticks] == ["-50", "0", "50", "100"]

    def test_names_as_many_months_as_there_is_room_for_and_each_year_once(self) -> None:
        months = [Month(2024 + number // 12, number % 12 + 1) for number in range(36)]
        one = picture("units", months, {})
        assert sum(bar.labelled for bar in one.bars) == 6
        assert one.bars[-1].labelled
        assert [bar.year for bar in one.bars if bar.year] == ["2024", "2025", "2026"]

    @pytest.mark.parametrize("value", ["0", "-3", "0.001", "123456789012.34"])
    def test_has_room_for_any_value(self, value: str) -> None:
        one = picture("EUR", [Month(2026, 1)], {Month(2026, 1): D(value)})
        assert 0 < D(one.bars[0].y) <= one.bottom
        assert D(one.bars[0].height) >= 0


class TestDeprovision:
    def test_tells_what_it_costs_and_whose_units_to_take_away(self, october: October, as_person: AsPerson) -> None:
        page = as_person(BOLT).get(DEPROVISION)
        found = page.context["found"]
        (row,) = page.context["page"].items
        assert (row.of.customer, row.line.service, row.of.units) == ("bolt-dental", "workspace-security", 2)
        assert row.of.saving == found.saving
        assert 'href="/reports/2026-10/bolt/">Bolt' in page.text
        assert "Bolt Garage" not in page.text
        (said,) = rows(as_person(BOLT), f"{DEPROVISION}table.csv")
        assert (said["customer"], said["units"], D(said["saving"]), said["currency"]) == ("bolt-dental", "2", found.saving, "EUR")

    def test_is_searched_and_answers_htmx_with_the_list(self, october: October, as_person: AsPerson) -> None:
        bolt = as_person(BOLT)
        assert "Nothing found" in bolt.get(f"{DEPROVISION}?search=garage").text
        part = bolt.get(f"{DEPROVISION}?search=DENTAL", headers={"HX-Request": "true"}).text
        assert "<html" not in part
        assert "bolt-dental" in part

    def test_says_that_there_is_nothing(self, october: October, as_person: AsPerson) -> None:
        assert "Everything that is provisioned is used" in as_person(COIL).get("/reports/2026-10/coil/deprovision/").text

    def test_tells_no_money_to_the_vendor(self, october: October, as_person: AsPerson) -> None:
        for address in (DEPROVISION, MEASURES):
            page = as_person(VENDOR).get(address).text
            assert "Money is told to the MSP and its distributor alone." in page
            assert "EUR" not in page
            assert "EUR" not in as_person(VENDOR).get(f"{address}table.csv").getvalue().decode()

    def test_says_that_a_price_is_missing(self, october: October, as_person: AsPerson) -> None:
        save_prices("north", {"currency": "EUR", "services": {"email-core": "1"}}, begin=date(2026, 10, 20))
        for address in (DEPROVISION, MEASURES):
            assert "What it comes to is not known" in as_person(BOLT).get(address).text

    @pytest.mark.parametrize("address", [DEPROVISION, MEASURES])
    def test_is_nobody_elses(self, october: October, as_person: AsPerson, address: str) -> None:
        for email in (COIL, SOUTH):
            for place in (address, f"{address}table.csv"):
                assert as_person(email).get(place).status_code == 404
        assert as_person(BOLT).get(address.replace("2026-10", "2026-13")).status_code == 404


class TestMeasures:
    def test_shows_every_line_under_every_measure_and_which_is_in_force(self, october: October, as_person: AsPerson) -> None:
        page = as_person(BOLT).get(MEASURES)
        found = page.context["found"]
        assert [total.measure for total in page.context["totals"]] == page.context["measures"]
        assert sum(total.lines for total in page.context["totals"]) == len(found.lines)
        for line, cells in page.context["rows"]:
            (own,) = [cell for cell in cells if cell.in_force]
            assert own.measure == line.measure
        for total in page.context["totals"]:
            assert total.difference == total.amount - found.in_force
        said = rows(as_person(BOLT), f"{MEASURES}table.csv")
        assert D(said[-1]["amount"]) == found.in_force
        assert [one["in_force"] for one in said if one["service"] == "workspace-security"].count("yes") == 1

    def test_is_linked_from_the_report(self, october: October, as_person: AsPerson) -> None:
        page = as_person(BOLT).get("/reports/2026-10/bolt/").text
        assert f'href="{MEASURES}"' in page
        assert f'href="{DEPROVISION}"' in page
        assert f'href="{PAGE}">Insight' in page


def counted(client: Client, address: str) -> int:
    """How many queries a page needs once it was opened."""
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return len(asked)


def test_needs_as_many_queries_however_much_was_billed(october: October, as_person: AsPerson) -> None:
    little = counted(as_person(NORTH), PAGE)
    for month in range(1, 10):
        issued_before(OF_BOLT, date(2026, month, 1), currency="EUR" if month % 2 else "USD")
    assert counted(as_person(NORTH), PAGE) == little

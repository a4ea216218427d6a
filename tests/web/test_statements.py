"""Statements in the portal, without a browser."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.reports.month import OPERATOR, October, at
from tests.statements.conftest import account_id, issue_all, save_prices
from tests.web.billing import BOLT, COIL, NORTH, READER, SELLING, SOUTH, VENDOR, approved, billed
from tests.web.conftest import AsPerson, Clock
from trueup.kit.period import parse_instant
from trueup.statements.actions import complete_billing, submit_billing
from trueup.statements.issuing import issue_of_billing
from trueup.statements.models import Statement
from trueup.web.billing.words import money

NOW = at("2026-11-09T12:00:00Z")
LIST = "/statements/"
OF_BOLT, OF_COIL, OF_NORTH = (f"/statements/{number}/" for number in ("north-2026-000001", "north-2026-000002", "acme-vendor-2026-000001"))
QUERIES_OF_THE_LIST = 9
QUERIES_OF_THE_PAGE = 5


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path, clock: Clock) -> October:
    """The MSPs have their statements."""
    clock.at = parse_instant("2026-11-09T12:00:00Z")
    return billed(tmp_path)


@pytest.fixture
def north(october: October, as_person: AsPerson) -> Client:
    """The billing manager of the distributor."""
    return as_person(NORTH)


@pytest.fixture
def settled(october: October) -> October:
    """The distributor has its statement, too."""
    submit_billing(OPERATOR, october.report("bolt").summary.cycle, "north", now=NOW)
    complete_billing(OPERATOR, october.report("bolt").summary.cycle, "north", now=NOW)
    assert issue_of_billing(account_id("acme-vendor"), now=NOW) == 1
    return october


def numbers(client: Client, query: str = "") -> list[str]:
    return [row.number for row in client.get(f"{LIST}?{query}").context["page"].items]


class TestList:
    def test_shows_everybody_their_own(self, settled: October, as_person: AsPerson) -> None:
        assert numbers(as_person(NORTH)) == ["acme-vendor-2026-000001", "north-2026-000002", "north-2026-000001"]
        assert numbers(as_person(BOLT)) == ["north-2026-000001"]
        assert numbers(as_person(VENDOR)) == ["acme-vendor-2026-000001"]
        assert numbers(as_person(SOUTH)) == []

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("way=issued", ["north-2026-000002", "north-2026-000001"]),
            ("way=received", ["acme-vendor-2026-000001"]),
            ("search=coil", ["north-2026-000002"]),
            ("cycle=2026-09", []),
            ("kind=credit_note", []),
            ("way=x&kind=x&cycle=x&page=x", ["acme-vendor-2026-000001", "north-2026-000002", "north-2026-000001"]),
        ],
    )
    def test_shows_what_is_asked_for(self, settled: October, as_person: AsPerson, query: str, found: list[str]) -> None:
        assert numbers(as_person(NORTH), query) == found

    def test_adds_up_each_currency(self, settled: October, as_person: AsPerson) -> None:
        page = as_person(NORTH).get(LIST)
        assert [total.currency for total in page.context["totals"]] == ["EUR", "USD"]
        assert "with tax 162.40 USD" in page.text

    def test_does_not_let_an_msp_ask_for_others(self, settled: October, as_person: AsPerson) -> None:
        assert numbers(as_person(BOLT), "way=issued&search=coil") == []

    def test_says_that_there_is_nothing(self, october: October, as_person: AsPerson) -> None:
        assert "No statements yet" in as_person(VENDOR).get(LIST).text
        assert "No statement matches" in as_person(NORTH).get(f"{LIST}?search=nobody").text

    def test_takes_as_many_queries_however_long_it_is(self, north: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        north.get(LIST)
        with django_assert_num_queries(QUERIES_OF_THE_LIST):
            north.get(LIST)
        old = Statement.objects.get(number="north-2026-000001")
        values = {field.attname: getattr(old, field.attname) for field in Statement._meta.concrete_fields if not field.primary_key}
        for number in range(10, 60):
            old = Statement.objects.create(**values | {"sequence": number, "number": f"x-{number}", "corrects_id": old.pk})
        with django_assert_num_queries(QUERIES_OF_THE_LIST):
            assert "page 1 of 2" in north.get(LIST).text

    def test_is_paged_and_answers_htmx_with_the_list(self, north: Client) -> None:
        page = north.get(f"{LIST}?search=bolt", headers={"HX-Request": "true"})
        assert "<html" not in page.text
        assert "north-2026-000001" in page.text


class TestWaiting:
    @pytest.fixture
    def waits(self, db: None, ledger_home: Path, tmp_path: Path, clock: Clock, as_person: AsPerson) -> Client:
        clock.at = NOW
        approved(tmp_path)
        return as_person(NORTH)

    def test_says_why_and_leads_to_the_price_that_is_missing(self, waits: Client) -> None:
        assert "2 approved reports have no statement yet." in waits.get(LIST).text
        assert waits.get("/statements/waiting/").text.count("It is issued in a moment.") == 2
        issue_all()
        assert 'href="/prices/">Add a price list' in waits.get("/statements/waiting/").text
        save_prices("north", {"currency": "EUR", "services": {"workspace-security": 4}}, now="2026-11-08T13:00:00Z")
        issue_all("2026-11-08T14:00:00Z")
        page = waits.get("/statements/waiting/").text
        assert "2 services have no price, among them endpoint-core, nfr-license" in page
        assert 'href="/prices/north/*/2026-01-01/">Open the price list' in page
        save_prices("north", SELLING, now="2026-11-08T15:00:00Z")
        issue_all("2026-11-08T16:00:00Z")
        assert "Nothing waits" in waits.get("/statements/waiting/").text

    def test_is_the_distributor_s(self, october: October, as_person: AsPerson) -> None:
        assert [as_person(person).get("/statements/waiting/").status_code for person in (BOLT, VENDOR, SOUTH)] == [403, 403, 200]


class TestStatement:
    def test_explains_every_figure(self, october: October, as_person: AsPerson) -> None:
        page = as_person(BOLT).get(OF_BOLT)
        assert page.status_code == 200
        said = " ".join(page.text.split())
        assert "13 × 4.20 EUR = 54.60 EUR" in said
        assert "90 credits, less 60 that are complimentary: 30." in said  # 30 of each customer
        assert "rounded half up to whole packs" in said
        assert "It matches." in said
        assert page.context["row"].checksum in said
        assert f'<a href="{OF_BOLT}lines/1/">Workspace Security</a>' in said
        assert "Tax, 19 %" in said

    def test_leads_to_the_line_of_the_report(self, october: October, as_person: AsPerson) -> None:
        page = as_person(BOLT).get(f"{OF_BOLT}lines/1/")
        assert 'href="/reports/2026-10/bolt/?group=smb&amp;line=workspace-security#line-panel"' in page.text
        assert as_person(BOLT).get("/reports/2026-10/bolt/?group=smb&line=workspace-security").status_code == 200
        assert [as_person(BOLT).get(f"{OF_BOLT}lines/{place}/").status_code for place in ("2", "99", "x")] == [200, 404, 404]

    def test_leads_to_all_reports_behind_that_of_a_distributor(self, settled: October, as_person: AsPerson) -> None:
        for person in (NORTH, VENDOR):
            page = as_person(person).get(f"{OF_NORTH}lines/1/")
            assert [one.msp for one, _address in page.context["rows"]] == ["bolt", "coil"]
            assert "the completed billing report" in as_person(person).get(OF_NORTH).text

    def test_is_nobody_else_s(self, settled: October, as_person: AsPerson) -> None:
        for person, address in ((COIL, OF_BOLT), (SOUTH, OF_BOLT), (VENDOR, OF_BOLT), (BOLT, OF_NORTH), (SOUTH, OF_NORTH)):
            client = as_person(person)
            for place in ("", "lines/1/", "files/csv/"):
                assert client.get(f"{address}{place}").status_code == 404
            assert client.post(address, {"reason": "Mine"}).status_code in {403, 404}
        assert Statement.objects.count() == 3

    def test_takes_few_queries(self, north: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        north.get(OF_BOLT)
        with django_assert_num_queries(QUERIES_OF_THE_PAGE):
            north.get(OF_BOLT)


class TestCorrect:
    def test_is_offered_to_who_issued_it(self, settled: October, as_person: AsPerson) -> None:
        offered = {
            (person, address): "Correct…" in as_person(person).get(address).text
            for person, address in ((NORTH, OF_BOLT), (READER, OF_BOLT), (BOLT, OF_BOLT), (NORTH, OF_NORTH), (VENDOR, OF_NORTH))
        }
        assert [place for place, is_offered in offered.items() if is_offered] == [(NORTH, OF_BOLT), (VENDOR, OF_NORTH)]
        for person, address in ((READER, OF_BOLT), (BOLT, OF_BOLT), (NORTH, OF_NORTH)):
            assert as_person(person).post(address, {"reason": "Mine"}).status_code == 403
            assert "act-heading" not in as_person(person).get(f"{address}?do=correct").text

    def test_needs_a_reason(self, north: Client) -> None:
        assert "Correct north-2026-000001?" in north.get(f"{OF_BOLT}?do=correct").text
        page = north.post(OF_BOLT, {"reason": " "})
        assert page.status_code == 400
        assert "Say why it is corrected" in page.text

    def test_makes_a_credit_note_and_a_replacement_once(self, north: Client) -> None:
        sent = {"reason": "The price was wrong"}
        answers = [north.post(OF_BOLT, sent) for _ in range(2)]
        assert [(one.status_code, one["Location"]) for one in answers] == [(302, "/statements/north-2026-000004/")] * 2
        page = north.get("/statements/north-2026-000004/")
        assert "In place of" in page.text
        assert "The price was wrong" in page.text
        credit = north.get("/statements/north-2026-000003/")
        assert "Takes back all of" in credit.text
        sums = credit.context["sums"]
        assert sums.net == -sum(line.of.amount for line in credit.context["lines"])
        foot = credit.text.partition("<tfoot")[2].partition("</tfoot>")[0]
        assert [money(amount, sums.currency) in foot for amount in (sums.net, sums.tax, sums.gross)] == [True] * 3
        old = north.get(OF_BOLT)
        assert "Corrected by" in old.text
        assert "Correct…" not in old.text
        assert "−" in north.get(f"{LIST}?kind=credit_note").text or "-" in north.get(f"{LIST}?kind=credit_note").text

    def test_tells_who_comes_second(self, north: Client) -> None:
        north.post(OF_BOLT, {"reason": "One"})
        page = north.post(OF_BOLT, {"reason": "Two"})
        assert page.status_code == 409
        assert "“north-2026-000001” was corrected already" in page.text

    def test_waits_for_prices(self, north: Client) -> None:
        save_prices("north", {"currency": "EUR"}, now="2026-11-09T11:00:00Z")
        page = north.post(OF_BOLT, {"reason": "One"})
        assert page.status_code == 400
        assert "3 services have no price" in page.text
        assert "One</textarea>" in page.text
        assert Statement.objects.count() == 2


def sent(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


class TestFiles:
    @pytest.mark.parametrize("form", ["csv", "xlsx", "pdf", "focus-csv", "focus-parquet"])
    def test_are_offered_and_sent(self, north: Client, form: str) -> None:
        assert f'href="{OF_BOLT}files/{form}/"' in north.get(OF_BOLT).text
        answer = north.get(f"{OF_BOLT}files/{form}/")
        assert answer.status_code == 200
        assert "north-2026-000001" in answer["Content-Disposition"]
        assert sent(answer)

    @pytest.mark.parametrize("form", ["factur-x", "ubl"])
    def test_say_what_an_invoice_lacks(self, north: Client, form: str) -> None:
        page = north.get(f"{OF_BOLT}files/{form}/")
        assert page.status_code == 400
        assert "Something is not right" in page.text

    def test_of_the_list_have_its_filters(self, north: Client) -> None:
        assert 'href="/statements/files/csv/?search=coil"' in north.get(f"{LIST}?search=coil").text
        content = sent(north.get("/statements/files/csv/?search=coil"))
        assert b"north-2026-000002" in content
        assert b"north-2026-000001" not in content

    def test_of_reports_and_of_a_cycle_are_sent(self, north: Client) -> None:
        assert north.get("/reports/2026-10/bolt/files/xlsx/").status_code == 200
        assert b"Coil Services" in sent(north.get("/review/files/csv/?status=all"))
        assert sent(north.get("/review/files/pdf/?status=all"))[:4] == b"%PDF"
        assert sent(north.get("/statements/files/pdf/"))[:4] == b"%PDF"
        archive = north.get("/cycles/2026-10/archive/?form=csv&form=pdf")
        assert archive["Content-Type"] == "application/zip"
        assert sent(archive)[:2] == b"PK"
        assert [north.get(f"/cycles/{place}").status_code for place in ("2026-10/archive/", "2026-11/archive/?form=csv")] == [400, 404]

    def test_of_the_list_of_an_msp_are_sent(self, north: Client, as_person: AsPerson) -> None:
        bolt = as_person(BOLT)
        assert 'href="/reports/files/csv/?year=2026"' in bolt.get("/reports/?year=2026").text
        listed = sent(bolt.get("/reports/files/csv/"))
        assert (b"Bolt IT" in listed, b"Coil" in listed) == (True, False)
        assert sent(bolt.get("/reports/files/csv/?year=2026")) == listed
        assert b"Bolt IT" not in sent(bolt.get("/reports/files/csv/?year=2025"))
        assert sent(bolt.get("/reports/files/pdf/"))[:4] == b"%PDF"
        assert bolt.get("/reports/files/ubl/").status_code == 400

    def test_of_others_are_not_there(self, north: Client, as_person: AsPerson) -> None:
        assert as_person(COIL).get("/reports/2026-10/bolt/files/csv/").status_code == 404
        assert as_person(BOLT).get("/review/files/csv/").status_code == 403

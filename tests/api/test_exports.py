"""Files of reports, billing reports, statements and whole cycles, as programs get them."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from pypdf import PdfReader
from pytest_django import DjangoDbBlocker

from tests.api import money
from tests.api.conftest import AsProgram, Program
from tests.api.reading import errors
from tests.reports.month import OPERATOR, October, at
from trueup.accounts.rules import Scope
from trueup.kit.period import Month
from trueup.statements.actions import complete_billing, save_details, submit_billing

pytestmark = pytest.mark.django_db

BOLTS, NORTHS = "north-2026-000001", "acme-vendor-2026-000001"
BEGINS = {
    "csv": b"", "xlsx": b"PK", "pdf": b"%PDF-", "factur-x": b"%PDF-", "ubl": b"<?xml", "focus-csv": b"", "focus-parquet": b"PAR1",
}  # fmt: skip
NORTH_SAYS = {
    "street": "Hafen 1", "postal_code": "20457", "city": "Hamburg", "country": "DE", "vat_id": "DE123456789",
    "email": "billing@north.example", "iban": "DE02120300000000202051", "payment_days": "14",
}  # fmt: skip
BOLT_SAYS = {"street": "Allee 2", "postal_code": "10115", "country": "DE", "vat_id": "DE987654321"}


@pytest.fixture(scope="module", autouse=True)
def october(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[October]:
    """One month for all tests here, billed: each takes back what it did."""
    with django_db_blocker.unblock(), money.standing(tmp_path_factory.mktemp("money")) as month:
        submit_billing(OPERATOR, Month(2026, 10), "north", now=at(money.NOW))
        complete_billing(OPERATOR, Month(2026, 10), "north", now=at(money.NOW))
        money.issue_billed()
        yield month


@pytest.fixture
def north(as_program: AsProgram) -> Program:
    return as_program("north")


def got(program: Program, path: str) -> tuple[Any, bytes]:
    """The answer, and what it streams."""
    answer: Any = program.call("GET", path)
    assert (answer.status_code, answer.streaming) == (200, True), answer.content
    return answer, b"".join(answer.streaming_content)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def code(program: Program, path: str) -> tuple[int, str]:
    status, problem = program.get(path)
    return status, problem["code"]


class TestAFile:
    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("/reports/2026-10/bolt/files/csv", "report-2026-10-bolt.csv"),
            ("/reports/2026-10/bolt/files/xlsx", "report-2026-10-bolt.xlsx"),
            ("/reports/2026-10/bolt/files/pdf", "report-2026-10-bolt.pdf"),
            ("/reports/files/csv?cycle=2026-10", "reports-2026-10.csv"),
            ("/reports/files/xlsx", "reports.xlsx"),
            ("/reports/files/pdf", "reports.pdf"),
            (f"/statements/{BOLTS}/files/csv", f"{BOLTS}.csv"),
            (f"/statements/{BOLTS}/files/pdf", f"{BOLTS}.pdf"),
            (f"/statements/{BOLTS}/files/focus-csv", f"{BOLTS}.focus.csv"),
            (f"/statements/{BOLTS}/files/focus-parquet?iso_currency=true", f"{BOLTS}.focus.parquet"),
            ("/statements/files/csv", "statements.csv"),
            ("/statements/files/pdf", "statements.pdf"),
            ("/statements/files/focus-parquet?cycle=2026-10", "statements-2026-10.focus.parquet"),
            ("/billing-reports/2026-10/north/files/csv", "billing-report-2026-10-north.csv"),
            ("/billing-reports/2026-10/north/files/xlsx", "billing-report-2026-10-north.xlsx"),
            ("/billing-reports/2026-10/north/files/pdf", "billing-report-2026-10-north.pdf"),
        ],
    )
    def test_comes_with_its_name_and_kind(self, north: Program, path: str, name: str) -> None:
        answer, content = got(north, path)
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
        form = path.partition("?")[0].rpartition("/")[2]
        assert (content.startswith(BEGINS[form]), len(content) > 100) == (True, True)

    def test_is_in_the_language_that_is_asked_for(self, north: Program) -> None:
        for path in ("/reports/2026-10/bolt/files/pdf", "/reports/files/pdf?cycle=2026-10"):
            pages = {}
            for language in ("en", "de-AT,de;q=0.9", "tlh"):
                answer: Any = north.call("GET", path, **{"Accept-Language": language})
                content = io.BytesIO(b"".join(answer.streaming_content))
                pages[answer["Content-Language"], language[:2]] = PdfReader(content).pages[0].extract_text()
            assert {key: ("Cycle 2026-10" in page, "Zyklus 2026-10" in page) for key, page in pages.items()} == {
                ("en", "en"): (True, False), ("de", "de"): (False, True), ("en", "tl"): (True, False),
            }  # fmt: skip

    def test_of_a_list_has_what_the_list_has(self, north: Program) -> None:
        listed = [one["number"] for one in north.get("/statements?seller=north")[1]["items"]]
        found = rows(got(north, "/statements/files/csv?seller=north")[1])
        assert {one for row in found for one in row.values() if one in listed} == set(listed)
        assert NORTHS.encode() not in got(north, "/statements/files/csv?seller=north")[1]
        assert len(rows(got(north, "/reports/files/csv?search=bolt")[1])) == 1

    def test_is_an_e_invoice_where_the_parties_say_enough(self, north: Program) -> None:
        path = f"/statements/{BOLTS}/files/ubl"
        status, problem = north.get(path)
        assert (status, problem["code"]) == (422, "invalid")
        for ref, said in (("north", NORTH_SAYS), ("bolt", BOLT_SAYS)):
            save_details(OPERATOR, ref, said, seen=None, now=at(money.NOW))
        number = north.post(f"/statements/{BOLTS}/correct", {"reason": "With addresses."})[1]["replacement"]["number"]
        for form in ("ubl", "factur-x"):
            assert got(north, f"/statements/{number}/files/{form}")[1].startswith(BEGINS[form])

    @pytest.mark.parametrize(
        "path",
        ["/reports/files/ubl", "/reports/2026-10/bolt/files/ubl", "/statements/files/doc", "/billing-reports/2026-10/north/files/ubl"],
    )
    def test_is_refused_in_a_form_there_is_not(self, north: Program, path: str) -> None:
        status, problem = north.get(path)
        assert (status, errors(problem)) == (422, {"/path/form": "form"})


class TestWho:
    @pytest.mark.parametrize(
        ("path", "seen_by"),
        [
            ("/reports/2026-10/bolt/files/csv", {"acme-vendor", "north", "bolt"}),
            (f"/statements/{BOLTS}/files/csv", {"north", "bolt"}),
            (f"/statements/{NORTHS}/files/csv", {"acme-vendor", "north"}),
            ("/billing-reports/2026-10/north/files/csv", {"acme-vendor", "north"}),
        ],
    )
    def test_gets_it(self, as_program: AsProgram, path: str, seen_by: set[str]) -> None:
        accounts = ("acme-vendor", "north", "south", "bolt", "coil")
        statuses = {account: as_program(account).call("GET", path).status_code for account in accounts}
        assert statuses == {account: 200 if account in seen_by else 404 for account in accounts}

    def test_gets_of_a_list_only_what_is_theirs(self, as_program: AsProgram) -> None:
        for account, own, other in (("bolt", BOLTS, NORTHS), ("acme-vendor", NORTHS, BOLTS)):
            content = got(as_program(account), "/statements/files/csv")[1].decode()
            assert (own in content, other in content) == (True, False)

    def test_has_the_scopes(self, as_program: AsProgram) -> None:
        reports, statements = as_program("north", Scope.REPORTS_READ), as_program("north", Scope.STATEMENTS_READ)
        for path in ("/reports/files/csv", "/reports/2026-10/bolt/files/csv"):
            assert code(statements, path) == (403, "missing_scope")
        for path in ("/statements/files/csv", f"/statements/{BOLTS}/files/csv", "/billing-reports/2026-10/north/files/csv"):
            assert code(reports, path) == (403, "missing_scope")
        for program in (reports, statements):
            assert code(program, "/cycles/2026-10/archive?forms=csv") == (403, "missing_scope")


class TestACycle:
    def names(self, program: Program, forms: str) -> list[str]:
        answer, content = got(program, f"/cycles/2026-10/archive?forms={forms}")
        assert (answer["Content-Type"], answer["Content-Disposition"]) == ("application/zip", 'attachment; filename="trueup-2026-10.zip"')
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
            return archive.namelist()

    def test_has_all_that_one_sees_in_each_form(self, as_program: AsProgram, north: Program) -> None:
        all_of_north = self.names(north, "csv,focus-csv")
        assert {f"statements/{BOLTS}.csv", "statements.focus.csv", "reports/2026-10-coil.csv"} <= set(all_of_north)
        assert "billing-reports/2026-10-north.csv" in all_of_north
        of_bolt = self.names(as_program("bolt"), "csv")
        assert (any(BOLTS in name for name in of_bolt), any("coil" in name or "billing" in name for name in of_bolt)) == (True, False)
        assert not any("north-2026" in name for name in self.names(as_program("acme-vendor"), "csv"))

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/cycles/2026-10/archive", 422), ("/cycles/2026-10/archive?forms=", 422), ("/cycles/2026-10/archive?forms=csv,doc", 422),
            ("/cycles/2026-09/archive?forms=csv", 404), ("/cycles/October/archive?forms=csv", 404),
        ],
    )  # fmt: skip
    def test_is_of_a_closed_month_and_forms_there_are(self, north: Program, path: str, status: int) -> None:
        assert north.get(path)[0] == status


class TestCustomerBills:
    PATH = "/reports/2026-10/bolt/customer-bills"

    def test_say_what_to_bill_each_customer(self, as_program: AsProgram) -> None:
        status, found = as_program("bolt").get(self.PATH)
        assert (status, found["is_final"], found["currency"], found["cost_currency"], found["cost_net"]) == (
            200,
            True,
            "EUR",
            "EUR",
            "62.4",
        )
        (dental,) = found["items"]
        assert (dental["customer"], dental["name"], dental["reason"]) == ("bolt-dental", "Dental Care", None)
        assert [(one["service"], one["units"]) for one in dental["units"]] == [("workspace-security", "12"), ("endpoint-core", "31")]
        assert [(one["code"], one["quantity"], one["amount"]) for one in dental["lines"]] == [
            ("workspace-security", "12", "72"), ("endpoint-core", "31", "46.5"),
        ]  # fmt: skip
        assert [dental[name] for name in ("net", "tax", "gross", "cost", "margin")] == ["118.5", "0", "118.5", "62.4", "56.1"]
        assert [(one["service"], one["units"], one["billed"], one["missing"]) for one in found["lines"]] == [
            ("workspace-security", "12", "12", "0"), ("endpoint-core", "31", "31", "0"),
        ]  # fmt: skip
        assert found["sums"] == {"net": "118.5", "tax": "0", "gross": "118.5", "cost": "62.4", "margin": "56.1", "others": 0}

    def test_say_what_has_no_price(self, as_program: AsProgram) -> None:
        (bakery,) = as_program("coil").get("/reports/2026-10/coil/customer-bills")[1]["items"]
        assert [bakery[name] for name in ("lines", "currency", "net", "margin")] == [None] * 4
        assert (bakery["reason"], bakery["cost"]) == ("there is no price list", "0")

    def test_are_the_msps_own(self, as_program: AsProgram, north: Program) -> None:
        for program in (north, as_program("acme-vendor")):
            assert code(program, self.PATH) == code(program, f"{self.PATH}/files/csv") == (403, "not_allowed")
        coil = as_program("coil")
        assert code(coil, self.PATH) == code(coil, f"{self.PATH}/files/csv") == (404, "not_found")
        assert code(as_program("bolt", Scope.REPORTS_READ), self.PATH) == (403, "missing_scope")

    def test_come_as_a_file(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        answer, content = got(bolt, f"{self.PATH}/files/csv")
        assert answer["Content-Disposition"] == 'attachment; filename="customer-bills-2026-10-bolt.csv"'
        assert b"bolt-dental" in content
        assert json.loads(bolt.call("GET", f"{self.PATH}/files/pdf").content)["code"] == "invalid"

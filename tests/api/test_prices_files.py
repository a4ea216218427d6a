"""Files of prices, and a month by another price list."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.api import money
from tests.api.conftest import AsProgram, Program, said
from tests.api.reading import errors
from tests.reports.month import October
from trueup.accounts.rules import Scope
from trueup.prices.models import KeptPriceList

pytestmark = pytest.mark.django_db

FILE = """\
price_lists:
- seller: north
  buyer: bolt
  from: 2026-06-01
  currency: EUR
  services:
    endpoint-core: '2.50'
promo_codes:
- seller: north
  code: SUMMER
  from: '2026-06-01'
  until: '2026-08-31'
  margin_percent: 5
"""


@pytest.fixture(scope="module", autouse=True)
def october(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[October]:
    """One month for all tests here: each takes back what it did."""
    with django_db_blocker.unblock(), money.standing(tmp_path_factory.mktemp("money")) as month:
        yield month


@pytest.fixture
def north(as_program: AsProgram) -> Program:
    return as_program("north")


def apply(program: Program, text: str | bytes, query: str = "", kind: str = "application/yaml", **headers: str) -> tuple[int, Any]:
    sent = text.encode() if isinstance(text, str) else text
    return said(program.call("POST", f"/prices/apply{query}", sent, content_type=kind, **headers))


class TestApplying:
    def test_saves_all_of_a_file_and_the_second_time_nothing(self, north: Program) -> None:
        changed = ["north → bolt 2026-06-01", "north SUMMER"]
        assert apply(north, FILE, "?dry_run=true") == (200, {"dry_run": True, "changed": changed})
        assert north.get("/promo-codes/north/SUMMER")[0] == 404
        assert apply(north, FILE, kind="text/yaml; charset=utf-8") == (200, {"dry_run": False, "changed": changed})
        assert north.get("/price-lists/north/bolt/2026-06-01")[1]["services"] == {"endpoint-core": {"price": "2.5"}}
        assert apply(north, FILE) == (200, {"dry_run": False, "changed": []})

    def test_names_every_problem_with_its_line_and_saves_nothing(self, north: Program) -> None:
        bad = FILE.replace("'2.50'", "-1").replace("2026-08-31", "2026-05-31")
        status, problem = apply(north, bad)
        assert (status, errors(problem)) == (
            422,
            {"/price_lists/0/services/endpoint-core/price": "not_a_number", "/promo_codes/0": "promo_code"},
        )
        assert [one["detail"].partition(":")[0] for one in problem["errors"]] == ["prices.yaml line 7", "prices.yaml line 9"]
        assert not KeptPriceList.objects.filter(from_date="2026-06-01").exists()

    @pytest.mark.parametrize("text", ["price_lists: [", "- 1", "a: &a [*a]"])
    def test_refuses_what_is_no_file_of_prices(self, north: Program, text: str) -> None:
        assert apply(north, text)[0] == 422

    @pytest.mark.parametrize(
        ("text", "kind", "headers", "status"),
        [
            (FILE, "text/csv", {}, 415),
            (FILE, "application/yaml; charset=utf-16", {}, 415),
            (FILE, "application/yaml", {"content_encoding": "gzip"}, 415),
            (b"\xff", "application/yaml", {}, 400),
        ],
    )
    def test_is_yaml_in_utf_8(self, north: Program, text: str | bytes, kind: str, headers: dict[str, str], status: int) -> None:
        assert apply(north, text, kind=kind, **headers)[0] == status

    def test_is_for_the_seller(self, as_program: AsProgram) -> None:
        assert apply(as_program("acme-vendor"), FILE)[1]["code"] == "not_allowed"
        status, problem = apply(as_program("bolt"), FILE)
        assert (status, set(errors(problem).values())) == (422, {"unknown"})
        assert apply(as_program("north", Scope.STATEMENTS_READ), FILE)[1]["code"] == "missing_scope"


class TestExporting:
    def test_gives_what_can_be_sent_back(self, north: Program) -> None:
        answer = north.call("GET", "/prices/export")
        text = answer.content.decode()
        assert (answer["Content-Type"], answer["Content-Disposition"]) == (
            "application/yaml; charset=utf-8", 'attachment; filename="prices-north.yaml"',
        )  # fmt: skip
        assert ("code: LAUNCH" in text, "seller: acme-vendor" in text) == (True, False)
        assert apply(north, text) == (200, {"dry_run": False, "changed": []})

    def test_of_another_seller_has_what_one_buys_by(self, as_program: AsProgram, north: Program) -> None:
        bought = as_program("bolt").call("GET", "/prices/export?seller=north").content.decode()
        assert (bought.count("seller: north"), "LAUNCH" in bought, "buyer: bolt" in bought) == (2, False, True)
        for account, seller in (("acme-vendor", "north"), ("north", "bolt"), ("bolt", "acme-vendor")):
            assert "seller:" not in as_program(account).call("GET", f"/prices/export?seller={seller}").content.decode()


class TestSimulating:
    def test_says_what_a_month_would_come_to(self, north: Program) -> None:
        cheap = {"currency": "EUR", "services": {"workspace-security": "1", "endpoint-core": "1"}}
        north.put("/price-lists/north/*/2027-01-01", cheap, if_none_match="*")
        status, found = north.post("/prices/simulate", {"cycle": "2026-10", "seller": "north", "buyer": "*", "from": "2027-01-01"})
        assert (status, found["cycle"], [one["msp"] for one in found["items"]]) == (200, "2026-10", ["bolt", "coil"])
        bolt = found["items"][0]
        assert bolt["tried"] == {"currency": "EUR", "net": "43", "tax": "0", "gross": "43"}
        assert bolt["in_force"] == {"currency": "EUR", "net": "62.4", "tax": "11.86", "gross": "74.26"}
        assert (bolt["msp_name"], bolt["reason"]) == ("Bolt IT", None)

    def test_says_what_has_no_price(self, north: Program) -> None:
        north.put("/price-lists/north/*/2027-01-01", {"currency": "EUR"}, if_none_match="*")
        wanted = {"cycle": "2026-10", "seller": "north", "from": "2027-01-01"}
        bolt, coil = north.post("/prices/simulate", wanted)[1]["items"]
        assert (bolt["tried"], bolt["reason"]) == (None, "2 services have no price, among them workspace-security, endpoint-core")
        assert (coil["tried"], coil["reason"]) == (None, "there is no price for endpoint-core")

    def test_without_a_list_goes_by_those_in_force(self, as_program: AsProgram, north: Program) -> None:
        items = north.post("/prices/simulate", {"cycle": "2026-10"})[1]["items"]
        assert all(one["tried"] == one["in_force"] is not None for one in items)
        (own,) = as_program("bolt").post("/prices/simulate", {"cycle": "2026-10"})[1]["items"]
        assert own == items[0]
        assert {
            one["in_force"] and one["msp"] for one in as_program("acme-vendor").post("/prices/simulate", {"cycle": "2026-10"})[1]["items"]
        } == {None}

    @pytest.mark.parametrize(
        ("wanted", "status"),
        [
            ({"cycle": "2026-10", "seller": "bolt", "from": "2026-01-01"}, 404),
            ({"cycle": "2026-10", "seller": "north", "from": "2025-01-01"}, 404),
            ({"cycle": "2020-10"}, 404),
            ({"cycle": "October"}, 422),
            ({"cycle": "2026-10", "seller": "north", "from": "tomorrow"}, 422),
            ({"cycle": "2026-10", "prices": {}}, 422),
            ({}, 422),
        ],
    )
    def test_is_of_a_month_and_a_list_that_one_sees(self, north: Program, wanted: dict[str, Any], status: int) -> None:
        assert north.post("/prices/simulate", wanted)[0] == status

    def test_needs_the_scope(self, as_program: AsProgram) -> None:
        program = as_program("north", Scope.PRICES_WRITE)
        assert program.post("/prices/simulate", {"cycle": "2026-10"})[1]["code"] == "missing_scope"
        assert json.loads(program.call("GET", "/prices/export").content)["code"] == "missing_scope"

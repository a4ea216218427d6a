"""Files of prices, and a month by another price list."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.api import money
from tests.api.conftest import AsProgram, Program, said
from tests.api.october import figures, queries
from tests.api.reading import errors, whole
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


SIMULATION = "/prices/simulation?cycle=2026-10"


class TestSimulating:
    def test_says_what_everybody_would_pay_beside_now(self, north: Program) -> None:
        cheap = {"currency": "EUR", "services": {"workspace-security": "1", "endpoint-core": "1"}}
        north.put("/price-lists/north/*/2027-01-01", cheap, if_none_match="*")
        status, found = north.get(f"{SIMULATION}&seller=north&from=2027-01-01")
        assert (status, [one["buyer"] for one in found["items"]], found["next"]) == (200, ["bolt", "coil"], None)
        bolt, coil = found["items"]
        # bolt has a list of its own, which names its seats and packs: they stay, and so do its currency and its tax
        assert bolt["by_list"] == {"currency": "EUR", "net": "81.4", "tax": "15.47", "gross": "96.87"}
        assert bolt["now"] == {"currency": "EUR", "net": "62.4", "tax": "11.86", "gross": "74.26"}
        assert figures(bolt, "buyer_name", "difference", "why_not_now", "why_not_by_list") == ["Bolt IT", "19", None, None]
        assert (coil["by_list"]["net"], coil["difference"]) == ("7", "7")

    def test_of_a_list_for_one_is_that_one(self, as_program: AsProgram, north: Program) -> None:
        north.put("/price-lists/north/coil/2027-01-01", {"currency": "EUR", "services": {"endpoint-core": "2"}}, if_none_match="*")
        wanted = f"{SIMULATION}&seller=north&buyer=coil&from=2027-01-01"
        status, found = north.get(wanted)
        assert (status, [(one["buyer"], one["by_list"]["net"]) for one in found["items"]]) == (200, [("coil", "14")])
        assert as_program("coil").get(wanted) == (200, found)
        assert as_program("bolt").get(wanted)[0] == 404

    def test_of_a_vendor_is_what_its_distributors_pay_for_all_their_reports(self, as_program: AsProgram, north: Program) -> None:
        volume = {"pricing": "volume", "tiers": [{"up_to": 31, "price": 9}, {"price": 1}]}
        said = {"currency": "USD", "services": {"workspace-security": "4", "endpoint-core": volume}}
        vendor = as_program("acme-vendor")
        assert vendor.put("/price-lists/acme-vendor/*/2026-10-31", said, if_none_match="*")[0] == 201
        status, found = vendor.get(f"{SIMULATION}&seller=acme-vendor&from=2026-10-31")
        [norths] = [one for one in found["items"] if one["buyer"] == "north"]
        assert (status, norths["by_list"]["net"]) == (200, "86")  # bolt has 31, coil 7: 390 MSP by MSP
        assert {one["buyer"] for one in found["items"]} == {"north", "south"}
        assert north.get(f"{SIMULATION}&seller=acme-vendor&from=2026-10-31") == (200, {"items": [norths], "next": None})

    def test_of_an_msp_is_what_its_customers_pay(self, as_program: AsProgram, north: Program) -> None:
        wanted = f"{SIMULATION}&seller=bolt&from=2026-01-01"
        status, found = as_program("bolt").get(wanted)
        assert (status, [one["buyer"] for one in found["items"]]) == (200, ["bolt-dental"])
        [dental] = found["items"]
        assert (dental["now"], dental["difference"]) == (dental["by_list"], "0")
        assert dental["now"]["net"] == "118.5"
        assert north.get(wanted)[0] == 404

    def test_comes_in_pages(self, north: Program) -> None:
        read = [one["buyer"] for page in whole(north, f"{SIMULATION}&seller=north&from=2026-01-01", 1) for one in page]
        assert read == ["bolt", "coil"]

    def test_asks_as_much_for_many_as_for_few(self, north: Program) -> None:
        path = f"{SIMULATION}&seller=north&from=2026-01-01"
        assert len(set(queries(north, f"{path}&limit=1", path).values())) == 1

    def test_says_what_has_no_price(self, north: Program) -> None:
        north.put("/price-lists/north/*/2026-10-31", {"currency": "EUR"}, if_none_match="*")
        coil = north.get(f"{SIMULATION}&seller=north&from=2026-01-01")[1]["items"][1]
        assert figures(coil, "now", "why_not_now", "difference") == [None, "there is no price for endpoint-core", None]
        coil = north.get(f"{SIMULATION}&seller=north&from=2026-10-31")[1]["items"][1]
        assert figures(coil, "by_list", "why_not_by_list") == [None, "there is no price for endpoint-core"]

    @pytest.mark.parametrize(
        ("wanted", "status"),
        [
            ("cycle=2026-10&seller=bolt&from=2026-01-01", 404),
            ("cycle=2026-10&seller=north&from=2025-01-01", 404),
            ("cycle=2020-10&seller=north&from=2026-01-01", 404),
            ("cycle=October&seller=north", 422),
            ("cycle=2026-10&seller=north&from=tomorrow", 422),
            ("cycle=2026-10", 422),
            ("seller=north", 422),
            ("cycle=2026-10&seller=north&from=2026-01-01&cursor=x", 422),
        ],
    )
    def test_is_of_a_month_and_a_list_that_one_sees(self, north: Program, wanted: str, status: int) -> None:
        assert north.get(f"/prices/simulation?{wanted}")[0] == status

    def test_needs_the_scope(self, as_program: AsProgram) -> None:
        program = as_program("north", Scope.PRICES_WRITE)
        assert program.get(f"{SIMULATION}&seller=north")[1]["code"] == "missing_scope"
        assert json.loads(program.call("GET", "/prices/export").content)["code"] == "missing_scope"

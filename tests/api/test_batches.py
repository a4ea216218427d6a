"""Batches and unknown names, each as far as an account may know them."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from tests.api.conftest import AsProgram, Program, said
from trueup.accounts.models import Account
from trueup.accounts.rules import Scope, Viewer
from trueup.catalog.models import BillingUnit, Service, SolutionGroup
from trueup.kit.period import Month
from trueup.ledger.models import Source
from trueup.ledger.queries import usage_rows

HEADER = "day,customer,service,provisioned_units,used_units\n"
BOLT = (
    HEADER + "2026-10-01,bolt-dental,endpoint-core,40,31\n2026-10-01,bolt-garage,endpoint-core,5,\n2026-10-02,bolt-garage,email-core,5,\n"
)
OWN_QUERIES = 3
"""Who asks, and the list in one."""

OTHERS_QUERIES = OWN_QUERIES + 1
"""And how much of what others sent is of the vendor's services."""

DUNE = HEADER + "2026-10-01,dune-hotel,endpoint-core,7,\n"

pytestmark = pytest.mark.usefixtures("transactional_db", "world", "ledger_home", "home")


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    """A home of this test's own, for the files."""
    settings.TRUEUP_HOME = tmp_path / "home"
    return tmp_path / "home"


def send(program: Program, body: str, query: str = "", **headers: str) -> Any:
    """Send usage that is taken in."""
    status, answer = said(program.call("POST", f"/usage{query}", body.encode(), content_type="text/csv", **headers))
    assert status in {200, 201}, answer
    return answer


def batches(program: Program, query: str = "") -> list[Any]:
    """The batches a program sees."""
    status, answer = program.get(f"/batches{query}")
    assert status == 200
    return list(answer["items"])


def second_vendor() -> None:
    """other → east → dock → tank, and a service of that vendor."""
    parent = Account.objects.create(ref="other", tier="vendor", name="Other")
    group = SolutionGroup.objects.create(vendor=parent, code="other-group", name="Other")
    Service.objects.create(code="shield", name="Shield", group=group, unit=BillingUnit.objects.get(code="seat"))
    for ref, tier in (("east", "distributor"), ("dock", "msp"), ("tank", "customer")):
        account = Account.objects.create(ref=ref, tier=tier, name=ref)
        parent = account.placements.create(parent=parent, from_date=date(2025, 1, 1)).account


class TestBatches:
    def test_are_those_the_account_delivered(self, as_program: AsProgram) -> None:
        bolt, coil = as_program("bolt"), as_program("coil")
        first = send(bolt, BOLT, idempotency_key="october")
        again = send(bolt, BOLT.replace("40", "41"))
        assert [one["id"] for one in batches(bolt)] == [again["batch"], first["batch"]]
        assert batches(bolt)[1] | {"recorded_at": None} == {
            "id": first["batch"], "source": "default", "status": "stored", "received_at": "2026-11-03T12:00:00Z", "recorded_at": None,
            "stored": 3, "refused": 0, "unmapped": 0, "key": "october", "file_name": "usage.csv", "delivered_by": "Program of bolt",
            "replayed": False,
        }  # fmt: skip
        assert batches(coil) == batches(as_program("north")) == []
        assert batches(bolt, "?source=default") == batches(bolt)
        assert batches(bolt, "?source=rmm-feed") == []

    def test_are_read_page_by_page(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        sent = [send(bolt, BOLT.replace("40", str(number)))["batch"] for number in (41, 42, 43)]
        first = bolt.get("/batches?limit=2")[1]
        rest = bolt.get(f"/batches?limit=2&cursor={first['next']}")[1]
        assert [one["id"] for one in first["items"] + rest["items"]] == sent[::-1]
        assert rest["next"] is None

    def test_say_how_much_is_of_which_day(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        number = send(bolt, BOLT)["batch"]
        status, found = bolt.get(f"/batches/{number}")
        assert (status, found["stored"]) == (200, 3)
        assert found["days"] == [{"day": "2026-10-01", "records": 2}, {"day": "2026-10-02", "records": 1}]

    @pytest.mark.parametrize("account", ["coil", "north", "south"])
    def test_of_others_are_as_unknown_as_none(self, account: str, as_program: AsProgram) -> None:
        number = send(as_program("bolt"), BOLT)["batch"]
        stranger = as_program(account)
        found, nothing = stranger.get(f"/batches/{number}"), stranger.get(f"/batches/{number + 1}")
        assert found[0] == nothing[0] == 404
        assert found[1]["code"] == nothing[1]["code"]
        assert stranger.get("/batches/99999999999999999999")[0] == 404

    def test_of_others_tell_a_vendor_of_its_own_records_alone(self, as_program: AsProgram) -> None:
        number = send(as_program("bolt"), BOLT, idempotency_key="october")["batch"]
        second_vendor()
        send(as_program("dock"), HEADER + "2026-10-01,tank,shield,1,\n")
        (seen,) = batches(as_program("acme-vendor"))
        assert (seen["id"], seen["stored"]) == (number, 3)
        assert [seen[name] for name in ("refused", "unmapped", "key", "file_name", "delivered_by")] == [None] * 5
        whole = as_program("acme-vendor").get(f"/batches/{number}")[1]
        assert (whole["stored"], whole["key"], len(whole["days"])) == (3, None, 2)
        assert as_program("other").get(f"/batches/{number}")[0] == 404
        assert [one["stored"] for one in batches(as_program("other"))] == [1]

    @pytest.mark.parametrize("further", [0, 3])
    def test_ask_the_database_a_fixed_number_of_times(
        self, further: int, as_program: AsProgram, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        bolt, vendor = as_program("bolt"), as_program("acme-vendor")
        for number in range(1 + further):
            send(bolt, BOLT.replace("40", str(number)))
        for program, queries in ((bolt, OWN_QUERIES), (vendor, OTHERS_QUERIES)):
            program.get("/me")  # its last use is noted once a minute
            with django_assert_num_queries(queries):
                assert len(batches(program)) == 1 + further

    def test_need_the_scope(self, as_program: AsProgram) -> None:
        writer = as_program("bolt", Scope.USAGE_WRITE)
        assert writer.get("/batches")[0] == writer.get("/batches/1")[0] == writer.get("/unmapped")[0] == 403

    @pytest.mark.parametrize("query", ["?cursor=x", "?limit=0", "?source=%00"])
    def test_are_asked_for_plainly(self, query: str, as_program: AsProgram) -> None:
        assert as_program("bolt").get(f"/batches{query}")[0] == 422


UNKNOWN_QUERIES = 4
"""Who asks, then customers and services."""

UNKNOWN = HEADER + "2026-10-01,Dental Care,EPC,4,3\n2026-10-02,Dental Care,email-core,5,5\n2026-10-02,bolt-garage,EPC,6,6\n"


class TestUnknownNames:
    def test_are_read_page_by_page(self, as_program: AsProgram) -> None:
        vendor = as_program("acme-vendor")
        assert send(vendor, UNKNOWN, "?source=manual")["unmapped"] == 3
        first = vendor.get("/unmapped?limit=1")[1]
        assert first["items"] == [
            {
                "source": "manual",
                "kind": "customer",
                "name": "Dental Care",
                "records": 2,
                "first_day": "2026-10-01",
                "last_day": "2026-10-02",
                "suggestion": None,
            }
        ]
        rest = vendor.get(f"/unmapped?limit=1&cursor={first['next']}")[1]
        assert ([(one["kind"], one["name"], one["records"]) for one in rest["items"]], rest["next"]) == ([("service", "EPC", 2)], None)
        assert vendor.get("/unmapped?source=rmm-feed")[1]["items"] == []

    @pytest.mark.parametrize("further", [0, 3])
    def test_ask_the_database_a_fixed_number_of_times(
        self, further: int, as_program: AsProgram, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        vendor = as_program("acme-vendor")
        more = "".join(f"2026-10-03,Name {number},endpoint-core,1,1\n" for number in range(further))
        send(vendor, UNKNOWN + more, "?source=manual")
        vendor.get("/me")
        with django_assert_num_queries(UNKNOWN_QUERIES):
            assert len(vendor.get("/unmapped")[1]["items"]) == 2 + further

    def test_are_a_vendors_matter(self, as_program: AsProgram) -> None:
        send(as_program("acme-vendor"), UNKNOWN, "?source=manual")
        assert as_program("north").get("/unmapped")[1]["items"] == []
        status, problem = as_program("north").post("/mappings", {"name": "EPC", "service": "endpoint-core"})
        assert (status, problem["code"]) == (403, "not_allowed")

    def test_are_mapped_and_what_waited_is_stored(self, as_program: AsProgram) -> None:
        vendor = as_program("acme-vendor")
        send(vendor, UNKNOWN, "?source=manual")
        status, mapped = vendor.post("/mappings", {"name": "EPC", "service": "endpoint-core", "source": "manual"})
        assert (status, mapped["replayed"], mapped["remaining"]) == (200, 1, 1)
        assert batches(vendor)[0]["replayed"] is True
        assert vendor.post("/mappings", {"name": "Dental Care", "customer": "bolt-dental"})[1] == {
            "batch": mapped["batch"] + 1, "replayed": 2, "remaining": 0,
        }  # fmt: skip
        assert len(list(usage_rows(Viewer.system(), Month(2026, 10)))) == 3
        assert vendor.post("/mappings", {"name": "EPC", "service": "endpoint-core", "source": "manual"})[1]["batch"] is None
        assert vendor.post("/mappings", {"name": "EPC", "service": "email-core", "source": "manual"})[0] == 409

    @pytest.mark.parametrize(
        ("body", "status", "path"),
        [
            ({"name": "x"}, 422, "/customer"),
            ({"name": "x", "customer": "bolt-dental", "service": "email-core"}, 422, "/customer"),
            ({"name": "x", "customer": "bolt-dental", "source": "nothing"}, 422, "/source"),
            ({"name": "", "customer": "bolt-dental"}, 422, "/name"),
            ({"name": "x\0", "customer": "bolt-dental"}, 422, "/name"),
            ({"name": "x" * 301, "customer": "bolt-dental"}, 422, "/name"),
            ({"name": "x", "customer": "bolt-dental", "more": 1}, 422, "/more"),
            ({"name": "x", "customer": "nobody"}, 404, None),
            ({"name": "x", "service": "nothing"}, 404, None),
        ],
    )
    def test_are_mapped_to_what_there_is(self, body: Any, status: int, path: str | None, as_program: AsProgram) -> None:
        found, problem = as_program("acme-vendor").post("/mappings", body)
        assert (found, problem.get("errors", [{"path": None}])[0]["path"]) == (status, path)

    def test_that_others_sent_reach_no_further_than_their_sender(self, as_program: AsProgram) -> None:
        vendor = as_program("acme-vendor")
        # The usual source keeps what is unknown: an MSP that names a customer of another waits in vain.
        Source.objects.create(code="default", keeps_unmapped=True)
        body = HEADER + "2026-10-01,coil-bakery,EPC,4,3\n2026-10-01,bolt-dental,EPC,4,3\n"
        assert send(as_program("bolt"), body)["unmapped"] == 2
        mapped = vendor.post("/mappings", {"name": "EPC", "service": "endpoint-core"})[1]
        assert (mapped["replayed"], mapped["remaining"]) == (1, 1)
        assert [row.customer for row in usage_rows(Viewer.system(), Month(2026, 10))] == ["bolt-dental"]

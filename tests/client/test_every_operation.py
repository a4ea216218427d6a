"""Every operation of the API is a method of the client, or it is said why not; and the answers are read."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import token_of_person
from tests.client.fake import Server, problem
from trueup.client import Client, LineEdit
from trueup.kit.errors import NotAllowed

DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {
    one["operationId"]: (method.upper(), path)
    for path, operations in DOCUMENT["paths"].items()
    for method, one in operations.items()
    if isinstance(one, dict) and "operationId" in one
}

REPORT, SEEN = ("2026-10", "bolt"), {"version": "3"}
BILLING, STATEMENT = ("2026-10", "north"), "north-2026-000001"
Call = Callable[[Client], Any]

ENTRIES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "accounts": ("accounts", "account", ("bolt",)),
    "solution_groups": ("solution_groups", "solution_group", ("smb",)),
    "services": ("services", "service", ("endpoint-core",)),
    "billing_units": ("billing_units", "billing_unit", ("seat",)),
    "regions": ("regions", "region", ("emea",)),
    "account_types": ("account_types", "account_type", ("msp",)),
    "sources": ("sources", "source", ("rmm-feed",)),
    "terms": ("terms", "terms_entry", ("north", "2026-01-01")),
}
"""The kinds of entries of the network: what their lists, and what one of them is called in the API."""

CALLS: dict[str, Call] = {
    "me": lambda c: c.me(),
    "get_notifications": lambda c: c.notifications.get(),
    "change_notifications": lambda c: c.notifications.change(values={}, version="1"),
    "list_views": lambda c: c.views.list(),
    "get_view": lambda c: c.views.get("mine"),
    "put_view": lambda c: c.views.put("mine", values={"query": ""}),
    "delete_view": lambda c: c.views.remove("mine", version="1"),
    "list_cycles": lambda c: c.cycles.list(),
    "get_cycle": lambda c: c.cycles.get("2026-10"),
    "list_cycle_days": lambda c: c.cycles.calendar("2026-10"),
    "regenerate_cycle": lambda c: c.cycles.regenerate("2026-10", {"bolt": "3"}),
    "list_reports": lambda c: c.reports.list(since="2026-01", distributor="north"),
    "list_waiting": lambda c: c.reports.waiting(),
    "get_report": lambda c: c.reports.get(*REPORT),
    "edit_report_lines": lambda c: c.reports.save(*REPORT, [LineEdit("endpoint-core", comment="Why")], **SEEN),
    "submit_report": lambda c: c.reports.submit(*REPORT, **SEEN),
    "approve_report": lambda c: c.reports.approve(*REPORT, **SEEN),
    "approve_reports": lambda c: c.reports.approve_all([]),
    "reject_report": lambda c: c.reports.reject(*REPORT, reason="Why?", **SEEN),
    "regenerate_report": lambda c: c.reports.regenerate(*REPORT, **SEEN),
    "waive_penalty": lambda c: c.reports.waive(*REPORT, "endpoint-core", reason="First", **SEEN),
    "get_report_forecast": lambda c: c.reports.forecast(*REPORT),
    "list_report_customers": lambda c: c.reports.all_customers(*REPORT),
    "list_line_customers": lambda c: c.reports.customers(*REPORT, "endpoint-core"),
    "list_line_days": lambda c: c.reports.days(*REPORT, "endpoint-core"),
    "list_report_history": lambda c: c.reports.history(*REPORT),
    "export_report": lambda c: c.reports.export(*REPORT),
    "export_mapped_report": lambda c: c.reports.mapped(*REPORT, "connectwise"),
    "get_placements": lambda c: c.network.placements("bolt"),
    "put_placements": lambda c: c.network.place("bolt", [], version="1"),
    "list_account_history": lambda c: c.network.history("bolt"),
    "list_installation_history": lambda c: c.network.history(),
    "import_customers": lambda c: c.network.import_customers(__file__),
    "get_terms": lambda c: c.network.terms.get("north"),
    "list_members": lambda c: c.network.members(),
    "get_member": lambda c: c.network.members_of("bolt").get("a@bolt.example"),
    "put_member": lambda c: c.network.members_of("bolt").put("a@bolt.example", values={"role": "viewer"}),
    "delete_member": lambda c: c.network.members_of("bolt").remove("a@bolt.example", version="1"),
    "invite_member": lambda c: c.network.invite("bolt", "a@bolt.example"),
    "list_clients": lambda c: c.clients.list(),
    "get_client": lambda c: c.clients.get("feed"),
    "create_client": lambda c: c.clients.create("Feed", ["usage:write"]),
    "change_client": lambda c: c.clients.change("feed", name="Other", version="1"),
    "rotate_client": lambda c: c.clients.rotate("feed"),
    "revoke_client": lambda c: c.clients.revoke("feed"),
    "send_usage": lambda c: c.usage.send([]),
    "list_usage": lambda c: c.usage.records("2026-10"),
    "list_batches": lambda c: c.usage.batches(),
    "get_batch": lambda c: c.usage.batch(7),
    "list_deliveries": lambda c: c.usage.deliveries(state="failed"),
    "get_delivery": lambda c: c.usage.delivery(7),
    "list_unmapped": lambda c: c.usage.unmapped(),
    "map_name": lambda c: c.usage.map("EPC", service="endpoint-core"),
    "map_names": lambda c: c.usage.map_several([{"name": "EPC", "service": "endpoint-core"}]),
    "list_refused_events": lambda c: c.usage.refused_events(),
    "retry_refused_events": lambda c: c.usage.retry_events([1]),
    "list_mapping_profiles": lambda c: c.profiles.list(),
    "get_mapping_profile": lambda c: c.profiles.get("mine"),
    "put_mapping_profile": lambda c: c.profiles.save("mine", {}),
    "delete_mapping_profile": lambda c: c.profiles.remove("mine", version="1"),
    "list_price_lists": lambda c: c.prices.list(seller="north", buyer="*"),
    "get_price_list": lambda c: c.prices.get("north"),
    "put_price_list": lambda c: c.prices.save("north", "bolt", date(2026, 7, 1), definition={"currency": "EUR"}),
    "delete_price_list": lambda c: c.prices.remove("north", "bolt", version="1"),
    "list_price_list_history": lambda c: c.prices.history("north", "bolt"),
    "list_prices_history": lambda c: c.prices.all_history("north"),
    "list_promo_code_history": lambda c: c.promo_codes.history("north", "LAUNCH"),
    "apply_prices": lambda c: c.prices.apply("price_lists: []\n", dry_run=True),
    "export_prices": lambda c: c.prices.export("north"),
    "simulate_prices": lambda c: c.prices.simulate("2026-10", "north"),
    "list_promo_codes": lambda c: c.promo_codes.list(),
    "get_promo_code": lambda c: c.promo_codes.get("north", "LAUNCH"),
    "put_promo_code": lambda c: c.promo_codes.save("north", "LAUNCH", {"margin_percent": "5"}),
    "delete_promo_code": lambda c: c.promo_codes.remove("north", "LAUNCH", version="1"),
    "check_promo_code": lambda c: c.promo_codes.check("acme-vendor", "LAUNCH", "endpoint-core", "2026-10"),
    "list_billing_reports": lambda c: c.billing.list(cycle="2026-10"),
    "get_billing_report": lambda c: c.billing.get(*BILLING),
    "edit_billing_report": lambda c: c.billing.save(*BILLING, po_number="PO-7", version="3"),
    "submit_billing_report": lambda c: c.billing.submit(*BILLING, **SEEN),
    "return_billing_report": lambda c: c.billing.send_back(*BILLING, reason="Why?", **SEEN),
    "complete_billing_report": lambda c: c.billing.complete(*BILLING, **SEEN),
    "list_billing_report_lines": lambda c: c.billing.lines(*BILLING, "endpoint-core"),
    "list_billing_report_history": lambda c: c.billing.history(*BILLING),
    "get_billing_details": lambda c: c.billing.details("north"),
    "put_billing_details": lambda c: c.billing.save_details("north", {"city": "Berlin"}),
    "list_statements": lambda c: c.statements.list(cycle="2026-10", kind="credit_note"),
    "get_statement": lambda c: c.statements.get(STATEMENT),
    "correct_statement": lambda c: c.statements.correct(STATEMENT, reason="Why"),
    "list_waiting_statements": lambda c: c.statements.waiting(),
    "list_customer_bills": lambda c: c.reports.customer_bills(*REPORT),
    "list_billed": lambda c: [*c.insight.billed("2026-09", "2026-10", by="msp")],
    "list_review_figures": lambda c: [*c.insight.review("2026-09", "2026-10")],
    "get_deprovisioning": lambda c: c.insight.deprovision(*REPORT),
    "get_measures": lambda c: c.insight.measures(*REPORT),
    "export_reports": lambda c: c.reports.files("csv", cycle="2026-10"),
    "export_report_file": lambda c: c.reports.file(*REPORT, "csv"),
    "export_statements": lambda c: c.statements.files("csv", cycle="2026-10"),
    "export_statement": lambda c: c.statements.file(STATEMENT, "csv"),
    "export_billing_report": lambda c: c.billing.file(*BILLING, "csv"),
    "export_customer_bills": lambda c: c.reports.customer_bills_file(*REPORT, "csv"),
    "export_cycle": lambda c: c.cycles.archive("2026-10", ["csv"]),
    "list_webhook_events": lambda c: c.webhooks.event_types(),
    "list_webhooks": lambda c: c.webhooks.list(),
    "create_webhook": lambda c: c.webhooks.add("https://hooks.example.com"),
    "get_webhook": lambda c: c.webhooks.get(1),
    "update_webhook": lambda c: c.webhooks.change(1, {}, version="1"),
    "delete_webhook": lambda c: c.webhooks.remove(1, version="1"),
    "rotate_webhook_secret": lambda c: c.webhooks.rotate_secret(1),
    "test_webhook": lambda c: c.webhooks.test(1),
    "list_webhook_deliveries": lambda c: c.webhooks.deliveries(1),
    "replay_webhook_delivery": lambda c: c.webhooks.replay(1, 2),
}  # fmt: skip

ELSEWHERE = {
    "list_report_lines": "a report is read with its lines",
    "count_reports": "who has the list can count it",
    "export_line_customers": "they are read as records",
    "get_refused_rows": "usage.refused_rows, of a delivery that was sent",
    "send_events": "for clients that people already have",
    "send_event_batch": "for clients that people already have",
}
"""Operations without a method of their own, and why."""


def _entry_calls(kind: str, name: tuple[str, ...]) -> dict[str, Call]:
    return {
        "get": lambda c: getattr(c.network, kind).get(*name),
        "put": lambda c: getattr(c.network, kind).put(*name, values={}),
        "change": lambda c: getattr(c.network, kind).change(*name, values={}, version="1"),
        "delete": lambda c: getattr(c.network, kind).remove(*name, version="1"),
    }


for _kind, (_list, _one, _name) in ENTRIES.items():
    CALLS[f"list_{_list}"] = lambda c, kind=_kind: getattr(c.network, kind).list()  # type: ignore[misc]
    CALLS.update({f"{verb}_{_one}": call for verb, call in _entry_calls(_kind, _name).items() if f"{verb}_{_one}" in OPERATIONS})


class TestEveryOperation:
    def test_is_a_method_of_the_client_or_it_is_said_why_not(self) -> None:
        assert sorted([*CALLS, *ELSEWHERE]) == sorted(OPERATIONS)

    @pytest.mark.parametrize("operation", CALLS)
    def test_is_asked_for_at_its_address(self, operation: str) -> None:
        server = Server(problem(403, "missing_scope", "no"))
        with pytest.raises(NotAllowed) as refused:
            CALLS[operation](server.client())
        assert refused.value.code == "missing_scope"
        method, path = OPERATIONS[operation]
        asked = server.requests[0]
        assert asked.method == method
        assert re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)), asked.url.raw_path.decode().partition("?")[0])


@pytest.mark.django_db
class TestAnswers:
    @pytest.fixture
    def _django_db_helper(self, served_month: str) -> None:
        """In place of a transaction, which the server could not look into."""

    def test_are_read_as_they_come(self, served_month: str) -> None:
        with Client(served_month, token=token_of_person("admin@north.example")) as client:
            assert {one.name for one in client.clients.list()} >= {"Feed of north"}
            made = client.clients.create("Another", ["reports:read"])
            changed = client.clients.change(made.client_id, name="Other", version=client.clients.get(made.client_id).version)
            assert (changed.name, changed.scopes, len(made.secret)) == ("Other", ("reports:read",), 43)
            assert client.clients.rotate(made.client_id, overlap_hours=0).secret != made.secret
            client.clients.revoke(made.client_id)
            assert client.clients.get(made.client_id).revoked_at is not None
            assert any(one.kind for one in client.reports.waiting())
            (measured,) = client.cycles.regenerate("2026-10", {"nobody": "1"})
            assert (measured.done, measured.problem and measured.problem.code) == (False, "not_found")
            (approved,) = client.reports.approve_all([client.reports.get("2026-10", "bolt")])
            assert (approved.msp, approved.problem and approved.problem.code) == ("bolt", "conflict")
            assert client.notifications.get().version
            assert client.views.put("mine", values={"query": "status=approved"})["name"] == "mine"

    def test_of_usage_are_read_as_they_come(self, served_month: str) -> None:
        with Client(served_month, token=token_of_person("admin@acme.example")) as client:
            first = next(client.usage.batches())
            assert client.usage.batch(first.id).days[0].day >= date(2026, 10, 1)
            assert [*client.usage.refused_events()] == []
            assert all(one.state for one in client.usage.deliveries())
            (mapped,) = client.usage.map_several([{"name": "nobody-waits", "service": "no-service"}])
            assert mapped.problem is not None
            assert all(day.state for source in client.cycles.calendar("2026-10") for day in source.days)

    def test_of_a_report_are_read_as_they_come(self, served_month: str) -> None:
        with Client(served_month, token=token_of_person("billing@bolt.example")) as client:
            behind = [*client.reports.all_customers("2026-10", "bolt")]
            assert {one.service for one in behind} >= {"endpoint-core"}
            assert client.reports.mapped("2026-10", "bolt", "connectwise").startswith(b"company/identifier,")
            assert client.reports.export("2026-10", "bolt")
            assert "psa-of-bolt" in {one.name for one in client.profiles.list()}

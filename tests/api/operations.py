"""Every operation of the API: whose thing it is asked for, what is sent, and who gets what.

`test_permissions.py` fails for an operation without a row here, and tries every row with every caller.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from tests.reports.month import HEADER
from tests.web.month import Autumn

CALLERS: Final[Mapping[str, str]] = {
    "V": "acme-vendor", "N": "north", "S": "south", "B": "bolt", "C": "coil", "D": "dune", "v": "viewer@bolt.example",
}  # fmt: skip
"""A letter for each: programs of the vendor, the distributors and the MSPs with every scope there is for them (dune has no access to usage
reports), and a person who only reads at bolt."""

ALL: Final = "".join(CALLERS)
NOWHERE: Final = "nowhere"
"""Whose things do not exist."""

Values = Callable[[Autumn, str], dict[str, str]]


def _nothing(_autumn: Autumn, _of: str) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Operation:
    """One operation. `said`: whose thing → who gets what; `at`: the parts of its path for it; `sends`: its body (bytes: as `kind`)."""

    name: str
    said: Mapping[str, str]
    at: Values = _nothing
    query: str = ""
    sends: Any = None
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    doer: str = ""
    """Who, and of whose thing (`B bolt`), changes the database by it; empty for what writes nothing."""

    def address(self, template: str, autumn: Autumn, of: str) -> str:
        """Its address below /api/v1, of somebody's thing."""
        parts = {name: quote(value, safe="@") for name, value in self.at(autumn, of).items()}
        return template.removeprefix("/api/v1").format(**parts) + self.query.format(of=of)


def who(said: str) -> dict[str, int]:
    """`200 NB 403 v`: status by letter; who is not named gets 404."""
    words = said.split()
    named = {letter: int(status) for status, letters in zip(words[::2], words[1::2], strict=True) for letter in letters}
    return {letter: named.get(letter, 404) for letter in CALLERS}


# ── Where somebody's thing is ─────────────────────────────────────────────────────────────────────────────────────────

_CUSTOMER: Final = {"bolt": "bolt-dental", "coil": "coil-bakery", "dune": "dune-hotel"}
_MEMBER: Final = {"bolt": "viewer@bolt.example", "north": "north@north.example"}


def _report(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"cycle": "2026-10", "msp": of}


def _line(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"cycle": "2026-10", "msp": of, "service": "endpoint-core"}


def _cycle(_autumn: Autumn, _of: str) -> dict[str, str]:
    return {"cycle": "2026-10"}


def _ref(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"ref": of}


def _customer(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"ref": _CUSTOMER.get(of, of)}


def _member(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"ref": of, "email": _MEMBER.get(of, "nobody@bolt.example")}


def _client(autumn: Autumn, of: str) -> dict[str, str]:
    return {"client_id": autumn.clients.get(of, NOWHERE)}


def _code(code: str) -> Values:
    return lambda _autumn, of: {"code": code if of != NOWHERE else NOWHERE}


def _entry(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"account": of, "day": "2026-12-01" if of == "bolt" else "2026-01-01"}


def _terms(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"account": of}


def _numbered(_autumn: Autumn, _of: str) -> dict[str, str]:
    return {"number": "999999"}


def _sent(autumn: Autumn, of: str) -> dict[str, str]:
    return {"number": str(autumn.deliveries.get(of, 999_999))}


def _named(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"name": of}


def _webhook(autumn: Autumn, of: str) -> dict[str, str]:
    return {"webhook_id": str(autumn.webhooks.get(of, (999_999, 0))[0])}


def _delivery(autumn: Autumn, of: str) -> dict[str, str]:
    webhook_id, delivery_id = autumn.webhooks.get(of, (999_999, 999_999))
    return {"webhook_id": str(webhook_id), "delivery_id": str(delivery_id)}


_HOOK: Final = {"bolt": "200 B 403 v", NOWHERE: "403 v"}
ANY: Final = {"if_match": "*"}
_REPORT: Final = {"bolt": "200 VNBv", "coil": "200 VNC", "dune": "200 VS 403 D", NOWHERE: ""}
_BELOW: Final = {"bolt": "200 VNBv", "coil": "200 VNC", "dune": "200 VSD", "north": "200 VN", NOWHERE: ""}
_USAGE: Final = f"{HEADER}\n2026-11-01,bolt-dental,endpoint-core,4,4,\n".encode()
_CLOUD_EVENT: Final = {
    "specversion": "1.0", "id": "1", "source": "rmm", "type": "endpoint-core", "subject": "bolt-dental", "time": "2026-11-01T10:00:00Z",
    "data": {"provisioned": 4},
}  # fmt: skip
_EVENT: Final = {
    "transaction_id": "1", "external_subscription_id": "bolt-dental", "code": "endpoint-core", "timestamp": 1793527200,
    "properties": {"provisioned": 4},
}  # fmt: skip
_EDITS: Final = {"lines": [{"service": "endpoint-core", "chargeable_units": "31", "comment": "Counted anew."}]}
_WAIVER: Final = {"service": "endpoint-core", "reason": "Agreed."}
_SEVERAL: Final = {"reports": [{"cycle": "2026-10", "msp": "coil", "version": None}]}
_BOLTS: Final = {"bolt": "200 VNB 403 v", NOWHERE: ""}
_CLIENT: Final = {"account": "bolt", "name": "Feed", "scopes": ["usage:write"]}
_PERSONS: Final = {"": "200 v 403 VNSBCD"}
_NO_VIEW: Final = {NOWHERE: "403 VNSBCD"}
_PROFILE: Final = {"kind": "out", "columns": [{"heading": "Quantity", "field": "chargeable"}]}
_DENTAL: Final = {"tier": "customer", "name": "Renamed", "parent": "bolt"}


def _kept(name: str, several: str, code: str, entry: dict[str, object], change: dict[str, object] | None = None) -> list[Operation]:
    """The operations of one list of the catalog, which the vendor keeps. Everybody reads it, but for sources."""
    at, open_to_all = _code(code), name != "source"
    kept = {"own": "200 V 403 NSBCDv" if open_to_all else "200 V"}
    return [
        Operation(f"list_{several}", {"": f"200 {ALL}"}),
        Operation(f"get_{name}", {"own": f"200 {ALL if open_to_all else 'V'}", NOWHERE: ""}, at=at),
        Operation(f"put_{name}", kept, at=at, sends=entry, headers=ANY, doer="V own"),
        Operation(f"change_{name}", kept | {NOWHERE: ""}, at=at, sends=change or {"name": "Changed"}, headers=ANY, doer="V own"),
        Operation(f"delete_{name}", {"own": "409 V 403 NSBCDv" if open_to_all else "409 V", NOWHERE: ""}, at=at, headers=ANY),
    ]


OPERATIONS: Final = (
    Operation("me", {"": f"200 {ALL}"}),
    # ── What people have, and programs do not
    Operation("get_notifications", _PERSONS),
    Operation("change_notifications", _PERSONS, sends={"kinds": {"approved": "off"}}, headers=ANY, doer="v "),
    Operation("list_views", _PERSONS),
    Operation("get_view", _NO_VIEW, at=_named),
    Operation("put_view", {"mine": "201 v 403 VNSBCD"}, at=_named, sends={"query": "cycle=2026-10"}, doer="v mine"),
    Operation("delete_view", _NO_VIEW, at=_named, headers=ANY),
    # ── Cycles and reports
    Operation("list_cycles", {"": "200 VNSBCv 403 D"}),
    Operation("get_cycle", {"": "200 VNSBCv 403 D"}, at=_cycle),
    Operation("list_cycle_days", {"": "200 VNS 403 BCDv"}, at=_cycle),
    Operation("list_reports", {"": "200 VNSBCv 403 D"}),
    Operation("count_reports", {"": "200 VNSBCv 403 D"}),
    Operation("list_waiting", {"": f"200 {ALL}"}),
    Operation("get_report", _REPORT, at=_report),
    Operation("list_report_lines", _REPORT, at=_report),
    Operation("get_report_forecast", _REPORT | {"coil": "409 VNC"}, at=_report),
    Operation("list_report_customers", _REPORT, at=_report),
    Operation("list_line_customers", _REPORT, at=_line),
    Operation("list_line_days", _REPORT, at=_line),
    Operation("list_report_history", _REPORT, at=_report),
    Operation("export_report", _REPORT, at=_report),
    Operation("export_line_customers", _REPORT, at=_line),
    Operation("export_mapped_report", _REPORT, at=_report, query="?profile=connectwise"),
    Operation(
        "edit_report_lines", {"bolt": "200 B 403 VNv", "coil": "409 C 403 VN", "dune": "200 S 403 VD", NOWHERE: ""},
        at=_report, sends=_EDITS, headers=ANY, doer="B bolt",
    ),
    Operation(
        "submit_report", {"bolt": "422 B 403 VNv", "coil": "409 C 403 VN", "dune": "200 S 403 VD", NOWHERE: ""},
        at=_report, sends={}, headers=ANY, doer="S dune",
    ),
    Operation(
        "approve_report", {"coil": "200 N 403 VC", "bolt": "409 N 403 VBv", "dune": "409 S 403 VD", NOWHERE: ""},
        at=_report, sends={}, headers=ANY, doer="N coil",
    ),
    Operation(
        "reject_report", {"coil": "200 N 403 VC", "bolt": "409 N 403 VBv", NOWHERE: ""},
        at=_report, sends={"reason": "Explain."}, headers=ANY, doer="N coil",
    ),
    Operation(
        "regenerate_report", {"bolt": "200 N 403 VBv", "coil": "409 N 403 VC", NOWHERE: ""},
        at=_report, sends={}, headers=ANY, doer="N bolt",
    ),
    Operation("approve_reports", {"": "200 NS 403 VBCDv"}, sends=_SEVERAL, doer="N "),
    Operation("regenerate_cycle", {"": "200 NS 403 VBCDv"}, at=_cycle, sends={"reports": [{"msp": "bolt", "version": None}]}, doer="N "),
    Operation(
        "waive_penalty", {"gale": "200 N 403 V", "coil": "409 N 403 VC", NOWHERE: ""},
        at=_report, sends=_WAIVER, headers=ANY, doer="N gale",
    ),
    # ── The network
    Operation("list_accounts", {"": f"200 {ALL}"}),
    Operation("get_account", _BELOW, at=_ref),
    Operation("put_account", {"bolt": "200 VNB 403 v"}, at=_customer, sends=_DENTAL, headers=ANY, doer="B bolt"),
    Operation("change_account", _BOLTS, at=_customer, sends={"name": "Renamed"}, headers=ANY, doer="B bolt"),
    Operation("delete_account", {"bolt": "409 VNB 403 v", NOWHERE: ""}, at=_customer, headers=ANY),
    Operation("get_placements", _BELOW, at=_ref),
    Operation("put_placements", _BOLTS, at=_customer, sends={"placements": [{"parent": "bolt"}]}, headers=ANY),
    Operation("list_account_history", _BELOW, at=_ref),
    Operation("list_installation_history", {"": "200 V"}),
    Operation("import_customers", {"": "200 VNB 422 SCD 403 v"}, sends=b"ref,name,msp\nnew,New,bolt\n", kind="text/csv", doer="B "),
    *_kept("solution_group", "solution_groups", "smb", {"name": "Changed"}),
    *_kept("service", "services", "endpoint-core", {"name": "Changed", "group": "credits", "unit": "endpoint"}),
    *_kept("billing_unit", "billing_units", "GB", {"name": "Changed", "decimals": 3}),
    *_kept("region", "regions", "emea", {"name": "Changed"}),
    *_kept("account_type", "account_types", "msp", {"name": "Changed"}),
    *_kept("source", "sources", "manual", {"unmapped": "refuse"}, {"expected": "daily"}),
    Operation("list_terms", {"": f"200 {ALL}"}),
    Operation("get_terms", _BELOW, at=_terms),
    Operation("get_terms_entry", {"bolt": "200 VNBv", "north": "200 VN", NOWHERE: ""}, at=_entry),
    Operation(
        "put_terms_entry", {"bolt": "200 N 403 VBv", NOWHERE: ""},
        at=_entry, sends={"auto_submit_after_days": 9}, headers=ANY, doer="N bolt",
    ),
    Operation("delete_terms_entry", {"bolt": "204 N 403 VBv", NOWHERE: ""}, at=_entry, headers=ANY, doer="N bolt"),
    Operation("list_members", {"": f"200 {ALL}"}),
    Operation("get_member", {"bolt": "200 VNBv", "north": "200 VN", NOWHERE: ""}, at=_member),
    Operation("put_member", _BOLTS, at=_member, sends={"role": "viewer"}, headers=ANY),
    Operation("delete_member", {"bolt": "204 VNB 403 v", NOWHERE: ""}, at=_member, headers=ANY, doer="B bolt"),
    Operation("invite_member", {"bolt": "202 VNB 403 v", "north": "202 VN 403 v", NOWHERE: "403 v"}, at=_member, doer="B bolt"),
    # ── Programs
    Operation("list_clients", {"": "200 VNSBCD 403 v"}),
    Operation("create_client", {"": "201 VNB 403 v"}, sends=_CLIENT, doer="B "),
    Operation("get_client", {"bolt": "200 VNB 403 v", "north": "200 VN 403 v", NOWHERE: "403 v"}, at=_client),
    Operation(
        "change_client", {"bolt": "200 VNB", NOWHERE: ""}, at=_client, sends={"name": "Renamed"}, headers=ANY, doer="B bolt",
    ),
    Operation("rotate_client", {"bolt": "200 VNB", NOWHERE: ""}, at=_client, sends={}, doer="B bolt"),
    Operation("revoke_client", {"bolt": "200 VNB", NOWHERE: ""}, at=_client, sends={}, doer="B bolt"),
    # ── Usage
    Operation("send_usage", {"": "201 VNB 422 SCD 403 v"}, sends=_USAGE, kind="text/csv"),
    Operation("list_usage", {"": f"200 {ALL}"}, query="?month=2026-10"),
    Operation("list_batches", {"": f"200 {ALL}"}),
    Operation("get_batch", {NOWHERE: ""}, at=_numbered),
    Operation("list_deliveries", {"": f"200 {ALL}"}),
    Operation("get_delivery", {"bolt": "200 Bv", NOWHERE: ""}, at=_sent),
    Operation("get_refused_rows", {"bolt": "200 Bv", NOWHERE: ""}, at=_sent),
    Operation("list_unmapped", {"": f"200 {ALL}"}),
    Operation("map_name", {"": "200 V 403 NSBCDv"}, sends={"name": "Nobody", "customer": "bolt-dental"}),
    Operation("map_names", {"": "200 V 403 NSBCDv"}, sends={"mappings": [{"name": "Nobody", "customer": "bolt-dental"}]}),
    Operation("send_events", {"": "204 VNB 422 SCD 403 v"}, sends=_CLOUD_EVENT, doer="B "),
    Operation("send_event_batch", {"": "200 VNB 422 SCD 403 v"}, sends={"events": [_EVENT]}, doer="B "),
    Operation("list_refused_events", {"": f"200 {ALL}"}),
    Operation("retry_refused_events", {"": "200 VNSBCD 403 v"}, sends={}),
    # ── Files and calls of others
    Operation("list_mapping_profiles", {"": f"200 {ALL}"}),
    Operation("get_mapping_profile", {"connectwise": f"200 {ALL}", NOWHERE: ""}, at=_named),
    Operation("put_mapping_profile", {"mine": "201 VNSBCD 403 v"}, at=_named, sends=_PROFILE, doer="B mine"),
    Operation("delete_mapping_profile", {NOWHERE: "403 v"}, at=_named, headers=ANY),
    Operation("list_webhook_events", {"": f"200 {ALL}"}),
    Operation("list_webhooks", {"": "200 VNSBCD 403 v"}),
    Operation("create_webhook", {"": "201 VNSBCD 403 v"}, sends={"url": "https://1.1.1.1/in"}, doer="B "),
    Operation("get_webhook", _HOOK, at=_webhook),
    Operation("update_webhook", _HOOK, at=_webhook, sends={"description": "Ours"}, headers=ANY, doer="B bolt"),
    Operation("delete_webhook", {"bolt": "204 B 403 v", NOWHERE: "403 v"}, at=_webhook, headers=ANY, doer="B bolt"),
    Operation("rotate_webhook_secret", _HOOK, at=_webhook, doer="B bolt"),
    Operation("test_webhook", {"bolt": "202 B 403 v", NOWHERE: "403 v"}, at=_webhook, doer="B bolt"),
    Operation("list_webhook_deliveries", _HOOK, at=_webhook),
    Operation("replay_webhook_delivery", {"bolt": "202 B 403 v", NOWHERE: "403 v"}, at=_delivery),
)  # fmt: skip
"""The table."""

OUTSIDE: Final = frozenset({"send_usage", "map_name", "map_names"})
"""They write to the ledger too, which is not taken back with the database: asked by those only whom they refuse."""


def expected(operation: Operation, of: str, lacks_scope: frozenset[str]) -> dict[str, int]:
    """What is to be tried: every caller with its status, but of strangers one distributor and one MSP only.

    Who can have none of the operation's scopes is told so before anything is looked up.
    """
    statuses = who(operation.said[of]) | dict.fromkeys(lacks_scope, 403)
    strangers = {letter for letter in CALLERS if statuses[letter] == 404}
    tried = {next((letter for letter in tier if letter in strangers), "") for tier in ("V", "NS", "BCD", "v")}
    found = {letter: status for letter, status in statuses.items() if status != 404 or letter in tried}
    return {letter: status for letter, status in found.items() if status >= 300 or operation.name not in OUTSIDE}

"""The operations of final billing: whose thing each is asked for, what is sent, and who gets what.

Besides what tests/web/month.py has, the month is settled (tests/api/money.py): everybody has price lists, fern's statement is issued, north
collects its billing report, south has submitted its own.
"""

from typing import Final

from tests.api.operations import ALL, ANY, NOWHERE, Operation, Values
from tests.web.month import Autumn

_FERNS: Final = "north-2026-000001"


def _list(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"seller": of, "buyer": "*", "day": "2026-01-01"}


def _promo(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"seller": of, "code": "LAUNCH"}


def _billing(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"cycle": "2026-10", "distributor": of}


def _billed_line(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"cycle": "2026-10", "distributor": of, "service": "endpoint-core"}


def _account(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"account": of}


def _statement(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"number": of}


def _cycle(_autumn: Autumn, _of: str) -> dict[str, str]:
    return {"cycle": "2026-10"}


def _report(_autumn: Autumn, of: str) -> dict[str, str]:
    return {"cycle": "2026-10", "msp": of}


def _csv(at: Values) -> Values:
    return lambda autumn, of: at(autumn, of) | {"form": "csv"}


def _nothing(_autumn: Autumn, _of: str) -> dict[str, str]:
    return {}


_READ_BILLING: Final = {"north": "200 N 403 V", "south": "200 VS", NOWHERE: ""}
_DECIDED: Final = {"south": "200 V 403 S", "north": "409 V 403 N", NOWHERE: ""}
_STATEMENT: Final = {_FERNS: "200 N", NOWHERE: ""}
_REPORT: Final = {"bolt": "200 VNBv", "coil": "200 VNC", "dune": "200 VS 403 D", NOWHERE: ""}
_BILLS: Final = {"bolt": "200 Bv 403 VN", "coil": "200 C 403 VN", "dune": "403 VSD", NOWHERE: ""}
_REASON: Final = {"reason": "A price was wrong."}
_PROMO: Final = {"from": "2026-01-01", "until": "2026-12-31", "margin_percent": 5}
_CHECK: Final = {"seller": "north", "code": "LAUNCH", "service": "workspace-security", "cycle": "2026-10"}
_FILE: Final = b"price_lists: [{seller: north, currency: EUR, services: {workspace-security: 7}}]\n"

MONEY: Final = (
    # ── Prices
    Operation("list_price_lists", {"": f"200 {ALL}"}),
    Operation("get_price_list", {"acme-vendor": "200 VNS", "north": "200 NBCv", "bolt": "200 Bv", NOWHERE: ""}, at=_list),
    Operation(
        "put_price_list", {"north": "200 N 403 BCv", "bolt": "200 B 403 v", NOWHERE: ""},
        at=_list, sends={"currency": "EUR"}, headers=ANY, doer="N north",
    ),
    Operation(
        "delete_price_list", {"north": "204 N 403 BCv", "bolt": "204 B 403 v", NOWHERE: ""}, at=_list, headers=ANY, doer="B bolt",
    ),
    Operation("list_price_list_history", {"acme-vendor": "200 V", "north": "200 N", "bolt": "200 Bv", NOWHERE: ""}, at=_list),
    Operation("apply_prices", {"": "200 N 403 Vv 422 SBCD"}, sends=_FILE, kind="application/yaml", doer="N "),
    Operation("export_prices", {"": f"200 {ALL}"}),
    Operation(
        "simulate_prices", {"acme-vendor": "200 VNS", "north": "200 NBCv", "bolt": "200 Bv", NOWHERE: ""},
        query="?cycle=2026-10&seller={of}&from=2026-01-01",
    ),
    Operation("list_prices_history", {"acme-vendor": "200 V", "north": "200 N", "bolt": "200 Bv", NOWHERE: ""}, query="?seller={of}"),
    Operation("list_promo_code_history", {"acme-vendor": "200 V", "north": "200 N", NOWHERE: ""}, at=_promo),
    Operation("list_promo_codes", {"": f"200 {ALL}"}),
    Operation("get_promo_code", {"acme-vendor": "200 V", "north": "200 N", NOWHERE: ""}, at=_promo),
    Operation("put_promo_code", {"north": "200 N", NOWHERE: ""}, at=_promo, sends=_PROMO, headers=ANY, doer="N north"),
    Operation("delete_promo_code", {"north": "204 N", NOWHERE: ""}, at=_promo, headers=ANY, doer="N north"),
    Operation("check_promo_code", {"": "200 NBCv"}, sends=_CHECK),
    # ── Billing reports
    Operation("list_billing_reports", {"": f"200 {ALL}"}),
    Operation("get_billing_report", _READ_BILLING, at=_billing),
    Operation("list_billing_report_lines", _READ_BILLING, at=_billed_line),
    Operation("list_billing_report_history", _READ_BILLING, at=_billing),
    Operation(
        "edit_billing_report", {"north": "200 N 403 V", "south": "409 S 403 V", NOWHERE: ""},
        at=_billing, sends={"po_number": "PO 7"}, headers=ANY, doer="N north",
    ),
    Operation("submit_billing_report", {"north": "422 N 403 V", "south": "409 S 403 V", NOWHERE: ""}, at=_billing, headers=ANY),
    Operation("return_billing_report", _DECIDED, at=_billing, sends=_REASON, headers=ANY, doer="V south"),
    Operation("complete_billing_report", _DECIDED, at=_billing, headers=ANY, doer="V south"),
    Operation("get_billing_details", {"north": "200 N 403 V", "bolt": "200 Bv 403 VN", NOWHERE: ""}, at=_account),
    Operation(
        "put_billing_details", {"bolt": "200 B 403 VNv", NOWHERE: "403 v"},
        at=_account, sends={"city": "Berlin"}, headers=ANY, doer="B bolt",
    ),
    # ── Statements, and what an MSP bills
    Operation("list_statements", {"": f"200 {ALL}"}),
    Operation("list_waiting_statements", {"": f"200 {ALL}"}),
    Operation("get_statement", _STATEMENT, at=_statement),
    Operation(
        "correct_statement", {_FERNS: "200 N 403 Bv", NOWHERE: "403 Bv"}, at=_statement, sends=_REASON, doer=f"N {_FERNS}",
    ),
    Operation("list_customer_bills", _BILLS, at=_report),
    # ── Insight
    Operation("list_billed", {"": f"200 {ALL}"}, query="?from=2026-10&to=2026-10"),
    Operation("list_review_figures", {"": "200 VNS 403 BCDv"}, query="?from=2026-10&to=2026-10"),
    Operation("get_deprovisioning", _REPORT, at=_report),
    Operation("get_measures", _REPORT, at=_report),
    # ── Files
    Operation("export_reports", {"": "200 VNSBCv 403 D"}, at=_csv(_nothing)),
    Operation("export_report_file", _REPORT, at=_csv(_report)),
    Operation("export_statements", {"": f"200 {ALL}"}, at=_csv(_nothing)),
    Operation("export_statement", _STATEMENT, at=_csv(_statement)),
    Operation("export_billing_report", {"north": "200 N 403 V", NOWHERE: ""}, at=_csv(_billing)),
    Operation("export_customer_bills", _BILLS, at=_csv(_report)),
    Operation("export_cycle", {"": f"200 {ALL}"}, at=_cycle, query="?forms=csv"),
)  # fmt: skip
"""The table."""

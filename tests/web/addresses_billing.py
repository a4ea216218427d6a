"""The pages of billing reports, statements and files in the table of all addresses (tests/web/addresses.py)."""

from typing import Final

from tests.web.addresses_rows import NOWHERE, Given, Page, says
from tests.web.month import Autumn


def _billing(**more: object) -> Given:
    return lambda _autumn, of: {"month": "2026-10", "distributor": of, **more}


def _statement(**more: object) -> Given:
    return lambda autumn, of: {"number": autumn.statements.get(of, of), **more}


def _report(**more: object) -> Given:
    return lambda _autumn, of: {"month": "2026-10", "msp": of, **more}


def _month(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"month": "2025-13" if of == NOWHERE else "2026-10"}


_ALL: Final = "200 VONMRSbavcd"
_ABOVE: Final = "200 VONMRS 403 bavcd"
_READ: Final = {"north": "200 NMR 403 VO", "south": "200 VOS", NOWHERE: ""}
_TYPED: Final = {"service": "workspace-security", "promo-workspace-security": "AUTUMN-NORTH"}

BILLING: Final = (
    Page("billing", open={"": _ABOVE}),
    Page("billing_report", at=_billing(), sends=says(verb="save", version="1", po_number="PO 7"), doer="N north",
         open=_READ, does={"north": "302 NM 403 VOR", "south": "409 S 403 VO", NOWHERE: ""}),
    *(Page("billing_report", at=_billing(), sends=says(verb=verb, version="1", reason="Why?"), doer="V south",
           does={"south": "302 VO 403 S", NOWHERE: ""}) for verb in ("return", "complete")),
    Page("billing_promo", at=_billing(), asks=says(**_TYPED), open={"north": "200 NMR 403 VO", NOWHERE: ""}),
    Page("billing_line", at=_billing(kind="service", code="workspace-security"), open={"north": "200 NMR 403 VO", NOWHERE: ""}),
    Page("billing_file", at=_billing(form="csv"), open=_READ),
    Page("statements", open={"": _ALL}),
    Page("statements_waiting", open={"": "200 NMRS 403 VObavcd"}),
    Page("statements_file", at=says(form="csv"), open={"": _ALL}),
    Page("statement", at=_statement(), sends=says(reason="Wrong"), doer="N fern",
         open={"fern": "200 NMR", NOWHERE: ""}, does={"fern": "302 NM 403 Rbavcd", NOWHERE: "403 Rbavcd"}),
    Page("statement_line", at=_statement(position="1"), open={"fern": "200 NMR", NOWHERE: ""}),
    Page("statement_file", at=_statement(form="csv"), open={"fern": "200 NMR", NOWHERE: ""}),
    Page("report_file", at=_report(form="csv"), open={"bolt": "200 VONMRbav", "coil": "200 VONMRc", "dune": "200 VOS 403 d", NOWHERE: ""}),
    Page("reports_file", at=says(form="csv"), open={"": _ABOVE}),
    Page("own_reports_file", at=says(form="csv"), open={"": "200 VONMRSbavc 403 d"}),
    Page("cycle_archive", at=_month, asks=says(form="csv"), open={"": _ALL, NOWHERE: ""}),
)  # fmt: skip
"""A billing report is the distributor's until it is submitted, then the vendor reads it too; south has submitted its own."""

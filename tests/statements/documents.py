"""Statements as documents, made by the rules alone: no database."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from trueup.prices.rules.definition import read_price_list
from trueup.prices.rules.promos import PromoCode
from trueup.statements.rules.adjustments import adjustment, turned
from trueup.statements.rules.documents import Document, StatementKind, settled_document, statement_document
from trueup.statements.rules.parties import party
from trueup.statements.rules.settlement import ChargedLine, CustomerShare, settled

SELLER = {
    "legal_name": "North Distribution GmbH", "street": "Hafenstraße 1", "postal_code": "20457", "city": "Hamburg", "country": "DE",
    "vat_id": "DE123456789", "email": "billing@north.example", "iban": "DE02120300000000202051", "bic": "BYLADEM1001", "payment_days": "14",
}  # fmt: skip
BUYER = {"street": "Hauptstraße 2", "postal_code": "10115", "country": "DE", "vat_id": "DE987654321"}
ENDPOINTS = {"endpoint_scheme": "9930"}
PRICES: dict[str, Any] = {
    "currency": "EUR",
    "tax": {"percent": 19},
    "margin_percent": 5,
    "services": {
        "workspace-security": {"price": "4.20", "margin_percent": 0},
        "email-core": {"pricing": "graduated", "tiers": [{"up_to": 10, "price": 2}, {"price": 1}]},
        "backup-storage": {"price": "0.017", "free_units": 5},
    },
    "packs": {"credits": {"price": 12}, "nfr": {"price": 12, "complimentary": 30}},
}


def line(service: str, units: str, *, group: str = "smb", unit: str = "seat", own: Mapping[str, str] | None = None) -> ChargedLine:
    """A charged line; `own` are the credits of its customers."""
    shares = tuple(CustomerShare(ref, Decimal(units) / max(len(own or {}), 1), Decimal(value)) for ref, value in (own or {}).items())
    credits_ = sum((Decimal(value) for value in own.values()), Decimal(0)) if own else None
    decimals = 3 if unit == "GB" else 0
    return ChargedLine(service, service.replace("-", " ").title(), group, group.title(), unit, decimals, Decimal(units), credits_, shares)


LINES = (
    line("workspace-security", "13"),
    line("email-core", "25", unit="user"),
    line("backup-storage", "12.345", unit="GB"),
    line("endpoint-core", "400", group="credits", unit="endpoint", own={"bolt-dental": "1500", "bolt-garage": "50"}),
    line("nfr-license", "90", group="nfr", own={"bolt-dental": "40", "bolt-garage": "150"}),
)


def document(
    *, prices: Mapping[str, Any] | None = None, seller: Mapping[str, str] | None = None, buyer: Mapping[str, str] | None = None,
    lines: tuple[ChargedLine, ...] = LINES, kind: StatementKind = StatementKind.STATEMENT, promos: Mapping[str, PromoCode] | None = None,
    corrects: str = "", reason: str = "", po_number: str = "", cycle: str = "2026-10",
) -> Document:  # fmt: skip
    """A statement of North Distribution to Bolt IT for October 2026."""
    price_list = read_price_list("north", None, date(2026, 1, 1), PRICES if prices is None else prices)
    one = {"ref": "north", "name": "North Distribution", "company_id": "", "city": "", "state": ""}
    other = {"ref": "bolt", "name": "Bolt IT", "company_id": "HRB 7", "city": "Berlin", "state": "BE"}
    return statement_document(
        number="north-2026-000001",
        kind=kind,
        issue_date=date(2026, 11, 8),
        cycle=cycle,
        seller=party(one, SELLER if seller is None else seller),
        buyer=party(other, BUYER if buyer is None else buyer),
        source={"kind": "report", "cycle": cycle, "msp": "bolt", "version": 4, **({"po_number": po_number} if po_number else {})},
        settled=settled_document(settled(price_list, lines, promos), lines, price_list),
        corrects=corrects,
        reason=reason,
    )


def adjusting(*lines: ChargedLine, before: Document | None = None, prices: Mapping[str, Any] | None = None) -> Document:
    """The statement of November about what came late for October: all of October is `lines` by now, `before` was said of it."""
    said = [before or document(prices=prices)]
    after = document(prices=prices, lines=lines)
    money = adjustment({name: after[name] for name in MONEY}, said)
    given_back = Decimal(money["net"]) < 0
    whole = {**after, **(turned(money) if given_back else money), "cycle": "2026-11-adjusts-2026-10", "number": "north-2026-000002"}
    return whole | {"kind": (StatementKind.CREDIT_NOTE if given_back else StatementKind.STATEMENT).value}


MONEY = ("currency", "tax_rate", "lines", "net", "tax", "gross", "prices")
FEWER = (line("workspace-security", "2"), *LINES[1:])
"""Of October by now: less than LINES."""
MORE = (
    line("workspace-security", "20"), line("email-core", "9", unit="user"), LINES[2],
    line("endpoint-core", "500", group="credits", unit="endpoint", own={"bolt-dental": "1875", "bolt-garage": "50"}), LINES[4],
    line("new-service", "0"),
)  # fmt: skip
"""Of October by now: of some more than LINES, of some less."""

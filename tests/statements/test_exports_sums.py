"""Of whatever is settled by whatever prices: in every format the lines come to the total, in currencies of 0, 2 and 3 decimals."""

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook

from tests.statements.documents import PRICES, adjusting, document, line
from trueup.kit.money import currency_decimals
from trueup.statements.exports import focus, tables
from trueup.statements.exports.cii import cii
from trueup.statements.exports.parquet import as_parquet
from trueup.statements.exports.rows import statements_table
from trueup.statements.exports.statement import statement_page
from trueup.statements.exports.ubl import ubl
from trueup.statements.rules.documents import Document, StatementKind
from trueup.statements.rules.focus import Priced, rows_of
from trueup.statements.rules.invoice import invoice_of

ANY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAY = date(2026, 11, 8)
CURRENCIES = ("JPY", "EUR", "KWD")

numbers = st.decimals(0, 5000, places=3)
money = st.decimals(0, 100, places=6).map("{:f}".format)
rates = st.decimals(0, 100, places=2).map("{:f}".format)


@st.composite
def prices(draw: st.DrawFn) -> dict[str, Any]:
    """What a service costs: of every kind, with minimums, free units and a margin at times."""
    kind = draw(st.sampled_from(("unit", "volume", "graduated", "package")))
    said: dict[str, Any] = {"pricing": kind}
    if kind == "unit":
        said["price"] = draw(money)
    else:
        said["tiers"] = [{"up_to": draw(st.integers(1, 50)), "price": draw(money)}, {"price": draw(money)}]
    if kind == "package":
        said["package_size"] = draw(st.integers(1, 30))
    for name, values in (("free_units", st.integers(0, 20)), ("minimum_amount", money), ("margin_percent", rates)):
        if draw(st.booleans()):
            said[name] = draw(values)
    return said


@st.composite
def documents(draw: st.DrawFn, currency: str) -> Document:
    """A statement or credit note of any services and packs, or of late usage of them."""
    made = draw(st.lists(prices(), min_size=1, max_size=4))
    lines = [line(f"s{place}", f"{draw(numbers):f}", unit="GB") for place in range(len(made))]
    packed = draw(st.lists(st.tuples(numbers, numbers), max_size=3))
    lines += [
        line(f"c{place}", f"{units:f}", group="credits", own={"dental": f"{own:f}", "garage": "1.5"})
        for place, (units, own) in enumerate(packed)
    ]
    said = PRICES | {
        "currency": currency, "tax": {"percent": draw(rates)}, "margin_percent": draw(rates),
        "services": {f"s{place}": one for place, one in enumerate(made)},
        "packs": {"credits": {"price": draw(money), "pack_size": 10, "complimentary": draw(st.integers(0, 50))}},
    }  # fmt: skip
    if draw(st.booleans()):
        late = tuple(replace(one, units=draw(numbers)) for one in lines)
        return adjusting(*late, before=document(prices=said, lines=tuple(lines)), prices=said)
    kind = draw(st.sampled_from(StatementKind))
    return document(prices=said, lines=tuple(lines), kind=kind, corrects="north-2026-000000" if kind == StatementKind.CREDIT_NOTE else "")


def owed(said: Document) -> Decimal:
    """Net, below 0 where it is credited."""
    return Decimal(said["net"]) * (-1 if said["kind"] == StatementKind.CREDIT_NOTE else 1)


def added(values: Iterable[Any]) -> Decimal:
    return sum((Decimal(str(one or 0)) for one in values), Decimal(0))


def in_csv(said: Document) -> Decimal:
    rows = list(csv.DictReader(io.StringIO(b"".join(tables.as_csv(statements_table([said], made=DAY))).decode(), newline="")))
    decimals = currency_decimals(said["currency"])
    assert {len(row["amount"].partition(".")[2]) for row in rows if row["amount"]} <= {decimals}
    return added(row["amount"] for row in rows)


def in_xlsx(said: Document) -> Decimal:
    file = b"".join(tables.as_xlsx(statements_table([said], made=DAY)))
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python()
    return added(row[head.index("amount")] for row in rows)


def in_focus(said: Document) -> Decimal:
    rows = csv.DictReader(io.StringIO(b"".join(focus.as_csv(rows_of(said))).decode(), newline=""))
    return added(row["BilledCost"] for row in rows)


def in_parquet(said: Document) -> Decimal:
    file = b"".join(as_parquet(rows_of(said, priced=Priced.CURRENCY)))
    return added(pq.read_table(io.BytesIO(file)).column("BilledCost").to_pylist())


def on_the_page(said: Document) -> Decimal:
    """As it is printed; of a credit note above 0."""
    page = statement_page(said, language="en", say=str, checksum="")
    sums = added(row[4].replace("\u202f", "") for row in page.tables[0].rows)
    net, tax, gross = (Decimal(value.replace("\u202f", "")) for _, value in page.totals)
    assert (sums, net + tax) == (net, gross)
    return net if said["kind"] == StatementKind.STATEMENT else -net


def all_of(xml: bytes, name: str) -> list[Decimal]:
    return [Decimal(one.text) for one in etree.fromstring(xml).iter(f"{{*}}{name}")]


FORMS = {"csv": in_csv, "xlsx": in_xlsx, "focus": in_focus, "parquet": in_parquet, "pdf": on_the_page}


class TestTheSumOfLines:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("currency", CURRENCIES)
    def test_is_the_total(self, currency: str, form: str) -> None:
        @ANY
        @given(said=documents(currency))
        def holds(said: Document) -> None:
            assert FORMS[form](said) == owed(said)

        holds()

    @pytest.mark.parametrize("currency", ["JPY", "EUR"])
    def test_is_the_total_of_an_invoice(self, currency: str) -> None:
        @ANY
        @given(said=documents(currency))
        def holds(said: Document) -> None:
            assume(said["lines"])  # late usage that comes to what was charged has none: no invoice
            invoice = invoice_of(said)
            for xml, amount, whole in ((ubl(invoice), "LineExtensionAmount", "TaxExclusiveAmount"),
                                       (cii(invoice), "LineTotalAmount", "TaxBasisTotalAmount")):  # fmt: skip
                assert sum(all_of(xml, amount)) == 2 * Decimal(said["net"])  # the lines, and their sum
                assert all_of(xml, whole) == [Decimal(said["net"])]

        holds()

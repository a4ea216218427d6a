"""Statements of every report of a month: issued as the clock does it, and set as PDF."""

import json
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import typst

from benchmarks.steps.generating import copy_rows
from benchmarks.steps.ingestion import AFTER
from benchmarks.steps.network import BEFORE, DISTRIBUTORS, service_code
from benchmarks.world import SERVICES
from trueup.accounts.rules import Viewer
from trueup.prices.actions import save_price_list
from trueup.prices.rules.lists import ListKey
from trueup.reports.models import Report
from trueup.reports.rules.workflow import Status, Submission
from trueup.statements.due import sellers_due
from trueup.statements.files import Form, statement_file
from trueup.statements.issuing import issue_of
from trueup.statements.models import Statement, StatementLine

_WRITTEN = {"statements_statement": "TRUE", "statements_statementline": "TRUE", "events_event": "subject = 'statement'"}
"""The tables that issuing writes, and which of their rows."""
_NOW = AFTER + timedelta(days=7)
_TIERS = [{"up_to": 20, "price": "4.20"}, {"up_to": 60, "price": "3.90"}, {"price": "3.55"}]
_OPERATOR = Viewer.system()
_BARE = """#let data = json(bytes(sys.inputs.data))
#table(columns: 4, ..data.flatten())
"""


def approve_all() -> int:
    """Every report is approved, and every distributor has prices: per unit, by volume, graduated and in packages."""
    for distributor in DISTRIBUTORS:
        key = ListKey(f"distributor-{distributor}", None, BEFORE)
        services = {service_code(number): _price(number) for number in range(SERVICES)}
        said: dict[str, Any] = {"currency": "EUR", "tax": {"percent": 19}, "margin_percent": 3, "services": services}
        save_price_list(_OPERATOR, key, said, seen=None, now=AFTER)
    return Report.objects.update(status=Status.APPROVED, submission=Submission.MANUAL, submitted_at=AFTER, approved_at=AFTER)


def _price(number: int) -> Any:
    kinds: list[Any] = [
        str(Decimal(100 + 7 * number) / 100),
        {"pricing": "volume", "tiers": _TIERS},
        {"pricing": "graduated", "tiers": _TIERS, "free_units": 2},
        {"pricing": "package", "package_size": 5, "tiers": [{"price": 17}]},
    ]
    return kinds[number % len(kinds)]


def issue_all() -> dict[str, float]:
    """Issue everything that is due, as a round of the clock does: seconds, and the rows that were written."""
    began = time.perf_counter()
    issued = sum(issue_of(seller_id, now=_NOW).count for seller_id in sellers_due(now=_NOW))
    took = time.perf_counter() - began
    lines = StatementLine.objects.count()
    return {"seconds": took, "statements": issued, "lines": lines, "rows": 2 * issued + lines}  # a statement has an event


def copy_the_same(folder: str, repeat: int) -> dict[str, Any]:
    """COPY the statements, their lines and their history into tables with the same indexes and foreign keys; seconds."""
    rows = 2 * Statement.objects.count() + StatementLine.objects.count()
    return {"seconds": copy_rows(_WRITTEN, folder, repeat), "rows": rows}


def set_some_pages(most: int, repeat: int) -> dict[str, Any]:
    """The PDFs of some statements, and in turns a table of the same words without a design; seconds."""
    statements = list(Statement.objects.order_by("pk")[:most])
    compiler = typst.Compiler(ignore_system_fonts=True)
    _page(statements[0].number)  # fonts are read once
    _bare(compiler, statements[0])
    times: dict[str, list[float]] = {"page": [], "bare": []}
    for _ in range(repeat):
        began = time.perf_counter()
        for one in statements:
            _page(one.number)
        between = time.perf_counter()
        for one in statements:
            _bare(compiler, one)
        times["page"].append(between - began)
        times["bare"].append(time.perf_counter() - between)
    return {"pages": len(statements), **times}


def set_all_pages() -> dict[str, float]:
    """The PDF of every statement, one after the other: seconds and bytes."""
    numbers = list(Statement.objects.order_by("pk").values_list("number", flat=True))
    began = time.perf_counter()
    size = sum(_page(number) for number in numbers)
    return {"pages": len(numbers), "seconds": time.perf_counter() - began, "bytes": size}


def _page(number: str) -> int:
    """The bytes of a statement as PDF, found as whoever downloads it finds it."""
    return sum(len(piece) for piece in statement_file(_OPERATOR, number, Form.PDF).content)


def _bare(compiler: Any, one: Statement) -> int:
    rows = [[line["name"], line["quantity"], line["unit"], line["amount"]] for line in one.document["lines"]]
    return len(compiler.compile(input=_BARE.encode(), format="pdf", sys_inputs={"data": json.dumps(rows)}))

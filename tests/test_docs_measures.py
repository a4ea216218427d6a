"""The page of the measures is true: its tables are run against the rules and against the SQL."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.ledger.memory import BEGIN, InMemory, Ledger
from trueup.catalog.rules import Measure, MeasureName
from trueup.kit.period import Month
from trueup.kit.quantity import plain
from trueup.ledger.figures import customers_of, lines_in
from trueup.ledger.rules.measures import MeasuredService, Received, Record

PAGE = Path(__file__).parent.parent / "docs" / "measures.md"
Row = dict[str, str]


@dataclass
class Example:
    """The tables from one list of services up to the next."""

    title: str
    services: list[Row]
    usage: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    customers: list[Row] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    """Ids given to names, in the order of the tables."""

    def number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers) + 1)

    def name(self, number: int) -> str:
        return next(name for name, own in self.numbers.items() if own == number)

    def ledger(self) -> Ledger:
        received = [one for row in self.usage for one in self.received(row)]
        return Ledger(Month.of(received[0].record.day), [self.service(row) for row in self.services], received, None)

    def service(self, row: Row) -> MeasuredService:
        measure = Measure(MeasureName(row["measure"]), Decimal(row.get("percentile", "85")))
        return MeasuredService(self.number(row["service"]), self.number(row["group"]), 1, measure, int(row.get("decimals", "0")))

    def received(self, row: Row) -> Iterator[Received]:
        first, _, last = row["day"].partition(" to ")
        delivery = int(row.get("received", "1"))
        for n in range((date.fromisoformat(last or first) - date.fromisoformat(first)).days + 1):
            day = date.fromisoformat(first) + timedelta(days=n)
            msp, customer, service = (self.number(row.get(column, "")) for column in ("msp", "customer", "service"))
            record = Record(day, msp, customer, service, Decimal(row["provisioned"]), amount(row["used"]), amount(row["credits"]))
            yield Received(record, BEGIN + timedelta(days=delivery), delivery)


def amount(text: str) -> Decimal | None:
    return None if text == "–" else Decimal(text)


def shown(value: Decimal | None) -> str:
    return plain(value) or "–"


def tables(text: str) -> Iterator[tuple[str, list[Row]]]:
    """Every table of the page with the heading it stands under."""
    title = ""
    header: list[str] = []
    rows: list[Row] = []
    for line in [*text.splitlines(), ""]:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("## "):
            title = line.removeprefix("## ")
        elif not line.startswith("|"):
            if rows:
                yield title, rows
            header, rows = [], []
        elif not header:
            header = cells
        elif not set(line) <= set("|-"):
            rows.append(dict(zip(header, cells, strict=True)))


def examples() -> list[Example]:
    found: list[Example] = []
    for title, rows in tables(PAGE.read_text(encoding="utf-8")):
        if "measure" in rows[0]:
            found.append(Example(title, rows))
        elif "customers of" in rows[0]:
            found[-1].customers = rows
        elif "day" in rows[0]:
            found[-1].usage = rows
        else:
            found[-1].lines = rows
    return found


EXAMPLES = examples()


@pytest.fixture(scope="module")
def memory() -> Iterator[InMemory]:
    memory = InMemory()
    with closing(memory.connection):
        yield memory


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
class TestThePageOfTheMeasures:
    def test_says_what_the_rules_and_the_sql_say_of_lines(self, memory: InMemory, example: Example) -> None:
        ledger = example.ledger()
        with memory.holding(ledger) as connection:
            by_sql = list(lines_in(connection, ledger.month, ledger.services))
        assert by_sql == ledger.lines
        found = [
            {
                **({"msp": example.name(line.msp_id)} if "msp" in example.lines[0] else {}),
                "service": example.name(line.service_id),
                "provisioned": shown(line.provisioned),
                "used": shown(line.used),
                "credits": shown(line.credits),
                "days": ", ".join(map(str, line.days)) or "–",
            }
            for line in by_sql
        ]
        assert in_any_order(found) == in_any_order(example.lines)

    def test_says_what_the_sql_says_of_customers(self, memory: InMemory, example: Example) -> None:
        ledger = example.ledger()
        found = []
        for name in dict.fromkeys(row["customers of"] for row in example.customers):
            with memory.holding(ledger) as connection:
                service = ledger.service(example.number(name))
                shares = customers_of(connection, ledger.month, example.number(""), service, ledger.services)
            found += [
                {
                    "customers of": name,
                    "customer": example.name(share.customer_id),
                    "provisioned": shown(share.provisioned),
                    "used": shown(share.used),
                    "credits": shown(share.credits),
                }
                for share in shares
            ]
        assert in_any_order(found) == in_any_order(example.customers)


class TestTheExamples:
    def test_are_of_every_measure(self) -> None:
        assert {row["measure"] for example in EXAMPLES for row in example.services} == set(MeasureName)

    def test_are_complete(self) -> None:
        assert len(EXAMPLES) == len(MeasureName) + 2  # a second percentile, and the corrections
        assert all(example.usage and example.lines for example in EXAMPLES)


def in_any_order(rows: list[Row]) -> list[list[tuple[str, str]]]:
    return sorted(sorted(row.items()) for row in rows)

"""The SQL of the measures and their Python rules say the same, on any ledger."""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.memory import BEGIN, InMemory, Ledger
from trueup.catalog.rules import Measure, MeasureName
from trueup.kit.errors import Invalid
from trueup.kit.period import Month
from trueup.ledger import figures
from trueup.ledger.figures import CustomerShare, DayTotals, LineFigures, customers_of, days_of, lines_in, slices
from trueup.ledger.rules.measures import MeasuredService, Ranking, Received, Record, peak_day

MONTHS = [Month(2026, 2), Month(2028, 2), Month(2026, 4), Month(2026, 10)]  # 28, 29, 30 and 31 days
MSPS = [11, 12]
VALUES = ["0", "0 1", "0 1 2 3", "0.000001 7.5 12.345678 40"]
CUSTOMERS = [101, 102, 103]
VENDOR = 1


percentiles = st.sampled_from([Decimal("0.5"), Decimal(50), Decimal("66.6666666667"), Decimal(85), Decimal("96.7741935484"), Decimal(100)])
measures = st.builds(Measure, st.sampled_from(list(MeasureName)), percentiles)


@st.composite
def service_lists(draw: st.DrawFn) -> list[MeasuredService]:
    count = draw(st.integers(1, 4))
    return [MeasuredService(n + 1, draw(st.integers(1, 2)), VENDOR, draw(measures), draw(st.sampled_from([0, 3]))) for n in range(count)]


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """Few values, so that days tie; few keys, so that records are corrected; and of all a service can be without, some is missing."""
    month = draw(st.sampled_from(MONTHS))
    services = draw(service_lists())
    lot = random.Random(draw(st.integers(0, 2**32)))  # many records from one drawn number: drawing each would take seconds
    values = draw(st.sampled_from(VALUES)).split()
    unknown_used = {service.service_id: draw(st.sampled_from([0.0, 0.5, 1.0])) for service in services}
    without_credits = {service.service_id: draw(st.sampled_from([0.0, 0.5, 1.0])) for service in services}
    days = month.days if draw(st.booleans()) else sorted(lot.sample(month.days, draw(st.integers(1, 6))))
    received = []
    for batch in range(draw(st.integers(1, 4))):
        at = BEGIN + timedelta(hours=batch // 2)  # also batches of the same moment: then the later batch counts
        for key in {(lot.choice(days), lot.choice(CUSTOMERS), lot.choice(services).service_id) for _ in range(draw(st.integers(1, 120)))}:
            day, customer, service = key
            record = Record(
                day=day,
                msp_id=lot.choice(MSPS) if batch else MSPS[customer % 2],  # a correction may move the customer to another MSP
                customer_id=customer,
                service_id=service,
                provisioned=Decimal(lot.choice(values)),
                used=None if lot.random() < unknown_used[service] else Decimal(lot.choice(values)),
                credits=None if lot.random() < without_credits[service] else Decimal(lot.choice(values)),
            )
            received.append(Received(record, at, batch))
    as_of = draw(st.sampled_from([None, BEGIN, BEGIN + timedelta(hours=1)]))
    return Ledger(month, services, received, as_of)


@pytest.fixture(scope="module")
def memory() -> Iterator[InMemory]:
    memory = InMemory()
    with closing(memory.connection):
        yield memory


def added_up(shares: Sequence[CustomerShare | DayTotals]) -> tuple[Decimal, Decimal | None, Decimal | None]:
    used = [share.used for share in shares if share.used is not None]
    allocated = [share.credits for share in shares if share.credits is not None]
    assert len(used) in {0, len(shares)}
    assert len(allocated) in {0, len(shares)}
    return sum((share.provisioned for share in shares), Decimal(0)), sum(used, Decimal(0)), sum(allocated, Decimal(0))


def known(line: LineFigures) -> tuple[Decimal, Decimal, Decimal]:
    return line.provisioned, line.used or Decimal(0), line.credits or Decimal(0)


def check_customers(ledger: Ledger, line: LineFigures, shares: list[CustomerShare]) -> None:
    """They add up to the line, and they are those of whom a record was counted."""
    measure = ledger.service(line.service_id).measure.name
    every = {record.customer_id for record in ledger.records_of(line)}
    days = set(line.days)
    if measure is MeasureName.OWN_MAXIMA and line.credits is not None:  # their highest day is counted, but not named by the line
        days.add(peak_day(ledger.records_of(line), Ranking.CREDITS, ledger.month))
    counted = {record.customer_id for record in ledger.records_of(line) if not days or record.day in days}
    customers = [share.customer_id for share in shares]
    assert customers == sorted(set(customers))
    assert added_up(shares) == known(line)
    assert {(share.used is None, share.credits is None) for share in shares} <= {(line.used is None, line.credits is None)}
    assert set(customers) == (every if measure is MeasureName.PERCENTILE_DAY else counted)


def check_days(ledger: Ledger, line: LineFigures, days: list[DayTotals]) -> None:
    """Every day of the month, and by them the figures of a line whose days are counted whole."""
    measure = ledger.service(line.service_id).measure.name
    assert tuple(one.day for one in days) == ledger.month.days
    assert {(one.used is None, one.credits is None) for one in days} == {(line.used is None, line.credits is None)}
    assert sum(one.provisioned for one in days) == sum(record.provisioned for record in ledger.records_of(line))
    if measure is MeasureName.VOLUME:
        assert added_up(days) == known(line)
    if measure in {MeasureName.SERVICE_PEAK_DAY, MeasureName.GROUP_PEAK_DAY, MeasureName.LAST_DAY}:
        assert added_up([one for one in days if one.day in line.days]) == known(line)


class TestTheSqlOfTheMeasures:
    @settings(max_examples=40, deadline=None)
    @given(ledger=ledgers())
    def test_agrees_with_the_rules_in_every_figure_and_day(self, memory: InMemory, ledger: Ledger) -> None:
        with memory.holding(ledger) as connection:
            assert list(lines_in(connection, ledger.month, ledger.services)) == ledger.lines

    @settings(max_examples=8, deadline=None)
    @given(ledger=ledgers())
    def test_shares_every_line_out_to_its_customers_and_days(self, memory: InMemory, ledger: Ledger) -> None:
        with memory.holding(ledger) as connection:
            for line in ledger.lines:
                service = ledger.service(line.service_id)
                with closing(connection.cursor()) as cursor:
                    check_customers(ledger, line, customers_of(cursor, ledger.month, line.msp_id, service, ledger.services))
                    check_days(ledger, line, days_of(cursor, ledger.month, line.msp_id, line.service_id))

    @settings(max_examples=8, deadline=None)
    @given(ledger=ledgers())
    def test_gives_an_msp_the_same_lines_alone_as_among_all(self, memory: InMemory, ledger: Ledger) -> None:
        with memory.holding(ledger) as connection:
            asked: list[list[int]] = [[11], [12], [99, 12, 11]]
            found = []
            for msp_ids in asked:
                with closing(connection.cursor()) as cursor:
                    found.append(list(lines_in(cursor, ledger.month, ledger.services, msp_ids)))
            assert found == [[line for line in ledger.lines if line.msp_id in msp_ids] for msp_ids in asked]

    @settings(max_examples=8, deadline=None)
    @given(ledger=ledgers())
    def test_does_not_depend_on_how_many_customers_are_ranked_at_once(self, memory: InMemory, ledger: Ledger) -> None:
        with memory.holding(ledger) as connection, pytest.MonkeyPatch.context() as patch:
            patch.setattr(figures, "PERCENTILE_RECORDS_AT_ONCE", 1)
            assert list(lines_in(connection, ledger.month, ledger.services)) == ledger.lines

    def test_refuses_usage_of_a_service_it_was_not_told_of(self, memory: InMemory) -> None:
        record = Record(date(2026, 10, 1), 11, 101, 7, Decimal(1), None, None)
        other = MeasuredService(8, 1, VENDOR, Measure(MeasureName.VOLUME), 0)
        ledger = Ledger(Month(2026, 10), [other], [Received(record, BEGIN, 1)], None)
        with memory.holding(ledger) as connection, pytest.raises(Invalid, match="service 7"):
            lines_in(connection, ledger.month, [other])

    def test_keeps_digits_that_a_float_would_lose(self, memory: InMemory) -> None:
        large = Decimal("999999999999.999999")
        service = MeasuredService(1, 1, VENDOR, Measure(MeasureName.VOLUME), 0)
        received = [Received(Record(day, 11, 101, 1, large, large, large), BEGIN, 1) for day in Month(2026, 10).days]
        with memory.holding(Ledger(Month(2026, 10), [service], received, None)) as connection:
            (line,) = lines_in(connection, Month(2026, 10), [service])
        assert (line.provisioned, line.used, line.credits) == (31 * large, 31 * large, 31 * large)


class TestSlices:
    def test_hold_whole_msps_in_order(self) -> None:
        assert list(slices([(1, 3), (2, 4), (5, 9), (7, 1)], at_once=7)) == [(1, 2), (5, 5), (7, 7)]

    def test_are_none_of_nothing(self) -> None:
        assert list(slices([], at_once=7)) == []

"""Closing a month: its lines, against nothing but reading the columns they are made of."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from benchmarks.steps.ingestion import AFTER, OCTOBER
from trueup.catalog.rules import Measure, MeasureName
from trueup.ledger.engine.duck import connect, file_list
from trueup.ledger.engine.registry import configured_place, open_settled, vendor_ids
from trueup.ledger.figures import line_customers, month_lines
from trueup.ledger.pinning import pin
from trueup.ledger.rules.measures import MeasuredService
from trueup.reports.measuring import services_of, to_measure

_AMOUNTS = ("provisioned_units", "used_units", "allocated_credits")
_REST = ("msp_id", "service_id", "day", "recorded_at", "superseded_at")


def close_and_scan(measure: str | None, repeat: int) -> dict[str, list[float]]:
    """Seconds of closing and of scanning, which take turns. `measure`: all services by it; None: each by its own, all seven."""
    services, as_of = _services(measure), pin(AFTER)
    columns = (*_AMOUNTS, *_REST) if measure else (*_AMOUNTS, *_REST, "customer_id")
    _scan(columns)  # what is read from here on is in the memory of the machine
    closing, scanning = [], []
    for _ in range(repeat):
        began = time.perf_counter()
        _scan(columns)
        scanned = time.perf_counter()
        _close(services, as_of)
        closing.append(time.perf_counter() - scanned)
        scanning.append(scanned - began)
    return {"close": closing, "scan": scanning}


def close(measure: str | None) -> int:
    """Once, in a process that does nothing else: for its memory. The number of lines."""
    return _close(_services(measure), pin(AFTER))


def _services(measure: str | None) -> list[MeasuredService]:
    services = to_measure(services_of(OCTOBER))
    return [replace(service, measure=Measure(MeasureName(measure))) for service in services] if measure else services


def _close(services: Sequence[MeasuredService], as_of: datetime) -> int:
    return sum(1 for _ in month_lines(OCTOBER, as_of=as_of, services=services))


def _scan(columns: Sequence[str]) -> None:
    """Read and decode every value of the columns once, with the same threads and memory."""
    place = configured_place()
    table = open_settled(place, vendor_ids()[0])
    assert table is not None
    uris = [table.uri(file.path) for file in table.files(OCTOBER.first_day, OCTOBER.end)]
    sums = ", ".join(f"sum({name})" if name.endswith(("units", "credits", "id")) else f"max({name})" for name in columns)
    with connect(place) as connection:
        connection.execute(f"SELECT {sums} FROM read_parquet({file_list(uris)}, hive_partitioning = false)").fetchall()


def customers_behind_lines(rounds: int) -> dict[str, float]:
    """Milliseconds for the customers behind each line of the MSP with the most customers; half a round first to warm up."""
    services, as_of = to_measure(services_of(OCTOBER)), pin(AFTER)
    msp_id = 100
    times: list[float] = []
    customers: list[int] = []
    for number in range(rounds + 1):
        for service in services if number else services[::2]:
            began = time.perf_counter()
            found = line_customers(OCTOBER, as_of=as_of, msp_id=msp_id, service_id=service.service_id, services=services)
            if number:
                times.append((time.perf_counter() - began) * 1000)
                customers.append(len(found))
    cuts = statistics.quantiles(times, n=20)
    return {"p50": cuts[9], "p95": cuts[18], "customers": statistics.mean(customers), "calls": len(times)}

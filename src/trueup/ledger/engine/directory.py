"""Who and what a delivery may name, loaded into DuckDB beside it: `named`, `placed`, `offered` and `required`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from django.db.models import F, Q, QuerySet

from trueup.accounts.models import Account, Placement
from trueup.accounts.rules import Tier, Viewer
from trueup.catalog.models import CreditRequirement, Service
from trueup.kit.period import FOREVER
from trueup.ledger.engine.duck import count
from trueup.ledger.models import NameMapping

if TYPE_CHECKING:
    import duckdb

_FEW = 5_000  # names up to which the database is asked for them alone
_CHUNK = 500  # names in one question
_BLOCK = 50_000  # rows handed to DuckDB at once

_TABLES = """
CREATE OR REPLACE TEMP TABLE named (name VARCHAR, customer_id BIGINT);
CREATE OR REPLACE TEMP TABLE placements (customer_id BIGINT, msp_id BIGINT, from_date DATE, until_date DATE);
CREATE OR REPLACE TEMP TABLE offered (name VARCHAR, service_id INTEGER, vendor_id BIGINT, reports_used BOOLEAN);
CREATE OR REPLACE TEMP TABLE required (service_id INTEGER, from_date DATE, until_date DATE, per_unit DECIMAL(18,6));
CREATE OR REPLACE TEMP TABLE known_rows (row BIGINT);
CREATE OR REPLACE TEMP TABLE known_records (day DATE, customer_id BIGINT, service_id INTEGER);
"""


def load_directory(connection: duckdb.DuckDBPyConnection, viewer: Viewer, *, source_id: int | None, small: bool) -> None:
    """Load what `viewer` may deliver for; a name that is a ref is never mapped, a source's own mapping goes before a general one.

    `small`: the delivery is cheap to read, so only the names in it are looked up.
    """
    connection.execute(_TABLES)
    mappings = NameMapping.objects.filter(Q(source=None) | Q(source_id=source_id)).order_by(F("source_id").desc(nulls_last=True))
    customers = Account.objects.visible_to(viewer).filter(tier=Tier.CUSTOMER)
    placements = Placement.objects.visible_to(viewer).filter(account__tier=Tier.CUSTOMER, parent__tier=Tier.MSP)
    wanted = _wanted(connection) if small else None
    mapped = list(mappings.filter(kind="customer").values_list("name", "account_id"))
    _insert(connection, "named", _pick(customers, wanted, "ref", ("ref", "id")))
    if mapped:
        seen = {pk for chunk in _chunks([row[1] for row in mapped]) for pk in customers.filter(pk__in=chunk).values_list("pk", flat=True)}
        _add_mapped(connection, "named", [row for row in mapped if row[1] in seen], "SELECT g.name, g.id FROM given AS g")
    ids = None if wanted is None else [int(row[0]) for row in connection.execute("SELECT DISTINCT customer_id FROM named").fetchall()]
    _insert(connection, "placements", _pick(placements, ids, "account_id", ("account_id", "parent_id", "from_date", "until_date")))
    connection.execute("CREATE OR REPLACE TEMP TABLE placed AS SELECT n.name, p.* FROM named AS n JOIN placements AS p USING (customer_id)")
    _load_services(connection, list(mappings.filter(kind="service").values_list("name", "service_id")))


def _load_services(connection: duckdb.DuckDBPyConnection, mapped: list[tuple[str, int | None]]) -> None:
    _insert(connection, "offered", Service.objects.values_list("code", "id", "group__vendor_id", "reports_used").iterator())
    if mapped:
        known = "SELECT DISTINCT service_id, vendor_id, reports_used FROM offered"
        _add_mapped(connection, "offered", mapped, f"SELECT g.name, o.* FROM given AS g JOIN ({known}) AS o ON o.service_id = g.id")
    _insert(connection, "required", _requirements())


def _requirements() -> Iterator[tuple[int, date, date, Any]]:
    rows = list(CreditRequirement.objects.order_by("service_id", "from_date").values_list("service_id", "from_date", "per_unit"))
    for position, (service_id, from_date, per_unit) in enumerate(rows):
        following = rows[position + 1] if position + 1 < len(rows) else None
        until = following[1] if following and following[0] == service_id else FOREVER
        yield service_id, from_date, until, per_unit


def _wanted(connection: duckdb.DuckDBPyConnection) -> list[str] | None:
    """The names of customers in the delivery; None if they are too many to ask for."""
    connection.execute("CREATE OR REPLACE TEMP TABLE asked AS SELECT DISTINCT customer FROM raw WHERE customer IS NOT NULL")
    if count(connection, "SELECT count(*) FROM asked") > _FEW:
        return None
    return [str(row[0]).replace("\0", "\ufffd") for row in connection.execute("SELECT customer FROM asked").fetchall()]


def _pick(rows: QuerySet[Any], wanted: Sequence[Any] | None, field: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    if wanted is None:
        yield from rows.values_list(*columns).iterator(chunk_size=_BLOCK)
        return
    for chunk in _chunks(wanted):
        yield from rows.filter(**{f"{field}__in": chunk}).values_list(*columns)


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    import pyarrow as pa  # lazily: the ledger's edge

    remaining = iter(rows)
    while block := list(islice(remaining, _BLOCK)):
        columns = {str(position): list(column) for position, column in enumerate(zip(*block, strict=True))}
        connection.register("block", cast(Any, pa).table(columns))
        connection.execute(f"INSERT INTO {table} SELECT * FROM block")
        connection.unregister("block")


def _add_mapped(connection: duckdb.DuckDBPyConnection, table: str, mapped: Sequence[tuple[str, int | None]], select: str) -> None:
    """Add mapped names that are no refs themselves; of two mappings of a name the first counts."""
    first: dict[str, int | None] = {}
    for name, target in mapped:
        first.setdefault(name, target)
    connection.execute("CREATE OR REPLACE TEMP TABLE given (name VARCHAR, id BIGINT)")
    _insert(connection, "given", first.items())
    connection.execute(f"INSERT INTO {table} SELECT * FROM ({select}) AS found WHERE name NOT IN (SELECT name FROM {table})")


def load_known(connection: duckdb.DuckDBPyConnection, rows: Iterable[tuple[int]]) -> None:
    """Rows of the delivery that an earlier batch kept in the queue."""
    _insert(connection, "known_rows", rows)

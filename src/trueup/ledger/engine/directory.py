"""Who and what a delivery may name, loaded into DuckDB beside it: `named`, `placed`, `vendors`, `above`, `offered` and `required`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from django.db import connection as database
from django.db.models import Exists, F, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from trueup.accounts.models import Account, Placement
from trueup.accounts.rules import Tier, Viewer
from trueup.catalog.models import CreditRequirement, Service
from trueup.kit.chunks import chunks
from trueup.kit.period import FOREVER
from trueup.ledger.engine.duck import count
from trueup.ledger.models import NameMapping

if TYPE_CHECKING:
    import duckdb

_FEW = 10_000  # names up to which the database is asked for them alone
_CHUNK = 900  # names in one question; some databases take no more than 999 values
_BLOCK = 50_000  # rows handed to DuckDB at once

_TABLES = """
CREATE OR REPLACE TEMP TABLE named (name VARCHAR, customer_id BIGINT);
CREATE OR REPLACE TEMP TABLE placed (name VARCHAR, customer_id BIGINT, msp_id BIGINT, from_date DATE, until_date DATE);
CREATE OR REPLACE TEMP TABLE vendors (vendor_id BIGINT);
CREATE OR REPLACE TEMP TABLE edges (account_id BIGINT, parent_id BIGINT, from_date DATE, until_date DATE);
CREATE OR REPLACE TEMP TABLE offered (name VARCHAR, service_id INTEGER, vendor_id BIGINT, reports_used BOOLEAN);
CREATE OR REPLACE TEMP TABLE required (service_id INTEGER, from_date DATE, until_date DATE, per_unit DECIMAL(18,6));
CREATE OR REPLACE TEMP TABLE known_rows (row BIGINT);
CREATE OR REPLACE TEMP TABLE known_records (day DATE, customer_id BIGINT, service_id INTEGER);
"""
# The vendor above an MSP by interval: the MSP's placements, cut by those of its distributors.
_ABOVE = """
CREATE OR REPLACE TEMP TABLE above AS
    SELECT m.account_id AS msp_id, d.parent_id AS vendor_id, greatest(m.from_date, d.from_date) AS from_date,
        least(m.until_date, d.until_date) AS until_date
    FROM edges AS m JOIN edges AS d ON d.account_id = m.parent_id AND d.from_date < m.until_date AND m.from_date < d.until_date
"""


def load_directory(connection: duckdb.DuckDBPyConnection, viewer: Viewer, *, source_id: int | None, small: bool) -> None:
    """Load what `viewer` may deliver for; a name that is a ref is never mapped, a source's own mapping goes before a general one.

    `small`: the delivery is cheap to read, so only the names in it are looked up.
    """
    connection.execute(_TABLES)
    mappings = NameMapping.objects.filter(Q(source=None) | Q(source_id=source_id)).order_by(F("source_id").desc(nulls_last=True))
    wanted = _wanted(connection) if small else None
    mapped = list(mappings.filter(kind="customer").values_list("name", "account_id"))
    _load_customers(connection, viewer, wanted)
    _load_mapped(connection, viewer, mapped if wanted is None else [row for row in mapped if row[0] in set(wanted)])
    _load_vendors(connection)
    services = Service.objects.visible_to(viewer)
    _load_services(connection, services, list(mappings.filter(kind="service").values_list("name", "service_id")))


def _load_customers(connection: duckdb.DuckDBPyConnection, viewer: Viewer, wanted: Sequence[str] | None) -> None:
    """Customers with their placements in one question; the few that were never placed in another."""
    placed = _placements(viewer)
    under_msp = Placement.objects.filter(account_id=OuterRef("pk"), parent__tier=Tier.MSP)
    unplaced = Account.objects.visible_to(viewer).filter(~Exists(under_msp), tier=Tier.CUSTOMER).values_list("ref", "id")
    if wanted is None:
        _insert(connection, "placed", _raw(placed))
        _insert(connection, "named", _raw(unplaced))
    else:
        _insert(connection, "placed", (row for chunk in chunks(wanted, _CHUNK) for row in _raw(placed.filter(account__ref__in=chunk))))
        known = {row[0] for row in connection.execute("SELECT DISTINCT name FROM placed").fetchall()}
        rest = [name for name in wanted if name not in known]
        _insert(connection, "named", (row for chunk in chunks(rest, _CHUNK) for row in _raw(unplaced.filter(ref__in=chunk))))
    connection.execute("INSERT INTO named SELECT DISTINCT name, customer_id FROM placed")


def _placements(viewer: Viewer) -> QuerySet[Any, tuple[Any, ...]]:
    """Ref, customer, MSP, first day and the day after the last. Days as text: DuckDB reads that faster than Python makes dates."""
    visible = Placement.objects.visible_to(viewer).filter(account__tier=Tier.CUSTOMER, parent__tier=Tier.MSP)
    days = (Cast(field, TextField()) for field in ("from_date", "until_date"))
    return cast("QuerySet[Any, tuple[Any, ...]]", visible.values_list("account__ref", "account_id", "parent_id", *days))


def _load_mapped(connection: duckdb.DuckDBPyConnection, viewer: Viewer, mapped: Sequence[tuple[str, int | None]]) -> None:
    if not mapped:
        return
    customers, placed = Account.objects.visible_to(viewer).filter(tier=Tier.CUSTOMER), _placements(viewer)
    ids = sorted({row[1] for row in mapped if row[1] is not None})
    seen = {pk for chunk in chunks(ids, _CHUNK) for pk in customers.filter(pk__in=chunk).values_list("pk", flat=True)}
    connection.execute("CREATE OR REPLACE TEMP TABLE targets AS FROM placed LIMIT 0")
    _insert(connection, "targets", (row for chunk in chunks(sorted(seen), _CHUNK) for row in _raw(placed.filter(account_id__in=chunk))))
    _add_mapped(connection, "named", [row for row in mapped if row[1] in seen], "SELECT g.name, g.id FROM given AS g")
    connection.execute(
        "INSERT INTO placed SELECT g.name, t.* EXCLUDE name FROM given AS g JOIN targets AS t ON t.customer_id = g.id "
        "WHERE g.name NOT IN (SELECT name FROM placed) AND EXISTS (FROM named AS n WHERE n.name = g.name AND n.customer_id = g.id)"
    )


def _load_vendors(connection: duckdb.DuckDBPyConnection) -> None:
    """The vendors, and where there are several, which one is above an MSP and when."""
    vendors = list(Account.objects.filter(tier=Tier.VENDOR).values_list("id"))
    _insert(connection, "vendors", vendors)
    if len(vendors) > 1:
        tiers = Q(account__tier=Tier.MSP, parent__tier=Tier.DISTRIBUTOR) | Q(account__tier=Tier.DISTRIBUTOR, parent__tier=Tier.VENDOR)
        days = (Cast(field, TextField()) for field in ("from_date", "until_date"))
        _insert(connection, "edges", _raw(Placement.objects.filter(tiers).values_list("account_id", "parent_id", *days)))
    connection.execute(_ABOVE)


def _load_services(connection: duckdb.DuckDBPyConnection, services: QuerySet[Service], mapped: list[tuple[str, int | None]]) -> None:
    _insert(connection, "offered", services.values_list("code", "id", "group__vendor_id", "reports_used").iterator())
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


def _raw(rows: QuerySet[Any, Any]) -> Iterator[tuple[Any, ...]]:
    """The rows as the database has them, without what Django makes of each value: that takes longer than the rest of a small import."""
    sql, parameters = rows.query.sql_with_params()
    with database.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while block := cursor.fetchmany(_BLOCK):
            yield from block


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

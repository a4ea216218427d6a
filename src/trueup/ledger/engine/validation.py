"""The checks of a delivery, as SQL over all its rows at once.

Two ways to the same verdict. A delivery is first taken as if it were good: one pass makes `accepted`, sorted as the files will be, and
counts what is not. Only if something is not, `judged` numbers the rows and says of each value what is wrong with it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from trueup.ledger.engine.duck import count, literal
from trueup.ledger.rules.refusals import SHOWN, Reason

if TYPE_CHECKING:
    import duckdb

_KEY = "vendor_id, day, msp_id, service_id, customer_id"
_RECORD = f"{_KEY}, provisioned_units, used_units, allocated_credits"

_MACROS = r"""
CREATE OR REPLACE TEMP MACRO number_problem(t) AS CASE
    WHEN t IS NULL THEN NULL
    WHEN regexp_full_match(t, '[0-9]{1,12}([.][0-9]{1,6})?') THEN NULL
    WHEN NOT regexp_full_match(t, '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,4})?') THEN 'not_a_number'
    WHEN starts_with(t, '-') AND regexp_matches(split_part(lower(t), 'e', 1), '[1-9]') THEN 'negative'
    WHEN NOT regexp_matches(split_part(lower(t), 'e', 1), '[1-9]') THEN NULL
    WHEN NOT regexp_matches(t, '[eE]') AND length(rtrim(split_part(t, '.', 2), '0')) > 6 THEN 'too_many_decimals'
    WHEN TRY_CAST(t AS DECIMAL(38,19)) IS NULL OR abs(TRY_CAST(t AS DECIMAL(38,19))) >= 1000000000000 THEN 'too_large'
    WHEN TRY_CAST(t AS DECIMAL(38,19)) <> round(TRY_CAST(t AS DECIMAL(38,19)), 6) OR TRY_CAST(t AS DECIMAL(38,19)) = 0
        THEN 'too_many_decimals'
    END;
CREATE OR REPLACE TEMP MACRO plain_amount(t) AS
    CASE WHEN regexp_full_match(t, '[0-9]{1,12}([.][0-9]{1,6})?') THEN TRY_CAST(t AS DECIMAL(18,6)) END;
CREATE OR REPLACE TEMP MACRO amount(t) AS
    TRY_CAST(CASE WHEN regexp_matches(t, '[eE]') THEN TRY_CAST(t AS DECIMAL(38,19))::VARCHAR ELSE t END AS DECIMAL(18,6));
CREATE OR REPLACE TEMP MACRO day_of(t) AS CASE WHEN length(t) = 10 AND TRY_CAST(t AS DATE)::VARCHAR = t THEN TRY_CAST(t AS DATE) END;
"""

# `placed` has a customer's MSP by interval; `offered` the services, `required` their credit requirements by interval. A service of another
# vendor than the one above that MSP is as unknown as one that does not exist; with one vendor there is nothing to compare.
_MATCHED = """
    SELECT r.*, p.customer_id AS placed_id, p.msp_id, s.service_id, s.vendor_id, s.reports_used, q.per_unit,
        CASE WHEN r.allocated_credits IS NOT NULL THEN given
             ELSE TRY_CAST(round(provisioned::DECIMAL(38,6) * q.per_unit, 6) AS DECIMAL(18,6)) END AS credits
    FROM (SELECT *, day_of(day) AS on_day, {amount}(provisioned_units) AS provisioned, {amount}(used_units) AS used,
        {amount}(allocated_credits) AS given FROM {raw}) AS r
    LEFT JOIN placed AS p ON p.name = r.customer AND r.on_day >= p.from_date AND r.on_day < p.until_date
    {offer}
    LEFT JOIN required AS q ON q.service_id = s.service_id AND r.on_day >= q.from_date AND r.on_day < q.until_date
"""
_OFFER = "LEFT JOIN offered AS s ON s.name = r.service"
_VENDOR = "LEFT JOIN above AS v ON v.msp_id = p.msp_id AND r.on_day >= v.from_date AND r.on_day < v.until_date"
_STORED = """
    vendor_id, on_day AS day, msp_id, service_id, placed_id AS customer_id, provisioned AS provisioned_units,
    CASE WHEN reports_used THEN used END AS used_units, credits AS allocated_credits
"""


def accept(connection: duckdb.DuckDBPyConnection, *, today: date) -> bool:
    """Make `accepted` from `raw` as if all rows were good; False if not all of them are, or two are of the same key.

    Raises duckdb.Error where a row cannot be read at all.
    """
    connection.execute(_MACROS)
    good = f"""
        malformed IS NULL AND msp_id IS NOT NULL AND service_id IS NOT NULL AND on_day <= {_literal(today)}
        AND provisioned IS NOT NULL AND (used IS NOT NULL OR used_units IS NULL)
        AND (credits IS NOT NULL OR (allocated_credits IS NULL AND per_unit IS NULL))
    """
    matched = _matched(connection, raw="raw", amount="plain_amount")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE accepted AS SELECT {_STORED}, COALESCE({good}, false) AS good FROM ({matched}) ORDER BY good, {_KEY}"
    )
    same = " AND ".join(f"{column} = lag({column}) OVER ()" for column in _KEY.split(", "))
    bad = f"SELECT count(*) FROM (SELECT good, {same} AS again FROM accepted) WHERE NOT good OR again"
    return count(connection, bad) == 0


def _matched(connection: duckdb.DuckDBPyConnection, *, raw: str, amount: str) -> str:
    several = count(connection, "SELECT count(*) FROM vendors") > 1
    offer = f"{_VENDOR} {_OFFER} AND (p.msp_id IS NULL OR s.vendor_id = v.vendor_id)" if several else _OFFER
    return _MATCHED.format(raw=raw, amount=amount, offer=offer)


def judge(connection: duckdb.DuckDBPyConnection, *, today: date, keeps_unmapped: bool) -> None:
    """Make `refusals` (row, column_name, value, reason), `unmapped` (rows that may wait) and `accepted` (the good ones) from `raw`.

    Rows named in `known_rows` (row) and records in `known_records` (day, customer_id, service_id) were stored before and count as
    `repeated`, a table of one number each.
    """
    connection.execute(_MACROS)
    connection.execute("CREATE OR REPLACE TEMP TABLE numbered AS SELECT row_number() OVER () AS row, * FROM raw")
    keeps = str(keeps_unmapped).lower()
    matched = _matched(connection, raw="numbered", amount="amount")
    judged = f"""
        SELECT m.*, COALESCE(m.placed_id, n.customer_id) AS customer_id,
            CASE WHEN m.day IS NULL THEN 'missing' WHEN on_day IS NULL THEN 'not_a_date' WHEN on_day > {_literal(today)} THEN 'in_future'
                END AS day_problem,
            CASE WHEN m.customer IS NULL THEN 'missing' WHEN n.customer_id IS NULL THEN 'unknown_customer'
                 WHEN on_day IS NOT NULL AND msp_id IS NULL THEN 'no_msp' END AS customer_problem,
            CASE WHEN m.service IS NULL THEN 'missing' WHEN service_id IS NULL THEN 'unknown_service' END AS service_problem,
            CASE WHEN m.provisioned_units IS NULL THEN 'missing' ELSE number_problem(m.provisioned_units) END AS provisioned_problem,
            number_problem(m.used_units) AS used_problem,
            CASE WHEN m.allocated_credits IS NOT NULL THEN number_problem(m.allocated_credits)
                 WHEN per_unit IS NOT NULL AND provisioned IS NOT NULL AND credits IS NULL THEN 'too_large' END AS credits_problem
        FROM ({matched}) AS m LEFT JOIN named AS n ON n.name = m.customer
    """
    # A row that is refused anyway neither repeats another nor stands in a good one's way.
    sound = f"""
        malformed IS NULL AND day_problem IS NULL AND provisioned_problem IS NULL AND used_problem IS NULL AND credits_problem IS NULL
        AND (customer_problem IS NULL OR ({keeps} AND customer_problem = 'unknown_customer'))
        AND (service_problem IS NULL OR ({keeps} AND service_problem = 'unknown_service'))
    """
    again = """
        sound AND row_number() OVER (
            PARTITION BY sound, on_day, COALESCE(customer_id::VARCHAR, '?' || customer), COALESCE(service_id::VARCHAR, '?' || service)
            ORDER BY row) > 1
    """
    weighed = f"SELECT *, {sound} AS sound FROM ({judged})"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE judged AS SELECT *, {again} AS again FROM ({weighed})")
    waits = "customer_problem IS NOT DISTINCT FROM 'unknown_customer' OR service_problem IS NOT DISTINCT FROM 'unknown_service'"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE unmapped AS SELECT * FROM judged WHERE sound AND NOT again AND ({waits})")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE refusals AS {_refusals()}")
    _accept_judged(connection)


def _refusals() -> str:
    values = {
        "day": "day_problem", "customer": "customer_problem", "service": "service_problem", "provisioned_units": "provisioned_problem",
        "used_units": "used_problem", "allocated_credits": "credits_problem",
    }  # fmt: skip
    parts = [
        f"SELECT row, {position} AS place, {literal(name)} AS column_name, COALESCE({name}, '') AS value, {problem} AS reason "
        f"FROM judged WHERE malformed IS NULL AND {problem} IS NOT NULL AND row NOT IN (SELECT row FROM unmapped)"
        for position, (name, problem) in enumerate(values.items())
    ]
    parts.append(f"SELECT row, 0, '', malformed, '{Reason.MALFORMED}' FROM judged WHERE malformed IS NOT NULL")
    key = "day || ',' || customer || ',' || service"
    parts.append(f"SELECT row, 9, 'day,customer,service', {key}, '{Reason.DUPLICATE}' FROM judged WHERE again")
    return " UNION ALL ".join(parts)


def _accept_judged(connection: duckdb.DuckDBPyConnection) -> None:
    known = """row IN (SELECT row FROM known_rows) OR EXISTS (
        SELECT 1 FROM known_records AS k WHERE k.day = g.on_day AND k.customer_id = g.placed_id AND k.service_id = g.service_id)"""
    good = "SELECT * FROM judged WHERE row NOT IN (SELECT row FROM refusals) AND row NOT IN (SELECT row FROM unmapped)"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE settled AS SELECT *, ({known}) AS known FROM ({good}) AS g")
    connection.execute("DELETE FROM unmapped WHERE row IN (SELECT row FROM known_rows)")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE accepted AS SELECT {_STORED} FROM settled WHERE NOT known ORDER BY {_KEY}")


def write_refusals(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Every problem in the order of the rows, as CSV; long values are cut."""
    ordered = f'SELECT row, column_name AS "column", left(value, {SHOWN}) AS value, reason FROM refusals ORDER BY row, place, reason'
    connection.execute(f"COPY ({ordered}) TO {literal(str(path))} (FORMAT csv, HEADER, DELIMITER ',')")


def _literal(day: date) -> str:
    return f"DATE '{day.isoformat()}'"

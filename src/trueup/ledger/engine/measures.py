"""The measures as SQL: one text per measure, the same on DuckDB, Spark and PostgreSQL.

Nothing here is particular to an engine: no FILTER, no QUALIFY, no aggregates that pick or collect, COALESCE instead of an order of NULLs,
decimals throughout. `rules/measures.py` says the same in Python, and the two must agree on every figure and day.

What the texts read, each relation made from the one before it:

    counted        the winning records that are asked for (columns as in `winning`)
    calendar       (day): every day of the month
    measured       (service_id, group_id, measure, from_top): what is in force for each service
    daily          DAILY: what each service of each MSP came to on each day that has records
    lines          LINES: one row per line, and what its days are ranked by
    customer_days  CUSTOMER_DAYS: single records, only where the measure is `percentile_day`

What a text of PARTS answers: parts (msp_id, service_id, day, provisioned, used, credits). A line is the sum of its parts. A figure that
a part has nothing to do with is NULL in it, so that a line in which no part has used does not know it. `day` is the day that was
chosen; NULL where every day counts.

Only making `daily` reads all records, and `daily` grows with the lines and days, not with the customers. Days without records have no
row in it: they total 0. So where the highest total is 0, the first of the month is the earliest of the highest days, record or not.
"""

from __future__ import annotations

from collections.abc import Mapping

from trueup.catalog.rules import MeasureName

DAILY = """
SELECT msp_id, service_id, day,
       SUM(provisioned_units) AS provisioned,
       SUM(COALESCE(used_units, provisioned_units)) AS used,
       SUM(allocated_credits) AS credits,
       COUNT(used_units) AS knowing_used
FROM counted
GROUP BY msp_id, service_id, day
"""

LINES = """
SELECT d.msp_id, d.service_id, m.group_id, m.measure, m.from_top,
       SUM(d.knowing_used) > 0 AS knows_used,
       COUNT(d.credits) > 0 AS has_credits
FROM daily d
JOIN measured m ON m.service_id = d.service_id
GROUP BY d.msp_id, d.service_id, m.group_id, m.measure, m.from_top
"""

UNMEASURED = """
SELECT MIN(d.service_id) FROM daily d LEFT JOIN measured m ON m.service_id = d.service_id WHERE m.service_id IS NULL
"""

_DAILY_OF_LINES = "lines l JOIN daily d ON d.msp_id = l.msp_id AND d.service_id = l.service_id"

# Credits, else used, else provisioned: decided once per line, so by what the whole line has, never by what the one day has.
_VALUE = """CASE WHEN l.has_credits THEN COALESCE(d.credits, 0) WHEN l.knows_used THEN d.used ELSE d.provisioned END"""

# A line's figures on the day chosen for it, which need not have records.
_ON_CHOSEN_DAY = """
SELECT l.msp_id, l.service_id, c.day,
       COALESCE(d.provisioned, 0) AS provisioned,
       CASE WHEN l.knows_used THEN COALESCE(d.used, 0) END AS used,
       CASE WHEN l.has_credits THEN COALESCE(d.credits, 0) END AS credits
FROM chosen c
JOIN lines l ON l.msp_id = c.msp_id AND l.service_id = c.service_id
LEFT JOIN daily d ON d.msp_id = c.msp_id AND d.service_id = c.service_id AND d.day = c.day
"""

_FIRST_DAY = "(SELECT MIN(day) FROM calendar)"

_SERVICE_PEAK_DAY = f"""
WITH ranked AS (
    SELECT l.msp_id, l.service_id, d.day, {_VALUE} AS value
    FROM {_DAILY_OF_LINES}
    WHERE l.measure = '{MeasureName.SERVICE_PEAK_DAY}'
), highest AS (
    SELECT msp_id, service_id, MAX(value) AS value FROM ranked GROUP BY msp_id, service_id
), chosen AS (
    SELECT r.msp_id, r.service_id, MIN(CASE WHEN r.value = 0 THEN {_FIRST_DAY} ELSE r.day END) AS day
    FROM highest h
    JOIN ranked r ON r.msp_id = h.msp_id AND r.service_id = h.service_id AND r.value = h.value
    GROUP BY r.msp_id, r.service_id
)
{_ON_CHOSEN_DAY}
"""

# All services of the group are added up, whatever their own measure; the day is then taken by those that ask for it.
_GROUP_PEAK_DAY = f"""
WITH asking AS (
    SELECT DISTINCT msp_id, group_id FROM lines WHERE measure = '{MeasureName.GROUP_PEAK_DAY}'
), group_days AS (
    SELECT l.msp_id, l.group_id, d.day, SUM(d.provisioned) AS provisioned, SUM(d.used) AS used, SUM(COALESCE(d.credits, 0)) AS credits
    FROM {_DAILY_OF_LINES}
    JOIN asking a ON a.msp_id = l.msp_id AND a.group_id = l.group_id
    GROUP BY l.msp_id, l.group_id, d.day
), known AS (
    SELECT msp_id, group_id,
           MAX(CASE WHEN has_credits THEN 1 ELSE 0 END) AS credits,
           MAX(CASE WHEN knows_used THEN 1 ELSE 0 END) AS used
    FROM lines
    GROUP BY msp_id, group_id
), ranked AS (
    SELECT g.msp_id, g.group_id, g.day,
           CASE WHEN k.credits = 1 THEN g.credits WHEN k.used = 1 THEN g.used ELSE g.provisioned END AS value
    FROM group_days g
    JOIN known k ON k.msp_id = g.msp_id AND k.group_id = g.group_id
), highest AS (
    SELECT msp_id, group_id, MAX(value) AS value FROM ranked GROUP BY msp_id, group_id
), peaks AS (
    SELECT r.msp_id, r.group_id, MIN(CASE WHEN r.value = 0 THEN {_FIRST_DAY} ELSE r.day END) AS day
    FROM highest h
    JOIN ranked r ON r.msp_id = h.msp_id AND r.group_id = h.group_id AND r.value = h.value
    GROUP BY r.msp_id, r.group_id
), chosen AS (
    SELECT l.msp_id, l.service_id, p.day
    FROM lines l
    JOIN peaks p ON p.msp_id = l.msp_id AND p.group_id = l.group_id
    WHERE l.measure = '{MeasureName.GROUP_PEAK_DAY}'
)
{_ON_CHOSEN_DAY}
"""

# One part for each figure, on the day of its own maximum. A part that has credits alone names no day of the line.
_OWN_MAXIMA = f"""
WITH highest AS (
    SELECT l.msp_id, l.service_id, l.knows_used, l.has_credits,
           MAX(d.provisioned) AS provisioned, MAX(d.used) AS used, MAX(COALESCE(d.credits, 0)) AS credits
    FROM {_DAILY_OF_LINES}
    WHERE l.measure = '{MeasureName.OWN_MAXIMA}'
    GROUP BY l.msp_id, l.service_id, l.knows_used, l.has_credits
), maxima AS (
    SELECT h.msp_id, h.service_id, h.knows_used, h.has_credits, h.provisioned, h.used, h.credits,
           MIN(CASE WHEN h.provisioned = 0 THEN {_FIRST_DAY} WHEN d.provisioned = h.provisioned THEN d.day END) AS provisioned_day,
           MIN(CASE WHEN h.used = 0 THEN {_FIRST_DAY} WHEN d.used = h.used THEN d.day END) AS used_day,
           MIN(CASE WHEN h.credits = 0 THEN {_FIRST_DAY} WHEN d.credits = h.credits THEN d.day END) AS credits_day
    FROM highest h
    JOIN daily d ON d.msp_id = h.msp_id AND d.service_id = h.service_id
    GROUP BY h.msp_id, h.service_id, h.knows_used, h.has_credits, h.provisioned, h.used, h.credits
)
SELECT msp_id, service_id, provisioned_day AS day, provisioned,
       CAST(NULL AS DECIMAL(38, 6)) AS used, CAST(NULL AS DECIMAL(38, 6)) AS credits
FROM maxima
UNION ALL
SELECT msp_id, service_id, used_day, NULL, used, NULL FROM maxima WHERE knows_used
UNION ALL
SELECT msp_id, service_id, credits_day, NULL, NULL, credits FROM maxima WHERE has_credits
"""

CUSTOMER_DAYS = f"""
SELECT d.msp_id, d.service_id, d.customer_id, d.day,
       d.provisioned_units AS provisioned,
       COALESCE(d.used_units, d.provisioned_units) AS used,
       COALESCE(d.allocated_credits, 0) AS credits,
       CASE WHEN l.has_credits THEN COALESCE(d.allocated_credits, 0)
            WHEN l.knows_used THEN COALESCE(d.used_units, d.provisioned_units)
            ELSE d.provisioned_units END AS value
FROM counted d
JOIN lines l ON l.msp_id = d.msp_id AND l.service_id = d.service_id
WHERE l.measure = '{MeasureName.PERCENTILE_DAY}' AND d.msp_id BETWEEN ? AND ?
"""

# Days without a record are 0 and so stand below all others: counting from the highest down, they need not be there. Who has too few
# days above 0 to get there is at 0, and at 0 the earliest day may be one without a record, which only the calendar knows.
CUSTOMERS_ON_PERCENTILE_DAYS = """
WITH placed AS (
    SELECT msp_id, service_id, customer_id, value,
           ROW_NUMBER() OVER (PARTITION BY msp_id, service_id, customer_id ORDER BY value DESC) AS place
    FROM customer_days
), reached AS (
    SELECT p.msp_id, p.service_id, p.customer_id, MAX(CASE WHEN p.place = l.from_top THEN p.value ELSE 0 END) AS value
    FROM placed p
    JOIN lines l ON l.msp_id = p.msp_id AND l.service_id = p.service_id
    GROUP BY p.msp_id, p.service_id, p.customer_id
), chosen AS (
    SELECT r.msp_id, r.service_id, r.customer_id, MIN(d.day) AS day
    FROM reached r
    JOIN customer_days d
      ON d.msp_id = r.msp_id AND d.service_id = r.service_id AND d.customer_id = r.customer_id AND d.value = r.value
    WHERE r.value > 0
    GROUP BY r.msp_id, r.service_id, r.customer_id
    UNION ALL
    SELECT r.msp_id, r.service_id, r.customer_id, MIN(k.day)
    FROM reached r
    CROSS JOIN calendar k
    LEFT JOIN customer_days d
      ON d.msp_id = r.msp_id AND d.service_id = r.service_id AND d.customer_id = r.customer_id AND d.day = k.day AND d.value > 0
    WHERE r.value = 0 AND d.day IS NULL
    GROUP BY r.msp_id, r.service_id, r.customer_id
)
SELECT c.msp_id, c.service_id, c.customer_id, c.day,
       COALESCE(d.provisioned, 0) AS provisioned,
       CASE WHEN l.knows_used THEN COALESCE(d.used, 0) END AS used,
       CASE WHEN l.has_credits THEN COALESCE(d.credits, 0) END AS credits
FROM chosen c
JOIN lines l ON l.msp_id = c.msp_id AND l.service_id = c.service_id
LEFT JOIN customer_days d
  ON d.msp_id = c.msp_id AND d.service_id = c.service_id AND d.customer_id = c.customer_id AND d.day = c.day
"""

_PERCENTILE_DAY = f"""
SELECT msp_id, service_id, day, SUM(provisioned) AS provisioned, SUM(used) AS used, SUM(credits) AS credits
FROM ({CUSTOMERS_ON_PERCENTILE_DAYS}) customers
GROUP BY msp_id, service_id, day
"""


def _sum_of_month(measure: MeasureName) -> str:
    return f"""
SELECT l.msp_id, l.service_id, CAST(NULL AS DATE) AS day, SUM(d.provisioned) AS provisioned,
       CASE WHEN l.knows_used THEN SUM(d.used) END AS used,
       CASE WHEN l.has_credits THEN SUM(COALESCE(d.credits, 0)) END AS credits
FROM {_DAILY_OF_LINES}
WHERE l.measure = '{measure}'
GROUP BY l.msp_id, l.service_id, l.knows_used, l.has_credits
"""


_LAST_DAY = f"""
WITH chosen AS (
    SELECT msp_id, service_id, (SELECT MAX(day) FROM calendar) AS day FROM lines WHERE measure = '{MeasureName.LAST_DAY}'
)
{_ON_CHOSEN_DAY}
"""

PARTS: Mapping[MeasureName, str] = {
    MeasureName.GROUP_PEAK_DAY: _GROUP_PEAK_DAY,
    MeasureName.SERVICE_PEAK_DAY: _SERVICE_PEAK_DAY,
    MeasureName.OWN_MAXIMA: _OWN_MAXIMA,
    MeasureName.PERCENTILE_DAY: _PERCENTILE_DAY,
    MeasureName.VOLUME: _sum_of_month(MeasureName.VOLUME),
    # The sum: dividing and rounding is left to the one function that rounds.
    MeasureName.AVERAGE: _sum_of_month(MeasureName.AVERAGE),
    MeasureName.LAST_DAY: _LAST_DAY,
}
"""The parts of the lines of each measure."""

# The customers behind a line on up to three days, one for each figure (the peak measures name the same day three times).
CUSTOMERS_ON_DAYS = """
SELECT customer_id,
       SUM(CASE WHEN day = ? THEN provisioned_units ELSE 0 END) AS provisioned,
       SUM(CASE WHEN day = ? THEN COALESCE(used_units, provisioned_units) ELSE 0 END) AS used,
       SUM(CASE WHEN day = ? THEN COALESCE(allocated_credits, 0) ELSE 0 END) AS credits
FROM winning
WHERE msp_id = ? AND service_id = ? AND day IN (?, ?, ?)
GROUP BY customer_id
ORDER BY customer_id
"""

CUSTOMERS_OF_MONTH = """
SELECT customer_id, SUM(provisioned_units) AS provisioned,
       SUM(COALESCE(used_units, provisioned_units)) AS used, SUM(COALESCE(allocated_credits, 0)) AS credits
FROM winning
WHERE msp_id = ? AND service_id = ?
GROUP BY customer_id
ORDER BY customer_id
"""

RECORDS_OF_PERCENTILE_DAY = f"""
SELECT c.msp_id, COUNT(*) AS records
FROM counted c
JOIN lines l ON l.msp_id = c.msp_id AND l.service_id = c.service_id
WHERE l.measure = '{MeasureName.PERCENTILE_DAY}'
GROUP BY c.msp_id
ORDER BY c.msp_id
"""

DAYS_OF_LINE = """
SELECT day, SUM(provisioned_units) AS provisioned, SUM(COALESCE(used_units, provisioned_units)) AS used,
       SUM(allocated_credits) AS credits, COUNT(used_units) AS knowing_used
FROM winning
WHERE msp_id = ? AND service_id = ?
GROUP BY day
"""

DAYS_OF_MSP = """
SELECT service_id, day, SUM(provisioned_units) AS provisioned, SUM(COALESCE(used_units, provisioned_units)) AS used,
       SUM(allocated_credits) AS credits, COUNT(used_units) AS knowing_used
FROM winning
WHERE msp_id = ?
GROUP BY service_id, day
ORDER BY service_id, day
"""

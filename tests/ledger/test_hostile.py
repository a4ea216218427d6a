"""Whatever is in a file, every bad row is listed, and nothing else happens."""

import json
import math
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from tests.ledger.channel import NOON, OPERATOR, deliver, problems, rows, seen
from trueup.accounts.models import Account
from trueup.kit.errors import Invalid
from trueup.ledger.actions import import_usage
from trueup.ledger.models import Batch

pytestmark = pytest.mark.usefixtures("channel")
SEVERAL = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
DAYS = (
    "2026-02-30", "0000-00-00", "2026-1-1", "2026-10-03T00:00:00", "2026-10-03 00:00:00", "2026/10/03", "20261003", "infinity", "epoch",
    "0001-01-01 (BC)", "２０２６-10-03", "99999-10-3", "2026-10-3 ", "+2026-10-03",
)  # fmt: skip
NUMBERS = {
    "not_a_number": (
        "٣",
        "５",
        "NaN",
        "inf",
        "-Infinity",
        "x" * 200_000,
        "1,5",
        "1_000",
        "0x10",
        "1e",
        "e5",
        ".",
        "+",
        "1 2",
        "--1",
        "a\nb",
    ),
    "negative": ("-1", "-1e-30", "-" + "9" * 60),
    "too_large": ("1" * 45, "1e12", "1000000000000", "9e9999", "999999999999.9999995e1"),
    "too_many_decimals": ("1e-7", "0.0000001", "1." + "0" * 40 + "1", "1e-9999"),
}
EXACT = ("+5", "1e5", ".5", "5.", " 5 ", "\t5", "0" * 60 + "1.5", "1." + "0" * 60, "-0", "0e9999", "999999999999.999999", "1e-6", "1E+2")


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


class TestValue:
    def test_that_is_no_day_is_listed(self, tmp_path: Path) -> None:
        result = deliver(tmp_path, rows(*(f"{quoted(day)},dental,core,1,1," for day in DAYS)))
        expected = [(number, "day", day.strip(), "not_a_date") for number, day in enumerate(DAYS, 1)]
        assert problems(result) == expected

    def test_of_a_day_to_come_is_listed(self, tmp_path: Path) -> None:
        result = deliver(tmp_path, rows("2026-10-21,dental,core,1,1,", "9999-12-31,dental,core,1,1,"))
        assert [each[0] for each in problems(result) if each[1] == "day" and each[3] == "in_future"] == [1, 2]

    def test_that_is_no_amount_is_listed(self, tmp_path: Path) -> None:
        cases = [(reason, value) for reason, values in NUMBERS.items() for value in values]
        lines = [f"{date(2026, 1, 1 + number)},dental,core,{quoted(value)},1," for number, (_, value) in enumerate(cases)]
        expected = [(number, "provisioned_units", value[:200], reason) for number, (reason, value) in enumerate(cases, 1)]
        assert problems(deliver(tmp_path, rows(*lines))) == expected

    def test_is_stored_exactly_however_it_is_written(self, tmp_path: Path) -> None:
        deliver(tmp_path, rows(*(f"2026-10-{number:02},dental,plain,{quoted(value)},," for number, value in enumerate(EXACT, 1))))
        assert [Decimal(row[4]) for row in seen()] == [Decimal(value.strip()) for value in EXACT]

    def test_that_gives_too_many_credits_is_listed(self, tmp_path: Path) -> None:
        result = deliver(tmp_path, rows("2026-10-03,dental,core,999999999999.123456,1,", "2026-10-04,dental,plain,999999999999.123456,1,"))
        assert problems(result) == [(1, "allocated_credits", "", "too_large")]

    @given(value=st.text(st.sampled_from("0123456789.eE+-_ "), min_size=1, max_size=30))
    @example(value="0" * 40 + "1e-5")
    @SEVERAL
    def test_is_exact_or_refused(self, value: str, tmp_path: Path) -> None:
        result = deliver(tmp_path, rows(f"2026-10-03,dental,plain,1,1,{value}", f"2026-10-04,dental,plain,{Batch.objects.count()},x,"))
        refused = [each for each in problems(result) if each[0] == 1]
        assert [each[2] for each in refused] == [value.strip()] * len(refused)
        if not refused and value.strip():
            with localcontext(prec=100):
                exact = Decimal(value)
            assert 0 <= exact < 10**12
            assert exact == round(exact, 6)


class TestFile:
    @given(content=st.binary(max_size=200) | st.text(st.sampled_from('",\n\r\0{}[]:019-ad '), max_size=200).map(str.encode))
    @SEVERAL
    @pytest.mark.parametrize("name", ["usage.csv", "usage.ndjson", "usage.parquet", "usage"])
    def test_of_any_bytes_is_unreadable_or_refused(self, name: str, content: bytes, tmp_path: Path) -> None:
        for head in (b"", b"day,customer,service,provisioned_units\n2026-10-03,dental,core,1\n"):
            file = tmp_path / name
            file.write_bytes(head + content)
            try:
                result = import_usage(OPERATOR, file, now=NOON, accept_valid=True)
            except Invalid:
                continue
            assert result.refused_count == len({refusal.row for refusal in result.refused()})

    def test_larger_than_the_memory_is_taken_in(self, tmp_path: Path, settings: Settings) -> None:
        settings.TRUEUP_MEMORY_LIMIT = "64MB"
        bolt, name = Account.objects.get(ref="bolt"), "c" * 180
        made = Account.objects.bulk_create([Account(ref=f"{name}{number:04}", tier="customer", name="c") for number in range(8_000)])
        bolt.children.bulk_create([bolt.children.model(account=one, parent=bolt, from_date=date(2025, 1, 1)) for one in made])
        file = tmp_path / "usage.csv"
        with file.open("w") as out:
            out.write("day,customer,service,provisioned_units\n")
            for day in range(1, 21):
                out.writelines(f"2026-10-{day:02},{one.ref},{code},{day}\n" for code in ("core", "plain", "blind") for one in made)
        assert file.stat().st_size > 96_000_000
        assert import_usage(OPERATOR, file, now=NOON).stored == 480_000


class TestNdjson:
    def test_lists_values_of_the_wrong_kind(self, tmp_path: Path) -> None:
        good = {"day": "2026-10-03", "customer": "dental", "service": "plain", "provisioned_units": 1}
        wrong: list[dict[str, object]] = [
            {"provisioned_units": {"a": 1}},
            {"provisioned_units": [1]},
            {"used_units": True},
            {"day": 20261003},
        ]
        lines = [json.dumps(good | each) for each in wrong]
        lines += [
            json.dumps({"day": "2026-10-04", "customer": "dental", "service": "plain"}),
            "[]",
            "null",
            "1",
            json.dumps([good]),
            "[" * 5000,
        ]
        assert [(each[0], each[1], each[3]) for each in problems(deliver(tmp_path, "\n".join(lines), name="a.ndjson"))] == [
            (1, "provisioned_units", "not_a_number"), (2, "provisioned_units", "not_a_number"),
            (3, "used_units", "not_a_number"), (4, "day", "not_a_date"),
            (5, "provisioned_units", "missing"), *((row, "", "malformed") for row in range(6, 11)),
        ]  # fmt: skip

    def test_keeps_every_digit_of_a_number(self, tmp_path: Path) -> None:
        lines = [
            f'{{"day":"2026-10-{day:02}","customer":"dental","service":"plain","used_units":null,"provisioned_units":{number}}}'
            for day, number in enumerate(("1e-6", "123456789012.123456", "4.0", "1E2", "0.1"), 1)
        ]
        deliver(tmp_path, "\n".join(lines), name="a.ndjson")
        assert [row[4] for row in seen()] == ["0.000001", "123456789012.123456", "4", "100", "0.1"]
        assert problems(deliver(tmp_path, lines[0].replace("1e-6", "1e-7"), name="a.ndjson"))[0][3] == "too_many_decimals"


class TestParquet:
    def test_of_other_types_is_read(self, tmp_path: Path) -> None:
        names = pa.array(["dental", "dental"]).dictionary_encode()
        amounts = {
            "provisioned_units": pa.array([40, 2**33], pa.int64()), "used_units": pa.array([0.5, None], pa.float64()),
            "allocated_credits": pa.array([Decimal("1.250000000"), None], pa.decimal128(30, 9)),
        }  # fmt: skip
        days = pa.array([date(2026, 10, 3), date(2026, 10, 4)], pa.date32())
        pq.write_table(
            pa.table({"day": days, "customer": names, "service": pa.array(["plain", "plain"]), **amounts}), tmp_path / "a.parquet"
        )
        assert import_usage(OPERATOR, tmp_path / "a.parquet", now=NOON).stored == 2
        assert [row[4:] for row in seen()] == [("40", "0.5", "1.25"), ("8589934592", "-", "-")]

    def test_lists_values_that_are_no_amounts(self, tmp_path: Path) -> None:
        used = pa.array([math.nan, math.inf, -1.0, 1e-7, 1e300])
        table = {"day": ["2026-10-03"] * 5, "customer": ["dental"] * 5, "service": ["core", "plain", "blind", "a", "b"]}
        pq.write_table(pa.table({**table, "provisioned_units": [1] * 5, "used_units": used}), tmp_path / "a.parquet")
        found = [each[3] for each in problems(import_usage(OPERATOR, tmp_path / "a.parquet", now=NOON)) if each[1] == "used_units"]
        assert found == ["not_a_number", "not_a_number", "negative", "too_many_decimals", "too_large"]

    def test_of_lists_is_refused(self, tmp_path: Path) -> None:
        table = {"day": ["2026-10-03"], "customer": ["dental"], "service": ["core"], "provisioned_units": [[1]]}
        pq.write_table(pa.table(table), tmp_path / "a.parquet")
        assert [each[3] for each in problems(import_usage(OPERATOR, tmp_path / "a.parquet", now=NOON))] == ["not_a_number"]

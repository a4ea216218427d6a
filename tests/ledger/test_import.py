"""Files that are taken in, in every form they may have."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ledger.channel import HEADER, NOON, OPERATOR, deliver, problems, rows, seen
from trueup.accounts.models import Account
from trueup.accounts.rules import Actor, Role, Tier, Viewer
from trueup.events.models import Event
from trueup.kit.errors import Conflict, Invalid
from trueup.ledger.actions import import_usage
from trueup.ledger.models import Batch

pytestmark = pytest.mark.usefixtures("channel")

GOOD = ("2026-10-03,dental,core,40,31,", "2026-10-16,moved,plain,2.5,,7")
STORED = [("2026-10-03", "bolt", "dental", "core", "40", "31", "150"), ("2026-10-16", "coil", "moved", "plain", "2.5", "-", "7")]


class TestImport:
    def test_stores_csv(self, tmp_path: Path) -> None:
        result = deliver(tmp_path, rows(*GOOD))
        assert (result.batch, result.stored, result.repeated, result.refused_count) == (1, 2, 0, 0)
        assert seen() == STORED
        assert Event.objects.filter(kind="usage_imported").count() == 1

    @pytest.mark.parametrize(
        "text",
        [
            "\ufeff" + rows(*GOOD),
            rows(*GOOD).replace("\n", "\r\n"),
            rows('"2026-10-03","dental","core","40","31",""', GOOD[1]),
            rows(*GOOD).rstrip("\n"),
            rows(GOOD[0], "", GOOD[1], ""),
            rows(*GOOD).replace("\n", "\r\n", 2),  # mixed line ends
            rows(
                "dental,31,2026-10-03,core,40,",
                "moved,,2026-10-16,plain,2.5,7",
                header="customer,used_units,day,service,provisioned_units,allocated_credits",
            ),
            rows(" 2026-10-03 , dental,core ,4e1,31.000000000,", "2026-10-16,moved,plain,02.50,,+7.0"),
        ],
    )
    def test_reads_every_way_to_write_a_csv(self, tmp_path: Path, text: str) -> None:
        assert problems(deliver(tmp_path, text)) == []
        assert seen() == STORED

    @pytest.mark.parametrize("name", ["usage.ndjson", "usage.jsonl", "usage"])
    def test_stores_ndjson(self, tmp_path: Path, name: str) -> None:
        text = (
            '{"day":"2026-10-03","customer":"dental","service":"core","provisioned_units":40,"used_units":"31"}\r\n\n'
            '{"service":"plain","day":"2026-10-16","customer":"moved","provisioned_units":123456789012.123456,'
            '"used_units":null,"allocated_credits":7.0}'
        )
        deliver(tmp_path, text, name=name)
        assert seen() == [STORED[0], ("2026-10-16", "coil", "moved", "plain", "123456789012.123456", "-", "7")]

    @pytest.mark.parametrize(
        "columns",
        [
            {"day": ["2026-10-03"], "customer": ["dental"], "service": ["core"], "provisioned_units": ["40"], "used_units": ["31"]},
            {"day": [date(2026, 10, 3)], "customer": ["dental"], "service": ["core"], "provisioned_units": [40], "used_units": [31.0]},
            {
                "day": [datetime.fromisoformat("2026-10-03")],
                "customer": ["dental"],
                "service": ["core"],
                "provisioned_units": [Decimal("40.00")],
                "used_units": [31],
            },
        ],
    )
    def test_stores_parquet(self, tmp_path: Path, columns: dict[str, list[object]]) -> None:
        file = tmp_path / "usage.parquet"
        pq.write_table(pa.table(columns), file)
        import_usage(OPERATOR, file, now=NOON)
        assert seen() == STORED[:1]

    def test_computes_credits_by_the_requirement_of_the_day(self, tmp_path: Path) -> None:
        deliver(
            tmp_path,
            rows("2026-10-09,dental,core,1,", "2026-10-10,dental,core,1,", "2026-10-10,dental,plain,1,", header=HEADER.rpartition(",")[0]),
        )
        assert [row[6] for row in seen()] == ["3.75", "0.333334", "-"]

    def test_stores_used_as_unknown_where_it_cannot_be_measured(self, tmp_path: Path) -> None:
        deliver(tmp_path, rows("2026-10-09,dental,blind,5,0,"))
        assert seen()[0][5] == "-"

    def test_takes_the_msp_of_the_day(self, tmp_path: Path) -> None:
        deliver(tmp_path, rows("2026-10-15,moved,core,1,1,", "2026-10-16,moved,core,1,1,"))
        assert [row[1] for row in seen()] == ["bolt", "coil"]

    def test_stores_nothing_in_a_dry_run(self, tmp_path: Path) -> None:
        result = deliver(tmp_path, rows(*GOOD), dry_run=True)
        assert (result.batch, result.stored) == (None, 2)
        assert seen() == []
        assert not Batch.objects.exists()

    def test_is_for_customers_of_the_viewer_only(self, tmp_path: Path) -> None:
        coil = Account.objects.get(ref="coil")
        viewer = Viewer(Actor("person", "coil@example.com", None), coil.pk, Tier.MSP, Role.ADMIN)
        result = deliver(
            tmp_path,
            rows("2026-10-16,moved,core,1,1,", "2026-10-15,moved,core,1,1,", "2026-10-16,dental,core,1,1,"),
            viewer=viewer,
            accept_valid=True,
        )
        assert problems(result) == [(2, "customer", "moved", "no_msp"), (3, "customer", "dental", "unknown_customer")]
        assert [row[0] for row in seen(viewer=viewer)] == ["2026-10-16"]

    def test_is_refused_behind_what_the_ledger_holds(self, tmp_path: Path) -> None:
        deliver(tmp_path, rows(*GOOD))
        with pytest.raises(Conflict, match="go back"):
            deliver(tmp_path, rows(GOOD[0]), now=NOON - timedelta(seconds=1))
        assert deliver(tmp_path, rows(GOOD[0]), now=NOON).stored == 1


class TestRefusal:
    def test_lists_every_problem_of_every_row(self, tmp_path: Path) -> None:
        text = rows(
            "2026-10-03,dental,core,40,31,", ",,,,,", "2026-13-03,nobody,nothing,x,-1,1.1234567", "2026-10-21,homeless,core,1e12,1,",
            "2026-10-03,dental,core,41,31,", "2026-10-3,dental,core,1,nan,",
        )  # fmt: skip
        result = deliver(tmp_path, text)
        assert (result.batch, result.stored, result.refused_count) == (None, 0, 5)
        assert problems(result) == [
            (2, "day", "", "missing"), (2, "customer", "", "missing"), (2, "service", "", "missing"),
            (2, "provisioned_units", "", "missing"),
            (3, "day", "2026-13-03", "not_a_date"), (3, "customer", "nobody", "unknown_customer"),
            (3, "service", "nothing", "unknown_service"),
            (3, "provisioned_units", "x", "not_a_number"), (3, "used_units", "-1", "negative"),
            (3, "allocated_credits", "1.1234567", "too_many_decimals"),
            (4, "day", "2026-10-21", "in_future"), (4, "customer", "homeless", "no_msp"), (4, "provisioned_units", "1e12", "too_large"),
            (5, "day,customer,service", "2026-10-03,dental,core", "duplicate"),
            (6, "day", "2026-10-3", "not_a_date"), (6, "used_units", "nan", "not_a_number"),
        ]  # fmt: skip
        assert seen() == []

    def test_of_a_row_leaves_a_good_one_of_the_same_key_alone(self, tmp_path: Path) -> None:
        text = rows("2026-10-03,dental,core,-5,2,", "2026-10-03,dental,core,5,2,", "2026-10-03,dental,core,6,2,")
        result = deliver(tmp_path, text, accept_valid=True)
        assert result.stored == 1
        assert [(row, reason) for row, _, _, reason in problems(result)] == [(1, "negative"), (3, "duplicate")]
        assert [record[4] for record in seen()] == ["5"]

    @pytest.mark.parametrize(
        ("text", "name", "row"),
        [
            (rows(GOOD[0], "2026-10-04,dental", GOOD[1]), "usage.csv", 2),
            (rows("", GOOD[0], "2026-10-04,dental,core,1,1,1,1", GOOD[1]), "usage.csv", 2),
            (rows(GOOD[0], '2026-10-04,"dental"x,core,1,1,', GOOD[1]), "usage.csv", 2),
            (rows(*GOOD, '2026-10-04,"dental,core,1,1,'), "usage.csv", 3),
            ('{"day":"2026-10-03","customer":"dental","service":"core","provisioned_units":40,"used_units":31}\n[1]\n', "usage.ndjson", 2),
            (
                '{"day":"2026-10-03","customer":"dental","service":"core","provisioned_units":40,"used_units":31}\r\n{"day\n',
                "usage.ndjson",
                2,
            ),
        ],
    )
    def test_numbers_rows_of_a_malformed_file(self, tmp_path: Path, text: str, name: str, row: int) -> None:
        result = deliver(tmp_path, text, name=name, accept_valid=True)
        assert [(each[0], each[3]) for each in problems(result)] == [(row, "malformed")]
        assert seen() == (STORED if name == "usage.csv" else STORED[:1])

    def test_counts_rows_of_a_large_file_in_its_order(self, tmp_path: Path) -> None:
        lines = [f"2026-10-{1 + number % 15:02},dental,core,{number},," for number in range(30_000)]
        lines[20_000] = "2026-10-01,dental,core,x,,"
        result = deliver(tmp_path, rows(*lines))
        assert result.refused_count == 30_000 - 15
        assert [each for each in problems(result) if each[3] == "not_a_number"] == [(20_001, "provisioned_units", "x", "not_a_number")]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "is empty"),
            (HEADER.encode() + b"\n", "no usage records"),
            (HEADER.encode() + b"\n2026-10-03,d\xe9ntal,core,1,1,\n", "not UTF-8"),
            (b"day,customer,service,provisioned_units,color\n", "column color is not known"),
            (b"day,customer,service\n", "column provisioned_units is missing"),
            (b"day,customer,service,day,provisioned_units\n", "column day is there twice"),
        ],
    )
    def test_says_why_a_file_cannot_be_used(self, tmp_path: Path, content: bytes, message: str) -> None:
        file = tmp_path / "usage.csv"
        file.write_bytes(content)
        with pytest.raises(Invalid, match=message):
            import_usage(OPERATOR, file, now=NOON)

    def test_names_unknown_keys_of_ndjson(self, tmp_path: Path) -> None:
        with pytest.raises(Invalid, match="column color is not known"):
            deliver(tmp_path, '{"day":"2026-10-03","customer":"dental","service":"core","provisioned_units":40,"color":1}', name="a.ndjson")

    def test_is_no_parquet(self, tmp_path: Path) -> None:
        with pytest.raises(Invalid, match=r"a\.parquet is not a readable Parquet file") as refused:
            deliver(tmp_path, "nothing that is long enough", name="a.parquet")
        assert str(tmp_path) not in refused.value.message

    def test_names_an_unknown_source(self, tmp_path: Path) -> None:
        with pytest.raises(Invalid, match="no source"):
            deliver(tmp_path, rows(*GOOD), source="elsewhere")


class TestToday:
    def test_is_a_day_of_the_installation(self, tmp_path: Path) -> None:
        assert deliver(tmp_path, rows("2026-10-20,dental,core,1,1,"), now=datetime(2026, 10, 20, 0, 0, tzinfo=UTC)).stored == 1

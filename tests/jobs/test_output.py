"""How data is written."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from trueup.jobs.messages import visible
from trueup.jobs.options import Format
from trueup.jobs.output import MOST_ROWS, Listing, write_object
from trueup.jobs.tables import Column, for_people, in_words, print_table
from trueup.kit.period import Month

LISTING = Listing(("name", "units"), (Column("Name", "name"), Column("Units", "units", number=True)), "There is nothing.")


def written(capsys: pytest.CaptureFixture[str], *records: dict[str, object], form: Format) -> str:
    """What is written of some records."""
    LISTING.write(iter(records), form)
    return capsys.readouterr().out


class TestListing:
    def test_writes_numbers_as_plain_text_in_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        text = written(capsys, {"name": "ä", "units": Decimal("22.500")}, {"name": "b", "units": None}, form=Format.JSON)
        assert json.loads(text) == [{"name": "ä", "units": "22.5"}, {"name": "b", "units": None}]

    def test_writes_an_empty_list_in_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert written(capsys, form=Format.JSON) == "[]\n"

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
    def test_writes_no_formula_into_csv(self, capsys: pytest.CaptureFixture[str], text: str) -> None:
        cell = written(capsys, {"name": text, "units": Decimal(-1)}, form=Format.CSV).splitlines(keepends=True)[1:]
        assert "".join(cell).lstrip('"').startswith("'" + text)
        assert "".join(cell).endswith(",-1\n")

    def test_writes_a_header_without_rows_in_csv(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert written(capsys, form=Format.CSV) == "name,units\n"

    def test_says_that_there_is_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        LISTING.write([], Format.TABLE)
        assert capsys.readouterr() == ("", "There is nothing.\n")

    def test_says_how_many_rows_a_table_leaves_out(self, capsys: pytest.CaptureFixture[str]) -> None:
        LISTING.write(({"name": str(n), "units": Decimal(n)} for n in range(MOST_ROWS + 7)), Format.TABLE)
        out, err = capsys.readouterr()
        assert len(out.splitlines()) == MOST_ROWS + 2
        assert "7 more rows" in err

    def test_reads_records_one_by_one(self, capsys: pytest.CaptureFixture[str]) -> None:
        seen: list[str] = []

        def records() -> Iterator[dict[str, object]]:
            for number in range(3):
                seen.append(capsys.readouterr().out)
                yield {"name": str(number), "units": None}

        LISTING.write(records(), Format.JSON)
        assert '"0"' in seen[1]
        assert '"1"' in seen[2]


class TestObject:
    def test_is_written_with_its_lists_in_lines(self, capsys: pytest.CaptureFixture[str]) -> None:
        write_object(
            {"at": datetime(2026, 11, 1, tzinfo=UTC), "days": (date(2026, 10, 5),), "refused": iter([{"row": 1}]), "none": iter([])}
        )
        assert json.loads(capsys.readouterr().out) == {
            "at": "2026-11-01T00:00:00Z",
            "days": ["2026-10-05"],
            "refused": [{"row": 1}],
            "none": [],
        }


class TestTable:
    @pytest.mark.parametrize("width", [40, 80, 200])
    def test_never_cuts_a_figure(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int) -> None:
        monkeypatch.setenv("COLUMNS", str(width))
        columns = [Column("Service", "name"), *(Column(f"Column {n}", "units", number=True, spare=n > 3) for n in range(6))]
        print_table(columns, [{"name": "a-service-with-a-long-name", "units": Decimal("123456789012.123456")}])
        assert "123456789012.123456" in "".join(capsys.readouterr().out.split())

    def test_fits_the_terminal(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        columns = [Column("Name", "name"), *(Column(f"Units {n}", "units", number=True, spare=n > 1) for n in range(20))]
        print_table(columns, [{"name": "endpoint-core", "units": Decimal("1234.5")}])
        assert max(len(line) for line in capsys.readouterr().out.splitlines()) <= 80

    @pytest.mark.parametrize("width", range(60, 100))
    def test_gives_way_where_there_are_words(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int) -> None:
        monkeypatch.setenv("COLUMNS", str(width))
        columns = [
            Column("What", "code"), Column("Name", "name"), Column("Quantity", "quantity", number=True), Column("Unit", "unit"),
            Column("How", "how"), Column("Amount", "amount", number=True),
        ]  # fmt: skip
        line = {"code": "workspace-security", "name": "Workspace Security", "unit": "seat", "how": "27 × 4, less 30 % margin"}
        print_table(columns, [line | {"quantity": Decimal(27), "amount": "75.60"}])
        out = capsys.readouterr().out
        assert "Amount" in out
        assert "75.60" in out
        assert max(len(row) for row in out.splitlines()) <= width

    def test_speaks_in_words(self) -> None:
        assert in_words("msp_preparing") == "MSP preparing"
        assert in_words(("automatic_with_penalty", "x_y")) == "automatic with penalty, x y"
        assert [for_people(value) for value in (None, True, Decimal("4.50"), Month(2026, 10), (date(2026, 10, 5),))] == [
            "–",
            "yes",
            "4.5",
            "2026-10",
            "2026-10-05",
        ]
        assert for_people(datetime(2026, 11, 6, 23, tzinfo=UTC)) == "2026-11-06 23:00 UTC"

    def test_lets_no_text_command_the_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_table([Column("Name", "name")], [{"name": "\x1b[31mred\x07"}])
        assert "\x1b" not in capsys.readouterr().out
        assert visible("a\x1bb\nc") == "a�b\nc"

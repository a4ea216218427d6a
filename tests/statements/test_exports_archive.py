"""An archive is written while it is read: only a piece of it is in memory, and the same files give the same bytes."""

import io
import tracemalloc
from collections.abc import Iterator
from datetime import date
from random import Random
from zipfile import ZipFile

from trueup.statements.exports.archive import Entry, zipped
from trueup.statements.exports.forms import Form, file_name

DAY = date(2026, 10, 31)
PIECE = 65_536


def entries(count: int, pieces: int, asked: list[str] | None = None) -> Iterator[Entry]:
    """Files that can't be packed any tighter."""
    for number in range(count):
        if asked is not None:
            asked.append(f"{number}.pdf")
        yield f"{number}.pdf", content(number, pieces)


def content(number: int, pieces: int) -> Iterator[bytes]:
    random = Random(number)
    for _ in range(pieces):
        yield random.randbytes(PIECE)


class TestArchives:
    def test_hold_their_files(self) -> None:
        written = b"".join(zipped(entries(3, 2), made=DAY))
        with ZipFile(io.BytesIO(written)) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == ["0.pdf", "1.pdf", "2.pdf"]
            assert {info.date_time for info in archive.infolist()} == {(2026, 10, 31, 0, 0, 0)}
            assert archive.read("1.pdf") == b"".join(content(1, 2))
        assert written == b"".join(zipped(entries(3, 2), made=DAY))

    def test_may_hold_nothing(self) -> None:
        assert ZipFile(io.BytesIO(b"".join(zipped([], made=DAY)))).namelist() == []

    def test_ask_for_a_file_when_its_turn_comes(self) -> None:
        asked: list[str] = []
        pieces = zipped(entries(100, 4, asked), made=DAY)
        for _ in range(4):
            next(pieces)
        assert len(asked) <= 2

    def test_keep_no_more_than_a_piece_in_memory(self) -> None:
        next(iter(zipped(entries(1, 1), made=DAY)))  # what is loaded once is not counted
        tracemalloc.start()
        try:
            size = sum(len(piece) for piece in zipped(entries(20, 8), made=DAY))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert size > 20 * 8 * PIECE
        assert peak < 30 * PIECE


class TestNames:
    def test_are_such_that_every_file_system_takes(self) -> None:
        assert file_name("north-2026-000001", Form.PDF) == "north-2026-000001.pdf"
        assert file_name("Zürich", Form.CSV) == "Zürich.csv"
        assert file_name("../a/b\\c:d", Form.UBL) == "%2E.%2Fa%2Fb%5Cc%3Ad.ubl.xml"
        assert file_name("a b", Form.CSV) != file_name("a%20b", Form.CSV)

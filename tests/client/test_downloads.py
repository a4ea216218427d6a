"""Files of a server: read as they come, named by nothing but a name, and whole or an error."""

from collections.abc import Iterator

import httpx
import pytest

from tests.client.fake import Server, answered, problem
from trueup.client import Invalid, Unreachable


class Pieces(httpx.SyncByteStream):
    """A file that comes in pieces, and may be cut off."""

    def __init__(self, *pieces: bytes, cut: bool = False) -> None:
        self.pieces, self.cut, self.closed = pieces, cut, False

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        if self.cut:
            raise httpx.ReadError("gone")

    def close(self) -> None:
        self.closed = True


def sent(stream: httpx.SyncByteStream, name: str = "", kind: str = "application/pdf") -> httpx.Response:
    said = {"Content-Type": kind, "Content-Disposition": name} if name else {"Content-Type": kind}
    return httpx.Response(200, stream=stream, headers=said)


class TestDownload:
    def test_comes_in_pieces_with_its_name(self) -> None:
        stream = Pieces(b"one", b"two")
        server = Server(sent(stream, 'attachment; filename="bolt.pdf"', "application/pdf; charset=x"))
        found = server.client().reports.file("2026-10", "bolt", "pdf")
        assert (found.name, found.media_type, stream.closed) == ("bolt.pdf", "application/pdf", False)
        assert (b"".join(found.content), stream.closed) == (b"onetwo", True)
        assert server.requests[0].url.path == "/api/v1/reports/2026-10/bolt/files/pdf"

    @pytest.mark.parametrize(
        ("said", "name"),
        [
            ('attachment; filename="../../etc/passwd"', "passwd"),
            ('attachment; filename="..\\\\..\\\\a.pdf"', "a.pdf"),
            ('attachment; filename=".bashrc"', ""),
            ('attachment; filename=".."', ""),
            ("attachment; filename*=utf-8''r%C3%A9sum%C3%A9.pdf", "résumé.pdf"),
            ("attachment", ""),
            ("", ""),
        ],
    )
    def test_is_written_nowhere_that_its_name_says(self, said: str, name: str) -> None:
        assert Server(sent(Pieces(b""), said)).client().cycles.archive("2026-10", ["pdf"]).name == name

    def test_that_is_cut_off_is_an_error(self) -> None:
        stream = Pieces(b"half", cut=True)
        found = Server(sent(stream)).client().statements.file("north-2026-000001", "pdf")
        assert next(found.content) == b"half"
        with pytest.raises(Unreachable, match="gone"):
            next(found.content)
        assert stream.closed

    def test_is_refused_before_anything_comes(self) -> None:
        errors = [{"path": "/path/form", "code": "form", "detail": "there is no form"}]
        server = Server(problem(422, "invalid", "there is no form", errors=errors))
        with pytest.raises(Invalid) as refused:
            server.client().billing.file("2026-10", "north", "ubl")
        assert [one.code for one in refused.value.problems] == ["form"]

    def test_is_no_web_page(self) -> None:
        with pytest.raises(Unreachable, match="web page"):
            Server(sent(Pieces(b"<html>"), kind="text/html")).client().statements.files("csv")

    def test_names_what_is_wanted(self) -> None:
        server = Server(sent(Pieces(b"")))
        client = server.client()
        client.cycles.archive("2026-10", ["pdf", "ubl"], iso_currency=True)
        client.reports.files("csv", cycle="2026-10", since="2026-01", search=None)
        client.statements.files("focus-csv", buyer="bolt")
        assert [request.url.query.decode() for request in server.requests] == [
            "forms=pdf%2Cubl&iso_currency=true", "cycle=2026-10&from=2026-01", "buyer=bolt",
        ]  # fmt: skip


class TestPrices:
    def test_are_sent_as_they_are(self) -> None:
        server = Server(answered({"dry_run": True, "changed": ["north → * 2026-01-01"]}))
        assert server.client().prices.apply("price_lists: [] # über\n", dry_run=True) == ("north → * 2026-01-01",)
        request = server.requests[0]
        assert (request.content.decode(), request.url.query, request.headers["Content-Length"]) == (
            "price_lists: [] # über\n", b"dry_run=true", "24",
        )  # fmt: skip
        assert request.headers["Content-Type"].startswith("application/yaml")

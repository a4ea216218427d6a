"""Files on the command line: what is written, to where, and that they are whole."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.jobs.command import Trueup
from tests.jobs.october import BOLT, COIL, NORTH, VENDOR, approve, begin
from trueup.client.answers import Download
from trueup.jobs import exports
from trueup.jobs.writing import write
from trueup.kit.errors import Conflict, Invalid, TrueUpError
from trueup.kit.period import Month
from trueup.statements.exports.means import Means

FIRST = "north-2026-000001"
CUSTOMERS_OF_BOLT = """\
price_lists:
  - {seller: bolt, currency: EUR, services: {workspace-security: 9, endpoint-core: 7}}
"""


@pytest.fixture
def october(trueup: Trueup) -> Trueup:
    """October with prices; everything is approved, and the clock has been there."""
    begin(trueup)
    approve(trueup)
    return trueup


class TestExport:
    def test_writes_every_kind_of_thing(self, october: Trueup) -> None:
        october.done("price", "import", october.file("own.yaml", CUSTOMERS_OF_BOLT), "--as", BOLT, "--now", "2026-09-03T00:00:00Z")
        report = october.done("export", "report", "2026-10", "bolt", "--format", "csv", "--as", BOLT)
        assert "workspace-security" in report
        reports = october.done("export", "reports", "--cycle", "2026-10", "--status", "approved", "--search", "Bolt", "--format", "csv")
        assert ("Bolt IT" in reports, "Coil" in reports) == (True, False)
        assert "Coil" in october.done("export", "reports", "--distributor", "north", "--format", "csv", "--as", NORTH)
        statement = october.done("export", "statement", FIRST, "--format", "csv", "--as", BOLT)
        assert "93.6" in statement
        statements = october.done("export", "statements", "--buyer", "bolt", "--format", "csv", "--as", NORTH)
        assert (FIRST in statements, "north-2026-000002" in statements) == (True, False)
        assert "workspace-security" in october.done("export", "billing", "2026-10", "north", "--format", "csv", "--as", NORTH)
        assert "Dental Care" in october.done("export", "customers", "2026-10", "bolt", "--format", "csv", "--as", BOLT)

    def test_writes_focus_in_credits_or_in_money(self, october: Trueup) -> None:
        focus = ("export", "statement", FIRST, "--format", "focus-csv")
        assert ("Credits" in october.done(*focus), "Credits" in october.done(*focus, "--iso-currency")) == (True, False)

    def test_writes_a_whole_cycle(self, october: Trueup, tmp_path: Path) -> None:
        answer = october("export", "cycle", "2026-10", "--format", "csv", "--format", "xlsx", "--output", str(tmp_path), "--as", BOLT)
        assert answer == (0, "", f"{tmp_path}/trueup-2026-10.zip is written.\n")
        names = zipfile.ZipFile(tmp_path / "trueup-2026-10.zip").namelist()
        assert any(FIRST in name for name in names)
        assert not any("north-2026-000002" in name or "billing" in name for name in names)
        assert "2025-01 is not closed" in october.refused("export", "cycle", "2025-01", "--format", "csv")

    def test_goes_to_a_file_or_into_a_folder(self, october: Trueup, tmp_path: Path) -> None:
        folder = tmp_path / "out"
        folder.mkdir()
        for target in (folder / "mine.xlsx", folder):
            october.done("export", "statement", FIRST, "--format", "xlsx", "--output", str(target))
        assert {one.name for one in folder.iterdir()} == {"mine.xlsx", f"{FIRST}.xlsx"}
        assert (folder / "mine.xlsx").read_bytes() == (folder / f"{FIRST}.xlsx").read_bytes()
        assert "No such file" in october.refused(
            "export", "report", "2026-10", "bolt", "--format", "csv", "--output", f"{tmp_path}/no/a.csv"
        )

    def test_says_which_forms_there_are(self, october: Trueup) -> None:
        said = october.refused("export", "report", "2026-10", "bolt", "--format", "ubl")
        assert "there is no form “ubl” of this: there are csv, xlsx, pdf" in said
        assert "--format" in october.misused("export", "report", "2026-10", "bolt")
        assert "--format" in october.misused("export", "report", "2026-10", "bolt", "--format", "docx")

    def test_shows_nobody_what_is_not_theirs(self, october: Trueup) -> None:
        said = october.refused("export", "statement", FIRST, "--format", "csv", "--as", COIL)
        assert said == f"Refused: there is no statement “{FIRST}”\n"
        assert "no report" in october.refused("export", "report", "2026-10", "bolt", "--format", "csv", "--as", COIL)
        assert "no billing report" in october.refused("export", "billing", "2026-10", "north", "--format", "csv", "--as", BOLT)
        assert "has not submitted" in october.refused("export", "billing", "2026-10", "north", "--format", "csv", "--as", VENDOR)
        assert "only “bolt” sees" in october.refused("export", "customers", "2026-10", "bolt", "--format", "csv", "--as", NORTH)
        assert FIRST not in october.done("export", "statements", "--format", "csv", "--as", COIL)

    def test_of_a_list_is_of_one_account(self, october: Trueup) -> None:
        assert "no member of “coil”" in october.refused("export", "statements", "--format", "csv", "--as", BOLT, "--account", "coil")


class TestWriting:
    def broken(self) -> Iterator[bytes]:
        yield b"half"
        raise TrueUpError("the line broke")

    def test_leaves_what_was_there_if_anything_goes_wrong(self, tmp_path: Path) -> None:
        (tmp_path / "kept").write_bytes(b"before")
        for name in ("kept", "new"):
            with pytest.raises(TrueUpError):
                write(self.broken(), tmp_path / name)
        assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("kept", b"before")]

    def test_keeps_who_may_read_it_and_follows_links(self, tmp_path: Path) -> None:
        (tmp_path / "kept").touch(mode=0o640)
        (tmp_path / "link").symlink_to(tmp_path / "kept")
        write([b"a", b"b"], tmp_path / "link")
        assert (tmp_path / "kept").read_bytes() == b"ab"
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o640

    def test_writes_to_what_is_no_file(self) -> None:
        write([b"a"], Path("/dev/null"))
        assert not Path("/dev/null").is_file()

    def test_puts_nothing_on_a_terminal_that_nobody_can_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Terminal(io.TextIOWrapper):
            def isatty(self) -> bool:
                return True

        for text, written in ((True, b"x"), (False, b"")):
            screen = io.BytesIO()
            monkeypatch.setattr("sys.stdout", Terminal(screen))
            if not text:
                with pytest.raises(Conflict, match="--output FILE"):
                    write([b"x"], None, text=text)
            else:
                write([b"x"], None, text=text)
            assert screen.getvalue() == written


def archived(output: Path, *, killed: bool = False, meanwhile: Callable[[], object] = lambda: None) -> None:
    """An archive of one file, in which something else happens while it is written."""

    def make(means: Means) -> Download:
        def pieces() -> Iterator[bytes]:
            yield b"half"
            if means.aside:
                (means.aside / "key").write_bytes(b"kept")
            meanwhile()
            if killed:
                raise KeyboardInterrupt
            yield b" and half"

        return Download("trueup-2026-10.zip", "application/zip", pieces())

    exports.archive(make, Month(2026, 10), output)


class TestArchives:
    def test_of_one_folder_are_written_at_once(self, tmp_path: Path) -> None:
        archived(tmp_path / "a.zip", meanwhile=lambda: archived(tmp_path / "b.zip", meanwhile=lambda: archived(tmp_path)))
        assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == dict.fromkeys(
            ("a.zip", "b.zip", "trueup-2026-10.zip"), b"half and half"
        )

    def test_are_written_by_one_command_each(self, tmp_path: Path) -> None:
        def again() -> None:
            with pytest.raises(Conflict, match="another command writes this archive"):
                archived(tmp_path / "a.zip")

        archived(tmp_path / "a.zip", meanwhile=again)
        assert [one.name for one in tmp_path.iterdir()] == ["a.zip"]

    def test_take_away_what_a_killed_one_was_writing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as dead:
            dead.setattr(Path, "unlink", lambda *_, **__: None)  # nothing is tidied up by who was killed
            with pytest.raises(KeyboardInterrupt):
                archived(tmp_path / "a.zip", killed=True)
        assert [one.name for one in tmp_path.iterdir()] == [".a.zip-parts"]
        parts = tmp_path / ".a.zip-parts"
        (left,) = parts.glob("*.new")
        seen = []
        archived(tmp_path / "a.zip", meanwhile=lambda: seen.append((left.exists(), (parts / "key").exists())))
        assert seen == [(False, True)]
        assert [one.name for one in tmp_path.iterdir()] == ["a.zip"]

    def test_leave_nothing_where_nothing_was_kept(self, tmp_path: Path) -> None:
        def refuse(means: Means) -> Download:
            raise Conflict("2026-10 is not closed")

        with pytest.raises(Conflict):
            exports.archive(refuse, Month(2026, 10), tmp_path / "a.zip")
        with pytest.raises(Invalid, match="cannot be written"):
            archived(tmp_path / "no" / "a.zip")
        assert not list(tmp_path.iterdir())

"""An archive that is cut short goes on where it was; several processes make the same one; none of them outlives the first."""

import errno
import io
import os
import shutil
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.processes import start
from tests.reports.month import OCTOBER, October
from tests.statements.apart import die, fail, process, refuse, some
from tests.statements.conftest import SELLING, issue_all, save_prices
from tests.statements.documents import document
from trueup.accounts.rules import Viewer
from trueup.client.answers import Download
from trueup.jobs import exports
from trueup.kit.errors import Conflict
from trueup.statements import files
from trueup.statements.exports import cycle
from trueup.statements.exports.archiving import Wanted, made, pieces
from trueup.statements.exports.forms import Form
from trueup.statements.exports.making import Reader, of_statement
from trueup.statements.exports.means import Means

OPERATOR = Viewer.system()


def told(wanted: Iterable[Wanted], means: Means) -> list[tuple[str, bytes | str]]:
    return [(one.name, found if isinstance(found, str) else b"".join(pieces(found))) for one, found in made(wanted, str, means)]


class Counts:
    """A progress that is looked at."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.done = 0

    def start(self, label: str, total: int | None) -> None:
        self.total, self.done = total, 0

    def advance(self, count: int) -> None:
        self.done += count

    def finish(self) -> None:
        """Nothing to do."""


class TestSeveralProcesses:
    def test_make_the_same_in_the_same_order(self) -> None:
        done: list[str] = []
        invoice = partial(of_statement, document(), "", Form.UBL, Reader())
        wanted = [
            *some(40),
            Wanted("refused", partial(refuse, "horse"), apart=True),
            Wanted("failed", partial(fail, "x"), apart=True),
            Wanted("invoice", invoice, apart=True),
            *(Wanted(one.name, one.make, apart=True) for one in some(2, done)),  # which no other process is able to
            Wanted("there", partial(process, ""), apart=True),
            Wanted("here", partial(process, "")),
        ]
        found = told(wanted, Means(processes=2))
        assert found[:-2] == told(wanted, Means())[:-2] == [
            *((str(number), str(number).encode()) for number in range(40)),
            ("refused", "there is no horse"),
            ("failed", "this file could not be made: the log of the installation says why"),
            ("invoice", b"".join(invoice())),
            ("0", b"0"),
            ("1", b"1"),
        ]  # fmt: skip
        assert [content == str(os.getpid()).encode() for _, content in found[-2:]] == [False, True]
        assert done == ["0", "1"] * 2

    def test_are_done_without_where_one_dies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FIRST", str(os.getpid()))
        wanted = [*some(3), Wanted("x", partial(die, "x"), apart=True), *some(30)]
        assert [content for _, content in told(wanted, Means(processes=2))][3:5] == [b"x", b"0"]

    def test_end_with_the_first(self) -> None:
        with start("tests.statements.apart") as command:
            try:
                assert command.stdout is not None
                assert command.stdout.readline() == "begun\n"
                children = [int(one) for one in Path(f"/proc/{command.pid}/task/{command.pid}/children").read_text().split()]
                assert len(children) >= 2
            finally:
                command.kill()
        until = time.monotonic() + 60
        while any(is_running(one) for one in children) and time.monotonic() < until:
            time.sleep(0.1)
        assert not [one for one in children if is_running(one)]


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


class TestWhatIsKept:
    def test_is_not_made_again(self, tmp_path: Path) -> None:
        means, done = Means(tmp_path / "parts"), list[str]()
        first = made(some(10, done), str, means)
        for _ in range(4):
            next(first)
        first.close()  # type: ignore[attr-defined]
        assert done == ["0", "1", "2", "3"]
        assert [content for _, content in told(some(10, done), means)] == [str(number).encode() for number in range(10)]
        assert done == [str(number) for number in range(10)]
        assert told(some(12), Means(tmp_path / "parts", 2)) == told(some(12), Means())

    def test_is_made_again_where_it_is_not_whole(self, tmp_path: Path) -> None:
        means = Means(tmp_path / "parts")
        before = told(some(3), means)
        (tmp_path / "parts" / "key-0").write_bytes(b"")
        kept = (tmp_path / "parts" / "key-1").read_bytes()
        (tmp_path / "parts" / "key-1").write_bytes(kept[:-1])
        (tmp_path / "parts" / "key-2.new").write_bytes(b"half")
        assert told(some(3), means) == before

    def test_is_for_nobody_else(self, tmp_path: Path) -> None:
        told(some(1), Means(tmp_path / "parts"))
        assert (tmp_path / "parts").stat().st_mode & 0o777 == 0o700
        (tmp_path / "open").mkdir(mode=0o755)
        (tmp_path / "open").chmod(0o777)
        with pytest.raises(Conflict, match="is not a folder of yours alone"):
            told(some(1), Means(tmp_path / "open"))

    @pytest.mark.parametrize("wrong", ["taken away", "full"])
    def test_is_only_a_help(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
        folder = tmp_path / "parts"
        found = made(some(10), str, Means(folder))
        next(found)
        if wrong == "full":
            monkeypatch.setattr(Path, "replace", no_room)
        else:
            shutil.rmtree(folder)
        assert [one.name for one, _ in found] == [str(number) for number in range(1, 10)]
        assert not list(tmp_path.rglob("*.new"))


def no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def billed(approve: Callable[..., October]) -> October:
    october = approve()
    save_prices("north", SELLING)
    issue_all()
    return october


FORMS = (Form.CSV, Form.PDF, Form.FOCUS_CSV)


def content(means: Means | None = None) -> bytes:
    return b"".join(files.cycle_archive(OPERATOR, OCTOBER, FORMS, means=means).content)


class TestACycle:
    def test_is_the_same_by_several_processes_and_from_what_was_kept(
        self, billed: October, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:  # fmt: skip
        monkeypatch.setattr(cycle, "MANY", 1)
        counts = Counts()
        means = Means(tmp_path / "parts", 2, counts)
        plain = content()
        assert content(means) == plain
        assert counts.total == counts.done == len(ZipFile(io.BytesIO(plain)).namelist())
        assert len(list((tmp_path / "parts").iterdir())) >= 10
        assert content(means) == plain

    def test_goes_on_where_it_was(self, billed: October, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        plain, made_ones = content(), list[str]()

        def noted(said: dict[str, str], checksum: str, form: Form, reader: Reader) -> Iterable[bytes]:
            made_ones.append(f"{said['number']}.{form}")
            if len(made_ones) == 3:
                raise KeyboardInterrupt
            return of_statement(said, checksum, form, reader)

        monkeypatch.setattr(cycle, "of_statement", noted)
        folder = tmp_path / "out"
        folder.mkdir()
        target = folder / "october.zip"

        def make(means: Means) -> Download:
            found = files.cycle_archive(OPERATOR, OCTOBER, FORMS, means=means)
            return Download(found.name, found.media_type, iter(found.content))

        with pytest.raises(KeyboardInterrupt):
            exports.archive(make, OCTOBER, target)
        assert [one.name for one in folder.iterdir()] == [".october.zip-parts"]
        exports.archive(make, OCTOBER, target)
        assert target.read_bytes() == plain
        assert [one.name for one in folder.iterdir()] == ["october.zip"]
        assert made_ones == [f"north-2026-00000{number}.{form}" for number, form in (
            (1, "csv"), (1, "pdf"), (2, "csv"), (2, "csv"), (2, "pdf"),
        )]  # fmt: skip

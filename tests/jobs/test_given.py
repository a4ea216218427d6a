"""The file a command is given: packed, or standard input."""

import gzip
import io
import sys
from pathlib import Path

import pytest
import zstandard

from tests.jobs.command import NETWORK, Trueup

ROWS = b"day,customer,service,provisioned_units\n2026-10-05,bolt-dental,endpoint-core,40\n"
WHEN = ("--now", "2026-10-31T20:00:00Z")


class StandardInput:
    """What another program writes to ours."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


@pytest.fixture
def told(trueup: Trueup) -> Trueup:
    """The command line, with a network."""
    trueup.done("apply", trueup.file("network.yaml", NETWORK), "--now", "2026-09-01T00:00:00Z")
    return trueup


class TestUsageImport:
    @pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress])
    def test_reads_standard_input(self, told: Trueup, monkeypatch: pytest.MonkeyPatch, pack: type[bytes]) -> None:
        monkeypatch.setattr(sys, "stdin", StandardInput(pack(ROWS)))
        assert told.json("usage", "import", "-", *WHEN)["stored"] == 1

    @pytest.mark.parametrize(("name", "pack"), [("a.csv.gz", gzip.compress), ("a.zst", zstandard.ZstdCompressor().compress)])
    def test_reads_what_is_packed(self, told: Trueup, tmp_path: Path, name: str, pack: type[bytes]) -> None:
        (tmp_path / name).write_bytes(pack(ROWS))
        assert told.json("usage", "import", str(tmp_path / name), *WHEN)["stored"] == 1
        again = told.json("usage", "import", told.file("a.csv", ROWS.decode()), *WHEN)
        assert (again["stored"], again["repeated"]) == (0, 1)

    @pytest.mark.parametrize("cut", [12, -4])
    def test_refuses_what_cannot_be_unpacked(self, told: Trueup, tmp_path: Path, cut: int) -> None:
        (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(ROWS)[:cut])
        assert "cut.csv.gz cannot be unpacked: it is damaged" in told.refused("usage", "import", str(tmp_path / "cut.csv.gz"))

    def test_refuses_what_cannot_be_read(self, told: Trueup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "cannot be read: No such file" in told.refused("usage", "import", str(tmp_path / "none.csv"))
        assert "cannot be read: Is a directory" in told.refused("usage", "import", str(tmp_path))
        monkeypatch.setattr(sys, "stdin", StandardInput(b""))
        assert "empty" in told.refused("usage", "import", "-")

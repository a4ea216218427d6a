"""docs/client.md and README.md: every example is run, one after the other, against an installation with a month of work in it."""

import re
from pathlib import Path

import pytest

from tests.api.conftest import token_of_person
from tests.reports.month import HEADER
from trueup import client as package
from trueup.client import Client

ROOT = Path(__file__).resolve().parents[2]
README, PAGE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/client.md"))
EXAMPLES = [one for page in (PAGE, README) for one in re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)]

pytestmark = pytest.mark.django_db


@pytest.fixture
def _django_db_helper(served_month: str) -> None:
    """In place of a transaction, which the server could not look into."""


class TestPage:
    def test_has_examples_that_run(
        self, served_month: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("2026-11-01.csv").write_text(f"{HEADER}\n2026-11-01,bolt-dental,endpoint-core,40,31,\n", encoding="utf-8")
        Path("bad.csv").write_text(f"{HEADER}\n2026-11-02,nobody,endpoint-core,40,31,\n", encoding="utf-8")
        token = token_of_person("billing@bolt.example")
        monkeypatch.setattr(package, "Client", lambda *_, **__: Client(served_month, token=token), raising=False)
        with Client(served_month, token=token) as client:
            known: dict[str, object] = {"client": client}
            for example in EXAMPLES:
                known["client"] = client
                exec(example, known)  # noqa: S102 -- our own page
        said = capsys.readouterr().out.splitlines()
        assert said[0] == "1 stored, 0 were there already, 0 refused"
        assert "bolt workspace-security 40 40 38" in said
        assert "row 1 customer nobody No customer has this ref." in said
        assert any(line.startswith("over_provisioned lines/") for line in said)
        assert "2026-11-06 23:00:00+00:00" in said
        assert any(line.startswith("Bolt IT ") for line in said)

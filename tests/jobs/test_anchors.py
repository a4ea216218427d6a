"""The ends of all chains, kept in a file: what no master of the database can rewrite."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection, transaction

from tests.database import without_triggers
from tests.jobs.command import NETWORK, Trueup
from trueup.accounts.models import Account
from trueup.accounts.rules import SYSTEM
from trueup.events.models import ChainHead, Event
from trueup.events.recording import record
from trueup.events.rules import digest


@pytest.fixture
def network(trueup: Trueup) -> Trueup:
    trueup.done("apply", trueup.file("network.yaml", NETWORK), "--now", "2026-01-01T00:00:00Z")
    return trueup


@pytest.fixture
def kept(network: Trueup, tmp_path: Path) -> Path:
    """The file, kept before something else was recorded."""
    file = tmp_path / "kept.json"
    network.done("audit", "verify", "--keep", str(file))
    bolt = Account.objects.get(ref="bolt").pk
    with transaction.atomic():
        record(account_id=bolt, kind="x", actor=SYSTEM, at=datetime(2026, 2, 1, tzinfo=UTC), subject="x", subject_id=1)
    return file


class TestKeptFile:
    def test_holds_the_end_of_every_chain_and_the_anchor(self, network: Trueup, tmp_path: Path) -> None:
        file = tmp_path / "kept.json"
        file.write_text("an older one")
        answer = network("audit", "verify", "--keep", str(file), "--format", "json")
        content = json.loads(file.read_text())
        assert (answer.code, content["anchor"]) == (0, json.loads(answer.out)["anchor"])
        assert content["chains"] == {str(head.chain): [head.length, head.hash] for head in ChainHead.objects.order_by("chain")}
        assert str(file) in answer.err
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".kept")] == []

    def test_fits_as_long_as_the_history_only_grows(self, network: Trueup, kept: Path) -> None:
        assert network.json("audit", "verify", "--against", str(kept))["findings"] == []

    def test_shows_a_history_that_was_rewritten_to_fit(self, network: Trueup, kept: Path) -> None:
        with transaction.atomic(), without_triggers(connection):
            rewrite(Account.objects.get(ref="bolt").pk)
        assert network.json("audit", "verify")["findings"] == []
        (finding,) = network.json("audit", "verify", "--against", str(kept), code=1)["findings"]
        assert "not the one that was kept" in finding["message"]

    def test_shows_that_everything_was_wiped(self, network: Trueup, kept: Path) -> None:
        with transaction.atomic(), without_triggers(connection):
            Event.objects.all().delete()
            ChainHead.objects.all().delete()
        chains = {finding["chain"] for finding in network.json("audit", "verify", "--against", str(kept), code=1)["findings"]}
        assert chains == {int(chain) for chain in json.loads(kept.read_text())["chains"]}

    def test_is_not_written_from_a_history_with_findings(self, network: Trueup, kept: Path) -> None:
        before = kept.read_text()
        with transaction.atomic(), without_triggers(connection):
            Event.objects.filter(chain=0, sequence=1).update(note="x")
        answer = network("audit", "verify", "--keep", str(kept))
        assert (answer.code, kept.read_text()) == (1, before)
        assert "its content was altered" in answer.out
        assert "was not written" in answer.err

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "x",
            "[]",
            "{}",
            '{"chains": 1, "anchor": ""}',
            '{"chains": {"a": [1, ""]}, "anchor": ""}',
            '{"chains": {"1": [1]}, "anchor": ""}',
        ],
    )
    def test_is_refused_if_it_is_none(self, network: Trueup, text: str) -> None:
        assert "was not written by" in network.refused("audit", "verify", "--against", network.file("other.json", text))

    def test_is_refused_if_it_is_no_text(self, network: Trueup, tmp_path: Path) -> None:
        (tmp_path / "binary").write_bytes(b"\xff\xfe")
        assert "was not written by" in network.refused("audit", "verify", "--against", str(tmp_path / "binary"))

    def test_is_refused_if_it_was_changed(self, network: Trueup, kept: Path) -> None:
        content = json.loads(kept.read_text())
        del content["chains"]["0"]
        kept.write_text(json.dumps(content))
        assert "was changed since it was written" in network.refused("audit", "verify", "--against", str(kept))

    def test_is_refused_if_it_is_not_there(self, network: Trueup, tmp_path: Path) -> None:
        assert "There is no file" in network.refused("audit", "verify", "--against", str(tmp_path / "nowhere"))
        assert "There is no folder" in network("audit", "verify", "--keep", str(tmp_path / "nowhere" / "x")).err


def rewrite(chain: int) -> None:
    """Change a chain from its beginning, so that every hash fits."""
    previous = ""
    for event in Event.objects.filter(chain=chain).order_by("sequence"):
        event.note, event.previous_hash = "rewritten", previous
        event.hash = previous = digest(previous, event.content())
        event.save()
    ChainHead.objects.filter(chain=chain).update(hash=previous)

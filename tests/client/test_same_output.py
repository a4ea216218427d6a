"""The same command, at the machine and with --server, writes the same: data, notes and exit code."""

from typing import NamedTuple

import pytest

from tests.client.conftest import SignIn
from tests.web.conftest import NOW
from trueup.config.cli import run
from trueup.kit.period import instant_text

BOLT, NORTH, VENDOR, SOUTH = "billing@bolt.example", "north@north.example", "vendor@acme.example", "south@south.example"
MONTH = "2026-10"


class Answer(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str


READ = {
    "cycle list": [],
    f"cycle show {MONTH}": ["now"],
    "cycle show 2025-01": ["now"],
    "report list": [],
    f"report list --cycle {MONTH} --status under_review": [],
    "report list --distributor north": [],
    "report list --distributor nobody": [],
    f"report show {MONTH} bolt": [],
    f"report show {MONTH} coil": [],
    f"report show {MONTH} gale": [],
    f"report show {MONTH} fern": [],
    f"report show {MONTH} nobody": [],
    f"report customers {MONTH} bolt endpoint-core": [],
    f"report customers {MONTH} bolt nothing": [],
    f"report days {MONTH} bolt endpoint-core": [],
    f"report history {MONTH} bolt": [],
    f"report history {MONTH} echo": [],
    f"report history {MONTH} gale": [],
    f"report forecast {MONTH} fern": ["now"],
    f"usage show --month {MONTH}": [],
    f"usage show --month {MONTH} --msp bolt --service endpoint-core": [],
    f"usage show --month {MONTH} --customer nobody": [],
    f"usage show --month {MONTH} --as-of 2026-11-01T00:00:00Z --msp bolt": [],
    "usage unmapped": [],
}
"""Commands that change nothing, and what only a local one is told."""

WRITTEN = [
    "profile list", "profile list --format json", "profile list --format csv",
    "profile show connectwise", "profile show psa-of-bolt", "profile show psa-of-north", "profile show nothing",
    f"report export {MONTH} bolt --profile connectwise", f"report export {MONTH} bolt --profile psa-of-bolt --lines",
    f"report export {MONTH} bolt --profile psa-of-bolt --customers", f"report export {MONTH} fern --profile connectwise",
    f"report export {MONTH} bolt --profile nothing", f"report export {MONTH} nobody --profile connectwise",
]  # fmt: skip
"""Commands that write files."""

pytestmark = pytest.mark.django_db


@pytest.fixture
def _django_db_helper(served_month: str) -> None:
    """In place of a transaction for each test, which a server could not look into: nothing is written here but tokens."""


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str], served_month: str, sign_in: SignIn) -> "Asking":
    return Asking(capsys, served_month, sign_in)


class Asking:
    """Runs a command here and there."""

    def __init__(self, capsys: pytest.CaptureFixture[str], url: str, sign_in: SignIn) -> None:
        self._capsys, self.url, self._sign_in = capsys, url, sign_in

    def here(self, email: str, *arguments: str, now: bool = False) -> Answer:
        """At the machine, as this person."""
        return self._run(*arguments, "--as", email, *(("--now", instant_text(NOW)) if now else ()))

    def there(self, email: str, *arguments: str) -> Answer:
        """Over the network, signed in as this person."""
        self._sign_in(email, self.url)
        return self._run("--server", self.url, *arguments)

    def _run(self, *arguments: str) -> Answer:
        self._capsys.readouterr()
        return Answer(run(arguments), *self._capsys.readouterr())


class TestReading:
    @pytest.mark.parametrize(("email", "form"), [(BOLT, "table"), (BOLT, "json"), (NORTH, "table"), (VENDOR, "csv")])
    @pytest.mark.parametrize("command", READ)
    def test_writes_the_same(self, answer: Asking, command: str, email: str, form: str) -> None:
        words = [*command.split(), "--format", form]
        assert answer.there(email, *words) == answer.here(email, *words, now="now" in READ[command])

    @pytest.mark.parametrize("email", [BOLT, NORTH, VENDOR, SOUTH])
    @pytest.mark.parametrize("command", WRITTEN)
    def test_writes_the_same_in_other_formats(self, answer: Asking, command: str, email: str) -> None:
        assert answer.there(email, *command.split()) == answer.here(email, *command.split())

    @pytest.mark.parametrize("form", ["json", "csv"])
    def test_writes_the_same_of_what_lies_ahead(self, answer: Asking, form: str) -> None:
        words = ["report", "forecast", MONTH, "bolt", "--format", form]
        assert answer.there(BOLT, *words) == answer.here(BOLT, *words, now=True)
        assert "penalty" in answer.there(BOLT, *words).out

    def test_shows_somebody_who_may_see_nothing_of_it_the_same(self, answer: Asking) -> None:
        words = ["report", "show", MONTH, "bolt"]
        there, here = answer.there(SOUTH, *words), answer.here(SOUTH, *words)
        assert (there, there.code, there.out) == (here, 1, "")

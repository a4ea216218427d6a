"""Every command either works with --server, or says that it works at the machine of an installation only."""

import re
from pathlib import Path

import pytest

from tests.jobs.command import Trueup
from tests.jobs.test_documentation import COMMANDS, PAGE

NOWHERE = "http://127.0.0.1:9"
REPORT = ["2026-10", "bolt"]
LINE = [*REPORT, "endpoint-core"]

ANYWHERE: dict[str, list[str]] = {
    "billing complete": ["2026-10", "north"],
    "billing history": ["2026-10", "north"],
    "billing lines": ["2026-10", "north", "endpoint-core"],
    "billing list": [],
    "billing return": ["2026-10", "north", "--reason", "Why"],
    "billing save": ["2026-10", "north", "--comment", "Why"],
    "billing show": ["2026-10", "north"],
    "billing submit": ["2026-10", "north"],
    "customers import": ["customers.csv"],
    "cycle list": [],
    "cycle show": ["2026-10"],
    "details save": ["north", "--set", "city=Berlin"],
    "details show": ["north"],
    "export billing": ["2026-10", "north", "--format", "csv"],
    "export customers": ["2026-10", "bolt", "--format", "csv"],
    "export cycle": ["2026-10", "--format", "csv"],
    "export report": [*REPORT, "--format", "csv"],
    "export reports": ["--format", "csv"],
    "export statement": ["north-2026-000001", "--format", "csv"],
    "export statements": ["--format", "csv"],
    "insight billed": ["--from", "2026-10"],
    "insight deprovision": REPORT,
    "insight measures": REPORT,
    "insight review": ["--from", "2026-10"],
    "price export": [],
    "price history": ["north"],
    "price import": ["prices.yaml"],
    "price list": [],
    "price remove": ["north"],
    "price show": ["north"],
    "price simulate": ["2026-10", "north"],
    "profile list": [],
    "profile remove": ["mine"],
    "profile save": ["mine.yaml"],
    "profile show": ["mine"],
    "promo check": ["north", "LAUNCH", "endpoint-core", "2026-10"],
    "promo list": [],
    "promo remove": ["north", "LAUNCH"],
    "report approve": REPORT,
    "report customers": LINE,
    "report days": LINE,
    "report edit": [*LINE, "--comment", "Why"],
    "report export": [*REPORT, "--profile", "connectwise"],
    "report forecast": REPORT,
    "report history": REPORT,
    "report list": [],
    "report regenerate": REPORT,
    "report reject": REPORT,
    "report show": REPORT,
    "report submit": REPORT,
    "report waive": [*LINE, "--reason", "First month"],
    "statement correct": ["north-2026-000001", "--reason", "Why"],
    "statement list": [],
    "statement show": ["north-2026-000001"],
    "statement waiting": [],
    "usage import": ["usage.csv"],
    "usage show": ["--month", "2026-10"],
    "usage unmapped": [],
    "usage unmapped map": ["EPC", "--service", "endpoint-core"],
}
"""Commands that work with --server, and what has to be typed behind them."""

AT_THE_MACHINE: dict[str, list[str]] = {
    "apply": ["network.yaml"],
    "audit verify": [],
    "cycle close": ["2026-10"],
    "demo": [],
    "invite": ["billing@bolt.example"],
    "migrate": [],
    "serve": [],
    "verify": [],
    "work": ["--once"],
}
"""Commands of whoever runs the installation."""

SIGNING_IN = {"login", "logout"}
"""Commands that are about nothing but servers (tests/client/test_command_line.py)."""


@pytest.fixture
def trueup(capsys: pytest.CaptureFixture[str], tmp_path: Path, config: Path) -> Trueup:
    """The command line of somebody who has no installation, and has signed in nowhere."""
    return Trueup(capsys, tmp_path)


class TestEveryCommand:
    def test_is_known_to_work_with_a_server_or_not(self) -> None:
        assert sorted([*ANYWHERE, *AT_THE_MACHINE, *SIGNING_IN]) == sorted(COMMANDS)

    @pytest.mark.parametrize("command", ANYWHERE)
    def test_asks_the_server(self, trueup: Trueup, command: str) -> None:
        said = trueup.refused("--server", NOWHERE, *command.split(), *ANYWHERE[command])
        assert f"nobody has signed in at {NOWHERE}" in said

    @pytest.mark.parametrize("command", AT_THE_MACHINE)
    def test_says_if_it_works_at_the_machine_only(self, trueup: Trueup, command: str) -> None:
        said = trueup.refused("--server", NOWHERE, *command.split(), *AT_THE_MACHINE[command])
        assert said == "Refused: this works at the machine of an installation only: leave out --server (or TRUEUP_SERVER)\n"

    def test_of_the_machine_is_named_in_the_page(self) -> None:
        (named,) = re.findall(r"At the machine of the installation only: (.*?)\.", PAGE, re.DOTALL)
        assert sorted(re.findall(r"`(.+?)`", named)) == sorted(AT_THE_MACHINE)

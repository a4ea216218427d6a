"""A month at the machine and the same month over the network: what is typed, and what is answered."""

import gzip
import re
from pathlib import Path

import pytest
import zstandard
from pytest_django import Settings

from tests.client.anywhere import Anywhere
from tests.jobs.command import NETWORK, Answer, Trueup
from tests.web.conftest import Clock
from trueup.kit.period import parse_instant

BOLT, NORTH, VENDOR, LOOKS = "billing@bolt.example", "review@north.example", "vendor@acme.example", "looks@bolt.example"
ADMIN = "admin@acme.example"
HEADER = "day,customer,service,provisioned_units,used_units"
GOOD = (
    "2026-10-05,bolt-dental,endpoint-core,40,31\n2026-10-05,bolt-dental,workspace-security,22,\n2026-10-20,bolt-moved,endpoint-core,50,50"
)
LATER = "2026-10-06,bolt-dental,endpoint-core,44,44"
BAD = "2026-10-07,bolt-dental,endpoint-core,4,4\n2026-10-07,nobody,endpoint-core,-1,"
NAMES = "2026-10-06,Dental Care,email-core,4,4"
FEED = """\
name: feed
kind: in
columns:
  - {field: day, constant: 2026-10-31}
  - {field: customer, heading: Client}
  - {field: service, constant: endpoint-core}
  - {field: provisioned_units, heading: Qty}
"""
CUSTOMERS = "ref,name,msp,from\nbolt-new,New Clinic,bolt,\nbolt-dental,Dental Care and Sons,bolt,"
FILES = {
    "good.csv": f"{HEADER}\n{GOOD}",
    "later.csv": f"{HEADER}\n{LATER}",
    "bad.csv": f"{HEADER}\n{BAD}",
    "names.csv": f"{HEADER}\n{NAMES}",
    "feed.yaml": FEED,
    "bad.yaml": FEED.replace("kind: in", "kind: inside").replace("Qty", ""),
    "built-in.yaml": FEED.replace(": feed", ": connectwise"),
    "feed.csv": "Client,Qty\nbolt-dental,4\nbolt-dental,2",
    "unread.csv": "Client,Qty\nbolt-dental,many",
    "strange.csv": "Client,Qty\nstrange,1",
    "customers.csv": CUSTOMERS,
    "wrong.csv": f"{CUSTOMERS}\nbolt-new,Other name,nobody,soon",
}
BOLT_LINE = ("2026-10", "bolt", "endpoint-core")

END, OPENED, DAY2, DAY3 = "2026-10-31T12:00:00Z", "2026-11-01T00:00:00Z", "2026-11-02T09:00:00Z", "2026-11-03T09:00:00Z"

STORY: list[tuple[str, str, list[str]]] = [
    (END, VENDOR, ["usage", "import", "bad.csv"]),
    (END, VENDOR, ["usage", "import", "bad.csv", "--format", "json"]),
    (END, VENDOR, ["usage", "import", "bad.csv", "--format", "csv"]),
    (END, VENDOR, ["usage", "import", "good.csv", "--dry-run"]),
    (END, VENDOR, ["usage", "import", "good.csv", "--key", "october"]),
    (END, VENDOR, ["usage", "import", "good.csv", "--key", "october"]),
    (END, VENDOR, ["usage", "import", "later.csv", "--key", "october"]),
    (END, VENDOR, ["usage", "import", "later.csv", "--source", "nope"]),
    (END, VENDOR, ["usage", "import", "bad.csv", "--accept-valid", "--format", "json"]),
    (END, VENDOR, ["usage", "import", "good.csv.gz"]),
    (END, VENDOR, ["usage", "import", "good.zst", "--format", "json"]),
    (END, VENDOR, ["usage", "import", "none.csv"]),
    (END, VENDOR, ["usage", "import", "empty.csv"]),
    (END, VENDOR, ["usage", "import", "names.csv", "--source", "queue"]),
    (END, VENDOR, ["usage", "unmapped"]),
    (END, VENDOR, ["usage", "unmapped", "map", "Dental Care", "--customer", "nobody"]),
    (END, VENDOR, ["usage", "unmapped", "map", "Dental Care", "--customer", "bolt-dental"]),
    (END, VENDOR, ["usage", "show", "--month", "2026-10"]),
    (END, ADMIN, ["profile", "save", "bad.yaml"]),
    (END, ADMIN, ["profile", "save", "none.yaml"]),
    (END, ADMIN, ["profile", "save", "built-in.yaml"]),
    (END, ADMIN, ["profile", "save", "feed.yaml"]),
    (END, ADMIN, ["profile", "save", "feed.yaml"]),
    (END, BOLT, ["profile", "remove", "feed"]),
    (END, LOOKS, ["profile", "save", "feed.yaml"]),
    (END, ADMIN, ["profile", "list", "--format", "json"]),
    (END, ADMIN, ["profile", "show", "feed"]),
    (END, ADMIN, ["usage", "import", "feed.csv", "--profile", "feed", "--dry-run"]),
    (END, ADMIN, ["usage", "import", "feed.csv", "--profile", "feed", "--day", "2026-10-30"]),
    (END, ADMIN, ["usage", "import", "feed.csv", "--profile", "feed", "--day", "2026-10-30"]),
    (END, ADMIN, ["usage", "import", "unread.csv", "--profile", "feed"]),
    (END, ADMIN, ["usage", "import", "strange.csv", "--profile", "feed"]),
    (END, ADMIN, ["usage", "import", "strange.csv", "--profile", "feed", "--format", "json"]),
    (END, ADMIN, ["usage", "import", "good.csv", "--profile", "feed"]),
    (END, ADMIN, ["usage", "import", "good.csv", "--profile", "connectwise"]),
    (END, ADMIN, ["usage", "import", "good.csv", "--profile", "nothing"]),
    (END, ADMIN, ["usage", "import", "none.csv", "--profile", "feed"]),
    (END, ADMIN, ["profile", "remove", "feed"]),
    (END, ADMIN, ["profile", "remove", "feed"]),
    (END, ADMIN, ["profile", "remove", "connectwise"]),
    (END, ADMIN, ["customers", "import", "customers.csv", "--dry-run"]),
    (END, ADMIN, ["customers", "import", "customers.csv"]),
    (END, ADMIN, ["customers", "import", "customers.csv", "--format", "json"]),
    (END, ADMIN, ["customers", "import", "wrong.csv"]),
    (END, ADMIN, ["customers", "import", "wrong.csv", "--format", "json"]),
    (END, ADMIN, ["customers", "import", "wrong.csv", "--format", "csv"]),
    (END, ADMIN, ["customers", "import", "good.csv"]),
    (END, ADMIN, ["customers", "import", "none.csv"]),
    (OPENED, "", ["cycle", "close", "2026-10"]),
    (DAY2, BOLT, ["report", "submit", "2026-10", "bolt"]),
    (DAY2, LOOKS, ["report", "edit", *BOLT_LINE, "--chargeable", "35"]),
    (DAY2, NORTH, ["report", "edit", *BOLT_LINE, "--chargeable", "35"]),
    (DAY2, BOLT, ["report", "edit", *BOLT_LINE, "--chargeable", "many"]),
    (DAY2, BOLT, ["report", "edit", *BOLT_LINE, "--chargeable=-1"]),
    (DAY2, BOLT, ["report", "edit", "2026-10", "bolt", "nothing", "--chargeable", "1"]),
    (DAY2, BOLT, ["report", "edit", *BOLT_LINE, "--chargeable", "35", "--comment", "Onboarding", "--reason", "onboarding"]),
    (DAY2, BOLT, ["report", "edit", *BOLT_LINE, "--chargeable", ""]),
    (DAY2, BOLT, ["report", "edit", *BOLT_LINE, "--reason", ""]),
    (DAY2, NORTH, ["report", "approve", "2026-10", "bolt"]),
    (DAY2, VENDOR, ["usage", "import", "later.csv"]),
    (DAY2, NORTH, ["report", "regenerate", "2026-10", "bolt", "--comment", "There is more."]),
    (DAY2, NORTH, ["report", "regenerate", "2026-10", "bolt"]),
    (DAY2, BOLT, ["report", "submit", "2026-10", "bolt", "--comment", "As agreed."]),
    (DAY2, BOLT, ["report", "submit", "2026-10", "bolt"]),
    (DAY2, NORTH, ["report", "reject", "2026-10", "bolt"]),
    (DAY2, NORTH, ["report", "waive", *BOLT_LINE, "--reason", "First month"]),
    (DAY2, NORTH, ["report", "reject", "2026-10", "bolt", "--comment", "Please explain."]),
    (DAY3, BOLT, ["report", "submit", "2026-10", "bolt"]),
    (DAY3, NORTH, ["report", "approve", "2026-10", "bolt", "--comment", "Thank you."]),
    (DAY3, NORTH, ["report", "show", "2026-10", "bolt"]),
    (DAY3, BOLT, ["report", "history", "2026-10", "bolt"]),
]
"""When, who, what. Nobody: only at the machine."""

READING = {"usage show", "usage unmapped", "report show", "report history", "profile list", "profile show"}
"""Commands that do not ask what time it is."""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that are sent, in the folder the commands are typed in."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(f"{text}\n", encoding="utf-8")
    good = (folder / "good.csv").read_bytes()
    (folder / "good.csv.gz").write_bytes(gzip.compress(good))
    (folder / "good.zst").write_bytes(zstandard.ZstdCompressor().compress(good))
    (folder / "empty.csv").touch()
    monkeypatch.chdir(folder)


@pytest.fixture
def clock(settings: Settings) -> Clock:
    """The server's clock."""
    standing = Clock(parse_instant(END))
    settings.TRUEUP_CLOCK = standing
    settings.TRUEUP_API_LIMIT = 100_000
    return standing


def begin(trueup: Trueup) -> None:
    """The network of the month."""
    roles = {VENDOR: "billing_manager", ADMIN: "admin"}
    member = "".join(f"  - {{email: {email}, account: acme-vendor, role: {role}}}\n" for email, role in roles.items()) + "terms:"
    trueup.done("apply", trueup.file("network.yaml", NETWORK.replace("terms:", member)), "--now", "2026-09-01T00:00:00Z")


def at_the_machine(trueup: Trueup, now: str, email: str, words: list[str]) -> Answer:
    """Type a command at the machine, with the options that only it has."""
    operators = {"import", "map", "close"} & set(words) and "--profile" not in words
    who = [] if operators else ["--as", email]
    when = [] if READING & {" ".join(words[:2])} and "map" not in words else ["--now", now]
    return trueup(*words, *who, *when)


def without_numbers(answer: Answer) -> Answer:
    """What was said, without what a database counts on, and where a list is kept."""
    out, err = (re.sub(r"(atch\"?:?) \d+", r"\1 N", text) for text in answer[1:])
    return Answer(answer.code, out, re.sub(r"; all of them are listed in \S+\.csv", "", err))


@pytest.mark.usefixtures("files")
class TestAMonth:
    def test_is_told_the_same_from_anywhere(self, anywhere: Anywhere, clock: Clock) -> None:
        def here(now: str, email: str, words: list[str]) -> Answer:
            return without_numbers(at_the_machine(anywhere.trueup, now, email, words))

        def away(now: str, email: str, words: list[str]) -> Answer:
            clock.at = parse_instant(now)
            return without_numbers(anywhere.away(email, words)) if email else here(now, email, words)

        answers = anywhere.told(STORY, begin, away=away, here=here)
        assert {answer.code for answer in answers} == {0, 1}

"""Fifty programs at once, at two servers on the same database: they edit, submit and decide the same report, and send the same usage."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from subprocess import Popen
from threading import Barrier
from typing import Any, Final

import pytest

from tests import processes
from tests.api.october import ENDPOINT, build, line_of
from tests.api.sending import HEADER
from tests.reports.month import OCTOBER
from tests.world import APPLIED_AT
from trueup.accounts.rules import Scope, Viewer
from trueup.events.queries import audit
from trueup.ledger.models import Batch
from trueup.ledger.queries import usage_rows
from trueup.network.actions import create_client
from trueup.reports.verifying import verify
from trueup.webhooks.models import Endpoint

MANY: Final = 50
SERVERS: Final = 2
PATIENCE: Final = 120
"""Seconds that a busy machine may take for an answer."""

SECRET: Final = "s" * 43
SCOPES: Final = {
    "bolt": (Scope.REPORTS_READ, Scope.REPORTS_PREPARE, Scope.USAGE_WRITE, Scope.WEBHOOKS_WRITE),
    "north": (Scope.REPORTS_READ, Scope.REPORTS_REVIEW),
}

REPORT: Final = "/reports/2026-10/bolt"


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    tag: str
    said: Any
    replayed: bool


@dataclass(frozen=True)
class Client:
    """A program of an account with a secret of its own, and the server it asks."""

    port: int
    key: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask until it is answered: also a program waits while the server is busy, or at work on the very same request."""
        answer = self._ask(method, path, body, headers)
        for _ in range(PATIENCE):
            if answer.status != 503 and not (answer.status == 409 and answer.said["code"] == "idempotency_in_progress"):
                break
            time.sleep(0.5)
            answer = self._ask(method, path, body, headers)
        return answer

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | {"Authorization": f"Bearer {self.key}"}
        sent.setdefault("content-type", "application/json")
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body is not None else None
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            line.request(method, f"/api/v1{path}", data, sent)
            got = line.getresponse()
            read = got.read()
            return Answer(got.status, got.headers.get("ETag", ""), json.loads(read), got.headers.get("Idempotent-Replayed") == "true")
        finally:
            line.close()


@contextmanager
def servers() -> Iterator[list[int]]:
    """The ports of servers on the test's database and ledger, on 3 November. The clock stands still: nobody else does anything."""
    ports = [processes.free_port() for _ in range(SERVERS)]
    command = ("serve", "--no-clock", "--now", "2026-11-03T12:00:00Z", "--port")
    running = [processes.start("trueup", *command, str(port)) for port in ports]
    try:
        for port, server in zip(ports, running, strict=True):
            wait_for(port, server)
        yield ports
    finally:
        for server in running:
            server.terminate()
        for server in running:
            server.communicate(timeout=PATIENCE)


def wait_for(port: int, server: "Popen[str]") -> None:
    """Until it answers."""
    for _ in range(PATIENCE * 5):
        assert server.poll() is None, server.communicate()
        try:
            assert Client(port, "nobody.nothing").ask("GET", "/me").status == 401
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("nothing answered")


def programs(account: str, ports: Sequence[int]) -> list[Client]:
    """Fifty programs of an account, half of them at each server."""
    for number in range(MANY):
        name = f"{account}-{number}"
        create_client(Viewer.system(), account, name, SCOPES[account], client_id=name, secret=SECRET, now=APPLIED_AT)
    return [Client(ports[number % SERVERS], f"{account}-{number}.{SECRET}") for number in range(MANY)]


def at_once(clients: Sequence[Client], ask: Callable[[Client, int], Answer]) -> list[Answer]:
    """All of them ask at the same moment."""
    together = Barrier(len(clients))

    def run(number: int) -> Answer:
        together.wait()
        return ask(clients[number], number)

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(run, range(len(clients))))


def statuses(answers: Sequence[Answer]) -> Counter[int]:
    """How often each was answered."""
    return Counter(answer.status for answer in answers)


def history(client: Client) -> list[Any]:
    """What happened to the report."""
    found: list[Any] = client.ask("GET", f"{REPORT}/history?limit=200").said["items"]
    return found


# ── The story ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def edit(client: Client, number: int, tag: str) -> Answer:
    lines = [{"service": ENDPOINT, "chargeable_units": str(number), "comment": f"counted by {number}"}]
    return client.ask("PATCH", f"{REPORT}/lines", {"lines": lines}, if_match=tag)


def one_edit_wins(bolts: Sequence[Client], round_: int) -> None:
    """All have seen the same version: one saves, and the others are shown what it saved."""
    seen = bolts[0].ask("GET", REPORT).tag
    answers = at_once(bolts, lambda client, number: edit(client, 100 * round_ + number, seen))
    assert statuses(answers) == {200: 1, 412: MANY - 1}
    won = next(answer for answer in answers if answer.status == 200)
    assert all((answer.said["current"], answer.tag) == (won.said, won.tag) for answer in answers if answer.status == 412)


def every_edit_is_told(bolts: Sequence[Client]) -> None:
    """Who does not care what is there saves in any case; each finds what the one before left, and no step is missing."""
    assert statuses(at_once(bolts, lambda client, number: edit(client, 300 + number, "*"))) == {200: MANY}
    steps = history(bolts[0])
    assert Counter(step["event"] for step in steps) == {"generated": 1, "draft_saved": MANY + 2}
    saved = [change for step in steps for change in step["changes"] if change.get("service") == ENDPOINT and change["field"] == "comment"]
    assert [change["before"] for change in saved[1:]] == [change["after"] for change in saved[:-1]]
    assert {change["after"] for change in saved[-MANY:]} == {f"counted by {300 + number}" for number in range(MANY)}
    report = bolts[0].ask("GET", f"{REPORT}?expand=lines").said
    assert (report["version"], line_of(report, ENDPOINT)["comment"]) == (MANY + 3, saved[-1]["after"])


def one_submits(bolts: Sequence[Client]) -> None:
    answers = at_once(bolts, lambda client, _number: client.ask("POST", f"{REPORT}/submit", {}, if_match="*"))
    assert statuses(answers) == {200: 1, 409: MANY - 1}
    assert [step["event"] for step in history(bolts[0])].count("submitted") == 1


def one_decides(norths: Sequence[Client]) -> None:
    """Half of them approve, half of them reject."""
    seen = norths[0].ask("GET", REPORT).tag

    def decide(client: Client, number: int) -> Answer:
        verb, body = ("reject", {"reason": "Count again."}) if number % 2 else ("approve", {})
        return client.ask("POST", f"{REPORT}/{verb}", body, if_match=seen)

    answers = at_once(norths, decide)
    assert statuses(answers) == {200: 1, 412: MANY - 1}
    won = next(answer.said["status"] for answer in answers if answer.status == 200)
    decided = [step["event"] for step in history(norths[0]) if step["event"] in {"approved", "rejected"}]
    assert decided == [won] == [norths[0].ask("GET", REPORT).said["status"]]


def usage(day: int, customer: str, used: int) -> str:
    return f"{HEADER}2026-10-{day:02d},{customer},email-core,{used},{used}\n"


def one_batch_is_stored(bolts: Sequence[Client], body: str, **headers: str) -> None:
    before = Batch.objects.count()
    answers = at_once(bolts, lambda client, _number: client.ask("POST", "/usage", body, content_type="text/csv", **headers))
    assert statuses(answers) == {201: 1, 200: MANY - 1}
    assert len({answer.said["batch"] for answer in answers}) == Batch.objects.count() - before == 1


def every_batch_is_stored(bolts: Sequence[Client]) -> dict[tuple[date, str], Decimal]:
    """Fifty of them; what they hold, by day and customer."""
    kinds = [(1 + number // 2, ("bolt-dental", "bolt-garage")[number % 2], 1000 + number) for number in range(MANY)]
    answers = at_once(bolts, lambda client, number: client.ask("POST", "/usage", usage(*kinds[number]), content_type="text/csv"))
    assert statuses(answers) == {201: MANY}
    assert len({answer.said["batch"] for answer in answers}) == MANY
    return {(date(2026, 10, day), customer): Decimal(used) for day, customer, used in kinds}


def one_webhook_is_made(client: Client, ports: Sequence[int]) -> None:
    """One program asks fifty times with the same key, at both servers: every time it is answered the same."""
    body, key = {"url": "https://1.1.1.1/in"}, "one-webhook"
    same = [Client(ports[number % SERVERS], client.key) for number in range(MANY)]
    answers = at_once(same, lambda one, _number: one.ask("POST", "/webhooks", body, idempotency_key=key))
    assert statuses(answers) == {201: MANY}
    assert Counter(answer.replayed for answer in answers) == {True: MANY - 1, False: 1}
    assert len({json.dumps(answer.said) for answer in answers}) == Endpoint.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_clients_at_once_leave_one_truth(ledger_home: Path, tmp_path: Path) -> None:
    october = build(tmp_path)
    with servers() as ports:
        bolts, norths = programs("bolt", ports), programs("north", ports)
        one_edit_wins(bolts, 1)
        one_edit_wins(bolts, 2)
        every_edit_is_told(bolts)
        one_submits(bolts)
        one_decides(norths)
        one_batch_is_stored(bolts, usage(31, "bolt-dental", 7), idempotency_key="same")
        one_batch_is_stored(bolts, usage(31, "bolt-garage", 8))
        sent = every_batch_is_stored(bolts)
        one_webhook_is_made(bolts[0], ports)
    sent |= {(date(2026, 10, 31), "bolt-dental"): Decimal(7), (date(2026, 10, 31), "bolt-garage"): Decimal(8)}
    stored = [row for row in usage_rows(Viewer.system(), OCTOBER) if row.service == "email-core"]
    assert {(row.day, row.customer): row.used for row in stored} == sent
    assert sum(row.provisioned for row in stored) == sum(sent.values())
    assert len(stored) == MANY + 2
    assert audit().findings == ()
    assert verify(OCTOBER) == []
    assert october.report("bolt").version == MANY + 5

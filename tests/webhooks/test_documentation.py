"""The page says what the rules say."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.reports.month import CLOSING, October, at
from tests.webhooks.conftest import admin, listen
from tests.webhooks.receiver import it_is
from trueup.webhooks.actions import replay, send_test
from trueup.webhooks.models import Attempt
from trueup.webhooks.rules.happenings import NAMES, TEST
from trueup.webhooks.rules.keeping import KEPT_FOR, MOST_ENDPOINTS
from trueup.webhooks.rules.targets import LOOK_UP
from trueup.webhooks.rules.trying import BACK_OFF, MOST_KEPT, OVERLAP, TIMEOUT, State
from trueup.webhooks.sending import send_due

PAGE = (Path(__file__).parent.parent.parent / "docs" / "webhooks.md").read_text(encoding="utf-8")

NOW = at(CLOSING)


class TestPage:
    def test_lists_every_type(self) -> None:
        assert re.findall(r"^\| `(\w+\.\w+)` \|", PAGE, re.MULTILINE)[: len(NAMES) + 1] == [*NAMES, TEST]

    def test_lists_every_wait(self) -> None:
        waits = re.findall(r"^\| \d\w\w \| (\d+) (second|minute|hour)s \|$", PAGE, re.MULTILINE)
        assert [timedelta(**{f"{unit}s": int(count)}) for count, unit in waits] == list(BACK_OFF)

    def test_lists_every_state(self) -> None:
        assert [state for state in State if f"\n| {state} |" not in PAGE] == []

    def test_says_how_long(self) -> None:
        assert f"within {TIMEOUT} seconds" in PAGE
        assert f"first {MOST_KEPT:,} bytes" in PAGE
        assert f"keeps a delivery for {KEPT_FOR.days} days" in PAGE
        assert f"within {LOOK_UP} seconds" in PAGE
        assert f"has {MOST_ENDPOINTS} at most" in PAGE
        assert f"For {OVERLAP // timedelta(hours=1)} hours" in PAGE


class TestReceiver:
    """The receiver of the page, as it stands there."""

    def test_takes_what_is_signed_once_and_refuses_the_rest(
        self, october: October, private: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        it_is(NOW, monkeypatch)
        with serving() as (server, url):
            made, forged = listen("bolt", url), listen("bolt", url)
            monkeypatch.setenv("WEBHOOK_SECRET", made.secret)
            server.RequestHandlerClass = receiver_of_the_page()
            sent = send_test(admin("bolt"), made.endpoint_id, now=NOW)
            refused = send_test(admin("bolt"), forged.endpoint_id, now=NOW)
            assert send_due(now=NOW) == 1
            replay(admin("bolt"), made.endpoint_id, sent, now=NOW)
            assert send_due(now=NOW) == 1
        assert capsys.readouterr().out == f"webhook.test https://portal.example/api/v1/webhooks/{made.endpoint_id}\n"
        assert list(Attempt.objects.filter(delivery=sent).values_list("status", flat=True)) == [204, 204]
        assert list(Attempt.objects.filter(delivery=refused).values_list("status", flat=True)) == [400]


def receiver_of_the_page() -> Any:
    """The class that the page shows."""
    (shown,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(shown, names)  # noqa: S102 -- our own page
    return names["Receiver"]


@contextmanager
def serving() -> Iterator[tuple[HTTPServer, str]]:
    """A server on loopback, until the end."""
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""Over a real connection to a real (if small) mail server."""

import socket
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.notifications.post import BOLT, BOLTS_ADMIN, Post, delivery_to, over_provisioned
from tests.notifications.smtp import MailServer, mail_server
from tests.reports.month import October
from trueup.accounts.models import User
from trueup.config import environment
from trueup.notifications.models import Delivery
from trueup.notifications.rules import State


def use(settings: Settings, monkeypatch: pytest.MonkeyPatch, url: str, outbox: Path) -> None:
    """Send as somebody who sets this variable does."""
    monkeypatch.setenv("TRUEUP_EMAIL_URL", url)
    for name, value in environment.email("TRUEUP_EMAIL_URL", outbox).items():
        setattr(settings, name, value)
    settings.EMAIL_TIMEOUT = 5


@pytest.fixture
def ready(october: October, post: Post) -> Post:
    """Two e-mails wait."""
    over_provisioned(october)
    post.gather()
    return post


class TestSmtp:
    def test_brings_both_parts_to_the_address(
        self, ready: Post, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        User.objects.filter(email=BOLT).update(name="Bélla, “Bolt”")
        with mail_server() as server:
            use(settings, monkeypatch, f"smtp://127.0.0.1:{server.port}", tmp_path)
            assert ready.send() == 2
        assert self._addresses(server) == [[BOLTS_ADMIN], [BOLT]]
        message = next(message for addresses, message in server.received if addresses == [BOLT])
        assert message["To"].addresses[0].display_name == "Bélla, “Bolt”"
        assert message["Subject"] == "Usage report October 2026 of Bolt IT is ready"
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        assert text is not None and "Hello Bélla, “Bolt”," in text.get_content()  # noqa: PT018
        assert html is not None and "https://portal.example/reports/2026-10/bolt/" in html.get_content()  # noqa: PT018

    def test_says_who_refused_an_address_and_sends_the_rest_over_the_same_connection(
        self, ready: Post, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        User.objects.filter(email=BOLTS_ADMIN).update(email="nobody@bolt.example")
        with mail_server() as server:
            use(settings, monkeypatch, f"smtp://127.0.0.1:{server.port}", tmp_path)
            assert ready.send() == 1
        assert self._addresses(server) == [[BOLT]]
        refused = delivery_to("nobody@bolt.example")
        assert (refused.state, refused.last_error) == (State.FAILED, "550 5.1.1 there is no such person")

    def test_waits_for_a_server_that_is_not_there(
        self, ready: Post, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # nobody listens
            use(settings, monkeypatch, f"smtp://127.0.0.1:{taken.getsockname()[1]}", tmp_path)
            assert ready.send() == 0
        assert set(Delivery.objects.values_list("state", flat=True)) == {State.WAITING}
        assert "Connection refused" in Delivery.objects.get(tries=1).last_error

    @staticmethod
    def _addresses(server: MailServer) -> list[list[str]]:
        return sorted(addresses for addresses, _ in server.received)


class TestFolder:
    def test_is_where_mail_goes_by_default(self, ready: Post, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        use(settings, monkeypatch, "", tmp_path / "outbox")
        assert ready.send() == 2
        written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "outbox").iterdir())
        assert written.count("Subject: Usage report October 2026 of Bolt IT is ready") == 2

"""An operator's templates come first; a broken one holds up nothing."""

import copy
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.notifications.post import BOLT, Post, delivery_to, html_of, over_provisioned, to
from tests.reports.month import CLOSING, October, at
from trueup.notifications import rendering
from trueup.notifications.actions import tell_invited
from trueup.notifications.rules import Kind, State

BUILT_IN = Path(rendering.__file__).parent / "templates" / "notifications"


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """A folder of the operator's own templates."""
    own = tmp_path / "templates"
    (own / "notifications").mkdir(parents=True)
    changed = copy.deepcopy(settings.TEMPLATES)
    changed[0]["DIRS"] = [own]
    settings.TEMPLATES = changed
    return own / "notifications"


@pytest.fixture
def ready(october: October, post: Post) -> Post:
    """E-mails wait."""
    over_provisioned(october)
    post.gather()
    return post


class TestBuiltInTemplates:
    @pytest.mark.parametrize("kind", list(Kind))
    @pytest.mark.parametrize("part", ["subject.txt", "txt", "html"])
    def test_are_there_for_every_kind_and_part(self, kind: Kind, part: str) -> None:
        assert (BUILT_IN / f"{kind}.{part}").is_file()


class TestOwnTemplate:
    def test_is_used(self, ready: Post, folder: Path) -> None:
        (folder / "report_ready.subject.txt").write_text("{{ report.msp }}:\n  {{ report.month }}\n", encoding="utf-8")
        (folder / "mail.txt").write_text("{% block content %}{% endblock %}Regards, Acme", encoding="utf-8")
        assert ready.send() == 2
        assert to(BOLT).subject == "Bolt IT: October 2026"
        assert str(to(BOLT).body).endswith("Regards, Acme\n")
        assert "Open the report" in html_of(to(BOLT))
        assert delivery_to(BOLT).last_error == ""

    @pytest.mark.parametrize(
        ("name", "text", "problem"),
        [
            ("report_ready.html", "{% if %}", "TemplateSyntaxError"),
            ("report_ready.html", "{{ report.month|nosuchfilter }}", "TemplateSyntaxError"),
            ("report_ready.html", "{% extends 'nowhere.html' %}", "TemplateDoesNotExist"),
            ("mail.html", "{% include 5 %}", ""),
            ("report_ready.html", " \n", "it is empty"),
        ],
    )
    def test_that_is_broken_is_replaced_by_the_built_in_one(self, ready: Post, folder: Path, name: str, text: str, problem: str) -> None:
        (folder / name).write_text(text, encoding="utf-8")
        assert ready.send() == 2
        assert "Open the report" in html_of(to(BOLT))
        kept = delivery_to(BOLT)
        assert kept.state == State.SENT
        assert kept.last_error.startswith("the template notifications/report_ready.html was replaced by the built-in one: ")
        assert problem in kept.last_error

    def test_that_is_no_text_is_replaced_too(self, ready: Post, folder: Path) -> None:
        (folder / "report_ready.txt").write_bytes(b"\xff\xfe\x00")
        assert ready.send() == 2
        assert "Open the report" in str(to(BOLT).body)

    def test_of_one_kind_leaves_the_others_alone(self, october: October, post: Post, folder: Path) -> None:
        (folder / "report_ready.txt").write_text("mine", encoding="utf-8")
        tell_invited("new@bolt.example", "", account_name="Bolt", inviter="Ada", link="https://x.example/1", now=at(CLOSING))
        post.send()
        assert "Ada invites you" in str(to("new@bolt.example").body)

"""Every address of the portal with every person: what is theirs, below them, somebody else's, or does not exist."""

import re
from collections.abc import Iterator
from html import escape
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.web.addresses import PAGES, PEOPLE, patterns, who
from tests.web.addresses_rows import NOWHERE, Page
from tests.web.month import NOBODY, Autumn, standing
from trueup.events.models import Event

pytestmark = pytest.mark.django_db

PUBLIC = frozenset({"invitation", "choose_theme", "choose_language"})
"""Pages for people who are not signed in too."""

OWN_RULES = frozenset({"end_session", "end_all_sessions", "end_device"})
"""Pages of the person, whatever account they act for: tests/web/test_sessions.py, tests/api/test_device.py."""

OUTSIDE = frozenset({"unmapped"})
"""Forms that write to the ledger too, which is not taken back with the database: sent once only."""

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/"}


@pytest.fixture(scope="module")
def autumn(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Autumn]:
    """One month for all tests here: each takes back what it did."""
    with django_db_blocker.unblock(), standing(tmp_path_factory.mktemp("autumn")) as month:
        yield month


def read(response: Any) -> str:
    """What was answered, whole; of what is no text, such as an archive, what can be read."""
    return (b"".join(response.streaming_content) if response.streaming else response.content).decode(errors="replace")


def bare(response: Any, address: str) -> str:
    """What was answered, without what is another each time: the token of its forms, and the address that was asked for."""
    text = re.sub(r'(X-CSRFToken&quot;: &quot;|X-CSRFToken": "|csrfmiddlewaretoken" value=")\w+', r"\1", read(response))
    text = re.sub(r'<ul class="messages">.*?</ul>', "", text, flags=re.DOTALL)  # what the request before had to say
    return " ".join(text.replace(escape(address), "").split())


def expected(said: str) -> dict[str, int]:
    """What is expected, of one person of each account where it does not exist: a stranger is a stranger, whatever their role."""
    strangers: dict[str, str] = {}
    for letter, status in who(said).items():
        if status == 404:
            strangers.setdefault(PEOPLE[letter].partition("@")[2], letter)
    return {letter: status for letter, status in who(said).items() if status != 404 or letter in strangers.values()}


def send(client: Client, page: Page, autumn: Autumn, of: str, seen: str) -> HttpResponse:
    """POST what the form of a page sends."""
    given = page.sends(autumn, of)
    return client.post(page.address(autumn, of), ({"seen": seen} if seen else {}) | given)  # type: ignore[return-value]


def seen_of(autumn: Autumn, page: Page, of: str) -> str:
    """What the form of a page knows of the state it was made for."""
    for letter, status in who(page.open.get(of, "")).items():
        if status == 200 and page.does:
            found = re.search(r'name="seen" value="([^"]*)"', read(autumn.person(PEOPLE[letter]).get(page.address(autumn, of))))
            return found[1] if found else ""
    return ""


def tables() -> dict[str, list[tuple[object, ...]]]:
    """Everything we keep."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("trueup.")]
    return {model._meta.label: sorted(model._base_manager.values_list(), key=repr) for model in ours}


def _answers(autumn: Autumn, page: Page, of: str) -> dict[str, tuple[int, str]]:
    """Status and text, by person."""
    address = page.address(autumn, of)
    answers = {letter: autumn.person(PEOPLE[letter]).get(address) for letter in expected(page.open[of])}
    return {letter: (answer.status_code, bare(answer, address)) for letter, answer in answers.items()}


class TestTable:
    def test_has_every_address(self) -> None:
        assert set(patterns()) == {page.name for page in PAGES}

    def test_has_a_form_or_a_page_for_each(self) -> None:
        assert [page.name for page in PAGES if not page.open and not page.does and page.name not in OWN_RULES] == []


class TestPage:
    def test_opens_for_whom_it_is_there_and_of_a_stranger_is_the_one_that_is_not(self, autumn: Autumn) -> None:
        wrong = []
        for page in PAGES:
            answers = {of: _answers(autumn, page, of) for of in page.open}
            for of, said in page.open.items():
                for letter, status in expected(said).items():
                    found, text = answers[of][letter]
                    if found != status:
                        wrong.append(f"{page.name} of {of} for {PEOPLE[letter]}: {found}, not {status}")
                    elif status == 404 and letter in answers.get(NOWHERE, {}) and text != answers[NOWHERE][letter][1]:
                        wrong.append(f"{page.name} of {of} tells {PEOPLE[letter]} that it is there")
        assert not wrong, "\n".join(wrong)

    def test_asks_for_sign_in_first(self, autumn: Autumn) -> None:
        wrong = []
        for page in (page for page in PAGES if page.name not in PUBLIC | OWN_RULES):
            for of in page.open or page.does:
                address = page.address(autumn, of)
                for client, said in ((autumn.person(""), 302), (autumn.person(NOBODY), 403)):
                    found = client.get(address)
                    if found.status_code != said or (said == 302 and not found["Location"].startswith("/account/login/?next=/")):
                        wrong.append(f"{page.name} of {of}: {found.status_code}, not {said}")
        assert not wrong, "\n".join(wrong)

    def test_without_html_around_it_is_refused_alike(self, autumn: Autumn) -> None:
        wrong = []
        for page in (page for page in PAGES if page.name not in PUBLIC):
            for of, said in page.open.items():
                address = page.address(autumn, of)
                for status, letter in {status: letter for letter, status in who(said).items() if status in {403, 404}}.items():
                    found = autumn.person(PEOPLE[letter]).get(address, headers=HTMX)
                    whole = found.get("HX-Retarget") == "body"
                    if found.status_code != status or whole != ("<html" in read(found)):
                        wrong.append(f"{page.name} of {of} for {PEOPLE[letter]}: {found.status_code}, not {status}")
                found = autumn.person("").get(address, headers=HTMX)
                if (found.status_code, found.content) != (401, b""):
                    wrong.append(f"{page.name} of {of} for nobody: {found.status_code}")
        assert not wrong, "\n".join(wrong)

    def test_has_no_data_for_other_methods(self, autumn: Autumn) -> None:
        wrong = []
        readable = {page.name for page in PAGES if page.open}
        for page in (page for page in PAGES if page.name not in PUBLIC | OWN_RULES):
            of, said = next(iter((page.open or page.does).items()))
            client = autumn.person(PEOPLE[min(who(said).items(), key=lambda one: one[1])[0]])
            address = page.address(autumn, of)
            answers = {method: getattr(client, method)(address) for method in ("put", "delete", "options", "trace")}
            wrong += [f"{page.name}: {method} is {found.status_code}" for method, found in answers.items() if found.status_code != 405]
            wrong += [f"{page.name}: {method} says something" for method, found in answers.items() if found.content]
            if page.name not in readable and client.get(address).status_code not in {404, 405}:
                wrong.append(f"{page.name}: there is a page")
        assert not wrong, "\n".join(wrong)


class TestForm:
    def test_does_it_for_whom_it_is_there(self, autumn: Autumn) -> None:
        wrong = []
        for page in (page for page in PAGES if page.name not in OUTSIDE):
            for of, said in page.does.items():
                seen = seen_of(autumn, page, of)
                for letter, status in who(said).items():
                    if status < 400:
                        before = transaction.savepoint()
                        found = send(autumn.person(PEOPLE[letter]), page, autumn, of, seen).status_code
                        transaction.savepoint_rollback(before)
                        if found != status:
                            wrong.append(f"{page.name} of {of} by {PEOPLE[letter]}: {found}, not {status}")
        assert not wrong, "\n".join(wrong)

    def test_changes_something_where_it_is_let(self, autumn: Autumn) -> None:
        wrong, all_before = [], tables()
        told = len(all_before["events.Event"])
        for page in (page for page in PAGES if page.doer):
            letter, of = page.doer[0], page.doer[2:]
            seen = seen_of(autumn, page, of)
            before = transaction.savepoint()
            send(autumn.person(PEOPLE[letter]), page, autumn, of, seen)
            if Event.objects.count() == told and tables() == all_before:
                wrong.append(f"{page.name} by {PEOPLE[letter]} changes nothing: the other tests of it say nothing")
            transaction.savepoint_rollback(before)
        assert not wrong, "\n".join(wrong)

    def test_changes_nothing_where_it_is_refused(self, autumn: Autumn) -> None:
        wrong, before = [], tables()
        for at, page in enumerate(PAGES, 1):
            for of, said in page.does.items():
                seen = seen_of(autumn, page, of)
                for letter, status in expected(said).items():
                    if status >= 400:
                        found = send(autumn.person(PEOPLE[letter]), page, autumn, of, seen).status_code
                        if found != status:
                            wrong.append(f"{page.name} of {of} by {PEOPLE[letter]}: {found}, not {status}")
                if page.name not in PUBLIC | OWN_RULES:
                    answers = [send(autumn.person(email), page, autumn, of, seen).status_code for email in ("", NOBODY)]
                    wrong += [] if answers == [302, 403] else [f"{page.name} of {of} by nobody: {answers}"]
            if at % 15 == 0 or at == len(PAGES):  # looking takes long
                now = tables()
                wrong += [f"{page.name}, or one of the 14 before it, changed {name}" for name in now if now[name] != before[name]]
                before = now
        assert not wrong, "\n".join(wrong)

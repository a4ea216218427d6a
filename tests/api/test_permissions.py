"""Every operation with every caller: what is theirs, below them, somebody else's, or does not exist."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from tests.api import operations
from tests.api.conftest import Program, token_for, token_of_person
from tests.api.document import document
from tests.api.money import settle, submitted
from tests.api.operations import CALLERS, NOWHERE, OUTSIDE, Operation, expected, who
from tests.api.operations_money import MONEY
from tests.web.month import Autumn, standing
from tests.web.test_permissions import tables
from trueup.accounts.models import Account
from trueup.accounts.rules import Scope, Tier, scopes_of
from trueup.api.access import Allowed
from trueup.api.app import api

pytestmark = pytest.mark.django_db

OPERATIONS: Final = (*operations.OPERATIONS, *MONEY)

PEOPLE: Final = {"a": ("vendor@acme.example", "V"), "n": ("north@north.example", "N"), "b": ("billing@bolt.example", "B")}
"""Billing managers of the vendor, a distributor and an MSP, signed in on a command line, and the program of the same account."""

ADMIN: Final = {"m": ("admin@bolt.example", "B")}
"""An admin, likewise: what the program may, a person may."""

READS: Final = (Scope.USAGE_READ, Scope.REPORTS_READ, Scope.NETWORK_READ)
READER: Final = {"r": ("acme-vendor", "V")}
"""A program that may only read: all that the other program of its account reads, and nothing else."""

ADMINS: Final = frozenset({Scope.MEMBERS_WRITE, Scope.WEBHOOKS_WRITE})
"""What only admins may, and programs, which act as such."""


def documented() -> dict[str, tuple[str, str]]:
    """Method and path of each operation, by its id."""
    paths: dict[str, dict[str, Any]] = document()["paths"]
    return {found["operationId"]: (method.upper(), path) for path, methods in paths.items() for method, found in methods.items()}


def scopes() -> dict[str, frozenset[Scope]]:
    """The scopes of which each operation asks one, by its id."""
    return {
        str(operation.operation_id): frozenset(
            scope for one in operation.auth_callbacks if isinstance(one, Allowed) for scope in one.scopes
        )
        for bound in api._get_bound_routers()
        for view in bound.path_operations.values()
        for operation in view.operations
    }


class World:
    """The month, the callers, and how each asks."""

    def __init__(self, autumn: Autumn) -> None:
        self.autumn = autumn
        names = {**CALLERS} | {letter: email for letter, (email, _) in (PEOPLE | ADMIN).items()}
        self.callers = {letter: Program(token_of_person(name) if "@" in name else token_for(name)) for letter, name in names.items()}
        self.callers |= {letter: Program(token_for(ref, READS)) for letter, (ref, _) in READER.items()}
        self._documented = documented()
        self._scopes = scopes()

    def ask(self, operation: Operation, of: str, program: Program) -> Any:
        """The answer to one caller, of somebody's thing."""
        method, template = self._documented[operation.name]
        address = operation.address(template, self.autumn, of)
        kind = {"content_type": operation.kind}
        answer: Any = program.call(method, address, operation.sends, **kind, **operation.headers)
        return answer if not answer.streaming else HttpResponse(b"".join(answer.streaming_content), status=answer.status_code)

    def lacks_scope(self, operation: Operation) -> frozenset[str]:
        """The programs of accounts that can have none of its scopes."""
        tiers = {letter: Tier(Account.objects.get(ref=name).tier) for letter, name in CALLERS.items() if "@" not in name}
        return frozenset(letter for letter, tier in tiers.items() if not self._scopes[operation.name].intersection(scopes_of(tier)))

    def expected(self, operation: Operation, of: str) -> dict[str, int]:
        """Who is to be answered what."""
        others = {letter: self._of_person(operation, of, program) for letter, (_, program) in PEOPLE.items()}
        others |= {letter: self._of_admin(operation, of, program) for letter, (_, program) in ADMIN.items()}
        others |= {letter: self._of_reader(operation, of, program) for letter, (_, program) in READER.items()}
        tried = {letter: status for letter, status in others.items() if status >= 300 or operation.name not in OUTSIDE}
        return expected(operation, of, self.lacks_scope(operation)) | tried

    def _of_person(self, operation: Operation, of: str, program: str) -> int:
        """A billing manager is answered like the program of the account; of what only an admin may, and of what is a person's own, like who
        only reads.
        """
        statuses = who(operation.said[of])
        if self._is_own(operation):
            return statuses["v"]
        if self._scopes[operation.name] <= ADMINS:
            return (statuses if statuses[program] != 404 else who(operation.said[NOWHERE]))["v"]
        return statuses[program]

    def _of_admin(self, operation: Operation, of: str, program: str) -> int:
        return who(operation.said[of])["v" if self._is_own(operation) else program]

    def _of_reader(self, operation: Operation, of: str, program: str) -> int:
        return who(operation.said[of])[program] if self._scopes[operation.name].intersection(READS) else 403

    def _is_own(self, operation: Operation) -> bool:
        """Whether it is about what people have and programs have not: settings of their own."""
        return self._documented[operation.name][1].startswith("/api/v1/me/")

    def bare(self, operation: Operation, of: str, answer: Any) -> Any:
        """What was answered but for its status, without the names that were sent."""
        text = json.dumps({name: value for name, value in json.loads(answer.content).items() if name != "status"}, ensure_ascii=False)
        for name in sorted({of, *operation.at(self.autumn, of).values()} - {""}, key=len, reverse=True):
            text = text.replace(name, "…")
        return text


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One month for all tests here: each takes back what it did."""
    with django_db_blocker.unblock(), standing(tmp_path_factory.mktemp("autumn")) as autumn:
        settle()
        submitted("south")
        yield World(autumn)


QUERIES: Final = Path(__file__).with_name("queries.txt")
"""How many queries each operation takes for the first who may do it: a line each. `TRUEUP_COUNT=1` writes it anew."""


class TestQueries:
    def test_of_each_operation_are_as_many_as_committed(self, world: World) -> None:
        counted = {operation.name: self.counted(world, operation) for operation in OPERATIONS if operation.name not in OUTSIDE}
        known = dict(line.split(maxsplit=1) for line in QUERIES.read_text().splitlines())
        if os.environ.get("TRUEUP_COUNT"):
            QUERIES.write_text("".join(f"{name} {len(made)}\n" for name, made in sorted(counted.items())))
        wrong = {name: "\n".join(made) for name, made in counted.items() if known.get(name) != str(len(made))}
        assert not wrong, "\n\n".join(f"{name}: {known.get(name)} are committed, these were made:\n{made}" for name, made in wrong.items())
        assert known.keys() == counted.keys()

    @staticmethod
    def counted(world: World, operation: Operation) -> list[str]:
        """The SQL of a call, after one that has filled what a process keeps: of the first who may do it, else of one who is refused."""
        asked = [(status, of, letter) for of, said in operation.said.items() for letter, status in who(said).items()]
        _, of, letter = (0, operation.doer[2:], operation.doer[0]) if operation.doer else min(asked, key=lambda one: one[0])
        made: list[str] = []
        for _ in range(2):
            before = transaction.savepoint()
            with CaptureQueriesContext(connection) as captured:
                world.ask(operation, of, world.callers[letter])
            transaction.savepoint_rollback(before)
            made = [one["sql"] for one in captured if not one["sql"].startswith(("SAVEPOINT", "RELEASE")) and "pg_" not in one["sql"]]
        return made


class TestTable:
    def test_has_every_operation(self) -> None:
        assert {operation.name for operation in OPERATIONS} == set(documented())

    def test_knows_a_scope_of_each(self) -> None:
        assert [name for name, found in scopes().items() if not found] == []


class TestOperation:
    def test_answers_each_as_it_should_and_a_stranger_as_if_nothing_were_there(self, world: World) -> None:
        wrong = []
        for operation in OPERATIONS:
            nothing: dict[str, str] = {}
            for of in sorted(operation.said, key=lambda one: one != NOWHERE):
                for letter, status in world.expected(operation, of).items():
                    before = transaction.savepoint()
                    answer = world.ask(operation, of, world.callers[letter])
                    transaction.savepoint_rollback(before)
                    if answer.status_code != status:
                        wrong.append(f"{operation.name} of {of} for {letter}: {answer.status_code}, not {status}: {answer.content[:300]!r}")
                    elif status == 404:
                        said = world.bare(operation, of, answer)
                        if nothing.setdefault(letter, said) != said:
                            wrong.append(f"{operation.name} of {of} tells {letter} that it is there: {said}, not {nothing[letter]}")
        assert not wrong, "\n".join(wrong)

    def test_changes_something_for_whom_it_is_there_and_nothing_else(self, world: World) -> None:
        wrong, all_before = [], tables()
        for operation in (operation for operation in OPERATIONS if operation.doer):
            before = transaction.savepoint()
            world.ask(operation, operation.doer[2:], world.callers[operation.doer[0]])
            if tables() == all_before:
                wrong.append(f"{operation.name} changes nothing: the other tests of it say nothing")
            transaction.savepoint_rollback(before)
        assert not wrong, "\n".join(wrong)

    def test_is_for_nobody_without_a_token(self, world: World) -> None:
        answers = {operation.name: world.ask(operation, next(iter(operation.said)), Program(None)).status_code for operation in OPERATIONS}
        assert {name: status for name, status in answers.items() if status != 401} == {}

    def test_needs_its_scope(self, world: World) -> None:
        wrong, known = [], scopes()
        programs = {scope: Program(token_for("acme-vendor", (scope,))) for scope in list(Scope)[:3]}
        for operation in OPERATIONS:
            other = next((scope for scope in programs if scope not in known[operation.name]), None)
            if other is not None:
                answer = world.ask(operation, next(iter(operation.said)), programs[other])
                said = json.loads(answer.content)["code"] if answer.content else ""
                if (answer.status_code, said) != (403, "missing_scope"):
                    wrong.append(f"{operation.name} with {other}: {answer.status_code} {said}")
        assert not wrong, "\n".join(wrong)

"""Several programs keeping the same entry at the same moment."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from tests.api.conftest import Program, token_for
from tests.api.reading import etag
from tests.world import APPLIED_AT, FILE_NAME, NETWORK
from trueup.accounts.models import Account
from trueup.accounts.rules import Viewer
from trueup.network.actions import apply

MANY = 4


@pytest.fixture
def token(transactional_db: None) -> str:
    apply(Viewer.system(), NETWORK, file_name=FILE_NAME, dry_run=False, now=APPLIED_AT)
    return token_for("north")


def at_once(token: str, ask: Callable[[Program, int], tuple[int, Any]]) -> list[tuple[int, Any]]:
    together = Barrier(MANY)

    def run(number: int) -> tuple[int, Any]:
        program = Program(token)
        together.wait()
        try:
            return ask(program, number)
        finally:
            connection.close()

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(run, range(MANY)))


class TestAtOnce:
    def test_one_adds_and_the_others_are_told(self, token: str) -> None:
        entry = {"tier": "customer", "parent": "bolt"}
        answers = at_once(
            token, lambda program, number: program.put("/accounts/bolt-new", entry | {"name": f"Name {number}"}, if_none_match="*")
        )  # fmt: skip
        assert Counter(status for status, _ in answers) == {201: 1, 412: MANY - 1}
        kept = Account.objects.get(ref="bolt-new").name
        assert {said["name"] if status == 201 else said["current"]["name"] for status, said in answers} == {kept}

    def test_one_changes_what_all_have_seen(self, token: str) -> None:
        seen = etag(Program(token), "/accounts/bolt")
        answers = at_once(token, lambda program, number: program.patch("/accounts/bolt", {"city": f"City {number}"}, if_match=seen))
        assert Counter(status for status, _ in answers) == {200: 1, 412: MANY - 1}
        kept = Account.objects.get(ref="bolt").city
        assert {said["city"] if status == 200 else said["current"]["city"] for status, said in answers} == {kept}

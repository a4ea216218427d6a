"""Several people changing the network at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import connection

from tests.world import FILE_NAME, NETWORK
from trueup.accounts.models import Account
from trueup.accounts.rules import Viewer
from trueup.events.queries import audit
from trueup.kit.errors import Conflict
from trueup.network.actions import apply, change
from trueup.network.queries import account_details

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
class TestApplyAtOnce:
    def test_happens_once(self) -> None:
        together = Barrier(4)

        def run(_number: int) -> int:
            together.wait()
            try:
                return len(apply(Viewer.system(), NETWORK, file_name=FILE_NAME, dry_run=False, now=NOW).doing)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            steps = sorted(pool.map(run, range(4)))
        assert steps[:3] == [0, 0, 0]
        assert steps[3] > 0
        assert Account.objects.count() == 11
        assert audit().findings == ()


@pytest.mark.django_db(transaction=True)
class TestChangeAtOnce:
    def test_is_done_for_one_of_those_who_saw_the_same(self) -> None:
        apply(Viewer.system(), NETWORK, file_name=FILE_NAME, dry_run=False, now=NOW)
        seen = account_details(Viewer.system(), "bolt", NOW.date()).fingerprint
        together = Barrier(4)

        def run(number: int) -> str:
            together.wait()
            try:
                change(Viewer.system(), "accounts", {"ref": "bolt", "city": f"City {number}"}, now=NOW, seen=seen)
            except Conflict as conflict:
                return conflict.message
            finally:
                connection.close()
            return f"City {number}"

        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(run, range(4)))
        city = Account.objects.get(ref="bolt").city
        assert sorted(results) == sorted([city, *[f"somebody else has changed this meanwhile; there is now: city: {city}"] * 3])
        assert audit().findings == ()

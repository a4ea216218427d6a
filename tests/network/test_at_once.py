"""Two people applying a file at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import connection

from tests.world import FILE_NAME, NETWORK
from trueup.accounts.models import Account
from trueup.accounts.rules import Viewer
from trueup.events.queries import audit
from trueup.network.actions import apply

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

"""October with money, and late usage of it: bolt's 12 seats are 14 by now, which is adjusted in November.

Everything of October has its statement, and bolt's adjustment too; that to the vendor is being collected.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.test import TestCase, override_settings

from tests.api import money
from tests.reports.month import OPERATOR, October, at, at_times
from tests.reports.test_adjusting import LATE, NOVEMBER, approve, close_month
from tests.statements.conftest import issue_all
from trueup.cycles.models import Cycle
from trueup.kit.period import Month
from trueup.statements.actions import complete_billing, open_billing_reports, submit_billing

NOW: Final = "2026-12-12T12:00:00Z"
FIRST, LATER = "north-2026-000001", "north-2026-000003"
"""What bolt pays for October, and for what came late."""

VENDORS: Final = "acme-vendor-2026-000001"
BILLING: Final = f"/billing-reports/{LATE}/north"


def build(folder: Path) -> October:
    """October settled, November closed, and the adjustment of bolt settled."""
    october = money.build(folder)
    submit_billing(OPERATOR, Month(2026, 10), "north", now=at(money.NOW))
    complete_billing(OPERATOR, Month(2026, 10), "north", now=at(money.NOW))
    money.issue_billed()
    october.deliver(*at_times("bolt-dental", "workspace-security", "14", "14"), now="2026-11-20T10:00:00Z")
    close_month(NOVEMBER)
    open_billing_reports(OPERATOR, Cycle.objects.of(LATE).get(), now=at("2026-12-01T01:00:00Z"))
    approve("bolt")
    assert issue_all("2026-12-10T12:00:00Z") == 1
    return october


@contextmanager
def standing(folder: Path) -> Iterator[October]:
    """All of it in a transaction of its own, for all tests of a module: it is taken back at the end."""

    class Ground(TestCase):
        """Holds the transaction, which is not to be committed."""

    with override_settings(TRUEUP_HOME=folder / "home", TRUEUP_LEDGER_URL=str(folder / "ledger"), TRUEUP_CLOCK=lambda: at(NOW)):
        Ground.setUpClass()
        try:
            yield build(folder)
        finally:
            Ground.tearDownClass()
            Ground.doClassCleanups()

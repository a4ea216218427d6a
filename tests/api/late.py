"""October with money, and late usage of it: bolt's 12 seats are 14 by now, which is adjusted in November.

Everything of October has its statement, and bolt's adjustment too; that to the vendor is being collected.
"""

from functools import partial
from pathlib import Path
from typing import Final

from tests.api import money
from tests.reports.month import OPERATOR, October, at, at_times
from tests.reports.test_adjusting import LATE, NOVEMBER, approve, close_month
from tests.standing import stand
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


standing = partial(stand, build, at(NOW))
"""All of it for all tests of a module; see `stand`."""

"""October with money: price lists of everybody, billing reports, statements of what is approved.

What north has approved is bolt's and coil's report; dune's waits at south. bolt has 40 endpoints and 12 seats, coil 7 endpoints.
"""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.api import october as ground
from tests.api.conftest import Program
from tests.reports.month import OPERATOR, October, at
from tests.standing import stand
from tests.statements.conftest import account_id, issue_all
from trueup.cycles.models import Cycle
from trueup.prices.actions import save_price_list, save_promo_code
from trueup.prices.rules.lists import ListKey
from trueup.reports.rules.workflow import Status
from trueup.statements.actions import open_billing_reports
from trueup.statements.issuing import issue_of_billing
from trueup.statements.models import BillingReport
from trueup.statements.rules.billing import BillingStatus

NOW: Final = "2026-11-09T12:00:00Z"
BEGIN: Final = date(2026, 1, 1)
SELLING: Final[dict[str, Any]] = {
    "currency": "EUR", "tax": {"percent": 19}, "services": {"workspace-security": "4.20"},
    "packs": {"credits": {"price": 12}, "nfr": 12},
}  # fmt: skip
BUYING: Final[dict[str, Any]] = {
    "currency": "USD", "margin_percent": 30, "services": {"workspace-security": "4"}, "packs": {"credits": 10, "nfr": 10},
}  # fmt: skip
RESALE: Final[dict[str, Any]] = {
    "currency": "EUR", "services": {"workspace-security": "6", "endpoint-core": "1.50", "backup-storage": "0.1", "nfr-license": 0},
}  # fmt: skip
LAUNCH: Final = {"from": "2026-10-01", "until": "2026-12-31", "service": "workspace-security", "price": 1}


def keep_prices() -> None:
    """What everybody sells by, and a promo code of the vendor and of north."""
    lists = {"acme-vendor": BUYING, "north": SELLING, "south": SELLING, "bolt": RESALE}
    for seller, said in lists.items():
        save_price_list(OPERATOR, ListKey(seller, None, BEGIN), said, seen=None, now=at(NOW))
    save_price_list(OPERATOR, ListKey("north", "bolt", BEGIN), SELLING, seen=None, now=at(NOW))
    for seller in ("acme-vendor", "north"):
        save_promo_code(OPERATOR, seller, "LAUNCH", LAUNCH, seen=None, now=at(NOW))


def settle() -> None:
    """Billing reports are begun, and what is approved has its statement."""
    keep_prices()
    open_billing_reports(OPERATOR, Cycle.objects.get(first_day=date(2026, 10, 1)), now=at(NOW))
    issue_all(NOW)


def issue_billed() -> None:
    """The clock issues what follows from completed billing reports."""
    assert issue_of_billing(account_id("acme-vendor"), now=at(NOW)) == 1


def submitted(distributor: str) -> None:
    """A billing report as if it had been submitted."""
    document = {"currency": "USD", "tax_rate": {"percent": "0", "category": "zero_rated", "reason": ""}, "lines": [], "prices": {}}
    money = dict.fromkeys(("net", "tax", "gross"), "0.00")
    values = {"status": BillingStatus.SUBMITTED, "submitted_at": at(NOW), "document": document | money}
    BillingReport.objects.filter(distributor_ref=distributor).update(**values)


def build(folder: Path) -> October:
    """The month, approved at north, and settled."""
    october = ground.build(folder)
    october.edit("bolt", ground.ENDPOINT, by="billing@bolt.example", comment="Spares.", reason="agreed")
    for msp in ("bolt", "coil"):
        october.submit(msp, by=f"billing@{msp}.example")
        if october.report(msp).summary.status != Status.APPROVED:
            october.approve(msp)
    settle()
    return october


standing = partial(stand, build, at(NOW))
"""The month for all tests of a module; see `stand`."""


BILLING: Final = "/billing-reports/2026-10/north"


def tag(program: Program, path: str = BILLING) -> str:
    """The ETag of what is there."""
    return str(program.call("GET", path)["ETag"])

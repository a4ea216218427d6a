"""What stands in the way of submitting a billing report, and where it is put right."""

from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from trueup.kit.period import Month
from trueup.kit.text import Text
from trueup.statements.queries import BillingView
from trueup.web.pages.inbox import report_address

FEW: Final = 20
"""Reports that are missing and are named; the inbox lists the rest."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A report that is not approved, and where it is reviewed."""

    msp_name: str
    status: str
    address: str


@dataclass(frozen=True, slots=True)
class Obstacles:
    """Reports that are not approved (the first of them), earlier billing reports without a statement, services without a price, promo
    codes that do not hold (with their service)."""

    missing: tuple[Missing, ...]
    more: int
    inbox: str
    earlier: tuple[tuple[Month, str], ...]
    unpriced: tuple[str, ...]
    no_list: bool
    codes: tuple[tuple[str, Text], ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.earlier or self.unpriced or self.no_list or self.codes)


def obstacles_of(view: BillingView) -> Obstacles:
    """What has to be done first."""
    found = view.collected
    missing = tuple(Missing(one.msp_name, one.status, report_address(one.cycle, one.msp)) for one in found.missing[:FEW])
    return Obstacles(
        missing,
        max(len(found.missing) - FEW, 0),
        f"{reverse('review')}?status=all&cycle={view.row.cycle.cycle}",
        tuple((one, reverse("billing_report", args=[str(one), view.row.distributor])) for one in found.not_settled),
        tuple(line.service_name for line in found.unpriced),
        found.prices is None,
        tuple(found.promo_problems.items()),
    )

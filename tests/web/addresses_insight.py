"""The pages of insight in the table of all addresses (tests/web/addresses.py)."""

from typing import Final

from tests.web.addresses_rows import NOWHERE, Page, says
from tests.web.month import Autumn


def _report(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"month": "2026-10", "msp": of}


_ALL: Final = "200 VONMRSbavcd"
_ABOVE: Final = "200 VONMRS 403 bavcd"

INSIGHT: Final = (
    Page("insight", open={"": _ALL}),
    Page("insight_billed", at=says(by="service"), open={"": _ALL}),
    Page("insight_reviews", open={"": _ABOVE}),
    Page("insight_review", open={"": _ABOVE}),
    Page("insight_comments", open={"": _ABOVE}),
    *(Page(name, at=_report, open={"bolt": "200 VONMRbav", "coil": "200 VONMRc", "dune": "200 VOS 403 d", NOWHERE: ""}) for name in (
        "deprovision", "deprovision_csv", "measures", "measures_csv")),
)  # fmt: skip

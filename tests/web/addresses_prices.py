"""The pages of prices in the table of all addresses (tests/web/addresses.py)."""

from typing import Final

from tests.web.addresses_rows import NOWHERE, Given, Page, says
from tests.web.month import Autumn

_LISTS: Final = {
    "vendor": ("acme-vendor", "north"), "default": ("north", "*"), "north": ("north", "bolt"), "bolt": ("bolt", "*"),
}  # fmt: skip
"""Seller and buyer of lists that there are; `default` is north's."""


def _list(_autumn: Autumn, of: str) -> dict[str, object]:
    seller, buyer = _LISTS.get(of, (of, "*"))
    return {"seller": seller, "buyer": buyer, "day": "2026-01-01"}


def _promo(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"code": f"AUTUMN-{of.upper()}"}


def _bills(**more: object) -> Given:
    return lambda _autumn, of: {"month": "2026-10", "msp": of, **more}


def _file(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"text": f"price_lists: [{{seller: {of}, from: 2027-06-01, currency: EUR}}]"}


_ALL: Final = "200 VONMRSbavcd"
_KEEPERS: Final = "VONMSbacd 403 Rv"
_CODE: Final = {"code": "FRESH", "from_date": "2026-11-01", "until_date": "2026-11-30", "margin_percent": "5"}
_OPEN: Final = {
    "vendor": "200 VO 403 NMR", "default": "200 NM 403 Rbavc", "north": "200 NM 403 Rbav", "bolt": "200 ba 403 v", NOWHERE: "",
}  # fmt: skip
_BILLS: Final = {"bolt": "200 bav 403 VONMR", "coil": "200 c 403 VONMR", "dune": "403 VOSd", NOWHERE: ""}

PRICES: Final = (
    *(Page(name, open={"": _ALL}) for name in ("prices", "prices_history", "prices_download", "simulation", "promos")),
    Page("price_list", at=_list,
         open={"vendor": "200 VONMR", "default": "200 NMRbavc", "north": "200 NMRbav", "bolt": "200 bav", NOWHERE: ""}),
    Page("new_price_list", open={"": f"200 {_KEEPERS}"}, sends=says(buyer="", from_date="2027-06-01"), does={"": f"302 {_KEEPERS}"}),
    Page("edit_price_list", at=_list, open=_OPEN, sends=says(currency="EUR", **{"s-rows": "0", "p-rows": "0"}), doer="N default",
         does={of: said.replace("200", "302") for of, said in _OPEN.items()}),
    Page("remove_price_list", at=_list, open=_OPEN, doer="N default", does={of: said.replace("200", "302") for of, said in _OPEN.items()}),
    Page("prices_file", open={"": _ALL}, sends=_file, does={"north": "200 NM 403 VORv 400 Sbacd", NOWHERE: "400 VONMSbacd 403 Rv"}),
    Page("new_promo", open={"": f"200 {_KEEPERS}"}, sends=says(**_CODE), does={"": f"302 {_KEEPERS}"}, doer="N "),
    Page("edit_promo", at=_promo, open={"north": "200 NM 403 R", "bolt": "200 ba 403 v", NOWHERE: ""}, sends=says(**_CODE), doer="N north",
         does={"north": "302 NM 403 R", "bolt": "302 ba 403 v", NOWHERE: ""}),
    Page("remove_promo", at=_promo, open={"north": "200 NM 403 R", "bolt": "200 ba 403 v", NOWHERE: ""}, doer="N north",
         does={"north": "302 NM 403 R", "bolt": "302 ba 403 v", NOWHERE: ""}),
    Page("billing_details", open={"": _ALL}, sends=says(country="DE"), does={"": f"302 {_KEEPERS}"}, doer="b "),
    Page("customer_bills", at=_bills(), open=_BILLS),
    Page("customer_bills_file", at=_bills(form="csv"), open=_BILLS),
)  # fmt: skip
"""Whose a list is, is its own rule: who sells by it keeps it, who pays by it reads it."""

"""Promo codes of a billing report: which hold for what is charged."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.reports.month import OCTOBER, October
from tests.statements.conftest import BUYING, save_prices
from tests.statements.test_billing import NOW, begun, seen, who
from trueup.kit.errors import Invalid
from trueup.prices.actions import save_promo_code
from trueup.statements.actions import save_billing, submit_billing
from trueup.statements.queries import checked_promo

PACKS_ALONE = "the service “endpoint-core” has no price of its own, so no promo code holds for it"


class TestPromoCode:
    @pytest.mark.parametrize("unlocks", [{"margin_percent": 50}, {"price": 1, "service": "endpoint-core"}])
    def test_unlocks_nothing_of_what_is_paid_in_packs(self, approve: Callable[..., October], unlocks: dict[str, Any]) -> None:
        approve()
        begun()
        save_prices("acme-vendor", BUYING)
        said = {"from": "2026-10-01", "until": "2026-10-31", **unlocks}
        save_promo_code(who("vendor"), "acme-vendor", "HALF", said, seen="", now=NOW)
        assert checked_promo(who("north"), OCTOBER, "north", "endpoint-core", "HALF").why == PACKS_ALONE
        save_billing(who("north"), OCTOBER, "north", promo_codes={"endpoint-core": "HALF"}, now=NOW)
        assert seen().collected.promo_problems == {"endpoint-core": PACKS_ALONE}
        with pytest.raises(Invalid, match="has no price of its own"):
            submit_billing(who("north"), OCTOBER, "north", now=NOW)
        save_prices("acme-vendor", BUYING | {"services": {"workspace-security": 4, "endpoint-core": 2}})
        assert seen().collected.promo_problems == {}

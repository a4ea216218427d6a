"""Several people saving prices at the same moment: nobody waits for another in a circle."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
import yaml

from tests.exchange.test_actions import NOW, who
from tests.statements.many import at_once
from trueup.events.queries import audit
from trueup.prices.actions import apply_prices, save_price_list
from trueup.prices.queries import price_lists
from trueup.prices.rules.lists import ListKey

pytestmark = pytest.mark.usefixtures("transactional_db", "world")

DAYS = [date(2026, month, 1) for month in range(1, 13)]
NORTH = "north@north.example"


def a_file(days: Sequence[date], price: int) -> Callable[[], Any]:
    """A file with a default list from each of some days on, in their order."""
    lists = [{"seller": "north", "from": day, "currency": "EUR", "services": {"email-core": price}} for day in days]
    written = yaml.safe_dump({"price_lists": lists})
    return lambda: apply_prices(who(NORTH), written, file_name="prices.yaml", dry_run=False, now=NOW)


def one_list(day: date, price: int) -> Callable[[], Any]:
    return lambda: save_price_list(
        who(NORTH), ListKey("north", None, day), {"currency": "EUR", "services": {"email-core": price}}, seen=None, now=NOW
    )  # fmt: skip


class TestFilesAtOnce:
    @pytest.mark.parametrize("are_there", [True, False])
    def test_are_applied_in_whatever_order_they_name_lists(self, are_there: bool) -> None:
        """As a whole each: the last one counts. Who saves a single list meanwhile waits too."""
        if are_there:
            a_file(DAYS, 1)()
        files = [a_file(DAYS, 2), a_file(DAYS[::-1], 3)] * 2
        made = at_once(*files, one_list(DAYS[0], 4), one_list(DAYS[-1], 4))
        assert [one for one in made if isinstance(one, Exception)] == []
        found = price_lists(who(NORTH))
        middle = {kept.prices.services["email-core"].tiers[0].price for kept in found[1:-1]}
        assert (len(found), len(middle)) == (12, 1)
        assert audit().findings == ()

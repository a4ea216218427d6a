"""The same delivery twice changes nothing."""

from pathlib import Path

import pytest

from tests.ledger.channel import NOON, OPERATOR, deliver, problems, rows, seen
from trueup.accounts.models import Account, Placement
from trueup.kit.errors import Conflict
from trueup.ledger.actions import import_usage
from trueup.ledger.models import Batch

pytestmark = pytest.mark.usefixtures("channel")
ONE = "2026-10-03,dental,core,40,31,"


class TestRepetition:
    def test_of_the_content_stores_nothing(self, tmp_path: Path) -> None:
        first = deliver(tmp_path, rows(ONE))
        again = deliver(tmp_path, rows(ONE), name="other-name.csv")
        assert (again.batch, again.stored, again.repeated) == (first.batch, 0, 1)
        assert Batch.objects.count() == 1

    def test_from_another_source_is_another_delivery(self, tmp_path: Path) -> None:
        deliver(tmp_path, rows(ONE))
        assert deliver(tmp_path, rows(ONE), source="feed").stored == 1

    def test_of_the_key_needs_the_same_content(self, tmp_path: Path) -> None:
        deliver(tmp_path, rows(ONE), key="a")
        assert deliver(tmp_path, rows(ONE), key="a").repeated == 1
        with pytest.raises(Conflict, match="key"):
            deliver(tmp_path, rows(ONE.replace("40", "41")), key="a")
        assert seen()[0][4] == "40"

    def test_is_told_by_the_key_alone_where_a_value_may_go_back(self, tmp_path: Path) -> None:
        for key, value in (("a", "40"), ("b", "41"), ("c", "40"), ("c", "40")):
            file = tmp_path / f"{key}.csv"
            file.write_text(rows(ONE.replace("40", value)))
            result = import_usage(OPERATOR, file, key=key, key_alone=True, now=NOON)
        assert (result.repeated, seen()[0][4], Batch.objects.count()) == (1, "40", 3)

    def test_after_a_refusal_is_checked_anew(self, tmp_path: Path) -> None:
        text = rows(ONE, "2026-10-03,homeless,core,1,1,")
        assert deliver(tmp_path, text, key="a").stored == 0
        place_homeless()
        assert deliver(tmp_path, text, key="a").stored == 2

    def test_of_a_partial_delivery_stores_what_became_good(self, tmp_path: Path) -> None:
        text = rows(ONE, "2026-10-03,homeless,core,1,1,", "2026-10-03,nobody,core,1,1,")
        first = deliver(tmp_path, text, key="a", accept_valid=True)
        assert (first.stored, first.refused_count) == (1, 2)
        second = deliver(tmp_path, text, key="a", accept_valid=True)
        assert (second.stored, second.repeated, second.refused_count, second.batch) == (0, 1, 2, None)
        place_homeless()
        third = deliver(tmp_path, text, key="a", accept_valid=True)
        assert (third.stored, third.repeated, problems(third)) == (1, 1, [(3, "customer", "nobody", "unknown_customer")])
        assert len(seen()) == 2


def place_homeless() -> None:
    """The customer without an MSP gets one."""
    bolt, homeless = Account.objects.get(ref="bolt"), Account.objects.get(ref="homeless")
    Placement.objects.create(account=homeless, parent=bolt, from_date="2025-01-01")

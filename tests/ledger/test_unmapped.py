"""Names nobody knows."""

from pathlib import Path

import pytest

from tests.ledger.channel import NOON, OPERATOR, deliver, problems, rows, seen
from trueup.events.models import Event
from trueup.kit.errors import Conflict
from trueup.ledger.actions import map_name
from trueup.ledger.queries import unmapped_names

pytestmark = pytest.mark.usefixtures("channel")


class TestUnmapped:
    def test_waits_and_is_replayed(self, tmp_path: Path) -> None:
        text = rows("2026-10-03,dental,core,1,1,", "2026-10-03,Dental Care,plain,2,1,", "2026-10-04,Dental Care,Core X,3,1,")
        result = deliver(tmp_path, text, source="queue")
        assert (result.stored, result.unmapped, result.refused_count) == (1, 2, 0)
        assert [(name.kind, name.name, name.records) for name in unmapped_names(OPERATOR)] == [
            ("customer", "Dental Care", 2),
            ("service", "Core X", 1),
        ]
        mapped = map_name(OPERATOR, "Dental Care", customer="dental", now=NOON)
        assert (mapped.replayed, mapped.remaining) == (1, 1)
        mapped = map_name(OPERATOR, "Core X", service="core", source="queue", now=NOON)
        assert (mapped.replayed, mapped.remaining) == (1, 0)
        assert [row[3:5] for row in seen()] == [("core", "1"), ("plain", "2"), ("core", "3")]
        assert unmapped_names(OPERATOR) == []
        assert Event.objects.filter(kind="usage_mapped").count() == 2
        assert deliver(tmp_path, text, source="queue").repeated == 3

    def test_stores_the_latest_of_two_observations(self, tmp_path: Path) -> None:
        deliver(tmp_path, rows("2026-10-03,D,core,1,1,"), source="queue")
        deliver(tmp_path, rows("2026-10-03,D,core,2,1,"), source="queue")
        assert map_name(OPERATOR, "D", customer="dental", now=NOON).replayed == 2
        assert [row[4] for row in seen()] == ["2"]

    def test_is_known_from_then_on(self, tmp_path: Path) -> None:
        map_name(OPERATOR, "D", customer="dental", now=NOON)
        assert deliver(tmp_path, rows("2026-10-03,D,core,1,1,")).stored == 1

    def test_is_refused_for_another_problem_or_another_source(self, tmp_path: Path) -> None:
        result = deliver(tmp_path, rows("2026-10-03,D,core,x,1,"), source="queue")
        assert problems(result) == [(1, "customer", "D", "unknown_customer"), (1, "provisioned_units", "x", "not_a_number")]
        assert deliver(tmp_path, rows("2026-10-03,D,core,1,1,")).refused_count == 1

    def test_has_one_meaning(self) -> None:
        map_name(OPERATOR, "D", customer="dental", now=NOON)
        with pytest.raises(Conflict, match="already"):
            map_name(OPERATOR, "D", customer="moved", now=NOON)

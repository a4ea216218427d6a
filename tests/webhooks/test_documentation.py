"""The page says what the rules say."""

import re
from datetime import timedelta
from pathlib import Path

from trueup.webhooks.rules.happenings import NAMES, TEST
from trueup.webhooks.rules.keeping import KEPT_FOR, MOST_ENDPOINTS
from trueup.webhooks.rules.targets import LOOK_UP
from trueup.webhooks.rules.trying import BACK_OFF, MOST_KEPT, OVERLAP, TIMEOUT, State

PAGE = (Path(__file__).parent.parent.parent / "docs" / "webhooks.md").read_text(encoding="utf-8")


class TestPage:
    def test_lists_every_type(self) -> None:
        assert re.findall(r"^\| `(\w+\.\w+)` \|", PAGE, re.MULTILINE)[: len(NAMES) + 1] == [*NAMES, TEST]

    def test_lists_every_wait(self) -> None:
        waits = re.findall(r"^\| \d\w\w \| (\d+) (second|minute|hour)s \|$", PAGE, re.MULTILINE)
        assert [timedelta(**{f"{unit}s": int(count)}) for count, unit in waits] == list(BACK_OFF)

    def test_lists_every_state(self) -> None:
        assert [state for state in State if f"\n| {state} |" not in PAGE] == []

    def test_says_how_long(self) -> None:
        assert f"within {TIMEOUT} seconds" in PAGE
        assert f"first {MOST_KEPT:,} bytes" in PAGE
        assert f"keeps a delivery for {KEPT_FOR.days} days" in PAGE
        assert f"within {LOOK_UP} seconds" in PAGE
        assert f"has {MOST_ENDPOINTS} at most" in PAGE
        assert f"For {OVERLAP // timedelta(hours=1)} hours" in PAGE

"""The start page, without a browser."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.reports.month import October
from tests.web.conftest import AsPerson, Clock
from tests.web.reviewing import BOLT, DUNE, NORTH, SOUTH, VENDOR, october_closed, october_under_review
from trueup.kit.period import Month, parse_instant
from trueup.reports.queries import CycleFigures
from trueup.web.drawing import scale
from trueup.web.pages.home_chart import chart

D = Decimal


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path) -> October:
    """October is closed, its reports wait for their MSPs."""
    return october_closed(tmp_path)


def to_do(page: str) -> str:
    """What waits."""
    return page.partition("What waits for you")[2].partition("</section>")[0]


class TestHome:
    def test_tells_an_msp_what_to_prepare_and_until_when(self, october: October, as_person: AsPerson) -> None:
        waits = to_do(as_person(BOLT).get("/").text)
        assert '<a href="/reports/2026-10/bolt/">Prepare the report of October 2026</a>' in waits
        assert "3 days 11 hours left" in waits

    def test_tells_an_msp_what_was_rejected(self, october: October, as_person: AsPerson) -> None:
        october.edit("bolt", "endpoint-core", by=BOLT, comment="Rolling out.")
        october.submit("bolt", by=BOLT)
        october.reject("bolt", "Please check.", now="2026-11-03T11:00:00Z")
        assert "Correct the rejected report of October 2026" in as_person(BOLT).get("/").text

    def test_tells_a_distributor_what_to_review(
        self, db: None, ledger_home: Path, tmp_path: Path, as_person: AsPerson, clock: Clock
    ) -> None:
        clock.at = parse_instant("2026-11-08T12:00:00Z")
        october_under_review(tmp_path)
        waits = to_do(as_person(NORTH).get("/").text)
        assert '<a href="/review/?cycle=2026-10">Review 2 reports of October 2026</a>' in waits
        assert "waits 5 days" in waits
        assert "at stake" not in waits

    def test_tells_a_distributor_what_to_prepare_on_behalf(self, october: October, as_person: AsPerson) -> None:
        waits = to_do(as_person(SOUTH).get("/").text)
        assert '<a href="/reports/2026-10/dune/">Prepare the report of Dune Computing, October 2026</a>' in waits

    def test_tells_a_vendor_what_is_missing(self, october: October, as_person: AsPerson) -> None:
        waits = to_do(as_person(VENDOR).get("/").text)
        assert "Look after 2 missing days of usage in November 2026 (rmm-feed)" in waits
        assert 'href="/cycles/2026-11/"' in waits

    def test_says_in_words_that_nothing_waits(self, october: October, as_person: AsPerson) -> None:
        assert "Nothing waits for you" in as_person("viewer@bolt.example").get("/").text
        assert "done by its billing managers" in as_person("viewer@bolt.example").get("/").text

    def test_says_why_an_msp_has_no_access(self, october: October, as_person: AsPerson) -> None:
        page = as_person(DUNE).get("/")
        assert page.status_code == 200
        assert "Usage reports are not available in the region latam; your distributor prepares" in page.text
        assert "What waits for you" not in page.text

    def test_shows_the_last_cycles_and_a_table_of_them(self, october: October, as_person: AsPerson) -> None:
        page = as_person(NORTH).get("/").text
        assert '<svg class="chart"' in page
        assert "Show as a table" in page

    def test_of_a_new_installation_has_no_chart(self, world: None, ledger_home: Path, as_person: AsPerson) -> None:
        page = as_person(NORTH).get("/").text
        assert "Nothing waits for you" in page
        assert '<svg class="chart"' not in page


def cycle(number: int, chargeable: str, over: str) -> CycleFigures:
    return CycleFigures(Month(2026, number), 1, D(chargeable), D(100), D(over))


class TestChart:
    def test_is_nothing_without_cycles(self) -> None:
        assert chart([]) is None

    def test_stands_on_its_scales(self) -> None:
        drawn = chart([cycle(1, "0", "0"), cycle(2, "300", "30")])
        assert drawn is not None
        assert [tick.label for tick in drawn.units] == ["0", "100", "200", "300"]
        low, high = drawn.bars
        assert (low.height, high.y) == ("0", drawn.units[-1].y)
        assert (low.point, high.point) == (drawn.shares[0].y, drawn.shares[-1].y)

    @pytest.mark.parametrize(("highest", "top"), [("0", "0.005"), ("0.3", "0.3"), ("7", "7.5"), ("101163", "150000"), ("100", "100")])
    def test_reaches_the_highest_value_in_few_round_steps(self, highest: str, top: str) -> None:
        steps = scale(D(highest))
        assert steps[-1] == D(top)
        assert 2 <= len(steps) <= 5

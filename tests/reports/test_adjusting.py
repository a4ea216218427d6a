"""Late usage: what came for a month after it was closed is reported once more, in the next cycle."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reports.month import HEADER, OCTOBER, OPERATOR, October, at, at_times, row
from tests.world import FILE_NAME, NETWORK
from trueup.cycles.actions import close
from trueup.cycles.models import Cycle
from trueup.kit.errors import Conflict, Invalid
from trueup.kit.period import Month
from trueup.kit.quantity import plain
from trueup.ledger.actions import import_usage
from trueup.network.actions import apply
from trueup.reports import actions, queries
from trueup.reports import adjusting as adjusting_reports
from trueup.reports.actions import LineEdit
from trueup.reports.generating import generate, is_generated, regenerate
from trueup.reports.models import Generation, LateCheck, Report, ReportLine
from trueup.reports.queries import InboxFilter, ReportFilter
from trueup.reports.rules.workflow import Status, Submission
from trueup.reports.several import Chosen, approve_each, present
from trueup.reports.verifying import verify

NOVEMBER, DECEMBER = Month(2026, 11), Month(2026, 12)
LATE = Month.adjusting(NOVEMBER, OCTOBER)
LATER = Month.adjusting(DECEMBER, OCTOBER)
CLOSINGS = {NOVEMBER: "2026-12-01T00:00:00Z", DECEMBER: "2027-01-01T00:00:00Z"}


def close_month(month: Month) -> Cycle:
    """The clock closes a later month."""
    cycle = close(OPERATOR, month, now=at(CLOSINGS[month]))
    generate(OPERATOR, cycle, now=at(CLOSINGS[month]))
    return cycle


def figures(msp: str, month: Month = LATE) -> dict[str, tuple[str, ...]]:
    """By service: provisioned, used, charged before, default, chargeable."""
    report = Report.objects.get(cycle=Cycle.objects.of(month).get(), msp_ref=msp)
    return {
        line.service_code: tuple(
            str(plain(value)) for value in (line.provisioned, line.used, line.charged_before, line.default_chargeable, line.chargeable)
        )
        for line in report.lines.order_by("position")
    }


def adjusted(month: Month = LATE) -> list[str]:
    return [one.msp for one in queries.report_list(OPERATOR, cycle=month)]


def approve(msp: str, month: Month = LATE, now: str = "2026-12-09T10:00:00Z") -> None:
    actions.submit(queries.viewer_for(f"billing@{msp}.example", month, msp), month, msp, now=at("2026-12-03T10:00:00Z"))
    if queries.report(OPERATOR, month, msp).summary.status != Status.APPROVED:
        actions.approve(queries.viewer_for("north@north.example", month, msp), month, msp, now=at(now))


@pytest.fixture
def approved(october: October) -> October:
    """October, approved: bolt had agreed on 8 seats though 10 were used."""
    october.deliver(
        *at_times("bolt-dental", "workspace-security", "12", "10"),
        *at_times("bolt-dental", "endpoint-core", "400", "400"),
        *at_times("coil-bakery", "workspace-security", "5", "5"),
        *at_times("dune-hotel", "workspace-security", "1", "1"),
    )
    october.close()
    october.edit("bolt", "workspace-security", by="billing@bolt.example", chargeable="8", comment="Two are ours", reason="agreed")
    october.submit("bolt", by="billing@bolt.example")
    october.approve("bolt")
    october.submit("coil", by="billing@coil.example")
    return october


@pytest.fixture(autouse=True)
def clean(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever was done, every figure comes out again."""
    figures = "october" in request.fixturenames
    if figures:
        request.getfixturevalue("october")  # so that it is still there in the end
    yield
    if figures:
        assert verify(None) == []


class TestLateUsage:
    def test_is_no_adjustment_if_there_is_none(self, approved: October) -> None:
        close_month(NOVEMBER)
        assert not Cycle.objects.exclude(adjusts=None).exists()
        assert LateCheck.objects.get().waiting == 0

    def test_is_no_adjustment_if_it_says_the_same(self, approved: October) -> None:
        approved.deliver(*at_times("bolt-dental", "workspace-security", "12", "10"), now="2026-11-10T10:00:00Z")
        close_month(NOVEMBER)
        assert adjusted() == []

    def test_goes_on_from_what_was_charged(self, approved: October) -> None:
        approved.deliver(row(31, "bolt-dental", "workspace-security", "13", "12"), now="2026-11-10T10:00:00Z")
        before = ReportLine.objects.filter(report__cycle__adjusts=None).count()
        close_month(NOVEMBER)
        assert adjusted() == ["bolt"]
        assert figures("bolt") == {
            "workspace-security": ("13", "12", "8", "10", "10"),  # 8 were agreed on, two more are used
            "endpoint-core": ("400", "400", "400", "400", "400"),
        }
        assert ReportLine.objects.filter(report__cycle__adjusts=None).count() == before
        assert str(approved.line("bolt", "workspace-security").chargeable.normalize()) == "8"

    def test_can_be_less(self, approved: October) -> None:
        approved.deliver(*at_times("bolt-dental", "workspace-security", "12", "7"), now="2026-11-10T10:00:00Z")
        close_month(NOVEMBER)
        assert figures("bolt")["workspace-security"] == ("12", "7", "8", "5", "5")

    def test_can_be_nothing(self, approved: October) -> None:
        approved.deliver(*at_times("bolt-dental", "workspace-security", "0", "0"), now="2026-11-10T10:00:00Z")
        close_month(NOVEMBER)
        assert figures("bolt")["workspace-security"] == ("0", "0", "8", "0", "0")

    def test_can_be_of_a_new_service(self, approved: October) -> None:
        approved.deliver(*at_times("dune-hotel", "nfr-license", "3", "3"), now="2026-11-10T10:00:00Z")
        dune = queries.viewer_for("south@south.example", OCTOBER, "dune")
        actions.submit(dune, OCTOBER, "dune", now=at("2026-11-03T10:00:00Z"))
        close_month(NOVEMBER)
        assert figures("dune") == {"workspace-security": ("1", "1", "1", "1", "1"), "nfr-license": ("3", "3", "0", "3", "3")}

    def test_comes_twice(self, approved: October) -> None:
        approved.deliver(row(31, "bolt-dental", "workspace-security", "13", "12"), now="2026-11-10T10:00:00Z")
        close_month(NOVEMBER)
        approve("bolt")
        approved.deliver(row(31, "bolt-dental", "workspace-security", "15", "15"), now="2026-12-10T10:00:00Z")
        close_month(DECEMBER)
        assert figures("bolt", LATER)["workspace-security"] == ("15", "15", "10", "13", "13")
        assert adjusted(LATER) == ["bolt"]

    def test_waits_until_the_report_is_approved(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "workspace-security", "12", "10"))
        october.close()
        october.deliver(row(31, "bolt-dental", "workspace-security", "12", "11"), now="2026-11-10T10:00:00Z")
        close_month(NOVEMBER)
        assert adjusted() == []
        assert LateCheck.objects.get().waiting == 1
        october.edit("bolt", "workspace-security", by="billing@bolt.example", now="2026-12-02T10:00:00Z", comment="Fine")
        october.submit("bolt", by="billing@bolt.example", now="2026-12-03T10:00:00Z")
        october.approve("bolt", now="2026-12-04T10:00:00Z")
        close_month(DECEMBER)
        assert adjusted(LATER) == ["bolt"]
        assert figures("bolt", LATER)["workspace-security"] == ("12", "11", "10", "11", "11")
        assert not LateCheck.objects.filter(cycle__first_day=DECEMBER.first_day).exclude(waiting=0).exists()

    def test_is_in_the_report_itself_if_that_is_regenerated_in_time(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "workspace-security", "12", "12"))
        october.close()
        october.deliver(row(31, "bolt-dental", "workspace-security", "13", "13"), now="2026-11-02T10:00:00Z")
        assert october.regenerate("bolt", now="2026-11-03T12:00:00Z") == 1
        october.submit("bolt", by="billing@bolt.example", now="2026-11-04T10:00:00Z")
        close_month(NOVEMBER)
        assert adjusted() == []

    def test_follows_a_customer_that_had_moved(self, approved: October) -> None:
        approved.deliver(
            row(15, "bolt-moved", "workspace-security", "20", "20"), row(16, "bolt-moved", "workspace-security", "30", "30"),
            now="2026-11-10T10:00:00Z",
        )  # fmt: skip
        close_month(NOVEMBER)
        assert adjusted() == ["bolt", "coil"]
        assert figures("bolt")["workspace-security"] == ("20", "20", "8", "18", "18")
        assert figures("coil")["workspace-security"] == ("30", "30", "5", "30", "30")

    def test_takes_from_one_msp_what_is_recorded_anew_for_another(self, approved: October) -> None:
        moved = NETWORK.replace(
            "{ref: bolt-dental, tier: customer, parent: bolt, name: Dental Care}",
            "{ref: bolt-dental, tier: customer, name: Dental Care,"
            " placements: [{parent: bolt, from: 2025-01-01}, {parent: coil, from: 2026-10-01}]}",
        )
        apply(OPERATOR, moved, file_name=FILE_NAME, dry_run=False, now=at("2026-11-09T00:00:00Z"))
        approved.deliver(*at_times("bolt-dental", "workspace-security", "12", "10"), now="2026-11-10T10:00:00Z")
        close_month(NOVEMBER)
        assert adjusted() == ["bolt", "coil"]
        assert figures("bolt")["workspace-security"] == ("0", "None", "8", "0", "0")
        assert figures("coil")["workspace-security"] == ("17", "15", "5", "15", "15")

    def test_of_credits_that_lie_with_another_customer_is_an_adjustment(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "nfr-license", "9", "9"), *at_times("bolt-garage", "nfr-license", "1", "1"))
        october.close()
        october.submit("bolt", by="billing@bolt.example")
        october.deliver(
            *at_times("bolt-dental", "nfr-license", "4", "4"), *at_times("bolt-garage", "nfr-license", "6", "6"),
            now="2026-11-10T10:00:00Z",
        )  # fmt: skip
        close_month(NOVEMBER)
        assert figures("bolt") == {"nfr-license": ("10", "10", "10", "10", "10")}

    def test_can_be_of_an_msp_that_had_no_report(self, october: October) -> None:
        october.deliver(*at_times("coil-bakery", "workspace-security", "5", "5"))
        october.close()
        october.deliver(*at_times("bolt-dental", "workspace-security", "7", "7"), now="2026-11-10T10:00:00Z")
        close_month(NOVEMBER)
        assert adjusted() == ["bolt"]
        assert figures("bolt") == {"workspace-security": ("7", "7", "0", "7", "7")}
        assert queries.report(OPERATOR, LATE, "bolt").distributor_name == "North Distribution"

    def test_is_looked_for_in_every_earlier_month_once(self, approved: October) -> None:
        close_month(NOVEMBER)
        close_month(DECEMBER)
        found = LateCheck.objects.values_list("cycle__first_day__month", "month__first_day__month").order_by("pk")
        assert list(found) == [(11, 10), (12, 10), (12, 11)]


class TestAdjustment:
    @pytest.fixture
    def late(self, approved: October) -> October:
        approved.deliver(row(31, "bolt-dental", "workspace-security", "13", "12"), now="2026-11-10T10:00:00Z")
        close_month(NOVEMBER)
        return approved

    def test_copies_whose_report_it_was_and_what_was_said(self, late: October) -> None:
        report, base = queries.report(OPERATOR, LATE, "bolt"), queries.report(OPERATOR, OCTOBER, "bolt")
        assert str(report.summary.cycle) == "2026-11-adjusts-2026-10"
        assert (report.msp_name, report.distributor_name, report.terms) == (base.msp_name, base.distributor_name, base.terms)
        line = report.lines[0]
        assert (line.comment, line.reason, line.charged_before, line.saved) == ("Two are ours", "agreed", 8, None)
        assert str(report.summary.deadline) == "2026-12-06 23:00:00+00:00"

    def test_is_a_report_like_any_other(self, late: October) -> None:
        bolt, north = (queries.viewer_for(email, LATE, "bolt") for email in ("billing@bolt.example", "north@north.example"))
        actions.save_draft(bolt, LATE, "bolt", [LineEdit("workspace-security", chargeable="9")], now=at("2026-12-02T10:00:00Z"))
        assert actions.submit(bolt, LATE, "bolt", now=at("2026-12-03T10:00:00Z")) == Status.UNDER_REVIEW
        actions.reject(north, LATE, "bolt", now=at("2026-12-04T10:00:00Z"), comment="Why 9?", lines=["workspace-security"])
        actions.save_draft(bolt, LATE, "bolt", [LineEdit("workspace-security", chargeable="")], now=at("2026-12-04T11:00:00Z"))
        actions.submit(bolt, LATE, "bolt", now=at("2026-12-04T12:00:00Z"))
        seen = queries.report(north, LATE, "bolt").version
        (done,) = approve_each(north, [Chosen(LATE, "bolt", seen)], now=at("2026-12-05T10:00:00Z"))
        assert done.refusal is None
        assert present(north, [Chosen(LATE, "bolt", None), Chosen(OCTOBER, "bolt", None)])[LATE, "bolt"].version == seen + 1
        with pytest.raises(Conflict):
            actions.reject(north, LATE, "bolt", now=at("2026-12-06T10:00:00Z"), comment="Late")
        assert queries.report(OPERATOR, OCTOBER, "bolt").lines[0].chargeable == 8

    def test_is_submitted_by_the_clock_with_its_penalty(self, approved: October) -> None:
        approved.deliver(*at_times("coil-bakery", "workspace-security", "20", "5"), now="2026-11-10T10:00:00Z")
        close_month(NOVEMBER)
        coil = queries.viewer_for("billing@coil.example", LATE, "coil")
        with pytest.raises(Invalid):
            actions.submit(coil, LATE, "coil", now=at("2026-12-02T10:00:00Z"))
        for report_id in queries.due_for_submission(now=at("2026-12-07T00:00:00Z")):
            actions.auto_submit(OPERATOR, report_id, now=at("2026-12-07T00:00:00Z"))
        report = queries.report(OPERATOR, LATE, "coil")
        assert report.summary.submission == Submission.AUTOMATIC_WITH_PENALTY
        assert figures("coil")["workspace-security"] == ("20", "5", "5", "5", "20")

    def test_asks_nothing_of_a_line_that_is_as_it_was_agreed(self, october: October) -> None:
        october.deliver(
            *at_times("bolt-dental", "endpoint-core", "40", "10"), *at_times("bolt-dental", "workspace-security", "9", "9")
        )  # fmt: skip
        october.close()
        october.deadline()
        october.waive("bolt", "endpoint-core", "They have left")
        october.approve("bolt", now="2026-11-08T12:00:00Z")
        october.deliver(row(31, "bolt-dental", "workspace-security", "10", "10"), now="2026-11-10T10:00:00Z")
        close_month(NOVEMBER)
        assert figures("bolt")["endpoint-core"] == ("40", "10", "10", "10", "10")
        bolt = queries.viewer_for("billing@bolt.example", LATE, "bolt")
        forecast = queries.forecast(bolt, LATE, "bolt", now=at("2026-12-02T10:00:00Z"))
        assert {line.service: line.if_nothing for line in forecast.lines} == {"endpoint-core": 10, "workspace-security": 10}
        assert actions.submit(bolt, LATE, "bolt", now=at("2026-12-02T10:00:00Z")) == Status.APPROVED

    def test_is_regenerated_from_still_newer_usage(self, late: October) -> None:
        late.deliver(row(31, "bolt-dental", "workspace-security", "14", "14"), *at_times("bolt-dental", "nfr-license", "1", "1"),
                     now="2026-12-02T10:00:00Z")  # fmt: skip
        north = queries.viewer_for("north@north.example", LATE, "bolt")
        assert regenerate(north, LATE, "bolt", now=at("2026-12-02T12:00:00Z")) == 2
        assert figures("bolt") == {
            "workspace-security": ("14", "14", "8", "12", "12"),
            "endpoint-core": ("400", "400", "400", "400", "400"),
            "nfr-license": ("1", "1", "0", "1", "1"),
        }

    def test_is_listed_and_filtered_as_a_cycle_of_its_own(self, late: October) -> None:
        late.deliver("2026-11-30,bolt-dental,workspace-security,1,1,", now="2026-12-01T01:00:00Z")
        north = queries.viewer_for("north@north.example", LATE, "bolt")
        rows = queries.inbox(north, InboxFilter(status=None, order="-cycle"), per_page=9).items
        assert [(str(row.cycle), row.msp) for row in rows] == [
            ("2026-11-adjusts-2026-10", "bolt"), ("2026-10", "bolt"), ("2026-10", "coil"),
        ]  # fmt: skip
        for month, count in ((LATE, 1), (OCTOBER, 2), (NOVEMBER, 0)):
            assert queries.inbox(north, InboxFilter(status=None, cycle=month)).total == count
            assert sum(queries.counts(north, month).values()) == count
        assert [str(month) for month in queries.inbox_options(north, InboxFilter()).cycles] == ["2026-11-adjusts-2026-10", "2026-10"]
        first = queries.listing(north, ReportFilter(), limit=1)
        assert [str(one.row.cycle) for one in first.items] == ["2026-11-adjusts-2026-10"]
        rest = queries.listing(north, ReportFilter(), limit=9, after=first.items[0].place)
        assert [str(one.row.cycle) for one in rest.items] == ["2026-10", "2026-10"]
        assert queries.next_in_inbox(north, InboxFilter(status=None, order="-cycle"), after=(LATE, "bolt")) == (OCTOBER, "bolt")
        (preview,) = queries.preview(north, [(LATE, "bolt")])
        assert preview.row.key == (LATE, "bolt")

    def test_waits_for_who_prepares_it(self, late: October) -> None:
        bolt = queries.viewer_for("billing@bolt.example", LATE, "bolt")
        items = queries.waiting(bolt, now=at("2026-12-02T10:00:00Z"))
        assert [(item.kind.value, item.month, item.msp) for item in items] == [("to_prepare", LATE, "bolt")]

    def test_is_not_added_to_the_figures_of_cycles(self, late: October) -> None:
        bolt = queries.viewer_for("billing@bolt.example", LATE, "bolt")
        (cycle,) = queries.recent_cycles(bolt)
        assert (cycle.month, cycle.reports, cycle.chargeable) == (OCTOBER, 1, 408)

    def test_shows_its_days_and_customers_as_of_its_own_pin(self, late: October) -> None:
        bolt = queries.viewer_for("billing@bolt.example", LATE, "bolt")
        days = {day.day.isoformat(): day.provisioned for day in queries.days(bolt, LATE, "bolt", "workspace-security")}
        assert (len(days), days["2026-10-31"]) == (31, 13)
        (customer,) = queries.customers(bolt, LATE, "bolt", "workspace-security")
        assert (customer.customer, customer.provisioned) == ("bolt-dental", 13)
        (before,) = queries.customers(bolt, OCTOBER, "bolt", "workspace-security")
        assert before.provisioned == 12

    def test_is_compared_with_what_it_adjusts(self, late: October) -> None:
        page = queries.report_page(queries.viewer_for("billing@bolt.example", LATE, "bolt"), LATE, "bolt", now=at("2026-12-02T10:00:00Z"))
        assert page.previous_cycle == OCTOBER
        assert page.lines[0].previous is not None
        assert page.lines[0].previous.chargeable == 8

    def test_is_another_report_than_that_of_its_cycle(self, late: October) -> None:
        north = queries.viewer_for("north@north.example", LATE, "bolt")
        for month in (NOVEMBER, LATER):
            with pytest.raises(Exception, match="there is no report"):
                queries.report(north, month, "bolt")


class TestTwoClocks:
    def test_make_it_once(self, approved: October, monkeypatch: pytest.MonkeyPatch) -> None:
        approved.deliver(row(31, "bolt-dental", "workspace-security", "13", "12"), now="2026-11-10T10:00:00Z")
        cycle = close(OPERATOR, NOVEMBER, now=at(CLOSINGS[NOVEMBER]))
        again = adjusting_reports._Adjusting.adjust
        made: list[tuple[int, int]] = []

        def twice(self: adjusting_reports._Adjusting, late: dict[int, set[int]]) -> tuple[int, int]:
            made.extend((again(self, late), again(self, late)))
            return made[0]

        monkeypatch.setattr(adjusting_reports._Adjusting, "adjust", twice)
        assert generate(OPERATOR, cycle, now=at(CLOSINGS[NOVEMBER])) == 1
        assert made == [(1, 0), (0, 0)]
        assert generate(OPERATOR, cycle, now=at(CLOSINGS[NOVEMBER])) == 0

    @pytest.mark.parametrize("step", ["_note", "complete"])
    def test_one_goes_on_where_the_other_was_killed(self, approved: October, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        approved.deliver(row(31, "bolt-dental", "workspace-security", "13", "12"), now="2026-11-10T10:00:00Z")
        cycle = close(OPERATOR, NOVEMBER, now=at(CLOSINGS[NOVEMBER]))

        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(adjusting_reports, step, killed)
            with pytest.raises(KeyboardInterrupt):
                generate(OPERATOR, cycle, now=at(CLOSINGS[NOVEMBER]))
        assert not is_generated(cycle)
        assert generate(OPERATOR, cycle, now=at("2026-12-01T00:05:00Z")) == 0
        assert is_generated(cycle)
        assert adjusted() == ["bolt"]
        assert sorted(Generation.objects.values_list("reports", flat=True)) == [0, 1, 3]


class TestVerify:
    def test_notices_what_was_not_charged_before(self, approved: October, monkeypatch: pytest.MonkeyPatch) -> None:
        approved.deliver(row(31, "bolt-dental", "workspace-security", "13", "12"), now="2026-11-10T10:00:00Z")
        close_month(NOVEMBER)
        line = ReportLine.objects.get(charged_before=8)
        ReportLine.objects.filter(pk=line.pk).update(charged_before=7)
        found = verify(LATE)
        assert [(str(one.cycle), one.field, one.stored, one.recomputed) for one in found] == [
            ("2026-11-adjusts-2026-10", "charged_before", "7", "8"), ("2026-11-adjusts-2026-10", "default_chargeable", "10", "9"),
        ]  # fmt: skip
        assert verify(NOVEMBER) == found
        assert verify(OCTOBER) == []
        ReportLine.objects.filter(pk=line.pk).update(charged_before=8)


def test_a_file_of_late_usage_is_taken_like_any_other(approved: October, tmp_path: Path) -> None:
    file = tmp_path / "late.csv"
    file.write_text("\n".join([HEADER, row(30, "bolt-garage", "workspace-security", "50", "50")]) + "\n", encoding="utf-8")
    assert import_usage(OPERATOR, file, source=None, now=at("2026-11-20T10:00:00Z")).stored == 1
    close_month(NOVEMBER)
    assert figures("bolt")["workspace-security"] == ("50", "50", "8", "48", "48")

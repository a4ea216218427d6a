"""What the page of a report shows."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.reports.month import OCTOBER, OPERATOR, October, at, at_times
from trueup.cycles.actions import close
from trueup.events.models import Event
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from trueup.kit.period import Month
from trueup.reports import actions, queries
from trueup.reports.actions import LineEdit
from trueup.reports.generating import generate
from trueup.reports.models import Report
from trueup.reports.queries import PageLine, ReportPage
from trueup.reports.rules.remarks import Remark
from trueup.reports.rules.workflow import Status, Verb

D = Decimal
BOLT, NORTH = "billing@bolt.example", "north@north.example"
NOW = at("2026-11-02T12:00:00Z")


@pytest.fixture
def closed(october: October) -> October:
    """September and October of bolt, dune and, in October alone, coil."""
    days = ("2026-09-01", "2026-09-30")
    october.deliver(*(f"{day},bolt-dental,endpoint-core,30,28," for day in days), now="2026-09-30T20:00:00Z")
    cycle = close(OPERATOR, Month(2026, 9), now=at("2026-10-01T00:00:00Z"))
    generate(OPERATOR, cycle, now=at("2026-10-01T00:00:00Z"))
    edit = [LineEdit("endpoint-core", chargeable="29", comment="one more", reason="onboarding")]
    actions.save_draft(october.viewer(BOLT, "bolt"), Month(2026, 9), "bolt", edit, now=at("2026-10-02T00:00:00Z"))
    october.deliver(
        *at_times("bolt-dental", "endpoint-core", "40", "31"),
        *at_times("bolt-dental", "workspace-security", "12", "12"),
        *at_times("bolt-dental", "nfr-license", "3", "3"),
        *at_times("coil-bakery", "endpoint-core", "7", "7"),
        *at_times("dune-hotel", "endpoint-core", "40", "31"),
    )
    october.close()
    return october


def page(october: October, msp: str = "bolt", *, by: str | None = None) -> ReportPage:
    """The page as somebody sees it."""
    return queries.report_page(october.viewer(by, msp) if by else OPERATOR, OCTOBER, msp, now=NOW)


def line(shown: ReportPage, service: str) -> PageLine:
    """One line of it."""
    return next(one for one in shown.lines if one.view.service == service)


class TestPage:
    def test_is_asked_for_in_a_fixed_number_of_reads(self, closed: October, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        for msp, reads in (("bolt", 5), ("coil", 4)):
            with django_assert_num_queries(reads):
                page(closed, msp)

    def test_shows_the_report_as_elsewhere(self, closed: October) -> None:
        shown = page(closed)
        assert shown.report == queries.report(OPERATOR, OCTOBER, "bolt")
        assert [one.view for one in shown.lines] == list(shown.report.lines)
        assert list(shown.history) == queries.history(OPERATOR, OCTOBER, "bolt")

    def test_puts_last_month_beside_a_line(self, closed: October) -> None:
        shown = page(closed, by=BOLT)
        past = line(shown, "endpoint-core").previous
        assert past is not None
        assert (past.provisioned, past.used, past.chargeable, past.comment, past.reason) == (30, 28, 29, "one more", "onboarding")
        assert (shown.previous_cycle, line(shown, "nfr-license").previous) == (Month(2026, 9), None)

    def test_keeps_another_distributors_last_month_to_itself(self, closed: October) -> None:
        south = closed.viewer("south@south.example", "dune").account_id
        Report.objects.filter(cycle__first_day="2026-09-01", msp_ref="bolt").update(distributor_id=south)
        assert page(closed, by=NORTH).previous_cycle is None
        assert page(closed, by=BOLT).previous_cycle == Month(2026, 9)

    def test_says_what_happens_if_nobody_does_anything(self, closed: October) -> None:
        shown = page(closed)
        charged = line(shown, "endpoint-core").forecast
        assert charged is not None
        assert shown.forecast is not None
        assert (charged.if_nothing, shown.forecast.stake, shown.stake) == (40, 9, 0)

    def test_says_what_blocks(self, closed: October) -> None:
        assert [(issue.service, issue.code) for issue in page(closed).blocking] == [("endpoint-core", "over_provisioned")]

    def test_adds_up_each_unit_of_a_group(self, closed: October) -> None:
        groups = {group.group: group for group in page(closed).groups}
        assert [(unit.unit, unit.provisioned, unit.default, unit.chargeable) for unit in groups["credits"].units] == [
            ("endpoint", 40, 31, 31)
        ]
        assert (groups["credits"].credits, groups["smb"].credits) == (150, None)

    def test_has_no_forecast_once_it_is_submitted(self, closed: October) -> None:
        closed.deadline()
        shown = page(closed)
        assert (shown.forecast, line(shown, "endpoint-core").forecast, shown.stake) == (None, None, 9)

    def test_tells_the_history_of_a_line_apart(self, closed: October) -> None:
        closed.edit("bolt", "endpoint-core", by=BOLT, chargeable="35")
        closed.edit("bolt", "nfr-license", by=BOLT, comment="as agreed")
        told = page(closed).history_of("nfr-license")
        assert [(entry.event, [change["field"] for change in entry.changes]) for entry in told] == [
            ("generated", ["chargeable"]),
            ("draft_saved", ["comment"]),
        ]

    def test_marks_what_is_worth_a_look(self, closed: October) -> None:
        closed.edit("bolt", "workspace-security", by=BOLT, chargeable="12", comment="checked")
        marked = {one.view.service: one.differences.remarks for one in page(closed).lines}
        assert marked == {
            "workspace-security": (Remark.COMMENTED, Remark.JUMP),
            "endpoint-core": (Remark.ISSUE,),
            "nfr-license": (),
        }

    def test_is_for_those_who_see_the_report(self, closed: October) -> None:
        with pytest.raises(NotFound):
            queries.report_page(closed.viewer("billing@coil.example", "bolt"), OCTOBER, "bolt", now=NOW)
        with pytest.raises(NotAllowed, match="latam"):
            queries.report_page(closed.viewer("billing@dune.example", "dune"), OCTOBER, "dune", now=NOW)


class TestRejection:
    @pytest.fixture
    def rejected(self, closed: October) -> October:
        """bolt's report comes back, with one line pointed at."""
        closed.deadline()
        north = closed.viewer(NORTH, "bolt")
        actions.reject(
            north, OCTOBER, "bolt", now=at("2026-11-08T10:00:00Z"), comment="please explain", lines=["endpoint-core", "endpoint-core"]
        )
        return closed

    def test_is_shown_with_its_lines_until_the_report_is_submitted_again(self, rejected: October) -> None:
        shown = page(rejected)
        assert shown.rejection is not None
        assert (shown.rejection.by, shown.rejection.reason, shown.rejection.services) == (NORTH, "please explain", ("endpoint-core",))
        assert [one.view.service for one in shown.lines if one.rejected] == ["endpoint-core"]
        rejected.edit("bolt", "endpoint-core", by=BOLT, comment="rolling out", now="2026-11-08T12:00:00Z")
        assert page(rejected).rejection is not None
        rejected.submit("bolt", by=BOLT, now="2026-11-08T13:00:00Z")
        assert page(rejected).rejection is None

    def test_points_at_lines_there_are(self, closed: October) -> None:
        closed.deadline()
        with pytest.raises(Invalid, match="email-core"):
            actions.reject(closed.viewer(NORTH, "bolt"), OCTOBER, "bolt", now=NOW, comment="why", lines=["email-core"])
        assert page(closed).report.summary.status == Status.UNDER_REVIEW


class TestVerbs:
    @pytest.mark.parametrize(
        ("msp", "by", "verbs"),
        [
            ("bolt", BOLT, {Verb.SAVE_DRAFT, Verb.SUBMIT}),
            ("bolt", "viewer@bolt.example", set()),
            ("bolt", NORTH, {Verb.REGENERATE}),
            ("bolt", "vendor@acme.example", set()),
            ("dune", "south@south.example", {Verb.SAVE_DRAFT, Verb.SUBMIT, Verb.REGENERATE}),
        ],
    )
    def test_are_those_the_viewer_may_do_now(self, closed: October, msp: str, by: str, verbs: set[Verb]) -> None:
        assert page(closed, msp, by=by).verbs == verbs

    def test_of_a_review_are_the_distributors(self, closed: October) -> None:
        closed.deadline()
        shown = page(closed, by=NORTH)
        assert (shown.verbs, shown.may_review, shown.may_prepare) == ({Verb.APPROVE, Verb.REJECT, Verb.WAIVE}, True, False)
        assert not page(closed, by=BOLT).verbs


class TestMeanwhile:
    def test_tells_what_others_saved_and_when(self, closed: October) -> None:
        version = page(closed).report.version
        closed.edit("bolt", "endpoint-core", by="admin@bolt.example", chargeable="35", comment="rolling out")
        found = queries.conflict(closed.viewer(BOLT, "bolt"), OCTOBER, "bolt", since_version=version)
        assert (found.version, [entry.event for entry in found.entries]) == (version + 1, ["draft_saved"])
        (now,) = found.lines
        assert (now.service, now.saved, now.comment, now.by, now.at) == (
            "endpoint-core", 35, "rolling out", "admin@bolt.example", at("2026-11-02T10:00:00Z"),
        )  # fmt: skip

    def test_is_nothing_where_nothing_happened(self, closed: October) -> None:
        found = queries.conflict(OPERATOR, OCTOBER, "bolt", since_version=page(closed).report.version)
        assert (found.entries, found.lines) == ((), ())

    def test_counts_a_version_for_every_event(self, closed: October) -> None:
        steps: list[Callable[[], object]] = [
            lambda: closed.edit("bolt", "endpoint-core", by=BOLT, chargeable="35"),
            lambda: closed.remind("2026-11-02T12:00:00Z"),
            lambda: closed.remind("2026-11-03T12:00:00Z"),
            lambda: closed.deliver(*at_times("bolt-garage", "endpoint-core", "1", "1"), now="2026-11-03T11:00:00Z"),
            lambda: closed.regenerate("bolt"),
            closed.deadline,
            lambda: closed.waive("bolt", "endpoint-core", "as agreed"),
            lambda: closed.reject("bolt", "please explain", now="2026-11-08T12:00:00Z"),
            lambda: closed.edit("bolt", "endpoint-core", by=BOLT, comment="rolling out", now="2026-11-08T13:00:00Z"),
            lambda: closed.submit("bolt", by=BOLT, now="2026-11-08T14:00:00Z"),
            lambda: closed.approve("bolt", now="2026-11-08T15:00:00Z"),
        ]
        for step in steps:
            step()
            report = Report.objects.get(cycle__first_day="2026-10-01", msp_ref="bolt")
            assert Event.objects.filter(subject="report", subject_id=report.pk).count() == report.version


class TestExpectedVersion:
    @pytest.mark.parametrize("verb", ["approve", "reject", "waive"])
    def test_keeps_a_reviewer_from_deciding_on_what_nobody_saw(self, closed: October, verb: str) -> None:
        closed.deadline()
        north, seen = closed.viewer(NORTH, "bolt"), page(closed).report.version
        actions.waive(north, OCTOBER, "bolt", "endpoint-core", now=at("2026-11-08T09:00:00Z"), reason="as agreed", expected_version=seen)
        doing = {
            "approve": lambda: actions.approve(north, OCTOBER, "bolt", now=NOW, expected_version=seen),
            "reject": lambda: actions.reject(north, OCTOBER, "bolt", now=NOW, comment="why", expected_version=seen),
            "waive": lambda: actions.waive(north, OCTOBER, "bolt", "endpoint-core", now=NOW, reason="why", expected_version=seen),
        }
        with pytest.raises(Conflict, match=r"north@north\.example waived a penalty \(2026-11-08T09:00:00Z\)"):
            doing[verb]()

    def test_keeps_a_preparer_from_submitting_what_nobody_saw(self, closed: October) -> None:
        seen = page(closed, "coil").report.version
        closed.edit("coil", "endpoint-core", by="billing@coil.example", comment="checked")
        viewer = closed.viewer("billing@coil.example", "coil")
        with pytest.raises(Conflict, match="saved a draft"):
            actions.submit(viewer, OCTOBER, "coil", now=NOW, expected_version=seen)
        assert actions.submit(viewer, OCTOBER, "coil", now=NOW, expected_version=seen + 1) == Status.UNDER_REVIEW


class TestCustomers:
    def test_are_searched_and_sorted(self, closed: October) -> None:
        closed.deliver(*at_times("bolt-garage", "endpoint-core", "50", "50"), now="2026-11-02T08:00:00Z")
        closed.regenerate("bolt")
        found = queries.customers(OPERATOR, OCTOBER, "bolt", "endpoint-core", order="-used")
        assert [one.customer for one in found] == ["bolt-garage", "bolt-dental"]
        assert [one.name for one in queries.customers(OPERATOR, OCTOBER, "bolt", "endpoint-core", search="dental C")] == ["Dental Care"]

    def test_of_a_report_are_those_of_its_lines(self, closed: October) -> None:
        found = queries.report_customers(OPERATOR, OCTOBER, "bolt")
        assert found == {one.view.service: queries.customers(OPERATOR, OCTOBER, "bolt", one.view.service) for one in page(closed).lines}

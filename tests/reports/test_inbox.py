"""The inbox of a distributor."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.reports.month import OCTOBER, OPERATOR, October, at_times
from trueup.kit.errors import Invalid, NotAllowed, NotFound
from trueup.kit.period import Month
from trueup.reports import queries
from trueup.reports.columns import ExactSum
from trueup.reports.measuring import COUNTED, count_up
from trueup.reports.models import Report
from trueup.reports.queries import InboxFilter
from trueup.reports.rules.workflow import MAY_REQUIRE_REVIEW, Status, Submission
from trueup.reports.verifying import verify

migration = import_module("trueup.reports.migrations.0002_tallies")
D = Decimal
ALL = InboxFilter(status=None)
BOLT, NORTH, SOUTH, VENDOR = "billing@bolt.example", "north@north.example", "south@south.example", "vendor@acme.example"


@pytest.fixture
def closed(october: October) -> October:
    """bolt is over-provisioned by 9 units, coil by 5 of which it explains none; dune has no access."""
    october.deliver(
        *at_times("bolt-dental", "endpoint-core", "40", "31"),
        *at_times("bolt-dental", "workspace-security", "12", "12"),
        *at_times("coil-bakery", "endpoint-core", "15", "10"),
        *at_times("dune-hotel", "endpoint-core", "40", "31"),
    )
    october.close()
    return october


@pytest.fixture
def reviewed(closed: October) -> October:
    """Both reports of north are under review: bolt's submitted with a comment, coil's forgotten."""
    closed.edit("bolt", "endpoint-core", by=BOLT, chargeable="33", comment="rolling out")
    closed.submit("bolt", by=BOLT)
    closed.deadline("2026-11-07T00:00:00Z")
    return closed


def refs(october: October, filters: InboxFilter, *, by: str = NORTH) -> list[str]:
    """The partners in the inbox."""
    return [row.msp for row in queries.inbox(october.viewer(by, "bolt"), filters).items]


class TestInbox:
    def test_shows_each_report_in_numbers(self, reviewed: October) -> None:
        coil, bolt = queries.inbox(reviewed.viewer(NORTH, "bolt"), InboxFilter()).items
        assert (bolt.lines, bolt.changed, bolt.commented, bolt.penalties, bolt.stake) == (2, 1, 1, 0, 2)
        assert (bolt.chargeable, bolt.measured, bolt.submission) == (45, 43, Submission.MANUAL)
        assert (coil.lines, coil.changed, coil.penalties, coil.stake, coil.flags) == (1, 1, 1, 5, (MAY_REQUIRE_REVIEW,))
        assert (coil.msp_name, coil.status, coil.key) == ("Coil Services", Status.UNDER_REVIEW, (OCTOBER, "coil"))

    def test_is_one_read_and_a_count(self, reviewed: October, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        viewer = reviewed.viewer(NORTH, "bolt")
        with django_assert_num_queries(2):
            queries.inbox(viewer, InboxFilter(search="o", flag="penalty"))

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            (InboxFilter(), ["coil", "bolt"]),
            (InboxFilter(order="stake"), ["bolt", "coil"]),
            (InboxFilter(order="partner"), ["bolt", "coil"]),
            (InboxFilter(order="-submitted"), ["coil", "bolt"]),
            (InboxFilter(status=Status.APPROVED), []),
            (InboxFilter(submission=Submission.AUTOMATIC_WITH_PENALTY), ["coil"]),
            (InboxFilter(flag=MAY_REQUIRE_REVIEW), ["coil"]),
            (InboxFilter(flag="commented"), ["bolt"]),
            (InboxFilter(flag="on_behalf"), []),
            (InboxFilter(search=" BOLT it "), ["bolt"]),
            (InboxFilter(search="%"), []),
            (InboxFilter(search="_o"), []),
            (InboxFilter(cycle=Month(2026, 9)), []),
        ],
    )
    def test_is_narrowed_and_sorted(self, reviewed: October, filters: InboxFilter, found: list[str]) -> None:
        assert refs(reviewed, filters) == found

    def test_finds_names_of_any_alphabet_and_case(self, closed: October) -> None:
        Report.objects.filter(msp_ref="coil").update(searched="größe müller\ncoil")
        assert refs(closed, replace(ALL, search="GRÖSSE MÜL")) == []
        assert refs(closed, replace(ALL, search="MÜLLER")) == ["coil"]

    def test_is_paged(self, reviewed: October) -> None:
        page = queries.inbox(reviewed.viewer(NORTH, "bolt"), InboxFilter(), page=2, per_page=1)
        assert ([row.msp for row in page.items], page.number, page.pages, page.total) == (["bolt"], 2, 2, 2)

    def test_sorts_units_as_numbers(self, closed: October) -> None:
        for ref, units in (("bolt", "9.5"), ("coil", "123456789012345678901234.000001"), ("dune", "10")):
            Report.objects.filter(msp_ref=ref).update(stake=D(units))
        assert refs(closed, replace(ALL, order="-stake"), by=VENDOR) == ["coil", "dune", "bolt"]
        assert Report.objects.get(msp_ref="coil").stake == D("123456789012345678901234.000001")

    def test_adds_units_up_exactly(self, closed: October) -> None:
        for ref, units in (("bolt", "0.1"), ("coil", "9007199254740993.000001"), ("dune", "0.2")):
            Report.objects.filter(msp_ref=ref).update(stake=D(units))
        assert Report.objects.aggregate(sum=ExactSum("stake"))["sum"] == D("9007199254740993.300001")
        assert Report.objects.filter(msp_ref="nobody").aggregate(sum=ExactSum("stake"))["sum"] == 0

    def test_is_read_by_the_vendor(self, closed: October) -> None:
        assert refs(closed, ALL, by=VENDOR) == ["bolt", "coil", "dune"]
        assert refs(closed, ALL, by=SOUTH) == ["dune"]

    def test_is_not_for_an_msp(self, closed: October) -> None:
        with pytest.raises(NotAllowed):
            queries.inbox(closed.viewer(BOLT, "bolt"), InboxFilter())

    @pytest.mark.parametrize("filters", [InboxFilter(order="secret"), InboxFilter(flag="secret")])
    def test_refuses_what_it_does_not_know(self, closed: October, filters: InboxFilter) -> None:
        with pytest.raises(Invalid, match="secret"):
            queries.inbox(OPERATOR, filters)


class TestOptions:
    def test_count_what_each_choice_leaves(self, reviewed: October) -> None:
        found = queries.inbox_options(reviewed.viewer(VENDOR, "bolt"), InboxFilter(search="coil"))
        assert found.cycles == (OCTOBER,)
        assert found.statuses == {Status.MSP_PREPARING: 0, Status.UNDER_REVIEW: 1, Status.APPROVED: 0, Status.REJECTED: 0}
        assert found.submissions[Submission.AUTOMATIC_WITH_PENALTY] == 1


class TestNext:
    @pytest.mark.parametrize("order", sorted(queries.ORDERS) + [f"-{order}" for order in sorted(queries.ORDERS)])
    def test_walks_through_all_of_the_inbox(self, reviewed: October, order: str) -> None:
        filters = replace(ALL, order=order)
        walked, key = [], queries.next_in_inbox(OPERATOR, filters, after=None)
        while key is not None:
            walked.append(key)
            key = queries.next_in_inbox(OPERATOR, filters, after=key)
        assert walked == [row.key for row in queries.inbox(OPERATOR, filters).items]
        assert len(walked) == 3

    def test_goes_on_from_a_report_that_has_left(self, reviewed: October) -> None:
        reviewed.approve("coil")
        assert queries.next_in_inbox(OPERATOR, InboxFilter(), after=(OCTOBER, "coil")) == (OCTOBER, "bolt")

    def test_is_none_after_the_last(self, reviewed: October) -> None:
        assert queries.next_in_inbox(reviewed.viewer(NORTH, "bolt"), InboxFilter(), after=(OCTOBER, "bolt")) is None

    def test_does_not_start_from_what_the_viewer_does_not_see(self, reviewed: October) -> None:
        with pytest.raises(NotFound):
            queries.next_in_inbox(reviewed.viewer(SOUTH, "dune"), InboxFilter(), after=(OCTOBER, "coil"))


class TestPreview:
    def test_shows_what_is_not_as_measured(self, reviewed: October, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        viewer = reviewed.viewer(NORTH, "bolt")
        with django_assert_num_queries(3):
            bolt, coil = queries.preview(viewer, [(OCTOBER, "bolt"), (OCTOBER, "coil")])
        (line,) = bolt.lines
        assert (line.service, line.default, line.chargeable, line.comment, line.penalty) == ("endpoint-core", 31, 33, "rolling out", False)
        assert [(line.penalty, line.chargeable) for line in coil.lines] == [(True, 15)]
        assert (bolt.hindrance, bolt.row.version) == (None, queries.report(viewer, OCTOBER, "bolt").version)

    def test_says_what_cannot_be_approved(self, reviewed: October) -> None:
        reviewed.approve("coil")
        found = queries.preview(reviewed.viewer(VENDOR, "bolt"), [(OCTOBER, "coil"), (OCTOBER, "bolt")])
        assert [one.hindrance for one in found] == [
            "the report is approved",
            "it is reviewed by a billing manager of the MSP's distributor",
        ]

    def test_tells_a_stranger_nothing(self, reviewed: October) -> None:
        with pytest.raises(NotFound):
            queries.preview(reviewed.viewer(SOUTH, "dune"), [(OCTOBER, "coil")])


class TestStakeKept:
    def test_is_what_the_lines_come_to_after_every_verb(self, closed: October) -> None:
        steps: list[Callable[[], object]] = [
            lambda: None,
            lambda: closed.edit("bolt", "endpoint-core", by=BOLT, chargeable="35"),
            lambda: closed.deliver(*at_times("bolt-garage", "nfr-license", "3", "3"), now="2026-11-03T11:00:00Z"),
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
            for report in Report.objects.all():
                kept = _sums(report)
                count_up(report, report.lines.all())
                assert kept == _sums(report)

    def test_is_verified(self, closed: October) -> None:
        assert verify(OCTOBER) == []
        Report.objects.filter(msp_ref="coil").update(stake=D("7.5"), line_count=3)
        assert [(one.msp, one.field, one.stored, one.recomputed) for one in verify(OCTOBER)] == [
            ("coil", "line_count", "3", "1"),
            ("coil", "stake", "7.5", "0"),
        ]


def _sums(report: Report) -> list[object]:
    """What a report keeps of its lines."""
    return [getattr(report, name) for name in COUNTED]


class TestBackfill:
    def test_counts_up_reports_that_were_there_before(self, reviewed: October) -> None:
        kept = {report.pk: (*_sums(report), report.searched) for report in Report.objects.all()}
        Report.objects.update(
            line_count=0, differing_lines=0, commented_lines=0, penalty_lines=0, stake=0, total_chargeable=0, total_default=0,
            total_provisioned=0, total_over_provisioned=0, searched="",
        )  # fmt: skip
        migration.count_up(apps, None)
        assert {report.pk: (*_sums(report), report.searched) for report in Report.objects.all()} == kept

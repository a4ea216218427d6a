"""The life of a report, step by step."""

from decimal import Decimal

import pytest

from tests.reports.month import DEADLINE_OF_BOLT, OCTOBER, OPERATOR, October, at, at_times, every_day
from trueup.events.queries import audit
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from trueup.kit.period import instant_text
from trueup.reports import actions, queries
from trueup.reports.actions import LineEdit
from trueup.reports.rules.workflow import Status
from trueup.reports.verifying import verify

D = Decimal
BOLT = "billing@bolt.example"


@pytest.fixture
def closed(october: October) -> October:
    """bolt: endpoint-core over-provisioned (40 of which 31 used), workspace-security all used; coil all used; dune as bolt."""
    october.deliver(
        *at_times("bolt-dental", "endpoint-core", "40", "31"),
        *at_times("bolt-dental", "workspace-security", "12", "12"),
        *at_times("coil-bakery", "endpoint-core", "7", "7"),
        *at_times("dune-hotel", "endpoint-core", "40", "31"),
    )
    october.close()
    return october


class TestSaveDraft:
    def test_keeps_value_comment_and_reason(self, closed: October) -> None:
        closed.edit("bolt", "endpoint-core", by=BOLT, chargeable="35", comment=" rolling out ", reason="onboarding")
        line = closed.line("bolt", "endpoint-core")
        assert (line.chargeable, line.default_chargeable, line.comment, line.reason) == (35, 31, "rolling out", "onboarding")
        entry = queries.history(OPERATOR, OCTOBER, "bolt")[-1]
        assert (entry.actor, entry.event) == (BOLT, "draft_saved")
        assert entry.changes == [
            {"service": "endpoint-core", "field": "chargeable", "before": "31", "after": "35"},
            {"service": "endpoint-core", "field": "comment", "before": None, "after": "rolling out"},
            {"service": "endpoint-core", "field": "reason", "before": None, "after": "onboarding"},
        ]

    def test_takes_edits_back(self, closed: October) -> None:
        closed.edit("bolt", "endpoint-core", by=BOLT, chargeable="35", comment="rolling out")
        closed.edit("bolt", "endpoint-core", by=BOLT, chargeable="", comment="")
        line = closed.line("bolt", "endpoint-core")
        assert (line.chargeable, line.comment) == (31, "")

    def test_leaves_what_is_not_named(self, closed: October) -> None:
        closed.edit("bolt", "endpoint-core", by=BOLT, chargeable="35", comment="rolling out")
        closed.edit("bolt", "endpoint-core", by=BOLT, comment="rolling out until Friday")
        assert closed.line("bolt", "endpoint-core").chargeable == 35

    def test_records_nothing_where_nothing_changes(self, closed: October) -> None:
        closed.edit("bolt", "endpoint-core", by=BOLT, chargeable="31.0")
        assert closed.events("bolt") == [("system", "generated")]

    def test_saves_nothing_if_one_value_cannot_be_read(self, closed: October) -> None:
        edits = [LineEdit("workspace-security", chargeable="11"), LineEdit("endpoint-core", chargeable="3.5")]
        with pytest.raises(Invalid, match="whole numbers only"):
            actions.save_draft(closed.viewer(BOLT, "bolt"), OCTOBER, "bolt", edits, now=at("2026-11-02T10:00:00Z"))
        assert closed.line("bolt", "workspace-security").chargeable == 12
        assert closed.events("bolt") == [("system", "generated")]

    def test_notices_that_somebody_else_has_saved(self, closed: October) -> None:
        version = closed.report("bolt").version
        closed.edit("bolt", "endpoint-core", by="admin@bolt.example", chargeable="35")
        edit = [LineEdit("endpoint-core", chargeable="36")]
        with pytest.raises(Conflict, match=r"admin@bolt\.example saved a draft \(2026-11-02T10:00:00Z\)"):
            actions.save_draft(closed.viewer(BOLT, "bolt"), OCTOBER, "bolt", edit, now=at("2026-11-02T11:00:00Z"), expected_version=version)
        assert closed.line("bolt", "endpoint-core").chargeable == 35

    @pytest.mark.parametrize("by", ["viewer@bolt.example", "north@north.example", "vendor@acme.example"])
    def test_is_not_allowed_to_those_who_may_only_read(self, closed: October, by: str) -> None:
        with pytest.raises(NotAllowed):
            closed.edit("bolt", "endpoint-core", by=by, chargeable="35")

    @pytest.mark.parametrize("by", ["billing@coil.example", "south@south.example"])
    def test_tells_a_stranger_nothing(self, closed: October, by: str) -> None:
        with pytest.raises(NotFound) as real:
            closed.edit("bolt", "endpoint-core", by=by, chargeable="35")
        with pytest.raises(NotFound) as invented:
            closed.edit("nobody", "endpoint-core", by=by, chargeable="35")
        assert str(real.value).replace("bolt", "…") == str(invented.value).replace("nobody", "…")

    def test_needs_a_line(self, closed: October) -> None:
        with pytest.raises(Invalid, match="nfr-license"):
            closed.edit("bolt", "nfr-license", by=BOLT, chargeable="1")


class TestSubmit:
    def test_is_refused_while_an_issue_blocks(self, closed: October) -> None:
        with pytest.raises(Invalid, match="1 issue"):
            closed.submit("bolt", by=BOLT)
        assert closed.report("bolt").summary.status == Status.MSP_PREPARING

    def test_goes_under_review_with_a_comment(self, closed: October) -> None:
        closed.edit("bolt", "endpoint-core", by=BOLT, comment="rolling out")
        assert closed.submit("bolt", by=BOLT) == Status.UNDER_REVIEW
        summary = closed.report("bolt").summary
        assert (summary.submission, summary.flags) == ("manual", ())

    def test_is_approved_at_once_when_clean(self, closed: October) -> None:
        assert closed.submit("coil", by="billing@coil.example") == Status.APPROVED
        report = closed.report("coil")
        assert report.summary.submission == "manual"
        assert report.approved_at is not None
        assert instant_text(report.approved_at) == "2026-11-03T10:00:00Z"
        assert closed.events("coil")[-2:] == [("billing@coil.example", "submitted"), ("system", "automatically_approved")]

    def test_is_not_clean_with_a_comment_on_the_report(self, closed: October) -> None:
        assert closed.submit("coil", by="billing@coil.example", comment="please look at the bakery") == Status.UNDER_REVIEW

    @pytest.mark.parametrize(("auto_approve", "status"), [("never", Status.UNDER_REVIEW), ("uncommented", Status.APPROVED)])
    def test_is_approved_by_the_terms(self, october: October, auto_approve: str, status: Status) -> None:
        october.terms(f"account: coil, from: 2026-01-01, auto_approve: {auto_approve}")
        october.deliver(*at_times("coil-bakery", "endpoint-core", "7", "7"))
        october.close()
        assert october.submit("coil", by="billing@coil.example") == status

    def test_happens_once(self, closed: October) -> None:
        closed.edit("bolt", "endpoint-core", by=BOLT, comment="rolling out")
        closed.submit("bolt", by=BOLT)
        with pytest.raises(Conflict, match="under review"):
            closed.submit("bolt", by=BOLT)
        with pytest.raises(Conflict, match="cannot be edited"):
            closed.edit("bolt", "endpoint-core", by=BOLT, chargeable="1")


class TestDeadline:
    def test_is_the_instant_and_not_before(self, closed: October) -> None:
        assert closed.deadline("2026-11-06T22:59:59.999999Z") == 0  # UTC midnight of coil comes later too
        assert closed.deadline(DEADLINE_OF_BOLT) == 1
        assert closed.deadline("2026-11-07T00:00:00Z") == 1
        assert closed.deadline("2026-11-07T05:00:00Z") == 1
        assert closed.deadline("2026-11-08T00:00:00Z") == 0

    def test_charges_the_penalty_and_flags_the_report(self, closed: October) -> None:
        closed.edit("bolt", "workspace-security", by=BOLT, chargeable="10")
        forecast = closed.forecast("bolt")
        closed.deadline()
        penalized, restored = closed.line("bolt", "endpoint-core"), closed.line("bolt", "workspace-security")
        assert (penalized.chargeable, penalized.penalty) == (40, True)
        assert (restored.chargeable, restored.penalty) == (12, False)
        summary = closed.report("bolt").summary
        assert (summary.status, summary.submission) == (Status.UNDER_REVIEW, "automatic_with_penalty")
        assert summary.flags == ("automatically_submitted_may_require_review",)
        assert {service: (line.as_saved, line.if_nothing, line.reason) for service, line in forecast.items()} == {
            "endpoint-core": (31, 40, "penalty"),
            "workspace-security": (10, 12, "default_restored"),
        }
        assert verify(OCTOBER) == []

    def test_approves_a_clean_report(self, closed: October) -> None:
        closed.deadline("2026-11-07T00:00:00Z")
        summary = closed.report("coil").summary
        assert (summary.status, summary.submission, summary.flags) == (Status.APPROVED, "automatic", ())

    def test_keeps_the_flag_of_a_report_that_approves_itself(self, october: October) -> None:
        october.terms("account: bolt, from: 2026-01-01, auto_approve: uncommented")
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"))
        october.close()
        october.deadline()
        summary = october.report("bolt").summary
        assert (summary.status, summary.submission) == (Status.APPROVED, "automatic_with_penalty")
        assert summary.flags == ("automatically_submitted_may_require_review",)

    def test_is_no_penalty_where_the_terms_have_none(self, october: October) -> None:
        october.terms("account: bolt, from: 2026-01-01, penalty: none")
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"))
        october.close()
        october.deadline()
        assert october.line("bolt", "endpoint-core").chargeable == 31
        assert october.report("bolt").summary.submission == "automatic"

    def test_is_met_once_by_two_clocks(self, closed: October) -> None:
        (report_id,) = queries.due_for_submission(now=at(DEADLINE_OF_BOLT))
        assert actions.auto_submit(OPERATOR, report_id, now=at(DEADLINE_OF_BOLT)) is True
        assert actions.auto_submit(OPERATOR, report_id, now=at(DEADLINE_OF_BOLT)) is False
        assert [event for _, event in closed.events("bolt")].count("automatically_submitted") == 1

    def test_is_the_clocks_alone(self, closed: October) -> None:
        (report_id,) = queries.due_for_submission(now=at(DEADLINE_OF_BOLT))
        with pytest.raises(NotAllowed):
            actions.auto_submit(closed.viewer("north@north.example", "bolt"), report_id, now=at(DEADLINE_OF_BOLT))


class TestReview:
    def test_approves_for_good(self, closed: October) -> None:
        closed.deadline()
        closed.approve("bolt")
        report = closed.report("bolt")
        assert (report.summary.status, report.summary.submission) == (Status.APPROVED, "automatic_with_penalty")
        with pytest.raises(Conflict, match="approved"):
            closed.approve("bolt")
        with pytest.raises(Conflict, match="approved"):
            closed.reject("bolt", "no")
        with pytest.raises(Conflict, match="approved"):
            closed.regenerate("bolt")

    def test_rejects_with_a_reason_only(self, closed: October) -> None:
        closed.deadline()
        with pytest.raises(Invalid, match="needs a reason"):
            closed.reject("bolt", "  ")

    def test_rejects_back_to_the_draft_with_a_new_deadline(self, closed: October) -> None:
        closed.edit("bolt", "workspace-security", by=BOLT, chargeable="10")
        closed.deadline()
        closed.reject("bolt", "explain the nine endpoints")
        report = closed.report("bolt")
        assert (report.summary.status, report.summary.submission) == (Status.REJECTED, None)
        assert instant_text(report.summary.deadline) == "2026-11-11T23:00:00Z"
        assert closed.line("bolt", "endpoint-core").chargeable == 31
        assert closed.line("bolt", "workspace-security").chargeable == 10
        assert not closed.line("bolt", "endpoint-core").penalty

    def test_takes_a_returned_report(self, closed: October) -> None:
        closed.deadline()
        closed.reject("bolt", "explain the nine endpoints")
        closed.edit("bolt", "endpoint-core", by=BOLT, comment="rolling out", now="2026-11-09T10:00:00Z")
        closed.submit("bolt", by=BOLT, now="2026-11-09T11:00:00Z")
        summary = closed.report("bolt").summary
        assert (summary.status, summary.submission) == (Status.UNDER_REVIEW, "returned")
        assert summary.flags == ("automatically_submitted_may_require_review",)

    def test_submits_a_rejected_report_that_is_forgotten_again(self, closed: October) -> None:
        closed.deadline()
        closed.reject("bolt", "explain the nine endpoints")
        assert closed.deadline("2026-11-11T22:59:59Z") == 2  # coil and dune
        assert closed.deadline("2026-11-11T23:00:00Z") == 1
        assert closed.report("bolt").summary.submission == "automatic_with_penalty"

    def test_waives_a_penalty_line_by_line(self, closed: October) -> None:
        closed.edit("bolt", "endpoint-core", by=BOLT, chargeable="33")
        closed.deadline()
        closed.waive("bolt", "endpoint-core", "agreed by phone")
        line = closed.line("bolt", "endpoint-core")
        assert (line.chargeable, line.penalty) == (33, False)
        assert closed.report("bolt").summary.status == Status.UNDER_REVIEW
        assert verify(OCTOBER) == []

    def test_waives_nothing_where_there_is_nothing(self, closed: October) -> None:
        closed.deadline()
        with pytest.raises(Conflict, match="no penalty"):
            closed.waive("bolt", "workspace-security", "agreed")
        with pytest.raises(Invalid, match="needs a reason"):
            closed.waive("bolt", "endpoint-core", "")
        with pytest.raises(Invalid, match="no line for a service “nothing”"):
            closed.waive("bolt", "nothing", "agreed")

    @pytest.mark.parametrize("by", [BOLT, "admin@bolt.example", "vendor@acme.example"])
    def test_is_the_distributors(self, closed: October, by: str) -> None:
        closed.deadline()
        with pytest.raises(NotAllowed):
            closed.approve("bolt", by=by)
        with pytest.raises(NotAllowed):
            closed.reject("bolt", "no", by=by)
        with pytest.raises(NotAllowed):
            closed.waive("bolt", "endpoint-core", "agreed", by=by)


class TestWithoutAccess:
    def test_the_distributor_prepares(self, closed: October) -> None:
        closed.edit("dune", "endpoint-core", by="south@south.example", chargeable="33", comment="agreed with Dune")
        assert closed.submit("dune", by="south@south.example") == Status.UNDER_REVIEW
        closed.approve("dune", by="south@south.example")
        assert closed.events("dune")[-1] == ("south@south.example", "approved")

    def test_the_msp_is_told_why(self, closed: October) -> None:
        dune = closed.viewer("billing@dune.example", "dune")
        for question in (
            lambda: queries.report(dune, OCTOBER, "dune"),
            lambda: queries.report_list(dune),
            lambda: queries.history(dune, OCTOBER, "dune"),
            lambda: queries.forecast(dune, OCTOBER, "dune", now=at("2026-11-02T00:00:00Z")),
            lambda: queries.days(dune, OCTOBER, "dune", "endpoint-core"),
            lambda: queries.customers(dune, OCTOBER, "dune", "endpoint-core"),
        ):
            with pytest.raises(NotAllowed, match="not available in the region latam; your distributor prepares"):
                question()


class TestReminders:
    def test_come_three_days_and_one_before_and_on_the_day(self, closed: October) -> None:
        times = ["2026-11-03T07:59:59Z", "2026-11-03T08:00:00Z", "2026-11-05T08:00:00Z", "2026-11-06T08:00:00Z", "2026-11-06T12:00:00Z"]
        for time in times:
            closed.remind(time)
        assert [event for _, event in closed.events("bolt")] == ["generated", "reminded", "reminded", "reminded"]

    def test_are_not_made_up_for(self, closed: October) -> None:
        closed.remind("2026-11-05T20:00:00Z")
        assert [event for _, event in closed.events("bolt")].count("reminded") == 1

    def test_end_with_the_submission(self, closed: October) -> None:
        closed.submit("coil", by="billing@coil.example", now="2026-11-02T00:00:00Z")
        closed.remind("2026-11-06T12:00:00Z")
        assert "reminded" not in [event for _, event in closed.events("coil")]


class TestQuestions:
    def test_show_each_party_its_own(self, closed: October) -> None:
        seen = {
            email: {one.msp for one in queries.report_list(closed.viewer(email, "bolt"))}
            for email in ("billing@bolt.example", "north@north.example", "south@south.example", "vendor@acme.example")
        }
        assert seen == {
            "billing@bolt.example": {"bolt"},
            "north@north.example": {"bolt", "coil"},
            "south@south.example": {"dune"},
            "vendor@acme.example": {"bolt", "coil", "dune"},
        }

    def test_explain_a_line_by_day_and_customer(self, october: October) -> None:
        october.deliver(*every_day("bolt-dental", "endpoint-core", "40", "31"), "2026-10-07,bolt-garage,endpoint-core,2,1,")
        october.close()
        bolt = october.viewer(BOLT, "bolt")
        parts = queries.customers(bolt, OCTOBER, "bolt", "endpoint-core")
        assert [(part.customer, part.provisioned, part.used, part.credits) for part in parts] == [
            ("bolt-dental", 40, 31, 150),
            ("bolt-garage", 2, 1, D("7.5")),
        ]
        days = queries.days(bolt, OCTOBER, "bolt", "endpoint-core")
        assert [(day.day.day, day.provisioned) for day in days if day.chosen] == [(7, 42)]
        assert len(days) == 31

    def test_have_no_forecast_for_what_is_submitted(self, closed: October) -> None:
        closed.deadline()
        with pytest.raises(Conflict, match="nothing happens to it by itself"):
            queries.forecast(OPERATOR, OCTOBER, "bolt", now=at("2026-11-07T00:00:00Z"))

    def test_count_reports_by_status(self, closed: October) -> None:
        closed.deadline("2026-11-07T00:00:00Z")
        assert queries.counts(OPERATOR, OCTOBER) == {"msp_preparing": 1, "under_review": 1, "approved": 1, "rejected": 0}

    def test_leave_a_history_nobody_touched(self, closed: October) -> None:
        closed.deadline()
        closed.waive("bolt", "endpoint-core", "agreed")
        closed.approve("bolt")
        assert audit().findings == ()
        assert [event for _, event in closed.events("bolt")] == ["generated", "automatically_submitted", "penalty_waived", "approved"]

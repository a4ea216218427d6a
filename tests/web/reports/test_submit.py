"""Submitting, what happens if nobody does, and comments without a script."""

import pytest
from django.test import Client

from tests.reports.month import October, at
from tests.web.conftest import AsPerson, Clock

BOLT = "/reports/2026-10/bolt/"
SUBMIT = BOLT + "submit/"
COMMENT = BOLT + "comment/endpoint-core/"


class TestConfirmation:
    def test_says_what_will_be_charged(self, bella: Client, october: October) -> None:
        october.edit("bolt", "workspace-security", by="billing@bolt.example", chargeable="38", comment="Two have left.")
        text = bella.get(SUBMIT).text
        assert "<strong>38</strong>" in text
        assert "−2" in text
        assert "Two have left." in text

    def test_leads_to_each_line_that_blocks(self, bella: Client) -> None:
        text = bella.get(SUBMIT).text
        assert f'href="{BOLT}?group=credits&amp;line=endpoint-core#line-endpoint-core"' in text
        assert "One line blocks the submission" in text

    def test_has_a_button_that_says_why_it_is_off(self, bella: Client) -> None:
        text = bella.get(SUBMIT).text
        assert 'disabled aria-describedby="submit-reason"' in text

    def test_is_refused_for_what_is_under_review(self, bella: Client, october: October) -> None:
        october.deadline()
        assert bella.get(SUBMIT).status_code == 409

    def test_is_not_for_the_distributor(self, october: October, as_person: AsPerson) -> None:
        assert as_person("north@north.example").get(SUBMIT).status_code == 403


class TestSubmit:
    def test_puts_it_under_review(self, bella: Client, october: October) -> None:
        october.edit("bolt", "endpoint-core", by="billing@bolt.example", comment="Rolled out early.")
        answer = bella.post(SUBMIT, {"version": "2", "comment": "All checked."}, follow=True)
        assert "The report was submitted." in answer.text
        assert october.report("bolt").summary.status == "under_review"
        assert october.report("bolt").comment == "All checked."

    def test_says_when_it_was_approved_at_once(self, october: October, as_person: AsPerson) -> None:
        answer = as_person("billing@coil.example").post("/reports/2026-10/coil/submit/", {"version": "1"}, follow=True)
        assert "approved at once" in answer.text

    def test_is_refused_while_a_line_blocks(self, bella: Client, october: October) -> None:
        answer = bella.post(SUBMIT, {"version": "1", "comment": "Please."})
        assert answer.status_code == 422
        assert "1 issue blocks it" in answer.text
        assert "Please." in answer.text
        assert october.report("bolt").summary.status == "msp_preparing"

    def test_is_refused_for_a_report_that_changed_meanwhile(self, bella: Client, october: October) -> None:
        october.edit("bolt", "endpoint-core", by="admin@bolt.example", comment="Agreed.")
        answer = bella.post(SUBMIT, {"version": "1"})
        assert answer.status_code == 409
        assert october.report("bolt").summary.status == "msp_preparing"

    def test_says_what_happened_meanwhile_and_when(self, bella: Client, october: October) -> None:
        october.edit("bolt", "endpoint-core", by="admin@bolt.example", comment="Agreed.", now="2026-11-03T11:30:00Z")
        answer = bella.post(SUBMIT, {"version": "1"}, headers={"Accept-Language": "de"})
        assert "3. Nov. 2026, 12:30 (Europe/Berlin)" in answer.text
        assert "2026-11-03" not in answer.text.partition("<form")[0].partition('role="alert"')[2].partition("</div>")[0]

    @pytest.mark.parametrize("version", ["", "x", "²", "1" * 10])
    def test_is_refused_for_a_form_that_does_not_say_what_it_shows(self, bella: Client, october: October, version: str) -> None:
        october.edit("bolt", "endpoint-core", by="admin@bolt.example", comment="Agreed.")
        answer = bella.post(SUBMIT, {"version": version, "comment": "All checked."})
        assert answer.status_code == 422
        assert "The form does not say which state of the report it shows" in answer.text
        assert "All checked." in answer.text
        assert october.report("bolt").summary.status == "msp_preparing"

    def test_keeps_the_comment_when_somebody_else_was_quicker(self, bella: Client, october: October) -> None:
        october.edit("bolt", "endpoint-core", by="admin@bolt.example", comment="Agreed.")
        october.submit("bolt", by="admin@bolt.example")
        answer = bella.post(SUBMIT, {"version": "2", "comment": "All checked."})
        assert answer.status_code == 409
        assert "The report was not submitted" in answer.text
        assert "All checked." in answer.text

    def test_is_refused_for_who_may_not_whatever_the_form_says(self, october: October, as_person: AsPerson) -> None:
        assert as_person("viewer@bolt.example").post(SUBMIT, {"comment": "x"}).status_code == 403

    def test_of_a_rejected_report_leaves_the_reason_behind(self, bella: Client, october: October, clock: Clock) -> None:
        october.deadline()
        october.reject("bolt", "Explain the endpoints.")
        clock.at = at("2026-11-08T12:00:00Z")
        october.edit("bolt", "endpoint-core", by="billing@bolt.example", comment="Done.", now="2026-11-08T12:00:00Z")
        bella.post(SUBMIT, {"version": str(october.report("bolt").version)})
        assert 'class="badge badge--bad"' not in bella.get(BOLT).text
        assert "Submitted again" in bella.get(BOLT).text


class TestForecast:
    def test_compares_line_by_line(self, bella: Client) -> None:
        text = bella.get(BOLT + "forecast/").text
        assert "the provisioned units are charged" in text
        assert "+10" in text

    def test_is_over_once_it_is_submitted(self, bella: Client, october: October) -> None:
        october.deadline()
        assert bella.get(BOLT + "forecast/").status_code == 409


class TestComment:
    SENT = {
        "comment-endpoint-core": "Rolled out.",
        "was_comment-endpoint-core": "",
        "reason-endpoint-core": "trial",
        "was_reason-endpoint-core": "",
    }

    def test_is_kept(self, bella: Client, october: October) -> None:
        answer = bella.post(COMMENT, self.SENT)
        assert answer["Location"] == BOLT + "?group=credits#line-endpoint-core"
        assert october.line("bolt", "endpoint-core").comment == "Rolled out."

    def test_is_kept_with_a_reason_of_ones_own(self, bella: Client, october: October) -> None:
        bella.post(COMMENT, self.SENT | {"reason-endpoint-core": "+", "own_reason-endpoint-core": "lab"})
        assert october.line("bolt", "endpoint-core").reason == "lab"
        assert 'value="lab"' in bella.get(COMMENT).text

    def test_of_somebody_else_is_not_overwritten(self, bella: Client, october: October) -> None:
        october.edit("bolt", "endpoint-core", by="admin@bolt.example", comment="Theirs.")
        answer = bella.post(COMMENT, self.SENT)
        assert answer.status_code == 409
        assert "Theirs." in answer.text
        assert "Rolled out." in answer.text

    def test_that_is_too_long_is_said_beside_its_field(self, bella: Client) -> None:
        answer = bella.post(COMMENT, self.SENT | {"comment-endpoint-core": "x" * 4001})
        assert answer.status_code == 422
        assert "4,000 at most are kept" in answer.text

    def test_belongs_to_a_line(self, bella: Client) -> None:
        assert bella.get(BOLT + "comment/nothing/").status_code == 404

"""Saving a draft: only what the person changed, nothing of somebody else's overwritten, nothing typed lost."""

from django.test import Client

from tests.reports.month import October, at
from tests.web.conftest import AsPerson, Clock

BOLT = "/reports/2026-10/bolt/"
DRAFT = BOLT + "draft/"
AS_OPENED = {
    "version": "1",
    "chargeable-workspace-security": "40",
    "was_chargeable-workspace-security": "40",
    "chargeable-endpoint-core": "60",
    "was_chargeable-endpoint-core": "60",
    "chargeable-backup-storage": "0.806",
    "was_chargeable-backup-storage": "0.806",
}
"""The form as it is sent by somebody who typed nothing."""
COMMENTED = {
    "comment-endpoint-core": "Rolled out early.",
    "was_comment-endpoint-core": "",
    "reason-endpoint-core": "",
    "was_reason-endpoint-core": "",
}


class TestSave:
    def test_keeps_what_was_typed(self, bella: Client, october: October) -> None:
        answer = bella.post(DRAFT, AS_OPENED | {"chargeable-workspace-security": "38"})
        assert answer.status_code == 302
        assert october.line("bolt", "workspace-security").chargeable == 38

    def test_changes_nothing_where_nothing_was_typed(self, bella: Client, october: October) -> None:
        bella.post(DRAFT, AS_OPENED)
        assert october.report("bolt").version == 1

    def test_says_that_it_is_saved(self, bella: Client) -> None:
        assert "Draft saved." in bella.post(DRAFT, AS_OPENED | {"chargeable-workspace-security": "38"}, follow=True).text

    def test_keeps_a_comment_with_its_reason(self, bella: Client, october: October) -> None:
        bella.post(DRAFT, AS_OPENED | COMMENTED | {"reason-endpoint-core": "onboarding"})
        line = october.line("bolt", "endpoint-core")
        assert (line.comment, line.reason) == ("Rolled out early.", "onboarding")

    def test_keeps_a_reason_of_ones_own(self, bella: Client, october: October) -> None:
        bella.post(DRAFT, AS_OPENED | COMMENTED | {"reason-endpoint-core": "+", "own_reason-endpoint-core": "lab_devices"})
        assert october.line("bolt", "endpoint-core").reason == "lab_devices"

    def test_reads_numbers_as_the_language_writes_them(self, bella: Client, october: October) -> None:
        sent = AS_OPENED | {"chargeable-backup-storage": "1,5", "was_chargeable-backup-storage": "0,806"}
        bella.post(DRAFT, sent, headers={"Accept-Language": "de"})
        assert str(october.line("bolt", "backup-storage").chargeable.normalize()) == "1.5"

    def test_takes_an_edit_back_to_the_default(self, bella: Client, october: October) -> None:
        october.edit("bolt", "workspace-security", by="billing@bolt.example", chargeable="38")
        sent = AS_OPENED | {"version": "2", "chargeable-workspace-security": "38", "was_chargeable-workspace-security": "38"}
        bella.post(DRAFT, sent | {"undo": "workspace-security"})
        assert october.line("bolt", "workspace-security").chargeable == 40

    def test_leads_on_to_submitting(self, bella: Client, october: October) -> None:
        answer = bella.post(DRAFT, AS_OPENED | {"chargeable-workspace-security": "38", "then": "submit"})
        assert answer["Location"] == BOLT + "submit/"
        assert october.line("bolt", "workspace-security").chargeable == 38

    def test_leads_on_to_a_comment(self, bella: Client) -> None:
        assert bella.post(DRAFT, AS_OPENED | {"then": "comment:endpoint-core"})["Location"] == BOLT + "comment/endpoint-core/"

    def test_leads_nowhere_else(self, bella: Client) -> None:
        assert bella.post(DRAFT, AS_OPENED | {"then": "comment:../../../../evil.example"})["Location"].startswith(BOLT + "comment/..~2F")

    def test_is_a_post(self, bella: Client) -> None:
        assert bella.get(DRAFT).status_code == 405


class TestUnreadable:
    SENT = AS_OPENED | {"chargeable-workspace-security": "many", "chargeable-endpoint-core": "55"}

    def test_is_said_beside_its_field(self, bella: Client) -> None:
        answer = bella.post(DRAFT, self.SENT)
        assert answer.status_code == 422
        assert "“many” is not a number as it is written here" in answer.text
        assert 'value="many"' in answer.text
        assert 'aria-invalid="true"' in answer.text

    def test_keeps_the_rest_of_the_form(self, bella: Client, october: October) -> None:
        assert 'value="55"' in bella.post(DRAFT, self.SENT).text
        assert october.report("bolt").version == 1

    def test_has_more_decimals_than_the_unit(self, bella: Client) -> None:
        assert "allows whole numbers only" in bella.post(DRAFT, AS_OPENED | {"chargeable-workspace-security": "38.5"}).text

    def test_is_below_zero(self, bella: Client) -> None:
        assert "must not be below 0" in bella.post(DRAFT, AS_OPENED | {"chargeable-workspace-security": "-1"}).text

    def test_is_a_reason_in_other_letters(self, bella: Client) -> None:
        answer = bella.post(DRAFT, AS_OPENED | COMMENTED | {"reason-endpoint-core": "Two Words"})
        assert answer.status_code == 422
        assert "is not a reason code" in answer.text


class TestTwoEditors:
    def test_are_told_what_the_other_saved(self, bella: Client, october: October) -> None:
        october.edit("bolt", "workspace-security", by="admin@bolt.example", chargeable="39")
        answer = bella.post(DRAFT, AS_OPENED | {"chargeable-workspace-security": "38"})
        assert answer.status_code == 409
        assert "admin@bolt.example saved a draft" in answer.text
        assert "Saved meanwhile: 39 (it was 40). Yours is in the field: 38." in answer.text
        assert october.line("bolt", "workspace-security").chargeable == 39

    def test_keep_their_text_and_may_save_again(self, bella: Client, october: October) -> None:
        october.edit("bolt", "workspace-security", by="admin@bolt.example", chargeable="39")
        answer = bella.post(DRAFT, AS_OPENED | {"chargeable-workspace-security": "38"})
        assert 'name="version" value="2"' in answer.text
        again = {"version": "2", "chargeable-workspace-security": "38", "was_chargeable-workspace-security": "39"}
        assert bella.post(DRAFT, AS_OPENED | again).status_code == 302
        assert october.line("bolt", "workspace-security").chargeable == 38

    def test_never_overwrite_what_they_did_not_touch(self, bella: Client, october: October) -> None:
        october.edit("bolt", "workspace-security", by="admin@bolt.example", chargeable="39")
        answer = bella.post(DRAFT, AS_OPENED | {"chargeable-endpoint-core": "58"})
        assert answer.status_code == 409
        assert "Changed meanwhile from 40 to 39." in answer.text
        bella.post(DRAFT, AS_OPENED | {"version": "2", "chargeable-endpoint-core": "58"})  # the line itself is still as it was opened
        assert october.line("bolt", "workspace-security").chargeable == 39
        assert october.line("bolt", "endpoint-core").chargeable == 58

    def test_see_each_others_comments(self, bella: Client, october: October) -> None:
        october.edit("bolt", "endpoint-core", by="admin@bolt.example", comment="Theirs.")
        answer = bella.post(DRAFT, AS_OPENED | COMMENTED)
        assert answer.status_code == 409
        assert "Theirs." in answer.text
        assert "Rolled out early." in answer.text

    def test_are_no_two_who_saved_the_same(self, bella: Client) -> None:
        bella.post(DRAFT, AS_OPENED | {"chargeable-workspace-security": "38"})
        assert bella.post(DRAFT, AS_OPENED | {"chargeable-workspace-security": "38"}).status_code == 302

    def test_find_what_they_typed_when_the_other_submitted(self, bella: Client, october: October) -> None:
        october.edit("bolt", "endpoint-core", by="admin@bolt.example", comment="Agreed.")
        october.submit("bolt", by="admin@bolt.example")
        answer = bella.post(DRAFT, AS_OPENED | {"chargeable-workspace-security": "38"})
        assert answer.status_code == 409
        assert "The report can no longer be edited. What you typed:" in answer.text
        assert "Workspace Security: 38" in answer.text


class TestNothingTyped:
    def test_is_not_saved_by_who_may_not(self, october: October, as_person: AsPerson) -> None:
        for email in ("viewer@bolt.example", "north@north.example"):
            assert as_person(email).post(DRAFT, AS_OPENED).status_code == 403
            assert as_person(email).post(DRAFT, AS_OPENED | {"then": "submit"}).status_code == 403

    def test_is_not_saved_once_it_is_submitted(self, bella: Client, october: October) -> None:
        october.edit("bolt", "endpoint-core", by="admin@bolt.example", comment="Agreed.")
        october.submit("bolt", by="admin@bolt.example")
        answer = bella.post(DRAFT, AS_OPENED)
        assert answer.status_code == 409
        assert "The report can no longer be edited." in answer.text

    def test_and_what_cannot_be_read_is_shown_once_it_is_submitted(self, bella: Client, october: October) -> None:
        october.edit("bolt", "endpoint-core", by="admin@bolt.example", comment="Agreed.")
        october.submit("bolt", by="admin@bolt.example")
        answer = bella.post(DRAFT, AS_OPENED | {"chargeable-workspace-security": "thirty"})
        assert answer.status_code == 409
        assert "Workspace Security: thirty" in answer.text


class TestLargeForm:
    def test_is_saved(self, bella: Client, october: October) -> None:
        more = {f"comment-extra-{number}": "ü" * 4000 for number in range(400)}
        assert len("".join(more.values()).encode()) > 3_000_000
        assert bella.post(DRAFT, AS_OPENED | more | {"chargeable-workspace-security": "38"}).status_code == 302
        assert october.line("bolt", "workspace-security").chargeable == 38


class TestFragment:
    HTMX = {"HX-Request": "true", "HX-Target": "report-form"}

    def test_is_the_form_and_what_stands_around_it(self, bella: Client) -> None:
        answer = bella.post(DRAFT, AS_OPENED | {"chargeable-workspace-security": "38"}, headers=self.HTMX)
        assert answer["X-Report-Saved"] == "2"
        assert answer.text.lstrip().startswith("<form")
        for part in ("report-head", "report-notices", "report-tabs", "report-history"):
            assert f'id="{part}"' in answer.text

    def test_of_what_was_not_saved_does_not_say_that_it_was(self, bella: Client) -> None:
        answer = bella.post(DRAFT, AS_OPENED | {"chargeable-workspace-security": "x"}, headers=self.HTMX)
        assert answer.status_code == 422
        assert "X-Report-Saved" not in answer

    def test_leads_on_by_a_header(self, bella: Client) -> None:
        answer = bella.post(DRAFT, AS_OPENED | {"then": "submit"}, headers=self.HTMX)
        assert answer["HX-Redirect"] == BOLT + "submit/"

    def test_of_a_session_that_ended_leads_to_sign_in(self, october: October) -> None:
        answer = Client().post(DRAFT, AS_OPENED, headers=self.HTMX | {"HX-Current-URL": "http://testserver" + BOLT})
        assert answer.status_code == 401
        assert answer["X-Sign-In"].endswith("/reports/2026-10/bolt/")


class TestOnBehalf:
    def test_the_distributor_saves(self, october: October, as_person: AsPerson) -> None:
        sent = {"version": "1", "chargeable-endpoint-core": "7", "was_chargeable-endpoint-core": "8"}
        assert as_person("south@south.example").post("/reports/2026-10/dune/draft/", sent).status_code == 302
        assert october.line("dune", "endpoint-core").chargeable == 7

    def test_the_distributor_measures_anew(self, october: October, as_person: AsPerson, clock: Clock) -> None:
        october.deliver("2026-10-31,bolt-dental,workspace-security,44,44,", now="2026-11-02T10:00:00Z")
        clock.at = at("2026-11-03T12:00:00Z")
        answer = as_person("north@north.example").post(BOLT + "regenerate/", {"comment": "A late file."}, follow=True)
        assert "1 line has new figures." in answer.text
        assert october.line("bolt", "workspace-security").provisioned == 44

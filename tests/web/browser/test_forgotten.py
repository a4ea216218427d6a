"""A month in which nobody at an MSP looks after its report: what they are told, what is charged, and how its distributor ends it."""

import re
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from tests.reports.month import CLOSING, DEADLINE_OF_BOLT, MONTH_END, October, at, at_times, every_day
from tests.web.browser.conftest import BrowserAs
from tests.web.conftest import Clock
from trueup.jobs.pipeline import run_once

BELLA, NORTH = "billing@bolt.example", "north@north.example"
PASSWORD = "correct horse battery staple"

BY_NAME = {
    "workspace-security": "Workspace Security",
    "endpoint-core": "Endpoint Security Core",
    "email-core": "Email Security Core",
    "backup-storage": "Backup Storage",
    "nfr-license": "NFR License",
}


@pytest.fixture
def october(server: str, tmp_path: Path, settings: Settings, clock: Clock) -> October:
    """October is over. Endpoints and e-mail users are over-provisioned beyond the terms."""
    settings.TRUEUP_URL = server
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the others are slow on purpose
    cache.clear()
    for email in (BELLA, NORTH):
        user = get_user_model().objects.get(email=email)
        user.set_password(PASSWORD)
        user.save()
    month = October(tmp_path)
    month.deliver(
        *at_times("bolt-dental", "workspace-security", "40", "40"),
        *at_times("bolt-dental", "endpoint-core", "50", "30"),
        *at_times("bolt-garage", "endpoint-core", "20", "20"),
        *every_day("bolt-garage", "email-core", "30", "20"),
        *at_times("bolt-garage", "backup-storage", "12.5", ""),
        *at_times("bolt-dental", "nfr-license", "5", "5"),
        now=MONTH_END,
    )
    return month


def when(clock: Clock, instant: str) -> None:
    """It becomes that time, and the clock does what is due."""
    clock.at = at(instant)
    list(run_once(clock.at))


def letter(to: str, subject: str) -> str:
    """The text of the one e-mail somebody got under a subject."""
    found = [str(one.body) for one in mail.outbox if to in one.to[0] and one.subject == subject]
    assert len(found) == 1, [(one.to, one.subject) for one in mail.outbox]
    return found[0]


def link_in(text: str) -> str:
    """Where an e-mail leads."""
    return str(re.findall(r"^http\S+$", text, re.MULTILINE)[0])


def sign_in(page: Page, email: str) -> None:
    """At the sign-in form that a link of an e-mail leads to."""
    expect(page).to_have_url(re.compile("/account/login/"))
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def cells(row: Locator) -> list[str]:
    """The figures of a row of a table, without the words for screen readers only."""
    return [re.sub(r"\s+", " ", one).strip() for one in row.locator("td").all_inner_texts()]


class TestForgottenReport:
    def test_is_submitted_by_the_clock_and_ended_by_the_distributor(self, october: October, clock: Clock, browser_as: BrowserAs) -> None:
        when(clock, CLOSING)
        self._is_told_that_the_report_is_ready(browser_as)
        bella = self.page
        self._changes_a_value_and_leaves(bella, clock)
        self._sees_what_happens(bella, clock)
        when(clock, DEADLINE_OF_BOLT)
        self._sees_what_was_charged_and_why(bella)
        clock.at = at("2026-11-07T09:00:00Z")
        self._is_reviewed(browser_as(None))
        when(clock, "2026-11-07T09:05:00Z")
        self._is_told_the_end(bella)
        assert october.report("bolt").summary.status == "approved"

    def _is_told_that_the_report_is_ready(self, browser_as: BrowserAs) -> None:
        ready = letter(BELLA, "Usage report October 2026 of Bolt IT is ready")
        assert "Deadline: Friday, 6 November 2026, 24:00 (Europe/Berlin)" in ready
        assert "* Endpoint Security Core: 70 endpoint instead of 50 endpoint, as a penalty: over-provisioned without a comment" in ready
        assert "* Email Security Core: 30 user instead of 20 user, as a penalty: over-provisioned without a comment" in ready
        assert "* Credit-based services: 50 endpoint, 20 user, 0.806 GB" in ready
        self.page = browser_as(None)
        self.page.goto(link_in(ready))
        sign_in(self.page, BELLA)
        self.page.wait_for_url("**/reports/2026-10/bolt/")
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Bolt IT")

    def _changes_a_value_and_leaves(self, page: Page, clock: Clock) -> None:
        clock.at = at("2026-11-02T08:00:00Z")
        page.locator("#chargeable-workspace-security").fill("38")
        page.get_by_role("button", name="Save Draft").click()
        expect(page.locator("#save-state")).to_have_text("Draft saved.")

    def _sees_what_happens(self, page: Page, clock: Clock) -> None:
        when(clock, "2026-11-03T08:00:00Z")
        reminder = letter(BELLA, "Reminder: usage report October 2026 of Bolt IT is due in 3 days")
        assert "* Workspace Security: 40 seat instead of 38 seat, for it was changed without a comment" in reminder
        clock.at = at("2026-11-03T11:30:00Z")
        page.goto(link_in(reminder))
        expect(page.locator("[data-deadline]")).to_have_text("3 days 11 hours left")
        expect(page.locator(".fate")).to_contain_text(
            "If you do nothing, the report is submitted automatically at the end of 6 Nov 2026, "
            "and 3 lines are charged differently from what is saved. At stake: 2 seat, 20 endpoint, 10 user."
        )
        page.locator(".fate").get_by_role("link", name="Line by line").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("What happens if you do nothing")
        penalty = "Over-provisioned without a comment at the deadline: the provisioned units are charged."
        saved = "Charged as it was saved."
        self._has_lines(
            page,
            {
                "workspace-security": ["38", "40", "+2", "Changed without a comment at the deadline: the default is charged."],
                "endpoint-core": ["50", "70", "+20", penalty],
                "email-core": ["20", "30", "+10", penalty],
                "backup-storage": ["0.806", "0.806", "0", saved],
                "nfr-license": ["5", "5", "0", saved],
            },
        )

    def _has_lines(self, page: Page, expected: dict[str, list[str]]) -> None:
        rows = page.locator("tbody tr")
        expect(rows).to_have_count(len(expected))
        for service, figures in expected.items():
            assert cells(rows.filter(has=page.get_by_role("link", name=BY_NAME[service]))) == figures

    def _sees_what_was_charged_and_why(self, page: Page) -> None:
        told = letter(BELLA, "Submitted automatically with a penalty: usage report October 2026 of Bolt IT")
        assert "The distributor North Distribution reviews the report and may waive a penalty." in told
        assert "* Credit-based services: 70 endpoint, 30 user, 0.806 GB" in told
        page.goto(link_in(told) + "?group=all")
        head = page.locator("#report-head")
        for said in ("Under review", "Submitted automatically with a penalty", "May require review", "7 Nov 2026, 00:00 (Europe/Berlin)"):
            expect(head).to_contain_text(said)
        expect(page.locator("#chargeable-endpoint-core")).to_have_count(0)
        self._charges(page, {"workspace-security": "40", "endpoint-core": "70", "email-core": "30", "backup-storage": "0.806"})
        for service, saved in (("endpoint-core", "50"), ("email-core", "20")):
            expect(page.locator(f"#notes-{service}")).to_contain_text(
                f"Penalty. Over-provisioned without a comment at the deadline: the provisioned units are charged. Saved was {saved}."
            )
        expect(page.locator("#notes-workspace-security")).to_contain_text(
            "Default restored. Changed without a comment at the deadline: the default is charged. Saved was 38."
        )

    def _charges(self, page: Page, expected: dict[str, str]) -> None:
        for service, units in expected.items():
            expect(page.locator(f"#line-{service} .line__chargeable strong")).to_have_text(units)

    def _is_reviewed(self, page: Page) -> None:
        told = letter(NORTH, "To review, with a penalty: usage report October 2026 of Bolt IT")
        assert "was submitted automatically with a penalty and waits for review" in told
        page.goto(link_in(told))
        sign_in(page, NORTH)
        page.wait_for_url("**/review/2026-10/bolt/")
        expect(page.locator(".heading")).to_contain_text("May require review")
        at_stake, charged = ["20 endpoint", "10 user"], ["45 seat", "70 endpoint default 50", "30 user default 20", "0.806 GB"]
        expect(page.locator("dl.figures dd")).to_have_text([*at_stake, "2 of 5", "0", "2", *charged])
        row = page.locator("#line-email-core")
        expect(row).to_contain_text("Saved were 20.")
        row.get_by_role("link", name="Waive the penalty").click()
        page.get_by_role("dialog").get_by_label("Reason").fill("Agreed by phone.")
        page.get_by_role("dialog").get_by_role("button", name="Waive the penalty").click()
        expect(page.get_by_text("The penalty is waived.")).to_be_visible()
        expect(page.locator("#line-email-core strong")).to_have_text("20")
        expect(page.locator("#line-endpoint-core strong")).to_have_text("70")
        page.get_by_role("link", name="Approve…").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("5 lines go to final billing: 45 seat, 70 endpoint, 20 user, 0.806 GB.")
        dialog.get_by_label("Comment").fill("Please comment next time.")
        dialog.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("Bolt IT, October 2026: approved.")).to_be_visible()

    def _is_told_the_end(self, page: Page) -> None:
        assert "Agreed by phone." in letter(BELLA, "Penalty waived: usage report October 2026 of Bolt IT")
        approved = letter(BELLA, "Approved: usage report October 2026 of Bolt IT")
        assert "Please comment next time." in approved
        assert "* Credit-based services: 70 endpoint, 20 user, 0.806 GB" in approved
        page.goto(link_in(approved) + "?group=all")
        expect(page.locator("#report-head")).to_contain_text("Approved")
        expect(page.locator("#report-head")).to_contain_text("May require review")
        expect(page.get_by_text("Please comment next time.").first).to_be_visible()
        self._charges(page, {"workspace-security": "40", "endpoint-core": "70", "email-core": "20", "nfr-license": "5"})
        steps = page.locator("#report-history li:has(> p > strong)")
        expect(steps.locator("> p > strong")).to_have_text(
            ["Approved", "Penalty waived", "Submitted automatically", "Reminder sent", "Draft saved", "Report generated"]
        )
        for summary in page.locator("#report-history summary").all():
            summary.click()
        expect(steps.nth(1)).to_contain_text(re.compile(r"Email Security Core:\s*Chargeable units: 30 →(becomes)? 20"))
        expect(steps.nth(1)).to_contain_text("Agreed by phone.")
        submitted = steps.nth(2)
        expect(submitted).to_contain_text("System, 7 Nov 2026, 00:00 (Europe/Berlin)")
        for name, before, after in (("Workspace Security", 38, 40), ("Endpoint Security Core", 50, 70), ("Email Security Core", 20, 30)):
            expect(submitted).to_contain_text(re.compile(rf"{name}:\s*Chargeable units: {before} →(becomes)? {after}"))
        expect(steps.nth(4)).to_contain_text(re.compile(r"Workspace Security:\s*Chargeable units: 40 →(becomes)? 38"))

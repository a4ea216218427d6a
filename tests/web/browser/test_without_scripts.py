"""The portal in a browser that runs no scripts: everything can be done by links and forms."""

import re
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from tests.reports.month import HEADER, October, at_times, every_day
from tests.web.browser.conftest import PATIENCE, BrowserAs
from tests.web.conftest import NOW
from trueup.uploads.working import work_on_next

BELLA, COIL, NORTH = "billing@bolt.example", "billing@coil.example", "north@north.example"
PASSWORD = "correct horse battery staple"
BOLT = "/reports/2026-10/bolt/"
NOT_A_NUMBER = "“many” is not a number as it is written here: write it like 1,234.5"


@pytest.fixture
def october(server: str, tmp_path: Path) -> October:
    """October is closed; bolt's endpoints wait for a comment."""
    month = October(tmp_path)
    month.deliver(
        *at_times("bolt-dental", "workspace-security", "40", "40"),
        *at_times("bolt-dental", "endpoint-core", "50", "40"),
        *at_times("bolt-garage", "endpoint-core", "20", "20"),
        *every_day("bolt-garage", "email-core", "30", "29"),
        *at_times("coil-bakery", "workspace-security", "10", "10"),
    )
    month.close()
    return month


@pytest.fixture
def plain_browser_as(browser_as: BrowserAs) -> BrowserAs:
    """A browser without scripts."""

    def open_browser(email: str | None) -> Page:
        return browser_as(email, java_script_enabled=False)

    return open_browser


def figures(rows: Locator) -> list[list[str]]:
    """The cells of each row, as they are read."""
    return [[re.sub(r"\s+", " ", cell).strip() for cell in row.locator("th, td").all_inner_texts()] for row in rows.all()]


class TestPreparingWithoutScripts:
    def test_signs_in_by_the_form_and_opens_the_report(
        self, october: October, plain_browser_as: BrowserAs, settings: Settings, server: str
    ) -> None:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the others are slow on purpose
        cache.clear()
        bella = get_user_model().objects.get(email=BELLA)
        bella.set_password(PASSWORD)
        bella.save()
        page = plain_browser_as(None)
        page.goto("/reports/")
        page.get_by_label("Email").fill(BELLA)
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_text("The e-mail address or the password")).to_be_visible()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("link", name="October 2026").click()
        expect(page.locator("#chargeable-workspace-security")).to_be_visible()
        expect(page.locator("#chargeable-endpoint-core")).to_be_hidden()
        page.get_by_role("link", name=re.compile("Credit-based services")).click()
        expect(page.locator("#chargeable-endpoint-core")).to_have_value("60")

    def test_edits_comments_and_submits(self, october: October, plain_browser_as: BrowserAs) -> None:
        page = plain_browser_as(BELLA)
        page.goto(f"{BOLT}?group=credits")
        self._is_told_beside_the_field(page)
        page.locator("#chargeable-email-core").fill("29")
        page.get_by_role("button", name="Comment on Endpoint Security Core: needed").click()
        page.get_by_label("Comment", exact=True).fill("Rolled out early.")
        page.get_by_label("Reason code", exact=True).select_option("onboarding")
        page.get_by_role("button", name="Save comment").click()
        expect(page.locator("#notes-endpoint-core")).to_contain_text("Rolled out early.")
        expect(page.locator("#chargeable-endpoint-core")).to_have_value("58")
        page.locator("#chargeable-email-core").fill("28")
        page.get_by_role("button", name="Save Draft").click()
        expect(page.get_by_text("Draft saved.")).to_be_visible()
        expect(page.locator("#default-email-core")).to_contain_text("default 29")
        page.get_by_role("button", name="Email Security Core: back to the default").click()
        expect(page.locator("#chargeable-email-core")).to_have_value("29")
        self._submits(page)
        line = october.line("bolt", "endpoint-core")
        assert (line.chargeable, line.comment, line.reason) == (58, "Rolled out early.", "onboarding")

    def _is_told_beside_the_field(self, page: Page) -> None:
        page.locator("#chargeable-endpoint-core").fill("58")
        page.locator("#chargeable-email-core").fill("many")
        page.get_by_role("button", name="Save Draft").click()
        expect(page.locator("#chargeable-email-core")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#chargeable-email-core")).to_have_value("many")
        expect(page.locator("#notes-email-core")).to_contain_text(NOT_A_NUMBER)
        expect(page.locator("#chargeable-endpoint-core")).to_have_value("58")

    def _submits(self, page: Page) -> None:
        page.get_by_role("button", name="Submit…").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Submit the report of October 2026?")
        charged = page.get_by_role("table", name="Totals per solution group")
        assert figures(charged.locator("tbody tr")) == [
            ["Small and medium business solutions", "1", "seat", "40", "40", "0"],
            ["Credit-based services", "1", "endpoint", "60", "58", "−2"],
            ["Credit-based services", "1", "user", "29", "29", "0"],
        ]
        page.get_by_label("Comment on the report").fill("As every month.")
        page.get_by_role("button", name="Submit", exact=True).click()
        expect(page.get_by_text("The report was submitted. Your distributor reviews it now.")).to_be_visible()

    def test_sees_what_is_behind_a_line(self, october: October, plain_browser_as: BrowserAs) -> None:
        page = plain_browser_as(BELLA)
        page.goto(f"{BOLT}?group=credits")
        page.locator("#line-endpoint-core").get_by_role("link", name="Endpoint Security Core").click()
        panel = page.locator("#line-panel")
        expect(panel.get_by_role("heading", level=2)).to_have_text("Daily usage: Endpoint Security Core")
        expect(panel.get_by_role("img", name="Endpoint Security Core: units provisioned and used on each day")).to_be_visible()
        expect(panel.get_by_text("counts: 1 Oct")).to_be_visible()
        panel.get_by_text("The days as a table").click()
        expect(panel.get_by_role("table", name="Days of Endpoint Security Core").locator("tbody tr").first).to_contain_text("262.5")
        customers = panel.get_by_role("table", name="Customers of Endpoint Security Core")
        garage, dental = ["Garage Center", "20", "20", "75"], ["Dental Care", "50", "40", "187.5"]
        panel.get_by_role("link", name="Provisioned").click()
        expect(customers.locator("th[aria-sort=descending]")).to_contain_text("Provisioned")
        assert figures(customers.locator("tbody tr")) == [dental, garage]
        panel.get_by_role("link", name="Provisioned").click()
        expect(customers.locator("th[aria-sort=ascending]")).to_contain_text("Provisioned")
        assert figures(customers.locator("tbody tr")) == [garage, dental]
        panel.get_by_label("Find a customer").fill("gar")
        panel.get_by_role("button", name="Find").click()
        expect(customers.locator("tbody tr")).to_have_count(1)
        assert figures(customers.locator("tbody tr, tfoot tr")) == [garage, ["All customers", "70", "60", "262.5"]]

    def test_is_told_what_somebody_else_saved(self, october: October, plain_browser_as: BrowserAs) -> None:
        page = plain_browser_as(BELLA)
        page.goto(f"{BOLT}?group=credits")
        page.locator("#chargeable-endpoint-core").fill("58")
        october.edit("bolt", "endpoint-core", by="admin@bolt.example", chargeable="59", comment="Ours.")
        october.edit("bolt", "workspace-security", by="admin@bolt.example", chargeable="39", comment="One came back.")
        page.get_by_role("button", name="Save Draft").click()
        expect(page.get_by_role("alert")).to_contain_text("admin@bolt.example saved a draft")
        expect(page.locator("#notes-endpoint-core")).to_contain_text("Saved meanwhile: 59 (it was 60). Yours is in the field: 58.")
        expect(page.locator("#chargeable-endpoint-core")).to_have_value("58")
        page.locator("#conflict").get_by_role("link", name="Workspace Security").click()
        expect(page.locator("#notes-workspace-security")).to_be_in_viewport()
        expect(page.locator("#notes-workspace-security")).to_contain_text("Changed meanwhile from 40 to 39.")
        page.get_by_role("button", name="Save Draft").click()
        expect(page.get_by_text("Draft saved.")).to_be_visible()
        line = october.line("bolt", "endpoint-core")
        assert (line.chargeable, line.comment) == (58, "Ours.")
        assert october.line("bolt", "workspace-security").chargeable == 39

    def test_comes_back_to_the_page_of_the_form_after_a_lost_session(
        self, october: October, plain_browser_as: BrowserAs, browser_as: BrowserAs
    ) -> None:
        page = plain_browser_as(BELLA)
        page.goto(f"{BOLT}?group=credits")
        page.context.clear_cookies()
        page.get_by_role("button", name="Save Draft").click()
        expect(page).to_have_url(f"/account/login/?next={BOLT}%3Fgroup%3Dcredits")


class TestReviewingWithoutScripts:
    @pytest.fixture
    def reviewed(self, october: October) -> October:
        """Both MSPs have submitted."""
        october.edit("bolt", "endpoint-core", by=BELLA, chargeable="58", comment="Rolled out early.")
        october.edit("coil", "workspace-security", by=COIL, chargeable="9", comment="One was returned.")
        october.submit("bolt", by=BELLA)
        october.submit("coil", by=COIL)
        return october

    def test_rejects_and_approves(self, reviewed: October, plain_browser_as: BrowserAs) -> None:
        north = plain_browser_as(NORTH)
        north.goto("/review/")
        self._finds_and_rejects(north)
        self._corrects(plain_browser_as(BELLA))
        north.goto("/review/")
        for partner in ("Bolt IT", "Coil Services"):
            north.get_by_role("checkbox", name=f"Select {partner}, October 2026").check()
        north.get_by_role("button", name="Approve selected…").click()
        expect(north.get_by_role("heading", level=1)).to_have_text("Approve 2 reports?")
        expect(north.locator("dl.figures dd")).to_have_text(["2", "4", "2", "2", "0"])
        north.get_by_label("Comment on each of them").fill("Thank you.")
        north.get_by_role("button", name="Approve 2 reports").click()
        expect(north.locator(".results li")).to_have_text([re.compile(r"October 2026: approved")] * 2)
        assert [reviewed.report(msp).summary.status for msp in ("bolt", "coil")] == ["approved", "approved"]

    def _finds_and_rejects(self, north: Page) -> None:
        north.get_by_label("Partner", exact=True).fill("bolt")
        north.get_by_role("button", name="Show").click()
        expect(north.get_by_role("link", name="Coil Services")).to_have_count(0)
        north.get_by_role("link", name="Bolt IT").click()
        north.get_by_role("link", name="Reject…").click()
        north.get_by_role("button", name="Reject").click()
        form = north.locator("#act")
        form.get_by_label("Reason").fill("Which ones?")
        form.get_by_label("Endpoint Security Core").check()
        form.get_by_role("button", name="Reject").click()
        expect(north.get_by_text("Bolt IT, October 2026: rejected; it is back with the MSP.")).to_be_visible()

    def _corrects(self, page: Page) -> None:
        page.goto(BOLT)
        notice = page.locator("#report-notices")
        for said in (f"Rejected by {NORTH}", "Which ones?", "Look at: Endpoint Security Core"):
            expect(notice).to_contain_text(said)
        notice.get_by_role("link", name="Endpoint Security Core").first.click()
        expect(page.locator("#notes-endpoint-core")).to_contain_text("The distributor asks you to look at this line.")
        page.locator("#chargeable-endpoint-core").fill("57")
        page.get_by_role("button", name="Save Draft").click()
        page.get_by_role("button", name="Submit…").click()
        page.get_by_role("button", name="Submit", exact=True).click()
        expect(page.locator("#report-head")).to_contain_text("Submitted again")


class TestKeepingWithoutScripts:
    def test_imports_a_file(self, server: str, plain_browser_as: BrowserAs) -> None:
        page = plain_browser_as(BELLA)
        page.goto("/")
        page.get_by_role("link", name="Imports").click()
        rows = f"{HEADER}\n2026-11-01,bolt-dental,endpoint-core,40,31,\n2026-11-02,bolt-dental,endpoint-core,41,32,\n"
        usage = page.get_by_role("region", name="Usage")
        usage.get_by_label("File").set_input_files({"name": "november.csv", "mimeType": "text/csv", "buffer": rows.encode()})
        usage.get_by_role("button", name="Send and check").click()
        expect(page.get_by_text("being checked")).to_be_visible()
        assert work_on_next(now=NOW)
        page.get_by_role("button", name="Import").click()  # the page comes anew by itself
        expect(page.get_by_text("being imported")).to_be_visible()
        assert work_on_next(now=NOW)
        expect(page.get_by_text("Records stored")).to_be_visible(timeout=PATIENCE)
        expect(page.locator("dl.figures dd")).to_have_text(["2", "0", "0", "0"])

    def test_changes_a_customer(self, server: str, plain_browser_as: BrowserAs) -> None:
        page = plain_browser_as(BELLA)
        page.goto("/customers/")
        page.get_by_role("searchbox").fill("dental")
        page.get_by_role("searchbox").press("Enter")
        expect(page.get_by_role("link", name="Garage Center")).to_have_count(0)
        page.get_by_role("link", name="Dental Care").click()
        page.get_by_role("link", name="Edit").click()
        page.get_by_label("Name").fill("Dental Care & Sons")
        page.get_by_label("City").fill("Hamburg")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The customer was changed.")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_have_text("Dental Care & Sons")
        expect(page.get_by_role("definition").filter(has_text="Hamburg")).to_be_visible()

    def test_chooses_language_and_theme(self, server: str, plain_browser_as: BrowserAs) -> None:
        page = plain_browser_as(BELLA)
        page.goto("/customers/")
        page.locator("details.me summary").click()
        page.get_by_role("button", name="Deutsch").click()
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.get_by_role("heading", level=1)).to_have_text("Kunden")
        page.locator("details.me summary").click()
        page.get_by_role("button", name="Dunkel").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.locator("details.me summary").click()
        expect(page.get_by_role("button", name="Dunkel")).to_have_attribute("aria-pressed", "true")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Customers")

"""The month in German: numbers and days as they are written there, refusals, e-mails, and no English sentence of ours left on any page."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.core import mail
from playwright.sync_api import Page, expect
from pytest_django import Settings

import trueup.web
from tests.reports.month import CLOSING, HEADER, OPERATOR, October, at, at_times
from tests.web.browser.conftest import BrowserAs
from tests.web.conftest import Clock
from trueup.accounts.models import Member, User
from trueup.jobs.pipeline import run_once
from trueup.ledger.actions import import_usage
from trueup.notifications.models import Language

BELLA, NORTH, VENDOR = "billing@bolt.example", "north@north.example", "vendor@acme.example"
BOLT = "/reports/2026-10/bolt/"
CATALOG = Path(trueup.web.__file__).parent / "locale" / "de" / "LC_MESSAGES" / "django.po"


@pytest.fixture
def october(server: str, tmp_path: Path, settings: Settings, clock: Clock) -> October:
    """October is over, and everything it used is known."""
    settings.TRUEUP_URL = server
    month = October(tmp_path)
    month.deliver(
        *at_times("bolt-dental", "workspace-security", "40", "40"),
        *at_times("bolt-dental", "endpoint-core", "2000", "1234"),
        *at_times("bolt-garage", "backup-storage", "12.5", ""),
        *at_times("coil-bakery", "workspace-security", "10", "10"),
    )
    clock.at = at("2026-11-03T11:30:00Z")
    return month


@pytest.fixture
def german(browser_as: BrowserAs) -> BrowserAs:
    """The browser of somebody who reads German."""

    def open_browser(email: str | None) -> Page:
        return browser_as(email, locale="de-DE")

    return open_browser


class TestMonthInGerman:
    def test_is_prepared(self, october: October, german: BrowserAs, clock: Clock) -> None:
        list(run_once(at(CLOSING)))
        page = german(BELLA)
        self._wants_e_mails_in_german(page)
        self._finds_the_report(page)
        self._is_refused_what_could_be_read_in_two_ways(page)
        self._types_numbers(page)
        self._submits(page)
        line = october.line("bolt", "backup-storage")
        assert (line.chargeable, line.comment) == (Decimal("1234.5"), "Umzug der Sicherungen.")
        clock.at = at("2026-11-04T10:00:00Z")
        october.reject("bolt", "Bitte belegen.", now="2026-11-04T10:00:00Z")
        self._is_told(clock)
        page.reload()
        expect(page.locator("#report-notices")).to_contain_text(f"Zurückgewiesen von {NORTH}, 4. Nov. 2026, 11:00 (Europe/Berlin)")

    def _wants_e_mails_in_german(self, page: Page) -> None:
        page.goto("/settings/notifications/")
        page.get_by_label("Sprache der E-Mails").select_option(label="Deutsch")
        page.get_by_role("button", name="Speichern").click()
        expect(page.get_by_text("Gespeichert.")).to_be_visible()

    def _finds_the_report(self, page: Page) -> None:
        page.goto("/reports/")
        row = page.locator("#report-list tbody tr")
        for said in ("In Vorbereitung", "6. Nov. 2026", "noch 3 Tage", "1.234 endpoint", "0,806 GB"):
            expect(row).to_contain_text(said)
        row.get_by_role("link", name="Oktober 2026").click()
        page.wait_for_url(f"**{BOLT}")
        page.get_by_role("link", name=re.compile("Credit-based services")).click()
        expect(page.locator("#report-head")).to_contain_text("Ende des 6. Nov. 2026 (Europe/Berlin)")
        expect(page.locator("[data-deadline]")).to_have_text("noch 3 Tage 11 Stunden")
        expect(page.locator("#line-endpoint-core [data-fact]")).to_contain_text(["2.000", "1.234"])

    def _is_refused_what_could_be_read_in_two_ways(self, page: Page) -> None:
        page.locator("#chargeable-backup-storage").fill("1.5")
        page.get_by_role("button", name="Entwurf speichern").click()
        expect(page.locator("#chargeable-backup-storage")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#notes-backup-storage")).to_contain_text(
            "„1.5“ ist keine Zahl in der hier üblichen Schreibweise: schreiben Sie sie wie 1.234,5"
        )
        expect(page.locator("#chargeable-backup-storage")).to_have_value("1.5")

    def _types_numbers(self, page: Page) -> None:
        page.locator("#chargeable-backup-storage").fill("1.234,5")
        expect(page.locator("#line-backup-storage [data-change]")).to_have_text("+1.233,694")
        for service, name in (("backup-storage", "Backup Storage"), ("endpoint-core", "Endpoint Security Core")):
            page.locator(f"#line-{service} [data-comment-button]").click()
            expect(page.get_by_role("dialog", name=f"Kommentar zu {name}")).to_be_visible()
            page.get_by_label("Kommentar", exact=True).fill("Umzug der Sicherungen.")
            page.get_by_role("button", name="Kommentar übernehmen").click()
        page.get_by_role("button", name="Entwurf speichern").click()
        expect(page.locator("#save-state")).to_have_text("Entwurf gespeichert.")
        expect(page.locator("#chargeable-backup-storage")).to_have_value("1234,5")
        expect(page.locator("#default-backup-storage")).to_contain_text("Vorgabe 0,806")

    def _submits(self, page: Page) -> None:
        page.get_by_role("button", name="Einreichen…").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Nutzungsbericht für Oktober 2026 einreichen?")
        page.get_by_role("button", name="Einreichen", exact=True).click()
        expect(page.get_by_text("Der Nutzungsbericht wurde eingereicht. Ihr Distributor prüft ihn jetzt.")).to_be_visible()
        expect(page.locator("#report-head")).to_contain_text("In Prüfung")
        expect(page.locator("#report-history")).to_contain_text("Eingereicht")

    def _is_told(self, clock: Clock) -> None:
        mail.outbox.clear()
        list(run_once(clock.at))
        told = {one.to[0].rpartition("<")[2].strip(">"): one for one in mail.outbox}
        letter = told[BELLA]
        assert letter.subject == "Zurückgewiesen: Nutzungsbericht Oktober 2026 von Bolt IT"
        assert "Bitte belegen." in letter.body
        assert "Samstag, 7. November 2026, 24:00 (Europe/Berlin)" in letter.body
        assert "1.234,5 GB" in letter.body
        assert list(english_in(str(letter.body))) == []
        assert told["admin@bolt.example"].subject == "Sent back: usage report October 2026 of Bolt IT"


PAGES = {
    None: ["/account/login/", "/account/password/reset/", "/nowhere/"],
    BELLA: [
        "/", "/reports/", f"{BOLT}?group=all&line=endpoint-core", f"{BOLT}?group=all&line=backup-storage", f"{BOLT}submit/",
        f"{BOLT}forecast/", f"{BOLT}comment/endpoint-core/", "/customers/", "/customers/new/", "/customers/view/bolt-dental/",
        "/customers/edit/bolt-dental/", "/customers/move/bolt-dental/", "/imports/", "/review/", "/settings/", "/settings/notifications/",
        "/settings/members/", "/settings/terms/", "/settings/catalog/", "/settings/catalog/view/endpoint-core/",
        "/account/password/change/", "/account/sessions/", "/account/2fa/",
    ],
    NORTH: [
        "/", "/review/?status=all", "/review/2026-10/coil/", "/review/2026-10/coil/?do=approve", "/review/2026-10/coil/?do=reject",
        "/review/2026-10/bolt/", "/reports/2026-10/bolt/", "/cycles/", "/cycles/2026-10/", "/cycles/2026-11/", "/partners/",
        "/partners/view/bolt/", "/partners/edit/bolt/", "/settings/terms/", "/settings/terms/of/bolt/", "/settings/terms/change/bolt/",
    ],
    VENDOR: [
        "/", "/review/", "/cycles/2026-10/", "/imports/", "/imports/unmapped/", "/partners/", "/partners/move/bolt/", "/settings/",
        "/settings/regions/?new", "/settings/account-types/?new", "/settings/sources/?edit=manual", "/settings/catalog/new/",
        "/settings/catalog/new-group/", "/settings/catalog/edit/email-core/", "/settings/catalog/view/email-core/",
        "/settings/catalog/measure/email-core/", "/settings/catalog/credits/email-core/", "/settings/clients/", "/settings/clients/new/",
        "/settings/members/", "/settings/members/invite/", "/outbox/",
    ],
}  # fmt: skip
"""The main pages, by who opens them."""

REFUSED = {(None, "/nowhere/"): 404, (BELLA, "/review/"): 403}
"""Those of them that say why there is nothing to see."""

SPOKEN = """() => {
  const said = [document.title, document.body.textContent];
  for (const one of document.body.querySelectorAll("*"))
    for (const {name, value} of one.attributes)
      if (/^(aria-label|title|placeholder|alt|data-says.*|data-template|data-none|data-one|data-many)$/.test(name)) said.push(value);
  return said.join("\\n");
}"""
"""Everything a page says, also what a script may show, and what only screen readers say."""

PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}|%%")


class TestPagesInGerman:
    @pytest.mark.parametrize("email", PAGES, ids=lambda email: email or "nobody")
    def test_say_nothing_in_english(self, october: October, german: BrowserAs, email: str | None) -> None:
        Language.objects.bulk_create(Language(user=user, code="de", changed_at=at(CLOSING)) for user in User.objects.all())
        list(run_once(at(CLOSING)))
        october.edit("bolt", "workspace-security", by=BELLA, chargeable="38")
        october.edit("coil", "workspace-security", by="billing@coil.example", chargeable="9", comment="Einer kam zurück.")
        october.submit("coil", by="billing@coil.example")
        november = october.folder / "november.csv"
        november.write_text(f"{HEADER}\n2026-11-01,bolt-dental,endpoint-core,40,31,\n")
        import_usage(OPERATOR, november, source="rmm-feed", now=at("2026-11-02T08:00:00Z"))
        if email == VENDOR:
            Member.objects.filter(user=User.objects.get(email=VENDOR)).update(role="admin")
        page = german(email)
        left = {}
        for path in PAGES[email]:
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == REFUSED.get((email, path), 200), path
            expect(page.locator("html")).to_have_attribute("lang", "de")
            found = list(english_in(page.evaluate(SPOKEN)))
            if found:
                left[path] = found
        assert left == {}


class TestEnglish:
    def test_is_found_where_it_stands(self) -> None:
        fate = "If you do nothing, the report is submitted automatically at the end of 6. Nov. 2026, as it was last saved."
        assert fate.replace("6. Nov. 2026", "%(day)s") in english_in(f"Bolt IT: {fate} Prüfen")
        assert "Nothing waits for you" in english_in("Start: Nothing waits\n for you.")
        assert list(english_in("Nichts wartet auf Sie")) == []


def english_in(said: str) -> Iterator[str]:
    """Our own English sentences, of three words or more, in what a page or an e-mail says."""
    spoken = " ".join(said.split()).casefold()
    for message, longest, pattern in sentences():
        if longest in spoken and pattern.search(spoken):
            yield message


@cache
def sentences() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Every sentence that is said otherwise in German: as it is written, its longest fixed part, and what it looks like on a page."""
    with CATALOG.open("rb") as file:
        catalog = read_po(file)
    found = []
    for message in catalog:
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        said = [message.string] if isinstance(message.string, str) else list(message.string or ())
        for one in ids:
            parts = [" ".join(part.split()).casefold() for part in PLACEHOLDER.split(one)]
            if one not in said and len(" ".join(parts).split()) >= 3:
                found.append((one, max(parts, key=len), re.compile(r"\s?\S.{0,80}?\s?".join(map(re.escape, parts)))))
    assert len(found) > 500
    return tuple(found)

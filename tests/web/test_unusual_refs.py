"""Refs and codes of any characters: every page of a month whose MSP, service, group and customer are called unusually."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from tests.reports.month import MONTH_END, OPERATOR, October, at, at_times
from tests.web.conftest import AsPerson
from tests.world import FILE_NAME, NETWORK
from trueup.network.actions import apply

MSP = 'bo/lt ü?#%"'
SERVICE = "a/b c"
GROUP = "cre/dits ä&"
CUSTOMER = "../den tal?"
QUOTED = {"bolt": MSP.replace("\\", "").replace('"', '\\"'), "endpoint-core": SERVICE, "credits": GROUP, "bolt-dental": CUSTOMER}
PERSON, NORTH, VENDOR = "billing@bolt.example", "north@north.example", "vendor@acme.example"
_NAMES = re.compile(r"(?<=[:,{ ]) ?(bolt-dental|endpoint-core|credits|bolt)(?=[,}\n])(?!:)")


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path) -> October:
    """October is closed; the report of the MSP waits with a line that needs a comment."""
    network = _NAMES.sub(lambda found: f' "{QUOTED[found[1]]}"', NETWORK)
    apply(OPERATOR, network, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
    month = October(tmp_path)
    month.deliver(*at_times(CUSTOMER, SERVICE, "50", "30"), *at_times("bolt-garage", "workspace-security", "4", "4"), now=MONTH_END)
    month.close()
    return month


def links(page: str, base: str) -> Iterator[str]:
    """Where a page leads inside the portal."""
    for found in re.findall(r'(?:href|hx-get)="([^"]*)"', page):
        address = urljoin(base, unescape(found))
        if not address.startswith(("/static/", "http", "mailto:")):
            yield address.partition("#")[0]


def visit(client: Client, *starts: str) -> dict[str, str]:
    """Every page that can be reached from some, and what it shows."""
    seen: dict[str, str] = {}
    ahead = list(starts)
    while ahead:
        address = ahead.pop()
        if address in seen:
            continue
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        seen[address] = answer.content.decode() if not answer.streaming else ""
        if answer.headers["Content-Type"].startswith("text/html"):
            base = answer.redirect_chain[-1][0] if answer.redirect_chain else address
            ahead += [link for link in links(seen[address], urlsplit(base).path) if "/account" not in link]
    return seen


class TestUnusualRefs:
    @pytest.mark.parametrize("person", [PERSON, NORTH, VENDOR])
    def test_open_every_page_that_leads_to_them(self, october: October, as_person: AsPerson, person: str) -> None:
        seen = visit(as_person(person), "/")
        values = {"month": "2026-10", "msp": MSP}
        assert reverse("report", kwargs=values) in seen
        assert reverse("report_csv", kwargs=values) in seen
        assert reverse("report_line", kwargs={**values, "service": SERVICE}) in seen
        assert reverse("report_customers_csv", kwargs={**values, "service": SERVICE}) in seen
        assert reverse("customer", kwargs={"ref": CUSTOMER}) in seen
        assert reverse("service", kwargs={"code": SERVICE}) in seen
        assert (reverse("review_report", kwargs=values) in seen) is (person != PERSON)

    def test_of_services_are_edited_commented_and_submitted(self, october: October, as_person: AsPerson) -> None:
        bella, values = as_person(PERSON), {"month": "2026-10", "msp": MSP}
        sent = {"version": "1", "group": GROUP, f"chargeable-{SERVICE}": "31", f"was_chargeable-{SERVICE}": "50"}
        saved = bella.post(reverse("report_draft", kwargs=values), {**sent, "then": f"comment:{SERVICE}"})
        assert saved["Location"] == reverse("report_comment", kwargs={**values, "service": SERVICE})
        comment = {f"comment-{SERVICE}": "Spares.", f"was_comment-{SERVICE}": "", f"reason-{SERVICE}": ""}
        back = bella.post(saved["Location"], {"version": "2", **comment})
        assert back["Location"].endswith("#line-a~2Fb~20c")
        page = bella.get(back["Location"]).text
        assert 'id="line-a~2Fb~20c"' in page
        assert "Spares." in page
        assert bella.post(reverse("report_submit", kwargs=values), {"version": "3", "comment": ""}).status_code == 302

    def test_name_files_that_are_downloaded(self, october: October, as_person: AsPerson) -> None:
        answer = as_person(PERSON).get(reverse("report_csv", kwargs={"month": "2026-10", "msp": MSP}))
        assert answer["Content-Disposition"] == "attachment; filename*=utf-8''report-2026-10-bo_lt%20%C3%BC%3F%23%25%22.csv"

    def test_lead_a_reviewer_on(self, october: October, as_person: AsPerson) -> None:
        north = as_person(NORTH)
        answer = north.get(reverse("review_next"), {"after": f"2026-10/{MSP}", "inbox": "status=all"})
        assert answer.status_code == 302

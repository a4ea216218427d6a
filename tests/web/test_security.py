"""What people type, send or ask for does no harm: on every page of the table in addresses.py."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings as portal
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

import trueup.web
from tests.reports.month import HEADER
from tests.web.addresses import PAGES, PEOPLE, who
from tests.web.conftest import NOW
from tests.web.month import PORTAL_NETWORK, Autumn, standing, viewer_of
from tests.web.test_permissions import read
from trueup.accounts.actions import keep_view
from trueup.accounts.rules import Viewer
from trueup.kit.period import Month
from trueup.ledger.actions import import_usage
from trueup.reports import actions
from trueup.uploads.models import Upload
from trueup.uploads.working import work_on_next

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7|add:7 }}{% csrf_token %}"
"""What would run, or break out of an attribute, or be a template, if it were not written as text."""

FORMULAS = {"bolt-dental": "=HYPERLINK(1)", "bolt-garage": "+1+1", "bolt-moved": "-1+1", "bolt-leaving": "@SUM(1)"}


def _renamed(network: str) -> str:
    """The network with names that are scripts, templates and formulas."""
    for ref, formula in FORMULAS.items():
        network = re.sub(rf"(ref: {ref}, tier: customer.*?name: )[^,}}]+", rf"\g<1>{json.dumps(formula)}", network)
    for name in ("Acme Security", "North Distribution", "Bolt IT", "Coil Services", "Bakery Brothers", "Credit-based services",
                 "Endpoint Security Core", "Bella Bolt", "Nova New", "Gigabyte"):  # fmt: skip
        assert name in network
        network = network.replace(f"name: {name}", "name: " + json.dumps(f"{name}{SCRIPT}"))
    return network


@pytest.fixture(scope="module")
def autumn(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Autumn]:
    """One month for all tests here, in which everything that people name is called as badly as possible."""
    folder = tmp_path_factory.mktemp("autumn")
    with django_db_blocker.unblock(), standing(folder, network=_renamed(PORTAL_NETWORK)) as month:
        month.october.edit(
            "bolt", "nfr-license", by="billing@bolt.example", chargeable="4", comment=SCRIPT, reason="other", now=str(NOW.isoformat())
        )
        actions.reject(viewer_of("north@north.example"), Month(2026, 10), "coil", now=NOW, comment=SCRIPT, lines=["endpoint-core"])
        keep_view(viewer_of("north@north.example"), "review", SCRIPT[:60], "status=all")
        unknown = folder / "names.csv"
        unknown.write_text(f"{HEADER}\n2026-11-01,{csv_cell(SCRIPT)},workspace-security,1,1,\n", encoding="utf-8")
        assert import_usage(Viewer.system(), unknown, source="manual", now=NOW).unmapped == 1
        _send(month.person(PEOPLE["b"]), f"{HEADER}\n2026-11-01,{csv_cell(SCRIPT)},endpoint-core,1,1,\n".encode(), name=f"{SCRIPT}.csv")
        assert work_on_next(now=NOW)
        month.uploads["bolt"] = Upload.objects.order_by("-pk").values_list("pk", flat=True)[0]
        yield month


def csv_cell(text: str) -> str:
    """Text as a cell of a file."""
    return '"' + text.replace('"', '""') + '"'


def _send(client: Client, content: bytes, *, name: str = "usage.csv") -> HttpResponse:
    return client.post(reverse("upload_send", args=["usage"]), {"file": SimpleUploadedFile(name, content), "accept_valid": "on"})  # type: ignore[return-value]


class Seen(NamedTuple):
    """A page as somebody sees it."""

    name: str
    headers: Mapping[str, str]
    text: str


@pytest.fixture(scope="module")
def pages(autumn: Autumn) -> list[Seen]:
    """Every page as somebody of each account and of each role sees it for whom it opens; looked at once for all tests."""
    found = []
    for page in PAGES:
        for of, said in page.open.items():
            for letter in (letter for letter, status in who(said).items() if status in {200, 403} and letter in "ONRbavd"):
                address = page.address(autumn, of)
                response: Any = autumn.person(PEOPLE[letter]).get(address)
                found.append(Seen(f"{address} for {PEOPLE[letter]}", dict(response.headers), read(response)))
    return found


class Checked(HTMLParser):
    """A page, read for what must not be in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.controls: set[str] = set()
        self.labels: list[str] = []
        self.counts: dict[str, int] = {}
        self.form: dict[str, bool] | None = None
        self.signed_in = "X-Seat" in text
        self.feed(text)
        self._whole()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element."""
        given = {name: value or "" for name, value in attrs}
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.wrong += [f"{tag} has {name}" for name in given if name == "style" or name.startswith(("on", "hx-on"))]
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.wrong.append(f"inline {tag}")
        self.wrong += [
            f"{tag} leads to {given[name]}" for name in ("src", "href", "action", "formaction") if _elsewhere(given.get(name, ""))
        ]
        self._keep(tag, given)

    def _keep(self, tag: str, given: dict[str, str]) -> None:
        if "id" in given:
            self.ids.append(given["id"])
            if tag in {"input", "select", "textarea", "button", "progress", "meter", "output"}:
                self.controls.add(given["id"])
        if tag == "label" and "for" in given:
            self.labels.append(given["for"])
        if tag == "html" and not given.get("lang"):
            self.wrong.append("no language")
        if tag == "form":
            files = "seat=" in given.get("action", "") and "enctype" in given  # what is sent with a file is not read at once
            self.form = {"post": given.get("method", "").lower() == "post", "token": False, "seat": files}
        if tag == "input" and given.get("name") == "csrfmiddlewaretoken" and self.form is not None:
            self.form["token"] = True
        if tag == "input" and given.get("name") == "seat" and given.get("value") and self.form is not None:
            self.form["seat"] = True

    def handle_endtag(self, tag: str) -> None:
        """The end of a form."""
        if tag == "form" and self.form is not None:
            if self.form["post"] and not self.form["token"]:
                self.wrong.append("a form without a token")
            if self.form["post"] and self.signed_in and not self.form["seat"]:
                self.wrong.append("a form that does not say for which account its page was opened")
            self.form = None

    def _whole(self) -> None:
        self.wrong += [f"{self.counts.get(tag, 0)} {tag}" for tag in ("html", "h1", "main") if self.counts.get(tag) != 1]
        self.wrong += ["no title"] if not self.counts.get("title") else []
        self.wrong += [f"two things are called {name}" for name in set(self.ids) if self.ids.count(name) > 1]
        self.wrong += [f"a label of {name}, which is no field" for name in self.labels if name not in self.controls]


def _elsewhere(address: str) -> bool:
    return bool(re.match(r"\s*(?:[a-z][a-z0-9+.-]*:|//|\\)", address, re.IGNORECASE)) and not address.startswith("data:image/")


class TestPages:
    def test_are_clean_html_that_names_no_other_place(self, pages: list[Seen]) -> None:
        documents = [page for page in pages if page.text.startswith("<!doctype")]
        wrong = [f"{page.name}: {found}" for page in documents for found in Checked(page.text).wrong]
        assert not wrong, "\n".join(dict.fromkeys(wrong))

    def test_write_as_text_what_people_called_things(self, pages: list[Seen]) -> None:
        documents = [page for page in pages if page.headers["Content-Type"].startswith("text/html")]
        harm = ("<script>alert", "<img src=x", ";1414", "&amp;lt;script")
        wrong = [f"{page.name}: {found}" for page in documents for found in harm if found in page.text]
        assert not wrong, "\n".join(wrong)
        assert sum(escape(SCRIPT[:25]) in page.text for page in documents) > 20

    def test_are_kept_by_nobody_on_the_way_and_load_nothing_else(self, autumn: Autumn, pages: list[Seen]) -> None:
        policy = autumn.person(PEOPLE["b"]).get("/").headers["Content-Security-Policy"]
        wrong = [f"{page.name} may be kept" for page in pages if "no-store" not in page.headers.get("Cache-Control", "")]
        wrong += [f"{page.name} has another policy" for page in pages if page.headers.get("Content-Security-Policy") != policy]
        assert not wrong, "\n".join(wrong)
        assert "unsafe" not in policy

    def test_of_files_set_no_cookie(self, autumn: Autumn) -> None:
        response = Client().get("/static/web/css/page.css")
        read(response)
        assert response.status_code == 200
        assert not response.cookies


PARAMETERS = (
    "account", "after", "buyer", "by", "code", "comment", "currency", "cycle", "do", "edit", "email", "find", "flag", "from", "group",
    "inbox", "kind", "like", "line", "month", "msp", "new", "order", "page", "po_number", "profile", "reason", "rows", "search",
    "service", "sort", "state", "status", "submission", "tier", "to", "use", "verb", "way", "year",
)  # fmt: skip
NASTY = (
    "", "-1", "9" * 5000, "9" * 20, "٣", "²", "' OR 1=1 --", SCRIPT, "../../etc/passwd", "\u202e", "x" * 9000, "9999-12",
    "2026-10/bolt", "name&inbox=inbox%3D",
)  # fmt: skip


TURNS = 5
"""So many values of NASTY every parameter of every page gets, each page's parameters other ones at the same time."""


class TestAddresses:
    def test_with_anything_behind_them_are_answered(self, autumn: Autumn) -> None:
        wrong = []
        for page in PAGES:
            of, said = next(iter(page.open.items()), ("", ""))
            letter = next((letter for letter, status in who(said).items() if said and status < 300), None)
            if letter is None:
                continue
            client = Client(raise_request_exception=False)
            client.cookies = autumn.person(PEOPLE[letter]).cookies
            address = page.address(autumn, of).partition("?")[0]
            for turn in range(TURNS):
                asked = {name: NASTY[(at + turn * 3) % len(NASTY)] for at, name in enumerate(PARAMETERS)}
                if turn == 0 and ("line" in page.name or page.name == "report"):
                    asked |= {"line": "endpoint-core"}
                response = client.get(address, asked)
                text = read(response)
                if response.status_code >= 500 or (text.startswith("<") and "<script>alert" in text):
                    wrong.append(f"{address} in turn {turn}: {response.status_code}")
            # A character 0 alone: the request is refused for it before a page reads anything else.
            wrong += [f"{address} with a character 0"] if client.get(address, {"search": "a\0b"}).status_code != 400 else []
        assert not wrong, "\n".join(wrong)

    def test_are_tried_with_every_name_that_pages_read(self) -> None:
        found: set[str] = set()
        for file in Path(trueup.web.__file__).parent.rglob("*.py"):
            found |= set(re.findall(r'(?:GET|given)\.get\("(\w+)"', file.read_text(encoding="utf-8")))
        assert found - set(PARAMETERS) == set()

    def test_of_anything_are_answered(self, autumn: Autumn) -> None:
        wrong = []
        for email in ("north@north.example", "billing@bolt.example", "admin@acme.example"):
            client = Client(raise_request_exception=False)
            client.cookies = autumn.person(email).cookies
            for value in ("%00", "a%00b", "%3Cscript%3Ealert(1)", "%ff%fe", "%2e%2e", "%0d%0aX:1", "9" * 300, "%F0%9F%98%80", "0000-00"):
                for place in (
                    "/reports/{}/bolt/", "/reports/2026-10/{}/", "/reports/2026-10/bolt/lines/{}/", "/reports/2026-10/{}/report.csv",
                    "/review/{}/bolt/", "/review/2026-10/{}/", "/cycles/{}/", "/customers/view/{}/", "/partners/edit/{}/", "/imports/{}/",
                    "/settings/terms/of/{}/", "/settings/terms/edit/{}/bolt/", "/settings/catalog/view/{}/", "/outbox/{}/",
                    "/invitations/{}/",
                    "/settings/clients/{}/revoke/",
                ):  # fmt: skip
                    response = client.get(place.format(value))
                    if response.status_code >= 500 or b"<script>alert" in response.content or "X" in response.headers:
                        wrong.append(f"{place.format(value)}: {response.status_code}")
        assert not wrong, "\n".join(wrong)

    def test_of_forms_answer_whatever_is_sent(self, autumn: Autumn) -> None:
        wrong = []
        for page in (page for page in PAGES if page.doer):
            letter, of = page.doer[0], page.doer[2:]
            client = Client(raise_request_exception=False)
            client.cookies = autumn.person(PEOPLE[letter]).cookies
            fields = {*page.sends(autumn, of), "seen", "version", "comment", "inbox", "from"} - {"file"}
            for value in ("", "\0", "9" * 5000, SCRIPT, "\u202e", "-1", "٣", "2026-02-30", "x" * 9000):
                response = client.post(page.address(autumn, of), dict.fromkeys(fields, value))
                if response.status_code >= 500 or b"<script>alert" in response.content:
                    wrong.append(f"{page.name} with {value[:30]!r}: {response.status_code}")
        assert not wrong, "\n".join(wrong)


class TestDownloads:
    def test_hold_no_formulas_and_numbers_as_numbers(self, autumn: Autumn) -> None:
        client = autumn.person(PEOPLE["b"])
        cells: list[str] = []
        for page in (page for page in PAGES if page.name in {"report_csv", "report_customers_csv", "upload_refused"}):
            cells += [cell for row in csv.reader(StringIO(read(client.get(page.address(autumn, "bolt"))).lstrip("\ufeff"))) for cell in row]
        assert [cell for cell in cells if re.match(r"[=+\-@\t\r]", cell) and not re.fullmatch(r"-?\d+(\.\d+)?", cell)] == []
        assert {f"'{FORMULAS[ref]}" for ref in ("bolt-dental", "bolt-garage")} <= set(cells)
        assert "70" in cells


class TestImports:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (f"{HEADER}\n".encode() + b"x" * 10_000_000, "read"),
            (f"{HEADER}\n2026-11-01,\xe9\xff,endpoint-core,1,1,\n".encode("latin-1"), "UTF-8"),
            (f"{HEADER},day\n2026-11-01,bolt-dental,endpoint-core,1,1,,2026-11-02\n".encode(), "twice"),
            (b"a,b,c\n1,2,3\n", "column"),
        ],
        ids=["one line of 10 MB", "not UTF-8", "a column twice", "other columns"],
    )
    def test_that_cannot_be_read_say_so_and_store_nothing(self, autumn: Autumn, content: bytes, reason: str) -> None:
        client = autumn.person(PEOPLE["b"])
        page = _send(client, content)["Location"]
        work_on_next(now=NOW)
        upload = Upload.objects.order_by("-pk")[0]
        text = client.get(page).content.decode()
        assert not upload.counts.get("importable")
        assert reason in text

    def test_stay_in_their_folder_whatever_they_are_called(self, autumn: Autumn) -> None:
        client = autumn.person(PEOPLE["b"])
        became = []
        for units, name in enumerate(("../../../evil.csv", "..\\..\\evil.csv", "refused.csv", "progress.json.csv"), 7):
            rows = f"2026-11-01,bolt-dental,endpoint-core,{units},1,\n2026-11-01,nobody,endpoint-core,1,1,\n"
            page = _send(client, f"{HEADER}\n{rows}".encode(), name=name)["Location"]
            work_on_next(now=NOW)
            assert client.post(page + "confirm/")["Location"] == page
            work_on_next(now=NOW)
            upload = Upload.objects.order_by("-pk")[0]
            became.append((upload.state, upload.counts.get("stored"), upload.counts.get("refused"), upload.error))
        assert became == [("done", 1, 1, "")] * 4
        assert not list(Path(portal.TRUEUP_HOME).parent.glob("evil*"))

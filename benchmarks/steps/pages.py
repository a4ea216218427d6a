"""The portal's pages, answered in this process: the time between a request and its answer, without a network between."""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import include, path, reverse

from trueup.accounts.rules import Viewer
from trueup.cycles.actions import close
from trueup.kit.period import Month
from trueup.ledger.actions import compact, import_usage
from trueup.network.actions import apply
from trueup.reports.actions import LineEdit, save_draft, submit
from trueup.reports.generating import generate
from trueup.web.page import render

OCTOBER = Month(2026, 10)
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
DELIVERED = datetime(2026, 10, 31, 22, tzinfo=UTC)
CLOSED = datetime(2026, 11, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LARGE = "msp-0000"
"""The MSP with a line for every service; the others have one line each."""


def empty(request: HttpRequest) -> HttpResponse:
    """A page of the portal with nothing on it: what every page costs."""
    return render(request, "web/page.html")


urlpatterns = [path("empty/", empty), path("", include("trueup.config.urls"))]


def prepare(folder: str, reports: int, lines: int) -> dict[str, int]:
    """An MSP with so many lines in preparation, and so many reports of others under review."""
    call_command("migrate", verbosity=0)
    apply(Viewer.system(), _network(reports, lines), file_name="bench.yaml", dry_run=False, now=BEFORE)
    file = Path(folder) / "usage.csv"
    with file.open("w", encoding="utf-8") as out:
        out.write("day,customer,service,provisioned_units,used_units\n")
        for day in OCTOBER.days:
            out.writelines(
                f"{day},customer-0000,service-{number:03d},{40 + number},{30 + (number + day.day) % 12}\n" for number in range(lines)
            )
        out.writelines(f"2026-10-15,customer-{msp:04d},service-000,{20 + msp % 30},{18 + msp % 30}\n" for msp in range(1, reports + 1))
    import_usage(Viewer.system(), file, now=DELIVERED)
    compact(now=DELIVERED)
    generate(Viewer.system(), close(Viewer.system(), OCTOBER, now=CLOSED), now=CLOSED)
    for msp in range(1, reports + 1):
        ref = f"msp-{msp:04d}"
        save_draft(Viewer.system(), OCTOBER, ref, [LineEdit("service-000", chargeable=str(msp % 17), comment="counted anew")], now=NOW)
        submit(Viewer.system(), OCTOBER, ref, now=NOW)
    return {"reports": reports, "lines": lines}


def _network(reports: int, lines: int) -> str:
    services = "\n".join(
        f"  - {{code: service-{number:03d}, name: Service {number}, group: g{number % 4}, unit: seat, measure: service_peak_day}}"
        for number in range(lines)
    )
    groups = "\n".join(f"  - {{code: g{number}, name: Group {number}}}" for number in range(4))
    msps = range(reports + 1)
    accounts = "\n".join(f"  - {{ref: msp-{msp:04d}, tier: msp, parent: north, name: Partner {msp}}}" for msp in msps)
    customers = "\n".join(f"  - {{ref: customer-{msp:04d}, tier: customer, parent: msp-{msp:04d}, name: Customer {msp}}}" for msp in msps)
    return f"""
solution_groups:
{groups}
services:
{services}
accounts:
  - {{ref: vendor, tier: vendor, name: Vendor}}
  - {{ref: north, tier: distributor, parent: vendor, name: North}}
{accounts}
{customers}
members:
  - {{email: north@north.example, account: north, role: billing_manager}}
  - {{email: msp@msp.example, account: {LARGE}, role: billing_manager}}
terms:
  - {{over_provision_percent: 50, over_provision_units: 100, auto_approve: never}}
"""


def measure(repeat: int) -> dict[str, object]:
    """Seconds of each page, by turns, and how many queries each asks."""
    settings.ROOT_URLCONF = "benchmarks.steps.pages"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.TRUEUP_CLOCK = lambda: NOW
    msp, distributor = _signed_in("msp@msp.example"), _signed_in("north@north.example")
    pages: dict[str, Callable[[], object]] = {
        "empty": lambda: _open(msp, "/empty/"),
        "report": lambda: _open(msp, reverse("report", args=[str(OCTOBER), LARGE])),
        "inbox": lambda: _open(distributor, reverse("review")),
    }
    queries = {}
    for name, show in pages.items():
        show()  # what is loaded and kept at first
        with CaptureQueriesContext(connection) as asked:
            show()
        queries[name] = len(asked)
    times: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(repeat):
        for name, show in pages.items():
            times[name].append(statistics.median(_timed(show) for _ in range(5)))
    return {"seconds": times, "queries": queries}


def _signed_in(email: str) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(email=email), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _open(client: Client, address: str) -> int:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")
    return len(response.content)


def _timed(show: Callable[[], object]) -> float:
    began = time.perf_counter()
    show()
    return time.perf_counter() - began

"""Pictures of the portal's main pages, as its people see them in the demo world.

    python tools/screenshots.py                        the pictures of the docs, into docs/pictures
    python tools/screenshots.py --all FOLDER           every page in both themes and at four widths
    python tools/screenshots.py --all FOLDER --only review,home --home KEPT

It loads the demo world into a temporary home (or into `--home`, which stays), as on one fixed day, and serves it on a free port.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.browser import ARGUMENTS, find

ROOT = Path(__file__).resolve().parent.parent
NOW = "2026-11-04T09:00:00Z"
PASSWORD = "true-up-demo"  # noqa: S105 -- the demo world's
WIDTHS = (360, 768, 1440, 1920)

VENDOR, DISTRIBUTOR, MSP = "admin@tessarine.example", "billing@northfall.example", "billing@bryndle.example"
STATEMENT = "northfall-2026-000057"
"""Bryndle's, of September: the same in every world that is loaded on that day."""


class Picture(NamedTuple):
    """A page, and who looks at it; `shown` is what to do before the picture is taken."""

    name: str
    person: str | None
    path: str
    shown: str = ""


PICTURES = (
    Picture("sign-in", None, "/account/login/"),
    Picture("home-msp", MSP, "/"),
    Picture("home-distributor", DISTRIBUTOR, "/"),
    Picture("home-vendor", VENDOR, "/"),
    Picture("reports", MSP, "/reports/"),
    Picture("report", MSP, "/reports/2026-10/bryndle/?group=credits"),
    Picture("report-comment", MSP, "/reports/2026-10/bryndle/?group=credits", "comment"),
    Picture("report-keys", MSP, "/reports/2026-10/bryndle/", "keys"),
    Picture("report-forecast", MSP, "/reports/2026-10/bryndle/forecast/"),
    Picture("report-submit", MSP, "/reports/2026-10/bryndle/submit/"),
    Picture("report-review", DISTRIBUTOR, "/reports/2026-10/copperline/"),
    Picture("review", DISTRIBUTOR, "/review/"),
    Picture("review-report", DISTRIBUTOR, "/review/2026-10/copperline/"),
    Picture("cycles", DISTRIBUTOR, "/cycles/"),
    Picture("cycle", DISTRIBUTOR, "/cycles/2026-10/"),
    Picture("customers", DISTRIBUTOR, "/customers/"),
    Picture("partners", DISTRIBUTOR, "/partners/"),
    Picture("imports", VENDOR, "/imports/"),
    Picture("unmapped", VENDOR, "/imports/unmapped/"),
    Picture("prices", DISTRIBUTOR, "/prices/"),
    Picture("price-list", DISTRIBUTOR, "/prices/northfall/*/0001-01-01/"),
    Picture("price-sheet", DISTRIBUTOR, "/prices/northfall/*/0001-01-01/edit/"),
    Picture("simulation", DISTRIBUTOR, "/prices/simulation/?cycle=2026-09"),
    Picture("promos", VENDOR, "/promos/"),
    Picture("billing", VENDOR, "/billing/"),
    Picture("billing-report", DISTRIBUTOR, "/billing/2026-10/northfall/"),
    Picture("billing-report-submitted", VENDOR, "/billing/2026-09/northfall/"),
    Picture("statements", DISTRIBUTOR, "/statements/"),
    Picture("statement", MSP, f"/statements/{STATEMENT}/"),
    Picture("customer-bills", MSP, "/reports/2026-09/bryndle/customers-bills/"),
    Picture("adjustment", DISTRIBUTOR, "/reports/2026-10-adjusts-2026-09/fenwright/"),
    Picture("insight", DISTRIBUTOR, "/insight/"),
    Picture("billing-details", DISTRIBUTOR, "/settings/billing-details/"),
    Picture("settings", VENDOR, "/settings/"),
    Picture("members", VENDOR, "/settings/members/"),
    Picture("terms", DISTRIBUTOR, "/settings/terms/"),
    Picture("catalog", VENDOR, "/settings/catalog/"),
    Picture("regions", VENDOR, "/settings/regions/"),
    Picture("sources", VENDOR, "/settings/sources/"),
    Picture("clients", VENDOR, "/settings/clients/"),
    Picture("notifications", MSP, "/settings/notifications/"),
    Picture("outbox", VENDOR, "/outbox/"),
    Picture("two-step", MSP, "/account/2fa/"),
    Picture("sessions", MSP, "/account/sessions/"),
)
FOR_DOCS = ("report", "report-comment", "review", "cycle", "home-msp", "statement", "billing-report-submitted", "price-sheet", "insight")


@contextmanager
def portal(home: Path) -> Iterator[str]:
    """The demo world, served; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"TRUEUP_HOME": str(home), "PYTHONPATH": str(ROOT / "src")}
    for name in ("TRUEUP_DATABASE_URL", "TRUEUP_LEDGER_URL", "TRUEUP_URL"):
        environment.pop(name, None)
    trueup = [sys.executable, "-m", "trueup"]
    subprocess.run([*trueup, "demo", "--now", NOW], env=environment, check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen([*trueup, "serve", "--port", str(port), "--now", NOW, "--no-clock"], env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait(60)


def _wait_for(address: str) -> None:
    for _ in range(150):
        try:
            urllib.request.urlopen(f"{address}/account/login/", timeout=5).close()  # noqa: S310 -- our own server
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit("The portal did not start.")


def open_as(browser: Browser, address: str, person: str | None, *, width: int, theme: str) -> Page:
    """A window of somebody who is signed in."""
    dark = "dark" if theme == "dark" else "light"
    context = browser.new_context(base_url=address, viewport={"width": width, "height": 900}, color_scheme=dark, locale="en-US")  # type: ignore[arg-type]
    page = context.new_page()
    if person:
        page.goto("/account/login/")
        page.get_by_label("E-mail").or_(page.get_by_label("Email")).first.fill(person)
        page.get_by_label("Password", exact=False).first.fill(PASSWORD)
        page.get_by_role("button", name="Sign in").first.click()
        page.wait_for_url(f"{address}/")
    return page


def show(page: Page, picture: Picture) -> None:
    """Open the page, and whatever else is to be seen on it."""
    page.goto(picture.path)
    page.wait_for_load_state("networkidle")
    if picture.shown == "comment":
        page.locator("[data-comment-button]:visible").first.click()
    if picture.shown == "keys":
        page.keyboard.press("?")


def take(
    browser: Browser, address: str, folder: Path, pictures: list[Picture], *, widths: tuple[int, ...], themes: tuple[str, ...]
) -> None:
    """Every picture in every theme and width."""
    folder.mkdir(parents=True, exist_ok=True)
    for person in dict.fromkeys(picture.person for picture in pictures):
        for theme in themes:
            page = open_as(browser, address, person, width=widths[0], theme=theme)
            for width in widths:
                page.set_viewport_size({"width": width, "height": 900})
                for picture in (one for one in pictures if one.person == person):
                    show(page, picture)
                    suffix = f"-{theme}-{width}" if len(widths) * len(themes) > 1 else ""
                    page.screenshot(path=folder / f"{picture.name}{suffix}.png", full_page=not picture.shown and bool(suffix))
                    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                    if wide > 0:
                        print(f"{picture.name} at {width} px is {wide} px too wide")
            page.context.close()


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", metavar="FOLDER", type=Path)
    parser.add_argument("--only", metavar="NAMES", default="")
    parser.add_argument("--home", metavar="FOLDER", type=Path)
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    parser.add_argument("--themes", default="light,dark")
    given = parser.parse_args()
    names = tuple(given.only.split(",")) if given.only else tuple(one.name for one in PICTURES) if given.all else FOR_DOCS
    pictures = [one for one in PICTURES if one.name in names]
    home = given.home or Path(tempfile.mkdtemp(prefix="trueup-pictures-"))
    try:
        with portal(home) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(find()), args=list(ARGUMENTS))
            if given.all:
                widths = tuple(int(width) for width in given.widths.split(","))
                take(browser, address, given.all, pictures, widths=widths, themes=tuple(given.themes.split(",")))
            else:
                take(browser, address, ROOT / "docs" / "pictures", pictures, widths=(1440,), themes=("light",))
            browser.close()
    finally:
        if not given.home:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()

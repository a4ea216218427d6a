"""The portal in a real browser: Chromium, against a server on the test's own database.

The browser reaches nothing but that server; whatever else a page asks for fails the test.
"""

import os
import threading
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, Route, expect
from pytest_django.live_server_helper import LiveServer

from tests.web.conftest import AsPerson
from tools.browser import ARGUMENTS, find

# The browser's driver keeps an event loop in this thread, in which Django would refuse to use the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

PATIENCE = 10_000
"""Milliseconds after which an expectation fails: generous, because the machine may be busy."""

expect.set_options(timeout=2 * PATIENCE)

WIDTHS = {"phone": 360, "tablet": 768, "laptop": 1440, "screen": 1920}


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Chromium as the system has it."""
    return {"executable_path": str(find()), "args": list(ARGUMENTS), "headless": True}


@pytest.fixture
def server(browser: Browser, live_server: LiveServer, world: None, ledger_home: object) -> str:
    """The address of a portal on the world everybody knows. (With the browser's loop the thread has another connection: it comes first.)"""
    return str(live_server.url)


@pytest.fixture
def all_answered(server: str) -> Iterator[None]:
    """The test's database is emptied when every request is answered: also those of pages that were left meanwhile."""
    yield
    deadline = monotonic() + PATIENCE / 1000
    for one in threading.enumerate():
        if "process_request_thread" in one.name:  # what the server calls those who answer a connection
            one.join(max(0, deadline - monotonic()))


BrowserAs = Callable[..., Page]

_CLICKS_WAIT = """
addEventListener("click", (event) => {
  if (document.readyState === "complete" || !event.isTrusted || event.target.matches("[type=checkbox], [type=radio]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  addEventListener("load", () => setTimeout(() => event.target.click()), { once: true });
}, true);
"""
"""A click on a page that still loads happens once it is loaded. (Before its scripts have come a page does the same in another way:
test_without_scripts.py. Which of the two a fast click gets would depend on the machine.) A box is ticked at once: Playwright's
`check()` looks right after its click, and no script of a page waits for one."""


@pytest.fixture
def browser_as(browser: Browser, server: str, all_answered: None, as_person: AsPerson) -> Iterator[BrowserAs]:
    """Opens the browser of somebody who is signed in; options are those of a browser context (`color_scheme`, `locale`, `viewport`…)."""
    contexts: list[BrowserContext] = []
    strayed: list[str] = []
    troubles: list[str] = []

    def open_browser(email: str | None, **options: Any) -> Page:
        context = browser.new_context(**{"locale": "en-US", "viewport": {"width": 1440, "height": 900}, "base_url": server, **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(_CLICKS_WAIT)
        context.route("**/*", lambda route: _keep_inside(route, server, strayed))
        _watch(context, troubles)
        if email is not None:
            name = django_settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": as_person(email).cookies[name].value, "url": server}])
        return context.new_page()

    yield open_browser
    for context in contexts:
        context.close()
    assert strayed == []
    assert troubles == []


def _keep_inside(route: Route, server: str, strayed: list[str]) -> None:
    """Let through what goes to the portal."""
    address = route.request.url
    if address.startswith((server, "data:", "blob:")):
        route.continue_()
    else:
        strayed.append(address)
        route.abort()


_REFUSED = ("Failed to load resource", "Response Status Error Code 4", "htmx:sendError", "htmx:afterRequest", "htmx:responseError")
"""What the browser and htmx write to the console when the server refuses something or cannot be reached: tests do that on purpose."""

_LEFT = ("net::ERR_ABORTED", "net::ERR_INTERNET_DISCONNECTED")
"""Why a request may fail: the page was left, or the test has cut the connection."""


def _watch(context: BrowserContext, troubles: list[str]) -> None:
    """Note errors of scripts, violations of the policy, broken answers and missing parts of every page."""

    def says(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(known in message.text for known in _REFUSED):
            troubles.append(f"console: {message.text}")

    def answers(response: Response) -> None:
        missing = response.status == 404 and response.request.resource_type in {"script", "stylesheet", "image", "font"}
        if response.status >= 500 or missing:
            troubles.append(f"{response.status}: {response.url}")

    def fails(request: Request) -> None:
        if request.failure not in _LEFT:
            troubles.append(f"{request.failure}: {request.url}")

    context.on("weberror", lambda found: troubles.append(f"script: {found.error}"))
    context.on("console", says)
    context.on("response", answers)
    context.on("requestfailed", fails)


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
"""What axe checks: WCAG 2.2 AA, and what its makers recommend."""

BRIEFLY = {"resultTypes": ["violations"]}
"""Spares axe the telling of all that is right, which takes longest."""


def violations(page: Page) -> list[str]:
    """What axe finds on a page as it is shown. Its context has to be opened with `bypass_csp=True`: axe is not one of our scripts."""
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}, **BRIEFLY})
    return [
        f"{found['id']}: {found['help']} — {'; '.join(str(node['html'])[:160] for node in found['nodes'][:3])}"
        for found in results.response["violations"]
    ]


def overflows(page: Page) -> bool:
    """Whether the page is wider than its window, once it is loaded and was drawn."""
    page.wait_for_load_state("load")
    wider: bool = page.evaluate(
        "new Promise((tell) => requestAnimationFrame(() => requestAnimationFrame("
        "() => tell(document.documentElement.scrollWidth > document.documentElement.clientWidth))))"
    )
    return wider

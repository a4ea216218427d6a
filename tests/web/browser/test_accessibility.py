"""Every page in the browser, in both themes and at every width: nothing that axe finds, and nothing wider than the window."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.web.addresses import PAGES, PEOPLE, who
from tests.web.browser.conftest import BRIEFLY, WIDTHS, BrowserAs, overflows, violations
from tests.web.conftest import AsPerson
from tests.web.month import NOBODY, PORTAL_NETWORK, Autumn, build
from trueup.network.keys import COMMAND_LINE

MANY = {f"service-{number:03}": str(number) for number in range(1, 201)}
"""Services that make a report of 200 lines, and more."""

_SERVICES = "".join(
    f"  - {{code: {code}, name: Service {code[-3:]} with a rather long name, group: smb, unit: seat, measure: own_maxima}}\n"
    for code in MANY
)
NETWORK = PORTAL_NETWORK.replace("accounts:\n", _SERVICES + "accounts:\n", 1)

NOT_PAGES = frozenset(
    {
        "report_csv", "report_mapped_csv", "report_customers_csv", "report_line", "upload_refused", "delivery_source", "review_next",
        "prices_download", "customer_bills_file", "billing_promo", "billing_file", "statement_file", "statements_file", "report_file",
        "reports_file", "own_reports_file", "cycle_archive", "insight_billed", "insight_review", "insight_comments", "deprovision_csv",
        "measures_csv",
    }
)  # fmt: skip

PATIENT = 60_000
"""Milliseconds for a page: what is said of customers is read for 200 lines, and not quickness is what is looked at here."""

BOLT, COIL, DUNE = "/reports/2026-10/bolt/", "/reports/2026-10/coil/", "/reports/2026-10/dune/"
SHOWN = "section.group:not([hidden])"

BESIDE = {
    "b": (f"{BOLT}?group=credits&line=endpoint-core", f"{BOLT}?group=smb", "/customers/?search=nothing-like-this", "/nowhere/"),
    "c": (COIL,),
    "d": (DUNE, "/reports/", "/"),
    "N": (
        "/review/?status=all", "/review/?status=approved&search=nothing", "/review/2026-10/echo/", "/review/2026-10/fern/",
        "/review/2026-10/gale/", "/review/2026-10/gale/?do=approve", "/review/2026-10/gale/?do=reject",
        "/statements/north-2026-000001/?do=correct", "/billing/?status=completed", "/review/?order=-money",
        "/insight/?from=2026-01&to=2026-10&by=msp", "/insight/?from=2026-11&to=2026-10",
        "/insight/reviews/?by=msp", "/insight/reviews/?from=2026-11&to=2026-10",
        "/review/2026-10/gale/?do=waive&line=endpoint-core", "/reports/2026-10/gale/?line=endpoint-core&group=credits",
        "/prices/north/*/2026-01-01/", "/prices/north/*/2026-01-01/edit/", "/prices/simulation/?month=2026-10&buyer=bolt&from=2027-01-01",
    ),
    "V": ("/billing/2026-10/south/?do=return", "/billing/2026-10/south/?do=complete", "/settings/regions/?new",
          "/settings/sources/?edit=manual", "/settings/units/?edit=GB", "/insight/reviews/?by=distributor"),
}  # fmt: skip
"""States that have an address of their own, by person."""


def _send_empty(page: Page) -> None:
    """Send the first form of the page as it is, past what the browser itself would say."""
    page.locator("main form[method=post]").first.evaluate("form => { form.noValidate = true; form.requestSubmit() }")
    page.locator("[aria-invalid=true], [role=alert]").first.wait_for()


def _send_wrong_prices(page: Page) -> None:
    """Send the sheet of a price list with what is no price in it, and what is under More open."""
    page.locator("[data-column=price]").first.fill("x")
    page.locator("[data-save]").click()
    page.locator("[aria-invalid=true]").first.wait_for()
    for folded in page.locator("details.more").all():
        folded.evaluate("one => { one.open = true }")


def _open_bills(page: Page) -> None:
    """What stands behind every bill."""
    for bill in page.locator("details.bill").all():
        bill.evaluate("one => { one.open = true }")


def _make_client(page: Page) -> None:
    """A client, whose secret is shown."""
    page.get_by_label("Name").fill("RMM feed")
    page.locator("[name=scopes]").first.check()
    page.locator("main form[method=post] button").first.click()
    page.locator(".secret").first.wait_for()


def _make_webhook(page: Page) -> None:
    """A webhook, whose secret is shown."""
    page.get_by_label("Address").fill("https://93.184.216.34/a/long/address/0123456789abcdef0123456789abcdef0123456789abcdef")
    page.locator("main form[method=post] button").first.click()
    page.locator(".secret").first.wait_for()


def _ask_to_be_let_in(page: Page) -> None:
    """What a person sees of a program that waits for them."""
    asked: dict[str, str | float | bool] = {"client_id": COMMAND_LINE, "scope": "reports:read usage:write"}
    page.goto(page.request.post("/identity/o/api/device/code", form=asked).json()["verification_uri_complete"])
    page.locator("[name=action]").first.wait_for()


def _open_keys(page: Page) -> None:
    """Ask for the list of keys."""
    page.locator(f"{SHOWN} [data-cell]").first.focus()
    page.keyboard.press("?")


DOINGS: dict[str, tuple[tuple[str, Callable[[Page], None]], ...]] = {
    "b": (
        (f"{BOLT}?group=credits", lambda page: page.locator(f"{SHOWN} [data-comment-button]").first.click()),
        (f"{BOLT}?group=credits", _open_keys),
        ("/customers/new/", _send_empty),
        ("/reports/2026-10/bolt/customers-bills/", _open_bills),
    ),
    "N": (
        ("/prices/north/*/2026-01-01/edit/", _send_wrong_prices),
        ("/promos/new/", _send_empty),
        ("/review/2026-10/gale/", lambda page: page.locator("[data-dialog*=reject]").first.click()),
        ("/review/2026-10/gale/", lambda page: page.locator("[data-dialog*=waive]").first.click()),
    ),
    "a": (
        ("/settings/members/invite/", _send_empty),
        ("/settings/clients/new/", _send_empty),
        ("/settings/clients/new/", _make_client),
        ("/settings/webhooks/new/", _send_empty),
        ("/settings/webhooks/new/", _make_webhook),
        ("/identity/o/device?code=ABCD-EFGH", _ask_to_be_let_in),
    ),
}
"""States that somebody has to bring about: an open dialog, an error beside its field."""


@pytest.fixture
def autumn(transactional_db: None, ledger_home: Path, tmp_path: Path) -> Autumn:
    """October with a report of 200 lines."""
    return build(tmp_path, NETWORK, services=MANY)


@pytest.fixture
def server(live_server: LiveServer, autumn: Autumn) -> str:
    """The portal in that month."""
    return str(live_server.url)


def _addresses(autumn: Autumn) -> dict[str, list[str]]:
    """Each page of the table by the person who sees most of it, and the states beside it."""
    found: dict[str, list[str]] = {letter: list(more) for letter, more in BESIDE.items()}
    for page in (page for page in PAGES if page.name not in NOT_PAGES):
        for of, said in list(page.open.items())[:1]:
            letter = next(letter for letter, status in sorted(who(said).items(), key=lambda one: "bOaNV".find(one[0]) % 9) if status == 200)
            found.setdefault(letter, []).append(page.address(autumn, of))
    return found


def _found(page: Page, place: str, scheme: str, turn: int = 0) -> Iterator[str]:
    """What is wrong with a page that is open. The dark theme changes colors only: its contrast is what is measured.

    Every page is looked at at every width for what sticks out; axe, which takes long, looks at it narrow or wide, by turns.
    """
    if scheme == "dark":
        yield from (f"{place}, dark: {one}" for one in _contrasts(page))
        return
    for width in WIDTHS.values():
        page.set_viewport_size({"width": width, "height": 900})
        if overflows(page):
            yield f"{place} is wider than {width}"
        if width == (360, 1440)[turn % 2]:
            yield from (f"{place} at {width}: {one}" for one in violations(page))


def _contrasts(page: Page) -> list[str]:
    """Text that is too faint."""
    found = Axe().run(page, options={"runOnly": {"type": "rule", "values": ["color-contrast"]}, **BRIEFLY}).response["violations"]
    return [str(node["html"])[:160] for one in found for node in one["nodes"][:3]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
class TestEveryPage:
    def test_is_for_everybody(self, autumn: Autumn, browser_as: BrowserAs, as_person: AsPerson, scheme: str) -> None:
        wrong: list[str] = []
        for letter, addresses in _addresses(autumn).items():
            page = browser_as(PEOPLE[letter], color_scheme=scheme, bypass_csp=True)
            page.set_default_navigation_timeout(PATIENT)
            for turn, address in enumerate(addresses):
                page.goto(address)
                wrong += _found(page, address, scheme, turn)
            for address, do in DOINGS.get(letter, ()):
                page.set_viewport_size({"width": 1440, "height": 900})
                page.goto(address)
                try:
                    do(page)
                except PlaywrightError as error:
                    wrong.append(f"{address}: {error}")
                wrong += _found(page, f"{address} after something was done", scheme)
            page.context.close()
        assert not wrong, "\n".join(wrong)

    def test_is_for_everybody_who_is_not_signed_in_or_nowhere_a_member(self, autumn: Autumn, browser_as: BrowserAs, scheme: str) -> None:
        wrong: list[str] = []
        for email, addresses in {
            "": ("/account/login/", "/account/password/reset/", f"/invitations/{autumn.invitation}/"),
            NOBODY: ("/",),
        }.items():
            page = browser_as(email or None, color_scheme=scheme, bypass_csp=True)
            for address in addresses:
                page.goto(address)
                wrong += _found(page, address, scheme)
        assert not wrong, "\n".join(wrong)

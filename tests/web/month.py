"""October 2026 for tests of the portal: reports in every state, things that come, imports, e-mails, programs, and all kinds of people.

The world of tests/world.py, and below north
├── echo     its report is rejected                    ├── gale    the clock submitted its report, with a penalty
├── fern     its report is approved                    └── hill    goes to south on 1 December
bolt's report waits with a line that needs a comment, coil's is under review, south prepares dune's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.test import Client

from tests.reports.month import HEADER, MONTH_END, OPERATOR, October, at, at_times
from tests.standing import stand
from tests.web.conftest import NOW
from tests.world import FILE_NAME, NETWORK
from trueup.accounts.actions import keep_view
from trueup.accounts.models import Account, User
from trueup.accounts.queries import invited, memberships_of, paths, viewers_of
from trueup.accounts.rules import Viewer
from trueup.cycles.models import Cycle
from trueup.exchange.actions import NEW, save_profile
from trueup.ledger.actions import import_usage
from trueup.network.actions import apply, create_client
from trueup.network.invitations import token_of
from trueup.notifications.models import Delivery
from trueup.notifications.rules import Kind as MailKind
from trueup.notifications.rules import State
from trueup.prices.actions import save_price_list, save_promo_code
from trueup.prices.rules.lists import ListKey
from trueup.statements.actions import open_billing_reports
from trueup.statements.collecting import collected
from trueup.statements.due import sellers_due
from trueup.statements.issuing import issue_of
from trueup.statements.models import BillingReport, Statement
from trueup.statements.rules.billing import BillingStatus
from trueup.uploads.actions import deliver, receive
from trueup.uploads.rules import Kind
from trueup.uploads.storage import received
from trueup.uploads.working import work_on_next
from trueup.webhooks import actions as webhooks

NOBODY: Final = "nobody@nowhere.example"
"""Somebody who can sign in, and is a member of nothing."""

INVITED: Final = "new@bolt.example"

_ACCOUNTS = """\
  - {ref: echo, tier: msp, parent: north, name: Echo Networks, region: emea, type: msp}
  - {ref: fern, tier: msp, parent: north, name: Fern Consulting, region: emea, type: msp}
  - {ref: gale, tier: msp, parent: north, name: Gale Systems, region: emea, type: msp}
  - {ref: hill, tier: msp, name: Hill Support, region: emea, type: msp,
     placements: [{parent: north, from: 2025-01-01}, {parent: south, from: 2026-12-01}]}
  - {ref: echo-clinic, tier: customer, parent: echo, name: Clinic East}
  - {ref: fern-studio, tier: customer, parent: fern, name: Studio West}
  - {ref: gale-mill, tier: customer, parent: gale, name: Old Mill}
  - {ref: bolt-leaving, tier: customer, name: Leaving Ltd, placements: [{parent: bolt, from: 2025-01-01}, {parent: coil, from: 2026-12-01}]}
sources:"""

_MEMBERS = """\
members:
  - {email: admin@acme.example, account: acme-vendor, role: admin}
  - {email: admin@north.example, account: north, role: admin}
  - {email: viewer@north.example, account: north, role: viewer}
  - {email: both@people.example, account: north, role: viewer}
  - {email: both@people.example, account: south, role: viewer}
  - {email: billing@echo.example, account: echo, role: billing_manager}
  - {email: billing@fern.example, account: fern, role: billing_manager}
  - {email: billing@gale.example, account: gale, role: billing_manager}
  - {email: new@bolt.example, account: bolt, role: viewer, name: Nova New}
"""

_TERMS = """\
  - {account: gale, from: 2026-01-01, auto_submit_after_days: 1}
  - {account: bolt, from: 2026-12-01, auto_submit_after_days: 7}
"""

_CREDITS = "{from: 2026-07-01, per_unit: 1.5}"
_CREDITS_TO_COME = "{from: 2026-07-01, per_unit: 1.5}, {from: 2026-12-01, per_unit: 1.75}"
_LOOSE = "{code: loose, name: Loose}"
"""An entry of a list that nothing uses: it can be removed."""

PORTAL_NETWORK: Final = (
    NETWORK.replace("sources:", _ACCOUNTS, 1)
    .replace("members:\n", _MEMBERS, 1)
    .replace(_CREDITS, _CREDITS_TO_COME, 1)
    .replace("solution_groups:", f"billing_units: [{_LOOSE}]\nsolution_groups:", 1)
    .replace("{code: latam,", f"{_LOOSE}, {{code: latam,", 1)
    .replace("{code: reseller,", f"{_LOOSE}, {{code: reseller,", 1)
    .replace("{code: manual,", "{code: loose}, {code: manual,", 1)
    + _TERMS
)
"""The world with what is above."""

BAD_USAGE: Final = (
    f"{HEADER}\n2026-11-01,bolt-dental,endpoint-core,40,31,\n2026-11-01,nobody-there,endpoint-core,x,1,\n"
    "2026-11-01,=HYPERLINK(1),endpoint-core,1,1,\n"
)


@dataclass
class Autumn:
    """What the tests ask for, by account: ids of an import, of what a program sent, of a program, of a webhook and something to send to it.

    `people` are signed in.
    """

    october: October
    uploads: dict[str, int] = field(default_factory=dict)
    deliveries: dict[str, int] = field(default_factory=dict)
    clients: dict[str, str] = field(default_factory=dict)
    webhooks: dict[str, tuple[int, int]] = field(default_factory=dict)
    delivery: int = 0
    invitation: str = ""
    people: dict[str, Client] = field(default_factory=dict)
    statements: dict[str, str] = field(default_factory=dict)

    def person(self, email: str) -> Client:
        """A signed-in client; the same one each time. An empty address is somebody who is not signed in."""
        return self.people[email] if email else Client()


def viewer_of(email: str) -> Viewer:
    """A person of one account as a viewer."""
    return viewers_of(email)[0]


def build(folder: Path, network: str = PORTAL_NETWORK, *, services: Mapping[str, str] | None = None) -> Autumn:
    """The month, up to 3 November. `network` may have other names; `services`: further ones that bolt's report has, code → units."""
    apply(OPERATOR, network, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
    get_user_model().objects.create(email=NOBODY)
    october = October(folder)
    october.deliver(*_usage(), *(row for code, units in (services or {}).items() for row in at_times("bolt-dental", code, units, units)))
    _deliver_unknown(october)
    october.close()
    _play(october)
    october.deliver("2026-10-31,bolt-garage,endpoint-core,24,24,", now="2026-11-03T08:00:00Z")
    autumn = Autumn(october)
    _import(autumn)
    _make_clients(autumn)
    _make_webhooks(autumn)
    _make_profiles()
    make_prices()
    autumn.statements = make_billing()
    keep_view(viewer_of("north@north.example"), "review", "Kept", "status=all")
    autumn.delivery = _write(subject="Your usage report is ready", html="<p>It is.</p>")
    person = invited(email=INVITED)
    assert person is not None
    autumn.invitation = token_of(person, NOW)
    autumn.people = {user.email: _signed_in(user) for user in get_user_model().objects.all()}
    get_user_model().objects.filter(email=INVITED).update(last_login=None)  # an invitation is for who never came in
    return autumn


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _usage() -> list[str]:
    """bolt and gale over-provision endpoints; what coil, echo and fern use is what they have."""
    return [
        *at_times("bolt-dental", "workspace-security", "40", "40"),
        *at_times("bolt-dental", "endpoint-core", "50", "30"),
        *at_times("bolt-garage", "endpoint-core", "20", "20"),
        *at_times("bolt-garage", "backup-storage", "12.5", ""),
        *at_times("bolt-dental", "nfr-license", "5", "5"),
        *at_times("coil-bakery", "workspace-security", "10", "10"),
        *at_times("coil-bakery", "endpoint-core", "30", "30"),
        *at_times("dune-hotel", "endpoint-core", "8", "8"),
        *at_times("echo-clinic", "workspace-security", "25", "25"),
        *at_times("fern-studio", "workspace-security", "12", "12"),
        *at_times("gale-mill", "endpoint-core", "60", "30"),
    ]


def _deliver_unknown(october: October) -> None:
    """A record of somebody nobody knows waits until it is mapped."""
    file = october.folder / "unknown.csv"
    file.write_text(f"{HEADER}\n2026-10-05,Who,workspace-security,3,3,\n", encoding="utf-8")
    assert import_usage(OPERATOR, file, source="manual", now=at(MONTH_END)).unmapped == 1


def _play(october: October) -> None:
    """What everybody does in the first days of November."""
    october.edit("bolt", "workspace-security", by="billing@bolt.example", chargeable="38", comment="Two were returned.", reason="returned")
    october.edit("coil", "endpoint-core", by="billing@coil.example", chargeable="25", comment="Five were trials.", reason="trial")
    october.submit("coil", by="billing@coil.example", comment="As agreed.")
    for msp in ("echo", "fern"):
        october.edit(msp, "workspace-security", by=f"billing@{msp}.example", chargeable="11", comment="Not ours.", reason="other")
        october.submit(msp, by=f"billing@{msp}.example", now="2026-11-02T11:00:00Z")
    october.reject("echo", "Please explain.", now="2026-11-02T12:00:00Z")
    october.approve("fern", now="2026-11-02T12:00:00Z")
    assert october.deadline("2026-11-03T01:00:00Z") == 1


def _import(autumn: Autumn) -> None:
    """Everybody who may has sent a file; that of bolt has bad rows, and what its program sent has nothing else."""
    people = {
        "vendor": "vendor@acme.example",
        "north": "north@north.example",
        "bolt": "billing@bolt.example",
        "dune": "billing@dune.example",
    }
    for account, email in people.items():
        data = (BAD_USAGE if account == "bolt" else f"{HEADER}\n2026-11-01,dune-hotel,endpoint-core,4,4,\n").encode()
        autumn.uploads[account] = receive(
            viewer_of(email), Kind.USAGE, f"{account}.csv", [data], len(data), accept_valid=account == "bolt", now=NOW
        )
        assert work_on_next(now=NOW)
    with received("usage.csv", [f"{HEADER}\n2026-11-01,nobody,endpoint-core,4,4,\n".encode()]) as file:
        autumn.deliveries["bolt"] = deliver(viewer_of(people["bolt"]), file, now=NOW)
        assert work_on_next(now=NOW)


def _make_clients(autumn: Autumn) -> None:
    for account, email in {"north": "admin@north.example", "bolt": "admin@bolt.example"}.items():
        viewer = viewer_of(email)
        ref = memberships_of(viewer.actor.id or 0)[0].ref
        autumn.clients[account] = f"client-of-{account}"
        create_client(viewer, ref, f"Feed of {account}", ["usage:write"], client_id=autumn.clients[account], now=NOW)


def _make_profiles() -> None:
    """A mapping profile of each, called after its account."""
    said = {"kind": "out", "columns": [{"heading": "Units", "field": "chargeable"}]}
    for account, email in {"north": "north@north.example", "bolt": "billing@bolt.example"}.items():
        save_profile(viewer_of(email), f"psa-of-{account}", said, seen=NEW, now=NOW)


def _make_webhooks(autumn: Autumn) -> None:
    """An endpoint of each, by the number of a machine that nobody calls, and something to send to it."""
    for account, email in {"north": "admin@north.example", "bolt": "admin@bolt.example"}.items():
        viewer = viewer_of(email)
        made = webhooks.create(viewer, webhooks.Wanted("https://1.1.1.1/in"), now=NOW)
        autumn.webhooks[account] = made.endpoint_id, webhooks.send_test(viewer, made.endpoint_id, now=NOW)


PRICES: Final[dict[str, Any]] = {
    "currency": "EUR", "tax": {"percent": "19"},
    "services": {
        "workspace-security": "4.20",
        "backup-storage": {"pricing": "graduated", "tiers": [{"up_to": 10, "price": "0.15"}, {"price": "0.1"}], "minimum_amount": 1},
    },
    "packs": {"credits": "12", "nfr": {"price": 12, "complimentary": 8000, "complimentary_of": {}}},
}  # fmt: skip
"""What everybody's default list says; what is for one buyer alone is cheaper."""


def make_prices() -> None:
    """Lists of the vendor, of north and of bolt; north has one for bolt that comes, and one that is over. Each has a promo code."""
    begin, bolt = date(2026, 1, 1), {"currency": "EUR", "tax": {"percent": "19"}, "services": {"workspace-security": "3.90"}}
    for key, said in (
        (ListKey("acme-vendor", None, begin), PRICES | {"margin_percent": 30}),
        (ListKey("acme-vendor", "north", begin), PRICES | {"margin_percent": "32.5"}),
        (ListKey("north", None, begin), PRICES),
        (ListKey("north", "bolt", begin), bolt),
        (ListKey("north", "bolt", date(2026, 7, 1)), bolt | {"margin_percent": 5}),
        (ListKey("north", "bolt", date(2027, 1, 1)), bolt | {"margin_percent": 10}),
        (ListKey("south", None, begin), PRICES),
        (ListKey("bolt", None, begin), PRICES | {"services": {**PRICES["services"], "endpoint-core": "0.75"}}),
    ):  # fmt: skip
        save_price_list(OPERATOR, key, said, seen=None, now=at("2026-09-01T00:00:00Z"))
    for seller in ("acme-vendor", "north", "bolt"):
        code = {"from": "2026-10-01", "until": "2026-12-31", "service": "workspace-security", "price": "3"}
        save_promo_code(OPERATOR, seller, f"AUTUMN-{seller.upper()}", code, seen=None, now=at("2026-09-01T00:00:00Z"))


def make_billing() -> dict[str, str]:
    """The statements of approved reports are issued: their numbers, by MSP. Billing reports have begun; south has submitted its own."""
    open_billing_reports(OPERATOR, Cycle.objects.get(), now=NOW)
    for seller_id in sellers_due(now=NOW):
        issue_of(seller_id, now=NOW)
    nothing = BillingReport.objects.select_related("cycle").get(distributor_ref="south")
    kept = collected(nothing).document
    BillingReport.objects.filter(pk=nothing.pk).update(status=BillingStatus.SUBMITTED, document=kept, submitted_at=NOW)
    return dict(Statement.objects.values_list("buyer__ref", "number"))


def _write(*, subject: str, html: str) -> int:
    """An e-mail to bolt that could not be sent."""
    bolt = Account.objects.get(ref="bolt")
    path = "".join(f"/{part}" for part in paths([bolt.pk], NOW.date())[bolt.pk]) + "/"
    return Delivery.objects.create(
        address="billing@bolt.example", kind=MailKind.REPORT_READY, state=State.FAILED, subject=subject, text=subject, html=html,
        account=bolt, path=path, created_at=NOW, next_try_at=NOW, tries=3, last_error="no route", message_id="x",
    ).pk  # fmt: skip


standing = partial(stand, build, NOW)
"""The month for all tests of a module; see `stand`."""

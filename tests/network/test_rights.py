"""Who may keep what: every role, every section, one's own, below and foreign, as the table in docs/network.md says."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from trueup.accounts.models import Account
from trueup.accounts.rules import Actor, Role, Tier, Viewer
from trueup.events.models import Event
from trueup.kit.errors import Invalid, NotAllowed, NotFound
from trueup.network.actions import change, remove

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
ACCOUNT = {"vendor": "acme-vendor", "distributor": "north", "msp": "bolt"}
Case = tuple[str, dict[str, Any]]

# How each row of the table in the documentation is tried.
CASES: dict[str, Case] = {
    "add a vendor": ("accounts", {"ref": "new", "tier": "vendor"}),
    "add a distributor": ("accounts", {"ref": "new", "tier": "distributor", "parent": "acme-vendor"}),
    "add an MSP to north": ("accounts", {"ref": "new", "tier": "msp", "parent": "north"}),
    "add a customer to bolt": ("accounts", {"ref": "new", "tier": "customer", "parent": "bolt"}),
    "add a customer to dune": ("accounts", {"ref": "new", "tier": "customer", "parent": "dune"}),
    "change the vendor": ("accounts", {"ref": "acme-vendor", "city": "Rome"}),
    "change north": ("accounts", {"ref": "north", "city": "Rome"}),
    "change bolt: region, type, exclusion too": (
        "accounts", {"ref": "bolt", "region": "latam", "type": "reseller", "usage_reports_excluded": True},
    ),
    "change dune": ("accounts", {"ref": "dune", "city": "Rome"}),
    "change a customer of bolt": ("accounts", {"ref": "bolt-dental", "city": "Rome"}),
    "change a customer of dune": ("accounts", {"ref": "dune-hotel", "city": "Rome"}),
    "move a customer of bolt to coil": ("accounts", {"ref": "bolt-dental", "placements": {"from": "2027-01-01", "parent": "coil"}}),
    "move a customer of bolt to dune": ("accounts", {"ref": "bolt-dental", "placements": {"from": "2027-01-01", "parent": "dune"}}),
    "terms of the installation": ("terms", {"from": "2027-01-01", "penalty": "none"}),
    "terms of north": ("terms", {"account": "north", "from": "2027-01-01", "penalty": "none"}),
    "terms of bolt": ("terms", {"account": "bolt", "from": "2027-01-01", "penalty": "none"}),
    "terms of dune": ("terms", {"account": "dune", "from": "2027-01-01", "penalty": "none"}),
    "solution groups": ("solution_groups", {"code": "smb", "name": "Small"}),
    "services": ("services", {"code": "email-core", "name": "Email"}),
    "billing units": ("billing_units", {"code": "seat", "name": "Chair"}),
    "regions": ("regions", {"code": "emea", "name": "Europe"}),
    "account types": ("account_types", {"code": "msp", "name": "MSPs"}),
    "sources": ("sources", {"code": "manual", "expected": "daily"}),
    "members of the vendor": ("members", {"email": "new@x.example", "account": "acme-vendor", "role": "viewer"}),
    "members of north": ("members", {"email": "new@x.example", "account": "north", "role": "viewer"}),
    "members of bolt": ("members", {"email": "new@x.example", "account": "bolt", "role": "admin"}),
    "members of dune": ("members", {"email": "new@x.example", "account": "dune", "role": "viewer"}),
}  # fmt: skip
BESIDE_THE_FIELD = {"add a customer to dune", "move a customer of bolt to coil", "move a customer of bolt to dune"}
"""It is the account above that does not exist for them: a problem of the field, for who may keep accounts at all."""

DOCUMENTED = (Path(__file__).resolve().parent.parent.parent / "docs" / "network.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| (.+?) \| (yes|no|–) \| (yes|no|–) \| (yes|no|–) \|$", re.MULTILINE)
TABLE = {name: dict(zip(ACCOUNT, said, strict=True)) for name, *said in _ROW.findall(DOCUMENTED.partition("<!-- rights: begin -->")[2])}


def outcome(name: str, said: str, role: Role) -> type[Exception] | None:
    """What comes of trying it in a role."""
    admins_only = name.startswith("members")
    has_right = role == Role.ADMIN or (role == Role.BILLING_MANAGER and not admins_only)
    if said == "–" and not (name in BESIDE_THE_FIELD and not has_right):
        return Invalid if name in BESIDE_THE_FIELD else NotFound
    return None if said == "yes" and has_right else NotAllowed


def viewer(tier: str, role: Role) -> Viewer:
    account = Account.objects.get(ref=ACCOUNT[tier])
    return Viewer(Actor("person", f"{role}@{account.ref}.example", 1), account.pk, Tier(tier), role)


def attempt(name: str, who: Viewer) -> type[Exception] | None:
    """What comes of trying it, without doing it."""
    section, entry = CASES[name]
    try:
        assert change(who, section, entry, now=NOW, dry_run=True).doing
    except (NotFound, NotAllowed, Invalid) as refusal:
        return type(refusal)
    return None


@pytest.mark.django_db
class TestRights:
    @pytest.mark.parametrize("name", CASES)
    def test_are_as_documented(self, world: None, name: str) -> None:
        tried = [(tier, role) for tier in ACCOUNT for role in Role]
        expected = {(tier, role): outcome(name, TABLE[name][tier], role) for tier, role in tried}
        assert {(tier, role): attempt(name, viewer(tier, role)) for tier, role in tried} == expected

    def test_are_documented_for_every_case(self) -> None:
        assert list(TABLE) == list(CASES)

    @pytest.mark.parametrize("name", CASES)
    def test_of_the_operator_hold_everywhere(self, world: None, name: str) -> None:
        assert attempt(name, Viewer.system()) is None

    def test_of_who_has_none_leave_no_trace(self, world: None) -> None:
        events = Event.objects.count()
        for section, entry in CASES.values():
            with pytest.raises((NotFound, NotAllowed, Invalid)):
                change(viewer("msp", Role.VIEWER), section, entry, now=NOW)
        assert Event.objects.count() == events

    @pytest.mark.parametrize(
        ("tier", "section", "key", "refusal"),
        [
            ("msp", "members", ("billing@coil.example", "coil"), NotFound),
            ("msp", "members", ("nobody@bolt.example", "bolt"), NotFound),
            ("distributor", "members", ("vendor@acme.example", "acme-vendor"), NotFound),
            ("msp", "terms", ("north", "2026-01-01"), NotFound),
            ("distributor", "regions", "latam", NotAllowed),
            ("distributor", "sources", "manual", NotFound),
            ("distributor", "accounts", "dune", NotFound),
        ],
    )
    def test_hold_for_removing_too(
        self, world: None, tier: str, section: str, key: str | tuple[str, ...], refusal: type[Exception]
    ) -> None:  # fmt: skip
        with pytest.raises(refusal):
            remove(viewer(tier, Role.ADMIN), section, key, now=NOW)

    def test_are_refused_alike_for_what_is_foreign_and_what_is_not_there(self, world: None) -> None:
        messages = []
        for ref in ("dune", "nobody"):
            with pytest.raises(NotFound) as refused:
                change(viewer("distributor", Role.ADMIN), "members", {"email": "a@b.example", "account": ref, "role": "viewer"}, now=NOW)
            messages.append(refused.value.message.replace(ref, "…"))
        assert messages[0] == messages[1]

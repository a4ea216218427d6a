"""Who may keep what: every role, every section, one's own, below and foreign. The same table in words is in docs/network.md."""

from collections.abc import Mapping
from datetime import UTC, datetime
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

# What is tried: a name, the section and the entry.
CASES: dict[str, Case] = {
    "a new vendor": ("accounts", {"ref": "new", "tier": "vendor"}),
    "a new distributor": ("accounts", {"ref": "new", "tier": "distributor", "parent": "acme-vendor"}),
    "a new MSP of north": ("accounts", {"ref": "new", "tier": "msp", "parent": "north"}),
    "a new customer of bolt": ("accounts", {"ref": "new", "tier": "customer", "parent": "bolt"}),
    "a new customer of dune": ("accounts", {"ref": "new", "tier": "customer", "parent": "dune"}),
    "the vendor": ("accounts", {"ref": "acme-vendor", "city": "Rome"}),
    "north": ("accounts", {"ref": "north", "city": "Rome"}),
    "bolt": ("accounts", {"ref": "bolt", "type": "reseller", "usage_reports_excluded": True}),
    "dune": ("accounts", {"ref": "dune", "city": "Rome"}),
    "a customer of bolt": ("accounts", {"ref": "bolt-dental", "city": "Rome"}),
    "a customer of dune": ("accounts", {"ref": "dune-hotel", "city": "Rome"}),
    "a customer to coil": ("accounts", {"ref": "bolt-dental", "placements": {"from": "2027-01-01", "parent": "coil"}}),
    "a customer to dune": ("accounts", {"ref": "bolt-dental", "placements": {"from": "2027-01-01", "parent": "dune"}}),
    "terms of the installation": ("terms", {"from": "2027-01-01", "penalty": "none"}),
    "terms of north": ("terms", {"account": "north", "from": "2027-01-01", "penalty": "none"}),
    "terms of bolt": ("terms", {"account": "bolt", "from": "2027-01-01", "penalty": "none"}),
    "terms of dune": ("terms", {"account": "dune", "from": "2027-01-01", "penalty": "none"}),
    "a group": ("solution_groups", {"code": "smb", "name": "Small"}),
    "a service": ("services", {"code": "email-core", "name": "Email"}),
    "a unit": ("billing_units", {"code": "seat", "name": "Chair"}),
    "a region": ("regions", {"code": "emea", "name": "Europe"}),
    "an account type": ("account_types", {"code": "msp", "name": "MSPs"}),
    "a source": ("sources", {"code": "manual", "expected": "daily"}),
    "a member of the vendor": ("members", {"email": "new@x.example", "account": "acme-vendor", "role": "viewer"}),
    "a member of north": ("members", {"email": "new@x.example", "account": "north", "role": "viewer"}),
    "a member of bolt": ("members", {"email": "new@x.example", "account": "bolt", "role": "admin"}),
    "a member of dune": ("members", {"email": "new@x.example", "account": "dune", "role": "viewer"}),
}

# Who may, of billing manager and admin alike (a viewer never may).
# y: done, n: not allowed, f: not found, i: a field names what there is not.
BILLING = """
                            vendor  distributor  msp
a new vendor                n       n            n
a new distributor           y       n            n
a new MSP of north          y       y            n
a new customer of bolt      y       y            y
a new customer of dune      y       i            i
the vendor                  y       f            f
north                       y       n            f
bolt                        y       y            n
dune                        y       f            f
a customer of bolt          y       y            y
a customer of dune          y       f            f
a customer to coil          y       y            i
a customer to dune          y       i            i
terms of the installation   n       n            n
terms of north              n       y            f
terms of bolt               n       y            n
terms of dune               n       f            f
a group                     y       n            n
a service                   y       n            n
a unit                      y       n            n
a region                    y       n            n
an account type             y       n            n
a source                    y       f            f
"""
# Members are managed by admins only.
ADMIN = """
                            vendor  distributor  msp
a member of the vendor      y       f            f
a member of north           y       y            f
a member of bolt            y       y            y
a member of dune            y       f            f
"""
OUTCOMES: Mapping[str, type[Exception] | None] = {"y": None, "n": NotAllowed, "f": NotFound, "i": Invalid}


def read(table: str) -> dict[tuple[str, str], str]:
    head, *lines = table.strip("\n").splitlines()
    tiers = head.split()
    return {(line[:28].strip(), tier): mark for line in lines for tier, mark in zip(tiers, line[28:].split(), strict=True)}


EXPECTED: list[tuple[str, str, Role, str]] = []
for (name, tier), mark in read(BILLING).items():
    lesser = "n" if mark == "y" else mark if mark != "i" else "n"
    EXPECTED += [(name, tier, Role.ADMIN, mark), (name, tier, Role.BILLING_MANAGER, mark), (name, tier, Role.VIEWER, lesser)]
for (name, tier), mark in read(ADMIN).items():
    lesser = "n" if mark == "y" else mark
    EXPECTED += [(name, tier, Role.ADMIN, mark), (name, tier, Role.BILLING_MANAGER, lesser), (name, tier, Role.VIEWER, lesser)]


def viewer(tier: str, role: Role) -> Viewer:
    account = Account.objects.get(ref=ACCOUNT[tier])
    return Viewer(Actor("person", f"{role}@{account.ref}.example", 1), account.pk, Tier(tier), role)


@pytest.mark.django_db
class TestRights:
    @pytest.mark.parametrize(("name", "tier", "role", "mark"), EXPECTED)
    def test_are_as_in_the_table(self, world: None, name: str, tier: str, role: Role, mark: str) -> None:
        section, entry = CASES[name]
        refusal, events = OUTCOMES[mark], Event.objects.count()
        if refusal is None:
            assert change(viewer(tier, role), section, entry, now=NOW).doing
            return
        with pytest.raises(refusal):
            change(viewer(tier, role), section, entry, now=NOW)
        assert Event.objects.count() == events

    def test_cover_every_case(self) -> None:
        assert {name for name, _, _, _ in EXPECTED} == set(CASES)

    @pytest.mark.parametrize("name", CASES)
    def test_of_the_operator_hold_everywhere(self, world: None, name: str) -> None:
        section, entry = CASES[name]
        assert change(Viewer.system(), section, entry, now=NOW).doing

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

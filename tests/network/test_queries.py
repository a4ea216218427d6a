"""What the pages about the network are told: complete, in order, and nothing of other people."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.world import FILE_NAME, NETWORK
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Access, Role, Tier, Viewer
from trueup.catalog.rules import MeasureName
from trueup.events.rules import Change
from trueup.kit.errors import NotFound
from trueup.network import queries
from trueup.network.actions import apply, change
from trueup.network.queries import AccountRow, Level, PlacedUnder, TermsRow, When

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
TODAY = date(2026, 9, 1)
NORTH, BOLT, COIL, VENDOR = "north@north.example", "billing@bolt.example", "billing@coil.example", "vendor@acme.example"


def viewer(email: str) -> Viewer:
    return viewers_of(email)[0] if email else Viewer.system()


def rows(email: str, tier: Tier, **how: Any) -> list[AccountRow]:
    asked: dict[str, Any] = {"page": 1, "per_page": 50, "on": TODAY} | how
    return list(queries.accounts(viewer(email), tier=tier, **asked).items)


def refs(email: str, tier: Tier, **how: Any) -> list[str]:
    return [row.ref for row in rows(email, tier, **how)]


def placed(found: PlacedUnder | None) -> tuple[str, str, date | None, date | None, When] | None:
    return None if found is None else (found.parent.ref, found.parent.name, found.from_date, found.until_date, found.when)


@pytest.mark.django_db
class TestAccounts:
    @pytest.mark.parametrize(
        ("email", "tier", "expected"),
        [
            ("", Tier.VENDOR, ["acme-vendor"]),
            (VENDOR, Tier.MSP, ["bolt", "coil", "dune"]),
            (NORTH, Tier.DISTRIBUTOR, ["north"]),
            (NORTH, Tier.MSP, ["bolt", "coil"]),
            (NORTH, Tier.CUSTOMER, ["coil-bakery", "bolt-dental", "bolt-garage", "bolt-moved"]),
            (BOLT, Tier.CUSTOMER, ["bolt-dental", "bolt-garage", "bolt-moved"]),
            (BOLT, Tier.DISTRIBUTOR, []),
            (COIL, Tier.CUSTOMER, ["coil-bakery", "bolt-moved"]),
        ],
    )
    def test_are_those_of_the_subtree_by_name(self, world: None, email: str, tier: Tier, expected: list[str]) -> None:
        assert refs(email, tier) == expected

    def test_are_found_by_words_and_by_parent_and_come_in_pages(self, world: None) -> None:
        assert refs(NORTH, Tier.CUSTOMER, search=" GARAGE ") == ["bolt-garage"]
        assert refs(NORTH, Tier.MSP, search="berlin") == ["bolt"]
        assert refs(NORTH, Tier.CUSTOMER, parent="coil") == ["coil-bakery"]
        assert refs(NORTH, Tier.CUSTOMER, parent="coil", on=date(2026, 10, 16)) == ["coil-bakery", "bolt-moved"]
        found = queries.accounts(viewer(NORTH), tier=Tier.CUSTOMER, page=2, per_page=3, on=TODAY)
        assert ([row.ref for row in found.items], found.number, found.pages, found.total) == (["bolt-moved"], 2, 2, 4)
        with pytest.raises(NotFound):
            refs(NORTH, Tier.CUSTOMER, parent="dune")

    def test_are_complete(self, world: None) -> None:
        (bolt, _) = rows(NORTH, Tier.MSP)
        assert bolt.parent is not None
        assert (bolt.parent.ref, bolt.region, bolt.type, bolt.city, bolt.children) == ("north", "emea", "msp", "Berlin", 3)
        dune = rows(VENDOR, Tier.MSP)[2]
        assert dune.access == Access(granted=False, reason="usage reports are not available in the region latam")

    def test_name_no_msp_to_another(self, world: None) -> None:
        (of_bolt,) = rows(BOLT, Tier.CUSTOMER, search="moved")
        assert placed(of_bolt.coming) == ("", "another MSP", date(2026, 10, 16), None, When.COMING)
        (of_coil,) = rows(COIL, Tier.CUSTOMER, search="moved")
        assert of_coil.parent is not None
        assert (of_coil.parent.ref, of_coil.parent.name) == ("", "another MSP")
        assert placed(of_coil.coming) == ("coil", "Coil Services", date(2026, 10, 16), None, When.COMING)
        (of_north,) = rows(NORTH, Tier.CUSTOMER, search="moved")
        assert placed(of_north.coming) == ("coil", "Coil Services", date(2026, 10, 16), None, When.COMING)

    def test_leave_the_list_with_the_subtree(self, world: None) -> None:
        assert refs(BOLT, Tier.CUSTOMER, on=date(2026, 10, 16)) == ["bolt-dental", "bolt-garage"]
        change(viewer(VENDOR), "accounts", {"ref": "coil", "placements": {"from": "2026-08-01", "parent": "south"}}, now=NOW)
        assert refs(NORTH, Tier.CUSTOMER) == ["bolt-dental", "bolt-garage", "bolt-moved"]
        assert refs("south@south.example", Tier.CUSTOMER) == ["coil-bakery", "dune-hotel", "bolt-moved"]
        assert refs("south@south.example", Tier.MSP) == ["coil", "dune"]
        assert refs(VENDOR, Tier.CUSTOMER) == ["coil-bakery", "bolt-dental", "bolt-garage", "dune-hotel", "bolt-moved"]


@pytest.mark.django_db
class TestDetails:
    def test_show_what_was_is_and_comes(self, world: None) -> None:
        found = queries.account_details(viewer(NORTH), "bolt-moved", TODAY)
        assert [placed(row) for row in found.placements] == [
            ("bolt", "Bolt IT", date(2025, 1, 1), date(2026, 10, 16), When.IN_FORCE),
            ("coil", "Coil Services", date(2026, 10, 16), None, When.COMING),
        ]
        of_coil = queries.account_details(viewer(COIL), "bolt-moved", date(2026, 11, 1))
        assert [placed(row) for row in of_coil.placements] == [
            ("", "another MSP", date(2025, 1, 1), date(2026, 10, 16), When.PAST),
            ("coil", "Coil Services", date(2026, 10, 16), None, When.IN_FORCE),
        ]
        assert (found.may_change, of_coil.may_change, found.terms, found.members) == (True, True, None, ())

    def test_know_who_may_change_it(self, world: None) -> None:
        emails = (VENDOR, NORTH, BOLT, "viewer@bolt.example")
        assert [queries.account_details(viewer(email), "bolt", TODAY).may_change for email in emails] == [True, True, False, False]
        assert [queries.account_details(viewer(email), "bolt-dental", TODAY).may_change for email in emails] == [True, True, True, False]
        assert not queries.account_details(viewer(COIL), "bolt-moved", TODAY).may_change

    def test_hold_zone_terms_and_members(self, world: None) -> None:
        found = queries.account_details(viewer(BOLT), "bolt", TODAY)
        assert (found.time_zone, found.time_zone_in_force, found.region, found.access) == (
            "Europe/Berlin", "Europe/Berlin", "emea", Access(granted=True),
        )  # fmt: skip
        assert [member.email for member in found.members] == ["admin@bolt.example", "billing@bolt.example", "viewer@bolt.example"]
        assert found.terms is not None
        assert {term.level for term in found.terms.in_force} == {Level.STANDARD, Level.DISTRIBUTOR}

    @pytest.mark.parametrize(
        ("email", "ref", "entry"), [(NORTH, "bolt", {"city": "Bonn"}), (BOLT, "bolt-dental", {"city": "Bonn"}), ("", "coil", {"city": "x"})]
    )
    def test_carry_the_fingerprint_that_a_change_asks_for(self, world: None, email: str, ref: str, entry: dict[str, Any]) -> None:
        seen = queries.account_details(viewer(email), ref, TODAY).fingerprint
        change(viewer(email), "accounts", {"ref": ref, **entry}, now=NOW, seen=seen)
        assert queries.account_details(viewer(email), ref, TODAY).fingerprint != seen

    def test_carry_a_fingerprint_of_what_the_viewer_sees(self, world: None) -> None:
        later = datetime(2026, 11, 1, tzinfo=UTC)
        seen = queries.account_details(viewer(COIL), "bolt-moved", later.date()).fingerprint
        assert seen != queries.account_details(viewer(NORTH), "bolt-moved", later.date()).fingerprint
        assert change(viewer(COIL), "accounts", {"ref": "bolt-moved", "city": "Bonn"}, now=later, seen=seen).doing

    def test_are_not_found_by_strangers(self, world: None) -> None:
        with pytest.raises(NotFound):
            queries.account_details(viewer(BOLT), "coil", TODAY)


@pytest.mark.django_db
class TestCatalog:
    def test_is_in_the_order_of_the_report_with_what_comes(self, world: None) -> None:
        found = queries.catalog(viewer(BOLT), date(2026, 6, 30))
        assert [(group.code, [service.code for service in group.services]) for group in found] == [
            ("smb", ["workspace-security"]), ("credits", ["endpoint-core", "email-core", "backup-storage"]), ("nfr", ["nfr-license"]),
        ]  # fmt: skip
        email = found[1].services[1]
        assert email.measure is not None
        assert (email.measure.name, email.measure.percentile) == (MeasureName.PERCENTILE_DAY, Decimal(85))
        assert [(entry.per_unit, entry.from_date, entry.when) for entry in email.credits] == [
            (Decimal("1.25"), date(2025, 1, 1), When.IN_FORCE), (Decimal("1.5"), date(2026, 7, 1), When.COMING),
        ]  # fmt: skip
        assert (email.unit, email.decimals, found[0].vendor.name, found[0].may_change) == ("user", 0, "Acme Security", False)

    def test_carries_the_fingerprints_that_a_change_asks_for(self, world: None) -> None:
        vendor = viewer(VENDOR)
        group = queries.catalog(vendor, TODAY)[0]
        change(vendor, "solution_groups", {"code": "smb", "name": "x"}, now=NOW, seen=group.fingerprint)
        service = queries.service_details(vendor, "email-core", TODAY)
        change(vendor, "services", {"code": "email-core", "name": "x"}, now=NOW, seen=service.fingerprint)
        unit = next(row for row in queries.billing_units(vendor) if row.code == "seat")
        change(vendor, "billing_units", {"code": "seat", "name": "x"}, now=NOW, seen=unit.fingerprint)
        source = queries.sources(vendor)[0]
        change(vendor, "sources", {"code": "manual", "unmapped": "refuse"}, now=NOW, seen=source.fingerprint)
        region = queries.regions(vendor)[0]
        change(vendor, "regions", {"code": "emea", "name": "x"}, now=NOW, seen=region.fingerprint)

    def test_counts_who_uses_the_lists(self, world: None) -> None:
        assert [(row.code, row.accounts, row.shared) for row in queries.regions(viewer(VENDOR))] == [
            ("emea", 4, False),
            ("latam", 1, False),
        ]
        assert [(row.code, row.accounts) for row in queries.account_types(viewer(NORTH))] == [("msp", 2), ("reseller", 0)]
        assert [(row.code, row.services) for row in queries.billing_units(viewer(BOLT))] == [
            ("GB", 1), ("endpoint", 1), ("seat", 2), ("user", 1),
        ]  # fmt: skip
        assert [(row.code, row.expected_daily, row.keeps_unmapped, row.in_use) for row in queries.sources(viewer(VENDOR))] == [
            ("manual", False, True, False), ("rmm-feed", True, False, False),
        ]  # fmt: skip
        assert queries.sources(viewer(NORTH)) == ()

    def test_says_what_another_vendor_uses_too(self, world: None) -> None:
        apply(Viewer.system(), "accounts: [{ref: other, tier: vendor, region: latam}]", file_name=FILE_NAME, dry_run=False, now=NOW)
        assert [(row.code, row.accounts, row.shared) for row in queries.regions(viewer(VENDOR))] == [("emea", 4, False), ("latam", 1, True)]


def said(row: TermsRow) -> dict[str, tuple[Any, Level]]:
    return {term.field: (term.value, term.level) for term in row.in_force}


@pytest.mark.django_db
class TestTerms:
    @pytest.fixture(autouse=True)
    def _more_terms(self, world: None) -> None:
        text = """
terms:
  - {from: 2026-01-01, resubmit_within_days: 7, reminder_days_before: [2]}
  - {account: north, from: 2026-01-01, auto_submit_after_days: 6}
  - {account: north, from: 2027-01-01, auto_submit_after_days: 8}
  - {account: bolt, from: 2026-02-01, penalty: none}
"""
        apply(Viewer.system(), text, file_name=FILE_NAME, dry_run=False, now=NOW)

    def test_say_where_each_value_comes_from(self) -> None:
        bolt, coil = queries.terms(viewer(NORTH), page=1, per_page=10, on=TODAY).items
        assert said(bolt) == {
            "auto_submit_after_days": (6, Level.DISTRIBUTOR), "resubmit_within_days": (7, Level.INSTALLATION),
            "reminder_days_before": ((2,), Level.INSTALLATION), "over_provision_percent": (Decimal(10), Level.STANDARD),
            "over_provision_units": (Decimal(5), Level.STANDARD), "penalty": ("none", Level.MSP),
            "auto_approve": ("clean", Level.STANDARD), "zero_reports": (False, Level.STANDARD),
        }  # fmt: skip
        assert said(coil)["penalty"] == ("charge_provisioned", Level.STANDARD)
        assert (bolt.may_change, bolt.own[0].from_date, bolt.own[0].said) == (True, date(2026, 2, 1), (("penalty", "none"),))

    def test_have_defaults_with_what_comes(self) -> None:
        installation, north = queries.default_terms(viewer(NORTH), TODAY)
        assert (installation.account, installation.may_change, said(installation)["resubmit_within_days"]) == (
            None, False, (7, Level.INSTALLATION),
        )  # fmt: skip
        (coming,) = north.coming
        assert (coming.from_key, coming.said, coming.when) == ("2027-01-01", (("auto_submit_after_days", 8),), When.COMING)
        change(viewer(NORTH), "terms", {"account": "north", "from": "2027-01-01", "penalty": "none"}, now=NOW, seen=coming.fingerprint)

    def test_of_an_msp_are_its_own_to_read(self) -> None:
        page = queries.terms(viewer(BOLT), page=1, per_page=10, on=TODAY)
        assert [(row.account and row.account.ref, row.may_change) for row in page.items] == [("bolt", False)]
        assert [row.account for row in queries.default_terms(viewer(BOLT), TODAY)] == [None]
        assert queries.terms(viewer(NORTH), search="coil", page=1, per_page=10, on=TODAY).total == 1


@pytest.mark.django_db
class TestMembers:
    def test_are_those_of_the_account(self, world: None) -> None:
        own = queries.members(viewer(BOLT), on=TODAY)
        assert [(row.email, row.name, row.role, row.signed_up) for row in own][1] == (
            "billing@bolt.example", "Bella Bolt", Role.BILLING_MANAGER, False,
        )  # fmt: skip
        assert len(queries.members(Viewer.system(), on=TODAY)) == 8
        assert [row.email for row in queries.members(viewer(NORTH), "coil", on=TODAY)] == [COIL]
        with pytest.raises(NotFound):
            queries.members(viewer(NORTH), "dune", on=TODAY)

    def test_carry_the_fingerprint_that_a_change_asks_for(self, world: None) -> None:
        admin = viewer("admin@bolt.example")
        row = queries.members(admin, on=TODAY)[1]
        change(admin, "members", {"email": row.email, "account": "bolt", "role": "viewer"}, now=NOW, seen=row.fingerprint)

    def test_of_an_account_that_left_are_not_shown(self, world: None) -> None:
        change(viewer(VENDOR), "accounts", {"ref": "coil", "placements": {"from": "2026-08-01", "parent": "south"}}, now=NOW)
        assert queries.members(viewer(NORTH), "coil", on=TODAY) == ()
        assert len(queries.members(viewer("south@south.example"), "coil", on=TODAY)) == 1


@pytest.mark.django_db
class TestHistory:
    def read(self, email: str, ref: str | None, **how: Any) -> list[tuple[str, str, tuple[Change, ...]]]:
        found = queries.history(viewer(email), ref, **{"page": 1, "per_page": 50} | how)
        return [(row.actor.name, row.kind, row.changes) for row in found.items]

    def test_of_an_account_has_the_newest_first_in_pages(self, world: None) -> None:
        change(viewer(NORTH), "accounts", {"ref": "bolt", "city": "Bonn"}, now=NOW)
        newest = (NORTH, "network_changed", (Change("city", "Berlin", "Bonn", "account bolt"),))
        assert self.read(NORTH, "bolt")[0] == newest
        found = queries.history(viewer(BOLT), "bolt", page=1, per_page=1)
        assert (found.total, found.pages, found.items[0].kind) == (2, 2, "network_changed")
        with pytest.raises(NotFound):
            self.read("south@south.example", "bolt")

    def test_of_a_customer_is_what_its_msps_were_told_of_it(self, world: None) -> None:
        change(viewer(NORTH), "accounts", {"ref": "bolt-garage", "placements": {"from": "2026-11-01", "parent": "coil"}}, now=NOW)
        change(viewer(BOLT), "accounts", {"ref": "bolt-dental", "name": "Zahnärzte „Süd“"}, now=NOW)
        assert self.read(BOLT, "bolt-garage")[0] == (
            NORTH, "network_changed", (Change("parent from 2026-11-01", None, "another MSP", "account bolt-garage"),),
        )  # fmt: skip
        assert len(self.read(BOLT, "bolt-garage")) == 2
        assert self.read(BOLT, "bolt-dental")[0][2] == (Change("name", "Dental Care", "Zahnärzte „Süd“", "account bolt-dental"),)
        assert all(change.of == "account bolt-garage" for _, _, changes in self.read(NORTH, "bolt-garage") for change in changes)

    def test_of_a_customer_is_found_whatever_its_ref_is(self, world: None) -> None:
        ref = 'Süd "7" %_\\x'
        change(viewer(BOLT), "accounts", {"ref": ref, "tier": "customer", "parent": "bolt"}, now=NOW)
        assert len(self.read(BOLT, ref)) == 1

    def test_names_nobody_outside(self, world: None) -> None:
        change(viewer(VENDOR), "accounts", {"ref": "coil", "placements": {"from": "2026-08-01", "parent": "south"}}, now=NOW)
        (_, _, changes), *_ = self.read("south@south.example", "coil")
        assert [(change.before, change.after) for change in changes] == [(None, "south")]
        change(viewer(VENDOR), "accounts", {"ref": "coil", "placements": {"from": "2026-08-01", "parent": None}}, now=NOW)
        (_, _, changes), *_ = self.read(COIL, "coil")
        assert [(change.before, change.after) for change in changes] == [("another distributor", None)]

    def test_of_the_installation_is_the_vendors_without_people_of_others(self, world: None) -> None:
        change(viewer(VENDOR), "regions", {"code": "apac"}, now=NOW)
        apply(Viewer.system(), "accounts: [{ref: other, tier: vendor}]", file_name=FILE_NAME, dry_run=False, now=NOW)
        change(
            Viewer.system(), "members", {"email": "boss@other.example", "account": "other", "role": "admin"}, now=NOW
        )  # fmt: skip
        assert self.read(VENDOR, None)[0][:2] == (VENDOR, "network_changed")
        assert self.read("boss@other.example", None)[0][:2] == ("somebody of another vendor", "network_changed")
        with pytest.raises(NotFound):
            self.read(NORTH, None)


QUESTIONS: dict[str, tuple[int, Callable[[Viewer], object]]] = {
    "accounts": (5, lambda viewer: queries.accounts(viewer, tier=Tier.CUSTOMER, page=1, per_page=50, on=TODAY)),
    "account_details": (21, lambda viewer: queries.account_details(viewer, "bolt", TODAY)),
    "catalog": (6, lambda viewer: queries.catalog(viewer, TODAY)),
    "service_details": (6, lambda viewer: queries.service_details(viewer, "email-core", TODAY)),
    "terms": (7, lambda viewer: queries.terms(viewer, page=1, per_page=50, on=TODAY)),
    "default_terms": (6, lambda viewer: queries.default_terms(viewer, TODAY)),
    "regions": (3, queries.regions),
    "billing_units": (3, queries.billing_units),
    "sources": (2, queries.sources),
    "members": (5, lambda viewer: queries.members(viewer, "bolt", on=TODAY)),
    "history": (5, lambda viewer: queries.history(viewer, "bolt", page=1, per_page=50)),
}


@pytest.mark.django_db
class TestNumberOfQueries:
    @pytest.mark.parametrize("name", QUESTIONS)
    def test_does_not_grow_with_the_network(
        self, world: None, name: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:  # fmt: skip
        number, ask = QUESTIONS[name]
        vendor = viewer(VENDOR)
        with django_assert_num_queries(number):
            ask(vendor)
        more = "".join(f"  - {{ref: m{n}, tier: msp, parent: north}}\n  - {{ref: c{n}, tier: customer, parent: m{n}}}\n" for n in range(20))
        text = NETWORK.replace("sources:", f"{more}sources:")
        apply(Viewer.system(), text, file_name=FILE_NAME, dry_run=False, now=NOW)
        with django_assert_num_queries(number):
            ask(vendor)

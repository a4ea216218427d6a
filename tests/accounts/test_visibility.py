"""Who sees whom: everything inside the viewer's subtree, nothing else."""

from datetime import UTC, datetime

import pytest

from tests.world import FILE_NAME, NETWORK
from trueup.accounts.models import Account, Member, Placement
from trueup.accounts.queries import account, installation, msps_placed_on, paths, refs, standings, viewers_of
from trueup.accounts.rules import Role, Tier, Viewer
from trueup.catalog.models import Service, SolutionGroup, Terms
from trueup.events.models import Event
from trueup.kit.errors import NotFound
from trueup.network.actions import apply

EVERYBODY = {
    "acme-vendor", "north", "south", "bolt", "coil", "dune", "bolt-dental", "bolt-garage", "bolt-moved", "coil-bakery", "dune-hotel",
}  # fmt: skip
BOLT = {"bolt", "bolt-dental", "bolt-garage", "bolt-moved"}
COIL = {"coil", "coil-bakery", "bolt-moved"}
AUTUMN = datetime(2026, 11, 1, tzinfo=UTC).date()


def viewer(email: str) -> Viewer:
    return viewers_of(email)[0]


def seen(email: str) -> set[str]:
    return set(Account.objects.visible_to(viewer(email)).values_list("ref", flat=True))


@pytest.mark.django_db
class TestViewer:
    @pytest.mark.parametrize(
        ("email", "expected"),
        [
            ("vendor@acme.example", EVERYBODY),
            ("north@north.example", {"north"} | BOLT | COIL),
            ("south@south.example", {"south", "dune", "dune-hotel"}),
            ("billing@bolt.example", BOLT),
            ("viewer@bolt.example", BOLT),
            ("billing@coil.example", COIL),
            ("billing@dune.example", {"dune", "dune-hotel"}),
        ],
    )
    def test_sees_its_own_subtree(self, world: None, email: str, expected: set[str]) -> None:
        assert seen(email) == expected

    def test_at_the_machine_sees_all(self, world: None) -> None:
        assert set(Account.objects.visible_to(Viewer.system()).values_list("ref", flat=True)) == EVERYBODY

    def test_sees_of_a_moved_customer_its_own_time_only(self, world: None) -> None:
        placed = Placement.objects.filter(account__ref="bolt-moved")
        assert list(placed.visible_to(viewer("billing@bolt.example")).values_list("parent__ref", flat=True)) == ["bolt"]
        assert list(placed.visible_to(viewer("billing@coil.example")).values_list("parent__ref", flat=True)) == ["coil"]
        assert placed.visible_to(viewer("north@north.example")).count() == 2
        assert placed.visible_to(viewer("south@south.example")).count() == 0

    def test_sees_an_msp_that_moved_with_the_customers_of_that_time(self, world: None) -> None:
        moved = "placements: [{parent: north}, {parent: south, from: 2026-11-01}], name: Coil Services"
        text = NETWORK.replace("parent: north, name: Coil Services", moved)
        apply(Viewer.system(), text, file_name=FILE_NAME, dry_run=False, now=datetime(2026, 9, 1, tzinfo=UTC))
        assert seen("south@south.example") == {"south", "dune", "dune-hotel"} | COIL
        assert seen("north@north.example") == {"north"} | BOLT | COIL
        placed = Placement.objects.filter(account__ref="bolt-moved").visible_to(viewer("south@south.example"))
        assert list(placed.values_list("parent__ref", flat=True)) == ["coil"]

    def test_sees_members_of_its_subtree(self, world: None) -> None:
        emails = Member.objects.visible_to(viewer("billing@coil.example")).values_list("user__email", flat=True)
        assert list(emails) == ["billing@coil.example"]
        assert Member.objects.visible_to(viewer("north@north.example")).count() == 5

    def test_sees_what_its_vendor_sells(self, world: None) -> None:
        for email in ("vendor@acme.example", "north@north.example", "billing@dune.example"):
            assert (SolutionGroup.objects.visible_to(viewer(email)).count(), Service.objects.visible_to(viewer(email)).count()) == (3, 5)
        other = Account.objects.create(ref="other", tier=Tier.VENDOR, name="Other")
        stranger = Viewer(viewer("vendor@acme.example").actor, other.pk, Tier.VENDOR, Role.ADMIN)
        assert (SolutionGroup.objects.visible_to(stranger).count(), Account.objects.visible_to(stranger).count()) == (0, 1)

    def test_sees_terms_of_its_subtree_only(self, world: None) -> None:
        counts = {email: Terms.objects.visible_to(viewer(email)).count() for email in ("north@north.example", "billing@bolt.example")}
        assert counts == {"north@north.example": 1, "billing@bolt.example": 0}

    def test_sees_events_of_its_subtree_only(self, world: None) -> None:
        bolt = Account.objects.get(ref="bolt").pk
        assert set(Event.objects.visible_to(viewer("billing@bolt.example")).values_list("chain", flat=True)) == {bolt}
        assert bolt not in Event.objects.visible_to(viewer("south@south.example")).values_list("chain", flat=True)

    def test_gets_not_found_for_a_stranger(self, world: None) -> None:
        assert account(viewer("billing@bolt.example"), "bolt-dental", Tier.CUSTOMER).name == "Dental Care"
        with pytest.raises(NotFound, match="there is no MSP “coil”"):
            account(viewer("billing@bolt.example"), "coil", Tier.MSP)
        with pytest.raises(NotFound, match="there is no account “nobody”"):
            account(Viewer.system(), "nobody")

    def test_is_a_member_by_e_mail_in_any_case(self, world: None) -> None:
        (found,) = viewers_of(" Billing@Bolt.example ")
        assert (found.actor.name, found.tier, found.role) == ("billing@bolt.example", Tier.MSP, Role.BILLING_MANAGER)
        with pytest.raises(NotFound):
            viewers_of("nobody@bolt.example")


@pytest.mark.django_db
class TestStanding:
    def test_knows_distributor_zone_and_access(self, world: None) -> None:
        found = standings(msps_placed_on(AUTUMN), AUTUMN)
        assert {item.msp.ref: (item.distributor.ref, item.vendor.ref, item.time_zone, item.access.granted) for item in found.values()} == {
            "bolt": ("north", "acme-vendor", "Europe/Berlin", True),
            "coil": ("north", "acme-vendor", "UTC", True),
            "dune": ("south", "acme-vendor", "America/Bogota", False),
        }

    def test_follows_placements_by_day(self, world: None) -> None:
        names = refs(Viewer.system(), Account.objects.values_list("pk", flat=True))
        moved = Account.objects.get(ref="bolt-moved").pk
        before, after = datetime(2026, 10, 15, tzinfo=UTC).date(), datetime(2026, 10, 16, tzinfo=UTC).date()
        ways = [[names[part] for part in paths({moved}, day)[moved]] for day in (before, after)]
        assert ways == [["acme-vendor", "north", "bolt", "bolt-moved"], ["acme-vendor", "north", "coil", "bolt-moved"]]

    def test_is_asked_before_anything_was_applied(self) -> None:
        assert (installation().time_zone, installation().currency) == ("UTC", "USD")
        assert standings([], AUTUMN) == {}

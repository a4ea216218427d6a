"""One entry at a time: what comes of it, and what is refused."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.world import FILE_NAME
from trueup.accounts.models import Account, Member, Placement, Region, User
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Role, Viewer
from trueup.catalog.models import BillingUnit, CreditRequirement, Service, SolutionGroup, Terms
from trueup.events.models import Event
from trueup.events.queries import audit
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from trueup.kit.period import BEGINNING
from trueup.kit.text import Text
from trueup.network.actions import NEW, apply, change, invite, remove
from trueup.network.editing import KEEPABLE
from trueup.network.rules.editing import ANY, entry_named, fingerprint
from trueup.network.rules.plan import Plan, Verb
from trueup.network.tables.reading import present

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
NORTH, BOLT, VENDOR = "north@north.example", "billing@bolt.example", "vendor@acme.example"
ADMIN = "admin@bolt.example"


def viewer(email: str) -> Viewer:
    return viewers_of(email)[0] if email else Viewer.system()


def run(email: str, section: str, entry: Mapping[str, Any], **how: Any) -> Plan:
    return change(viewer(email), section, entry, now=NOW, **how)


def problems(email: str, section: str, entry: Mapping[str, Any], **how: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        run(email, section, entry, **how)
    assert all(isinstance(problem.message, Text) for problem in refused.value.problems)
    return [(problem.where, problem.message) for problem in refused.value.problems]


def history(ref: str) -> list[tuple[str, date]]:
    return list(Placement.objects.filter(account__ref=ref).order_by("from_date").values_list("parent__ref", "from_date"))


def mark(section: str, *key: str) -> str:
    return fingerprint(present({key[0]})[section][key])


@pytest.mark.django_db
class TestChange:
    def test_keeps_what_is_not_said(self, world: None) -> None:
        (step,) = run(NORTH, "accounts", {"ref": "bolt", "city": "Potsdam"}).steps
        assert [(change.field, change.before, change.after) for change in step.changes] == [("city", "Berlin", "Potsdam")]
        bolt = Account.objects.get(ref="bolt")
        assert (bolt.name, bolt.city, bolt.state, bolt.time_zone) == ("Bolt IT", "Potsdam", "BE", "Europe/Berlin")

    def test_takes_a_field_back_that_is_given_as_none(self, world: None) -> None:
        run(NORTH, "accounts", {"ref": "bolt", "region": None, "time_zone": None, "type": "reseller"})
        bolt = Account.objects.select_related("type").get(ref="bolt")
        assert (bolt.region, bolt.time_zone, bolt.type and bolt.type.code) == (None, "", "reseller")

    def test_adds_an_account(self, world: None) -> None:
        (step,) = run(BOLT, "accounts", {"ref": "bolt-new", "tier": "customer", "parent": "bolt", "name": "New Ltd"}, seen=NEW).steps
        assert (step.verb, history("bolt-new")) == (Verb.ADD, [("bolt", BEGINNING)])

    def test_changes_nothing_in_a_dry_run(self, world: None) -> None:
        events = Event.objects.count()
        assert len(run(NORTH, "accounts", {"ref": "bolt", "city": "Potsdam"}, dry_run=True).doing) == 1
        assert (Account.objects.get(ref="bolt").city, Event.objects.count()) == ("Berlin", events)

    def test_does_nothing_where_everything_is_so_already(self, world: None) -> None:
        events = Event.objects.count()
        assert run(NORTH, "accounts", {"ref": "bolt", "city": "Berlin", "usage_reports_excluded": False}).steps == ()
        assert Event.objects.count() == events

    def test_is_told_in_the_history_of_whom_it_concerns(self, world: None) -> None:
        run(NORTH, "accounts", {"ref": "bolt", "city": "Potsdam"})
        event = Event.objects.latest("id")
        bolt = Account.objects.get(ref="bolt").pk
        assert (event.chain, event.kind, event.actor_name, event.note) == (bolt, "network_changed", NORTH, "")
        assert event.changes == [{"of": "account bolt", "field": "city", "before": "Berlin", "after": "Potsdam"}]
        assert audit().findings == ()

    def test_says_the_field_that_is_wrong(self, world: None) -> None:
        entry = {"ref": "bolt", "region": "mars", "time_zone": "Mars/One", "name": " Bolt", "colour": "red"}
        assert sorted(problems(NORTH, "accounts", entry)) == [
            ("colour", "`colour` is not known here"),
            ("name", "`name` must be one line of text without spaces at its ends, not “ Bolt”"),
        ]
        del entry["name"], entry["colour"]
        assert problems(NORTH, "accounts", entry) == [
            ("region", "there is no region “mars”"),
            ("time_zone", "“Mars/One” is not a time zone: write it like Europe/Berlin"),
        ]
        assert problems(NORTH, "accounts", {"ref": "new", "tier": "msp"}) == [
            ("parent", "`parent` is missing: an MSP belongs to a distributor")
        ]

    def test_says_the_field_of_a_dated_value_that_is_wrong(self, world: None) -> None:
        for given, where in [
            ({"from": "2027-02-30", "per_unit": "4"}, "credits.from"),
            ({"from": "tomorrow", "per_unit": "4"}, "credits.from"),
            ({"from": "2027-01-01", "per_unit": "4.1234567"}, "credits.per_unit"),
            ({"from": "2027-01-01"}, "credits.per_unit"),
        ]:
            assert [found for found, _ in problems(VENDOR, "services", {"code": "endpoint-core", "credits": given})] == [where]
        wrong = {"from": "2027-01-01", "name": "percentile_day", "percentile": "101"}
        assert [where for where, _ in problems(VENDOR, "services", {"code": "email-core", "measure": wrong})] == ["measure.percentile"]

    def test_says_every_entry_as_it_is(self, world: None) -> None:
        everything = present(set(Account.objects.values_list("ref", flat=True)))
        entries = [(section, key) for section in KEEPABLE for key in everything[section]]
        assert len(entries) == 38
        assert [entry for entry in entries if run("", entry[0], entry_named(*entry), dry_run=True).steps] == []

    def test_needs_a_section_that_there_is(self, world: None) -> None:
        with pytest.raises(NotFound):
            run("", "installation", {"currency": "EUR"})


@pytest.mark.django_db
class TestDatedValue:
    def test_is_added_to_those_there_are(self, world: None) -> None:
        (step,) = run(VENDOR, "services", {"code": "endpoint-core", "credits": {"from": "2027-01-01", "per_unit": "4"}}).steps
        assert [(change.field, change.after) for change in step.changes] == [("credits from 2027-01-01", "4")]
        rows = CreditRequirement.objects.filter(service__code="endpoint-core").order_by("from_date")
        assert list(rows.values_list("per_unit", flat=True)) == [Decimal("3.75"), Decimal(4)]

    def test_replaces_that_of_its_day_and_is_taken_back(self, world: None) -> None:
        run(VENDOR, "services", {"code": "email-core", "credits": {"from": "2026-07-01", "per_unit": "2"}})
        rows = CreditRequirement.objects.filter(service__code="email-core").order_by("from_date")
        assert list(rows.values_list("per_unit", flat=True)) == [Decimal("1.25"), Decimal(2)]
        run(VENDOR, "services", {"code": "email-core", "credits": {"from": "2026-07-01", "per_unit": None}})
        assert list(rows.values_list("per_unit", flat=True)) == [Decimal("1.25")]
        run(VENDOR, "services", {"code": "email-core", "credits": {"from": "2025-01-01", "per_unit": None}})
        assert not rows.exists()

    def test_of_a_measure_leaves_the_others(self, world: None) -> None:
        given = {"from": "2027-01-01", "name": "percentile_day", "percentile": "95"}
        (step,) = run(VENDOR, "services", {"code": "email-core", "measure": given}).steps
        assert [(change.field, change.before, change.after) for change in step.changes] == [
            ("measure from 2027-01-01", None, "percentile_day 95")
        ]

    def test_of_a_placement_moves_from_a_day_on(self, world: None) -> None:
        (step,) = run(NORTH, "accounts", {"ref": "bolt-garage", "placements": {"from": "2026-11-01", "parent": "coil"}}).steps
        assert (step.verb, history("bolt-garage")) == (Verb.MOVE, [("bolt", BEGINNING), ("coil", date(2026, 11, 1))])
        assert run(NORTH, "accounts", {"ref": "bolt-garage", "placements": {"from": "2026-12-01", "parent": "coil"}}).steps == ()
        run(NORTH, "accounts", {"ref": "bolt-garage", "placements": {"from": "2026-11-01", "parent": None}})
        assert history("bolt-garage") == [("bolt", BEGINNING)]

    def test_of_terms_begins_with_what_they_said(self, world: None) -> None:
        run(NORTH, "terms", {"account": "north", "from": "2027-01-01", "auto_submit_after_days": 9, "penalty": None}, seen=NEW)
        terms = Terms.objects.get(from_date=date(2027, 1, 1))
        assert (terms.auto_submit_after_days, terms.over_provision_percent, terms.penalty) == (9, Decimal(10), None)

    def test_keeps_the_place_in_the_report_and_puts_what_is_new_at_the_end(self, world: None) -> None:
        run(VENDOR, "services", {"code": "email-core", "name": "Email"})
        run(VENDOR, "services", {"code": "mobile", "group": "smb", "unit": {"code": "device", "name": "Device"}})
        run(VENDOR, "solution_groups", {"code": "mdr", "name": "Managed"})
        services = Service.objects.order_by("position").values_list("code", flat=True)
        assert list(services)[2:] == ["email-core", "backup-storage", "nfr-license", "mobile"]
        assert SolutionGroup.objects.order_by("-position")[0].code == "mdr"
        assert BillingUnit.objects.get(code="device").name == "Device"


@pytest.mark.django_db
class TestFingerprint:
    def test_lets_one_of_two_win(self, world: None) -> None:
        before = mark("accounts", "bolt")
        run(NORTH, "accounts", {"ref": "bolt", "city": "Potsdam"}, seen=before)
        with pytest.raises(Conflict, match="somebody else has changed this meanwhile; there is now: city: Potsdam"):
            run(NORTH, "accounts", {"ref": "bolt", "city": "Hamburg"}, seen=before)
        assert Account.objects.get(ref="bolt").city == "Potsdam"
        run(NORTH, "accounts", {"ref": "bolt", "city": "Hamburg"}, seen=mark("accounts", "bolt"))

    def test_notices_what_was_removed_and_what_is_there_already(self, world: None) -> None:
        before = mark("members", "viewer@bolt.example", "bolt")
        remove(viewer(ADMIN), "members", ("viewer@bolt.example", "bolt"), now=NOW, seen=before)
        with pytest.raises(Conflict, match="removed"):
            run(ADMIN, "members", {"email": "viewer@bolt.example", "account": "bolt", "role": "admin"}, seen=before)
        assert problems(BOLT, "accounts", {"ref": "bolt-dental", "tier": "customer", "parent": "bolt"}, seen=NEW) == [
            ("ref", "this ref is taken")
        ]
        assert problems(VENDOR, "regions", {"code": "emea"}, seen=NEW) == [("code", "this code is taken")]
        assert problems(NORTH, "terms", {"account": "north", "from": "2026-01-01"}, seen=NEW) == [
            ("from", "there are terms from this day on already")
        ]

    def test_refuses_a_removal_too(self, world: None) -> None:
        before = mark("members", "viewer@bolt.example", "bolt")
        run(ADMIN, "members", {"email": "viewer@bolt.example", "account": "bolt", "role": "admin"})
        with pytest.raises(Conflict):
            remove(viewer(ADMIN), "members", ("viewer@bolt.example", "bolt"), now=NOW, seen=before)


@pytest.mark.django_db
class TestRemove:
    def test_of_what_is_not_in_use_is_done(self, world: None) -> None:
        run(VENDOR, "regions", {"code": "apac"})
        remove(viewer(VENDOR), "regions", "apac", now=NOW)
        remove(viewer(VENDOR), "sources", "manual", now=NOW)
        assert not Region.objects.filter(code="apac").exists()

    @pytest.mark.parametrize(
        ("section", "key", "reason"),
        [
            ("regions", "emea", "region emea stays: accounts are in it"),
            ("account_types", "msp", "account type msp stays: accounts are of it"),
            ("billing_units", "seat", "billing unit seat stays: services are counted in it"),
            ("services", "email-core", "service email-core stays: usage and reports may name it"),
            ("accounts", "bolt-dental", "account bolt-dental stays: it has a history, and usage may be kept under it"),
        ],
    )
    def test_of_what_is_in_use_is_a_conflict(self, world: None, section: str, key: str, reason: str) -> None:
        with pytest.raises(Conflict) as refused:
            remove(viewer(VENDOR), section, key, now=NOW)
        assert refused.value.message == reason

    def test_of_terms_is_done_before_they_are_in_force(self, world: None) -> None:
        with pytest.raises(Conflict, match="in force"):
            remove(viewer(NORTH), "terms", ("north", "2026-01-01"), now=NOW)
        run(NORTH, "terms", {"account": "bolt", "from": "2026-09-02", "penalty": "none"})
        remove(viewer(NORTH), "terms", ("bolt", "2026-09-02"), now=NOW)
        assert Terms.objects.count() == 1
        with pytest.raises(NotFound):
            remove(viewer(NORTH), "terms", ("bolt", "2026-09-02"), now=NOW)


@pytest.mark.django_db
class TestMembers:
    def test_are_invited_before_anybody_knows_them(self, world: None) -> None:
        invite(viewer(ADMIN), " New@Bolt.example ", "bolt", Role.BILLING_MANAGER, "Nora New", now=NOW)
        person = User.objects.get(email="new@bolt.example")
        assert (person.name, person.has_usable_password()) == ("Nora New", False)
        with pytest.raises(Invalid) as refused:
            invite(viewer(ADMIN), "new@bolt.example", "bolt", Role.VIEWER, "", now=NOW)
        (problem,) = refused.value.problems
        assert str(problem) == "email: new@bolt.example is a member of “bolt” already"

    def test_keep_their_name_where_somebody_else_knows_them_too(self, world: None) -> None:
        run("", "members", {"email": "billing@coil.example", "account": "coil", "role": "billing_manager", "name": "Cora Coil"})
        invite(viewer(ADMIN), "billing@coil.example", "bolt", Role.VIEWER, "Somebody", now=NOW)
        assert User.objects.get(email="billing@coil.example").name == "Cora Coil"

    def test_include_an_admin_unless_somebody_above_says_so(self, world: None) -> None:
        with pytest.raises(Conflict, match="the last admin of “bolt”"):
            run(ADMIN, "members", {"email": ADMIN, "account": "bolt", "role": "viewer"})
        with pytest.raises(Conflict, match="the last admin of “bolt”"):
            remove(viewer(ADMIN), "members", (ADMIN, "bolt"), now=NOW)
        run("", "members", {"email": "boss@north.example", "account": "north", "role": "admin"})
        remove(viewer("boss@north.example"), "members", (ADMIN, "bolt"), now=NOW)
        assert not Member.objects.filter(user__email=ADMIN).exists()

    def test_may_leave_where_another_admin_stays(self, world: None) -> None:
        run(ADMIN, "members", {"email": "viewer@bolt.example", "account": "bolt", "role": "admin"})
        remove(viewer(ADMIN), "members", (ADMIN, "bolt"), now=NOW)
        assert list(Member.objects.filter(account__ref="bolt", role=Role.ADMIN).values_list("user__email", flat=True)) == [
            "viewer@bolt.example"
        ]


SECOND_VENDOR = """
accounts:
  - {ref: other-vendor, tier: vendor}
  - {ref: east, tier: distributor, parent: other-vendor, region: latam}
solution_groups: [{code: theirs, vendor: other-vendor}]
services: [{code: their-seat, group: theirs, unit: seat}]
members: [{email: boss@other.example, account: other-vendor, role: admin}]
"""


@pytest.mark.django_db
class TestSharedList:
    @pytest.fixture(autouse=True)
    def _two_vendors(self, world: None) -> None:
        text = SECOND_VENDOR.replace("members:", "# members:")
        apply(Viewer.system(), text, file_name=FILE_NAME, dry_run=False, now=NOW)
        run("", "members", {"email": "boss@other.example", "account": "other-vendor", "role": "admin"})

    @pytest.mark.parametrize(
        ("section", "entry"),
        [
            ("regions", {"code": "latam", "usage_reports": True}),
            ("billing_units", {"code": "seat", "name": "Chair"}),
            ("services", {"code": "workspace-security", "unit": {"code": "seat", "name": "Chair"}}),
        ],
    )
    def test_that_another_vendor_uses_stays_as_it_is(self, section: str, entry: dict[str, Any]) -> None:
        with pytest.raises(Conflict, match="used outside your accounts"):
            run(VENDOR, section, entry)

    def test_that_only_its_own_accounts_use_is_the_vendors(self) -> None:
        run(VENDOR, "regions", {"code": "emea", "name": "Europe"})
        run(VENDOR, "billing_units", {"code": "GB", "name": "Gigabytes"})
        run("boss@other.example", "regions", {"code": "apac"})

    def test_does_not_tell_of_what_another_vendor_sells(self) -> None:
        with pytest.raises(NotFound, match="there is no service “email-core”"):
            run("boss@other.example", "services", {"code": "email-core", "name": "Mine"})
        assert problems("boss@other.example", "services", {"code": "email-core", "group": "theirs", "unit": "seat"}, seen=NEW) == [
            ("code", "this code is taken")
        ]
        assert problems("boss@other.example", "services", {"code": "x", "group": "smb", "unit": "seat"}) == [
            ("group", "there is no solution group “smb”")
        ]
        run("boss@other.example", "solution_groups", {"code": "more"})
        assert SolutionGroup.objects.get(code="more").vendor.ref == "other-vendor"


@pytest.mark.django_db
class TestMove:
    def test_reaches_no_account_the_viewer_does_not_see(self, world: None) -> None:
        for ref in ("dune", "nobody"):
            assert problems(NORTH, "accounts", {"ref": "bolt-garage", "placements": {"from": "2027-01-01", "parent": ref}}) == [
                ("placements.parent", f"there is no account “{ref}”")
            ]
        assert problems(BOLT, "accounts", {"ref": "bolt-garage", "parent": "coil"}) == [("parent", "there is no account “coil”")]

    def test_hides_the_past_of_a_customer_and_keeps_it(self, world: None) -> None:
        coil = "billing@coil.example"
        with pytest.raises(NotAllowed, match="not below your account at present"):
            run(coil, "accounts", {"ref": "bolt-moved", "name": "Mine"})
        later = datetime(2026, 11, 1, tzinfo=UTC)
        change(viewer(coil), "accounts", {"ref": "bolt-moved", "name": "Moved & Co"}, now=later)
        assert history("bolt-moved") == [("bolt", date(2025, 1, 1)), ("coil", date(2026, 10, 16))]
        refused_alike: list[dict[str, Any]] = [{"parent": "bolt"}, {"placements": {"from": "2027-01-01", "parent": "bolt"}}]
        for entry in refused_alike:
            with pytest.raises(Invalid, match="1 problem") as refused:
                change(viewer(coil), "accounts", {"ref": "bolt-moved", **entry}, now=later)
            assert [problem.message for problem in refused.value.problems] == ["there is no account “bolt”"]
        past: list[dict[str, Any]] = [{"parent": "coil"}, {"placements": {"from": "2026-10-01", "parent": "coil"}}]
        for entry in past:
            with pytest.raises(NotAllowed, match="below an account that is not yours"):
                change(viewer(coil), "accounts", {"ref": "bolt-moved", **entry}, now=later)

    def test_leaves_to_the_next_distributor_what_it_will_have(self, world: None) -> None:
        move = {"ref": "coil", "placements": {"from": "2026-10-01", "parent": "south"}}
        run(VENDOR, "accounts", move)
        with pytest.raises(NotAllowed, match="from 2026-11-01 on it is below an account that is not yours"):
            run(NORTH, "accounts", {"ref": "coil-bakery", "placements": {"from": "2026-11-01", "parent": "bolt"}})
        run(NORTH, "accounts", {"ref": "coil-bakery", "placements": {"from": "2026-09-01", "parent": "bolt"}})
        with pytest.raises(NotAllowed, match="not below your account on 2026-10-01"):
            run(NORTH, "terms", {"account": "coil", "from": "2026-10-01", "penalty": "none"})
        with pytest.raises(NotAllowed, match="not below your account at present"):
            run("south@south.example", "accounts", {"ref": "coil", "city": "Rio"})


@pytest.mark.django_db
class TestPlacementsOfOthers:
    COIL = "billing@coil.example"
    LATER = datetime(2026, 11, 3, 12, tzinfo=UTC)

    def send(self, first: Mapping[str, Any]) -> None:
        entry: dict[str, Any] = {"ref": "bolt-moved", "placements": [dict(first), {"parent": "coil", "from": "2026-10-16"}]}
        change(viewer(self.COIL), "accounts", entry, now=self.LATER)

    def test_stay_by_their_day(self, world: None) -> None:
        before = history("bolt-moved")
        self.send({"parent": None, "from": "2025-01-01"})
        assert history("bolt-moved") == before

    @pytest.mark.parametrize("day", ["2025-01-02", "nonsense", None])
    def test_are_on_no_other_day(self, world: None, day: str | None) -> None:
        with pytest.raises(Invalid) as refused:
            self.send({"parent": None, "from": day})
        assert ("placements", "0", "parent") in {problem.at for problem in refused.value.problems}

    def test_are_nothing_to_who_sees_all(self, world: None) -> None:
        assert problems("", "accounts", {"ref": "bolt-moved", "placements": [{"parent": None}]})[0][0] == "placements.parent"


@pytest.mark.django_db
class TestAny:
    def test_is_whatever_it_says_by_now(self, world: None) -> None:
        run(NORTH, "accounts", {"ref": "bolt", "city": "Ulm"}, seen=ANY)
        assert Account.objects.get(ref="bolt").city == "Ulm"

    def test_is_not_nothing(self, world: None) -> None:
        with pytest.raises(NotFound, match="there is no region “mars”"):
            run(VENDOR, "regions", {"code": "mars"}, seen=ANY)


@pytest.mark.django_db
class TestProblems:
    def test_say_each_place_for_programs(self, world: None) -> None:
        with pytest.raises(Invalid) as refused:
            run(NORTH, "accounts", {"ref": "bolt-garage", "placements": [{"parent": "bolt"}, {"parent": "dune", "from": "2026-12-01"}]})
        assert [(problem.where, problem.at) for problem in refused.value.problems] == [("placements.parent", ("placements", "1", "parent"))]

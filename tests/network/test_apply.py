"""Applying a network file: what comes of it, again and again."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.world import APPLIED_AT, FILE_NAME, NETWORK
from trueup.accounts.models import Account, Installation, Member, Placement, Region, User
from trueup.accounts.rules import Actor, Role, Tier, Viewer
from trueup.catalog.models import BillingUnit, CreditRequirement, Service, ServiceMeasure, SolutionGroup, Terms
from trueup.events.models import Event
from trueup.events.queries import audit
from trueup.kit.errors import NotAllowed
from trueup.kit.period import BEGINNING, FOREVER
from trueup.ledger.models import Source
from trueup.network.actions import apply
from trueup.network.rules.plan import Plan, Step, Verb

LATER = datetime(2026, 9, 1, 8, tzinfo=UTC)
BOLT_MOVED = "placements: [{parent: bolt, from: 2025-01-01}, {parent: coil, from: 2026-10-16}]"


def run(text: str, *, dry_run: bool = False) -> Plan:
    return apply(Viewer.system(), text, file_name=FILE_NAME, dry_run=dry_run, now=LATER)


def changed(before: str, after: str, *, dry_run: bool = False) -> Plan:
    assert before in NETWORK
    return run(NETWORK.replace(before, after), dry_run=dry_run)


def without(start: str) -> str:
    return "".join(line for line in NETWORK.splitlines(keepends=True) if start not in line)


def told(step: Step) -> dict[str, tuple[Any, Any]]:
    return {change.field: (change.before, change.after) for change in step.changes}


@pytest.mark.django_db
class TestApply:
    def test_makes_the_whole_network(self, world: None) -> None:
        assert Account.objects.count() == 11
        assert Installation.objects.get().currency == "USD"
        bolt = Account.objects.select_related("region", "type").get(ref="bolt")
        assert (bolt.tier, bolt.time_zone, bolt.city, bolt.state) == (Tier.MSP, "Europe/Berlin", "Berlin", "BE")
        assert bolt.region is not None
        assert bolt.type is not None
        assert (bolt.region.code, bolt.type.code) == ("emea", "msp")
        assert list(SolutionGroup.objects.order_by("position").values_list("code", flat=True)) == ["smb", "credits", "nfr"]

    def test_keeps_placements_half_open(self, world: None) -> None:
        rows = Placement.objects.filter(account__ref="bolt-moved").order_by("from_date")
        assert list(rows.values_list("parent__ref", "from_date", "until_date")) == [
            ("bolt", date(2025, 1, 1), date(2026, 10, 16)),
            ("coil", date(2026, 10, 16), FOREVER),
        ]
        assert list(Placement.objects.filter(account__ref="bolt-dental").values_list("from_date", "until_date")) == [(BEGINNING, FOREVER)]

    def test_reads_numbers_exactly(self, world: None) -> None:
        requirements = CreditRequirement.objects.filter(service__code="email-core").order_by("from_date")
        assert list(requirements.values_list("per_unit", flat=True)) == [Decimal("1.25"), Decimal("1.5")]

    def test_keeps_units_measures_sources_members_and_terms(self, world: None) -> None:
        assert list(BillingUnit.objects.order_by("code").values_list("code", "name", "decimals")) == [
            ("GB", "Gigabyte", 3), ("endpoint", "endpoint", 0), ("seat", "seat", 0), ("user", "user", 0),
        ]  # fmt: skip
        measure = ServiceMeasure.objects.get(service__code="email-core")
        assert (measure.name, measure.percentile, measure.from_date) == ("percentile_day", Decimal(85), BEGINNING)
        assert list(Source.objects.order_by("code").values_list("code", "expected_daily", "keeps_unmapped")) == [
            ("manual", False, True), ("rmm-feed", True, False),
        ]  # fmt: skip
        member = Member.objects.select_related("user").get(user__email="billing@bolt.example")
        assert (member.role, member.user.name, member.user.has_usable_password()) == (Role.BILLING_MANAGER, "Bella Bolt", False)
        terms = Terms.objects.get()
        assert (terms.over_provision_percent, terms.reminder_days_before, terms.from_date) == (Decimal(10), None, date(2026, 1, 1))

    def test_does_nothing_the_second_time(self, world: None) -> None:
        events = Event.objects.count()
        assert run(NETWORK).steps == ()
        assert Event.objects.count() == events

    def test_does_nothing_for_an_empty_file(self, world: None) -> None:
        assert run("# nothing\n").steps == ()

    def test_changes_nothing_in_a_dry_run(self) -> None:
        plan = run(NETWORK, dry_run=True)
        assert [step.verb for step in plan.steps] == [Verb.ADD] * (len(plan.steps))
        assert (Account.objects.count(), Event.objects.count(), Installation.objects.count()) == (0, 0, 0)

    def test_does_what_the_dry_run_showed(self, world: None) -> None:
        expected = changed("name: Bolt IT", "name: Bolt Ltd", dry_run=True)
        assert changed("name: Bolt IT", "name: Bolt Ltd") == expected
        assert Account.objects.get(ref="bolt").name == "Bolt Ltd"

    def test_shows_before_and_after_of_each_value(self, world: None) -> None:
        plan = changed("city: Berlin, state: BE", "city: Potsdam, state: BB")
        (step,) = plan.steps
        assert (step.verb, step.kind, step.name) == (Verb.CHANGE, "account", "bolt")
        assert told(step) == {"city": ("Berlin", "Potsdam"), "state": ("BE", "BB")}

    def test_is_for_the_operator_only(self, world: None) -> None:
        vendor = Account.objects.get(ref="acme-vendor")
        viewer = Viewer(Actor("person", "vendor@acme.example", 1), vendor.pk, Tier.VENDOR, Role.ADMIN)
        with pytest.raises(NotAllowed, match="operator"):
            apply(viewer, NETWORK, file_name=FILE_NAME, dry_run=False, now=LATER)


@pytest.mark.django_db
class TestMove:
    def test_is_shown_as_a_move(self, world: None) -> None:
        (step,) = changed("tier: customer, parent: bolt, name: Garage", "tier: customer, parent: coil, name: Garage").steps
        assert (step.verb, told(step)) == (Verb.MOVE, {"parent": ("bolt", "coil")})
        assert "usage that was received keeps the MSP" in step.note

    def test_from_a_day_on_keeps_the_history(self, world: None) -> None:
        moved = "placements: [{parent: bolt}, {parent: coil, from: 2026-11-01}], name: Garage"
        (step,) = changed("parent: bolt, name: Garage", moved).steps
        assert (step.verb, step.note, told(step)) == (Verb.MOVE, "", {"parent from 2026-11-01": (None, "coil")})
        rows = Placement.objects.filter(account__ref="bolt-garage").order_by("from_date").values_list("parent__ref", "until_date")
        assert list(rows) == [("bolt", date(2026, 11, 1)), ("coil", FOREVER)]

    def test_can_be_taken_back_before_it_happens(self, world: None) -> None:
        (step,) = changed(BOLT_MOVED, "placements: [{parent: bolt, from: 2025-01-01}]").steps
        assert told(step) == {"parent from 2026-10-16": ("coil", None)}
        assert list(Placement.objects.filter(account__ref="bolt-moved").values_list("parent__ref", "until_date")) == [("bolt", FOREVER)]

    def test_is_told_to_both_msps_without_naming_the_other(self, world: None) -> None:
        changed("parent: bolt, name: Garage", "placements: [{parent: bolt}, {parent: coil, from: 2026-11-01}], name: Garage")
        events = {Account.objects.get(pk=event.chain).ref: event.changes for event in Event.objects.filter(at=LATER)}
        entry = {"of": "account bolt-garage", "field": "parent from 2026-11-01", "before": None}
        assert events == {"bolt": [entry | {"after": "another MSP"}], "coil": [entry | {"after": "coil"}]}


@pytest.mark.django_db
class TestRemoval:
    def test_of_members_and_terms_is_done(self, world: None) -> None:
        plan = run(without("viewer@bolt.example"))
        assert [(step.verb, step.name) for step in plan.steps] == [(Verb.REMOVE, "viewer@bolt.example in bolt")]
        assert not Member.objects.filter(user__email="viewer@bolt.example").exists()
        assert User.objects.filter(email="viewer@bolt.example").exists()
        plan = run("terms: []")
        assert [(step.verb, step.name) for step in plan.steps] == [(Verb.REMOVE, "north from 2026-01-01")]
        assert Terms.objects.count() == 0

    def test_of_an_account_service_or_group_is_refused_and_says_why(self, world: None) -> None:
        text = "".join(line for line in NETWORK.splitlines(keepends=True) if "code: nfr" not in line and "dune" not in line)
        text = text.replace("     credits: [{from: 2025-01-01, per_unit: 1}]}\n", "")
        steps = [(step.verb, step.kind, step.name) for step in run(text).steps if step.kind != "member"]
        assert steps == [(Verb.KEEP, "service", "nfr-license"), (Verb.KEEP, "solution group", "nfr"), (Verb.KEEP, "account", "dune")]
        assert Account.objects.filter(ref="dune").exists()
        assert Service.objects.filter(code="nfr-license").exists()

    def test_leaves_customers_alone(self, world: None) -> None:
        assert run(without("ref: bolt-dental")).steps == ()
        assert Account.objects.filter(ref="bolt-dental").exists()

    def test_leaves_sections_alone_that_are_not_in_the_file(self, world: None) -> None:
        assert run("sources: [{code: rmm-feed, expected: daily}, {code: manual, unmapped: keep}]").steps == ()

    def test_of_a_region_waits_until_nobody_is_in_it(self, world: None) -> None:
        only_emea = "regions: [{code: emea, usage_reports: true}]"
        (kept,) = run(only_emea).steps
        assert (kept.verb, kept.name) == (Verb.KEEP, "latam")
        text = NETWORK.replace(", {code: latam, usage_reports: false}", "").replace("region: latam", "region: emea")
        assert [(step.verb, step.name) for step in run(text).steps] == [(Verb.CHANGE, "dune"), (Verb.REMOVE, "latam")]
        assert not Region.objects.filter(code="latam").exists()

    def test_of_a_source_is_done_as_long_as_it_has_delivered_nothing(self, world: None) -> None:
        Source.objects.create(code="default")
        assert [(step.verb, step.name) for step in run("sources: [{code: rmm-feed, expected: daily}]").steps] == [(Verb.REMOVE, "manual")]
        Source.objects.get(code="rmm-feed").days.create(day=date(2026, 8, 1), recorded_at=LATER)
        assert [(step.verb, step.name) for step in run("sources: []").steps] == [(Verb.KEEP, "rmm-feed")]
        assert Source.objects.filter(code="default").exists()

    def test_of_a_requirement_ends_it(self, world: None) -> None:
        (step,) = changed(", {from: 2026-07-01, per_unit: 1.5}]", "]").steps
        assert told(step) == {"credits from 2026-07-01": ("1.5", None)}
        assert CreditRequirement.objects.filter(service__code="email-core").count() == 1


@pytest.mark.django_db
class TestHistory:
    def test_is_written_in_the_chain_of_whom_it_concerns(self, world: None) -> None:
        names = {0: ""} | dict(Account.objects.values_list("pk", "ref"))
        events = Event.objects.exclude(kind="chain_opened")
        assert {names[event.chain] for event in events} == {"", "acme-vendor", "north", "south", "bolt", "coil", "dune"}
        assert {(event.kind, event.at, event.note) for event in events} == {("network_applied", APPLIED_AT, FILE_NAME)}
        assert audit().findings == ()

    def test_holds_one_change_per_value(self, world: None) -> None:
        changed("per_unit: 1.25", "per_unit: 1.75")
        (event,) = Event.objects.filter(at=LATER)
        vendor = Account.objects.get(ref="acme-vendor")
        assert (event.chain, event.subject, event.subject_id) == (vendor.pk, "account", vendor.pk)
        assert event.changes == [{"of": "service email-core", "field": "credits from 2025-01-01", "before": "1.25", "after": "1.75"}]


@pytest.mark.django_db
class TestQueries:
    def test_do_not_grow_with_the_number_of_accounts(self) -> None:
        def count(customers: int) -> int:
            lines = [f"  - {{ref: c{customers}-{number}, tier: customer, parent: bolt}}\n" for number in range(customers)]
            with CaptureQueriesContext(connection) as queries:
                run(NETWORK.replace("sources:", "".join(lines) + "sources:"))
            return len(queries)

        run(NETWORK)
        assert count(100) - count(20) <= 12

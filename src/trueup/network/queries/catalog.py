"""Questions about what is sold, and about the lists of the installation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, TypeVar

from django.db.models import Count, QuerySet

from trueup.accounts.models import Account, AccountType, Region
from trueup.accounts.rules import Right, Tier, Viewer
from trueup.catalog.models import BillingUnit, Service, SolutionGroup
from trueup.catalog.queries import service
from trueup.catalog.rules import ChargeableBasis, MeasureName
from trueup.kit.period import FOREVER
from trueup.ledger.models import Source
from trueup.network.queries.shapes import (
    CreditsFrom,
    GroupRow,
    MeasureFrom,
    Named,
    ServiceRow,
    SourceRow,
    SwitchRow,
    UnitRow,
    When,
    since,
    when,
)
from trueup.network.rules import dated
from trueup.network.rules.editing import fingerprint
from trueup.network.rules.tree import Key, Values
from trueup.network.tables import reading

_Row = TypeVar("_Row")


def catalog(viewer: Viewer, on: date) -> tuple[GroupRow, ...]:
    """The solution groups of the viewer's vendors with their services, in the order of the report."""
    groups = reading.groups(SolutionGroup.objects.visible_to(viewer))
    return groups_of(viewer, groups, services_of(reading.services(Service.objects.visible_to(viewer)), groups, on))


def groups_of(viewer: Viewer, groups: Mapping[Key, Values], services: Sequence[ServiceRow] = ()) -> tuple[GroupRow, ...]:
    refs = {str(values["vendor"]) for values in groups.values()}
    names = dict(Account.objects.filter(ref__in=refs).values_list("ref", "name"))
    keeps = viewer.may(Right.KEEP_CATALOG)
    return tuple(
        GroupRow(
            code=key[0],
            name=str(values["name"]),
            vendor=Named(str(values["vendor"]), names[str(values["vendor"])], Tier.VENDOR),
            services=tuple(row for row in services if row.group == key[0]),
            position=int(str(values["position"])),
            may_change=keeps,
            fingerprint=fingerprint(values),
        )
        for key, values in groups.items()
    )


def service_details(viewer: Viewer, code: str, on: date) -> ServiceRow:
    """One service. Raises NotFound."""
    found = service(viewer, code)
    values = reading.services(Service.objects.filter(pk=found.pk))
    return services_of(values, reading.groups(SolutionGroup.objects.filter(pk=found.group_id)), on)[0]


def services_of(found: Mapping[Key, Values], groups: Mapping[Key, Values], on: date) -> list[ServiceRow]:
    units = reading.units(BillingUnit.objects.filter(code__in={str(values["unit"]) for values in found.values()}))
    return [_service(key[0], values, groups[str(values["group"]),], units[str(values["unit"]),], on) for key, values in found.items()]


def _service(code: str, values: Values, group: Values, unit: Values, on: date) -> ServiceRow:
    return ServiceRow(
        code=code,
        name=str(values["name"]),
        group=str(values["group"]),
        group_name=str(group["name"]),
        unit=str(values["unit"]),
        unit_name=str(unit["name"]),
        decimals=int(str(unit["decimals"])),
        reports_used=values["reports_used"] is True,
        basis=ChargeableBasis(str(values["chargeable_basis"])),
        measures=_over_time(values, "measure", on, _measure),
        credits=_over_time(values, "credits", on, lambda text, day, at: CreditsFrom(Decimal(text), day, at)),
        position=int(str(values["position"])),
        fingerprint=fingerprint(values),
    )


def _over_time(values: Values, field: str, on: date, made: Callable[[str, date | None, When], _Row]) -> tuple[_Row, ...]:
    entries = dated.entries(values, field)
    following = pairwise([*entries, (FOREVER, "")])
    return tuple(made(text, since(day), when(day, until, on)) for (day, text), (until, _) in following)


def _measure(text: str, day: date | None, at: When) -> MeasureFrom:
    name, percentile = dated.measure_of(text)
    return MeasureFrom(MeasureName(name), percentile if name == MeasureName.PERCENTILE_DAY else None, day, at)


def regions(viewer: Viewer) -> tuple[SwitchRow, ...]:
    """All regions, by name: the list is the installation's."""
    return _by_name(switches_of(viewer, Region.objects.all(), "region__code"))


def account_types(viewer: Viewer) -> tuple[SwitchRow, ...]:
    """All account types, by name: the list is the installation's."""
    return _by_name(switches_of(viewer, AccountType.objects.all(), "type__code"))


_Called = TypeVar("_Called", SwitchRow, UnitRow)


def _by_name(rows: Iterable[_Called]) -> tuple[_Called, ...]:
    return tuple(sorted(rows, key=lambda row: (row.name, row.code)))


def switches_of(viewer: Viewer, rows: QuerySet[Any], field: str) -> tuple[SwitchRow, ...]:
    mine, everybodys = _counted(Account.objects.visible_to(viewer), field), _counted(Account.objects.all(), field)
    keeps = viewer.may(Right.KEEP_CATALOG)
    return tuple(
        SwitchRow(
            code=key[0],
            name=str(values["name"]),
            usage_reports=values["usage_reports"] is True,
            accounts=mine.get(key[0], 0),
            shared=keeps and everybodys.get(key[0], 0) > mine.get(key[0], 0),
            fingerprint=fingerprint(values),
        )
        for key, values in reading.switches(rows).items()
    )


def _counted(rows: Any, field: str) -> dict[str, int]:
    """How many rows name each entry of a list. (Customers mostly name none, and need not be looked at.)"""
    return dict(rows.filter(**{f"{field}__isnull": False}).values_list(field).annotate(rows=Count("pk")).order_by())


def billing_units(viewer: Viewer) -> tuple[UnitRow, ...]:
    """All billing units, by name: the list is the installation's."""
    return _by_name(units_of(viewer, BillingUnit.objects.all()))


def units_of(viewer: Viewer, rows: QuerySet[BillingUnit]) -> tuple[UnitRow, ...]:
    mine, everybodys = _counted(Service.objects.visible_to(viewer), "unit__code"), _counted(Service.objects.all(), "unit__code")
    keeps = viewer.may(Right.KEEP_CATALOG)
    return tuple(
        UnitRow(
            code=key[0],
            name=str(values["name"]),
            decimals=int(str(values["decimals"])),
            services=mine.get(key[0], 0),
            shared=keeps and everybodys.get(key[0], 0) > mine.get(key[0], 0),
            fingerprint=fingerprint(values),
        )
        for key, values in reading.units(rows).items()
    )


def sources(viewer: Viewer) -> tuple[SourceRow, ...]:
    """The sources of usage, by code, for the operator and the vendors; others see none."""
    return sources_of(Source.objects.visible_to(viewer).order_by("code"))


def sources_of(rows: QuerySet[Source]) -> tuple[SourceRow, ...]:
    used = reading.sources_in_use()
    return tuple(
        SourceRow(
            code=key[0],
            expected_daily=values["expected"] is True,
            keeps_unmapped=values["unmapped"] == "keep",
            in_use=key[0] in used,
            fingerprint=fingerprint(values),
        )
        for key, values in reading.sources(rows).items()
    )

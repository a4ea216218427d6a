"""The lists of the catalog and of the installation for programs: a part at a time, and no more of them is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Q, QuerySet

from trueup.accounts.models import AccountType, Region
from trueup.accounts.rules import Viewer
from trueup.catalog.models import BillingUnit, Service, SolutionGroup
from trueup.kit.errors import NotFound
from trueup.ledger.models import Source
from trueup.network.queries.catalog import groups_of, services_of, sources_of, switches_of, units_of
from trueup.network.queries.shapes import GroupRow, ServiceRow, SourceRow, SwitchRow, UnitRow
from trueup.network.rules.tree import nothing_named
from trueup.network.tables import reading

Row = GroupRow | ServiceRow | SourceRow | SwitchRow | UnitRow
Place = tuple[int, str] | tuple[str]
"""Where an entry stands: its position and code in lists in the order of the report, else its code."""


@dataclass(frozen=True, slots=True)
class _List:
    """A section as a list: what a viewer sees of it, and what is made of these rows."""

    seen: Callable[[Viewer], QuerySet[Any]]
    rows: Callable[[Viewer, QuerySet[Any], date], Sequence[Row]]
    order: tuple[str, ...] = ("code",)


def _services(_viewer: Viewer, rows: QuerySet[Service], on: date) -> Sequence[ServiceRow]:
    return services_of(reading.services(rows), reading.groups(SolutionGroup.objects.filter(services__in=rows).distinct()), on)


_IN_ORDER: Final = ("position", "code")
_LISTS: Final[Mapping[str, _List]] = {
    "solution_groups": _List(
        SolutionGroup.objects.visible_to, lambda viewer, rows, _: groups_of(viewer, reading.groups(rows)), _IN_ORDER
    ),
    "services": _List(Service.objects.visible_to, _services, _IN_ORDER),
    "billing_units": _List(lambda _: BillingUnit.objects.all(), lambda viewer, rows, _: units_of(viewer, rows)),
    "regions": _List(lambda _: Region.objects.all(), lambda viewer, rows, _: switches_of(viewer, rows, "region__code")),
    "account_types": _List(lambda _: AccountType.objects.all(), lambda viewer, rows, _: switches_of(viewer, rows, "type__code")),
    "sources": _List(
        lambda viewer: Source.objects.visible_to(viewer).exclude(code=reading.DEFAULT_SOURCE), lambda _viewer, rows, _: sources_of(rows)
    ),
}  # fmt: skip


def entries_after(viewer: Viewer, section: str, *, after: Place | None, limit: int, on: date) -> Sequence[Row]:
    """At most `limit` entries of a list after a place, in its order."""
    listed = _LISTS[section]
    rows = listed.seen(viewer)
    if after is not None:
        rows = rows.filter(_beyond(listed.order, after))
    first = rows.order_by(*listed.order)[:limit].values("pk")
    return listed.rows(viewer, rows.filter(pk__in=first).order_by(*listed.order), on)


def entry(viewer: Viewer, section: str, code: str, on: date) -> Row:
    """One entry of a list. Raises NotFound."""
    listed = _LISTS[section]
    found = listed.rows(viewer, listed.seen(viewer).filter(code=code), on)
    if not found:
        raise NotFound(nothing_named(section, code))
    return found[0]


def _beyond(order: Sequence[str], place: Place) -> Q:
    """What comes after a place."""
    later, same = Q(), Q()
    for name, value in zip(order, place, strict=True):
        later |= same & Q(**{f"{name}__gt": value})
        same &= Q(**{name: value})
    return later

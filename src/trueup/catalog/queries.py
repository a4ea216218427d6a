"""Questions about what is sold: what is in force on a day."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from trueup.accounts.rules import Viewer
from trueup.catalog.models import CreditRequirement, Service, ServiceMeasure, SolutionGroup, Terms
from trueup.catalog.rules import (
    DEFAULT_MEASURE,
    TERMS_FIELDS,
    AutoApprove,
    ChargeableBasis,
    Measure,
    MeasureName,
    Penalty,
    TermsInForce,
    combine_terms,
)
from trueup.kit.errors import NotFound
from trueup.kit.text import text


@dataclass(frozen=True, slots=True)
class ServiceInForce:
    """A service as it is on a day. `credits_per_unit`: credits per unit and month, None if it has none."""

    id: int
    code: str
    name: str
    group_id: int
    group_code: str
    group_name: str
    vendor_id: int
    unit: str
    decimals: int
    reports_used: bool
    measure: Measure
    basis: ChargeableBasis
    credits_per_unit: Decimal | None


def services_on(day: date) -> dict[int, ServiceInForce]:
    """Every service as it is in force on a day, by id, in the order of the report: groups, then services as listed."""
    measures = _latest(ServiceMeasure.objects.filter(from_date__lte=day))
    requirements = _latest(CreditRequirement.objects.filter(from_date__lte=day))
    services = Service.objects.select_related("group", "unit").order_by("group__position", "group__code", "position", "code")
    return {service.pk: _in_force(service, measures.get(service.pk), requirements.get(service.pk)) for service in services}


def _latest(entries: Iterable[Any]) -> dict[int, Any]:
    """Of each service the entry that came into force last."""
    return {entry.service_id: entry for entry in sorted(entries, key=lambda entry: entry.from_date)}


def _in_force(service: Service, measure: ServiceMeasure | None, requirement: CreditRequirement | None) -> ServiceInForce:
    return ServiceInForce(
        id=service.pk,
        code=service.code,
        name=service.name,
        group_id=service.group_id,
        group_code=service.group.code,
        group_name=service.group.name,
        vendor_id=service.group.vendor_id,
        unit=service.unit.code,
        decimals=service.unit.decimals,
        reports_used=service.reports_used,
        measure=Measure(MeasureName(measure.name), measure.percentile) if measure else Measure(DEFAULT_MEASURE),
        basis=ChargeableBasis(service.chargeable_basis),
        credits_per_unit=requirement.per_unit if requirement else None,
    )


def terms_on(way: Mapping[int, Collection[int]], day: date) -> dict[int, TermsInForce]:
    """The terms of MSPs on a day. `way` names for each MSP the accounts whose terms count, from the top down."""
    found: dict[int | None, Terms] = {}
    accounts = {account_id for path in way.values() for account_id in path}
    entries = Terms.objects.filter(Q(account=None) | Q(account__in=accounts), from_date__lte=day)
    for entry in entries.order_by("from_date"):
        found[entry.account_id] = entry  # the latest stays
    levels: dict[int | None, dict[str, Any]] = defaultdict(dict, {key: _level(entry) for key, entry in found.items()})
    return {msp_id: combine_terms([levels[None], *(levels[account_id] for account_id in path)]) for msp_id, path in way.items()}


def _level(entry: Terms) -> dict[str, Any]:
    """What one level of terms says, in the types of the rule."""
    level = {name: getattr(entry, name) for name in TERMS_FIELDS}
    if entry.reminder_days_before is not None:
        level["reminder_days_before"] = tuple(sorted({int(days) for days in entry.reminder_days_before}, reverse=True))
    level["penalty"] = Penalty(entry.penalty) if entry.penalty else None
    level["auto_approve"] = AutoApprove(entry.auto_approve) if entry.auto_approve else None
    return level


def service(viewer: Viewer, code: str) -> Service:
    """One service by its code. Raises NotFound for what does not exist or the viewer does not see."""
    found = Service.objects.visible_to(viewer).select_related("group", "unit").filter(code=code).first()
    if found is None:
        raise NotFound(text("there is no service “{code}”", code=code))
    return found


def services_by_code(viewer: Viewer) -> dict[str, str]:
    """The names of all services a viewer sees, by code."""
    return dict(Service.objects.visible_to(viewer).order_by("code").values_list("code", "name"))


def vendor_of_groups() -> dict[int, int]:
    """The vendor of each solution group, by ids."""
    return dict(SolutionGroup.objects.values_list("pk", "vendor_id"))

"""What is sold, and the lists of the installation: groups, services, units, regions, account types, sources."""

from datetime import date
from typing import Annotated, Any, Final, Literal

from ninja import Field, Router, Schema
from pydantic import Field as Checked

from trueup.api.endpoints.network_lists import List, keep, read
from trueup.api.endpoints.network_shapes import From, Named, Taken, Typed, Version, known_as
from trueup.api.endpoints.network_writing import Kind
from trueup.api.schemas import Number
from trueup.catalog.rules import DEFAULT_MEASURE, ChargeableBasis, MeasureName
from trueup.network.queries import CreditsFrom, GroupRow, MeasureFrom, ServiceRow, SourceRow, SwitchRow, UnitRow, When

router = Router(by_alias=True)


_MEASURE: Final = "How a month of daily values becomes one figure; docs/measures.md has them all."
_BASIS: Final = "What chargeable units begin with: `used`, `provisioned`, or the `greater` of both. Unknown used units: provisioned."


class SolutionGroup(Schema):
    """A tab of the report."""

    code: str = Field(description="What programs call it.")
    name: str = Field(description="The title of the tab.")
    vendor: Named = Field(description="Whose it is.")
    position: int = Field(description="Its place in the report.")
    version: Version


class SolutionGroupChange(Taken):
    """What is said of a group. null is as if nothing had been said."""

    name: str | None = Checked(default=None, description="The title of the tab; the code if nothing is said.")


class SolutionGroupIn(SolutionGroupChange):
    """Everything that is said of a group. Its vendor never changes."""

    vendor: str | None = Checked(default=None, description="The vendor whose group it is; yours if nothing is said.")


class Measure(Schema):
    """How a month of daily values becomes one figure, from a day on."""

    name: MeasureName = Field(description=_MEASURE)
    percentile: Number | None = Field(description="Only of percentile_day.")
    from_date: date | None = Field(alias="from", description="The first day; null: since ever.")
    when: When = Field(description="Where this stands today.")


class CreditRequirement(Schema):
    """Credits per unit and month, from a day on."""

    per_unit: Number = Field(description="Credits of a unit in a month.")
    from_date: date | None = Field(alias="from", description="The first day; null: since ever.")
    when: When = Field(description="Where this stands today.")


class Service(Schema):
    """What is billed."""

    code: str = Field(description="What programs call it; usage names it by this.")
    name: str = Field(description="What people call it.")
    group: str = Field(description="The code of its solution group.")
    group_name: str = Field(description="The title of that tab of the report.")
    unit: str = Field(description="The code of the billing unit it is counted in.")
    unit_name: str = Field(description="What people call that unit.")
    decimals: int = Field(description="How many decimals chargeable units have at most.")
    reports_used: bool = Field(description="Whether it can measure used units at all.")
    chargeable_basis: ChargeableBasis = Field(description=_BASIS)
    measure: MeasureName = Field(description="The measure in force today. " + _MEASURE)
    percentile: Number | None = Field(description="Of the measure in force; null but for percentile_day.")
    credits_per_unit: Number | None = Field(description="The credit requirement in force today; null: none.")
    measures: list[Measure] = Field(description="What was, is and comes, the earliest first; empty: the usual measure.")
    credits: list[CreditRequirement] = Field(description="What was, is and comes, the earliest first.")
    position: int = Field(description="Its place among the services of its group.")
    version: Version


class MeasureIn(Taken):
    """A measure from a day on, until the next one."""

    name: Annotated[MeasureName, Checked(strict=False)] = Checked(description=_MEASURE)
    percentile: Typed | None = Checked(default=None, description="Only of percentile_day: above 0, at most 100; 85 if nothing is said.")
    from_date: From = None


class CreditRequirementIn(Taken):
    """Credits per unit and month from a day on, until the next ones."""

    per_unit: Typed = Checked(description="Credits of a unit in a month.")
    from_date: From = None


class ServiceChange(Taken):
    """What is said of a service. null is as if nothing had been said; a list is complete: a day that is not in it is taken away."""

    name: str | None = Checked(default=None, description="What people read; the code if nothing is said.")
    group: str | None = Checked(default=None, description="The code of its solution group.")
    unit: str | None = Checked(default=None, description="The code of the billing unit it is counted in; one there is not is made.")
    reports_used: bool | None = Checked(default=None, description="Whether it can measure used units at all; true if nothing is said.")
    chargeable_basis: Annotated[ChargeableBasis, Checked(strict=False)] | None = Checked(default=None, description=_BASIS)
    measures: list[MeasureIn] | None = Checked(default=None, description="service_peak_day if nothing is said.")
    credits: list[CreditRequirementIn] | None = Checked(default=None, description="None if nothing is said.")


class ServiceIn(ServiceChange):
    """Everything that is said of a service. It needs its group and its unit."""


class BillingUnit(Schema):
    """What is counted."""

    code: str = Field(description="What programs call it.")
    name: str = Field(description="What people call it.")
    decimals: int = Field(description="How many decimals a chargeable value may have.")
    services: int = Field(description="How many services that you see are counted in it.")
    version: Version


class BillingUnitIn(Taken):
    """What is said of a billing unit. null is as if nothing had been said."""

    name: str | None = Checked(default=None, description="What people read; the code if nothing is said.")
    decimals: int | None = Checked(default=None, description="0 to 6; if nothing is said 3 for volumes, bandwidths and hours, else 0.")


class Switch(Schema):
    """A region or an account type."""

    code: str = Field(description="What programs call it.")
    name: str = Field(description="What people call it.")
    usage_reports: bool = Field(description="Whether accounts of it have usage reports.")
    accounts: int = Field(description="How many accounts that you see are of it.")
    version: Version


class SwitchIn(Taken):
    """What is said of a region or an account type. null is as if nothing had been said."""

    name: str | None = Checked(default=None, description="What people read; the code if nothing is said.")
    usage_reports: bool | None = Checked(default=None, description="Whether accounts of it have usage reports; true if nothing is said.")


class Source(Schema):
    """Where usage comes from."""

    code: str = Field(description="What programs call it; deliveries of usage name it by this.")
    expected: Literal["daily"] | None = Field(description="daily: a day without a record of it is missing.")
    unmapped: Literal["keep", "refuse"] = Field(description="What is done with records whose customer or service is unknown.")
    in_use: bool = Field(description="Whether it has delivered something, or names are mapped for it: then it stays.")
    version: Version


class SourceIn(Taken):
    """What is said of a source. null is as if nothing had been said."""

    expected: Literal["daily"] | None = Checked(default=None, description="daily: a day without a record of it is missing.")
    unmapped: Literal["keep", "refuse"] | None = Checked(
        default=None, description="What is done with records whose customer or service is unknown; they are refused if nothing is said."
    )


def _group(row: GroupRow) -> dict[str, Any]:
    return {"code": row.code, "name": row.name, "vendor": known_as(row.vendor), "position": row.position, "version": row.fingerprint}


def _service(row: ServiceRow) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "group": row.group,
        "group_name": row.group_name,
        "unit": row.unit,
        "unit_name": row.unit_name,
        "decimals": row.decimals,
        "reports_used": row.reports_used,
        "chargeable_basis": row.basis,
        "measure": row.measure.name if row.measure else DEFAULT_MEASURE,
        "percentile": row.measure.percentile if row.measure else None,
        "credits_per_unit": row.credit_requirement.per_unit if row.credit_requirement else None,
        "measures": [_measure(one) for one in row.measures],
        "credits": [_requirement(one) for one in row.credits],
        "position": row.position,
        "version": row.fingerprint,
    }


def _measure(one: MeasureFrom) -> dict[str, Any]:
    return {"name": one.name, "percentile": one.percentile, "from": one.from_date, "when": one.when}


def _requirement(one: CreditsFrom) -> dict[str, Any]:
    return {"per_unit": one.per_unit, "from": one.from_date, "when": one.when}


def _unit(row: UnitRow) -> dict[str, Any]:
    return {"code": row.code, "name": row.name, "decimals": row.decimals, "services": row.services, "version": row.fingerprint}


def _switch(row: SwitchRow) -> dict[str, Any]:
    return {"code": row.code, "name": row.name, "usage_reports": row.usage_reports, "accounts": row.accounts, "version": row.fingerprint}


def _source(row: SourceRow) -> dict[str, Any]:
    return {
        "code": row.code,
        "expected": "daily" if row.expected_daily else None,
        "unmapped": "keep" if row.keeps_unmapped else "refuse",
        "in_use": row.in_use,
        "version": row.fingerprint,
    }


_CODE: Final = {"code": "code"}

keep(
    router, "/solution-groups", List("solution_group", "solution group", in_order=True),
    Kind("solution_groups", SolutionGroup, read("solution_groups"), _group, _CODE), whole=SolutionGroupIn, part=SolutionGroupChange,
)  # fmt: skip
keep(
    router, "/services", List("service", "service", in_order=True),
    Kind("services", Service, read("services"), _service, _CODE, {"measure": "measures"}), whole=ServiceIn, part=ServiceChange,
)  # fmt: skip
keep(
    router, "/billing-units", List("billing_unit", "billing unit"),
    Kind("billing_units", BillingUnit, read("billing_units"), _unit, _CODE), whole=BillingUnitIn, part=BillingUnitIn,
)  # fmt: skip
keep(
    router, "/regions", List("region", "region"), Kind("regions", Switch, read("regions"), _switch, _CODE), whole=SwitchIn, part=SwitchIn,
)  # fmt: skip
keep(
    router, "/account-types", List("account_type", "account type"),
    Kind("account_types", Switch, read("account_types"), _switch, _CODE), whole=SwitchIn, part=SwitchIn,
)  # fmt: skip
keep(
    router, "/sources", List("source", "source"), Kind("sources", Source, read("sources"), _source, _CODE), whole=SourceIn, part=SourceIn,
)  # fmt: skip

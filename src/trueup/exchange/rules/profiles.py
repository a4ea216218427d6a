"""A mapping profile: which column of a file is which of ours, and what things are called on the other side."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from trueup.accounts.rules import Right, Viewer
from trueup.events.rules import Plain
from trueup.kit.errors import Invalid, NotAllowed
from trueup.kit.text import Text, text


class Kind(StrEnum):
    """Which way a profile maps."""

    OUT = "out"
    IN = "in"


class Per(StrEnum):
    """What a row of an exported file is of."""

    LINE = "line"
    CUSTOMER = "customer"


DELIMITERS: Final = {",": text("comma"), ";": text("semicolon"), "\t": text("tab"), "|": text("vertical bar")}
"""What may stand between two cells."""

ENCODINGS: Final = ("utf-8", "utf-8-sig", "windows-1252", "iso-8859-1", "iso-8859-15", "utf-16")
"""How the text of a file may be written as bytes; utf-8-sig begins with the mark by which spreadsheets know UTF-8."""

TEXTS: Final[Mapping[str, Text]] = {
    "cycle": text("The month of the report, like 2026-10"),
    "first_day": text("The first day of the month"),
    "last_day": text("The last day of the month"),
    "status": text("The status of the report"),
    "msp": text("The ref of the MSP"),
    "msp_name": text("The name of the MSP"),
    "company_id": text("The company ID of the MSP"),
    "distributor": text("The ref of the distributor"),
    "group": text("The code of the solution group"),
    "group_name": text("The name of the solution group"),
    "service": text("The code of the service"),
    "service_name": text("The name of the service"),
    "sku": text("What the service is called there; its code, unless the profile says otherwise"),
    "unit": text("The billing unit"),
    "measure": text("The measure of the service"),
    "comment": text("The comment of the line"),
    "customer": text("The ref of the customer; empty in a row of a whole line"),
    "customer_name": text("The name of the customer; empty in a row of a whole line"),
    "company": text("What the customer (of a whole line: the MSP) is called there; its ref, unless the profile says otherwise"),
    "agreement": text("The agreement it is billed by; the name of the customer or MSP, unless the profile says otherwise"),
    "agreement_id": text("The id of that agreement; empty, unless the profile says it"),
    "description": text("The name of the service"),
    "invoice_description": text("The name of the service, and the month"),
}
"""The fields of an exported row that are text or a day."""

FIGURES: Final[Mapping[str, Text]] = {
    "provisioned": text("Provisioned units"),
    "used": text("Used units; empty if unknown"),
    "credits": text("Allocated credits; empty if the service has none"),
    "default_chargeable": text("What would be charged had nobody changed it"),
    "chargeable": text("Chargeable units: the quantity to bill"),
    "over_provisioned": text("Over-provisioned units; in rows of whole lines only"),
    "over_provisioned_percent": text("The same in percent"),
}
"""The fields of an exported row that are numbers. Those of the customers of a line sum to the line, as far as they have them."""

USAGE: Final[Mapping[str, Text]] = {
    "day": text("The day of the usage"),
    "customer": text("The customer"),
    "service": text("The service"),
    "provisioned_units": text("Provisioned units"),
    "used_units": text("Used units; empty if unknown"),
    "allocated_credits": text("Allocated credits; empty: by the credit requirement"),
}
"""The fields of a usage file, in the order of its columns."""

REQUIRED: Final = ("day", "customer", "service", "provisioned_units")
"""What a profile for usage files has to say."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: a field, or the same text in every row. Of a usage file a constant needs no heading."""

    heading: str = ""
    field: str = ""
    constant: str | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """What a customer is called on the side that is written; agreements only on the way out."""

    name: str = ""
    agreement: str = ""
    agreement_id: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """A mapping profile. `services` and `customers`: what is read → what is written.

    `header_row`: the row of the headings, from 1; 0 (on the way out only): there are none. `sum_per_sku`: rows that come to the same are
    added up. `per`: what a row of an exported file is of, unless somebody asks for the other.
    """

    name: str
    kind: Kind
    columns: tuple[Column, ...]
    services: Mapping[str, str] = field(default_factory=dict)
    customers: Mapping[str, Alias] = field(default_factory=dict)
    per: Per = Per.LINE
    sum_per_sku: bool = True
    decimal_comma: bool = False
    delimiter: str = ","
    header_row: int = 1
    encoding: str = "utf-8"
    day_format: str = "YYYY-MM-DD"
    built_in: bool = False

    @property
    def fingerprint(self) -> str:
        """A short name for exactly what the profile says, to notice that somebody else has changed it."""
        said = json.dumps(document_of(self), sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


CONNECTWISE: Final = Profile(
    name="connectwise",
    kind=Kind.OUT,
    per=Per.CUSTOMER,
    columns=(
        Column("company/identifier", "company"),
        Column("agreement/id", "agreement_id"),
        Column("agreement/name", "agreement"),
        Column("product/identifier", "sku"),
        Column("quantity", "chargeable"),
        Column("lessIncluded", constant="0"),
        Column("unitPrice", constant=""),
        Column("unitCost", constant=""),
        Column("billCustomer", constant="Billable"),
        Column("effectiveDate", "first_day"),
        Column("description", "description"),
        Column("invoiceDescription", "invoice_description"),
    ),
    built_in=True,
)
"""Additions of agreements in ConnectWise PSA, by the names its fields have there. Prices stay those of the product there."""

BUILT_IN: Final[Mapping[str, Profile]] = {CONNECTWISE.name: CONNECTWISE}
"""Profiles everybody has."""

MOST_PROFILES: Final = 100
"""Profiles an account keeps."""

_KEEPERS: Final = (Right.IMPORT_USAGE, Right.PREPARE, Right.REVIEW)


def may_keep(viewer: Viewer) -> bool:
    """Whether somebody may save and remove profiles of their account: who may use them for anything."""
    return any(viewer.may(right) for right in _KEEPERS)


def require_keeper(viewer: Viewer) -> None:
    """Raise NotAllowed unless the viewer may save and remove profiles."""
    if not may_keep(viewer):
        who, position = viewer.actor.name, viewer.position
        raise NotAllowed(text("{who} may not keep mapping profiles: that is not a right of {position}", who=who, position=position))


def require_kind(profile: Profile, kind: Kind | None) -> Profile:
    """The profile, if it maps this way (None: either). Raises Invalid."""
    if kind is None or profile.kind == kind:
        return profile
    if kind == Kind.OUT:
        raise Invalid(text("the profile “{name}” is for usage files, not for reports", name=profile.name))
    raise Invalid(text("the profile “{name}” is for reports, not for usage files", name=profile.name))


def document_of(profile: Profile) -> dict[str, Plain]:
    """The profile as it is kept and shown, without its name."""
    columns: list[Plain] = [_column(column) for column in profile.columns]
    services: dict[str, Plain] = dict(sorted(profile.services.items()))
    document: dict[str, Plain] = {"kind": profile.kind.value, "columns": columns, "services": services}
    if profile.kind == Kind.OUT:
        out: dict[str, Plain] = {
            ref: {"company": alias.name, "agreement": alias.agreement, "agreement_id": alias.agreement_id}
            for ref, alias in sorted(profile.customers.items())
        }
        document |= {"customers": out, "per": profile.per.value}
    else:
        document["customers"] = {name: alias.name for name, alias in sorted(profile.customers.items())}
    return document | {
        "sum_per_sku": profile.sum_per_sku, "decimal_comma": profile.decimal_comma, "delimiter": profile.delimiter,
        "header_row": profile.header_row, "encoding": profile.encoding, "day_format": profile.day_format,
    }  # fmt: skip


def _column(column: Column) -> dict[str, Plain]:
    said: dict[str, Plain] = {"heading": column.heading} if column.heading else {}
    if column.field:
        said["field"] = column.field
    if column.constant is not None:
        said["constant"] = column.constant
    return said

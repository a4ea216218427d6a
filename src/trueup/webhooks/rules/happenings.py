"""Which events programs are told of, and what they are told: one table."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from trueup.kit.addresses import encoded
from trueup.kit.errors import Invalid, Problem
from trueup.kit.period import instant_text
from trueup.kit.text import Text, text


@dataclass(frozen=True, slots=True)
class Type:
    """What an endpoint can listen to: its name, what has happened, and the events (subject, kinds) it tells of."""

    name: str
    about: Text
    subject: str
    kinds: tuple[str, ...]


TYPES: Final[tuple[Type, ...]] = (
    Type("report.generated", text("A usage report was generated"), "report", ("generated",)),
    Type("report.regenerated", text("A usage report was measured anew"), "report", ("regenerated",)),
    Type("report.draft_saved", text("A draft of a usage report was saved"), "report", ("draft_saved",)),
    Type("report.reminded", text("The deadline of a usage report comes near"), "report", ("reminded",)),
    Type("report.submitted", text("A usage report was submitted by a person or a program"), "report", ("submitted",)),
    Type("report.automatically_submitted", text("A usage report was submitted at its deadline"), "report", ("automatically_submitted",)),
    Type("report.rejected", text("A usage report was sent back"), "report", ("rejected",)),
    Type("report.approved", text("A usage report was approved, also by its terms"), "report", ("approved", "automatically_approved")),
    Type("report.penalty_waived", text("A penalty of a usage report was waived"), "report", ("penalty_waived",)),
    Type("cycle.closed", text("A month was closed"), "cycle", ("cycle_closed",)),
    Type("statement.issued", text("A statement was issued, by your account or to it"), "statement", ("statement_issued",)),
    Type("billing_report.submitted", text("A billing report was submitted to the vendor"), "billing_report", ("billing_submitted",)),
    Type("billing_report.returned", text("A billing report was returned to the distributor"), "billing_report", ("billing_returned",)),
    Type("billing_report.completed", text("A billing report was completed by the vendor"), "billing_report", ("billing_completed",)),
    Type("usage.stored", text("A batch of usage of your account was stored"), "batch", ("usage_imported", "usage_replayed")),
)  # fmt: skip
"""Everything that can be listened to. Of every other event nobody is told."""

TEST: Final = "webhook.test"
"""What somebody has sent to try an endpoint; it cannot be listened to, and tells of nothing."""

NAMES: Final = tuple(one.name for one in TYPES)

TYPE_OF: Final[Mapping[tuple[str, str], str]] = {(one.subject, kind): one.name for one in TYPES for kind in one.kinds}
"""(subject, kind) of an event → the name of its type."""

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    subject: tuple(kind for one in TYPES if one.subject == subject for kind in one.kinds)
    for subject in dict.fromkeys(one.subject for one in TYPES)
}
"""Subject → the kinds of its events that are told."""

OF_MONTHS: Final = frozenset(one.name for one in TYPES if one.subject == "cycle")
"""The types that tell of months: of them an MSP without access to usage reports hears nothing."""


def read_types(names: Collection[str]) -> list[str]:
    """The types an endpoint listens to, in the order of the table; none named is all, also those that come later. Raises Invalid."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        wrong = [Problem("types", text("there is no event type “{type}”", type=name), "unknown_type", ("types",)) for name in unknown]
        raise Invalid(wrong[0].message, wrong)
    return [name for name in NAMES if name in names]


def listens(types: Collection[str], name: str) -> bool:
    """Whether an endpoint with these types is told of one."""
    return not types or name in types


@dataclass(frozen=True, slots=True)
class Parties:
    """Who may read a report: as it was copied into it when it was generated."""

    msp_id: int
    distributor_id: int
    vendor_id: int
    has_access: bool

    @property
    def readers(self) -> frozenset[int]:
        """The accounts whose endpoints hear of it: an MSP without access to usage reports hears nothing."""
        above = {self.distributor_id, self.vendor_id}
        return frozenset(above | {self.msp_id} if self.has_access else above)


def payload(name: str, at: datetime, data: Mapping[str, str | int]) -> str:
    """What is sent: thin, so that whoever wants more asks the API, with rights of their own. The signature covers these very characters."""
    said = {"type": name, "timestamp": instant_text(at), "data": dict(data)}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def about_report(base: str, cycle: str, msp: str) -> dict[str, str | int]:
    """What is said of a report."""
    return {"cycle": cycle, "msp": msp, "url": f"{base}/api/v1/reports/{cycle}/{encoded(msp)}"}


def about_cycle(base: str, cycle: str) -> dict[str, str | int]:
    """What is said of a month."""
    return {"cycle": cycle, "url": f"{base}/api/v1/cycles/{cycle}"}


def about_statement(base: str, number: str) -> dict[str, str | int]:
    """What is said of a statement: neither what it comes to, nor of whom it is."""
    return {"statement": number, "url": f"{base}/api/v1/statements/{encoded(number)}"}


def about_billing_report(base: str, cycle: str, distributor: str) -> dict[str, str | int]:
    """What is said of a billing report."""
    return {"cycle": cycle, "distributor": distributor, "url": f"{base}/api/v1/billing-reports/{cycle}/{encoded(distributor)}"}


def about_batch(base: str, batch_id: int) -> dict[str, str | int]:
    """What is said of a batch."""
    return {"batch": batch_id, "url": f"{base}/api/v1/batches/{batch_id}"}

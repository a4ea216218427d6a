"""The profiles of an account, and a report as one of them says."""

from dataclasses import dataclass
from datetime import datetime

from trueup.accounts.rules import Viewer
from trueup.exchange.models import MappingProfile
from trueup.exchange.rules.going_out import Header, Line, Share, rows_of, written
from trueup.exchange.rules.profiles import BUILT_IN, Kind, Per, Profile, require_kind
from trueup.kit.errors import Conflict
from trueup.kit.period import Month
from trueup.kit.text import text
from trueup.reports.queries import CustomerFigures, LineView, ReportView, report, report_customers

_TRIES = 3
"""How often a report is read that somebody changes meanwhile."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A profile, whose it is and who saved it last; a built-in one is nobody's."""

    profile: Profile
    account: str = ""
    saved_at: datetime | None = None
    saved_by: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.profile.name


@dataclass(frozen=True, slots=True)
class Exported:
    """A file to be downloaded."""

    file_name: str
    content: bytes
    charset: str


def profiles(viewer: Viewer, kind: Kind | None = None) -> list[Kept]:
    """The built-in profiles and those of the viewer's account (for the operator: of all accounts), by name."""
    own = MappingProfile.objects.visible_to(viewer).select_related("account")
    found = [Kept(profile) for profile in BUILT_IN.values()] + [_kept(row) for row in own]
    wanted = (one for one in found if kind is None or one.profile.kind == kind)
    return sorted(wanted, key=lambda one: (one.name, one.account))


def profile(viewer: Viewer, name: str, kind: Kind | None = None) -> Kept:
    """One profile by its name. Raises NotFound, and Invalid for one that does not map this way.

    For the operator a name that several accounts use is a Conflict.
    """
    found = BUILT_IN.get(name)
    kept = Kept(found) if found else _kept(MappingProfile.objects.visible_to(viewer).named(name))
    require_kind(kept.profile, kind)
    return kept


def _kept(row: MappingProfile) -> Kept:
    return Kept(row.profile, row.account.ref, row.saved_at, row.saved_by)


def exported(viewer: Viewer, month: Month, msp: str, name: str, *, customers: bool | None = None) -> Exported:
    """A report as a profile says, by line or (`customers`) by customer; None leaves that to the profile.

    The figures of the customers sum to the lines of the report. Raises NotFound, NotAllowed for the report or the profile, Invalid for a
    profile that does not fit, Conflict if the report changes faster than it can be read.
    """
    mapping = profile(viewer, name, Kind.OUT).profile
    by_customer = mapping.per == Per.CUSTOMER if customers is None else customers
    found, behind = _read(viewer, month, msp) if by_customer else (report(viewer, month, msp), None)
    lines = [_line(line, behind[line.service] if behind is not None else None) for line in found.lines]
    content = written(rows_of(_header(found), lines, mapping), mapping)
    return Exported(f"{name}-{month}-{msp}.csv".replace("/", "_"), content, mapping.encoding.removesuffix("-sig"))


def _read(viewer: Viewer, month: Month, msp: str) -> tuple[ReportView, dict[str, list[CustomerFigures]]]:
    """A report and the customers behind its lines, of one version: the ledger is not read inside a transaction."""
    for _ in range(_TRIES):
        found = report(viewer, month, msp)
        behind = report_customers(viewer, month, msp)
        if report(viewer, month, msp).version == found.version:
            return found, behind
    raise Conflict(text("the report is being changed at this moment: try again"))


def _header(found: ReportView) -> Header:
    summary = found.summary
    words = {"status": summary.status.value, "company_id": found.company_id, "distributor": summary.distributor}
    return Header(summary.cycle, summary.msp, found.msp_name, words)


def _line(line: LineView, behind: list[CustomerFigures] | None) -> Line:
    named = ("group", "group_name", "service", "service_name", "unit", "measure", "comment")
    shares = [Share(one.customer, one.name, one.provisioned, one.used, one.credits) for one in behind] if behind is not None else None
    return Line(
        words={name: getattr(line, name) for name in named},
        decimals=line.decimals,
        provisioned=line.provisioned,
        used=line.used,
        credits=line.credits,
        default_chargeable=line.default_chargeable,
        chargeable=line.chargeable,
        over_provisioned=line.over_provisioned,
        over_provisioned_percent=line.over_provisioned_percent,
        shares=tuple(shares) if shares is not None else None,
    )

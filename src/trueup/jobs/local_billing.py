"""Billing reports and statements of the installation on this machine, for the operator or the person `--as` names."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trueup.accounts.rules import Viewer
from trueup.client.answers import (
    BilledReport,
    BillingDetails,
    BillingReport,
    BillingSummary,
    ChargedUnits,
    Corrected,
    Highlight,
    HistoryEntry,
    LineBehind,
    MissingReport,
    Money,
    PenaltyUnits,
    Statement,
    StatementSource,
    StatementSummary,
    TypedPromo,
    WaitingStatement,
)
from trueup.client.reading import read
from trueup.jobs.alike import like
from trueup.jobs.desk_billing import Wanted
from trueup.jobs.history import entry
from trueup.jobs.people import every_answer, in_account, refs_of, viewers
from trueup.kit.errors import NotAllowed
from trueup.kit.period import Month
from trueup.statements import actions, queries
from trueup.statements.queries import BillingRow, BillingView, StatementFilter, StatementRow, StatementView
from trueup.statements.queries import LineBehind as Behind
from trueup.statements.rules.billing import BillingVerb, right_of
from trueup.statements.rules.highlights import Highlight as Marked

_AT_ONCE = 500
"""Rows of a list that are read at once."""


@dataclass(frozen=True, slots=True)
class LocalBilling:
    """Asks the modules of this installation; see `desk_billing.Billing`."""

    email: str | None
    now: datetime

    def reports(self, *, month: Month | None) -> Iterable[BillingSummary]:
        """The billing reports of all memberships."""
        answers = every_answer(viewers(self.email), lambda viewer: queries.billing_reports(viewer, month=month))
        found = {(_latest_first(one.cycle), one.distributor, one.vendor): one for rows in answers for one in rows}
        return [_summary(found[key]) for key in sorted(found)]

    def report(self, month: Month, distributor: str) -> BillingReport:
        """One billing report, as the first membership that may read it does."""
        return _whole(every_answer(viewers(self.email), lambda viewer: queries.billing_report(viewer, month, distributor))[0])

    def save(
        self, month: Month, distributor: str, *, po_number: str | None, promo_codes: Mapping[str, str] | None, comment: str | None
    ) -> BillingReport:
        """Save what a distributor says in it."""
        viewer = self._viewer(month, distributor, BillingVerb.SAVE)
        actions.save_billing(viewer, month, distributor, po_number=po_number, promo_codes=promo_codes, comment=comment, now=self.now)
        return self.report(month, distributor)

    def submit(self, month: Month, distributor: str) -> BillingSummary:
        """Submit it."""
        viewer = self._viewer(month, distributor, BillingVerb.SUBMIT)
        actions.submit_billing(viewer, month, distributor, now=self.now)
        return self._row(viewer, month, distributor)

    def send_back(self, month: Month, distributor: str, reason: str) -> BillingSummary:
        """Return it."""
        viewer = self._viewer(month, distributor, BillingVerb.RETURN)
        actions.return_billing(viewer, month, distributor, reason=reason, now=self.now)
        return self._row(viewer, month, distributor)

    def complete(self, month: Month, distributor: str) -> BillingSummary:
        """Complete it."""
        viewer = self._viewer(month, distributor, BillingVerb.COMPLETE)
        actions.complete_billing(viewer, month, distributor, now=self.now)
        return self._row(viewer, month, distributor)

    @staticmethod
    def _row(viewer: Viewer, month: Month, distributor: str) -> BillingSummary:
        return next(_summary(one) for one in queries.billing_reports(viewer, month=month) if one.distributor == distributor)

    def _viewer(self, month: Month, distributor: str, verb: BillingVerb) -> Viewer:
        """Of several memberships the one that may do this with it, else one that sees it."""
        asking = viewers(self.email)
        rows = [(viewer, queries.billing_reports(viewer, month=month)) for viewer in asking]
        see = [viewer for viewer, seen in rows if any(one.distributor == distributor for one in seen)]
        may = [viewer for viewer in see if viewer.may(right_of(verb))]
        return (may or see or asking)[0]

    def lines(self, month: Month, distributor: str, service: str) -> Iterable[LineBehind]:
        """The lines of reports behind a service."""
        of = (month, distributor, service)
        read = queries.lines_of_service
        viewer, first = every_answer(viewers(self.email), lambda viewer: (viewer, read(viewer, *of, limit=_AT_ONCE)))[0]
        return _all_lines(first, lambda after: read(viewer, *of, after=after, limit=_AT_ONCE))

    def history(self, month: Month, distributor: str) -> Iterable[HistoryEntry]:
        """What happened to a billing report."""
        steps = every_answer(viewers(self.email), lambda viewer: queries.billing_history(viewer, month, distributor))[0]
        return [entry(one, "field", "before", "after") for one in steps]

    def details(self, account: str) -> BillingDetails:
        """What documents say of an account."""
        viewer = in_account(self.email, account)
        said, mark = queries.billing_details(viewer, account)
        if not viewer.sees_all and account not in refs_of([viewer]).values():
            raise NotAllowed(f"the billing details of “{account}” are its own")
        return BillingDetails(account, said, mark)

    def save_details(self, account: str, said: Mapping[str, str]) -> BillingDetails:
        """Save some of it."""
        before = self.details(account)
        viewer = in_account(self.email, account)
        actions.save_details(viewer, account, {**before.details, **said}, seen=before.version, now=self.now)
        return self.details(account)

    def statements(self, wanted: Wanted) -> Iterable[StatementSummary]:
        """The statements of all memberships; they are read as they are needed."""
        asked = statements_asked(wanted)
        seen: set[str] = set()
        for viewer in viewers(self.email):
            for row in _pages(viewer, asked):
                if row.number not in seen:
                    seen.add(row.number)
                    yield _like_summary(row)

    def statement(self, number: str) -> Statement:
        """One statement."""
        return _statement(every_answer(viewers(self.email), lambda viewer: queries.statement(viewer, number))[0])

    def correct(self, number: str, reason: str) -> Corrected:
        """Correct a statement, as its seller."""
        seller = number.rpartition("-")[0].rpartition("-")[0]  # of north-2026-000001
        viewer = in_account(self.email, seller)
        made = actions.correct(viewer, number, reason=reason, now=self.now)
        note, replacement, *also = [_like_summary(queries.statement(viewer, one).row) for one in made]
        return Corrected(number, note, replacement, tuple(also))

    def waiting(self) -> Iterable[WaitingStatement]:
        """The approved reports of all memberships without a statement."""
        answers = every_answer(viewers(self.email), queries.waiting_for_prices)
        found = {(one.cycle, one.msp): one for rows in answers for one in rows}
        ordered = sorted(found.values(), key=lambda one: (one.cycle.cycle, one.msp))
        return [WaitingStatement(one.cycle, one.msp, one.msp_name, one.reason) for one in ordered]


def _latest_first(cycle: Month) -> tuple[int, int, Month]:
    """Where a month stands in a list: the latest cycle first, in it those that adjust earlier months last."""
    return -cycle.cycle.year, -cycle.cycle.month, cycle if cycle.adjusted_in else Month(0, 0)


def statements_asked(wanted: Wanted) -> StatementFilter:
    """The same as the module asks for it."""
    return StatementFilter(wanted.cycle, wanted.seller or "", wanted.buyer or "", wanted.kind or "", wanted.search or "")


def _pages(viewer: Viewer, asked: StatementFilter) -> Iterator[StatementRow]:
    after: int | None = None
    while rows := queries.statements(viewer, asked, limit=_AT_ONCE, after=after):
        after = rows[-1][0]
        yield from (row for _, row in rows)


def _like_summary(row: StatementRow) -> StatementSummary:
    return like(StatementSummary, row, kind=row.kind.value)


def _statement(found: StatementView) -> Statement:
    row, said = found.row, found.document
    return like(
        Statement,
        row,
        kind=row.kind.value,
        reason=said["reason"],
        seller_party=said["seller"],
        buyer_party=said["buyer"],
        source=read(StatementSource, said["source"]),
        amounts=read(Money, said),
        document=said,
    )


def _summary(row: BillingRow) -> BillingSummary:
    return like(BillingSummary, row, status=row.status.value, version=str(row.version))


def _whole(found: BillingView) -> BillingReport:
    row, collected, open_ = found.row, found.collected, found.document is None
    said = collected.so_far if open_ else found.document
    problems = collected.promo_problems
    return like(
        BillingReport,
        row,
        status=row.status.value,
        version=str(row.version),
        comment=found.comment,
        return_reason=found.return_reason,
        promo_codes=tuple(TypedPromo(service, code, _text(problems.get(service))) for service, code in sorted(found.promo_codes.items())),
        reports=tuple(_billed(one) for one in collected.reports),
        missing=tuple(MissingReport(one.msp, one.msp_name, one.status.value) for one in collected.missing),
        units=tuple(ChargedUnits(one.service, one.service_name, one.unit, one.units, one.credits) for one in collected.lines),
        unpriced=tuple(line.service for line in collected.unpriced) if open_ else (),
        amounts=None if said is None else read(Money, said),
        highlights=tuple(_highlight(one) for one in found.highlights),
        obstacles=tuple(map(str, collected.obstacles)) if open_ else (),
    )


def _all_lines(first: list[Behind], following: Callable[[str], list[Behind]]) -> Iterator[LineBehind]:
    found = first
    while found:
        yield from (like(LineBehind, one) for one in found)
        found = following(found[-1].msp)


def _text(sentence: object) -> str | None:
    return None if sentence is None else str(sentence)


def _billed(report: Any) -> BilledReport:
    return BilledReport(report.msp_ref, report.msp_name, report.submission or None, report.approved_at)


def _highlight(one: Marked) -> Highlight:
    return like(Highlight, one, penalties=tuple(PenaltyUnits(own.msp, own.msp_name, own.units) for own in one.penalties))

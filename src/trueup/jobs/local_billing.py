"""Billing reports and statements of the installation on this machine, for the operator or the person `--as` names."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from trueup.accounts.rules import Viewer
from trueup.client.answers import (
    BilledReport,
    BillingDetails,
    BillingReport,
    BillingSummary,
    Statement,
    StatementSummary,
    WaitingStatement,
)
from trueup.jobs.alike import like
from trueup.jobs.desk_billing import Wanted
from trueup.jobs.people import every_answer, in_account, viewers
from trueup.kit.period import Month
from trueup.statements import actions, queries
from trueup.statements.queries import BillingRow, BillingView, StatementFilter, StatementRow
from trueup.statements.rules.billing import BillingVerb, right_of

_AT_ONCE = 500
"""Statements of a list that are read at once."""


@dataclass(frozen=True, slots=True)
class LocalBilling:
    """Asks the modules of this installation; see `desk_billing.Billing`."""

    email: str | None
    now: datetime

    def reports(self, *, month: Month | None) -> Iterable[BillingSummary]:
        """The billing reports of all memberships."""
        answers = every_answer(viewers(self.email), lambda viewer: queries.billing_reports(viewer, month=month))
        found = {(-one.cycle.year, -one.cycle.month, one.distributor, one.vendor): one for rows in answers for one in rows}
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

    def details(self, account: str) -> BillingDetails:
        """What documents say of an account."""
        said, mark = queries.billing_details(in_account(self.email, account), account)
        return BillingDetails(account, said, mark)

    def save_details(self, account: str, said: Mapping[str, str]) -> BillingDetails:
        """Save some of it."""
        viewer = in_account(self.email, account)
        before, mark = queries.billing_details(viewer, account)
        actions.save_details(viewer, account, {**before, **said}, seen=mark, now=self.now)
        return self.details(account)

    def statements(self, wanted: Wanted) -> Iterable[StatementSummary]:
        """The statements of all memberships; they are read as they are needed."""
        asked = StatementFilter(wanted.cycle, wanted.seller or "", wanted.buyer or "", wanted.kind or "", wanted.search or "")
        seen: set[str] = set()
        for viewer in viewers(self.email):
            for row in _pages(viewer, asked):
                if row.number not in seen:
                    seen.add(row.number)
                    yield _like_summary(row)

    def statement(self, number: str) -> Statement:
        """One statement."""
        found = every_answer(viewers(self.email), lambda viewer: queries.statement(viewer, number))[0]
        return Statement(_like_summary(found.row), found.document)

    def correct(self, number: str, reason: str) -> tuple[str, ...]:
        """Correct a statement, as its seller."""
        seller = self.statement(number).summary.seller
        return tuple(actions.correct(in_account(self.email, seller), number, reason=reason, now=self.now))

    def waiting(self) -> Iterable[WaitingStatement]:
        """The approved reports of all memberships without a statement."""
        answers = every_answer(viewers(self.email), queries.waiting_for_prices)
        found = {(one.cycle.year, one.cycle.month, one.msp): one for rows in answers for one in rows}
        return [WaitingStatement(one.cycle, one.msp, one.msp_name, one.reason) for one in (found[key] for key in sorted(found))]


def _pages(viewer: Viewer, asked: StatementFilter) -> Iterator[StatementRow]:
    after: int | None = None
    while rows := queries.statements(viewer, asked, limit=_AT_ONCE, after=after):
        after = rows[-1][0]
        yield from (row for _, row in rows)


def _like_summary(row: StatementRow) -> StatementSummary:
    return like(StatementSummary, row, kind=row.kind.value)


def _summary(row: BillingRow) -> BillingSummary:
    return like(BillingSummary, row, status=row.status.value, version=str(row.version))


def _whole(found: BillingView) -> BillingReport:
    row = found.row
    collected = found.collected
    document = found.document or (collected.document if collected.settled else None)
    open_ = found.document is None
    return like(
        BillingReport,
        row,
        status=row.status.value,
        version=str(row.version),
        comment=found.comment,
        return_reason=found.return_reason,
        promo_codes=dict(found.promo_codes),
        promo_problems={service: str(why) for service, why in collected.promo_problems.items()} if open_ else {},
        obstacles=tuple(map(str, collected.obstacles)) if open_ else (),
        reports=tuple(BilledReport(one.report.msp_ref, one.report.msp_name, one.report.submission or None) for one in collected.reports),
        document=document,
    )

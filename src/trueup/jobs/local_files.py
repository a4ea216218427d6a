"""Files of the installation on this machine, for the operator or the person `--as` names."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from trueup.accounts.rules import Viewer
from trueup.client.answers import Download
from trueup.jobs.desk_billing import Reports, Wanted
from trueup.jobs.local_billing import statements_asked
from trueup.jobs.people import every_answer, member, viewer_of_report, viewers
from trueup.kit.period import Month
from trueup.reports.queries import ReportFilter
from trueup.reports.rules.workflow import Status
from trueup.statements import files
from trueup.statements.exports.forms import Form
from trueup.statements.files import File, Means


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """Asks the registry of files; see `desk_billing.Files`. What is of a list is that of one account."""

    email: str | None
    account: str | None

    def report(self, month: Month, msp: str, form: Form) -> Download:
        """One report."""
        return _download(files.report_file(viewer_of_report(self.email, month, msp), month, msp, form))

    def reports(self, wanted: Reports, form: Form) -> Download:
        """The reports of a list."""
        status = Status(wanted.status) if wanted.status else None
        asked = ReportFilter(cycle=wanted.cycle, status=status, distributor=wanted.distributor, search=wanted.search or "")
        return _download(files.reports_file(member(self.email, self.account), asked, form))

    def statement(self, number: str, form: Form, *, iso_currency: bool) -> Download:
        """One statement."""
        return self._first(lambda viewer: files.statement_file(viewer, number, form, iso_currency=iso_currency))

    def statements(self, wanted: Wanted, form: Form, *, iso_currency: bool) -> Download:
        """The statements of a list."""
        viewer = member(self.email, self.account)
        return _download(files.statements_file(viewer, statements_asked(wanted), form, iso_currency=iso_currency))

    def billing(self, month: Month, distributor: str, form: Form) -> Download:
        """One billing report."""
        return self._first(lambda viewer: files.billing_file(viewer, month, distributor, form))

    def customers(self, month: Month, msp: str, form: Form) -> Download:
        """What an MSP bills its customers."""
        return _download(files.customer_bills_file(viewer_of_report(self.email, month, msp), month, msp, form))

    def cycle(self, month: Month, forms: Iterable[Form], means: Means, *, iso_currency: bool) -> Download:
        """All that one sees of a cycle."""
        return _download(files.cycle_archive(member(self.email, self.account), month, forms, iso_currency=iso_currency, means=means))

    def _first(self, ask: Callable[[Viewer], File]) -> Download:
        return _download(every_answer(viewers(self.email), ask)[0])


def _download(found: File) -> Download:
    return Download(found.name, found.media_type, iter(found.content))

"""Files of a server, and its figures over months."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from trueup.client import Client
from trueup.client.answers import Billed, Deprovisioning, Download, MeasuredOtherwise, Reviewed
from trueup.jobs.alike import fields_of
from trueup.jobs.desk_billing import Reports, Wanted
from trueup.kit.period import Month
from trueup.kit.progress import Progress
from trueup.statements.exports.forms import Form
from trueup.statements.exports.means import Means


@dataclass(frozen=True, slots=True)
class RemoteFiles:
    """Asks a server; see `desk_billing.Files`."""

    client: Client

    def report(self, month: Month, msp: str, form: Form) -> Download:
        """One report."""
        return self.client.reports.file(month, msp, form)

    def reports(self, wanted: Reports, form: Form) -> Download:
        """The reports of a list."""
        return self.client.reports.files(form, **fields_of(wanted))

    def statement(self, number: str, form: Form, *, iso_currency: bool) -> Download:
        """One statement."""
        return self.client.statements.file(number, form, iso_currency=iso_currency)

    def statements(self, wanted: Wanted, form: Form, *, iso_currency: bool) -> Download:
        """The statements of a list."""
        return self.client.statements.files(form, iso_currency=iso_currency, **fields_of(wanted))

    def billing(self, month: Month, distributor: str, form: Form) -> Download:
        """One billing report."""
        return self.client.billing.file(month, distributor, form)

    def customers(self, month: Month, msp: str, form: Form) -> Download:
        """What an MSP bills its customers."""
        return self.client.reports.customer_bills_file(month, msp, form)

    def cycle(self, month: Month, forms: Iterable[Form], means: Means, *, iso_currency: bool) -> Download:
        """All that one sees of a cycle: the server makes it, by its own means."""
        found = self.client.cycles.archive(month, forms, iso_currency=iso_currency)
        return replace(found, content=_told(found.content, means.progress))


def _told(content: Iterable[bytes], progress: Progress) -> Iterator[bytes]:
    """A file while it comes; nobody knows how long it will be."""
    progress.start("Writing", None)
    for piece in content:
        yield piece
        progress.advance(len(piece))
    progress.finish()


@dataclass(frozen=True, slots=True)
class RemoteInsight:
    """Asks a server; see `desk_billing.Insight`."""

    client: Client

    def billed(self, first: Month, last: Month, by: str) -> Iterable[Billed]:
        """What was billed."""
        return self.client.insight.billed(first, last, by=by)

    def review(self, first: Month, last: Month) -> Iterable[Reviewed]:
        """How the reports of each month went."""
        return self.client.insight.review(first, last)

    def deprovision(self, month: Month, msp: str) -> Deprovisioning:
        """What an MSP could deprovision."""
        return self.client.insight.deprovision(month, msp)

    def measures(self, month: Month, msp: str) -> MeasuredOtherwise:
        """A month under each measure."""
        return self.client.insight.measures(month, msp)

"""What was billed, how months were reviewed, what could be saved."""

from collections.abc import Iterator

from trueup.client.answers import Billed, Deprovisioning, MeasuredOtherwise, Reviewed
from trueup.client.reading import read
from trueup.client.transport import Transport
from trueup.kit.addresses import encoded
from trueup.kit.period import Month


class Insight:
    """`client.insight`: figures over months, and of a report."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def billed(self, since: Month | str, until: Month | str, *, by: str = "month") -> Iterator[Billed]:
        """What one billed, or an MSP was billed, by `month`, `service` or `msp`. Raises NotAllowed, Invalid."""
        asked = {"from": since, "to": until, "by": by}
        return (read(Billed, one) for one in self._transport.pages("/insight/billed", asked))

    def review(self, since: Month | str, until: Month | str) -> Iterator[Reviewed]:
        """How the reports of each month went: for distributors and vendors. Raises NotAllowed, Invalid."""
        return (read(Reviewed, one) for one in self._transport.pages("/insight/review", {"from": since, "to": until}))

    def deprovision(self, cycle: Month | str, msp: str) -> Deprovisioning:
        """What an MSP could deprovision, and what that would save. Raises NotFound, NotAllowed."""
        return read(Deprovisioning, self._transport.get(f"{_path(cycle, msp)}/deprovision").json)

    def measures(self, cycle: Month | str, msp: str) -> MeasuredOtherwise:
        """A month under each measure. Raises NotFound, NotAllowed."""
        return read(MeasuredOtherwise, self._transport.get(f"{_path(cycle, msp)}/measures").json)


def _path(cycle: Month | str, msp: str) -> str:
    return f"/reports/{encoded(str(cycle))}/{encoded(msp)}"

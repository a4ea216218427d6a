"""What waits for somebody: the start page of programs."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import WithJsonSchema

from trueup.accounts.rules import Scope
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.schemas import REFUSALS, CycleName, Instant, Number
from trueup.reports.queries import Waiting, WaitingItem, waiting

router = Router()

_Kind = Annotated[Waiting, WithJsonSchema({"type": "string", "enum": [str(kind) for kind in Waiting]})]


class WaitingShown(Schema):
    """Something of one kind that waits for you, of one month."""

    kind: _Kind = Field(
        description=(
            "`rejected`: reports to correct. `to_prepare`, `to_review`: reports. `unmapped_names`: names in usage that nobody knows. "
            "`missing_days`: days of the running month for which a source delivered nothing."
        )
    )
    count: int = Field(description="How many reports, names or days.")
    cycle: CycleName | None = Field(description="The month; null for names.")
    msp: str | None = Field(description="The ref of the MSP, where it is one report; else null.")
    msp_name: str | None = Field(description="The name of that MSP.")
    on_behalf: bool = Field(description="Whether these are reports of MSPs without access, which their distributor prepares.")
    deadline: Instant | None = Field(description="The earliest deadline of reports to prepare or to correct; else null.")
    since: Instant | None = Field(description="Since when the first of the reports to review waits; else null.")
    stake: Number | None = Field(description="The units that reports to review are about, added up over all lines; else null.")
    sources: list[str] = Field(description="The codes of the sources that the names or days are of.")

    @staticmethod
    def resolve_cycle(item: WaitingItem) -> Any:
        """Its month."""
        return item.month


class WaitingList(Schema):
    """What waits for you, the most urgent first."""

    items: list[WaitingShown] = Field(description="All of it: what is alike is counted together, month by month.")
    next: None = Field(None, description="Always null: there is no further page.")


@router.get(
    "/waiting", response={200: WaitingList, **REFUSALS}, auth=Allowed(Scope.REPORTS_READ), operation_id="list_waiting",
    summary="What waits for you",
)  # fmt: skip
def list_waiting(request: HttpRequest) -> Any:
    """What you have the right to do something about: deadlines first, then reviews (the longest waiting first), then names and days."""
    asked: Asked = request  # type: ignore[assignment]
    return {"items": waiting(asked.caller.viewer, now=asked.now)}

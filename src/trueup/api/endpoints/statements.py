"""Statements: the list, one, what waits for one, and their correction."""

from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints import statement_shapes as shapes
from trueup.api.endpoints.network_shapes import RefAsked
from trueup.api.endpoints.report_bodies import Said, Taken
from trueup.api.endpoints.statement_shapes import Statement, StatementShown
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Ref, ReportCycle, Storable, list_of, words
from trueup.api.schemas import CHANGES, REFUSALS, CycleName
from trueup.statements import actions, queries
from trueup.statements.queries import StatementFilter
from trueup.statements.rules.documents import StatementKind

router = Router()
READ: Final = Allowed(Scope.STATEMENTS_READ)

_PARTS: Final = ("document",)
Expand = Annotated[
    Annotated[str, list_of(_PARTS, 100)] | None,
    Field(max_length=100, description="`document`: the whole, of which the checksum is."),
]
Number = Annotated[Ref, Field(description="The number of a statement.")]


class StatementsAsked(Schema):
    """What statements are narrowed to."""

    cycle: Annotated[ReportCycle | None, Field(None, description="Those of this month; of a plain month its adjustments too.")]
    seller: Annotated[RefAsked | None, Field(None, description="Those of this seller (ref).")]
    buyer: Annotated[RefAsked | None, Field(None, description="Those for this buyer (ref).")]
    kind: Annotated[StatementKind | None, Field(None, description="Only statements, or only credit notes.")]
    search: Annotated[Storable, Field("", max_length=200, description="A part of the number or of a name, whatever its case.")]

    @property
    def wanted(self) -> StatementFilter:
        """The same as the module asks for it."""
        return StatementFilter(self.cycle, self.seller or "", self.buyer or "", self.kind or "", self.search)


class WaitingReport(Schema):
    """An approved report that has no statement yet."""

    cycle: CycleName
    msp: str = Field(description="The ref of the MSP.")
    msp_name: str = Field(description="Its name when its report was generated.")
    reason: str | None = Field(description="Why there is none, in a sentence; null: it is only a matter of moments.")


class WaitingForStatement(Schema):
    """What waits for a statement."""

    items: list[WaitingReport] = Field(description="The earliest cycle first, then by MSP; the first 200.")
    next: None = Field(None, description="Always null: there is no further page.")


class Correction(Taken):
    """Why a statement is corrected."""

    reason: Said = Field(description="At most 5000 characters; it stands on both new statements.")


class Corrected(Schema):
    """What a correction made."""

    corrected: str = Field(description="The number of the statement that was corrected.")
    credit_note: StatementShown = Field(description="The credit note over all of it.")
    replacement: StatementShown = Field(description="What it should have said.")
    also: list[StatementShown] = Field(
        description="The same of each statement about late usage that was a difference to it: credit note, then replacement."
    )


@router.get(
    "/statements", response={200: Listed[StatementShown], **REFUSALS}, auth=READ, operation_id="list_statements", summary="Statements",
)  # fmt: skip
def list_statements(
    request: HttpRequest, response: HttpResponse, filters: Query[StatementsAsked], limit: Limit = USUAL, cursor: Cursor = None
) -> Any:
    """The statements that your account has issued, and those that it got: the latest first. Nobody else's."""
    asked: Asked = request  # type: ignore[assignment]
    after = unpacked(cursor, int)
    rows = queries.statements(asked.caller.viewer, filters.wanted, limit=limit + 1, after=after[0] if after else None)
    return paging.page(request, response, rows, limit, shown=lambda row: shapes.row_shown(row[1]), place=lambda row: (row[0],))


@router.get(
    "/statements/waiting", response={200: WaitingForStatement, **REFUSALS}, auth=READ, operation_id="list_waiting_statements",
    summary="What waits for a statement",
)  # fmt: skip
def list_waiting_statements(request: HttpRequest) -> Any:
    """Approved reports of a distributor's MSPs that have no statement, and why: a price is missing, for instance. Empty for others."""
    asked: Asked = request  # type: ignore[assignment]
    found = queries.waiting_for_prices(asked.caller.viewer)
    items = [{"cycle": one.cycle, "msp": one.msp, "msp_name": one.msp_name, "reason": one.reason and str(one.reason)} for one in found]
    return {"items": items}


@router.get(
    "/statements/{number}", response={200: Statement, **REFUSALS}, auth=READ, operation_id="get_statement", summary="A statement",
)  # fmt: skip
def get_statement(request: HttpRequest, number: Number, expand: Expand = None) -> Any:
    """All it says: parties, lines, how each was priced, and what it follows from. It never changes."""
    asked: Asked = request  # type: ignore[assignment]
    whole = bool(words(expand, "expand", _PARTS))
    return shapes.shown(queries.statement(asked.caller.viewer, number), whole=whole)


@router.post(
    "/statements/{number}/correct", response={200: Corrected, **CHANGES}, auth=Allowed(Scope.STATEMENTS_WRITE),
    operation_id="correct_statement", summary="Correct a statement",
)  # fmt: skip
def correct_statement(request: HttpRequest, number: Number, body: Correction) -> Any:
    """Issue a credit note over all of it and a replacement by the price lists as they are now. For who issued it.

    What was said of late usage since is a difference to it, and is corrected with it.

    409 `conflict` for a credit note, and for a statement that was corrected already. 422 without a reason, or while something has no
    price.
    """
    asked: Asked = request  # type: ignore[assignment]
    viewer = asked.caller.viewer
    made = actions.correct(viewer, number, reason=body.reason, now=asked.now)
    note, replacement, *also = (shapes.row_shown(queries.statement(viewer, one).row) for one in made)
    return {"corrected": number, "credit_note": note, "replacement": replacement, "also": also}

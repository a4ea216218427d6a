"""Customers by the list: a CSV that adds, renames and moves them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

from django.http import HttpRequest
from django.http.request import UnreadablePostError
from ninja import Field, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import problems
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.problems import Refused
from trueup.api.schemas import CHANGES, BadField, ProblemDocument
from trueup.kit.text import text
from trueup.network.actions import CustomersResult, import_customers
from trueup.network.customers.staging import COLUMNS
from trueup.uploads.rules import ROWS_REFUSED, nothing_stored

router = Router()

MOST_REFUSALS: Final = 1000
"""Problems named in an answer."""

_CSV: Final = "text/csv"
_ABOUT: Final = f"UTF-8, with a header. Columns, in any order: {', '.join(COLUMNS)}; `from` may be left out. Up to 20 MB."
_EXAMPLE: Final = "ref,name,msp,from\nbolt-dental,Dental Care,bolt,\nbolt-moved,Moved Ltd,coil,2026-10-16\n"


class ImportedCustomers(Schema):
    """What a list of customers did; of a dry run, what it would do. A customer may be both renamed and moved."""

    dry_run: bool = Field(description="true: nothing was changed.")
    added: int = Field(description="Customers that were not there yet.")
    renamed: int = Field(description="Customers that have another name than before.")
    moved: int = Field(description="Customers that are below another MSP on some days.")
    unchanged: int = Field(description="Customers that were as the list says already.")


class BadCustomer(BadField):
    """What is wrong with a row, or with the request."""

    row: int | None = Field(None, description="1 is the first row of data; null where it is not about a row.")
    column: str | None = Field(None, description="The column it is about.")
    value: str | None = Field(None, description="What stands there.")


class RefusedCustomers(ProblemDocument):
    """A list of customers of which nothing was done. `errors` names up to 1000 problems of its rows."""

    errors: list[BadCustomer] = Field([], description="What is wrong.")  # type: ignore[assignment]
    refused_count: int = Field(0, description="How many rows are bad.")


@router.post(
    "/customers", response={200: ImportedCustomers, **CHANGES, 415: ProblemDocument, 422: RefusedCustomers},
    auth=Allowed(Scope.NETWORK_WRITE), operation_id="import_customers", summary="Import customers",
    openapi_extra={
        "requestBody": {
            "required": True, "content": {_CSV: {"schema": {"type": "string", "description": _ABOUT, "examples": [_EXAMPLE]}}},
        },
    },
)  # fmt: skip
def import_list(
    request: HttpRequest, dry_run: Annotated[bool, Field(description="Change nothing: say what would be done, or what is wrong.")] = False
) -> Any:
    """Add, rename and move customers as a CSV says: all of it, or nothing where any row is bad.

    A row says below which MSP a customer is from a day on (`from` empty: since ever); several rows of one ref are its history.
    What the list does not say stays, other customers too. The same list again changes nothing. More than 20 MB come in several calls.
    """
    asked: Asked = request  # type: ignore[assignment]
    with _received(request) as file:
        result = import_customers(asked.caller.viewer, file, dry_run=dry_run, now=asked.now, progress=None)
    if result.refused:
        return _refusal(result)
    return {
        "dry_run": dry_run, "added": result.added, "renamed": result.renamed, "moved": result.moved, "unchanged": result.unchanged,
    }  # fmt: skip


@contextmanager
def _received(request: HttpRequest) -> Iterator[Path]:
    """What was sent, as a file. Raises Refused for what is no CSV in UTF-8."""
    charset = (request.content_params or {}).get("charset", "utf-8").strip("\"'").lower()
    plain = request.headers.get("Content-Encoding", "identity").strip().lower() == "identity"
    if request.content_type != _CSV or charset not in {"utf-8", "utf8", "us-ascii"} or not plain:
        raise Refused(415, "unsupported_media_type", text("customers are sent as text/csv, in UTF-8"), headers={"Accept-Post": _CSV})
    try:
        content = request.body
    except UnreadablePostError as error:
        raise Refused(400, "truncated", text("the body ends before it is complete; nothing was stored")) from error
    with TemporaryDirectory(prefix="trueup-customers-") as folder:
        file = Path(folder) / "customers.csv"
        file.write_bytes(content)
        yield file


def _refusal(result: CustomersResult) -> Any:
    count = len({one.row for one in result.refused})
    errors = [
        {"code": one.code, "detail": str(one.reason), "row": one.row, "column": one.column, "value": one.value}
        for one in result.refused[:MOST_REFUSALS]
    ]
    return problems.problem(422, ROWS_REFUSED, nothing_stored(count), errors=errors, members={"refused_count": count})

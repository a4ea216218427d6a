"""Files: reports, billing reports, statements, customer bills and whole cycles, made while they are sent."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from ninja import Field, Query, Router
from pydantic import WithJsonSchema

from trueup.accounts.rules import Scope
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.report_list import Filters, filter_of
from trueup.api.endpoints.statements import Number, StatementsAsked
from trueup.api.parameters import Ref, ReportCycle, Storable, some_of, words
from trueup.api.schemas import REFUSALS
from trueup.kit.errors import Invalid
from trueup.statements import files
from trueup.statements.exports.forms import WRITTEN
from trueup.statements.exports.saying import saying
from trueup.statements.files import FORMS, File, Kind

router = Router()
MONEY: Final = Allowed(Scope.STATEMENTS_READ)
REPORTS: Final = Allowed(Scope.REPORTS_READ)
"""Who is asked for both has to have both."""

_ZIP: Final = "application/zip"


def _form(kind: Kind) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": [str(form) for form in FORMS[kind]]})


def _content(*types: str) -> dict[str, Any]:
    """What the documentation says of an answer that is a file."""
    names = dict.fromkeys(one.partition(";")[0] for one in types)
    return {"responses": {200: {"description": "The file.", "content": {name: {"schema": {"type": "string"}} for name in names}}}}


_CONTENT: Final[Mapping[Kind, dict[str, Any]]] = {kind: _content(*(WRITTEN[form][1] for form in FORMS[kind])) for kind in Kind}

_FORM: Final = Field(description="What the file is written in.")
ReportForm = Annotated[Storable, _form(Kind.REPORT), _FORM]
ReportsForm = Annotated[Storable, _form(Kind.REPORTS), _FORM]
StatementForm = Annotated[Storable, _form(Kind.STATEMENT), _FORM]
StatementsForm = Annotated[Storable, _form(Kind.STATEMENTS), _FORM]
BillingForm = Annotated[Storable, _form(Kind.BILLING_REPORT), _FORM]
BillsForm = Annotated[Storable, _form(Kind.CUSTOMER_BILLS), _FORM]

IsoCurrency = Annotated[
    bool, Field(description="Of FOCUS: priced in the currency of the statement also where credits are the price; else credits are.")
]
Forms = Annotated[
    str, some_of(FORMS[Kind.CYCLE], 200), Field(max_length=200, description="The forms that are wanted, separated by commas.")
]


@router.get(
    "/reports/files/{form}", response={200: None, **REFUSALS}, auth=REPORTS, operation_id="export_reports", summary="A list of reports",
    openapi_extra=_CONTENT[Kind.REPORTS],
)  # fmt: skip
def export_reports(request: HttpRequest, form: ReportsForm, filters: Query[Filters]) -> Any:
    """All reports that `GET /reports` has with the same filters, as one file: a row for each; as XLSX their lines too.

    PDF is in the language of `Accept-Language`, and has 5,000 reports at most.
    """
    said = _read_by_people()
    return _sent(lambda asked: files.reports_file(asked.caller.viewer, filter_of(filters), form, **said), request)


@router.get(
    "/reports/{cycle}/{msp}/files/{form}", response={200: None, **REFUSALS}, auth=REPORTS, operation_id="export_report_file",
    summary="A report as a file", openapi_extra=_CONTENT[Kind.REPORT],
)  # fmt: skip
def export_report_file(request: HttpRequest, cycle: ReportCycle, msp: Ref, form: ReportForm) -> Any:
    """A report with its lines. CSV and XLSX are safe to open in a spreadsheet. PDF is in the language of `Accept-Language`.

    404 and 403 as for the report itself.
    """
    said = _read_by_people()
    return _sent(lambda asked: files.report_file(asked.caller.viewer, cycle, msp, form, **said), request)


@router.get(
    "/statements/files/{form}", response={200: None, **REFUSALS}, auth=MONEY, operation_id="export_statements",
    summary="A list of statements", openapi_extra=_CONTENT[Kind.STATEMENTS],
)  # fmt: skip
def export_statements(
    request: HttpRequest, form: StatementsForm, filters: Query[StatementsAsked], iso_currency: IsoCurrency = False
) -> Any:
    """All statements that `GET /statements` has with the same filters, as one file, the first one first. FOCUS is 1.2.

    PDF is in the language of `Accept-Language`, and has 5,000 statements at most.
    """
    viewed, iso = filters.wanted, iso_currency
    said = _read_by_people()
    return _sent(lambda asked: files.statements_file(asked.caller.viewer, viewed, form, iso_currency=iso, **said), request)


@router.get(
    "/statements/{number}/files/{form}", response={200: None, **REFUSALS}, auth=MONEY, operation_id="export_statement",
    summary="A statement as a file", openapi_extra=_CONTENT[Kind.STATEMENT],
)  # fmt: skip
def export_statement(request: HttpRequest, number: Number, form: StatementForm, iso_currency: IsoCurrency = False) -> Any:
    """A statement as a page (PDF/A-3), a table, FOCUS 1.2, or an e-invoice (EN 16931): UBL, or Factur-X, a PDF with the invoice inside.

    422 says what an e-invoice lacks: a VAT identifier, say, which is kept under billing details. The same statement gives the same bytes.
    Pages are in the language of `Accept-Language`.
    """
    said = _read_by_people()
    return _sent(lambda asked: files.statement_file(asked.caller.viewer, number, form, iso_currency=iso_currency, **said), request)


@router.get(
    "/billing-reports/{cycle}/{distributor}/files/{form}", response={200: None, **REFUSALS}, auth=MONEY,
    operation_id="export_billing_report", summary="A billing report as a file", openapi_extra=_CONTENT[Kind.BILLING_REPORT],
)  # fmt: skip
def export_billing_report(request: HttpRequest, cycle: ReportCycle, distributor: Ref, form: BillingForm) -> Any:
    """A billing report with its lines; as XLSX the units of each MSP too. PDF is in the language of `Accept-Language`.

    404 and 403 as for the billing report itself.
    """
    said = _read_by_people()
    return _sent(lambda asked: files.billing_file(asked.caller.viewer, cycle, distributor, form, **said), request)


@router.get(
    "/reports/{cycle}/{msp}/customer-bills/files/{form}", response={200: None, **REFUSALS}, auth=MONEY,
    operation_id="export_customer_bills", summary="Customer bills as a file", openapi_extra=_CONTENT[Kind.CUSTOMER_BILLS],
)  # fmt: skip
def export_customer_bills(request: HttpRequest, cycle: ReportCycle, msp: Ref, form: BillsForm) -> Any:
    """What an MSP bills its customers, line by line. For that MSP alone."""
    return _sent(lambda asked: files.customer_bills_file(asked.caller.viewer, cycle, msp, form), request)


@router.get(
    "/cycles/{cycle}/archive", response={200: None, **REFUSALS}, auth=MONEY, operation_id="export_cycle",
    summary="A whole cycle as an archive", openapi_extra=_content(_ZIP),
)  # fmt: skip
def export_cycle(request: HttpRequest, cycle: ReportCycle, forms: Forms, iso_currency: IsoCurrency = False) -> Any:
    """All that you see of a closed cycle as one zip: its reports, billing reports and statements, in each of the forms there is of them.

    It is made while it is sent, however large. What cannot be in a form is named in a file of its own, with the reason. The token
    needs the scope `reports:read` as well. 404 for a month that is not closed.
    """
    REPORTS(request)
    chosen = words(forms, "forms", FORMS[Kind.CYCLE])
    said = _read_by_people()
    return _sent(lambda asked: files.cycle_archive(asked.caller.viewer, cycle, chosen, iso_currency=iso_currency, **said), request)


def _read_by_people() -> dict[str, Any]:
    """In the language of the request, which is over when the last piece of a file is made."""
    language = get_language() or "en"
    return {"language": language, "say": saying(language)}


def _sent(make: Callable[[Asked], File], request: HttpRequest) -> StreamingHttpResponse:
    """The file as an answer. Everything that can be refused is refused before the first byte."""
    try:
        found = make(request)  # type: ignore[arg-type]
    except Invalid as error:
        raise Invalid(error.message, [replace(one, at=_PLACES.get(one.at, one.at)) for one in error.problems]) from error
    answer = StreamingHttpResponse(found.content, content_type=found.media_type)
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.name)
    return answer


_PLACES: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {("form",): ("path", "form")}
"""Where in the request something is that the files call otherwise."""

"""Downloads of final billing: statements, reports, billing reports, a whole cycle; streamed."""

from typing import Any, Final

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, override
from django.views.decorators.http import require_GET

from trueup.kit.period import Month
from trueup.kit.text import Text
from trueup.reports.queries import ReportFilter, months_back
from trueup.statements import files
from trueup.statements.files import File
from trueup.web.page import Request
from trueup.web.pages.inbox import asked_of as inbox_asked
from trueup.web.pages.reports import LAST_YEAR, MONTHS
from trueup.web.pages.reviewing import require_reviewing_tier
from trueup.web.pages.statements import asked_of
from trueup.web.whole import month_of, whole
from trueup.web.words import says

_MOST_FORMS: Final = 20


def sent(file: File) -> StreamingHttpResponse:
    """A file, piece by piece."""
    answer = StreamingHttpResponse(file.content, content_type=file.media_type)
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file.name)
    answer["Cache-Control"] = "no-store"
    return answer


def _read_by_people() -> dict[str, Any]:
    """In the language of the page, which has been left by when the last piece of a file is made."""
    language = get_language() or "en"

    def say(sentence: Text) -> str:
        with override(language):
            return says(sentence)

    return {"language": language, "say": say}


def _iso(request: Request) -> bool:
    """`?currency=iso`: FOCUS priced in money also where credits are the price."""
    return request.GET.get("currency") == "iso"


@require_GET
def statement_file(request: Request, number: str, form: str) -> StreamingHttpResponse:
    """One statement."""
    return sent(files.statement_file(request.viewer, number, form, iso_currency=_iso(request), **_read_by_people()))


@require_GET
def statements_file(request: Request, form: str) -> StreamingHttpResponse:
    """The statements of a list, with its filters."""
    return sent(files.statements_file(request.viewer, asked_of(request).filters, form, iso_currency=_iso(request), **_read_by_people()))


@require_GET
def report_file(request: Request, month: str, msp: str, form: str) -> StreamingHttpResponse:
    """One report."""
    return sent(files.report_file(request.viewer, month_of(month), msp, form, **_read_by_people()))


@require_GET
def reports_file(request: Request, form: str) -> StreamingHttpResponse:
    """The reports of the inbox, with its filters."""
    require_reviewing_tier(request.viewer)
    asked = inbox_asked(request.GET.dict()).filters
    wanted = ReportFilter(asked.cycle, asked.status, asked.submission, asked.flag, asked.search, asked.order)
    return sent(files.reports_file(request.viewer, wanted, form, **_read_by_people()))


@require_GET
def own_reports_file(request: Request, form: str) -> StreamingHttpResponse:
    """The reports of an MSP: those its list shows, of a year or of the last months, on all pages of it."""
    year = whole(request.GET.get("year", ""), most=LAST_YEAR)
    since, until = (Month(year, 1), Month(year, 12)) if year else (months_back(request.now, MONTHS), None)
    return sent(files.reports_file(request.viewer, ReportFilter(since=since, until=until), form, **_read_by_people()))


@require_GET
def billing_file(request: Request, month: str, distributor: str, form: str) -> StreamingHttpResponse:
    """One billing report."""
    return sent(files.billing_file(request.viewer, month_of(month), distributor, form, **_read_by_people()))


@require_GET
def cycle_file(request: Request, month: str) -> HttpResponse | StreamingHttpResponse:
    """All that the viewer sees of a cycle, in the forms that are ticked, as one archive."""
    forms = request.GET.getlist("form")[:_MOST_FORMS]
    return sent(files.cycle_archive(request.viewer, month_of(month), forms, iso_currency=_iso(request), **_read_by_people()))


urls = [
    path("review/files/<str:form>/", reports_file, name="reports_file"),
    path("reports/files/<str:form>/", own_reports_file, name="own_reports_file"),
    path("statements/files/<str:form>/", statements_file, name="statements_file"),
    path("statements/<ref:number>/files/<str:form>/", statement_file, name="statement_file"),
    path("reports/<str:month>/<ref:msp>/files/<str:form>/", report_file, name="report_file"),
    path("billing/<str:month>/<ref:distributor>/files/<str:form>/", billing_file, name="billing_file"),
    path("cycles/<str:month>/archive/", cycle_file, name="cycle_archive"),
]

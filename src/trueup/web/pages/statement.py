"""A statement with everything it is made of; its lines down to customers and days; corrected by who issued it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from trueup.accounts.rules import Right
from trueup.kit.errors import Conflict, Invalid, NotFound
from trueup.kit.period import Month
from trueup.reports.queries import report
from trueup.statements.actions import correct
from trueup.statements.files import FORMS, Kind
from trueup.statements.queries import StatementView
from trueup.statements.queries import statement as found_statement
from trueup.statements.rules.documents import Document, StatementKind, checksum
from trueup.web.billing.addresses import report_line_address, statement_address
from trueup.web.billing.lines import MoneyLine, Sums, lines_in, sums_in
from trueup.web.page import Request, render
from trueup.web.pages.billing_report import behind
from trueup.web.templatetags.billing import less
from trueup.web.whole import whole

_MOST_LINES: Final = 99_999


@dataclass(frozen=True, slots=True)
class PartyShown:
    """A party as the statement says it: an address in lines, and the rest by name."""

    ref: str
    name: str
    address: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What was approved, and where it is."""

    words: str
    address: str
    po_number: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line and where it is explained."""

    of: MoneyLine
    address: str


@require_http_methods(["GET", "HEAD", "POST"])
def statement(request: Request, number: str) -> HttpResponse:
    """A statement; a POST corrects it. `?do=correct` opens the form."""
    if request.method == "POST":
        return _correct(request, number)
    return _show(request, found_statement(request.viewer, number))


def _show(
    request: Request, view: StatementView, *, reason: str = "", error: str = "", refused: str = "", status: int = 200
) -> HttpResponse:
    document, row = view.document, view.row
    may_correct = _may_correct(request, view)
    context: dict[str, Any] = {
        "row": row,
        "document": document,
        "seller": _party(document["seller"]),
        "buyer": _party(document["buyer"]),
        "lines": [Line(line, reverse("statement_line", args=[row.number, line.position])) for line in lines_in(document)],
        "sums": _owed(sums_in(document), row.kind),
        "source": _source(document["source"]),
        "whole": checksum(document) == row.checksum,
        "forms": FORMS[Kind.STATEMENT],
        "files_address": f"{statement_address(row.number)}files/",
        "may_correct": may_correct,
        "open": may_correct and (bool(reason or error) or request.GET.get("do") == "correct"),
        "reason": reason,
        "error": error,
        "refused": refused,
    }
    return render(request, "web/statements/statement.html", context, status=status)


def _owed(sums: Sums, kind: str) -> Sums:
    """What it comes to for who pays, everywhere on the page: a credit note takes away."""
    return replace(sums, net=less(sums.net, kind), tax=less(sums.tax, kind), gross=less(sums.gross, kind))


def _may_correct(request: Request, view: StatementView) -> bool:
    row = view.row
    own = row.seller == request.seat.chosen.ref and request.viewer.may(Right.CORRECT)
    takes_back = row.kind == StatementKind.CREDIT_NOTE and row.corrects
    return own and not takes_back and not row.corrected_by


def _party(said: Mapping[str, str]) -> PartyShown:
    town = " ".join(part for part in (said.get("postal_code", ""), said.get("city", "")) if part)
    address = tuple(part for part in (said.get("street", ""), town, said.get("state", ""), said.get("country", "")) if part)
    endpoint = ":".join(part for part in (said.get("endpoint_scheme", ""), said.get("endpoint_id", "")) if part)
    facts = [
        (_("Company ID"), said.get("company_id", "")), (_("VAT identifier"), said.get("vat_id", "")),
        (_("Tax number"), said.get("tax_number", "")), (_("E-mail"), said.get("email", "")), (_("Electronic address"), endpoint),
        (_("IBAN"), said.get("iban", "")), (_("BIC"), said.get("bic", "")),
    ]  # fmt: skip
    return PartyShown(said["ref"], said["name"], address, tuple((name, value) for name, value in facts if value))


def _source(said: Document) -> Source:
    if said["kind"] == "report":
        return Source(_("the approved report"), reverse("report", args=[said["cycle"], said["msp"]]), "")
    address = reverse("billing_report", args=[said["cycle"], said["distributor"]])
    return Source(_("the completed billing report"), address, said.get("po_number", ""))


def _correct(request: Request, number: str) -> HttpResponse:
    """Credit note and replacement; what is refused comes back with the reason that was typed."""
    reason = request.POST.get("reason", "")
    try:
        correct(request.viewer, number, reason=reason, now=request.now)
    except (Conflict, Invalid) as error:
        view = found_statement(request.viewer, number)
        again = _replaced_so(request, view, reason) if isinstance(error, Conflict) else ""
        if again:  # a second click: it is corrected already, with these very words
            return HttpResponseRedirect(statement_address(again))
        beside = isinstance(error, Invalid) and any(problem.at == ("reason",) for problem in error.problems)
        return _show(
            request, view, reason=reason, error=error.message if beside else "", refused="" if beside else error.message,
            status=409 if isinstance(error, Conflict) else 400,
        )  # fmt: skip
    said = _("%(number)s is corrected: a credit note over all of it, and this statement in its place.")
    messages.success(request, said % {"number": number})
    made = _replaced_so(request, found_statement(request.viewer, number), reason)
    return HttpResponseRedirect(statement_address(made or number))


def _replaced_so(request: Request, view: StatementView, reason: str) -> str:
    """The replacement of a statement, if it was made with this reason."""
    for number in reversed(view.row.corrected_by):
        made = found_statement(request.viewer, number)
        if made.row.kind == StatementKind.STATEMENT:
            return number if made.document["reason"] == reason.strip() else ""
    return ""


@require_GET
def line(request: Request, number: str, position: str) -> HttpResponse:
    """A line with everything behind it: its steps, its services, the reports its units come from."""
    view = found_statement(request.viewer, number)
    place = whole(position, most=_MOST_LINES)
    found = next((one for one in lines_in(view.document) if one.position == place), None)
    if found is None:
        raise NotFound("")
    context = _behind(request, view.document, found) | {
        "above": statement_address(number),
        "above_name": number,
        "list": reverse("statements"),
        "list_name": _("Statements"),
        "cycle": view.row.cycle,
    }
    return render(request, "web/billing/line.html", context)


def _behind(request: Request, document: Document, found: MoneyLine) -> dict[str, Any]:
    source = document["source"]
    month = Month.parse_report(source["cycle"])
    if source["kind"] != "report":
        return behind(request, month, source["distributor"], found)
    shown = report(request.viewer, month, source["msp"])
    groups = {one.service: one.group for one in shown.lines}
    decimals = {one.service: one.decimals for one in shown.lines}
    rows = [
        (
            {"msp_name": shown.msp_name, "service_name": part.name, "units": part.units, "unit": part.unit, "credits": part.credits,
             "decimals": decimals.get(part.service, 0)},
            report_line_address(month, source["msp"], part.service, groups.get(part.service, "")),
        )
        for part in found.parts
    ]  # fmt: skip
    return {"line": found, "page": None, "rows": rows, "has_credits": any(part.credits is not None for part in found.parts)}


urls = [
    path("statements/<ref:number>/", statement, name="statement"),
    path("statements/<ref:number>/lines/<str:position>/", line, name="statement_line"),
]

"""One report as its reviewer sees it: what stands out, the rest folded; approve, reject, waive a penalty."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from trueup.accounts.rules import Tier, Viewer
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from trueup.kit.issue import Issue
from trueup.kit.period import Month
from trueup.kit.text import text
from trueup.reports import actions
from trueup.reports.queries import PageLine, ReportKey, ReportPage, ReportView, next_in_inbox, preview, report_page, stake_of
from trueup.reports.rules.lines import Outcome
from trueup.reports.rules.remarks import Remark
from trueup.reports.rules.workflow import EDITABLE
from trueup.statements.queries import next_by_money
from trueup.web import words
from trueup.web.amounts import Amount, per_unit, said
from trueup.web.page import Request, render
from trueup.web.pages.inbox import REMARKS, Asked, asked_in, report_address
from trueup.web.pages.report_rows import QUIET
from trueup.web.whole import month_of, whole

_TONES: Final = {Remark.PENALTY: "bad", Remark.ISSUE: "warn", Remark.CHANGED: "info", Remark.JUMP: "info"}
_FORMS: Final = {"approve": "web/review/_approve.html", "reject": "web/review/_reject.html", "waive": "web/review/_waive.html"}


@dataclass(frozen=True, slots=True)
class Label:
    """Why a line is worth a look, in a word; `tone` is the look of its badge."""

    word: str
    tone: str


@dataclass(frozen=True, slots=True)
class Sums:
    """A report in numbers; units of each kind for themselves. `stake`: what the review is about, of the units that have any."""

    lines: int
    changed: int
    commented: int
    penalties: int
    stake: tuple[Amount, ...]
    charged: tuple[tuple[Amount, Amount], ...]

    @property
    def said(self) -> str:
        """What is charged, in one line."""
        return said([chargeable for chargeable, _default in self.charged])


@dataclass(frozen=True, slots=True)
class Choice:
    """A line that a rejection may point at."""

    service: str
    service_name: str
    remarkable: bool


@dataclass(frozen=True, slots=True)
class Actions:
    """What stands beside the heading: the verbs with their forms, and the way to the next report of the same list."""

    address: str
    inbox: str
    next_address: str
    partner: str
    cycle: Month
    version: int
    sums: Sums
    lines: tuple[Choice, ...]
    may_review: bool

    def opens(self, verb: str, service: str = "") -> str:
        """The page on which the form of a verb is open."""
        asked = {"inbox": self.inbox, "do": verb, "line": service}
        return f"{self.address}?{urlencode({name: value for name, value in asked.items() if value})}#act"

    @property
    def approve_address(self) -> str:
        """Where the form to approve is."""
        return self.opens("approve")

    @property
    def reject_address(self) -> str:
        """Where the form to reject is."""
        return self.opens("reject")

    @property
    def back_address(self) -> str:
        """The report without a form."""
        return self.address + (f"?{urlencode({'inbox': self.inbox})}" if self.inbox else "")


@dataclass(frozen=True, slots=True)
class Form:
    """The form that is open on the page: which verb, what is typed in it, what is wrong with it."""

    verb: str
    typed: str = ""
    error: str = ""
    service: str = ""
    pointed: tuple[str, ...] = ()

    @property
    def template(self) -> str:
        """What it looks like."""
        return _FORMS[self.verb]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a verb was refused, and what had been typed. `stale`: the report is not as it was when the form was made."""

    message: str
    typed: str
    stale: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the review shows it: the line, what it is compared with, why it is worth a look."""

    of: PageLine
    waive_address: str
    position: int
    remarks: tuple[Label, ...] = field(default=())

    @property
    def waivable(self) -> bool:
        """Whether there is a penalty that the viewer may take from it."""
        return bool(self.waive_address)

    @property
    def name(self) -> str:
        """What its parts on the page are called."""
        return str(self.position)

    @property
    def previous(self) -> Decimal | None:
        """Last month's chargeable; 0 for a new service, None where there was no report."""
        step = self.of.differences.from_previous
        return None if step is None else self.of.view.chargeable - step

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Its issues. That chargeable is not provisioned is nothing new where nobody changed it."""
        changed = self.of.differences.from_default
        return tuple(issue for issue in self.of.view.issues if changed or issue.code not in QUIET)

    @property
    def jumps(self) -> bool:
        """Whether the step from last month is remarkable."""
        return Remark.JUMP in self.of.differences.remarks

    @property
    def outcome_sentence(self) -> str:
        """What the clock did with it, where that is not as saved."""
        outcome = self.of.view.outcome
        return "" if outcome == Outcome.AS_SAVED else words.word(words.OUTCOME_SENTENCES, outcome)

    @property
    def reason_word(self) -> str:
        """The reason code in words."""
        return words.word(words.REASONS, self.of.view.reason)


# ── what the page shows ───────────────────────────────────────────────────────────────────────────────────────────────


def actions_for(report: ReportView, *, may_review: bool, query: str, remarkable: frozenset[str] = frozenset()) -> Actions:
    """What a reviewer can do with a report, on whichever page it is shown. `query`: the filters of the inbox it was reached from."""
    month, msp = report.summary.cycle, report.summary.msp
    key = {"after": f"{month}/{msp}", **({"inbox": query} if query else {})}
    return Actions(
        address=report_address(month, msp),
        inbox=query,
        next_address=f"{reverse('review_next')}?{urlencode(key)}",
        partner=report.msp_name,
        cycle=month,
        version=report.version,
        sums=_sums(report),
        lines=tuple(Choice(line.service, line.service_name, line.service in remarkable) for line in report.lines),
        may_review=may_review,
    )


def _sums(report: ReportView) -> Sums:
    lines = report.lines
    return Sums(
        lines=len(lines),
        changed=sum(line.chargeable != line.default_chargeable for line in lines),
        commented=sum(bool(line.comment) for line in lines),
        penalties=sum(line.penalty for line in lines),
        stake=tuple(one for one in per_unit((line, stake_of(line)) for line in lines) if one.value),
        charged=tuple(
            zip(
                per_unit((line, line.chargeable) for line in lines),
                per_unit((line, line.default_chargeable) for line in lines),
                strict=True,
            )
        ),
    )


def _line(found: PageLine, position: int, review: Actions) -> Line:
    labels = tuple(Label(words.word(REMARKS, remark), _TONES.get(remark, "neutral")) for remark in found.differences.remarks)
    if found.view.outcome == Outcome.WAIVED:
        labels += (Label(words.word(words.OUTCOMES, Outcome.WAIVED), "good"),)
    waivable = review.may_review and found.view.penalty
    return Line(found, review.opens("waive", found.view.service) if waivable else "", position, labels)


def _stands_out(found: PageLine) -> bool:
    """A line whose penalty was waived is shown as well: somebody decided about it."""
    return found.differences.remarkable or found.rejected or found.view.outcome != Outcome.AS_SAVED


def _show(
    request: Request, page: ReportPage, inbox: Asked, *, form: Form | None = None, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    report = page.report
    remarkable = frozenset(one.view.service for one in page.lines if _stands_out(one))
    review = actions_for(report, may_review=page.may_review, query=inbox.query, remarkable=remarkable)
    lines = [_line(one, at, review) for at, one in enumerate(page.lines, 1)]
    open_form = form if form and page.may_review else None
    line = next((one for one in lines if open_form and one.waivable and one.of.view.service == open_form.service), None)
    if open_form and open_form.verb == "waive" and line is None:
        open_form = None
    context = {
        "page": page,
        "report": report,
        "inbox": inbox,
        "review": review,
        "remarkable": [one for one in lines if one.of.view.service in remarkable],
        "usual": [one for one in lines if one.of.view.service not in remarkable],
        "waits_for_msp": report.summary.status in EDITABLE,
        "form": open_form,
        "line": line,
        "refused": refused,
        "details_address": details_address(report.summary.cycle, report.summary.msp, inbox.query),
    }
    return render(request, "web/review/report.html", context, status=status)


def details_address(month: Month, msp: str, query: str) -> str:
    """The whole report with its charts, customers and history."""
    return reverse("report", args=[str(month), msp]) + (f"?{urlencode({'inbox': query})}" if query else "")


# ── views ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@require_http_methods(["GET", "HEAD", "POST"])
def review_report(request: Request, month: str, msp: str) -> HttpResponse:
    """What stands out in a report; a POST says what the reviewer decides."""
    cycle = month_of(month)
    require_reviewing_tier(request.viewer)
    if request.method == "POST":
        return _decide(request, cycle, msp)
    page = report_page(request.viewer, cycle, msp, now=request.now)
    verb = request.GET.get("do", "")
    form = Form(verb, service=request.GET.get("line", "")) if verb in _FORMS else None
    return _show(request, page, asked_in(request.GET.get("inbox", "")), form=form)


def _decide(request: Request, month: Month, msp: str) -> HttpResponse:
    """Do what was decided, and go on to the next report; what is refused comes back with what was typed."""
    inbox = asked_in(request.POST.get("inbox", ""))
    form = _typed(request)
    following = _following(request, inbox, month, msp) if form.verb != "waive" else report_address(month, msp, inbox.query)
    try:
        said = _do(request, month, msp, form)
    except (Conflict, Invalid) as error:
        page = report_page(request.viewer, month, msp, now=request.now)
        stale = isinstance(error, Conflict)
        refused = Refused(error.message, form.typed, stale) if stale or not page.may_review else None
        again = Form(form.verb, form.typed, "" if stale else error.message, form.service, form.pointed)
        return _show(request, page, inbox, form=again, refused=refused, status=409 if stale else 400)
    messages.success(request, said)
    return HttpResponseRedirect(following)


def _typed(request: Request) -> Form:
    verb = request.POST.get("verb", "")
    if verb not in _FORMS:
        raise Invalid(text("say what is to be done with the report: approve it, reject it or waive a penalty"))
    lines = tuple(request.POST.getlist("line"))
    return Form(verb, request.POST.get("comment", ""), service=lines[0] if lines and verb == "waive" else "", pointed=lines)


def _do(request: Request, month: Month, msp: str, form: Form) -> str:
    """Returns what was done, in words. Raises NotFound, NotAllowed, Conflict, Invalid."""
    version = read_version(request.POST.get("version", ""))
    viewer, now = request.viewer, request.now
    who = {"partner": preview(viewer, [(month, msp)])[0].row.msp_name, "cycle": words.says(text("{month}", month=month))}
    if form.verb == "approve":
        actions.approve(viewer, month, msp, now=now, comment=form.typed, expected_version=version)
        return _("%(partner)s, %(cycle)s: approved.") % who
    if form.verb == "reject":
        actions.reject(viewer, month, msp, now=now, comment=form.typed, lines=form.pointed, expected_version=version)
        return _("%(partner)s, %(cycle)s: rejected; it is back with the MSP.") % who
    actions.waive(viewer, month, msp, form.service, now=now, reason=form.typed, expected_version=version)
    return _("The penalty is waived.")


def read_version(written: str) -> int:
    """Which state of a report somebody saw. Raises Invalid: without it nobody decides."""
    version = whole(written, most=999_999_999)
    if version is None:
        raise Invalid(text("the form does not say which state of the report it was made for; open the report again"))
    return version


def _following(request: Request, inbox: Asked, month: Month, msp: str) -> str:
    """Where a reviewer goes on: the next report of the list, or the list after the last one."""
    try:
        key = _next(request.viewer, inbox, (month, msp))
    except NotFound:
        return inbox.address
    return report_address(*key, inbox.query) if key else inbox.address


def _next(viewer: Viewer, inbox: Asked, after: ReportKey) -> ReportKey | None:
    """The report that follows in the order of the inbox. Raises NotFound."""
    if inbox.by_money and viewer.tier == Tier.DISTRIBUTOR:
        return next_by_money(viewer, inbox.filters, after=after)
    return next_in_inbox(viewer, inbox.filters, after=after)


@require_GET
def review_next(request: Request) -> HttpResponse:
    """On to the report that follows `after` in the inbox with the same filters; to the inbox after the last."""
    inbox = asked_in(request.GET.get("inbox", ""))
    month, msp = key_of(request.GET.get("after", ""))
    key = _next(request.viewer, inbox, (month, msp))
    if key is None:
        messages.info(request, _("That was the last report of this list."))
        return HttpResponseRedirect(inbox.address)
    return HttpResponseRedirect(report_address(*key, inbox.query))


def key_of(written: str) -> tuple[Month, str]:
    """A report as forms name it: `2026-10/bolt`. Raises NotFound."""
    month, _slash, msp = written.partition("/")
    return month_of(month), msp


def require_reviewing_tier(viewer: Viewer) -> None:
    """Raise NotAllowed for an MSP: its own report is on a page of its own."""
    if viewer.tier == Tier.MSP:
        raise NotAllowed(text("reports are reviewed by the MSP's distributor; yours are under Usage reports"))


urls = [
    path("review/next/", review_next, name="review_next"),
    path("review/<str:month>/<ref:msp>/", review_report, name="review_report"),
]

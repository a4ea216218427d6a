"""Changing the network from a form: try it, show what it would change where that matters, do it, go on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from trueup.events.rules import Change
from trueup.kit.errors import Conflict, Invalid
from trueup.network import actions
from trueup.network.actions import Plan
from trueup.web.forms import Form
from trueup.web.network.steps import StepShown, WasIs, was_is
from trueup.web.page import Request, render
from trueup.web.words import says

CONFIRMED: Final = "confirmed"
BACK: Final = "back"
PAGE: Final = "web/page.html"
SETTINGS: Final = "web/settings/layout.html"
"""Pages under Settings have its menu beside them."""


@dataclass(frozen=True, slots=True)
class Changing:
    """What a form does. `to` is where to go afterwards; `warnings` make a preview necessary, `preview` shows one in any case.

    `fresh` gives the form's values as they are now, for when somebody else was quicker. A preview shows `changes` where they are given,
    else those of the plan: `before` says, by field, what holds until then, `names` what accounts are called. `subject` is what is changed.
    """

    section: str
    entry: Mapping[str, Any]
    to: str
    done: str
    heading: str = ""
    preview: bool = False
    warnings: tuple[str, ...] = ()
    fresh: Callable[[], Mapping[str, Any]] | None = None
    layout: str = PAGE
    subject: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[WasIs, ...] = ()
    crumbs: Sequence[tuple[str, str]] = ()


def change(request: Request, form: Form, changing: Changing) -> HttpResponse | None:
    """Do what a valid form says, or show what it would do. None: the form has to be shown again, with what is wrong."""
    if BACK in request.POST:
        return None
    wanted = CONFIRMED not in request.POST and (changing.preview or bool(changing.warnings))
    try:
        plan = _change(request, form, changing, dry_run=wanted)
    except Conflict as error:
        _tell_meanwhile(form, changing, error)
        return None
    except Invalid as error:
        form.refuse(error)
        return None
    if wanted and plan.doing:
        return _preview(request, form, changing, plan)
    if plan.doing:
        messages.success(request, changing.done)
    else:
        messages.info(request, _("Nothing was changed: it is so already."))
    return HttpResponseRedirect(changing.to)


def _change(request: Request, form: Form, changing: Changing, *, dry_run: bool) -> Plan:
    seen = form.cleaned_data["seen"]
    return actions.change(request.viewer, changing.section, dict(changing.entry), now=request.now, dry_run=dry_run, seen=seen)


def _tell_meanwhile(form: Form, changing: Changing, error: Conflict) -> None:
    """Somebody else was quicker: what is there now is shown beside what was typed; any other reason is said as it is."""
    fresh = changing.fresh() if changing.fresh is not None else {}
    if fresh and fresh.get("seen") != form.cleaned_data["seen"]:
        form.renew(fresh)
        form.add_error(None, _("Somebody else has changed this meanwhile. Nothing of yours was saved yet, and nothing is lost."))
    else:
        form.refuse(error)


def _preview(request: Request, form: Form, changing: Changing, plan: Plan) -> HttpResponse:
    sent = [(name, value) for name in form.fields for value in request.POST.getlist(name)]
    context = {
        "sent": sent, "steps": _steps(plan, changing), "heading": changing.heading, "warnings": changing.warnings, "to": changing.to,
        "layout": changing.layout, "crumbs": changing.crumbs,
    }  # fmt: skip
    return render(request, "web/network/preview.html", context)


def _steps(plan: Plan, changing: Changing) -> list[StepShown]:
    """What a plan does, with what holds until then."""
    if changing.changes:
        return [StepShown(changing.subject, changing.changes, "")]
    return [
        StepShown(
            changing.subject if changing.section == step.section else step.name,
            tuple(was_is([_completed(change, changing) for change in step.changes])),
            says(step.note),
        )
        for step in plan.doing
    ]


def _completed(change: Change, changing: Changing) -> Change:
    """A change with what holds until its day, and with names instead of refs."""
    before = change.before if change.before is not None else changing.before.get(change.field.partition(" from ")[0])
    before, after = (changing.names.get(str(value), value) for value in (before, change.after))
    return replace(change, before=before, after=after)


def take_away(request: Request, verb: Callable[[], Any], *, done: str, to: str) -> HttpResponse:
    """Remove something, and go on; why it cannot be is said there."""
    try:
        verb()
    except (Conflict, Invalid) as error:
        messages.error(request, says(error.message))
    else:
        messages.success(request, done)
    return HttpResponseRedirect(to)


def show(request: Request, form: Form, *, heading: str, submit: str, cancel: str, **more: Any) -> HttpResponse:
    """The page of a form, as it was typed and with what is wrong. `more`: crumbs, explanation, layout, datalists."""
    context = {"form": form, "heading": heading, "submit": submit, "cancel": cancel, **more}
    status = 409 if form.meanwhile else 400 if form.is_bound and form.errors else 200
    return render(request, "web/network/form.html", context, status=status)


def bound(request: Request) -> Any:
    """What was sent, for a form; None where nothing was."""
    return request.POST if request.method == "POST" else None

"""What is done with a billing report from its page: what was typed, done, and whether it was done already."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib import messages
from django.utils.translation import gettext as _

from trueup.accounts.rules import Viewer
from trueup.kit.errors import Invalid
from trueup.kit.period import Month
from trueup.kit.text import text
from trueup.statements import actions
from trueup.statements.queries import BillingView
from trueup.statements.rules.billing import BillingVerb
from trueup.web.page import Request
from trueup.web.pages.reviewing import read_version

PROMO: Final = "promo-"
"""A field with a promo code is called so, and after it the service."""

_TOLD: Final = {BillingVerb.SUBMIT: "billing_submitted", BillingVerb.RETURN: "billing_returned", BillingVerb.COMPLETE: "billing_completed"}


@dataclass(frozen=True, slots=True)
class Typed:
    """What was sent: which verb, and what stands in the fields."""

    verb: BillingVerb
    po_number: str = ""
    comment: str = ""
    reason: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def typed_of(request: Request) -> Typed:
    given = request.POST
    verb = next((one for one in BillingVerb if one == given.get("verb")), None)
    if verb is None:
        raise Invalid(text("say what is to be done with the billing report: save, submit, return or complete it"))
    codes = {name.removeprefix(PROMO): str(code).strip() for name, code in given.items() if name.startswith(PROMO)}
    return Typed(verb, given.get("po_number", ""), given.get("comment", ""), given.get("reason", ""), codes)


def do(request: Request, month: Month, distributor: str, typed: Typed) -> None:
    """Raises NotFound, NotAllowed, Conflict, Invalid."""
    viewer, now, version = request.viewer, request.now, read_version(request.POST.get("version", ""))
    if typed.verb in {BillingVerb.SAVE, BillingVerb.SUBMIT}:
        version = actions.save_billing(
            viewer, month, distributor, po_number=typed.po_number, promo_codes=typed.codes, comment=typed.comment,
            expected_version=version, now=now,
        )  # fmt: skip
    if typed.verb == BillingVerb.SAVE:
        messages.success(request, _("The billing report is saved."))
    elif typed.verb == BillingVerb.SUBMIT:
        actions.submit_billing(viewer, month, distributor, expected_version=version, now=now)
        messages.success(request, _("The billing report is submitted. The vendor reviews it now."))
    elif typed.verb == BillingVerb.RETURN:
        actions.return_billing(viewer, month, distributor, reason=typed.reason, expected_version=version, now=now)
        messages.success(request, _("The billing report of %(who)s is returned.") % {"who": distributor})
    else:
        actions.complete_billing(viewer, month, distributor, expected_version=version, now=now)
        messages.success(request, _("The billing report of %(who)s is completed: its statement follows.") % {"who": distributor})


def did_so(viewer: Viewer, typed: Typed, history: Sequence[Any]) -> bool:
    """Whether the same person has just done the same."""
    last = history[-1]
    same = last.actor_name == viewer.actor.name and last.kind == _TOLD.get(typed.verb)
    reason = next((one["after"] for one in last.changes if one["field"] == "return_reason"), typed.reason.strip())
    return same and reason == typed.reason.strip()


def says_so(view: BillingView, typed: Typed) -> bool:
    """Whether what is to be saved is what is there."""
    codes = {service: code for service, code in {**view.promo_codes, **typed.codes}.items() if code}
    said = (typed.po_number.strip(), typed.comment.strip(), codes)
    return typed.verb == BillingVerb.SAVE and said == (view.row.po_number, view.comment, dict(view.promo_codes))

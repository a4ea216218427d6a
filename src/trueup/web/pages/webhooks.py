"""Webhooks: where an account's events are sent to. A secret is shown once, and never again; what was sent is looked at here."""

import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from trueup.accounts.rules import Right
from trueup.kit.errors import Conflict
from trueup.web.forms import Form, ManyField, SwitchField, TextField
from trueup.web.network.changing import SETTINGS, bound, show, take_away
from trueup.web.network.listing import zone_of
from trueup.web.page import Request, render
from trueup.web.whole import page_of
from trueup.web.words import says
from trueup.webhooks import actions, queries
from trueup.webhooks.actions import Made, Wanted
from trueup.webhooks.queries import DeliveryRow, EndpointRow
from trueup.webhooks.rules.happenings import TEST, TYPES, Type
from trueup.webhooks.rules.keeping import MOST_DESCRIPTION
from trueup.webhooks.rules.targets import MOST_URL
from trueup.webhooks.rules.trying import DISABLED_WORDS, State

PER_PAGE: Final = 50

STATES: Final[dict[State, tuple[str | Promise, str]]] = {
    State.WAITING: (gettext_lazy("Waiting"), "info"),
    State.SENDING: (gettext_lazy("Being sent"), "info"),
    State.DELIVERED: (gettext_lazy("Delivered"), "good"),
    State.FAILED: (gettext_lazy("Failed"), "bad"),
    State.DROPPED: (gettext_lazy("Dropped"), "neutral"),
}
"""What a state is called, and how it is colored; the words say the same."""


class WebhookForm(Form):
    """Where to, and what of."""

    url = TextField(
        label=gettext_lazy("Address"), required=True, max_length=MOST_URL, help_text=gettext_lazy("Like https://example.com/hooks."),
        widget=forms.TextInput(attrs={"class": "wide", "inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    description = TextField(
        label=gettext_lazy("What it is for"), max_length=MOST_DESCRIPTION, widget=forms.TextInput(attrs={"class": "wide"})
    )
    types = ManyField(
        label=gettext_lazy("What it is told of"), help_text=gettext_lazy("Nothing ticked: everything, also what will be added later.")
    )
    enabled = SwitchField(label=gettext_lazy("Switched on"))


@dataclass(frozen=True, slots=True)
class Line:
    """An endpoint as it is listed: its types in words, and why nothing is sent to it."""

    row: EndpointRow
    types: tuple[str, ...]
    why: str

    @property
    def host(self) -> str:
        """Whom it calls: what its page is headed by, for an address may be long."""
        return urlsplit(self.row.url).netloc


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery as it is listed."""

    row: DeliveryRow
    type: str
    state: str | Promise
    badge: str


def webhooks(request: Request) -> HttpResponse:
    """The endpoints of the account."""
    rows = queries.endpoints(request.viewer, now=request.now)
    return render(request, "web/webhooks/list.html", {"lines": [_line(row) for row in rows], "zone": zone_of(request)})


def new_webhook(request: Request) -> HttpResponse:
    """Add one, and show its secret."""
    request.viewer.require(Right.KEEP_WEBHOOKS, actions.KEEP)
    form = _form(request, {"enabled": True})
    if request.method == "POST" and form.is_valid():
        made: list[Made] = []
        if form.act(lambda: made.append(actions.create(request.viewer, _wanted(form), now=request.now))):
            return _secret(request, made[0], rotated=False)
    return _shown(request, form, heading=_("Add a webhook"), submit=_("Add it"), cancel=reverse("webhooks"))


def edit_webhook(request: Request, webhook_id: int) -> HttpResponse:
    """Change one, if nobody else has meanwhile."""
    row = queries.endpoint(request.viewer, webhook_id, now=request.now)
    fresh = _fresh(row)
    form = _form(request, fresh)
    to = reverse("webhook", kwargs={"webhook_id": row.id})
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["seen"]
        if seen != str(row.version):
            form.renew(fresh)
            form.add_error(None, _("Somebody else has changed this meanwhile. Nothing of yours was saved yet, and nothing is lost."))
        elif form.act(lambda: actions.change(request.viewer, row.id, _wanted(form), now=request.now, seen=row.version)):
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(to)
    return _shown(request, form, heading=_("Edit the webhook"), submit=_("Save"), cancel=to)


def webhook(request: Request, webhook_id: int) -> HttpResponse:
    """One endpoint, and what was sent to it."""
    row = queries.endpoint(request.viewer, webhook_id, now=request.now)
    state = request.GET.get("state", "")
    wanted = State(state) if state in set(State) else None
    page = queries.delivery_page(request.viewer, row.id, now=request.now, state=wanted, page=page_of(request.GET), per_page=PER_PAGE)
    context = {
        "line": _line(row),
        "page": page,
        "sent": [_sent(one) for one in page.items],
        "states": [(one.value, words, one == wanted) for one, (words, _badge) in STATES.items()],
        "filtered": wanted is not None,
        "query": f"state={wanted}&" if wanted else "",
        "zone": zone_of(request),
    }
    return render(request, "web/webhooks/one.html", context)


def webhook_delivery(request: Request, webhook_id: int, delivery_id: int) -> HttpResponse:
    """One thing that was sent, and every answer to it."""
    row = queries.endpoint(request.viewer, webhook_id, now=request.now)
    delivery = queries.delivery(request.viewer, row.id, delivery_id, now=request.now)
    said = json.dumps(json.loads(delivery.payload), ensure_ascii=False, indent=2)
    context = {"line": _line(row), "sent": _sent(delivery), "said": said, "zone": zone_of(request)}
    return render(request, "web/webhooks/delivery.html", context)


def rotate_webhook(request: Request, webhook_id: int) -> HttpResponse:
    """A new secret: asked first, done and shown then."""
    row = queries.endpoint(request.viewer, webhook_id, now=request.now)
    if request.method == "POST":
        return _secret(request, actions.rotate(request.viewer, row.id, now=request.now), rotated=True)
    return render(request, "web/webhooks/rotate.html", {"line": _line(row)})


def remove_webhook(request: Request, webhook_id: int) -> HttpResponse:
    """Remove one with its log: asked first, done then."""
    row = queries.endpoint(request.viewer, webhook_id, now=request.now)
    if request.method == "POST":
        return take_away(
            request,
            lambda: actions.remove(request.viewer, row.id, now=request.now),
            done=_("The webhook was removed."),
            to=reverse("webhooks"),
        )
    return render(request, "web/webhooks/remove.html", {"line": _line(row)})


@require_POST
def test_webhook(request: Request, webhook_id: int) -> HttpResponse:
    """Have a test sent."""
    return _do(
        request, webhook_id, lambda: actions.send_test(request.viewer, webhook_id, now=request.now),
        _("A test is on its way. Its answer is listed here in a moment: reload the page."),
    )  # fmt: skip


@require_POST
def replay_webhook(request: Request, webhook_id: int, delivery_id: int) -> HttpResponse:
    """Have something sent again."""
    return _do(
        request, webhook_id, lambda: actions.replay(request.viewer, webhook_id, delivery_id, now=request.now),
        _("It is sent again. The answer is listed here in a moment: reload the page."),
    )  # fmt: skip


def _do(request: Request, webhook_id: int, verb: Any, done: str) -> HttpResponse:
    try:
        verb()
    except Conflict as error:
        messages.error(request, says(error.message))
    else:
        messages.success(request, done)
    return HttpResponseRedirect(reverse("webhook", kwargs={"webhook_id": webhook_id}))


def _form(request: Request, initial: dict[str, Any]) -> WebhookForm:
    form = WebhookForm(bound(request), initial=initial)
    form.offer(types=[(one.name, _named(one)) for one in TYPES])
    return form


def _named(one: Type) -> str:
    """A type of event in words, and what programs call it."""
    return format_html("{}<br><span class='code quiet'>{}</span>", says(one.about), one.name)


def _fresh(row: EndpointRow) -> dict[str, Any]:
    """An endpoint as its form shows it."""
    return {
        "seen": str(row.version),
        "url": row.url,
        "description": row.description,
        "types": list(row.types),
        "enabled": row.enabled,
    }


def _wanted(form: WebhookForm) -> Wanted:
    said = form.cleaned_data
    return Wanted(said["url"], said["types"], said["description"], said["enabled"])


def _shown(request: Request, form: WebhookForm, **more: Any) -> HttpResponse:
    return show(request, form, crumbs=[(_("Webhooks"), reverse("webhooks"))], layout=SETTINGS, **more)


def _secret(request: Request, made: Made, *, rotated: bool) -> HttpResponse:
    row = queries.endpoint(request.viewer, made.endpoint_id, now=request.now)
    context = {"row": row, "secret": made.secret, "rotated": rotated, "zone": zone_of(request)}
    return render(request, "web/webhooks/secret.html", context)


def _line(row: EndpointRow) -> Line:
    return Line(row, tuple(_type(name) for name in row.types), says(DISABLED_WORDS[row.disabled_why]) if row.disabled_why else "")


def _sent(row: DeliveryRow) -> Sent:
    words, badge = STATES[row.state]
    return Sent(row, _type(row.type), words, badge)


def _type(name: str) -> str:
    if name == TEST:
        return _("A test")
    return next((says(one.about) for one in TYPES if one.name == name), name)


urls = [
    path("settings/webhooks/", webhooks, name="webhooks"),
    path("settings/webhooks/new/", new_webhook, name="new_webhook"),
    path("settings/webhooks/<int:webhook_id>/", webhook, name="webhook"),
    path("settings/webhooks/<int:webhook_id>/edit/", edit_webhook, name="edit_webhook"),
    path("settings/webhooks/<int:webhook_id>/rotate/", rotate_webhook, name="rotate_webhook"),
    path("settings/webhooks/<int:webhook_id>/remove/", remove_webhook, name="remove_webhook"),
    path("settings/webhooks/<int:webhook_id>/test/", test_webhook, name="test_webhook"),
    path("settings/webhooks/<int:webhook_id>/sent/<int:delivery_id>/", webhook_delivery, name="webhook_delivery"),
    path("settings/webhooks/<int:webhook_id>/sent/<int:delivery_id>/replay/", replay_webhook, name="replay_webhook"),
]

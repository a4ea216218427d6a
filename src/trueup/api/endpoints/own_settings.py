"""What people set up for themselves: which e-mails they get, and the filters they keep under a name."""

from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from trueup.accounts.actions import NEW, drop_view, keep_view
from trueup.accounts.queries import KeptView, saved_views
from trueup.accounts.rules import MOST_VIEW_NAME, MOST_VIEWS, Scope
from trueup.api import paging, problems, versions
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.network_writing import EXISTS
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Ref
from trueup.api.schemas import REFUSALS, WRITES
from trueup.kit.errors import NotAllowed, NotFound, Stale
from trueup.kit.text import text
from trueup.notifications.actions import set_preferences
from trueup.notifications.queries import preferences
from trueup.notifications.rules import Choice, Kind

router = Router()
OWN: Final = Allowed(*Scope)
"""What is a person's own, any token of theirs is good for. Programs have none of it."""

INBOX: Final = "review"
"""The list of the portal whose filters are kept."""


class EmailKind(Schema):
    """One kind of e-mail: when the person is told, and what else they could choose."""

    kind: Kind = Field(description="What it is about.")
    choice: Choice = Field(description="When they are told: at once, once a day, or not at all.")
    default: Choice = Field(description="What holds for whoever chose nothing.")
    choices: list[Choice] = Field(description="What can be chosen.")


class Notifications(Schema):
    """Which e-mails a person gets in the account they act for, and in which language."""

    language: str = Field(description="The code of a language, like `de`.")
    kinds: list[EmailKind] = Field(description="The kinds of e-mails that people of such an account can get.")
    version: str = Field(description="What stands in the ETag: it is another as soon as they choose anew.")


class NotificationsChange(Schema):
    """What is chosen anew; all else stays."""

    model_config = ConfigDict(extra="forbid")

    language: Annotated[str, Field(min_length=1, max_length=10)] | None = Field(None, description="One of the portal's languages.")
    kinds: dict[Kind, Choice] = Field({}, description="When to be told of what.", examples=[{"to_review": "digest", "approved": "off"}])


class View(Schema):
    """A filter of the distributor's list of reports that a person gave a name."""

    name: str = Field(description="What it is called.")
    query: str = Field(description="What stands in the address of the portal's list.", examples=["cycle=2026-10&flag=penalty"])
    version: str = Field(description="What stands in its ETag.")


class ViewIn(Schema):
    """What a view asks for."""

    model_config = ConfigDict(extra="forbid")

    query: Annotated[str, Field(max_length=1000, pattern=r"^[A-Za-z0-9._~%=&+-]*$")] = Field(
        description="Like the query of an address; `cycle`, `status`, `submission`, `flag`, `search` and `order` are understood.",
        examples=["cycle=2026-10&flag=penalty"],
    )


@router.get(
    "/me/notifications", response={200: Notifications, **REFUSALS}, auth=OWN, operation_id="get_notifications",
    summary="Which e-mails you get",
)  # fmt: skip
def get_notifications(request: HttpRequest, response: HttpResponse) -> Any:
    """When the person a token stands for is told of what. Programs get no e-mails: 403."""
    return _notifications(request, response)


@router.patch(
    "/me/notifications", response={200: Notifications, **WRITES}, auth=OWN, operation_id="change_notifications",
    summary="Choose which e-mails you get",
)  # fmt: skip
def change_notifications(request: HttpRequest, response: HttpResponse, body: NotificationsChange) -> Any:
    """Choose when to be told of what, and in which language. It holds for all accounts of the person."""
    asked: Asked = request  # type: ignore[assignment]
    preferences(asked.caller.viewer)  # programs are told so, whatever they send
    seen = versions.seen(request)
    chosen = {str(kind): str(choice) for kind, choice in body.kinds.items()}
    try:
        set_preferences(asked.caller.viewer, chosen, now=asked.now, language=body.language, seen=seen)
    except Stale as error:
        return _stale(error, Notifications.model_validate(_notifications(request, response)))
    return _notifications(request, response)


def _notifications(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    asked: Asked = request  # type: ignore[assignment]
    found = preferences(asked.caller.viewer)
    response["ETag"] = versions.tag(found.mark)
    kinds = [{"kind": one.kind, "choice": one.choice, "default": one.default, "choices": one.choices} for one in found.kinds]
    return {"language": found.language, "kinds": kinds, "version": found.mark}


def _stale(error: Stale, current: Notifications | View | None, code: str = "stale") -> HttpResponse:
    """412 with what there is by now."""
    headers = {"ETag": versions.tag(current.version)} if current else {}
    shown = current.model_dump(mode="json") if current else None
    return problems.problem(412, code, error.message, headers=headers, members={"current": shown})


@router.get("/me/views", response={200: Listed[View], **REFUSALS}, auth=OWN, operation_id="list_views", summary="Your saved views")
def list_views(request: HttpRequest, response: HttpResponse, limit: Limit = USUAL, cursor: Cursor = None) -> Any:
    """The filters of the list of reports that the person keeps in the account they act for, by name."""
    after = unpacked(cursor, str)
    rows = [view for view in _views(request) if after is None or view.name > after[0]]
    return paging.page(request, response, rows[: limit + 1], limit, shown=_view, place=lambda view: (view.name,))


@router.get("/me/views/{name}", response={200: View, **REFUSALS}, auth=OWN, operation_id="get_view", summary="A saved view")
def get_view(request: HttpRequest, response: HttpResponse, name: Ref) -> Any:
    """One view, with its ETag."""
    return _show(request, response, name)


@router.put(
    "/me/views/{name}", response={200: View, 201: View, **WRITES}, auth=OWN, operation_id="put_view", summary="Save a view",
    description=(
        "Keep a filter under a name. A new one comes with `If-None-Match: *`, one there is with its `If-Match`. "
        f"A name has up to {MOST_VIEW_NAME} characters, and a person keeps up to {MOST_VIEWS} views."
    ),
)  # fmt: skip
def put_view(request: HttpRequest, response: HttpResponse, name: Ref, body: ViewIn) -> Any:
    """Keep a filter under a name."""
    asked: Asked = request  # type: ignore[assignment]
    new = versions.only_new(request) or "If-Match" not in request.headers
    _views(request) if new else _found(request, name)
    seen = NEW if new else versions.seen(request)
    try:
        kept = keep_view(asked.caller.viewer, INBOX, name, body.query, seen=seen)
    except Stale as error:
        if new and not versions.only_new(request):
            versions.seen(request)  # there is one: 428
        return _stale(error, _current(request, name), EXISTS if new else "stale")
    return Status(201 if new else 200, _show(request, response, kept))


@router.delete("/me/views/{name}", response={204: None, **WRITES}, auth=OWN, operation_id="delete_view", summary="Remove a view")
def delete_view(request: HttpRequest, name: Ref) -> Any:
    """Remove a view of the person's."""
    asked: Asked = request  # type: ignore[assignment]
    view = _found(request, name)
    try:
        drop_view(asked.caller.viewer, INBOX, view.name, seen=versions.seen(request))
    except Stale as error:
        return _stale(error, _current(request, name))
    return Status(204, None)


def _views(request: HttpRequest) -> list[KeptView]:
    """The person's views, by name. Raises NotAllowed for a program."""
    asked: Asked = request  # type: ignore[assignment]
    if asked.caller.viewer.actor.kind != "person":
        raise NotAllowed(text("views of lists are kept for people"))
    return sorted(saved_views(asked.caller.viewer, INBOX), key=lambda view: view.name)


def _found(request: HttpRequest, name: str) -> KeptView:
    found = next((view for view in _views(request) if view.name == " ".join(name.split())), None)
    if found is None:
        raise NotFound(text("there is no view “{name}”", name=name))
    return found


def _view(view: KeptView) -> dict[str, Any]:
    return {"name": view.name, "query": view.query, "version": view.mark}


def _show(request: HttpRequest, response: HttpResponse, name: str) -> dict[str, Any]:
    found = _found(request, name)
    response["ETag"] = versions.tag(found.mark)
    return _view(found)


def _current(request: HttpRequest, name: str) -> View | None:
    try:
        return View.model_validate(_view(_found(request, name)))
    except NotFound:
        return None

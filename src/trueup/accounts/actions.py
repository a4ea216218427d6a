"""What people keep for themselves, and when programs were here. All else in these tables is written by `network`, and recorded."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from trueup.accounts.models import ApiClient, SavedView, User
from trueup.accounts.rules import MOST_VIEWS, Viewer, read_view_name, view_mark
from trueup.kit.errors import Invalid, NotAllowed, NotFound, Stale
from trueup.kit.text import text

NEW = ""
"""As the mark that was seen: there was no such view."""

_MOST_QUERY = 1000
"""Characters of a filter."""


@transaction.atomic(durable=True)
def keep_view(viewer: Viewer, page: str, name: str, query: str, *, seen: str | None = None) -> str:
    """Keep a filter of a list under a name; one of the same name is replaced. Returns the name as it is kept.

    `seen` is the mark of the view as it was shown, NEW where there was none: Stale if it is another by now.
    Raises Invalid for a name or a filter that cannot be kept, NotAllowed for a program.
    """
    user_id, account_id = _person(viewer)
    kept_as = read_view_name(name)
    if len(query) > _MOST_QUERY:
        raise Invalid(text("the filter is too long to be kept"))
    _require_seen(viewer, page, kept_as, seen)
    others = SavedView.objects.visible_to(viewer).filter(page=page).exclude(name=kept_as)
    if others.count() >= MOST_VIEWS:
        raise Invalid(text("you keep {most} views of this list already: remove one first", most=MOST_VIEWS))
    SavedView.objects.update_or_create(user_id=user_id, account_id=account_id, page=page, name=kept_as, defaults={"query": query})
    return kept_as


@transaction.atomic(durable=True)
def drop_view(viewer: Viewer, page: str, name: str, *, seen: str | None = None) -> None:
    """Remove a kept filter. Raises NotFound, NotAllowed for a program, Stale if it is another than was `seen`."""
    _person(viewer)
    _require_seen(viewer, page, name, seen)
    dropped, _ = SavedView.objects.visible_to(viewer).filter(page=page, name=name).delete()
    if not dropped:
        raise NotFound(text("there is no view “{name}”", name=name))


def _require_seen(viewer: Viewer, page: str, name: str, seen: str | None) -> None:
    """Raise Stale unless a view is as it was seen; None: whatever it is."""
    if seen is None:
        return
    User.objects.select_for_update().get(pk=viewer.actor.id or 0)
    query = SavedView.objects.visible_to(viewer).filter(page=page, name=name).values_list("query", flat=True).first()
    if (NEW if query is None else view_mark(query)) != seen:
        raise Stale(text("you have changed this view meanwhile; nothing was changed"))


def _person(viewer: Viewer) -> tuple[int, int]:
    """Whose views they are: the person, and the account they act for. Raises NotAllowed."""
    if viewer.actor.kind != "person" or viewer.actor.id is None or viewer.account_id is None:
        raise NotAllowed(text("views of lists are kept for people"))
    return viewer.actor.id, viewer.account_id


USE_NOTED = timedelta(minutes=1)
"""How exactly it is known when a program was last here."""


def note_use(client_pk: int, *, now: datetime) -> None:
    """Note that a program has used its access, once a minute at most: reading must not become writing."""
    earlier = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED)
    ApiClient.objects.filter(earlier, pk=client_pk).update(last_used_at=now)

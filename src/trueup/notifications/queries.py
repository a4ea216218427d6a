"""Questions about e-mails: what a person chose, and what is in the outbox."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Q

from trueup.accounts.rules import Tier, Viewer
from trueup.kit.errors import Invalid, NotAllowed, NotFound
from trueup.kit.page import Page
from trueup.kit.text import text
from trueup.notifications.models import Delivery, DeliveryQuerySet, Language, Preference
from trueup.notifications.rules import Choice, Kind, State, choice, choices_for, is_for_the_outbox, kinds_for, mark_of, require_operator


@dataclass(frozen=True, slots=True)
class KindPreference:
    """One kind of e-mail: when the person gets it, and what else they could choose."""

    kind: Kind
    choice: Choice
    default: Choice
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person chose; `language` is the code of the language they are written to in, `mark` another as soon as they choose anew."""

    language: str
    kinds: tuple[KindPreference, ...]
    mark: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """An e-mail in the outbox. It has no subject before it was first sent. `account` is the name of the one it is written for."""

    id: int
    kind: Kind
    state: State
    address: str
    name: str
    account: str
    subject: str
    created_at: datetime
    next_try_at: datetime | None
    sent_at: datetime | None
    tries: int
    last_error: str

    @property
    def may_be_tried(self) -> bool:
        """Whether it can be tried again at once."""
        return self.state in {State.FAILED, State.WAITING}


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """An e-mail as it was sent; `withheld`: it holds a link that lets its reader in, or what an MSP pays: its words are for nobody else."""

    row: DeliveryRow
    text: str
    html: str
    withheld: bool


def preferences(viewer: Viewer) -> Preferences:
    """When the viewer is told of what, in the account they are acting for. Raises NotAllowed for who is not a person."""
    if viewer.actor.kind != "person" or viewer.role is None:
        raise NotAllowed(text("{name} gets no e-mails", name=viewer.actor.name))
    own = {"user_id": viewer.actor.id}
    chosen = dict(Preference.objects.visible_to(viewer).filter(**own).values_list("kind", "choice"))
    language = Language.objects.visible_to(viewer).filter(**own).values_list("code", flat=True).first()
    kinds = [
        KindPreference(kind, choice(viewer.role, chosen.get(kind)), choice(viewer.role, None), choices_for(kind))
        for kind in kinds_for(viewer.tier)
    ]
    return Preferences(language or settings.LANGUAGE_CODE, tuple(kinds), mark_of(language, chosen))


def outbox(viewer: Viewer, *, state: str | None = None, search: str = "", page: int = 1, per_page: int = 50) -> Page[DeliveryRow]:
    """The e-mails about the viewer's subtree, the latest first; `search` looks at address, name and subject.

    Raises NotAllowed for anybody but the operator and the admins of a vendor, Invalid for a state there is none of.
    """
    found = _found(viewer, search)
    if state is not None:
        if state not in set(State):
            raise Invalid(text("there is no state “{state}” of an e-mail", state=state))
        found = found.filter(state=state)
    latest = found.select_related("account").defer("text", "html", "details").order_by("-created_at", "-pk")
    return Page.of(found.count(), page, per_page, lambda start, stop: [_row(one) for one in latest[start:stop]])


def counts(viewer: Viewer, *, search: str = "") -> dict[State, int]:
    """How many e-mails of the outbox are in which state; states without any are 0. Raises NotAllowed."""
    rows = _found(viewer, search).order_by().values_list("state").annotate(Count("pk"))
    found = Counter(dict(rows))
    return {state: found[state] for state in State}


def delivery(viewer: Viewer, delivery_id: int) -> DeliveryView:
    """One e-mail with its words. Raises NotFound, NotAllowed."""
    found = Delivery.objects.visible_to(viewer).select_related("account").filter(pk=delivery_id).first()
    if found is None:
        raise NotFound(text("there is no delivery {id}", id=delivery_id))
    require_operator(viewer)
    tier = Tier(found.account.tier) if found.account else None
    withheld = not viewer.sees_all and not is_for_the_outbox(Kind(found.kind), tier)
    return DeliveryView(_row(found), "" if withheld else found.text, "" if withheld else found.html, withheld)


def _found(viewer: Viewer, search: str) -> DeliveryQuerySet:
    """The deliveries a viewer looks for. Raises NotAllowed."""
    require_operator(viewer)
    found = Delivery.objects.visible_to(viewer)
    for word in search.split():
        found = found.filter(Q(address__icontains=word) | Q(name__icontains=word) | Q(subject__icontains=word))
    return found


def _row(one: Delivery) -> DeliveryRow:
    return DeliveryRow(
        id=one.pk,
        kind=Kind(one.kind),
        state=State(one.state),
        address=one.address,
        name=one.name,
        account=one.account.name if one.account else "",
        subject=one.subject,
        created_at=one.created_at,
        next_try_at=one.next_try_at,
        sent_at=one.sent_at,
        tries=one.tries,
        last_error=one.last_error,
    )

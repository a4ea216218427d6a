"""Links by which an invited person chooses a password. They die when the person has come in, and after seven days.

A link opens whatever the person is a member of, in other people's accounts too. So it is mailed to the person, and shown to an inviter
only where all of that is the inviter's to give; one that was shown dies when the person becomes a member of anything else.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.urls import reverse

from trueup.accounts.queries import Invited, invited, viewers_of
from trueup.accounts.rules import Viewer
from trueup.kit.errors import Conflict
from trueup.kit.text import text
from trueup.network.queries import shows_link

LASTS: Final = timedelta(days=7)
_SALT: Final = "trueup.web.invitations"


def link_for(email: str, now: datetime) -> str:
    """The address for the e-mail to a member, for nobody else's eyes: where they choose a password, or the portal if they have come in."""
    person = invited(email=email)
    return f"{settings.TRUEUP_URL}/" if person is None else _address(token_of(person, now))


def operators_link(email: str, now: datetime) -> str:
    """The link for the operator of the machine to pass on. Raises NotFound for nobody's address, Conflict for who has come in already."""
    if not viewers_of(email) or (person := invited(email=email)) is None:
        raise Conflict(
            text("{email} has signed in or chosen a password before: who has forgotten it asks for another at sign-in", email=email)
        )
    return _address(token_of(person, now))


def link_to_show(viewer: Viewer, email: str, now: datetime, *, on: date) -> str:
    """The link that whoever invites somebody may pass on; empty if they may not. `on` is today, where the accounts are."""
    person = invited(email=email)
    if person is None or not shows_link(viewer, person, on=on):
        return ""
    return _address(token_of(person, now, only=person.account_ids))


def _address(token: str) -> str:
    return str(settings.TRUEUP_URL) + reverse("invitation", kwargs={"token": token})


def token_of(person: Invited, now: datetime, *, only: Collection[int] | None = None) -> str:
    """The signed part of the link; `only`: it dies when the person is a member of any other account than these."""
    said = [person.user_id, int(now.timestamp()), person.mark]
    return signing.dumps(said if only is None else [*said, sorted(only)], salt=_SALT)


def read(token: str, now: datetime) -> Invited | None:
    """Whom a link invites; None if it is used, too old, or none of ours."""
    try:
        user_id, at, mark, *only = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if now > datetime.fromtimestamp(at, UTC) + LASTS:
        return None
    person = invited(user_id=user_id)
    if person is None or person.mark != mark or (only and not person.account_ids <= set(only[0])):
        return None
    return person

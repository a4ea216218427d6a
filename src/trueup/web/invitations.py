"""Links by which an invited person chooses a password. They die with the first password, and after seven days."""

from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.urls import reverse

from trueup.accounts.queries import Invited, invited

LASTS: Final = timedelta(days=7)
_SALT: Final = "trueup.web.invitations"


def link_for(email: str, now: datetime) -> str:
    """The address for the e-mail to a member: where they choose a password, or, if they have one, the portal."""
    person = invited(email=email)
    if person is None:
        return f"{settings.TRUEUP_URL}/"
    return str(settings.TRUEUP_URL) + reverse("invitation", kwargs={"token": token_of(person, now)})


def token_of(person: Invited, now: datetime) -> str:
    """The signed part of the link."""
    return signing.dumps([person.user_id, int(now.timestamp()), person.mark], salt=_SALT)


def read(token: str, now: datetime) -> Invited | None:
    """Whom a link invites; None if it is used, too old, or none of ours."""
    try:
        user_id, at, mark = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if now > datetime.fromtimestamp(at, UTC) + LASTS:
        return None
    person = invited(user_id=user_id)
    return person if person is not None and person.mark == mark else None

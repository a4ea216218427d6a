"""What the clock does about e-mails, in one line each, and what people found in their mail."""

from email.message import Message

from django.core import mail
from django.core.mail import EmailMultiAlternatives

from tests.reports.month import CLOSING, October, at, at_times
from trueup.accounts.models import Account, Member, User
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Role, Viewer
from trueup.notifications.gathering import bundle, due_digests, gather_all
from trueup.notifications.models import Delivery
from trueup.notifications.sending import send_due

BOLT = "billing@bolt.example"
BOLTS_ADMIN = "admin@bolt.example"
BOLTS_VIEWER = "viewer@bolt.example"
COIL = "billing@coil.example"
NORTH = "north@north.example"
SOUTH = "south@south.example"


def _raised(error: Exception) -> None:
    raise error


class Post:
    """One round of the clock after another."""

    def gather(self, now: str = CLOSING) -> int:
        """Read the histories on; returns how many deliveries that made."""
        return gather_all(now=at(now), failed=_raised)

    def send(self, now: str = CLOSING) -> int:
        """Send what is due."""
        return send_due(now=at(now))

    def go(self, now: str = CLOSING) -> int:
        """Everything a round does."""
        self.gather(now)
        for due in due_digests(now=at(now)):
            bundle(*due, now=at(now))
        return self.send(now)


def sent() -> list[tuple[str, str]]:
    """(address, subject) of everything that went out, by address."""
    return sorted((address_of(message), str(message.subject)) for message in mail.outbox)


def address_of(message: EmailMultiAlternatives | object) -> str:
    """Where a message goes, without the name."""
    return str(getattr(message, "to", [""])[0]).rpartition("<")[2].rstrip(">")


def to(address: str) -> EmailMultiAlternatives:
    """The latest message to somebody."""
    found = [message for message in mail.outbox if address_of(message) == address]
    assert found, f"nothing went to {address}, but {sent()}"
    return found[-1]  # type: ignore[return-value]


def html_of(message: EmailMultiAlternatives) -> str:
    """The HTML part of a message."""
    return str(message.alternatives[0][0])


def as_received(message: EmailMultiAlternatives) -> Message:
    """A message as it goes over the wire."""
    return message.message()


def person(email: str) -> Viewer:
    """A person as a viewer."""
    return viewers_of(email)[0]


def join(email: str, account: str, role: Role, name: str = "") -> Member:
    """Somebody becomes a member."""
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)
    return Member.objects.create(user=user, account=Account.objects.get(ref=account), role=role)


def leave(email: str) -> None:
    """Somebody is a member of nothing any more."""
    Member.objects.filter(user__email=email).delete()


def delivery_to(address: str) -> Delivery:
    """The latest delivery to somebody."""
    return Delivery.objects.filter(address=address).order_by("-pk")[0]


def over_provisioned(october: October) -> None:
    """Bolt's October, with a line that needs a comment."""
    october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"))
    october.close()

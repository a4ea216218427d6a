"""The people of the demo world, who can all sign in."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from trueup.accounts.models import Member, User

PASSWORD = "true-up-demo"  # noqa: S105 -- everybody is told: it opens a world of invented figures
_ROLES = {"admin": "admin", "billing_manager": "billing manager", "viewer": "reads only"}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to sign in as."""

    email: str
    what: str


def people() -> list[Person]:
    """Everybody with a membership, the vendor's people first."""
    members = Member.objects.select_related("user", "account").order_by("account_id", "pk")
    return [
        Person(member.user.email, f"{member.user.name}, {_ROLES[member.role]} of {member.account.name} ({member.account.tier})")
        for member in members
    ]


def let_everybody_in() -> None:
    """Give a password to everybody who has none; one that somebody has chosen stays."""
    strangers = [user for user in User.objects.all() if not user.has_usable_password()]
    password = make_password(PASSWORD) if strangers else ""  # slow on purpose: once, for everybody knows that it is the same
    User.objects.filter(pk__in=[user.pk for user in strangers]).update(password=password)

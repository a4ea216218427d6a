"""The channel tree as tables. Written by `network` only, read by everybody through `visible_to`."""

from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from trueup.accounts.rules import Right, Role, Tier, Viewer
from trueup.kit.period import FOREVER


class Installation(models.Model):
    """What holds for the whole installation; there is one row."""

    currency = models.CharField(max_length=3, default="USD")
    time_zone = models.CharField(max_length=64, default="UTC")
    close_grace_days = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="one_installation")]


class Region(models.Model):
    """A part of the world; it says whether usage reports are available there."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    usage_reports = models.BooleanField(default=True)


class AccountType(models.Model):
    """A kind of account; it says whether usage reports are available to it."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    usage_reports = models.BooleanField(default=True)


class PlacementQuerySet(models.QuerySet["Placement"]):
    """Placements: the edges of the channel tree in time."""

    def on(self, day: Any) -> Self:
        """Those in force on a day (a date or an expression)."""
        return self.filter(from_date__lte=day, until_date__gt=day)

    def visible_to(self, viewer: Viewer) -> Self:
        """Those inside the viewer's subtree, while they are in it, and the viewer's own."""
        if viewer.account_id is None:
            return self
        return self.filter(Q(account_id=viewer.account_id) | _inside(viewer.account_id))


class Placement(models.Model):
    """Which parent an account has, from one day until another (half-open). History never follows a later move."""

    account = models.ForeignKey("Account", on_delete=models.PROTECT, related_name="placements")
    parent = models.ForeignKey("Account", on_delete=models.PROTECT, related_name="children")
    from_date = models.DateField()
    # The next placement's from_date, kept here so that "on that day" is a plain comparison; FOREVER if there is none.
    until_date = models.DateField(default=FOREVER)

    objects = PlacementQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "from_date"], name="one_placement_from_a_day"),
            models.CheckConstraint(condition=Q(until_date__gt=F("from_date")), name="placement_lasts"),
        ]
        indexes: ClassVar = [models.Index(fields=["parent", "from_date"], name="placement_parent")]


def _overlapping(outer: str = "") -> Q:
    """A placement that is in force at the same time as the outer one for at least a day."""
    if outer:
        return Q(from_date__lt=OuterRef(OuterRef("until_date")), until_date__gt=OuterRef(OuterRef("from_date")))
    return Q(from_date__lt=OuterRef("until_date"), until_date__gt=OuterRef("from_date"))


def _inside(account_id: int) -> Q:
    """Placements at most three levels below an account, joined only where they were in force at the same time."""
    parents = Placement.objects.filter(_overlapping(), account_id=OuterRef("parent_id"))
    # Intervals of which every two overlap have a day in common: three pairs prove the chain of three.
    above = Placement.objects.filter(_overlapping(), _overlapping("outer"), account_id=OuterRef("parent_id"), parent_id=account_id)
    return Q(parent_id=account_id) | Exists(parents.filter(parent_id=account_id)) | Exists(parents.filter(Exists(above)))


class AccountQuerySet(models.QuerySet["Account"]):
    """Accounts of the channel tree."""

    def visible_to(self, viewer: Viewer) -> Self:
        """The viewer's account and all that are, were or will be in its subtree."""
        if viewer.account_id is None:
            return self
        below = Placement.objects.filter(_inside(viewer.account_id), account_id=OuterRef("pk"))
        return self.filter(Q(pk=viewer.account_id) | Exists(below))


class Account(models.Model):
    """A node of the channel tree."""

    ref = models.CharField(max_length=200, unique=True)
    tier = models.CharField(max_length=16, choices=[(tier, tier) for tier in Tier])
    name = models.CharField(max_length=300)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, related_name="accounts")
    type = models.ForeignKey(AccountType, on_delete=models.PROTECT, null=True, related_name="accounts")
    time_zone = models.CharField(max_length=64, blank=True, default="")  # empty: the installation's
    city = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=200, blank=True, default="")
    company_id = models.CharField(max_length=200, blank=True, default="")
    usage_reports_excluded = models.BooleanField(default=False)

    objects = AccountQuerySet.as_manager()

    def __str__(self) -> str:
        return self.ref


class UserManager(BaseUserManager["User"]):
    """Makes people; e-mail addresses are kept in lower case, so that one person has one address."""

    def create_user(self, email: str, password: str | None = None, *, name: str = "") -> "User":
        """A person who may sign in once a password is set."""
        user = self.model(email=email.strip().lower(), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Sign-in is by e-mail in any case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person. What a person may do is said by memberships."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True, default="")
    is_active = models.BooleanField(default=True)
    # By a member of the portal, who may have mistyped the address: nothing is told to it before somebody has come in by it.
    invited_at = models.DateTimeField(null=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    @property
    def has_signed_up(self) -> bool:
        """Whether they have a password, or came in without one: by single sign-on. No link may let anybody choose a password then."""
        return self.has_usable_password() or self.last_login is not None

    @staticmethod
    def known(path: str = "") -> Q:
        """Of whom it is known that their address is theirs; `path` leads to the person."""
        return Q(**{f"{path}invited_at": None}) | Q(**{f"{path}last_login__isnull": False})


class MemberQuerySet(models.QuerySet["Member"]):
    """People in accounts."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Members of the viewer's account and of the accounts in its subtree."""
        if viewer.account_id is None:
            return self
        return self.filter(account__in=Account.objects.visible_to(viewer))


class Member(models.Model):
    """A person in an account, with a role."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="members")
    role = models.CharField(max_length=16, choices=[(role, role) for role in Role])

    objects = MemberQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "account"], name="one_role_in_an_account")]


class ApiClientQuerySet(models.QuerySet["ApiClient"]):
    """API clients."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of the viewer's account and of the accounts in its subtree, for who may manage members there."""
        if viewer.account_id is None:
            return self
        if not viewer.may(Right.MANAGE_MEMBERS):
            return self.none()
        return self.filter(account__in=Account.objects.visible_to(viewer))


class ApiClient(models.Model):
    """A program that acts for an account within its scopes. Its secret is not here: whoever checks it keeps it, hashed."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="api_clients")
    client_id = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    scopes = models.JSONField(default=list)  # sorted values of rules.Scope
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=254)  # copied: the person may go
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    objects = ApiClientQuerySet.as_manager()


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Saved views."""

    def visible_to(self, viewer: Viewer) -> Self:
        """A person's own, in the account they act for; a program has none."""
        if viewer.account_id is None:
            return self
        if viewer.actor.kind != "person":
            return self.none()
        return self.filter(user_id=viewer.actor.id, account_id=viewer.account_id)


class SavedView(models.Model):
    """A filter of a list that a person gave a name. A convenience of theirs, and no part of the channel: it has no history."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=40)  # which list it is of
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True)  # as in the address of the list

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "account", "page", "name"], name="one_saved_view_of_a_name")]

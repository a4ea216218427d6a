"""Deliveries: the tables are the queue."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from trueup.accounts.rules import Viewer
from trueup.events.models import Place
from trueup.notifications.rules import Choice, Kind, State


class Reached(Place):
    """How far the history of an account was read: up to this event of its chain, people have their deliveries."""


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those about accounts that were in the viewer's subtree, as what they tell of knew it. (Who may look at all: `rules`.)"""
        return self if viewer.account_id is None else self.filter(path__contains=f"/{viewer.account_id}/")


class Delivery(models.Model):
    """One e-mail to one person. Composed when it is sent; what was sent is kept."""

    # Nobody has a user yet when invited.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="deliveries")
    address = models.CharField(max_length=254)
    name = models.CharField(max_length=200, blank=True, default="")
    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, null=True, related_name="+")  # for which it is written
    path = models.CharField(max_length=100, blank=True, default="")  # `/vendor/distributor/msp/` of the report: who may see this row
    kind = models.CharField(max_length=32, choices=[(kind, kind) for kind in Kind])

    # The event it tells of, and the report that was about; a digest and an invitation tell of none.
    chain = models.BigIntegerField(null=True)
    sequence = models.BigIntegerField(null=True)
    report_id = models.BigIntegerField(null=True)
    details = models.JSONField(default=dict)  # of an invitation

    state = models.CharField(max_length=16, choices=[(state, state) for state in State], default=State.WAITING)
    digest = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="items")
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)  # a held one: when its digest is due
    tries = models.PositiveIntegerField(default=0)  # also says whose claim it is: each claim counts one on
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, default="")

    message_id = models.CharField(max_length=64)  # the left part of it; the same however often it is sent
    subject = models.CharField(max_length=400, blank=True, default="")
    text = models.TextField(blank=True, default="")
    html = models.TextField(blank=True, default="")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # Whatever is gathered twice, a person is told of an event once.
            models.UniqueConstraint(fields=["user", "kind", "chain", "sequence"], name="one_delivery_of_an_event"),
            models.CheckConstraint(
                condition=~Q(state__in=[State.WAITING, State.HELD]) | Q(next_try_at__isnull=False), name="waiting_delivery_says_when"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "next_try_at", "id"], name="delivery_due"),
            models.Index(fields=["created_at", "id"], name="delivery_latest"),
        ]


class PreferenceQuerySet(models.QuerySet["Preference"]):
    """What people chose."""

    def visible_to(self, viewer: Viewer) -> Self:
        """One's own."""
        if viewer.sees_all:
            return self
        return self.filter(user_id=viewer.actor.id) if viewer.actor.kind == "person" else self.none()


class Preference(models.Model):
    """When a person wants to be told of one kind of thing; without a row as the rules say."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32, choices=[(kind, kind) for kind in Kind])
    choice = models.CharField(max_length=8, choices=[(choice, choice) for choice in Choice])
    changed_at = models.DateTimeField()

    objects = PreferenceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "kind"], name="one_preference_per_kind")]


class LanguageQuerySet(models.QuerySet["Language"]):
    """Languages of people."""

    def visible_to(self, viewer: Viewer) -> Self:
        """One's own."""
        if viewer.sees_all:
            return self
        return self.filter(user_id=viewer.actor.id) if viewer.actor.kind == "person" else self.none()


class Language(models.Model):
    """The language a person is written to in; without a row the installation's."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    code = models.CharField(max_length=16)
    changed_at = models.DateTimeField()

    objects = LanguageQuerySet.as_manager()

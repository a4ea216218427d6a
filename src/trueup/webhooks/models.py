"""Endpoints and what is delivered to them: the tables are the queue, and the log."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from trueup.accounts.rules import Right, Viewer
from trueup.events.models import Place
from trueup.webhooks.rules.trying import Disabled, State


class Reached(Place):
    """How far the history of an account was read: up to this event of its chain, endpoints have their deliveries."""


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    """Endpoints."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of the viewer's very account, for who keeps them there: where a partner's calls go is the partner's affair."""
        if viewer.account_id is None:
            return self
        if not viewer.may(Right.KEEP_WEBHOOKS):
            return self.none()
        return self.filter(account_id=viewer.account_id)


class Endpoint(models.Model):
    """Where an account's events are sent to."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    url = models.CharField(max_length=1000)
    description = models.CharField(max_length=200, blank=True, default="")
    types = models.JSONField(default=list)  # names of rules.happenings.TYPES; empty: all
    version = models.PositiveIntegerField(default=1)  # counts every change by somebody: a stale write is noticed by it

    secret = models.TextField()  # sealed; so is the one before it
    old_secret = models.TextField(blank=True, default="")
    old_secret_until = models.DateTimeField(null=True)

    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=254)  # copied: the person may go
    listening_since = models.DateTimeField()  # of what happened before it is not told
    disabled_at = models.DateTimeField(null=True)
    disabled_why = models.CharField(max_length=16, choices=[(why, why) for why in Disabled], blank=True, default="")
    failing_since = models.DateTimeField(null=True)  # the first failure after the last success
    delivered_at = models.DateTimeField(null=True)  # the last success

    objects = EndpointQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account", "id"], name="webhook_of_account")]


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those to the endpoints the viewer keeps."""
        return self if viewer.account_id is None else self.filter(endpoint__in=Endpoint.objects.visible_to(viewer))


class Delivery(models.Model):
    """One event for one endpoint. What is said was written down when it was made, and is the same at every try."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    message_id = models.CharField(max_length=64, unique=True)
    type = models.CharField(max_length=64)
    payload = models.TextField()

    # The event it tells of, and the report that was about; a test tells of none.
    chain = models.BigIntegerField(null=True)
    sequence = models.BigIntegerField(null=True)
    report_id = models.BigIntegerField(null=True)

    state = models.CharField(max_length=16, choices=[(state, state) for state in State], default=State.WAITING)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)  # since it was made, or asked for again
    claims = models.PositiveIntegerField(default=0)  # ever: says whose claim it is
    claimed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True, default="")  # why it was dropped, or ended without a try

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # Whatever is gathered twice, an endpoint is told of an event once.
            models.UniqueConstraint(fields=["endpoint", "chain", "sequence"], name="one_webhook_of_an_event"),
            models.CheckConstraint(condition=~Q(state=State.WAITING) | Q(next_try_at__isnull=False), name="waiting_webhook_says_when"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "next_try_at", "id"], name="webhook_due"),
            models.Index(fields=["endpoint", "id"], name="webhook_log"),
            models.Index(fields=["ended_at", "id"], name="webhook_ended"),  # what is old is forgotten
        ]


class AttemptQuerySet(models.QuerySet["Attempt"]):
    """Attempts."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of the deliveries the viewer sees."""
        return self if viewer.account_id is None else self.filter(delivery__in=Delivery.objects.visible_to(viewer))


class Attempt(models.Model):
    """One call, and what was answered."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)  # null: there was no answer
    answer = models.TextField(blank=True, default="")  # its beginning
    problem = models.CharField(max_length=300, blank=True, default="")
    milliseconds = models.PositiveIntegerField()

    objects = AttemptQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["delivery", "id"], name="webhook_attempt")]

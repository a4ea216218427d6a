"""The table of events and the heads of their chains."""

from typing import ClassVar, Self

from django.db import models

from trueup.accounts.rules import Actor, Viewer
from trueup.events.rules import Plain, content


class EventQuerySet(models.QuerySet["Event"]):
    """What happened."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Events of accounts that were in the viewer's subtree when they happened."""
        if viewer.account_id is None:
            return self
        return self.filter(path__contains=f"/{viewer.account_id}/")


class Event(models.Model):
    """Something that happened. Never updated, never deleted: triggers in the database refuse it.

    `chain` is the account's id, 0 for the installation; no foreign key, for history is copied, not joined.
    `path` names the account and all above it at that time: `/vendor/distributor/msp/`.
    """

    chain = models.BigIntegerField()
    sequence = models.BigIntegerField()
    path = models.CharField(max_length=100)
    at = models.DateTimeField()
    kind = models.CharField(max_length=64)
    actor_kind = models.CharField(max_length=16)
    actor_name = models.CharField(max_length=254)
    actor_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=32)
    subject_id = models.BigIntegerField()
    changes = models.JSONField(default=list)
    note = models.TextField(blank=True, default="")
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["chain", "sequence"], name="one_event_at_a_place")]
        indexes: ClassVar = [models.Index(fields=["subject", "subject_id", "id"], name="event_subject")]

    @property
    def actor(self) -> Actor:
        """Who did it."""
        return Actor(self.actor_kind, self.actor_name, self.actor_id)  # type: ignore[arg-type]

    def content(self) -> dict[str, Plain]:
        """Everything the hash covers."""
        return content(
            chain=self.chain, sequence=self.sequence, path=self.path, at=self.at, kind=self.kind, actor=self.actor,
            subject=self.subject, subject_id=self.subject_id, changes=self.changes, note=self.note,
        )  # fmt: skip


class ChainHead(models.Model):
    """The end of a chain: how many events it has and the hash of the last. Also the lock that orders its writers."""

    chain = models.BigIntegerField(primary_key=True)
    length = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True, default="")


class Place(models.Model):
    """How far somebody has read the history of an account: a table of its own for each who reads (`reading`)."""

    chain = models.BigIntegerField(primary_key=True)
    sequence = models.BigIntegerField(default=0)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        abstract = True

"""Pieces of usage as a table, which is also the queue of the clock, and the gatherings that take them into the ledger."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from trueup.accounts.rules import Viewer
from trueup.intake.rules.pieces import LONGEST_NAME, MOST_PIECES, State


class GatheringQuerySet(models.QuerySet["Gathering"]):
    """Gatherings."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of what the viewer's own account sent."""
        return self if viewer.account_id is None else self.filter(account_id=viewer.account_id)


class Gathering(models.Model):
    """A fixed set of pieces on its way into one batch of the ledger. Of an account there is one at a time: so later values come later."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    actor_kind = models.CharField(max_length=16)
    actor_name = models.CharField(max_length=254)
    actor_id = models.BigIntegerField(null=True)
    feed = models.CharField(max_length=64, blank=True)  # the ledger's source; empty: its usual one
    at_most = models.PositiveIntegerField(default=MOST_PIECES)  # pieces; fewer where larger ones of these pieces failed
    key = models.CharField(max_length=200)  # of the batch
    tries = models.PositiveIntegerField(default=0)  # that failed
    begun_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)  # when a clock took it up; null: nobody is working on it
    due_at = models.DateTimeField(null=True)  # before this nobody takes it up again: the machine was out of order; null: at once
    ended_at = models.DateTimeField(null=True)
    batch_id = models.BigIntegerField(null=True)  # of the ledger; null: nothing of it could be stored

    objects = GatheringQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["account"], condition=Q(ended_at=None), name="one_open_gathering")]
        indexes: ClassVar = [models.Index(fields=["ended_at"], name="gathering_age")]


class PieceQuerySet(models.QuerySet["Piece"]):
    """Pieces."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those the viewer's own account sent: they may name customers of which others in the tree must not learn."""
        return self if viewer.account_id is None else self.filter(account_id=viewer.account_id)


class Piece(models.Model):
    """One event somebody sent for their account."""

    # The constraint below begins with the account.
    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=LONGEST_NAME, blank=True)  # as the event says; empty where the protocol has none
    event_id = models.CharField(max_length=LONGEST_NAME)
    actor_kind = models.CharField(max_length=16)
    actor_name = models.CharField(max_length=254)
    actor_id = models.BigIntegerField(null=True)
    feed = models.CharField(max_length=64, blank=True)  # the ledger's source; empty: its usual one
    customer = models.CharField(max_length=LONGEST_NAME)
    service = models.CharField(max_length=LONGEST_NAME)
    meant = models.CharField(max_length=100)  # what those names stood for when it arrived, so that all names of one customer are one
    day = models.DateField()
    at = models.DateTimeField()  # of the event; of several of a day the latest counts
    provisioned = models.CharField(max_length=40)  # numbers in plain notation, empty where unknown
    used = models.CharField(max_length=40, blank=True)
    credits = models.CharField(max_length=40, blank=True)
    payload = models.TextField()  # the event as JSON
    arrived_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=[(state, state) for state in State], default=State.WAITING)
    at_most = models.PositiveIntegerField(default=MOST_PIECES)  # of the gathering that may take it
    gathering = models.ForeignKey(Gathering, on_delete=models.PROTECT, null=True, related_name="pieces")
    reason = models.CharField(max_length=64, blank=True)  # of a refused one: why, and which of its values
    column = models.CharField(max_length=64, blank=True)
    note = models.TextField(blank=True)  # the sentence, packed, where the reason has none of its own

    objects = PieceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "source", "event_id"], name="one_piece_per_id")]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(state=State.WAITING), name="piece_waiting"),
            models.Index(fields=["account", "id"], condition=Q(state=State.REFUSED), name="piece_refused"),
            models.Index(fields=["account", "meant", "day", "at"], condition=Q(state=State.STORED), name="piece_latest"),
        ]

"""Uploads as a table, which is also the queue of the clock."""

from typing import ClassVar, Self

from django.db import models

from trueup.accounts.rules import Viewer
from trueup.uploads.rules import BUSY, Kind, State


class UploadQuerySet(models.QuerySet["Upload"]):
    """Files that were sent."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of the viewer's own account: a file may name customers of which others in the tree must not learn."""
        return self if viewer.account_id is None else self.filter(account_id=viewer.account_id)

    def deliveries(self) -> Self:
        """What programs sent."""
        return self.filter(kind=Kind.USAGE, delivered=True)

    def unfinished(self) -> Self:
        """What the clock has still to work on."""
        return self.filter(state__in=BUSY)


class Upload(models.Model):
    """A file somebody sent for their account."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    # Who sent it: a person or an API client, whose name then is where a person's address is.
    actor_kind = models.CharField(max_length=16, default="person")
    user_id = models.BigIntegerField(null=True)
    user_email = models.CharField(max_length=254)
    kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in Kind])
    file_name = models.CharField(max_length=120)
    size = models.BigIntegerField()  # bytes
    source = models.CharField(max_length=64, blank=True)  # of usage; empty: the usual one
    delivered = models.BooleanField(default=False)  # by a program, which needs no confirming: what it was told is taken in, is
    key = models.CharField(max_length=200, null=True)  # of usage: the name its sender gave the delivery
    accept_valid = models.BooleanField(default=False)  # usage: take in the good rows although others are bad
    state = models.CharField(max_length=16, choices=[(state, state) for state in State], default=State.RECEIVED)
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)  # how often somebody has taken it up in this state
    due_at = models.DateTimeField(null=True)  # before this nobody takes it up again; null: at once
    ended_at = models.DateTimeField(null=True)
    files_until = models.DateTimeField(null=True)  # of what is over: when its files are removed; null: there are none any more
    counts = models.JSONField(default=dict)  # what the check, later the import, came to
    problems = models.JSONField(default=list)  # the first bad rows
    batch = models.BigIntegerField(null=True)  # of usage: the one that holds it
    error = models.TextField(blank=True)  # why the file as a whole cannot be used; while it waits, why it could not be taken in yet
    error_code = models.CharField(max_length=40, blank=True)  # the same for programs

    objects = UploadQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "created_at"], name="upload_waiting"),
            models.Index(fields=["account", "-created_at"], name="upload_list"),
            models.Index(fields=["account", "-id"], condition=models.Q(delivered=True), name="upload_deliveries"),
            models.Index(fields=["files_until"], condition=models.Q(files_until__isnull=False), name="upload_files"),
        ]

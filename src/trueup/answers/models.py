"""Kept answers as a table; a row without an answer is a request that is being worked on."""

from typing import ClassVar, Self

from django.db import models

from trueup.accounts.rules import Viewer


class KeptAnswerQuerySet(models.QuerySet["KeptAnswer"]):
    """Kept answers."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those to the viewer itself, in its account: keys of different programs have nothing to do with each other."""
        if viewer.account_id is None:
            return self
        return self.filter(account_id=viewer.account_id, asker_kind=viewer.actor.kind, asker_id=viewer.actor.id)


class KeptAnswer(models.Model):
    """One request with an Idempotency-Key, and what was answered to it."""

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="+")
    asker_kind = models.CharField(max_length=16)  # person or client
    asker_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of all that makes two requests the same
    begun_at = models.DateTimeField()
    done = models.BooleanField(default=False)  # written in the transaction that did something
    status = models.PositiveSmallIntegerField(null=True)  # null: being worked on, or done without an answer
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    secret = models.BooleanField(default=False)  # the body holds one

    objects = KeptAnswerQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "asker_kind", "asker_id", "key"], name="one_answer_per_key"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["begun_at"], name="kept_answer_age"),
            models.Index(fields=["begun_at"], condition=models.Q(secret=True), name="kept_secret_age"),
        ]

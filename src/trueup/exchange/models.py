"""Mapping profiles as a table."""

from typing import ClassVar, Self

from django.db import models

from trueup.accounts.rules import Viewer
from trueup.exchange.rules.definition import read_profile
from trueup.exchange.rules.profiles import Profile
from trueup.kit.errors import Conflict, NotFound
from trueup.kit.text import text


class MappingProfileQuerySet(models.QuerySet["MappingProfile"]):
    """Mapping profiles."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of the viewer's own account: they say what its customers are called in its own books."""
        return self if viewer.account_id is None else self.filter(account_id=viewer.account_id)

    def named(self, name: str) -> "MappingProfile":
        """The one of a name, with its account. Raises NotFound, and Conflict where several accounts have one."""
        rows = list(self.select_related("account").filter(name=name)[:2]) if "\0" not in name else []
        if not rows:
            raise NotFound(text("there is no mapping profile “{name}”", name=name))
        if len(rows) > 1:
            raise Conflict(text("several accounts have a mapping profile “{name}”: say who is asking", name=name))
        return rows[0]


class MappingProfile(models.Model):
    """A profile somebody saved for their account."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    definition = models.JSONField()  # as rules.profiles.document_of writes it
    fingerprint = models.CharField(max_length=16)  # of the definition: a write names the one it has seen
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=254)  # copied: the person may go

    objects = MappingProfileQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "name"], name="one_mapping_profile_of_a_name")]

    @property
    def profile(self) -> Profile:
        """What it says."""
        return read_profile(self.name, self.definition)

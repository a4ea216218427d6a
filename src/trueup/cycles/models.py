"""The calendar as a table."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from trueup.accounts.rules import Viewer
from trueup.cycles.rules import CycleStatus
from trueup.kit.period import Month


class CycleQuerySet(models.QuerySet["Cycle"]):
    """Cycles."""

    def visible_to(self, viewer: Viewer) -> Self:
        """The calendar is the same for everybody who belongs to the installation."""
        return self if viewer.sees_all or viewer.role is not None else self.none()


class Cycle(models.Model):
    """One calendar month. Once closed, `as_of` pins the ledger: what was recorded later does not exist for it."""

    first_day = models.DateField(unique=True)
    status = models.CharField(max_length=16, choices=[(status, status) for status in CycleStatus], default=CycleStatus.OPEN)
    closed_at = models.DateTimeField(null=True)
    as_of = models.DateTimeField(null=True)

    objects = CycleQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status=CycleStatus.OPEN, as_of=None, closed_at=None)
                | Q(status=CycleStatus.CLOSED, as_of__isnull=False, closed_at__isnull=False),
                name="closed_cycle_is_pinned",
            )
        ]

    @property
    def month(self) -> Month:
        """The month the cycle is."""
        return Month.of(self.first_day)

    def __str__(self) -> str:
        return str(self.month)

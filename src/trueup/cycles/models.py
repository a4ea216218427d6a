"""The calendar as a table."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from trueup.accounts.rules import Viewer
from trueup.cycles.rules import CycleStatus
from trueup.kit.period import Month


class CycleQuerySet(models.QuerySet["Cycle"]):
    """Cycles, and adjustments of earlier months in them."""

    def of(self, month: Month) -> Self:
        """The one of a month: of its usage as it was closed, or of its adjustment in a later cycle."""
        return self.filter(of_month(month, ""))

    def calendar(self) -> Self:
        """The months themselves, without adjustments."""
        return self.filter(adjusts=None)

    def visible_to(self, viewer: Viewer) -> Self:
        """The calendar is the same for everybody who belongs to the installation."""
        return self if viewer.sees_all or viewer.role is not None else self.none()


def of_month(month: Month, way: str = "cycle__") -> Q:
    """What finds the things of one month, and never those of its adjustments; `way` leads from them to their cycle."""
    adjusts = month.first_day if month.adjusted_in else None
    return Q(**{f"{way}first_day": month.cycle.first_day, f"{way}adjusts": adjusts})


def of_usage(month: Month, way: str = "cycle__") -> Q:
    """What finds the things that are about the usage of a month: of the month itself, and of all its adjustments."""
    itself = Q(**{f"{way}first_day": month.first_day, f"{way}adjusts": None})
    return itself | Q(**{f"{way}adjusts": month.first_day})


def month_in(first_day: date, adjusts: date | None) -> Month:
    """The month that two columns of a cycle say."""
    return Month.adjusting(Month.of(first_day), Month.of(adjusts)) if adjusts else Month.of(first_day)


class Cycle(models.Model):
    """One calendar month. Once closed, `as_of` pins the ledger: what was recorded later does not exist for it.

    With `adjusts` it is what was settled once more of an earlier month when this one was closed, closed from its beginning.
    """

    first_day = models.DateField()
    adjusts = models.DateField(null=True)  # the first day of the earlier month; null: it is the month itself
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
            ),
            models.UniqueConstraint(fields=["first_day"], condition=Q(adjusts=None), name="one_cycle_of_a_month"),
            models.UniqueConstraint(fields=["first_day", "adjusts"], name="one_adjustment_of_a_month_in_a_cycle"),
            models.CheckConstraint(
                condition=Q(adjusts=None) | Q(adjusts__lt=F("first_day"), status=CycleStatus.CLOSED), name="adjustment_is_of_earlier_month"
            ),
        ]

    @property
    def month(self) -> Month:
        """The month the cycle is."""
        return month_in(self.first_day, self.adjusts)

    def __str__(self) -> str:
        return str(self.month)

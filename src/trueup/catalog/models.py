"""What is sold, as tables. Written by `network` only."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from trueup.accounts.models import Account, Placement
from trueup.accounts.rules import Viewer
from trueup.catalog.rules import DEFAULT_PERCENTILE, AutoApprove, ChargeableBasis, MeasureName, Penalty


def _sold_to(account_id: int, vendor: str) -> Q:
    """What a vendor sells is seen by the vendor and by all that are, or were, below it; `vendor` is the path to its id."""
    own = Placement.objects.filter(account_id=account_id)
    direct = own.filter(parent_id=OuterRef(vendor))
    through = own.filter(Exists(Placement.objects.filter(account_id=OuterRef("parent_id"), parent_id=OuterRef(OuterRef(vendor)))))
    return Q(**{vendor: account_id}) | Exists(direct) | Exists(through)


class SolutionGroupQuerySet(models.QuerySet["SolutionGroup"]):
    """Solution groups."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of the vendors the viewer belongs to."""
        return self if viewer.account_id is None else self.filter(_sold_to(viewer.account_id, "vendor_id"))


class SolutionGroup(models.Model):
    """A tab of the report: services that belong together."""

    vendor = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="solution_groups")
    code = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=300)
    position = models.PositiveIntegerField(default=0)

    objects = SolutionGroupQuerySet.as_manager()


class BillingUnit(models.Model):
    """What is counted, and with how many decimals."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    decimals = models.PositiveSmallIntegerField(default=0)


class ServiceQuerySet(models.QuerySet["Service"]):
    """Services."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of the vendors the viewer belongs to."""
        return self if viewer.account_id is None else self.filter(_sold_to(viewer.account_id, "group__vendor_id"))


class Service(models.Model):
    """A product or capability that is billed."""

    code = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=300)
    group = models.ForeignKey(SolutionGroup, on_delete=models.PROTECT, related_name="services")
    unit = models.ForeignKey(BillingUnit, on_delete=models.PROTECT, related_name="services")
    reports_used = models.BooleanField(default=True)  # False: used is unknown, never 0
    chargeable_basis = models.CharField(max_length=16, choices=[(basis, basis) for basis in ChargeableBasis], default=ChargeableBasis.USED)
    position = models.PositiveIntegerField(default=0)

    objects = ServiceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.code


class OfServiceQuerySet(models.QuerySet[models.Model]):
    """Effective-dated entries of a service."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of the services the viewer sees."""
        return self if viewer.account_id is None else self.filter(_sold_to(viewer.account_id, "service__group__vendor_id"))


class CreditRequirement(models.Model):
    """Credits per unit and month, from a day on."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="credit_requirements")
    from_date = models.DateField()
    per_unit = models.DecimalField(max_digits=18, decimal_places=6)

    objects = OfServiceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["service", "from_date"], name="one_requirement_from_a_day")]


class ServiceMeasure(models.Model):
    """The measure of a service, from a day on."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="measures")
    from_date = models.DateField()
    name = models.CharField(max_length=32, choices=[(name, name) for name in MeasureName])
    percentile = models.DecimalField(max_digits=9, decimal_places=6, default=DEFAULT_PERCENTILE)

    objects = OfServiceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["service", "from_date"], name="one_measure_from_a_day")]


class TermsQuerySet(models.QuerySet["Terms"]):
    """Terms."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of accounts in the viewer's subtree; the installation's are everybody's."""
        if viewer.account_id is None:
            return self
        return self.filter(Q(account=None) | Q(account__in=Account.objects.visible_to(viewer)))


class Terms(models.Model):
    """What is agreed with an MSP, a distributor's default or (account null) the installation's, from a day on.

    A field that is null says: as the level above.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="terms")
    from_date = models.DateField()
    auto_submit_after_days = models.PositiveIntegerField(null=True)
    resubmit_within_days = models.PositiveIntegerField(null=True)
    reminder_days_before = models.JSONField(null=True)
    over_provision_percent = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    over_provision_units = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    penalty = models.CharField(max_length=32, choices=[(item, item) for item in Penalty], null=True)
    auto_approve = models.CharField(max_length=32, choices=[(item, item) for item in AutoApprove], null=True)
    zero_reports = models.BooleanField(null=True)

    objects = TermsQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "from_date"], name="one_set_of_terms_from_a_day"),
            models.UniqueConstraint(fields=["from_date"], condition=Q(account=None), name="one_installation_terms_from_a_day"),
        ]

"""The report as tables. It copies what it depends on: nothing here changes because a setting did."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from trueup.accounts.rules import Tier, Viewer
from trueup.catalog.rules import ChargeableBasis, MeasureName
from trueup.cycles.models import Cycle
from trueup.kit.quantity import ZERO
from trueup.reports.columns import ExactDecimalField, RankedDecimalField
from trueup.reports.rules.lines import Outcome
from trueup.reports.rules.workflow import Status, Submission


def _quantity(**options: Any) -> ExactDecimalField:
    """Units or credits: 24 digits before the point hold any sum of records, 6 behind it are what a record has."""
    return ExactDecimalField(max_digits=30, decimal_places=6, **options)


def _ranked() -> RankedDecimalField:
    """Units of a whole report."""
    return RankedDecimalField(max_digits=30, decimal_places=6, default=ZERO)


class Generation(models.Model):
    """The reports of a cycle are all there. Missing while they are being generated: whoever comes next goes on."""

    cycle = models.OneToOneField(Cycle, on_delete=models.PROTECT, related_name="generation", primary_key=True)
    completed_at = models.DateTimeField()
    reports = models.PositiveIntegerField()

    class Meta:
        db_table = "reports_generation"


class LateCheck(models.Model):
    """How far usage that came late for an earlier month was looked for when a cycle closed."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="+")
    month = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="late_checks")
    waiting = models.PositiveIntegerField()  # reports that will differ, but were not approved yet: the next cycle looks at all again

    class Meta:
        db_table = "reports_latecheck"
        constraints: ClassVar = [models.UniqueConstraint(fields=["cycle", "month"], name="one_check_of_a_month_in_a_cycle")]


class ReportQuerySet(models.QuerySet["Report"]):
    """Usage reports."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those in which the viewer's account is a party: as it was when the report was generated, wherever it moved since."""
        if viewer.account_id is None:
            return self
        column = {Tier.MSP: "msp_id", Tier.DISTRIBUTOR: "distributor_id", Tier.VENDOR: "vendor_id"}.get(viewer.tier or Tier.CUSTOMER)
        return self.filter(**{column: viewer.account_id}) if column else self.none()


class Report(models.Model):
    """The usage report of one MSP for one cycle, or the adjustment of one in a later cycle."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="reports")
    msp = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="usage_reports")
    distributor = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    vendor = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")

    msp_ref = models.CharField(max_length=200)
    msp_name = models.CharField(max_length=300)
    company_id = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=200, blank=True)
    distributor_ref = models.CharField(max_length=200)
    distributor_name = models.CharField(max_length=300)
    time_zone = models.CharField(max_length=64)  # the MSP's
    has_access = models.BooleanField()  # False: the distributor prepares
    access_reason = models.CharField(max_length=500, blank=True)
    terms = models.JSONField()  # rules.copies says how

    status = models.CharField(max_length=16, choices=[(item, item) for item in Status], default=Status.MSP_PREPARING)
    submission = models.CharField(max_length=32, choices=[(item, item) for item in Submission], blank=True, default="")
    may_require_review = models.BooleanField(default=False)  # was once submitted automatically with a penalty; stays
    comment = models.TextField(blank=True, default="")  # the MSP's, on the whole report

    generated_at = models.DateTimeField()
    as_of = models.DateTimeField()  # what the figures know of the ledger
    deadline_day = models.DateField()
    deadline_at = models.DateTimeField()
    next_reminder_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)  # counts every change: a stale write is noticed by it

    # What its lines come to, written with every change of them (measuring.count_up), so that lists neither join nor add up.
    line_count = models.PositiveIntegerField(default=0)
    differing_lines = models.PositiveIntegerField(default=0)  # chargeable is not the default
    commented_lines = models.PositiveIntegerField(default=0)
    penalty_lines = models.PositiveIntegerField(default=0)
    stake = _ranked()  # units, rules.tally says which
    total_chargeable = _ranked()  # units of all lines, whatever they count, as all totals
    total_default = _ranked()
    total_provisioned = _ranked()
    total_over_provisioned = _ranked()
    searched = models.TextField(default="")  # what a search looks through, case folded; begins with the name

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cycle", "msp"], name="one_report_per_msp_and_cycle"),
            models.CheckConstraint(
                condition=Q(status=Status.APPROVED, approved_at__isnull=False) | (~Q(status=Status.APPROVED) & Q(approved_at=None)),
                name="approved_report_says_when",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "deadline_at"], name="report_due"),
            models.Index(fields=["next_reminder_at"], name="report_reminder"),
            models.Index(fields=["distributor", "cycle", "status"], name="report_inbox"),
        ]


class ReportLineQuerySet(models.QuerySet["ReportLine"]):
    """Lines of usage reports."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of the reports the viewer sees."""
        return self if viewer.account_id is None else self.filter(report__in=Report.objects.visible_to(viewer))


class ReportLine(models.Model):
    """One service of a report."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="lines")
    service = models.ForeignKey("catalog.Service", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()

    service_code = models.CharField(max_length=100)
    service_name = models.CharField(max_length=300)
    group_id = models.BigIntegerField()
    group_code = models.CharField(max_length=100)
    group_name = models.CharField(max_length=300)
    unit = models.CharField(max_length=64)
    decimals = models.PositiveSmallIntegerField()
    measure = models.CharField(max_length=32, choices=[(name, name) for name in MeasureName])
    percentile = models.DecimalField(max_digits=9, decimal_places=6)
    basis = models.CharField(max_length=16, choices=[(basis, basis) for basis in ChargeableBasis])
    credits_per_unit = models.DecimalField(max_digits=18, decimal_places=6, null=True)

    provisioned = _quantity()
    used = _quantity(null=True)
    credits = _quantity(null=True)
    days = models.JSONField(default=list)  # the chosen days, sorted
    incomplete = models.BooleanField(default=False)

    default_chargeable = _quantity()
    saved_chargeable = _quantity(null=True)  # what the MSP saved; null: it left the default
    chargeable = _quantity()
    outcome = models.CharField(max_length=16, choices=[(item, item) for item in Outcome], default=Outcome.AS_SAVED)
    comment = models.TextField(blank=True, default="")
    reason = models.CharField(max_length=40, blank=True, default="")
    source_changed = models.BooleanField(default=False)

    # Of an adjustment; null and False in a report of the month itself. The first three never change.
    charged_before = _quantity(null=True)  # chargeable units of the line it adjusts; 0: it adjusts none
    measured_before = _quantity(null=True)  # what the figures of that line charge by default
    credits_before = _quantity(null=True)  # credits of one unit as last measured; null: nobody knows, or there are none
    agreed = models.BooleanField(default=False)  # nothing was measured otherwise than when that line was approved

    objects = ReportLineQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["report", "service"], name="one_line_per_service")]

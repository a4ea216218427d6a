"""Final billing as tables. A statement is never updated or deleted: triggers in the database refuse it."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from trueup.accounts.models import Account
from trueup.accounts.rules import Tier, Viewer
from trueup.cycles.models import Cycle
from trueup.reports.columns import ScaledDecimalField
from trueup.reports.models import Report
from trueup.statements.rules.billing import BillingStatus
from trueup.statements.rules.documents import StatementKind
from trueup.statements.rules.settlement import LineKind

MONEY_PLACES = 4
"""Of every currency: those with fewer have zeros there."""


def _money(**options: Any) -> ScaledDecimalField:
    return ScaledDecimalField(places=MONEY_PLACES, **options)


class BillingDetailsQuerySet(models.QuerySet["BillingDetails"]):
    """Billing details."""

    def visible_to(self, viewer: Viewer) -> Self:
        """An account's own. Who trades with it finds a copy in their statements."""
        return self if viewer.account_id is None else self.filter(account_id=viewer.account_id)


class BillingDetails(models.Model):
    """What a statement says of an account beyond its name: copied into every one."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="+", primary_key=True)
    details = models.JSONField(default=dict)  # as rules.parties writes them
    fingerprint = models.CharField(max_length=16)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=254)

    objects = BillingDetailsQuerySet.as_manager()

    class Meta:
        db_table = "statements_billingdetails"


class BillingReportQuerySet(models.QuerySet["BillingReport"]):
    """Billing reports."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of the distributor and of the vendor; MSPs never see what their distributor buys by."""
        if viewer.account_id is None:
            return self
        column = {Tier.DISTRIBUTOR: "distributor_id", Tier.VENDOR: "vendor_id"}.get(viewer.tier or Tier.CUSTOMER)
        return self.filter(**{column: viewer.account_id}) if column else self.none()


class BillingReport(models.Model):
    """What a distributor reports to its vendor for one cycle: the approved reports of its MSPs, priced."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="+")
    distributor = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    vendor = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    distributor_ref = models.CharField(max_length=200)
    distributor_name = models.CharField(max_length=300)
    vendor_ref = models.CharField(max_length=200)
    vendor_name = models.CharField(max_length=300)

    status = models.CharField(max_length=16, choices=[(item, item) for item in BillingStatus], default=BillingStatus.COLLECTING)
    po_number = models.CharField(max_length=100, blank=True, default="")
    promo_codes = models.JSONField(default=dict)  # service → code, as typed; checked whenever they are used
    comment = models.TextField(blank=True, default="")  # the distributor's
    return_reason = models.TextField(blank=True, default="")  # the vendor's, of the last return
    document = models.JSONField(null=True)  # what was submitted, as rules.documents writes it; null before
    submitted_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)  # counts every change: a stale write is noticed by it

    objects = BillingReportQuerySet.as_manager()

    class Meta:
        db_table = "statements_billingreport"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cycle", "distributor", "vendor"], name="one_billing_report_per_cycle"),
            models.CheckConstraint(
                condition=Q(status=BillingStatus.COMPLETED, completed_at__isnull=False)
                | (~Q(status=BillingStatus.COMPLETED) & Q(completed_at=None)),
                name="completed_billing_report_says_when",
            ),
        ]


class NumberSeries(models.Model):
    """The last number a seller has given in a year. Locked while the next ones are given: so there is no gap, whoever issues at once."""

    seller = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "statements_numberseries"
        constraints: ClassVar = [models.UniqueConstraint(fields=["seller", "year"], name="one_number_series_a_year")]


class StatementQuerySet(models.QuerySet["Statement"]):
    """Statements."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those the viewer's account has issued or got."""
        if viewer.account_id is None:
            return self
        return self.filter(Q(seller_id=viewer.account_id) | Q(buyer_id=viewer.account_id))


class Statement(models.Model):
    """A final document. `document` is all it says; the columns are what lists are made of. Amounts of a credit note are above 0 too."""

    seller = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    buyer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveIntegerField()
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=230, unique=True)
    kind = models.CharField(max_length=16, choices=[(item, item) for item in StatementKind])
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, related_name="+")
    billing_report = models.ForeignKey(BillingReport, on_delete=models.PROTECT, null=True, related_name="+")
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="corrections")
    issue_date = models.DateField()
    issued_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    net = _money()
    tax = _money()
    gross = _money()
    document = models.JSONField()
    checksum = models.CharField(max_length=64)  # SHA-256 of the document, rules.documents says of what exactly

    objects = StatementQuerySet.as_manager()

    class Meta:
        db_table = "statements_statement"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["seller", "year", "sequence"], name="one_statement_of_a_number"),
            models.UniqueConstraint(fields=["report"], condition=Q(corrects=None), name="one_statement_of_a_report"),
            models.UniqueConstraint(fields=["billing_report"], condition=Q(corrects=None), name="one_statement_of_a_billing_report"),
            models.UniqueConstraint(fields=["corrects", "kind"], name="corrected_once"),
            models.CheckConstraint(
                condition=Q(report=None, billing_report__isnull=False) | Q(report__isnull=False, billing_report=None),
                name="statement_is_of_one_thing",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer", "cycle"], name="statement_buyer"),
            models.Index(fields=["seller", "cycle"], name="statement_seller"),
        ]


class StatementLineQuerySet(models.QuerySet["StatementLine"]):
    """Lines of statements."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Those of the statements the viewer sees."""
        return self if viewer.account_id is None else self.filter(statement__in=Statement.objects.visible_to(viewer))


class StatementLine(models.Model):
    """What a statement charges of one service: its lines as far as they are added up. A line of packs has one of these for each service
    whose credits fill them, each with its part of the amount. `document` of the statement says how it came about."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()  # of the line
    part = models.PositiveIntegerField()  # of the line, from 1
    kind = models.CharField(max_length=16, choices=[(item, item) for item in LineKind])
    code = models.CharField(max_length=100)  # of the service, or of the solution group
    service = models.CharField(max_length=100)
    service_name = models.CharField(max_length=300)
    unit = models.CharField(max_length=64)
    units = ScaledDecimalField(places=6)
    credits = ScaledDecimalField(places=6, null=True)
    amount = _money()

    objects = StatementLineQuerySet.as_manager()

    class Meta:
        db_table = "statements_statementline"
        constraints: ClassVar = [models.UniqueConstraint(fields=["statement", "position", "part"], name="one_line_at_a_place")]


class Hold(models.Model):
    """Why an approved report, or a completed billing report, has no statement yet; tried again once its seller's prices have changed.

    The clock's own notes: what is shown is computed anew for its viewer.
    """

    report = models.OneToOneField(Report, on_delete=models.CASCADE, null=True, related_name="+")
    billing_report = models.OneToOneField(BillingReport, on_delete=models.CASCADE, null=True, related_name="+")
    reason = models.TextField()  # a packed sentence
    tried_at = models.DateTimeField()
    price_lists = models.PositiveIntegerField(default=0)  # how many its seller had then: one that is removed leaves no other trace

    class Meta:
        db_table = "statements_hold"

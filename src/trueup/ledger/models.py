"""The registry of the ledger: what was delivered, which files hold it, what could not be matched. The usage itself is in the tables."""

from typing import ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q

from trueup.accounts.models import Account
from trueup.accounts.rules import Tier, Viewer
from trueup.ledger.rules.columns import LONGEST_NAME

_Model = TypeVar("_Model", bound=models.Model)


class OperatorQuerySet(models.QuerySet[_Model]):
    """Data of the whole installation: for its operator and the vendors, not for the partners below them."""

    def visible_to(self, viewer: Viewer) -> Self:
        """All to the operator, the clock and a vendor; nothing to others."""
        return self if viewer.sees_all or viewer.tier == Tier.VENDOR else self.none()


class UnmappedQuerySet(models.QuerySet["UnmappedRecord"]):
    """Records that wait for a name. Whose services and customers they are of nobody knows yet, so it goes by who sent them."""

    def visible_to(self, viewer: Viewer) -> Self:
        """All to the operator and the clock; to a vendor what it sent itself, its partners sent, or the operator; nothing to others."""
        if viewer.sees_all:
            return self
        if viewer.tier != Tier.VENDOR:
            return self.none()
        return self.filter(Q(batch__account=None) | Q(batch__account__in=Account.objects.visible_to(viewer)))


class BatchQuerySet(models.QuerySet["Batch"]):
    """Batches, which may hold usage of several vendors."""

    def visible_to(self, viewer: Viewer) -> Self:
        """All to the operator and the clock; to others what their account delivered, to a vendor also what holds usage of its services.

        Of a batch that another account delivered a vendor may learn what concerns its services, not what else is in it.
        """
        if viewer.sees_all:
            return self
        own = Q(account_id=viewer.account_id)
        if viewer.tier != Tier.VENDOR:
            return self.filter(own)
        return self.filter(own | models.Exists(BatchPart.objects.filter(batch=models.OuterRef("pk"), vendor_id=viewer.account_id)))

    def delivered_by(self, viewer: Viewer) -> Self:
        """Those that a delivery of the viewer may repeat: its own account's; the operator's may repeat any."""
        return self if viewer.sees_all else self.filter(account_id=viewer.account_id)


class BatchPartQuerySet(models.QuerySet["BatchPart"]):
    """The files of batches, per vendor."""

    def visible_to(self, viewer: Viewer) -> Self:
        """All to the operator and the clock; a vendor's own to the vendor; nothing to others."""
        if viewer.sees_all:
            return self
        return self.filter(vendor_id=viewer.account_id) if viewer.tier == Tier.VENDOR else self.none()


class Source(models.Model):
    """Where usage comes from."""

    code = models.CharField(max_length=64, unique=True)
    expected_daily = models.BooleanField(default=False)  # True: a day without a record of it is missing
    keeps_unmapped = models.BooleanField(default=False)  # True: rows with unknown names wait instead of being refused

    objects = OperatorQuerySet["Source"].as_manager()

    def __str__(self) -> str:
        return self.code


class Batch(models.Model):
    """One delivery that was accepted. It is in the registry before its files are in the tables, so a crash between can be finished."""

    COMMITTING = "committing"
    STORED = "stored"

    # Assigned under the write lock, in the order of the commits: a table knows by it which batches it holds.
    id = models.BigIntegerField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="batches")
    key = models.CharField(max_length=200, null=True)  # null is "no key": keys are unique, their absence is not
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the file; empty for replayed records
    file_name = models.CharField(max_length=255)
    status = models.CharField(max_length=16, choices=[(COMMITTING, COMMITTING), (STORED, STORED)])
    received_at = models.DateTimeField()  # the `now` of the import
    recorded_at = models.DateTimeField(unique=True)  # strictly growing with id; what as-of reading goes by
    stored = models.BigIntegerField()  # records
    refused = models.BigIntegerField()  # rows left out by --accept-valid
    unmapped = models.BigIntegerField()  # rows kept in the queue
    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, null=True, related_name="+")  # whose viewer delivered it
    actor_kind = models.CharField(max_length=16)
    actor_name = models.CharField(max_length=254)
    actor_id = models.BigIntegerField(null=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [  # a key is a name that one account gives, and says nothing to others
            models.UniqueConstraint(fields=["source", "account", "key"], name="one_batch_per_key"),
            models.UniqueConstraint(fields=["source", "key"], condition=Q(account=None), name="one_batch_per_key_of_operator"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["source", "digest"], name="batch_content"),
            models.Index(fields=["status"], condition=Q(status="committing"), name="batch_unfinished"),
            models.Index(fields=["account", "-id"], name="batch_list"),
        ]


class BatchPart(models.Model):
    """The files of a batch in one vendor's table: enough to commit them again."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="parts")
    vendor = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    files = models.JSONField()  # [{path, day, size, rows}]

    objects = BatchPartQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["vendor", "batch"], name="one_part_per_vendor")]


class SourceDay(models.Model):
    """A source delivered a record of a day, first at `recorded_at`."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="days")
    day = models.DateField()
    recorded_at = models.DateTimeField()

    objects = OperatorQuerySet["SourceDay"].as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "day"], name="one_first_delivery")]


class UnmappedRecord(models.Model):
    """A record whose customer or service nobody knew when it came; kept after it was replayed."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="unmapped_records")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="unmapped_records")
    row = models.BigIntegerField()  # of the file; 1 is the first row of data
    day = models.DateField()
    customer = models.TextField()  # as delivered, as all below
    service = models.TextField()
    provisioned_units = models.TextField()
    used_units = models.TextField(blank=True)
    allocated_credits = models.TextField(blank=True)
    customer_unknown = models.BooleanField()
    service_unknown = models.BooleanField()
    replayed_by = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, related_name="replayed_records")

    objects = UnmappedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["batch", "row"], name="one_unmapped_row")]
        indexes: ClassVar = [
            models.Index(fields=["source"], condition=Q(replayed_by=None), name="unmapped_waiting"),
        ]


class NameMapping(models.Model):
    """What a name in deliveries stands for: one account or one service."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, related_name="mappings")  # null: of every source
    kind = models.CharField(max_length=16, choices=[("customer", "customer"), ("service", "service")])
    name = models.CharField(max_length=LONGEST_NAME)
    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, null=True, related_name="+")
    service = models.ForeignKey("catalog.Service", on_delete=models.PROTECT, null=True, related_name="+")

    objects = OperatorQuerySet["NameMapping"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "kind", "name"], name="one_mapping_of_a_source"),
            models.UniqueConstraint(fields=["kind", "name"], condition=Q(source=None), name="one_mapping_of_all_sources"),
            models.CheckConstraint(
                condition=Q(kind="customer", account__isnull=False, service=None) | Q(kind="service", account=None, service__isnull=False),
                name="mapping_has_one_target",
            ),
        ]


class LedgerClock(models.Model):
    """How far the ledger's time has come; there is one row."""

    last_at = models.DateTimeField(null=True)  # `now` of the last import: the next may not go back behind it
    last_recorded_at = models.DateTimeField(null=True)  # nothing will be recorded at or before it any more

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="one_ledger_clock")]

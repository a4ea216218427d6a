"""Price lists and promo codes as tables: one row each, what it says as a document that `rules` read and write."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from trueup.accounts.models import Account, Placement
from trueup.accounts.rules import Viewer
from trueup.prices.rules.definition import read_price_list, read_promo_code
from trueup.prices.rules.lists import PriceList
from trueup.prices.rules.promos import PromoCode


class KeptPriceListQuerySet(models.QuerySet["KeptPriceList"]):
    """Price lists."""

    def visible_to(self, viewer: Viewer) -> Self:
        """What the viewer's account sells by, and what it buys by: lists for itself, and the defaults that were, are or will be in force
        while it is placed under their seller.

        Nobody else's: what a distributor sells by is not the vendor's to read, and what it buys by is not its MSPs'.
        """
        if viewer.account_id is None:
            return self
        own = Q(seller_id=viewer.account_id) | Q(buyer_id=viewer.account_id)
        placed = Placement.objects.filter(
            account_id=viewer.account_id, parent_id=OuterRef("seller_id"), until_date__gt=OuterRef("from_date")
        )  # fmt: skip
        over = KeptPriceList.objects.filter(
            buyer=None, seller_id=OuterRef("parent_id"), from_date__gt=OuterRef(OuterRef("from_date")), from_date__lte=OuterRef("from_date")
        )  # fmt: skip
        return self.filter(own | (Q(buyer=None) & Exists(placed.filter(~Exists(over)))))

    def in_force(self, day: date) -> Self:
        """Of the lists of each seller and buyer the latest that has begun."""
        later = KeptPriceList.objects.filter(
            seller_id=OuterRef("seller_id"), from_date__gt=OuterRef("from_date"), from_date__lte=day
        )  # fmt: skip
        own = Q(buyer__isnull=False) & ~Exists(later.filter(buyer_id=OuterRef("buyer_id")))
        return self.filter(own | (Q(buyer=None) & ~Exists(later.filter(buyer=None))), from_date__lte=day)


class KeptPriceList(models.Model):
    """What a seller charges a buyer (null: every buyer without a list of its own), from a day on."""

    seller = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    buyer = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    from_date = models.DateField()
    definition = models.JSONField()  # as rules.documents.document_of writes it
    fingerprint = models.CharField(max_length=16)  # of the definition: a write names the one it has seen
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=254)  # copied: the person may go

    objects = KeptPriceListQuerySet.as_manager()

    class Meta:
        db_table = "prices_pricelist"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["seller", "buyer", "from_date"], name="one_price_list_from_a_day"),
            models.UniqueConstraint(fields=["seller", "from_date"], condition=Q(buyer=None), name="one_default_list_from_a_day"),
        ]

    @property
    def prices(self) -> PriceList:
        """What it says."""
        return read_price_list(self.seller.ref, self.buyer.ref if self.buyer else None, self.from_date, self.definition)


class KeptPromoCodeQuerySet(models.QuerySet["KeptPromoCode"]):
    """Promo codes."""

    def visible_to(self, viewer: Viewer) -> Self:
        """The seller's. A buyer is told whether a code holds, not which codes there are."""
        return self if viewer.account_id is None else self.filter(seller_id=viewer.account_id)


class KeptPromoCode(models.Model):
    """A promo code of a seller."""

    seller = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=60)
    definition = models.JSONField()  # as rules.documents.promo_document writes it
    fingerprint = models.CharField(max_length=16)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=254)

    objects = KeptPromoCodeQuerySet.as_manager()

    class Meta:
        db_table = "prices_promocode"
        constraints: ClassVar = [models.UniqueConstraint(fields=["seller", "code"], name="one_promo_code_of_a_name")]

    @property
    def promo(self) -> PromoCode:
        """What it says."""
        return read_promo_code(self.code, self.definition)

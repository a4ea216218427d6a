"""Billing details, and the proof that every statement still is as it was issued."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from trueup.accounts.models import Account
from trueup.accounts.queries import account
from trueup.accounts.rules import Viewer
from trueup.kit.text import Text, text
from trueup.statements.models import BillingDetails, NumberSeries, Statement
from trueup.statements.rules.documents import checksum


def billing_details(viewer: Viewer, ref: str) -> tuple[dict[str, str], str]:
    """What statements say of an account, and its fingerprint (empty: nothing yet). Raises NotFound."""
    found: Account = account(viewer, ref)
    row = BillingDetails.objects.visible_to(viewer).filter(account=found).first()
    return (row.details, row.fingerprint) if row else ({}, "")


_Series = tuple[int, int]
"""A seller (id) in a year."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement that is not as it was issued, or a number that is missing."""

    number: str
    message: Text


def checked_statements() -> Iterator[Finding]:
    """Every statement that lost its checksum, or whose columns say something else than its document, and missing numbers. Reads all."""
    given, last = _given(), dict[_Series, int]()  # given first: who issues meanwhile gives further ones
    for row in Statement.objects.order_by("seller_id", "year", "sequence").iterator(chunk_size=500):
        if checksum(row.document) != row.checksum:
            yield Finding(row.number, text("its content was altered: the checksum is another"))
        said = tuple(Decimal(row.document[name]) for name in ("net", "tax", "gross"))
        if said != (row.net, row.tax, row.gross) or row.document["number"] != row.number:
            yield Finding(row.number, text("its columns do not say what its document says"))
        before = last.get((row.seller_id, row.year), 0)
        if row.sequence != before + 1:
            yield Finding(row.number, text("numbers before it are missing: the one before is {sequence}", sequence=before))
        last[row.seller_id, row.year] = row.sequence
    yield from _missing(given, last)


def _missing(given: Mapping[_Series, int], last: Mapping[_Series, int]) -> Iterator[Finding]:
    """Numbers that were given before everything was read, and are the number of nothing; those of statements that were never given."""
    for (seller, year), number in given.items():
        if last.get((seller, year), 0) < number:
            yield Finding(f"{seller}-{year}", text("the last number given is {last}, and there is no such statement", last=number))
    since = _given()
    for (seller, year), number in last.items():
        if since.get((seller, year), 0) < number:
            yield Finding(f"{seller}-{year}", text("the number {number} was never given, and there is such a statement", number=number))


def _given() -> dict[_Series, int]:
    """The last numbers, by seller and year."""
    return {(seller, year): last for seller, year, last in NumberSeries.objects.values_list("seller_id", "year", "last")}

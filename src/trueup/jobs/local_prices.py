"""Prices of the installation on this machine, for the operator or the person `--as` names."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from trueup.accounts.rules import Right, Viewer
from trueup.client.answers import Amounts, HistoryEntry, PriceList, PriceListSummary, PromoCheck, PromoCode, Simulated, Tax
from trueup.jobs.history import entry
from trueup.jobs.people import every_answer, in_account, keeper, refs_of, viewers
from trueup.kit.errors import NotAllowed
from trueup.kit.period import Month
from trueup.prices import actions, queries
from trueup.prices.portions import checked_promo_code, history_after, kept_promo_code
from trueup.prices.queries import Kept, KeptPromo
from trueup.prices.rules.lists import ListKey
from trueup.prices.rules.promos import PromoCode as Promo
from trueup.prices.written import as_text
from trueup.statements.queries import Trial, Tried, tried_out
from trueup.statements.rules.settlement import Settled

_AT_ONCE = 200
"""Buyers that are tried out, and steps of the history that are read, at once."""


@dataclass(frozen=True, slots=True)
class LocalPrices:
    """Asks the modules of this installation; see `desk_billing.Prices`."""

    email: str | None
    account: str | None
    now: datetime

    def lists(self, *, seller: str | None = None, buyer: str | None = None) -> Iterable[PriceListSummary]:
        """The price lists of all memberships."""
        return [_summary(one) for one in self._kept(seller) if buyer in {None, one.prices.buyer or "*"}]

    def _kept(self, seller: str | None) -> list[Kept]:
        answers = every_answer(viewers(self.email), lambda viewer: queries.price_lists(viewer, seller=seller))
        found = {one.key: one for kept in answers for one in kept}
        return [found[key] for key in sorted(found, key=lambda key: (key.seller, key.buyer or "", key.from_date))]

    def one(self, seller: str, buyer: str | None, begin: date) -> PriceList:
        """One price list."""
        key = ListKey(seller, buyer, begin)
        return _price_list(every_answer(viewers(self.email), lambda viewer: queries.price_list(viewer, key))[0])

    def save_file(self, written: str, file_name: str, *, dry_run: bool) -> tuple[str, ...]:
        """Save what a file of prices says."""
        viewer = keeper(self.email, self.account, _keeps_prices, "keeps prices in")
        return actions.apply_prices(viewer, written, file_name=file_name, dry_run=dry_run, now=self.now)

    def file(self, *, seller: str | None = None) -> str:
        """The prices of a seller, as far as one sees them; without one those the memberships sell by."""
        own = None if self.email is None else set(refs_of(viewers(self.email)).values())
        lists = [one.prices for one in self._kept(seller) if seller or own is None or one.prices.seller in own]
        return as_text(lists, ((one.seller, one.promo) for one in self._promos(seller)))

    def remove(self, seller: str, buyer: str | None, begin: date) -> None:
        """Remove a price list."""
        viewer, key = in_account(self.email, seller), ListKey(seller, buyer, begin)
        queries.price_list(viewer, key)
        if not viewer.sees_all and seller not in refs_of([viewer]).values():  # a buyer sees it too
            raise NotAllowed(f"the prices of “{seller}” are kept by “{seller}” itself")
        actions.remove_price_list(viewer, key, seen=None, now=self.now)

    def simulate(self, month: Month, seller: str, buyer: str | None, begin: date) -> Iterable[Simulated]:
        """What a month comes to, a portion at a time."""
        key, asking = ListKey(seller, buyer, begin), [in_account(self.email, seller), *viewers(self.email)]
        first = every_answer(asking, lambda viewer: (viewer, tried_out(viewer, month, key, limit=_AT_ONCE)))[0]
        return map(_simulated, _all_tried(*first, month, key))

    def history(self, seller: str) -> Iterable[HistoryEntry]:
        """What happened to prices."""
        viewer = in_account(self.email, seller)
        steps = _all_steps(viewer, seller, history_after(viewer, seller, limit=_AT_ONCE))
        return (entry(one, "of", "field", "before", "after") for one in steps)

    def promo_codes(self, *, seller: str | None = None) -> Iterable[PromoCode]:
        """The promo codes of all memberships."""
        return map(_promo, self._promos(seller))

    def _promos(self, seller: str | None) -> list[KeptPromo]:
        answers = every_answer(viewers(self.email), queries.promo_codes)
        found = {(one.seller, one.promo.code): one for kept in answers for one in kept}
        return [found[key] for key in sorted(found) if seller in {None, key[0]}]

    def check_promo(self, seller: str, code: str, service: str, month: Month) -> PromoCheck:
        """Whether a code holds for the first membership that buys from the seller."""
        asking = viewers(self.email)
        named = refs_of(asking)

        def ask(viewer: Viewer) -> tuple[Promo | None, str | None]:
            buyer = named.get(viewer.account_id or 0, "")
            return checked_promo_code(viewer, seller, code, day=month.last_day, service=service, buyer=buyer)

        promo, why = every_answer(asking, ask)[0]
        if why is not None or promo is None:
            return PromoCheck(holds=False, reason=str(why))
        return PromoCheck(holds=True, reason=None, price=promo.price, margin_percent=promo.margin_percent)

    def remove_promo(self, seller: str, code: str) -> None:
        """Remove a promo code."""
        viewer = in_account(self.email, seller)
        kept_promo_code(viewer, seller, code)
        actions.remove_promo_code(viewer, seller, code, seen=None, now=self.now)


def _keeps_prices(viewer: Viewer) -> bool:
    return viewer.may(Right.KEEP_PRICES)


def _summary(kept: Kept) -> PriceListSummary:
    said, document = kept.prices, kept.document
    return PriceListSummary(
        said.seller, kept.seller_name, said.buyer, kept.buyer_name, said.from_date, said.currency, len(document["services"]),
        len(document["packs"]), kept.saved_at, kept.saved_by, kept.fingerprint,
    )  # fmt: skip


def _price_list(kept: Kept) -> PriceList:
    said, document = kept.prices, kept.document
    tax = Tax(said.tax.percent, said.tax.category.value, said.tax.reason)
    return PriceList(
        said.seller, kept.seller_name, said.buyer, kept.buyer_name, said.from_date, said.currency, tax, said.margin_percent,
        document["services"], document["packs"], kept.saved_at, kept.saved_by, kept.fingerprint,
    )  # fmt: skip


def _promo(kept: KeptPromo) -> PromoCode:
    said = kept.promo
    return PromoCode(
        kept.seller, said.code, said.from_date, said.until_date, said.service, said.buyer, said.price, said.margin_percent, kept.saved_at,
        kept.saved_by, kept.fingerprint,
    )  # fmt: skip


def _all_tried(viewer: Viewer, first: Trial, month: Month, key: ListKey) -> Iterator[Tried]:
    trial = first
    yield from trial.rows
    while trial.left_out and trial.rows:
        trial = tried_out(viewer, month, key, limit=_AT_ONCE, after=trial.rows[-1].buyer)
        yield from trial.rows


def _all_steps(viewer: Viewer, seller: str, first: list[Any]) -> Iterator[Any]:
    steps = first
    while steps:
        yield from steps
        steps = history_after(viewer, seller, after=steps[-1].sequence, limit=_AT_ONCE)


def _simulated(one: Tried) -> Simulated:
    reasons = (None if reason is None else str(reason) for reason in (one.why_not_now, one.why_not_by_list))
    why_not_now, why_not_by_list = reasons
    return Simulated(one.buyer, one.buyer_name, _amounts(one.now), why_not_now, _amounts(one.by_list), why_not_by_list, one.difference)


def _amounts(said: Settled | None) -> Amounts | None:
    return None if said is None else Amounts(said.currency, said.net, said.tax, said.gross)

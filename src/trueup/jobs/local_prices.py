"""Prices of the installation on this machine, for the operator or the person `--as` names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from trueup.accounts.queries import paths, refs
from trueup.accounts.rules import Right, Viewer
from trueup.client.answers import PriceList, PromoCheck, PromoCode, Simulated
from trueup.jobs.people import every_answer, in_account, keeper, refs_of, viewers
from trueup.kit.errors import NotFound
from trueup.kit.period import Month
from trueup.prices import actions, queries
from trueup.prices.queries import Kept, KeptPromo
from trueup.prices.rules.lists import ListKey
from trueup.prices.written import as_text
from trueup.statements import queries as statements


@dataclass(frozen=True, slots=True)
class LocalPrices:
    """Asks the modules of this installation; see `desk_billing.Prices`."""

    email: str | None
    account: str | None
    now: datetime

    def lists(self, *, seller: str | None = None) -> Iterable[PriceList]:
        """The price lists of all memberships."""
        return map(_price_list, self._kept(seller))

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
        viewer = keeper(self.email, self.account, _keeps_prices, "prices")
        return actions.apply_prices(viewer, written, file_name=file_name, dry_run=dry_run, now=self.now)

    def file(self, *, seller: str | None = None) -> str:
        """The prices that the memberships sell by: what they buy by is not theirs to hand out."""
        asking = viewers(self.email)
        own = None if self.email is None else set(refs_of(asking).values())
        lists = [one.prices for one in self._kept(seller) if own is None or one.prices.seller in own]
        return as_text(lists, ((one.seller, one.promo) for one in self._promos(seller)))

    def remove(self, seller: str, buyer: str | None, begin: date) -> None:
        """Remove a price list."""
        actions.remove_price_list(in_account(self.email, seller), ListKey(seller, buyer, begin), seen=None, now=self.now)

    def simulate(self, month: Month, tried: tuple[str, str | None, date] | None) -> Iterable[Simulated]:
        """What the reports of a month come to."""
        key = ListKey(*tried) if tried else None
        asking = viewers(self.email) if key is None or self.email is None else [in_account(self.email, key.seller)]
        answers = every_answer(asking, lambda viewer: statements.simulate(viewer, month, key))
        found = {one.msp: one for simulated in answers for one in simulated}
        return [_simulated(found[msp]) for msp in sorted(found)]

    def promo_codes(self, *, seller: str | None = None) -> Iterable[PromoCode]:
        """The promo codes of all memberships."""
        return map(_promo, self._promos(seller))

    def _promos(self, seller: str | None) -> list[KeptPromo]:
        answers = every_answer(viewers(self.email), queries.promo_codes)
        found = {(one.seller, one.promo.code): one for kept in answers for one in kept}
        return [found[key] for key in sorted(found) if seller in {None, key[0]}]

    def check_promo(self, seller: str, code: str, service: str, month: Month) -> PromoCheck:
        """Whether a code holds for the membership that buys from the seller."""
        seller_id, buyer = self._buying_from(seller, month.last_day)
        promo, wrong = queries.promo_code(seller_id, code, day=month.last_day, service=service, buyer=buyer)
        if wrong is not None or promo is None:
            return PromoCheck(holds=False, reason=str(wrong or ""))
        return PromoCheck(holds=True, reason="", price=promo.price, margin_percent=promo.margin_percent)

    def _buying_from(self, seller: str, day: date) -> tuple[int, str]:
        asking = viewers(self.email)
        named = refs_of(asking)
        above = paths(list(named), day)
        sellers = refs(Viewer.system(), {path[-2] for path in above.values() if len(path) > 1})
        for account_id, ref in named.items():
            path = above[account_id]
            if len(path) > 1 and sellers.get(path[-2]) == seller:
                return path[-2], ref
        raise NotFound(f"there is no account “{seller}” that sells to {self.email or 'the operator'}")

    def remove_promo(self, seller: str, code: str) -> None:
        """Remove a promo code."""
        actions.remove_promo_code(in_account(self.email, seller), seller, code, seen=None, now=self.now)


def _keeps_prices(viewer: Viewer) -> bool:
    return viewer.may(Right.KEEP_PRICES)


def _price_list(kept: Kept) -> PriceList:
    said = kept.prices
    return PriceList(
        said.seller, kept.seller_name, said.buyer, kept.buyer_name, said.from_date, kept.document, kept.saved_at, kept.saved_by,
        kept.fingerprint,
    )  # fmt: skip


def _promo(kept: KeptPromo) -> PromoCode:
    said = kept.promo
    return PromoCode(
        kept.seller, said.code, said.from_date, said.until_date, said.service, said.buyer, said.price, said.margin_percent, kept.saved_at,
        kept.saved_by, kept.fingerprint,
    )  # fmt: skip


def _simulated(one: statements.Simulated) -> Simulated:
    said = one.settled
    if said is None:
        return Simulated(one.msp, one.msp_name, None, None, None, None, str(one.reason))
    return Simulated(one.msp, one.msp_name, said.currency, said.net, said.tax, said.gross, None)

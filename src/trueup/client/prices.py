"""Prices: what a seller charges, promo codes, files of both, a month by other prices."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from trueup.client.answers import HistoryEntry, PriceList, PriceListSummary, PromoCheck, PromoCode, Simulated
from trueup.client.reading import read
from trueup.client.transport import Transport, listed, new_key
from trueup.kit.addresses import encoded
from trueup.kit.period import BEGINNING, Month

DEFAULT: Final = "*"
"""In place of a buyer in an address: everybody who has no list of its own."""

_YAML: Final = "application/yaml; charset=utf-8"


class PriceLists:
    """`client.prices`: the price lists one sells and buys by. A buyer of None is everybody who has no list of its own.

    A change names the version that was read, `*` any; None: there is none yet. It raises NotFound, NotAllowed, Changed if somebody was
    faster, Invalid with the place of everything that is wrong.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, seller: str | None = None, buyer: str | None = None) -> Iterator[PriceListSummary]:
        """Price lists without their prices; `buyer` `*`: only the defaults."""
        asked = {"seller": seller, "buyer": buyer}
        return (read(PriceListSummary, one) for one in self._transport.pages("/price-lists", asked))

    def get(self, seller: str, buyer: str | None = None, begin: date = BEGINNING) -> PriceList:
        """One price list; `begin` is its first day. Raises NotFound."""
        return read(PriceList, self._transport.get(_path(seller, buyer, begin)).json)

    def save(
        self, seller: str, buyer: str | None = None, begin: date = BEGINNING, *, definition: Mapping[str, Any], version: str | None = None
    ) -> PriceList:
        """Save a price list: `currency`, `tax`, `margin_percent`, `services`, `packs`, as docs/settlement.md says."""
        return read(PriceList, self._transport.call("PUT", _path(seller, buyer, begin), json=dict(definition), version=version).json)

    def remove(self, seller: str, buyer: str | None = None, begin: date = BEGINNING, *, version: str) -> None:
        """Remove a price list: the one before it holds again."""
        self._transport.call("DELETE", _path(seller, buyer, begin), version=version)

    def history(self, seller: str, buyer: str | None = None, begin: date = BEGINNING) -> Iterator[HistoryEntry]:
        """Every step of a price list, the first one first, also once it was removed: for its seller. Raises NotFound."""
        return (read(HistoryEntry, one) for one in self._transport.pages(f"{_path(seller, buyer, begin)}/history"))

    def all_history(self, seller: str | None = None) -> Iterator[HistoryEntry]:
        """Every step of all price lists and promo codes of a seller (None: one's own account), the first one first. Raises NotFound."""
        return (read(HistoryEntry, one) for one in self._transport.pages("/prices/history", {"seller": seller}))

    def apply(self, written: str, *, dry_run: bool = False) -> tuple[str, ...]:
        """Save a file of prices (YAML), all or nothing; what was changed. Raises NotAllowed, Invalid with every line that is wrong."""
        content = written.encode()
        headers = {"Content-Type": _YAML, "Content-Length": str(len(content))}
        answer = self._transport.call(
            "POST", "/prices/apply", params={"dry_run": dry_run or None}, headers=headers, body=lambda: [content], key=new_key()
        )
        return tuple(listed(answer, "changed"))

    def export(self, seller: str | None = None) -> str:
        """A file of the prices of a seller, as far as one sees them (None: one's own), which can be applied again."""
        return self._transport.content("/prices/export", {"seller": seller}).decode()

    def simulate(self, cycle: Month | str, seller: str, buyer: str | None = None, begin: date = BEGINNING) -> Iterator[Simulated]:
        """What those a list is for would pay for a month with it, by ref, beside what they pay now. Raises NotFound."""
        asked = {"cycle": cycle, "seller": seller, "buyer": DEFAULT if buyer is None else buyer, "from": begin.isoformat()}
        return (read(Simulated, one) for one in self._transport.pages("/prices/simulation", asked))


class PromoCodes:
    """`client.promo_codes`: those one gives. Changes raise as those of price lists do."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, seller: str | None = None) -> Iterator[PromoCode]:
        """All of them, by seller and code."""
        return (read(PromoCode, one) for one in self._transport.pages("/promo-codes", {"seller": seller}))

    def get(self, seller: str, code: str) -> PromoCode:
        """One of them. Raises NotFound."""
        return read(PromoCode, self._transport.get(_code(seller, code)).json)

    def save(self, seller: str, code: str, definition: Mapping[str, Any], *, version: str | None = None) -> PromoCode:
        """Save a promo code: `from`, `until`, `service`, `buyer`, and `price` or `margin_percent`."""
        return read(PromoCode, self._transport.call("PUT", _code(seller, code), json=dict(definition), version=version).json)

    def remove(self, seller: str, code: str, *, version: str) -> None:
        """Remove a promo code: it unlocks nothing from now on."""
        self._transport.call("DELETE", _code(seller, code), version=version)

    def history(self, seller: str, code: str) -> Iterator[HistoryEntry]:
        """Every step of a promo code, the first one first, also once it was removed: for its seller. Raises NotFound."""
        return (read(HistoryEntry, one) for one in self._transport.pages(f"{_code(seller, code)}/history"))

    def check(self, seller: str, code: str, service: str, cycle: Month | str) -> PromoCheck:
        """Whether a seller's code holds for a service in a month, for one's own account. Raises NotFound for who does not sell to it."""
        said = {"seller": seller, "code": code, "service": service, "cycle": str(cycle)}
        return read(PromoCheck, self._transport.call("POST", "/promo-codes/check", json=said).json)


def _path(seller: str, buyer: str | None, begin: date) -> str:
    return f"/price-lists/{encoded(seller)}/{encoded(DEFAULT if buyer is None else buyer)}/{begin.isoformat()}"


def _code(seller: str, code: str) -> str:
    return f"/promo-codes/{encoded(seller)}/{encoded(code)}"

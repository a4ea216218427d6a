"""What of a report's money is at stake: how far the lines somebody might argue about are from what is beyond dispute.

A figure to rank reports by. Credits that are complimentary are left out of it: whose they are the ledger alone knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trueup.kit.money import Money, total
from trueup.kit.quantity import ZERO
from trueup.prices.rules.lists import PriceList
from trueup.prices.rules.packs import PackPrice
from trueup.statements.rules.settlement import ChargedLine, Settled, settled, without_price


@dataclass(frozen=True, slots=True)
class Disputed:
    """A line as it is charged, and as it would be charged beyond dispute: by its default, with a penalty by what the MSP saved."""

    charged: ChargedLine
    undisputed: ChargedLine

    @property
    def differs(self) -> bool:
        """Whether anything is at stake in it."""
        return self.charged.units != self.undisputed.units


def money_at_stake(prices: PriceList | None, lines: Sequence[Disputed]) -> Money | None:
    """The money between both, line by line, whichever way; None where a line at stake has no price. `lines` are all of a report, or at
    least all of each solution group of which one is at stake."""
    if prices is None or without_price(prices, [side for one in lines if one.differs for side in (one.charged, one.undisputed)]):
        return None
    bare = replace(prices, packs={group: _bare(pack) for group, pack in prices.packs.items()})
    now, then = (_amounts(_settled(bare, side)) for side in ([one.charged for one in lines], [one.undisputed for one in lines]))
    keys = dict.fromkeys((*now, *then))
    return total((abs(now.get(key, ZERO) - then.get(key, ZERO)) for key in keys), prices.currency)


def _bare(pack: PackPrice) -> PackPrice:
    return replace(pack, complimentary=ZERO, complimentary_of={})


def _settled(prices: PriceList, lines: Sequence[ChargedLine]) -> Settled:
    missing = without_price(prices, lines)
    return settled(prices, [line for line in lines if line not in missing])


def _amounts(found: Settled) -> dict[tuple[str, str], Money]:
    return {(line.kind, line.code): line.amount for line in found.lines}

"""What is worth a look in a billing report: how a service differs from last month, penalties in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trueup.kit.quantity import ZERO, Quantity, added, round_half_up
from trueup.statements.rules.settlement import ChargedLine

JUMP_PERCENT: Final = Decimal(20)
"""A change against last month of at least so many percent is large."""


@dataclass(frozen=True, slots=True)
class Penalty:
    """A penalty in a report behind the line: whose (ref and name), and the units that are charged."""

    msp: str
    msp_name: str
    units: Quantity


@dataclass(frozen=True, slots=True)
class Highlight:
    """Why the units of a service are worth a look.

    `previous`: those of last month, 0 for a new service; None: there was no report then, so nothing is large. `percent` has one decimal,
    and is None where there were none.
    """

    service: str
    name: str
    unit: str
    units: Quantity
    previous: Quantity | None
    percent: Decimal | None
    penalties: tuple[Penalty, ...]

    @property
    def jumps(self) -> bool:
        """Whether the change against last month is large; from 0 every change is."""
        if self.previous is None or self.units == self.previous:
            return False
        return self.percent is None or abs(self.percent) >= JUMP_PERCENT

    @property
    def remarkable(self) -> bool:
        """Whether it is worth a look."""
        return self.jumps or bool(self.penalties)


def highlights(
    lines: Iterable[ChargedLine], previous: Mapping[str, Quantity] | None, penalties: Mapping[str, tuple[Penalty, ...]]
) -> tuple[Highlight, ...]:
    """What is worth a look in charged lines. `previous`: units by service of last month, None where nothing was reported then."""
    found = (_highlight(line, previous, penalties.get(line.service, ())) for line in lines)
    return tuple(one for one in found if one.remarkable)


def _highlight(line: ChargedLine, previous: Mapping[str, Quantity] | None, penalties: tuple[Penalty, ...]) -> Highlight:
    before = None if previous is None else previous.get(line.service, ZERO)
    percent = None
    if before:
        percent = round_half_up(added((line.units, before.copy_negate())) * 100 / before, 1)
    return Highlight(line.service, line.service_name, line.unit, line.units, before, percent, penalties)

"""Why a line shows the figures of just these days: each measure in a sentence, with its numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from trueup.catalog.rules import Measure, MeasureName
from trueup.kit.quantity import ZERO, neat
from trueup.kit.text import Text, joined, text
from trueup.ledger.rules.measures import Ranking, percentile_position
from trueup.reports.rules.lines import Figures


class Totals(Protocol):
    """What a service came to on one day."""

    @property
    def day(self) -> date:
        """The day."""

    @property
    def provisioned(self) -> Decimal:
        """Units."""

    @property
    def used(self) -> Decimal | None:
        """Units; None: unknown."""

    @property
    def credits(self) -> Decimal | None:
        """Credits; None: the service has none."""


Series = Sequence[Totals]
"""Every day of a month, in order."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A line, its days, and the days of all lines of its solution group (its own among them)."""

    measure: Measure
    service_name: str
    group_name: str
    unit: str
    decimals: int
    figures: Figures
    own: Series
    group: Sequence[Series]


def ranking_of(series: Sequence[Series]) -> Ranking:
    """What the days of these lines are compared by together: credits if any has them, else used if any knows it."""
    if any(total.credits is not None for one in series for total in one[:1]):
        return Ranking.CREDITS
    if any(total.used is not None for one in series for total in one[:1]):
        return Ranking.USED
    return Ranking.PROVISIONED


def values_of(series: Sequence[Series], ranking: Ranking) -> list[Decimal]:
    """The total of each day. Unknown used counts as provisioned, no credits as 0."""
    return [sum((_value(total, ranking) for total in day), ZERO) for day in zip(*series, strict=True)]


def _value(total: Totals, ranking: Ranking) -> Decimal:
    if ranking is Ranking.CREDITS:
        return total.credits or ZERO
    if ranking is Ranking.USED and total.used is not None:
        return total.used
    return total.provisioned


def why(line: Explained) -> Text:
    """The sentence that says how the figures of a line came about."""
    if not line.own:
        return text("no usage of {service} is recorded any more", service=line.service_name)
    return _SENTENCES[line.measure.name](line)


def _group_peak_day(line: Explained) -> Text:
    ranking = ranking_of(line.group)
    values = values_of(line.group, ranking)
    top, values_at = max(values), {"day": line.own[values.index(max(values))].day, "group": line.group_name}
    match ranking:
        case Ranking.CREDITS:
            said = text(
                "{day} is the day on which the credits of the whole group {group} were highest: {total} credits",
                total=neat(top), **values_at,
            )  # fmt: skip
        case Ranking.USED:
            said = text("{day} is the day on which the used units of the whole group {group} were highest: {total}",
                        total=neat(top), **values_at)  # fmt: skip
        case Ranking.PROVISIONED:
            said = text("{day} is the day on which the provisioned units of the whole group {group} were highest: {total}",
                        total=neat(top), **values_at)  # fmt: skip
    return _with_ties(said, values)


def _service_peak_day(line: Explained) -> Text:
    ranking = ranking_of([line.own])
    values = values_of([line.own], ranking)
    top, day = neat(max(values)), line.own[values.index(max(values))].day
    match ranking:
        case Ranking.CREDITS:
            said = text("{day} is the day on which the credits of this service were highest: {total} credits", day=day, total=top)
        case Ranking.USED:
            said = text("{day} is the day on which its used units were highest: {total} {unit}", day=day, total=top, unit=line.unit)
        case Ranking.PROVISIONED:
            said = text("{day} is the day on which its provisioned units were highest: {total} {unit}", day=day, total=top, unit=line.unit)
    return _with_ties(said, values)


def _with_ties(said: Text, values: Sequence[Decimal]) -> Text:
    """The earliest of equal days counts: where there are several it is said."""
    equal = values.count(max(values))
    return text("{sentence}; of {count} days with this total the earliest counts", sentence=said, count=equal) if equal > 1 else said


def _own_maxima(line: Explained) -> Text:
    parts = []
    for ranking, known in _known(line.figures).items():
        if known is None:
            continue
        values = values_of([line.own], ranking)
        day, top = line.own[values.index(max(values))].day, neat(max(values))
        parts.append(_DAY_OF[ranking](day, top))
    return text("each figure is its own highest day of the month: {figures}", figures=joined(parts))


_DAY_OF: Mapping[Ranking, Callable[[date, Decimal], Text]] = {
    Ranking.PROVISIONED: lambda day, total: text("provisioned {total} on {day}", total=total, day=day),
    Ranking.USED: lambda day, total: text("used {total} on {day}", total=total, day=day),
    Ranking.CREDITS: lambda day, total: text("credits {total} on {day}", total=total, day=day),
}


def _known(figures: Figures) -> dict[Ranking, Decimal | None]:
    """The figures of a line in the order in which they are told."""
    return {Ranking.PROVISIONED: figures.provisioned, Ranking.USED: figures.used, Ranking.CREDITS: figures.credits}


def _percentile_day(line: Explained) -> Text:
    days = len(line.own)
    place = percentile_position(line.measure.percentile, days)
    values = {"place": place, "count": days, "percentile": neat(line.measure.percentile), "figures": _figures(line.figures)}
    match ranking_of([line.own]):
        case Ranking.CREDITS:
            return text("each customer counts with the day at place {place} of {count}, from its lowest credits up "
                        "(percentile {percentile}); added up: {figures}", **values)  # fmt: skip
        case Ranking.USED:
            return text("each customer counts with the day at place {place} of {count}, from its fewest used units up "
                        "(percentile {percentile}); added up: {figures}", **values)  # fmt: skip
        case Ranking.PROVISIONED:
            return text("each customer counts with the day at place {place} of {count}, from its fewest provisioned units up "
                        "(percentile {percentile}); added up: {figures}", **values)  # fmt: skip


def _volume(line: Explained) -> Text:
    return text("the sum of all {count} days: {figures}", count=len(line.own), figures=_figures(line.figures))


def _average(line: Explained) -> Text:
    sums = Figures(
        sum((total.provisioned for total in line.own), ZERO),
        None if line.figures.used is None else sum((total.used or ZERO for total in line.own), ZERO),
        None if line.figures.credits is None else sum((total.credits or ZERO for total in line.own), ZERO),
    )
    return text(
        "the sum of all {count} days ({sums}) divided by {count}, units rounded to {decimals} decimals: {figures}",
        count=len(line.own), sums=_figures(sums), decimals=line.decimals, figures=_figures(line.figures),
    )  # fmt: skip


def _last_day(line: Explained) -> Text:
    return text("{day} is the last day of the month: {figures}", day=line.own[-1].day, figures=_figures(line.figures))


def _figures(figures: Figures) -> Text:
    """The known figures in a row."""
    return joined(_TOTAL_OF[ranking](neat(value)) for ranking, value in _known(figures).items() if value is not None)


_TOTAL_OF: Mapping[Ranking, Callable[[Decimal], Text]] = {
    Ranking.PROVISIONED: lambda total: text("provisioned {total}", total=total),
    Ranking.USED: lambda total: text("used {total}", total=total),
    Ranking.CREDITS: lambda total: text("credits {total}", total=total),
}

_SENTENCES: Mapping[MeasureName, Callable[[Explained], Text]] = {
    MeasureName.GROUP_PEAK_DAY: _group_peak_day,
    MeasureName.SERVICE_PEAK_DAY: _service_peak_day,
    MeasureName.OWN_MAXIMA: _own_maxima,
    MeasureName.PERCENTILE_DAY: _percentile_day,
    MeasureName.VOLUME: _volume,
    MeasureName.AVERAGE: _average,
    MeasureName.LAST_DAY: _last_day,
}

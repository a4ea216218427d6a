"""What a delivery of usage came to, as it is kept beside the upload: for the clock, and for what was answered at once."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from trueup.kit.text import packed
from trueup.ledger.actions import ImportResult
from trueup.ledger.rules.refusals import SENTENCES, Refusal
from trueup.uploads import storage
from trueup.uploads.rules import MOST_PROBLEMS, BadRow


def counts_of(result: ImportResult) -> dict[str, int | bool]:
    """How many records or rows came to what."""
    return {"stored": result.stored, "repeated": result.repeated, "refused": result.refused_count, "unmapped": result.unmapped}


def bad_rows(refusals: Iterable[Refusal]) -> Iterator[BadRow]:
    """Every problem as it is kept; they may be millions."""
    return (BadRow(one.row, one.column, one.value, SENTENCES[one.reason], one.reason) for one in refusals)


def keep_problems(place: Path, problems: Iterable[BadRow]) -> list[list[object]]:
    """Write all bad rows to a file in an upload's folder; returns the first of them, to be shown."""
    remaining = iter(problems)
    first = list(islice(remaining, MOST_PROBLEMS))
    if first:
        every = ((bad.row, bad.column, bad.value, bad.reason) for part in (first, remaining) for bad in part)
        storage.write_refused(place, every)
    return [[bad.row, bad.column, bad.value, packed(bad.reason), bad.code] for bad in first]

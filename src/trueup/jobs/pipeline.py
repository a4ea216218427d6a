"""The month, top to bottom. The clock calls `run_once` again and again; every step finds in the tables what is due.

Any number of workers may do so at once: each step claims what it does by a conditional write in the transaction that does it, so
whatever two of them find, one does. A worker that is killed leaves what it had not finished to the next round.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from trueup.accounts.rules import Viewer
from trueup.cycles.actions import close
from trueup.cycles.queries import closed_cycle, closed_months, months_to_close
from trueup.kit.period import instant_text
from trueup.kit.progress import Progress
from trueup.ledger.actions import compact
from trueup.reports.actions import auto_submit, remind
from trueup.reports.generating import generate, is_generated
from trueup.reports.queries import due_for_reminder, due_for_submission

CLOCK = Viewer.system()


@dataclass(frozen=True, slots=True)
class Done:
    """Something the clock did: a sentence, and how many things it was done to."""

    what: str
    count: int


def run_once(now: datetime, progress: Progress | None = None) -> Iterator[Done]:
    """Do everything that is due at `now`, in the order of the month; tells of each thing when it is done.

    Raises ExceptionGroup, after all steps were tried, if some of them failed.
    """
    steps: tuple[Callable[[datetime, Progress | None], Iterator[Done]], ...] = (
        close_months_that_are_over,
        generate_missing_reports,
        submit_forgotten_reports,
        remind_of_deadlines,
        tidy_the_ledger,
    )
    errors: list[Exception] = []
    for step in steps:
        try:
            yield from (done for done in step(now, progress) if done.count)
        except Exception as error:  # noqa: BLE001 -- a step that fails does not keep the others from what is due
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(steps)} steps of the clock failed at {instant_text(now)}", errors)


def close_months_that_are_over(now: datetime, _progress: Progress | None) -> Iterator[Done]:
    """On its close date a month is pinned."""
    for month in months_to_close(now=now):
        close(CLOCK, month, now=now)
        yield Done(f"closed the cycle {month}", 1)


def generate_missing_reports(now: datetime, progress: Progress | None) -> Iterator[Done]:
    """Every closed cycle gets its reports, also one whose generation was interrupted."""
    for month in closed_months():
        cycle = closed_cycle(CLOCK, month)
        if not is_generated(cycle):
            yield Done(f"generated reports of {month}", generate(CLOCK, cycle, now=now, progress=progress))


def submit_forgotten_reports(now: datetime, _progress: Progress | None) -> Iterator[Done]:
    """At the deadline the last saved draft is submitted."""
    submitted = [auto_submit(CLOCK, report_id, now=now) for report_id in due_for_submission(now=now)]
    yield Done("submitted reports automatically", sum(submitted))


def remind_of_deadlines(now: datetime, _progress: Progress | None) -> Iterator[Done]:
    """Some days before the deadline, and on its day, people are reminded."""
    reminded = [remind(CLOCK, report_id, now=now) for report_id in due_for_reminder(now=now)]
    yield Done("sent reminders", sum(reminded))


def tidy_the_ledger(now: datetime, progress: Progress | None) -> Iterator[Done]:
    """Days that got new usage are compacted, so that reading them stays fast; no figure changes by it."""
    yield Done("compacted days of the ledger", compact(now=now, progress=progress))

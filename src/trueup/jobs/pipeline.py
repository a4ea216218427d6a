"""The month, top to bottom. The clock calls `run_once` again and again; every step finds in the tables what is due.

Any number of workers may do so at once: each step claims what it does by a conditional write in the transaction that does it, so
whatever two of them find, one does. A worker that is killed leaves what it had not finished to the next round.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from trueup.accounts.rules import Viewer
from trueup.answers import actions as answers
from trueup.cycles.actions import close
from trueup.cycles.queries import closed_cycle, closed_months, months_to_close
from trueup.intake.queries import gatherings_due
from trueup.intake.working import forget_old, gather_next
from trueup.kit.period import Month, instant_text
from trueup.kit.progress import Progress
from trueup.ledger.actions import compact
from trueup.notifications.gathering import bundle, due_digests, gather_all
from trueup.notifications.sending import send_due
from trueup.reports.actions import auto_submit, remind
from trueup.reports.generating import generate, is_generated
from trueup.reports.queries import due_for_reminder, due_for_submission
from trueup.statements.actions import open_billing_reports
from trueup.statements.due import months_to_bill, sellers_due, vendors_due
from trueup.statements.issuing import issue_of, issue_of_billing
from trueup.uploads.queries import waiting_uploads
from trueup.uploads.working import remove_old_files, work_on_next

CLOCK = Viewer.system()

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Done:
    """Something the clock did: a sentence, and how many things it was done to."""

    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Round:
    """One round of the clock. A thing that fails is kept in `failures` and does not hold up the others."""

    now: datetime
    progress: Progress | None
    failures: list[Exception] = field(default_factory=list)

    def each(self, things: Iterable[Thing], do: Callable[[Thing], int]) -> int:
        """Do something with each thing; returns how much was done in all."""
        count = 0
        for thing in things:
            try:
                count += do(thing)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is told at the end of the round
                self.failures.append(error)
        return count


def run_once(now: datetime, progress: Progress | None = None) -> Iterator[Done]:
    """Do everything that is due at `now`, in the order of the month; tells of each thing when it is done.

    Raises ExceptionGroup, after everything was tried, if something failed.
    """
    this = Round(now, progress)
    for step in (
        gather_events,
        close_months_that_are_over,
        generate_missing_reports,
        begin_billing_reports,
        submit_forgotten_reports,
        remind_of_deadlines,
        issue_statements,
        work_on_uploads,
        tell_people,
        tidy_the_ledger,
        forget_answers,
    ):
        yield from (done for done in step(this) if done.count)
    if this.failures:
        raise ExceptionGroup(f"{len(this.failures)} thing(s) that were due at {instant_text(now)} failed", this.failures)


def gather_events(this: Round) -> Iterator[Done]:
    """Usage that arrived in small pieces gets into the ledger, also before a month is pinned."""

    def next_one(_due: int) -> int:
        return gather_next(now=this.now)

    yield Done("gathered events", this.each(range(gatherings_due()), next_one))
    this.each([this.now], lambda now: forget_old(now=now))


def close_months_that_are_over(this: Round) -> Iterator[Done]:
    """On its close date a month is pinned."""

    def pin_it(month: Month) -> int:
        close(CLOCK, month, now=this.now)
        return 1

    for month in months_to_close(now=this.now):
        yield Done(f"closed the cycle {month}", this.each([month], pin_it))


def generate_missing_reports(this: Round) -> Iterator[Done]:
    """Every closed cycle gets its reports, also one whose generation was interrupted."""

    def make_them(month: Month) -> int:
        cycle = closed_cycle(CLOCK, month)
        return 0 if is_generated(cycle) else generate(CLOCK, cycle, now=this.now, progress=this.progress)

    for month in closed_months():
        yield Done(f"generated reports of {month}", this.each([month], make_them))


def begin_billing_reports(this: Round) -> Iterator[Done]:
    """Once the reports of a cycle are all there, each distributor has a billing report that collects the approved ones."""

    def begin(month: Month) -> int:
        return open_billing_reports(CLOCK, closed_cycle(CLOCK, month), now=this.now)

    for month in months_to_bill():
        yield Done(f"began billing reports of {month}", this.each([month], begin))


def submit_forgotten_reports(this: Round) -> Iterator[Done]:
    """At the deadline the last saved draft is submitted."""
    due = due_for_submission(now=this.now)
    yield Done("submitted reports automatically", this.each(due, lambda report_id: auto_submit(CLOCK, report_id, now=this.now)))


def remind_of_deadlines(this: Round) -> Iterator[Done]:
    """Some days before the deadline, and on its day, people are reminded."""
    due = due_for_reminder(now=this.now)
    yield Done("sent reminders", this.each(due, lambda report_id: remind(CLOCK, report_id, now=this.now)))


def issue_statements(this: Round) -> Iterator[Done]:
    """What was approved, or completed, becomes a statement, seller by seller. What has no price is held, and the reason told."""
    held: Counter[str] = Counter()

    def issue_them(seller_id: int) -> int:
        issued = issue_of(seller_id, now=this.now, progress=this.progress, failed=this.failures.append)
        held.update(issued.held)
        return issued.count

    yield Done("issued statements of reports", this.each(sellers_due(now=this.now), issue_them))
    yield from (Done(f"held statements because {reason}", count) for reason, count in sorted(held.items()))
    vendors = vendors_due()

    def issue_to(vendor_id: int) -> int:
        return issue_of_billing(vendor_id, now=this.now, failed=this.failures.append)

    yield Done("issued statements of billing reports", this.each(vendors, issue_to))


def tell_people(this: Round) -> Iterator[Done]:
    """What has happened since the last round, whoever did it, is told by e-mail; some wait for their digest."""

    this.each([this.now], lambda now: gather_all(now=now, failed=this.failures.append))
    this.each(due_digests(now=this.now), lambda due: bundle(*due, now=this.now))
    yield Done("sent e-mails", this.each([this.now], lambda now: send_due(now=now)))


def work_on_uploads(this: Round) -> Iterator[Done]:
    """Files sent through the portal are checked, and taken in once they are confirmed."""

    def next_one(_waiting: int) -> int:
        return int(work_on_next(now=this.now))

    this.each([this.now], lambda now: remove_old_files(now=now))
    yield Done("worked on uploads", this.each(range(waiting_uploads()), next_one))


def tidy_the_ledger(this: Round) -> Iterator[Done]:
    """Days that got new usage are compacted, so that reading them stays fast; no figure changes by it."""
    yield Done("compacted days of the ledger", this.each([this.progress], lambda told: compact(now=this.now, progress=told)))


def forget_answers(this: Round) -> Iterator[Done]:
    """What was answered to programs is kept for those who ask again, secrets for minutes."""
    yield Done("forgot old answers", this.each([this.now], lambda now: answers.forget(now=now)))

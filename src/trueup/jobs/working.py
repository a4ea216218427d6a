"""The loop of the clock: what is due is done again and again until somebody ends it."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime
from types import FrameType

import typer
from django.db import InterfaceError, OperationalError, close_old_connections

from trueup.intake.queries import gatherings_due
from trueup.intake.working import gather_next
from trueup.jobs import webhooks
from trueup.jobs.messages import refuse, say
from trueup.jobs.options import moment
from trueup.jobs.pipeline import run_once
from trueup.jobs.progress import showing_progress
from trueup.kit.errors import TrueUpError
from trueup.kit.period import instant_text
from trueup.kit.progress import Progress
from trueup.uploads.working import work_on_next

PAUSE = 5.0
"""Seconds between two rounds."""

_LOOK = 0.2
"""Seconds after which a pause looks whether it is to end."""

GATHER_EVERY = 1.0
"""Seconds between two rounds of gathering events: a batch of the ledger costs the same for one event and for a thousand."""

_log = logging.getLogger(__name__)


class _End:
    """Remembers that somebody asked for the end. A flag, because a signal may arrive at any instruction."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        """The handler of a signal."""
        self.asked = True

    def wait(self, seconds: float) -> None:
        """Pause, unless the end is asked for meanwhile."""
        until = time.monotonic() + seconds
        while not self.asked and time.monotonic() < until:
            time.sleep(_LOOK)


def work_once(now: datetime | None) -> None:
    """Do what is due and say what was done; exit code 1 if a step failed, after the others were done."""
    at = moment(now)
    with showing_progress() as progress:
        fine = _round(at, progress)
    if called := webhooks.call_once(at):
        print(f"{instant_text(at)} sent webhooks: {called}", flush=True)
    if not fine:
        raise typer.Exit(1)


def work(now: datetime | None) -> None:
    """Do what is due, pause, and again, until SIGTERM or Ctrl-C. What fails in one round is tried again in the next."""
    end = _End()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end.ask)
    say("Working; Ctrl-C ends it.")
    over = threading.Event()
    calling = threading.Thread(target=webhooks.call_until, args=(over, lambda: moment(now)), daemon=True)
    calling.start()
    while not end.asked:
        close_old_connections()  # a server that was restarted meanwhile must not fail every round from then on
        _round(moment(now), None, quiet=True)
        end.wait(PAUSE)
    over.set()
    calling.join()  # calls end in seconds
    say("Ended.")


def work_until(end: threading.Event, now: Callable[[], datetime]) -> None:
    """The same in a thread beside the portal, until `end` is set; `now` tells the time of each round."""
    while not end.is_set():
        close_old_connections()
        _round(now(), None, quiet=True)
        close_old_connections()
        end.wait(PAUSE)


def take_in_until(end: threading.Event, now: Callable[[], datetime]) -> None:
    """Check and take in uploads as they come, until `end` is set: people wait for it, so it does not wait for the clock's rounds."""
    while not end.is_set():
        close_old_connections()
        try:
            worked = work_on_next(now=now())
        except Exception:  # noqa: BLE001 -- one upload that fails must not end the others
            _log.exception("an upload could not be worked on")
            worked = False
        close_old_connections()
        if not worked:
            end.wait(_LOOK)


def gather_until(end: threading.Event, now: Callable[[], datetime]) -> None:
    """Gather events into the ledger every second, until `end` is set."""
    while not end.is_set():
        close_old_connections()
        try:
            _gather_what_is_due(now)
        except Exception:  # noqa: BLE001 -- the database is away, …: what fails once must not end it; the pieces are kept
            _log.exception("events could not be gathered")
            end.wait(PAUSE)
        close_old_connections()
        end.wait(GATHER_EVERY)


def _gather_what_is_due(now: Callable[[], datetime]) -> None:
    """Every gathering has its turn: one that fails pauses by itself, and holds up no other."""
    for _ in range(gatherings_due()):
        try:
            gather_next(now=now())
        except TrueUpError as error:
            refuse(error)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # noqa: BLE001 -- the others have their turn
            _log.exception("events could not be gathered")


def _round(now: datetime, progress: Progress | None, *, quiet: bool = False) -> bool:
    """One round; whether all of its steps went well."""
    idle = True
    try:
        for done in run_once(now, progress):
            idle = False
            print(f"{instant_text(now)} {done.what}: {done.count}", flush=True)
    except Exception as error:  # noqa: BLE001 -- one round that fails must not end the clock
        for one in _each(error):
            _tell(one)
        return False
    if idle and not quiet:
        print(f"Nothing was due at {instant_text(now)}.")
    return True


def _each(error: Exception) -> list[Exception]:
    if not isinstance(error, ExceptionGroup):
        return [error]
    return [one for inner in error.exceptions for one in _each(inner)]


def _tell(error: Exception) -> None:
    """A refusal is a sentence; anything else is a mistake of ours, with all that helps to find it."""
    if isinstance(error, TrueUpError):
        refuse(error)
    else:
        _log.error("a step of the clock failed", exc_info=error)

"""`trueup work`, `verify`, `audit verify` and `migrate`: what keeps an installation running and proves that it is right."""

from typing import TYPE_CHECKING, Annotated

import typer

from trueup.jobs.options import Format, FormatOption, NowOption, OptionalCycle, examples
from trueup.jobs.starting import WhenNeeded

if TYPE_CHECKING:
    from trueup.jobs import checking, database, working
else:
    working = WhenNeeded("trueup.jobs.working")
    checking = WhenNeeded("trueup.jobs.checking")
    database = WhenNeeded("trueup.jobs.database", ready=False)

audit = typer.Typer(no_args_is_help=True, help="The history, and the proof that nobody has touched it.")


def work(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then stop.")] = False,
    now: NowOption = None,
) -> None:
    """Be the clock: close months, generate reports, submit what nobody submitted, remind.

    Any number of workers may run at once. SIGTERM and Ctrl-C end a worker after what it is doing.
    """
    if once:
        working.work_once(now)
    else:
        working.work(now)


def verify(cycle: OptionalCycle = None, form: FormatOption = Format.TABLE) -> None:
    """Compute every figure of closed cycles again from the pinned ledger, and compare. Exit code 1 if any differs."""
    checking.verify(cycle, form)


@audit.command("verify", epilog=examples("trueup audit verify", "trueup audit verify --format json"))
def audit_verify(form: FormatOption = Format.TABLE) -> None:
    """Find every row of the history that was altered, removed or inserted. Exit code 1 if there is any.

    The anchor is one hash that stands for the whole history: keep it elsewhere, and compare it later.
    """
    checking.audit(form)


def migrate() -> None:
    """Bring the database to this version of TrueUp, after an upgrade."""
    database.upgrade()


def add_to(root: typer.Typer) -> None:
    """Put these commands under `trueup`."""
    root.command("work", epilog=examples("trueup work", "trueup work --once --now 2026-11-06T23:00:00Z"))(work)
    root.command("verify", epilog=examples("trueup verify", "trueup verify 2026-10 --format json"))(verify)
    root.add_typer(audit, name="audit")
    root.command("migrate", epilog=examples("trueup migrate"))(migrate)

"""`trueup work`, `verify`, `audit verify` and `migrate`: what keeps an installation running and proves that it is right."""

from pathlib import Path
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
    """Be the clock: close months, generate reports, submit what nobody submitted, remind, issue statements.

    Any number of workers may run at once. SIGTERM and Ctrl-C end a worker after what it is doing.
    """
    if once:
        working.work_once(now)
    else:
        working.work(now)


def verify(cycle: OptionalCycle = None, form: FormatOption = Format.TABLE) -> None:
    """Compute every figure of closed cycles again from the pinned ledger, and compare; look at every statement. Exit code 1 if any differs.

    A statement must have its checksum, its amounts must be those of its document, and no number may be missing.
    """
    checking.verify(cycle, form)


@audit.command(
    "verify",
    epilog=examples("trueup audit verify", "trueup audit verify --keep 2026-10.anchor", "trueup audit verify --against 2026-10.anchor"),
)
def audit_verify(
    keep: Annotated[Path | None, typer.Option("--keep", metavar="FILE", help="Write the end of every chain to this file.")] = None,
    against: Annotated[
        Path | None, typer.Option("--against", metavar="FILE", help="Compare with the ends that --keep once wrote to this file.")
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Find every row of the history that was altered, removed or inserted. Exit code 1 if there is any.

    Who controls the database can rewrite a whole history so that it fits. Only against a kept file is that found: --keep one,
    store it out of their reach, and come back with --against. The anchor is one hash over what is in the file.
    """
    checking.audit(form, keep=keep, against=against)


def migrate() -> None:
    """Bring the database to this version of TrueUp, after an upgrade."""
    database.upgrade()


def add_to(root: typer.Typer) -> None:
    """Put these commands under `trueup`."""
    root.command("work", epilog=examples("trueup work", "trueup work --once --now 2026-11-06T23:00:00Z"))(work)
    root.command("verify", epilog=examples("trueup verify", "trueup verify 2026-10 --format json"))(verify)
    root.add_typer(audit, name="audit")
    root.command("migrate", epilog=examples("trueup migrate"))(migrate)

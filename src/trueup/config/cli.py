"""The command `trueup`: assembles the commands, and says every refusal in the same way."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from trueup import __version__
from trueup.jobs.commands import access, billing, clock, cycle, exchange, export, insight, network, price, review, statement, usage
from trueup.jobs.desk import reading
from trueup.jobs.messages import refuse, say
from trueup.jobs.options import Format, NowOption, examples, moment
from trueup.jobs.starting import Later, Server, WhenNeeded, use
from trueup.kit.errors import TrueUpError

if TYPE_CHECKING:
    from trueup import demo as world
    from trueup.config import serving
    from trueup.jobs import cycles, progress, reports
    from trueup.network import invitations
else:
    invitations = WhenNeeded("trueup.network.invitations")
    world = WhenNeeded("trueup.demo")
    serving = WhenNeeded("trueup.config.serving")
    cycles, progress, reports = (Later(f"trueup.jobs.{name}") for name in ("cycles", "progress", "reports"))

DONE, REFUSED, WRONG_USAGE = 0, 1, 2
"""Exit codes."""

INTERRUPTED = 130
BROKEN_PIPE = 141
"""Exit codes of every program that Ctrl-C, or a reader that left, has ended."""


class _Commands(TyperGroup):
    """Turns whatever a command may expect to go wrong into a sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was typed."""
        with _exit_codes():
            result = super().invoke(ctx)
            sys.stdout.flush()  # a reader that left is noticed here
            return result


@contextmanager
def _exit_codes() -> Iterator[None]:
    try:
        yield
    except TrueUpError as error:
        refuse(error)
        raise typer.Exit(REFUSED) from error
    except KeyboardInterrupt:
        say("Interrupted.")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # Nobody reads any more; what is still buffered must not complain when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(BROKEN_PIPE) from None
    except Exception as error:
        reason = _reason(error)
        if reason is None:
            raise
        say(reason)
        raise typer.Exit(REFUSED) from error


def _reason(error: Exception) -> str | None:
    """The sentence for what the machine or its settings refuse; None for what nobody expects."""
    names = {kind.__name__ for kind in type(error).__mro__ if kind.__module__.startswith("django.")}
    text = " ".join(str(error).split())
    if "ImproperlyConfigured" in names:
        return f"Settings: {text}"
    if "OperationalError" in names:
        return f"The database cannot be used: {text}"
    if isinstance(error, OSError):
        return f"The machine refuses: {text}"
    return None


def _version(wanted: bool) -> None:
    if wanted:
        print(f"trueup {__version__}")
        raise typer.Exit(DONE)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "trueup apply network.yaml",
        "trueup usage import october.csv",
        "trueup cycle close 2026-10",
        "trueup report show 2026-10 bolt",
        "trueup --server https://trueup.example.com report list",
        "",
        "Exit codes: 0 done, 1 refused with the reason, 2 wrong usage.",
    ),
)


@app.callback()
def trueup(
    *,
    server: Annotated[
        str | None,
        typer.Option("--server", metavar="URL", envvar="TRUEUP_SERVER", help="Ask this installation over the network, not this machine."),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option("--account", metavar="REF", envvar="TRUEUP_ACCOUNT", help="With --server: which of your accounts you act for."),
    ] = None,
    version: Annotated[  # noqa: ARG001 -- its callback has answered
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """TrueUp: the monthly true-up of software distribution, from daily usage to approved values."""
    use(Server(server, account) if server else None)


for _commands in (network, usage, cycle, review, exchange, price, billing, statement, export, insight, clock, access):
    _commands.add_to(app)


@app.command("demo", epilog=examples("trueup demo", "TRUEUP_HOME=/tmp/demo trueup demo --now 2026-11-03T12:00:00Z"))
def demo(now: NowOption = None) -> None:
    """Load the demo world if there is none, and play its month: last month is closed, and people work on its reports.

    It needs an installation of its own: with a network of yours it is refused.
    """
    at = moment(now)
    with progress.showing_progress() as told:
        if world.load(now=at, progress=told):
            say("The demo world is loaded: a vendor, two distributors, twelve MSPs and their customers. All names are invented.")
        month = world.play(now=at, progress=told)
    with reading(now=at) as desk:
        cycles.show(desk, month, Format.TABLE)
        print()
        reports.list_reports(desk, cycle=month, status=None, distributor=None, form=Format.TABLE)
    say(f"Look closer: trueup report show {month} MSP, trueup report --help, or in the portal: trueup serve")
    print(f"\nPeople of the demo world; the password of each is {world.PASSWORD}\n")
    for person in world.people():
        print(f"  {person.email:<34} {person.what}")


@app.command("invite", epilog=examples("trueup invite billing@bolt.example"))
def invite(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="A member of any account.")],
    now: NowOption = None,
) -> None:
    """Print the link by which a member who has no password yet chooses one. It works once, for seven days; pass it to nobody else."""
    print(invitations.operators_link(email, moment(now)))


@app.command("serve", epilog=examples("trueup serve", "trueup serve --port 8080 --no-clock"))
def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; 0.0.0.0 is everywhere.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port.")] = 8000,
    threads: Annotated[int, typer.Option("--threads", min=1, max=256, help="How many requests are answered at once.")] = 8,
    clock: Annotated[bool, typer.Option("--clock/--no-clock", help="Be the clock too (else run trueup work beside it).")] = True,
    now: NowOption = None,
) -> None:
    """Serve the portal, with the clock in the same process. SIGTERM and Ctrl-C end it after what it is doing."""
    serving.serve(host=host, port=port, threads=threads, clock=clock, now=now)


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code."""
    if unreadable := next((argument for argument in arguments if not _is_text(argument)), None):
        say(f"“{unreadable.encode(errors='backslashreplace').decode()}” is not UTF-8, which every argument has to be.")
        return WRONG_USAGE
    try:
        app(args=list(arguments), prog_name="trueup")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return DONE


def _is_text(argument: str) -> bool:
    """Whether an argument can be written again; bytes that are not UTF-8 arrive as lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in argument)


def main() -> None:
    """The entry point."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # what cannot be written is shown as its code, whatever the machine's language
            reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))

"""The verbs of `trueup report`: each is done by a member, and told in the report's history."""

from typing import TYPE_CHECKING, Annotated

import typer

from trueup.jobs.commands.report import app
from trueup.jobs.desk import acting
from trueup.jobs.options import ActingAs, CycleArgument, MspArgument, NowOption, ServiceArgument, examples
from trueup.jobs.starting import Later

if TYPE_CHECKING:
    from trueup.jobs import review
else:
    review = Later("trueup.jobs.review")

CommentOption = Annotated[str, typer.Option("--comment", metavar="TEXT", help="A comment on the whole report.")]


@app.command(
    "edit",
    epilog=examples(
        'trueup report edit 2026-10 bolt endpoint-core --chargeable 35 --comment "Onboarding" --as billing@bolt.example',
        'trueup report edit 2026-10 bolt endpoint-core --chargeable "" --as billing@bolt.example',
    ),
)
def edit(
    cycle: CycleArgument,
    msp: MspArgument,
    service: ServiceArgument,
    *,
    email: ActingAs = None,
    chargeable: Annotated[
        str | None, typer.Option("--chargeable", metavar="N", help="Chargeable units; empty for the default value.")
    ] = None,
    comment: Annotated[str | None, typer.Option("--comment", metavar="TEXT", help="The comment of the line; empty for none.")] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="CODE", help="A reason code such as onboarding; empty for none.")
    ] = None,
    now: NowOption = None,
) -> None:
    """Save a line of a draft: chargeable units, comment, reason code. A draft may be incomplete."""
    if chargeable is None and comment is None and reason is None:
        raise typer.BadParameter("give at least one of --chargeable, --comment and --reason")
    with acting(email, now) as desk:
        review.edit(desk, cycle, msp, service, chargeable=chargeable, comment=comment, reason=reason)


@app.command("submit", epilog=examples("trueup report submit 2026-10 bolt --as billing@bolt.example"))
def submit(cycle: CycleArgument, msp: MspArgument, email: ActingAs = None, comment: CommentOption = "", now: NowOption = None) -> None:
    """Submit a report for review. Every issue that blocks the submission is listed."""
    with acting(email, now) as desk:
        review.submit(desk, cycle, msp, comment=comment)


@app.command("approve", epilog=examples("trueup report approve 2026-10 bolt --as review@north.example"))
def approve(cycle: CycleArgument, msp: MspArgument, email: ActingAs = None, comment: CommentOption = "", now: NowOption = None) -> None:
    """Approve a report under review. An approved report never changes again."""
    with acting(email, now) as desk:
        review.approve(desk, cycle, msp, comment=comment)


@app.command(
    "reject", epilog=examples('trueup report reject 2026-10 bolt --comment "Please check endpoint-core" --as review@north.example')
)
def reject(
    cycle: CycleArgument,
    msp: MspArgument,
    email: ActingAs = None,
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="The reason: what has to be changed.")] = "",
    now: NowOption = None,
) -> None:
    """Send a report under review back to the MSP, with the reason as a comment. A new deadline runs."""
    with acting(email, now) as desk:
        review.reject(desk, cycle, msp, reason=comment)


@app.command("regenerate", epilog=examples("trueup report regenerate 2026-10 bolt --as review@north.example"))
def regenerate(cycle: CycleArgument, msp: MspArgument, email: ActingAs = None, comment: CommentOption = "", now: NowOption = None) -> None:
    """Measure a report anew from newer usage. Edits and comments stay, and each says if its figures changed."""
    with acting(email, now) as desk:
        review.regenerate(desk, cycle, msp, comment=comment)


@app.command("waive", epilog=examples('trueup report waive 2026-10 bolt endpoint-core --reason "First month" --as review@north.example'))
def waive(
    cycle: CycleArgument,
    msp: MspArgument,
    service: ServiceArgument,
    *,
    email: ActingAs = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why the penalty is waived.")],
    now: NowOption = None,
) -> None:
    """Take the penalty from a line of a report under review; it charges what the MSP had saved."""
    with acting(email, now) as desk:
        review.waive(desk, cycle, msp, service, reason=reason)


def add_to(root: typer.Typer) -> None:
    """Put all commands about reports under `trueup`."""
    root.add_typer(app, name="report")

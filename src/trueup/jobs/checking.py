"""Proving that the figures and the history are right, as commands."""

from dataclasses import asdict
from pathlib import Path

import typer

from trueup.events import queries
from trueup.jobs import anchors
from trueup.jobs.alike import fields_of
from trueup.jobs.messages import say
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, write_object
from trueup.jobs.progress import showing_progress
from trueup.jobs.tables import Column, print_facts
from trueup.kit.period import Month
from trueup.reports import verifying
from trueup.statements.queries import checked_statements

_KEYS = ("cycle", "msp", "service", "field", "stored", "recomputed", "statement", "finding")
"""Of what is wrong, whether it is a figure or a statement: what does not go with it is null."""

_MISMATCHES = Listing(
    keys=_KEYS,
    columns=(
        Column("Cycle", "cycle", number=True),
        Column("MSP", "msp"),
        Column("Service", "service"),
        Column("Field", "field", codes=True),
        Column("Stored", "stored", number=True),
        Column("Recomputed", "recomputed", number=True),
    ),
    empty="Every figure comes out the same.",
)
_STATEMENTS = Listing(
    keys=_KEYS,
    columns=(Column("Statement", "statement"), Column("Finding", "finding")),
    empty="Every statement is as it was issued, and no number is missing.",
)
_FINDINGS = Listing(
    keys=("chain", "sequence", "message"),
    columns=(Column("Chain", "chain", number=True), Column("Event", "sequence", number=True), Column("Finding", "message")),
    empty="Nobody has touched the history.",
)


def verify(month: Month | None, form: Format) -> None:
    """Write every figure that differs, and every statement that is not as it was issued; exit code 1 if there is one.

    Statements are all looked at, whatever the cycle: their numbers go on over many. Raises NotFound for a cycle that is not closed.
    """
    with showing_progress() as progress:
        found = [fields_of(one) for one in verifying.verify(month, progress=progress)]
        statements = [{"statement": one.number, "finding": one.message} for one in checked_statements()]
    figures = [dict.fromkeys(_KEYS) | one for one in found]
    documents = [dict.fromkeys(_KEYS) | one for one in statements]
    if form is Format.TABLE:
        _MISMATCHES.write(figures, form)
        _STATEMENTS.write(documents, form)
    else:
        _MISMATCHES.write([*figures, *documents], form)
    if figures:
        say(f"{len(figures)} figure(s) differ.")
    if documents:
        say(f"{len(documents)} finding(s) about statements: they were altered after they were issued.")
    if figures or documents:
        raise typer.Exit(1)


def audit(form: Format, *, keep: Path | None, against: Path | None) -> None:
    """Write everything that was done to the history; exit code 1 if there is anything.

    `against` is a file that an earlier audit wrote to `keep`. Raises Invalid for a file that is none, Conflict where there are
    findings and nothing can be kept, OSError.
    """
    found = queries.audit(anchors.kept(against) if against else None)
    findings = [asdict(finding) for finding in found.findings]
    if form is Format.JSON:
        write_object({"chains": found.chains, "events": found.events, "anchor": found.anchor, "findings": findings})
    else:
        if form is Format.TABLE:
            print_facts({"Chains": found.chains, "Events": found.events, "Anchor": found.anchor})
        _FINDINGS.write(findings, form)
    if findings:
        say(f"{len(findings)} finding(s): the history was tampered with.")
    if keep:
        anchors.keep(keep, found)
        say(f"The ends of {len(found.ends)} chain(s) are in {keep}: keep it elsewhere, and come back with --against.")
    if findings:
        raise typer.Exit(1)

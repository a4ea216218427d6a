"""The command line as a test uses it: in this process, on the test's own database and ledger."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main

from trueup.config.cli import run

NETWORK = """\
installation: {currency: USD, time_zone: UTC}
regions:         [{code: emea, usage_reports: true}, {code: latam, usage_reports: false}]
account_types:   [{code: msp, usage_reports: true}, {code: reseller, usage_reports: false}]
solution_groups: [{code: smb, name: Small and medium business solutions}, {code: credits, name: Credit-based services}]
services:
  - {code: workspace-security, name: Workspace Security, group: smb, unit: seat, measure: own_maxima}
  - {code: endpoint-core, name: Endpoint Security Core, group: credits, unit: endpoint, measure: group_peak_day,
     credits: [{from: 2025-01-01, per_unit: "3.75"}]}
  - {code: email-core, name: Email Security Core, group: credits, unit: user, measure: {name: percentile_day, percentile: 85},
     reports_used: true, chargeable_basis: used}
accounts:
  - {ref: acme-vendor, tier: vendor, name: Acme Security}
  - {ref: north, tier: distributor, parent: acme-vendor, name: North Distribution, region: emea}
  - {ref: bolt, tier: msp, parent: north, name: Bolt IT, region: emea, type: msp, time_zone: Europe/Berlin, city: Berlin, state: BE}
  - {ref: coil, tier: msp, parent: north, name: Coil Systems, region: emea, type: msp}
  - {ref: bolt-dental, tier: customer, parent: bolt, name: Dental Care}
  - {ref: bolt-moved, tier: customer, name: Moved Ltd, placements: [{parent: bolt, from: 2025-01-01}, {parent: coil, from: 2026-10-16}]}
sources: [{code: rmm-feed, expected: daily}, {code: queue, unmapped: keep}]
members:
  - {email: billing@bolt.example, account: bolt, role: billing_manager}
  - {email: looks@bolt.example, account: bolt, role: viewer}
  - {email: billing@coil.example, account: coil, role: billing_manager}
  - {email: review@north.example, account: north, role: billing_manager}
terms:
  - {account: north, from: 2026-01-01, auto_submit_after_days: 5, over_provision_percent: 10, over_provision_units: 5,
     penalty: charge_provisioned, auto_approve: clean}
"""


# Making the tree of all commands takes longer than most of them, and it is the same each time: made once for all tests of a process.
typer.main.get_command = cache(typer.main.get_command)


class Answer(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str


class Trueup:
    """`trueup`, without a process of its own."""

    def __init__(self, capture: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capture = capture
        self._folder = folder

    def __call__(self, *arguments: str) -> Answer:
        """Run a command."""
        self._capture.readouterr()
        code = run(arguments)
        out, err = self._capture.readouterr()
        return Answer(code, out, err)

    def file(self, name: str, text: str) -> str:
        """A file with this text; its path."""
        path = self._folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def done(self, *arguments: str) -> str:
        """Run a command that has to succeed; what it wrote."""
        answer = self(*arguments)
        assert answer.code == 0, answer
        return answer.out

    def refused(self, *arguments: str) -> str:
        """Run a command that has to be refused; the reason. Nothing may have been written as data."""
        answer = self(*arguments)
        assert (answer.code, answer.out) == (1, ""), answer
        assert "Traceback" not in answer.err
        return answer.err

    def misused(self, *arguments: str) -> str:
        """Run a command that is wrong usage; what was said."""
        answer = self(*arguments)
        assert (answer.code, answer.out) == (2, ""), answer
        return answer.err

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run a command with `--format json`; the data."""
        answer = self(*arguments, "--format", "json")
        assert answer.code == code, answer
        return json.loads(answer.out)


def keys(records: Sequence[dict[str, Any]]) -> list[str]:
    """The keys of the first record, in order."""
    return list(records[0])

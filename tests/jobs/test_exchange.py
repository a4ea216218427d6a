"""Mapping profiles on the command line."""

from pathlib import Path

import pytest

from tests.jobs.command import NETWORK, Trueup

MINE = """\
name: mine
kind: out
per: customer
columns:
  - {heading: Who, field: company}
  - {heading: What, field: sku}
  - {heading: Units, field: chargeable}
services: {endpoint-core: EPC}
"""
FEED = """\
name: feed
kind: in
columns:
  - {field: day, constant: 2026-10-31}
  - {field: customer, heading: Client}
  - {field: service, constant: endpoint-core}
  - {field: provisioned_units, heading: Qty}
"""
BOLT = ("--as", "billing@bolt.example")


@pytest.fixture
def told(trueup: Trueup) -> Trueup:
    """The command line, with both profiles kept at bolt and one row of usage in October."""
    trueup.done("apply", trueup.file("network.yaml", NETWORK), "--now", "2026-09-01T00:00:00Z")
    for name, text in (("mine.yaml", MINE), ("feed.yaml", FEED)):
        trueup.done("profile", "save", trueup.file(name, text), *BOLT, "--now", "2026-10-01T00:00:00Z")
    return trueup


class TestProfile:
    def test_is_saved_listed_shown_and_removed(self, told: Trueup) -> None:
        listed = told.json("profile", "list", *BOLT)
        assert [(one["name"], one["kind"], one["account"], one["built_in"]) for one in listed] == [
            ("connectwise", "out", "", True), ("feed", "in", "bolt", False), ("mine", "out", "bolt", False)
        ]  # fmt: skip
        shown = told.done("profile", "show", "mine", *BOLT)
        assert "- {heading: Who, field: company}" in shown
        told.done("profile", "save", told.file("again.yaml", shown), *BOLT)
        assert told.json("profile", "list", *BOLT)[2]["saved_at"] == "2026-10-01T00:00:00Z"
        told.done("profile", "remove", "mine", *BOLT)
        assert "no mapping profile" in told.refused("profile", "show", "mine", *BOLT)

    def test_is_refused_with_the_lines_of_what_is_wrong(self, told: Trueup) -> None:
        file = told.file("bad.yaml", MINE.replace("field: sku", "field: price"))
        assert "bad.yaml line 6" in told.refused("profile", "save", file, *BOLT)
        assert "may not keep" in told.refused("profile", "save", file, "--as", "looks@bolt.example")
        assert "no member" in told.refused("profile", "save", file, *BOLT, "--account", "coil")


class TestUsageImport:
    def test_takes_in_a_file_of_any_layout_once(self, told: Trueup) -> None:
        file = told.file("feed.csv", "Qty,Client\n4,bolt-dental\n2,bolt-dental\n")
        first = told.json("usage", "import", file, "--profile", "feed", *BOLT, "--now", "2026-10-31T20:00:00Z")
        assert (first["stored"], first["refused"]) == (1, [])
        again = told.json("usage", "import", file, "--profile", "feed", *BOLT, "--now", "2026-10-31T21:00:00Z")
        assert (again["stored"], again["repeated"]) == (0, 1)
        other = told.json("usage", "import", file, "--profile", "feed", "--day", "2026-10-30", "--now", "2026-10-31T22:00:00Z")
        assert other["stored"] == 1
        shown = told.json("usage", "show", "--month", "2026-10")
        assert [(row["day"], row["provisioned"]) for row in shown] == [("2026-10-30", "6"), ("2026-10-31", "6")]

    def test_tells_rows_and_columns_as_the_file_has_them(self, told: Trueup) -> None:
        file = told.file("feed.csv", "Qty,Client\n4,bolt-dental\n2,nobody\n")
        answer = told.json("usage", "import", file, "--profile", "feed", *BOLT, "--now", "2026-10-31T20:00:00Z", code=1)
        assert answer["refused"] == [{"row": 3, "column": "Client", "value": "nobody", "reason": "unknown_customer"}]
        file = told.file("feed.csv", "Qty,Client\n4,bolt-dental\nmany,nobody\n")
        assert "row 3, column Qty" in told.refused("usage", "import", file, "--profile", "feed", *BOLT)

    def test_is_misused(self, told: Trueup) -> None:
        file = told.file("feed.csv", "x")
        assert "--profile" in told.misused("usage", "import", file, *BOLT)
        assert "is not a day" in told.misused("usage", "import", file, "--profile", "feed", "--day", "2026-W44-6")
        assert "cannot be read: No such file" in told.refused("usage", "import", f"{file}.gone", "--profile", "feed")


class TestReportExport:
    def test_writes_a_report_as_the_profile_says(self, told: Trueup) -> None:
        file = told.file("feed.csv", "Qty,Client\n4,bolt-dental\n")
        told.done("usage", "import", file, "--profile", "feed", *BOLT, "--now", "2026-10-31T20:00:00Z")
        told.done("cycle", "close", "2026-10", "--now", "2026-11-01T00:00:00Z")
        assert told.done("report", "export", "2026-10", "bolt", "--profile", "mine", *BOLT) == "Who,What,Units\r\nbolt-dental,EPC,4\r\n"
        assert told.done("report", "export", "2026-10", "bolt", "--profile", "mine", "--lines") == "Who,What,Units\r\nbolt,EPC,4\r\n"
        written = told.file("out.csv", "")
        told.done("report", "export", "2026-10", "bolt", "--profile", "mine", "--output", written)
        assert Path(written).read_bytes() == b"Who,What,Units\r\nbolt-dental,EPC,4\r\n"
        assert "no report" in told.refused(
            "report", "export", "2026-10", "bolt", "--profile", "connectwise", "--as", "billing@coil.example"
        )

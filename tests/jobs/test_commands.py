"""Every command: what it answers, in each format, and what it refuses."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection, transaction

from tests.database import without_triggers
from tests.jobs.command import NETWORK, Trueup, keys
from trueup.reports.models import ReportLine

MSP, DISTRIBUTOR = "billing@bolt.example", "review@north.example"
USAGE = """\
day,customer,service,provisioned_units,used_units,allocated_credits
2026-10-05,bolt-dental,endpoint-core,40,31,
2026-10-05,bolt-dental,workspace-security,22.50,,
2026-10-20,bolt-moved,endpoint-core,50,20,
"""
BAD = """\
day,customer,service,provisioned_units
2026-10-05,bolt-dental,endpoint-core,40
2026-10-05,nobody,endpoint-core,-1
"""
LINE_KEYS = [
    "service", "group", "unit", "provisioned", "used", "over_provisioned", "over_provisioned_percent", "credits",
    "default_chargeable", "chargeable", "penalty", "comment", "reason", "days", "issues",
]  # fmt: skip


@pytest.fixture
def network(trueup: Trueup) -> Trueup:
    """The network is applied."""
    trueup.done("apply", trueup.file("network.yaml", NETWORK), "--now", "2026-09-01T00:00:00Z")
    return trueup


@pytest.fixture
def month(network: Trueup) -> Trueup:
    """October 2026 is closed."""
    network.done("usage", "import", network.file("usage.csv", USAGE), "--now", "2026-10-31T12:00:00Z")
    network.done("cycle", "close", "2026-10", "--now", "2026-11-01T00:00:00Z")
    return network


class TestApply:
    def test_shows_and_changes_nothing_in_a_dry_run(self, trueup: Trueup) -> None:
        file = trueup.file("network.yaml", NETWORK)
        steps = trueup.json("apply", file, "--dry-run")
        assert keys(steps) == ["action", "kind", "name", "changes", "note"]
        assert {step["action"] for step in steps} == {"add"}
        assert trueup.json("apply", file, "--dry-run") == steps

    def test_changes_nothing_the_second_time(self, network: Trueup) -> None:
        assert network.json("apply", network.file("network.yaml", NETWORK)) == []

    def test_shows_what_changes(self, network: Trueup) -> None:
        answer = network("apply", network.file("network.yaml", NETWORK.replace("Coil Systems", "Coil Group")))
        assert (answer.code, "Coil Systems → Coil Group" in answer.out) == (0, True)

    def test_names_the_line_of_every_error(self, trueup: Trueup) -> None:
        text = trueup.refused(
            "apply", trueup.file("bad.yaml", NETWORK.replace("tier: vendor", "tier: king").replace("Europe/Berlin", "Mars"))
        )
        assert "bad.yaml line 12: account acme-vendor" in text
        assert "bad.yaml line 14: account bolt" in text

    def test_refuses_what_it_cannot_read(self, trueup: Trueup, tmp_path: Path) -> None:
        assert "cannot be read" in trueup.refused("apply", str(tmp_path / "none.yaml"))
        (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")
        assert "not UTF-8" in trueup.refused("apply", str(tmp_path / "latin.yaml"))


class TestCustomersImport:
    def test_counts_what_it_did(self, network: Trueup) -> None:
        file = network.file("customers.csv", "ref,name,msp,from\nbolt-new,New,bolt,\nbolt-dental,Dental Group,bolt,\n")
        assert network.json("customers", "import", file) == {"added": 1, "renamed": 1, "moved": 0, "unchanged": 0, "refused": []}

    def test_lists_every_bad_row(self, network: Trueup) -> None:
        file = network.file("customers.csv", "ref,name,msp,from\nbolt-new,New,bolt,\nx,X,nobody,\n")
        found = network.json("customers", "import", file, code=1)
        assert (found["added"], [row["row"] for row in found["refused"]]) == (0, [2])


class TestUsageImport:
    def test_answers_with_the_keys_of_the_contract(self, network: Trueup) -> None:
        arguments = ("usage", "import", network.file("usage.csv", USAGE), "--now", "2026-10-31T12:00:00Z")
        first = network.json(*arguments)
        assert first == {"batch": first["batch"], "stored": 3, "repeated": 0, "refused": []}
        assert isinstance(first["batch"], int)
        assert network.json(*arguments) == {"batch": first["batch"], "stored": 0, "repeated": 3, "refused": []}

    def test_refuses_a_batch_with_every_bad_row(self, network: Trueup) -> None:
        found = network.json("usage", "import", network.file("bad.csv", BAD), "--now", "2026-10-31T12:00:00Z", code=1)
        assert found == {
            "batch": None,
            "stored": 0,
            "repeated": 0,
            "refused": [
                {"row": 2, "column": "customer", "value": "nobody", "reason": "unknown_customer"},
                {"row": 2, "column": "provisioned_units", "value": "-1", "reason": "negative"},
            ],
        }
        assert network.json("usage", "show", "--month", "2026-10") == []

    def test_explains_the_reasons_and_says_where_all_are(self, network: Trueup) -> None:
        answer = network("usage", "import", network.file("bad.csv", BAD), "--now", "2026-10-31T12:00:00Z")
        assert "No customer has this ref." in answer.out
        assert "all of them are listed in" in answer.err
        assert answer.code == 1

    def test_stores_the_good_rows_if_asked(self, network: Trueup) -> None:
        found = network.json("usage", "import", network.file("bad.csv", BAD), "--accept-valid", "--now", "2026-10-31T12:00:00Z")
        assert (found["stored"], len(found["refused"])) == (1, 2)

    @pytest.mark.parametrize("more", [[], ["--dry-run"]])
    def test_is_refused_if_no_row_is_good(self, network: Trueup, more: list[str]) -> None:
        file = network.file("bad.csv", "".join(BAD.splitlines(keepends=True)[::2]))
        found = network.json("usage", "import", file, "--accept-valid", *more, "--now", "2026-10-31T12:00:00Z", code=1)
        assert (found["stored"], len(found["refused"])) == (0, 2)

    def test_writes_bad_rows_as_csv(self, network: Trueup) -> None:
        answer = network("usage", "import", network.file("bad.csv", BAD), "--format", "csv", "--now", "2026-10-31T12:00:00Z")
        assert answer.out.splitlines() == [
            "row,column,value,reason",
            "2,customer,nobody,unknown_customer",
            "2,provisioned_units,'-1,negative",
        ]

    def test_changes_nothing_in_a_dry_run(self, network: Trueup) -> None:
        assert (
            network.json("usage", "import", network.file("usage.csv", USAGE), "--dry-run", "--now", "2026-10-31T12:00:00Z")["stored"] == 3
        )
        assert network.json("usage", "show", "--month", "2026-10") == []

    def test_does_not_go_back_in_time(self, month: Trueup) -> None:
        other = month.file("other.csv", USAGE.replace("40", "41"))
        month.refused("usage", "import", other, "--now", "2026-10-01T00:00:00Z")

    def test_refuses_an_unknown_source_a_missing_file_and_a_used_key(self, network: Trueup, tmp_path: Path) -> None:
        file = network.file("usage.csv", USAGE)
        assert "no source" in network.refused("usage", "import", file, "--source", "nope")
        assert "cannot be read" in network.refused("usage", "import", str(tmp_path / "none.csv"))
        network.done("usage", "import", file, "--key", "k", "--now", "2026-10-31T12:00:00Z")
        other = network.file("other.csv", USAGE.replace("40", "41"))
        assert "another content" in network.refused("usage", "import", other, "--key", "k", "--now", "2026-10-31T12:00:00Z")


class TestUsageUnmapped:
    @pytest.fixture
    def waiting(self, network: Trueup) -> Trueup:
        """A record waits for a name."""
        text = "day,customer,service,provisioned_units\n2026-10-05,Dental Care,endpoint-core,4\n"
        answer = network("usage", "import", network.file("names.csv", text), "--source", "queue", "--now", "2026-10-31T12:00:00Z")
        assert "wait for a name" in answer.err
        return network

    def test_lists_names(self, waiting: Trueup) -> None:
        assert waiting.json("usage", "unmapped") == [
            {
                "source": "queue",
                "kind": "customer",
                "name": "Dental Care",
                "records": 1,
                "first_day": "2026-10-05",
                "last_day": "2026-10-05",
            }
        ]

    def test_matches_a_name(self, waiting: Trueup) -> None:
        text = waiting.done("usage", "unmapped", "map", "Dental Care", "--customer", "bolt-dental", "--now", "2026-10-31T13:00:00Z")
        assert "1 record(s) stored" in text
        assert waiting.json("usage", "unmapped") == []
        assert waiting.json("usage", "show", "--month", "2026-10")[0]["customer"] == "bolt-dental"

    def test_needs_either_a_customer_or_a_service(self, waiting: Trueup) -> None:
        waiting.misused("usage", "unmapped", "map", "X")
        waiting.misused("usage", "unmapped", "map", "X", "--customer", "bolt-dental", "--service", "email-core")
        waiting.refused("usage", "unmapped", "map", "X", "--customer", "nobody")


class TestUsageShow:
    def test_writes_plain_numbers(self, month: Trueup) -> None:
        rows = month.json("usage", "show", "--month", "2026-10", "--service", "workspace-security")
        assert rows == [
            {
                "day": "2026-10-05", "msp": "bolt", "customer": "bolt-dental", "service": "workspace-security",
                "provisioned": "22.5", "used": None, "credits": None, "recorded_at": "2026-10-31T12:00:00Z",
            }
        ]  # fmt: skip

    def test_is_scoped_to_the_person(self, month: Trueup) -> None:
        assert len(month.json("usage", "show", "--month", "2026-10")) == 3
        assert len(month.json("usage", "show", "--month", "2026-10", "--as", MSP)) == 2
        month.refused("usage", "show", "--month", "2026-10", "--msp", "coil", "--as", MSP)
        month.refused("usage", "show", "--month", "2026-10", "--as", "stranger@nowhere.example")

    def test_shows_what_was_known(self, month: Trueup) -> None:
        assert month.json("usage", "show", "--month", "2026-10", "--as-of", "2026-10-30T00:00:00Z") == []


class TestCycle:
    def test_closes_once(self, month: Trueup) -> None:
        text = month.done("cycle", "close", "2026-10", "--now", "2026-11-02T00:00:00Z")
        assert "closed before" in text
        assert "Generated 0 report(s); 2026-10 has 2." in text
        assert month.json("cycle", "show", "2026-10")["as_of"] == "2026-11-01T00:00:00Z"

    def test_is_not_closed_too_early(self, network: Trueup) -> None:
        assert "too early" in network.refused("cycle", "close", "2026-10", "--now", "2026-10-31T23:59:59Z")

    def test_is_listed_and_shown(self, month: Trueup) -> None:
        assert month.json("cycle", "list") == [
            {
                "cycle": "2026-10", "status": "closed", "closes_at": "2026-11-01T00:00:00Z", "closed_at": "2026-11-01T00:00:00Z",
                "as_of": "2026-11-01T00:00:00Z",
            }
        ]  # fmt: skip
        shown = month.json("cycle", "show", "2026-10")
        assert shown["reports"] == {"msp_preparing": 2, "under_review": 0, "approved": 0, "rejected": 0}
        assert (shown["first_deadline"], shown["last_deadline"]) == ("2026-11-06T23:00:00Z", "2026-11-07T00:00:00Z")
        assert "2 MSP preparing" in month.done("cycle", "show", "2026-10")

    def test_shows_the_missing_days_of_a_source(self, network: Trueup) -> None:
        network.done("usage", "import", network.file("usage.csv", USAGE), "--source", "rmm-feed", "--now", "2026-10-20T12:00:00Z")
        missing = network.json("cycle", "show", "2026-10", "--now", "2026-10-08T12:00:00Z")["missing_days"]
        assert missing == [{"source": "rmm-feed", "days": ["2026-10-06", "2026-10-07"]}]

    def test_is_not_found_without_usage(self, network: Trueup) -> None:
        assert "no cycle 2026-12" in network.refused("cycle", "show", "2026-12")


class TestReportReading:
    def test_has_the_keys_of_the_contract(self, month: Trueup) -> None:
        shown = month.json("report", "show", "2026-10", "bolt")
        assert list(shown) == ["cycle", "msp", "distributor", "status", "submission", "flags", "deadline", "approved_at", "lines", "issues"]
        assert keys(shown["lines"]) == LINE_KEYS
        assert shown["lines"][1] == {
            "service": "endpoint-core", "group": "credits", "unit": "endpoint", "provisioned": "40", "used": "31",
            "over_provisioned": "9", "over_provisioned_percent": "22.5", "credits": "150", "default_chargeable": "31", "chargeable": "31",
            "penalty": False, "comment": None, "reason": None, "days": ["2026-10-05"], "issues": ["over_provisioned", "discrepancy"],
        }  # fmt: skip
        assert shown["issues"] == ["over_provisioned", "discrepancy"]

    def test_lists_with_the_keys_of_the_contract(self, month: Trueup) -> None:
        found = month.json("report", "list")
        assert keys(found) == ["cycle", "msp", "distributor", "status", "submission", "flags", "deadline"]
        assert [one["msp"] for one in found] == ["bolt", "coil"]

    def test_filters_the_list(self, month: Trueup) -> None:
        assert month.json("report", "list", "--cycle", "2026-09") == []
        assert month.json("report", "list", "--status", "approved") == []
        assert len(month.json("report", "list", "--distributor", "north", "--status", "msp_preparing", "--cycle", "2026-10")) == 2
        assert month.json("report", "list", "--distributor", "south") == []

    def test_has_the_keys_of_the_contract_in_every_other_view(self, month: Trueup) -> None:
        assert keys(month.json("report", "customers", "2026-10", "bolt", "endpoint-core")) == ["customer", "provisioned", "used", "credits"]
        assert keys(month.json("report", "days", "2026-10", "bolt", "endpoint-core")) == ["day", "provisioned", "used", "credits", "chosen"]
        assert keys(month.json("report", "history", "2026-10", "bolt")) == ["at", "actor", "event", "changes"]
        forecast = month.json("report", "forecast", "2026-10", "bolt")
        assert (list(forecast), keys(forecast["lines"])) == (["deadline", "lines"], ["service", "as_saved", "if_nothing", "reason"])

    @pytest.mark.parametrize(("saved", "said"), [(None, "saved was 31"), ("40", "as was saved")])
    def test_says_what_was_saved_under_a_penalty(self, month: Trueup, saved: str | None, said: str) -> None:
        if saved:
            edit = ("report", "edit", "2026-10", "bolt", "endpoint-core", "--chargeable", saved, "--as", MSP)
            month.done(*edit, "--now", "2026-11-02T00:00:00Z")
        assert "31 !" in month.done("report", "show", "2026-10", "bolt") or saved
        month.done("work", "--once", "--now", "2026-11-07T00:00:00Z")
        assert f"penalty – provisioned units are charged, {said}" in month.done("report", "show", "2026-10", "bolt")

    @pytest.mark.parametrize("form", ["table", "csv"])
    @pytest.mark.parametrize("view", ["show", "customers", "days", "history", "forecast"])
    def test_is_written_in_every_format(self, month: Trueup, view: str, form: str) -> None:
        service = ("endpoint-core",) if view in {"customers", "days"} else ()
        answer = month("report", view, "2026-10", "bolt", *service, "--format", form)
        assert answer.code == 0
        if form == "csv":
            rows = list(csv.reader(io.StringIO(answer.out)))
            assert len({len(row) for row in rows}) == 1
            assert len(rows) > 1

    def test_is_scoped_to_the_person(self, month: Trueup) -> None:
        assert [one["msp"] for one in month.json("report", "list", "--as", MSP)] == ["bolt"]
        assert len(month.json("report", "list", "--as", DISTRIBUTOR)) == 2
        for view in ("show", "history", "forecast"):
            assert "no report" in month.refused("report", view, "2026-10", "coil", "--as", MSP)
        for view in ("customers", "days"):
            month.refused("report", view, "2026-10", "coil", "endpoint-core", "--as", MSP)
            month.refused("report", view, "2026-10", "bolt", "email-core")

    def test_has_no_forecast_once_it_is_submitted(self, month: Trueup) -> None:
        month.done("work", "--once", "--now", "2026-11-07T00:00:00Z")
        assert "under review" in month.refused("report", "forecast", "2026-10", "bolt")


class TestReportVerb:
    @pytest.mark.parametrize("verb", ["submit", "approve", "reject", "regenerate"])
    def test_needs_to_know_who_does_it(self, trueup: Trueup, verb: str) -> None:
        assert "--as" in trueup.misused("report", verb, "2026-10", "bolt")
        assert "--as" in trueup.misused("report", "edit", "2026-10", "bolt", "endpoint-core", "--comment", "x")
        assert "--as" in trueup.misused("report", "waive", "2026-10", "bolt", "endpoint-core", "--reason", "x")

    def test_needs_what_the_verb_needs(self, trueup: Trueup) -> None:
        assert "--reason" in trueup.misused("report", "waive", "2026-10", "bolt", "endpoint-core", "--as", MSP)
        assert "at least one" in trueup.misused("report", "edit", "2026-10", "bolt", "endpoint-core", "--as", MSP)

    def test_is_refused_to_those_without_the_right(self, month: Trueup) -> None:
        at = ("--now", "2026-11-02T00:00:00Z")
        edit = ("report", "edit", "2026-10", "bolt", "endpoint-core", "--chargeable", "35")
        assert "may not" in month.refused(*edit, "--as", "looks@bolt.example", *at)
        assert "may not" in month.refused(*edit, "--as", DISTRIBUTOR, *at)
        assert "no report" in month.refused(*edit, "--as", "billing@coil.example", *at)
        assert "no member" in month.refused(*edit, "--as", "stranger@nowhere.example", *at)

    @pytest.mark.parametrize("value", ["-1", "1.5", "many", "1e99"])
    def test_refuses_a_chargeable_value_that_is_none(self, month: Trueup, value: str) -> None:
        edit = ("report", "edit", "2026-10", "bolt", "endpoint-core", f"--chargeable={value}", "--as", MSP)
        assert "chargeable" in month.refused(*edit, "--now", "2026-11-02T00:00:00Z")

    def test_is_refused_in_the_wrong_state(self, month: Trueup) -> None:
        at = ("--as", DISTRIBUTOR, "--now", "2026-11-02T00:00:00Z")
        assert "MSP preparing" in month.refused("report", "approve", "2026-10", "bolt", *at)
        assert "MSP preparing" in month.refused("report", "reject", "2026-10", "bolt", "--comment", "x", *at)
        assert "MSP preparing" in month.refused("report", "waive", "2026-10", "bolt", "endpoint-core", "--reason", "x", *at)

    def test_lists_everything_that_blocks_a_submission(self, month: Trueup) -> None:
        text = month.refused("report", "submit", "2026-10", "bolt", "--as", MSP, "--now", "2026-11-02T00:00:00Z")
        assert "explain it in a comment" in text


class TestWork:
    def test_says_what_it_did(self, network: Trueup) -> None:
        network.done("usage", "import", network.file("usage.csv", USAGE), "--now", "2026-10-31T12:00:00Z")
        text = network.done("work", "--once", "--now", "2026-11-01T00:00:00Z")
        assert "closed the cycle 2026-10: 1" in text
        assert "generated reports of 2026-10: 2" in text
        assert "Nothing was due" in network.done("work", "--once", "--now", "2026-11-01T00:00:01Z")


class TestProof:
    def test_finds_nothing_where_nothing_is_wrong(self, month: Trueup) -> None:
        assert month.json("verify", "2026-10") == []
        audit = month.json("audit", "verify")
        assert list(audit) == ["chains", "events", "anchor", "findings"]
        assert audit["findings"] == []
        assert audit["anchor"] in month.done("audit", "verify")

    def test_names_a_figure_that_differs(self, month: Trueup) -> None:
        ReportLine.objects.filter(report__msp_ref="bolt", service_code="endpoint-core").update(provisioned=Decimal(41))
        assert month.json("verify", code=1) == [
            {"cycle": "2026-10", "msp": "bolt", "service": "endpoint-core", "field": "provisioned", "stored": "41", "recomputed": "40",
             "statement": None, "finding": None}
        ]  # fmt: skip

    def test_finds_an_altered_event(self, month: Trueup) -> None:
        with transaction.atomic(), without_triggers(connection), connection.cursor() as cursor:
            cursor.execute("UPDATE events_event SET note = 'nothing' WHERE sequence = 1 AND chain <> 0")
        found = month.json("audit", "verify", code=1)
        assert {finding["message"] for finding in found["findings"]} == {"its content was altered"}

    def test_is_not_given_for_an_open_cycle(self, network: Trueup) -> None:
        assert "not closed" in network.refused("verify", "2026-10")

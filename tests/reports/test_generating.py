"""Reports as they are generated, regenerated and verified."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from tests.reports.month import CLOSING, OCTOBER, OPERATOR, October, at, at_times, every_day
from trueup.cycles.actions import close
from trueup.kit.errors import Conflict, NotAllowed
from trueup.kit.period import instant_text
from trueup.reports import queries
from trueup.reports.generating import generate, is_generated
from trueup.reports.models import Report, ReportLine
from trueup.reports.rules.workflow import Status
from trueup.reports.verifying import verify

D = Decimal


class TestGenerate:
    def test_makes_one_report_per_msp_with_usage(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"), *at_times("dune-hotel", "workspace-security", "10", ""))
        cycle = october.close()
        assert is_generated(cycle)
        reports = queries.report_list(OPERATOR, cycle=OCTOBER)
        assert [(one.msp, one.distributor, one.status, one.submission) for one in reports] == [
            ("bolt", "north", Status.MSP_PREPARING, None),
            ("dune", "south", Status.MSP_PREPARING, None),
        ]
        assert instant_text(reports[0].deadline) == "2026-11-06T23:00:00Z"
        assert instant_text(reports[1].deadline) == "2026-11-07T05:00:00Z"

    def test_measures_every_line(self, october: October) -> None:
        october.deliver(*every_day("bolt-dental", "endpoint-core", "40", "31"), "2026-10-07,bolt-garage,endpoint-core,2,1,")
        october.close()
        line = october.line("bolt", "endpoint-core")
        assert (line.provisioned, line.used, line.credits) == (42, 32, D("157.5"))
        assert line.days == (date(2026, 10, 7),)
        assert (line.over_provisioned, line.over_provisioned_percent) == (10, D("23.8"))
        assert line.default_chargeable == line.chargeable == 32
        assert october.codes("bolt", "endpoint-core") == ["over_provisioned", "discrepancy"]

    def test_charges_provisioned_where_used_is_unknown(self, october: October) -> None:
        october.deliver(*every_day("bolt-dental", "backup-storage", "12.5", ""))
        october.close()
        line = october.line("bolt", "backup-storage")
        assert (line.provisioned, line.used, line.chargeable, line.days) == (D("12.5"), None, D("12.5"), ())

    def test_gives_each_msp_its_part_of_a_customer_that_moved(self, october: October) -> None:
        october.deliver(*at_times("bolt-moved", "nfr-license", "5", "4"))
        october.close()
        assert october.line("bolt", "nfr-license").provisioned == 0  # on the last day it was coil's
        assert october.line("coil", "nfr-license").provisioned == 5

    def test_happens_once(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"))
        cycle = october.close()
        assert generate(OPERATOR, cycle, now=at("2026-11-02T00:00:00Z")) == 0
        assert close(OPERATOR, OCTOBER, now=at("2026-11-02T00:00:00Z")).as_of == cycle.as_of
        assert Report.objects.count() == 1

    def test_goes_on_where_it_was_interrupted(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"), *at_times("coil-bakery", "endpoint-core", "4", "4"))
        october.terms("account: dune, from: 2026-01-01, zero_reports: true")
        cycle = close(OPERATOR, OCTOBER, now=at(CLOSING))

        class Crash(Exception):
            """The power goes."""

        class PowerCut:
            def start(self, label: str, total: int | None) -> None:
                if "zero" in label:
                    raise Crash

            def advance(self, count: int) -> None: ...

            def finish(self) -> None: ...

        with pytest.raises(Crash):
            generate(OPERATOR, cycle, now=at(CLOSING), progress=PowerCut())
        assert not is_generated(cycle)
        assert generate(OPERATOR, cycle, now=at("2026-11-01T00:05:00Z")) == 1
        assert sorted(Report.objects.values_list("msp_ref", flat=True)) == ["bolt", "coil", "dune"]
        assert october.events("bolt") == [("system", "generated")]

    def test_makes_a_zero_report_only_where_the_terms_ask_for_it(self, october: October) -> None:
        october.terms("account: coil, from: 2026-01-01, zero_reports: true")
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"))
        october.close()
        assert {one.msp for one in queries.report_list(OPERATOR)} == {"bolt", "coil"}
        assert october.report("coil").lines == ()

    def test_copies_terms_so_that_later_ones_change_nothing(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"))
        october.close()
        october.terms("account: bolt, from: 2026-01-01, over_provision_units: 100, auto_submit_after_days: 30")
        assert "over_provisioned" in october.codes("bolt", "endpoint-core")
        assert instant_text(october.report("bolt").summary.deadline) == "2026-11-06T23:00:00Z"

    def test_takes_the_terms_closest_to_the_msp(self, october: October) -> None:
        october.terms("account: bolt, from: 2026-10-31, over_provision_units: 9")
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "32"), *at_times("coil-bakery", "endpoint-core", "40", "32"))
        october.close()
        assert "over_provisioned" not in october.codes("bolt", "endpoint-core")
        assert "over_provisioned" in october.codes("coil", "endpoint-core")

    def test_knows_nothing_that_was_recorded_after_its_moment(self, october: October) -> None:
        october.deliver("2026-10-31,bolt-dental,endpoint-core,40,40,")
        october.deliver("2026-10-31,bolt-dental,endpoint-core,400,400,", now="2026-11-05T12:00:00Z")
        october.close(CLOSING)  # by somebody who makes up for it on the 5th
        assert october.line("bolt", "endpoint-core").provisioned == 40

    def test_is_too_early_before_the_month_is_over(self, october: October) -> None:
        october.deliver("2026-10-01,bolt-dental,endpoint-core,40,31,")
        with pytest.raises(Conflict, match="closes on 2026-11-01"):
            october.close("2026-10-31T23:59:59Z")

    def test_is_not_for_people(self, october: October) -> None:
        october.deliver("2026-10-01,bolt-dental,endpoint-core,40,31,")
        cycle = october.close()
        person = october.viewer("north@north.example", "bolt")
        with pytest.raises(NotAllowed):
            close(person, OCTOBER.next(), now=at("2026-12-01T00:00:00Z"))
        with pytest.raises(NotAllowed):
            generate(person, cycle, now=at(CLOSING))

    def test_keeps_large_figures_to_the_last_digit(self, october: October) -> None:
        huge = "999999999999.123456"
        october.deliver(f"2026-10-01,bolt-dental,nfr-license,{huge},{huge},", f"2026-10-31,bolt-dental,nfr-license,{huge},{huge},0")
        october.deliver(f"2026-10-31,bolt-garage,nfr-license,{huge},{huge},0")
        october.close()
        assert october.line("bolt", "nfr-license").provisioned == D("1999999999998.246912")


class TestIncompleteData:
    def test_is_carried_by_lines_of_a_source_that_missed_a_day(self, october: October) -> None:
        october.deliver(*every_day("bolt-dental", "endpoint-core", "40", "31", without=[5]), source="rmm-feed")
        october.deliver(*at_times("bolt-dental", "workspace-security", "40", "31"))
        october.close()
        assert "incomplete_data" in october.codes("bolt", "endpoint-core")
        assert "incomplete_data" not in october.codes("bolt", "workspace-security")
        assert october.forecast("bolt")["endpoint-core"].reason == "as_saved"
        assert october.forecast("bolt")["workspace-security"].reason == "penalty"

    def test_ends_with_the_late_delivery(self, october: October) -> None:
        october.deliver(*every_day("bolt-dental", "endpoint-core", "40", "31", without=[5]), source="rmm-feed")
        october.close()
        october.deliver("2026-10-05,bolt-dental,endpoint-core,40,31,", source="rmm-feed", now="2026-11-02T00:00:00Z")
        october.regenerate("bolt")
        assert "incomplete_data" not in october.codes("bolt", "endpoint-core")


class TestRegenerate:
    def test_changes_what_is_measured_and_keeps_what_was_edited(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "38"), *at_times("bolt-dental", "workspace-security", "9", "9"))
        october.close()
        october.edit("bolt", "endpoint-core", by="billing@bolt.example", chargeable="37", comment="one left on the 3rd")
        october.deliver("2026-10-20,bolt-dental,endpoint-core,50,45,", now="2026-11-03T00:00:00Z")
        october.deliver("2026-10-20,bolt-dental,workspace-security,12,11,", now="2026-11-03T00:00:00Z")
        assert october.regenerate("bolt") == 2
        edited = october.line("bolt", "endpoint-core")
        assert (edited.provisioned, edited.used, edited.default_chargeable, edited.chargeable) == (50, 45, 45, 37)
        assert edited.comment == "one left on the 3rd"
        assert "source_changed" in october.codes("bolt", "endpoint-core")
        untouched = october.line("bolt", "workspace-security")
        assert (untouched.provisioned, untouched.chargeable) == (12, 11)
        assert "source_changed" not in october.codes("bolt", "workspace-security")
        assert october.events("bolt")[-1] == ("north@north.example", "regenerated")
        assert verify(OCTOBER) == []

    def test_keeps_an_edit_that_was_the_default_for_a_while(self, october: October) -> None:
        october.deliver("2026-10-31,bolt-dental,endpoint-core,100,98,")
        october.close()
        october.edit("bolt", "endpoint-core", by="billing@bolt.example", chargeable="95", comment="we agreed 95")
        for used, hour in (("95", 1), ("99", 2)):
            october.deliver(f"2026-10-31,bolt-dental,endpoint-core,100,{used},", now=f"2026-11-03T0{hour}:00:00Z")
            october.regenerate("bolt", now=f"2026-11-03T0{hour}:30:00Z")
            assert october.line("bolt", "endpoint-core").chargeable == 95
        assert october.line("bolt", "endpoint-core").default_chargeable == 99

    def test_adds_services_that_appeared(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "38"))
        october.close()
        october.deliver("2026-10-31,bolt-dental,nfr-license,2,2,", now="2026-11-03T00:00:00Z")
        october.regenerate("bolt")
        assert october.line("bolt", "nfr-license").chargeable == 2
        assert verify(OCTOBER) == []

    def test_measures_as_was_copied(self, october: October) -> None:
        october.deliver("2026-10-05,bolt-dental,nfr-license,9,9,", "2026-10-31,bolt-dental,nfr-license,4,4,")
        october.close()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE catalog_servicemeasure SET name = 'volume'")
        october.deliver("2026-10-31,bolt-dental,nfr-license,5,5,", now="2026-11-03T00:00:00Z")
        october.regenerate("bolt")
        assert october.line("bolt", "nfr-license").provisioned == 5

    @pytest.mark.parametrize("by", ["billing@bolt.example", "vendor@acme.example"])
    def test_is_the_distributors_right(self, october: October, by: str) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "38"))
        october.close()
        with pytest.raises(NotAllowed):
            october.regenerate("bolt", by=by)

    def test_is_refused_under_review(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"))
        october.close()
        october.deadline()
        with pytest.raises(Conflict, match="under review"):
            october.regenerate("bolt", now="2026-11-07T00:00:00Z")


class TestVerify:
    def test_finds_nothing_where_nothing_was_touched(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"), *at_times("dune-hotel", "email-core", "10", "9"))
        october.close()
        october.deliver("2026-10-20,bolt-dental,endpoint-core,50,45,", now="2026-11-03T00:00:00Z")  # late: not for this report
        october.deadline()
        assert verify(None) == []

    @pytest.mark.parametrize(
        ("column", "value"), [("provisioned", "41"), ("used", "30"), ("credits", "1"), ("default_chargeable", "30"), ("chargeable", "30")]
    )
    def test_finds_a_figure_that_was_altered(self, october: October, column: str, value: str) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"))
        october.close()
        ReportLine.objects.update(**{column: D(value)})
        found = {one.field: one for one in verify(OCTOBER)}
        assert (found[column].msp, found[column].service, found[column].stored) == ("bolt", "endpoint-core", value)

    @pytest.mark.parametrize(
        "altered",
        [
            {"saved_chargeable": D(1), "chargeable": D(1), "outcome": "as_saved"},
            {"outcome": "as_saved", "chargeable": D(31)},
            {"comment": "agreed"},
            {"incomplete": True},
            {"days": ["2026-10-01"]},
        ],
    )
    def test_finds_what_nobody_did(self, october: October, altered: dict[str, object]) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "0", "0"), "2026-10-09,bolt-dental,endpoint-core,40,31,")
        october.close()
        october.deadline()
        assert verify(OCTOBER) == []
        ReportLine.objects.update(**altered)
        assert verify(OCTOBER)

    @pytest.mark.parametrize(
        "altered", [{"submission": "manual"}, {"deadline_at": at("2027-01-01T00:00:00Z")}, {"status": "rejected", "approved_at": None}]
    )
    def test_finds_a_report_that_is_not_where_it_went(self, october: October, altered: dict[str, object]) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"))
        october.close()
        october.deadline()
        Report.objects.update(**altered)
        assert [one.field for one in verify(OCTOBER)] == [next(iter(altered)).removesuffix("_at")]

    def test_finds_a_line_or_report_that_is_gone(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"), *at_times("bolt-dental", "email-core", "4", "3"))
        october.close()
        ReportLine.objects.filter(service_code="email-core").delete()
        assert {one.field for one in verify(OCTOBER)} == {"line"}
        ReportLine.objects.all().delete()
        Report.objects.all().delete()
        assert [one.field for one in verify(OCTOBER)] == ["reports", "report"]

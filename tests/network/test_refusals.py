"""A file that cannot be applied: every problem with its line, and nothing done."""

from datetime import UTC, datetime

import pytest

from tests.world import FILE_NAME, NETWORK
from trueup.accounts.models import Account
from trueup.accounts.rules import Viewer
from trueup.catalog.models import Service
from trueup.kit.errors import Invalid
from trueup.network.actions import apply

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
TREE = """\
accounts:
  - {ref: v, tier: vendor}
  - {ref: d, tier: distributor, parent: v}
  - {ref: m, tier: msp, parent: d}
"""
GROUP = TREE + "solution_groups: [{code: g}]\nservices:\n"


def problems(text: str) -> list[str]:
    with pytest.raises(Invalid) as refused:
        apply(Viewer.system(), text, file_name=FILE_NAME, dry_run=False, now=NOW)
    return [str(problem).removeprefix(f"{FILE_NAME} ") for problem in refused.value.problems]


@pytest.mark.django_db
class TestFile:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("regions:\n  - {code: emea\n  - {", "line 3: "),
            ("regions: []\nregions: []", "line 2: `regions` is here twice"),
            ("- a\n- b", "line 1: the file must be a mapping"),
            ("regions: [&a [*a]]", "line 1: an anchor must not contain itself"),
            ("a: [\x01]", ": "),
            ("regions: " + "[" * 5000, ""),
        ],
    )
    def test_is_refused_when_it_is_not_yaml(self, text: str, expected: str) -> None:
        assert problems(text)[0].startswith(expected) or expected in problems(text)[0]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("region: []", "line 1: `region` is not known here; did you mean `regions`?"),
            ("accounts: {ref: v}", "line 1: accounts: it must be a list"),
            ("regions:\n  - {code: emea}\n  - {name: Asia}", "line 3: region 2: `code` is missing"),
            ("regions:\n  - {code: emea, usage_report: no}",
             "line 2: region emea: `usage_report` is not known here; did you mean `usage_reports`?"),
            ("regions:\n  - {code: emea, usage_reports: no}", "line 2: region emea: `usage_reports` must be true or false"),
            ("regions: [{code: ' emea'}]", "line 1: region  emea: `code` must be one line of text without spaces at its ends, not “ emea”"),
            (f"regions: [{{code: {'x' * 65}}}]", f"line 1: region {'x' * 65}: `code` may have 64 characters at most"),
            ("regions: [{code: 12}]", "line 1: region 12: `code` must be text (put it in quotes)"),
            ("installation: {currency: usd}", "line 1: installation: `currency` must be three capital letters like USD, not “usd”"),
            ("installation: {close_grace_days: -1}", "line 1: installation: `close_grace_days` must not be below 0, but is -1"),
            ("accounts:\n  - {ref: v, tier: boss}",
             "line 2: account v: `tier` must be one of vendor, distributor, msp, customer, not “boss”"),
            ("members:\n  - {email: x, account: v, role: admin}", "line 2: member x in v: `email` must be an e-mail address, not “x”"),
        ],
    )  # fmt: skip
    def test_is_refused_when_it_has_another_shape(self, text: str, expected: str) -> None:
        assert problems(text) == [expected]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("regions:\n  - {code: a}\n  - {code: a}", "line 3: region a: this entry is in the file twice"),
            ("installation: {time_zone: Mars/Base}", "line 1: installation: “Mars/Base” is not a time zone: write it like Europe/Berlin"),
            (TREE + "  - {ref: c, tier: customer}", "line 5: account c: `parent` is missing: a customer belongs to an MSP"),
            (TREE + "  - {ref: c, tier: customer, parent: d}",
             "line 5: account c: the account above must be an MSP, but “d” is a distributor"),
            (TREE + "  - {ref: c, tier: customer, parent: x}", "line 5: account c: there is no account “x”"),
            (TREE + "  - {ref: w, tier: vendor, parent: d}", "line 5: account w: a vendor has no account above it"),
            (TREE + "  - {ref: c, tier: customer, parent: m, placements: [{parent: m}]}",
             "line 5: account c: give either `parent` or `placements`, not both"),
            (TREE + "  - {ref: c, tier: msp, parent: d, region: mars}", "line 5: account c: there is no region “mars”"),
            (TREE + "  - {ref: c, tier: msp, parent: d, type: mars}", "line 5: account c: there is no account type “mars”"),
            (TREE + "  - {ref: c, tier: msp, parent: d, time_zone: ''}",
             "line 5: account c: “” is not a time zone: write it like Europe/Berlin"),
            (TREE + "  - {ref: c, tier: customer, placements: [\n    {parent: m, from: 2026-01-01},\n    {parent: m, from: 2026-01-01}]}",
             "line 7: account c: there are two entries from 2026-01-01 on"),
            (TREE + "  - {ref: c, tier: customer, placements: [{parent: m, from: 2026-02-30}]}",
             "line 5: account c: `from` must be a day that exists, like 2026-10-16, not “2026-02-30”"),
            ("solution_groups: [{code: g}]", "line 1: solution group g: there is no account of the tier vendor whose group it could be"),
            (TREE + "  - {ref: w, tier: vendor}\nsolution_groups: [{code: g}]",
             "line 6: solution group g: there are several vendors (v, w): `vendor` must say whose group it is"),
            (TREE + "solution_groups: [{code: g, vendor: d}]", "line 5: solution group g: there is no vendor “d”"),
            (GROUP + "  - {code: s, group: x, unit: seat}", "line 7: service s: there is no solution group “x”"),
            (GROUP + "  - {code: s, group: g, unit: seat, measure: best}",
             ("line 7: service s: `measure` must be one of group_peak_day, service_peak_day, own_maxima, percentile_day, volume, average, "
             "last_day, not “best”")),
            (GROUP + "  - {code: s, group: g, unit: seat, measure: 5}",
             ("line 7: service s: `measure` must be the name of a measure, a mapping with name and percentile, "
             "or a list of such with `from`")),
            (GROUP + "  - {code: s, group: g, unit: seat, measure: {name: percentile_day, percentile: 0}}",
             "line 7: service s: `percentile` must be above 0 and at most 100, but is 0"),
            (GROUP + "  - {code: s, group: g, unit: seat, measure: {name: percentile_day, percentile: 100.1}}",
             "line 7: service s: `percentile` must be above 0 and at most 100, but is 100.1"),
            (GROUP + "  - {code: s, group: g, unit: seat, measure: {name: volume, percentile: 90}}",
             "line 7: service s: `percentile` belongs to the measure percentile_day, not to volume"),
            (GROUP + "  - {code: s, group: g, unit: seat, credits: [{per_unit: 0.1234567}]}",
             "line 7: service s: `per_unit` allows at most 6 decimal places, not 0.1234567"),
            (GROUP + "  - {code: s, group: g, unit: seat, credits: [{per_unit: -1}]}",
             "line 7: service s: `per_unit` must not be below 0, but is -1"),
            (GROUP + "  - {code: s, group: g, unit: seat, credits: [{per_unit: many}]}",
             "line 7: service s: `per_unit` must be a number, not “many”"),
            (GROUP + "  - {code: s, group: g, unit: seat, credits: [{per_unit: 1}, {per_unit: 2}]}",
             "line 7: service s: there are two entries from the beginning on"),
            (GROUP + "  - {code: s, group: g, unit: {code: GB, decimals: 3}}\n  - {code: t, group: g, unit: {code: GB, decimals: 2}}",
             "line 8: service t: the billing unit “GB” is described differently elsewhere in the file"),
            (TREE + "members: [{email: a@b.example, account: x, role: admin}]", "line 5: member a@b.example in x: there is no account “x”"),
            (TREE + "  - {ref: c, tier: customer, parent: m}\nmembers: [{email: a@b.example, account: c, role: admin}]",
             "line 6: member a@b.example in c: “c” is a customer: customers do not sign in"),
            (TREE + "terms: [{account: v, penalty: none}]", "line 5: terms v: terms are of a distributor or an MSP, but “v” is a vendor"),
            (TREE + "terms:\n  - {account: d}\n  - {account: d}", "line 7: terms d: this entry is in the file twice"),
            ("terms: [{over_provision_percent: -5}]",
             "line 1: terms the installation: `over_provision_percent` must not be below 0, but is -5"),
        ],
    )  # fmt: skip
    def test_is_refused_when_it_makes_no_sense(self, text: str, expected: str) -> None:
        assert problems(text) == [expected]

    def test_is_refused_with_all_its_problems_in_the_order_of_the_lines(self) -> None:
        text = TREE + "  - {ref: c, tier: customer, parent: x}\nregions:\n  - {codes: emea}\nsources:\n  - {code: a}\n  - {code: a}\n"
        assert problems(text) == [
            "line 5: account c: there is no account “x”",
            "line 7: region 1: `code` is missing",
            "line 7: region 1: `codes` is not known here; did you mean `code`?",
            "line 10: source a: this entry is in the file twice",
        ]

    def test_does_nothing_when_it_is_refused(self) -> None:
        problems(NETWORK + "sources: []\n")
        problems(NETWORK.replace("parent: coil, name", "parent: cool, name"))
        assert Account.objects.count() == 0

    def test_never_changes_a_tier(self, world: None) -> None:
        assert problems("accounts: [{ref: bolt, tier: distributor, parent: acme-vendor}]") == [
            "line 1: account bolt: the tier of an account never changes: bolt is an MSP, not a distributor"
        ]

    def test_never_changes_the_vendor_of_what_is_sold(self, world: None) -> None:
        text = """\
accounts: [{ref: other, tier: vendor}]
solution_groups:
  - {code: smb, vendor: other}
  - {code: credits}
  - {code: theirs, vendor: other}
services:
  - {code: email-core, group: theirs, unit: user}
  - {code: endpoint-core, group: smb, unit: endpoint}
"""
        assert problems(text) == [
            "line 3: solution group smb: the vendor of a solution group never changes: it is “acme-vendor”",
            "line 7: service email-core: the vendor of a service never changes: “theirs” is of other, not of acme-vendor",
        ]

    def test_may_name_what_the_database_has(self, world: None) -> None:
        text = "accounts: [{ref: new, tier: customer, parent: bolt}]\nservices: [{code: x, group: smb, unit: GB}]"
        apply(Viewer.system(), text, file_name=FILE_NAME, dry_run=False, now=NOW)
        assert Service.objects.get(code="x").unit.name == "Gigabyte"

    def test_may_use_anchors(self) -> None:
        text = """\
accounts:
  - &msp {ref: v, tier: vendor}
  - {ref: d, tier: distributor, parent: v}
  - &one {ref: m1, tier: msp, parent: d, city: Berlin, state: NO}
  - {<<: *one, ref: m2, company_id: 007}
"""
        apply(Viewer.system(), text, file_name=FILE_NAME, dry_run=False, now=NOW)
        second = Account.objects.get(ref="m2")
        assert (second.city, second.state, second.company_id, second.tier) == ("Berlin", "NO", "007", "msp")

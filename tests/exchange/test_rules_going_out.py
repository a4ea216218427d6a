"""A report in somebody else's columns."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange.test_rules_profiles import OUT
from trueup.exchange.rules.definition import read_profile
from trueup.exchange.rules.going_out import Header, Line, Share, rows_of, written
from trueup.exchange.rules.profiles import CONNECTWISE, Column, Kind, Profile
from trueup.kit.errors import Invalid
from trueup.kit.period import Month
from trueup.kit.quantity import ZERO
from trueup.reports.rules.shares import chargeable_shares

HEADER = Header(Month(2026, 10), "bolt", "Bolt IT", {"status": "approved", "company_id": "", "distributor": "north"})


def share(customer: str, provisioned: str, used: str | None = None, name: str = "") -> Share:
    """A customer behind a line."""
    return Share(customer, name or customer.title(), Decimal(provisioned), None if used is None else Decimal(used), None)


def line(service: str, chargeable: str, *shares: Share, default: str | None = None, name: str = "", decimals: int = 0) -> Line:
    """A line that its customers sum to."""
    used = None if any(one.used is None for one in shares) else sum((one.used or ZERO for one in shares), ZERO)
    words = {
        "service": service,
        "service_name": name or service,
        "unit": "seat",
        "group": "g",
        "group_name": "G",
        "measure": "m",
        "comment": "",
    }
    provisioned = sum((one.provisioned for one in shares), ZERO)
    charged = Decimal(chargeable)
    usually = charged if default is None else Decimal(default)
    return Line(words, decimals, provisioned, used, None, usually, charged, shares=shares or None)


def text(lines: list[Line], profile: Profile) -> str:
    """The file."""
    return written(rows_of(HEADER, lines, profile), profile).decode(profile.encoding)


def of(**said: object) -> Profile:
    """A profile for reports."""
    return read_profile("mine", OUT | said)


AMOUNTS = st.decimals(min_value=0, max_value=10_000, places=3, allow_nan=False, allow_infinity=False)


class TestChargeableShares:
    @pytest.mark.parametrize(
        ("charged", "default", "expected"),
        [
            ("50", "50", ["30", "20"]),  # what they used
            ("70", "50", ["50", "20"]),  # what they had: a penalty
            ("10", "50", ["6", "4"]),  # in proportion to what is charged by default
            ("7", "50", ["4", "3"]),
            ("0", "50", ["0", "0"]),
        ],
    )
    def test_are_shared_by_what_is_charged(self, charged: str, default: str, expected: list[str]) -> None:
        shares = (share("a", "50", "30"), share("b", "20", "20"))
        one = line("s", charged, *shares, default=default)
        assert chargeable_shares(one.chargeable, one, shares) == [Decimal(value) for value in expected]

    def test_are_equal_where_nobody_had_anything(self) -> None:
        shares = (share("a", "0", "0"), share("b", "0", "0"))
        one = line("s", "5", *shares, default="0")
        assert chargeable_shares(one.chargeable, one, shares) == [3, 2]

    @given(st.lists(st.tuples(AMOUNTS, st.none() | AMOUNTS), min_size=1, max_size=8), AMOUNTS, AMOUNTS, st.integers(0, 3))
    def test_sum_to_what_is_charged(
        self, usage: list[tuple[Decimal, Decimal | None]], charged: Decimal, default: Decimal, decimals: int
    ) -> None:
        shares = tuple(Share(f"c{place}", "", had, used, None) for place, (had, used) in enumerate(usage))
        one = line("s", str(charged), *shares, default=str(default), decimals=decimals)
        found = chargeable_shares(charged, one, shares)
        assert sum(found, ZERO) == charged
        assert min(found) >= 0


class TestRows:
    @given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), AMOUNTS, AMOUNTS), max_size=12), st.booleans())
    def test_sum_to_the_lines_whatever_is_added_up(self, usage: list[tuple[str, str, Decimal, Decimal]], summed: bool) -> None:
        services = sorted({service for service, *_ in usage})
        lines = []
        for service in services:
            own = [share(customer, str(had), str(used)) for of_, customer, had, used in usage if of_ == service]
            lines.append(line(service, str(sum((one.used or ZERO for one in own), ZERO) + 1), *own, decimals=3))
        profile = of(services={"a": "SKU", "b": "SKU"}, customers={"x": {"company": "ONE", "agreement": "A"}}, sum_per_sku=summed)
        rows = rows_of(HEADER, lines, profile)
        for name in ("provisioned", "used", "chargeable"):
            assert sum((row.figures[name] or ZERO for row in rows), ZERO) == sum((getattr(one, name) for one in lines), ZERO)
        assert len(rows) == len({tuple(row.words[name] for name in ("company", "agreement", "sku")) for row in rows}) or not summed

    def test_add_up_services_of_one_sku_for_each_customer(self) -> None:
        lines = [
            line("core", "8", share("dental", "5", "5"), share("garage", "3", "3"), name="Core"),
            line("plus", "2", share("dental", "2", "2"), name="Plus"),
        ]
        profile = of(columns=[{"heading": name, "field": name} for name in ("company", "sku", "chargeable", "description", "service")],
                     services={"core": "EP", "plus": "EP"}, customers={}, delimiter=",")  # fmt: skip
        assert text(lines, profile).splitlines() == [
            "company,sku,chargeable,description,service", 'dental,EP,7,"Core, Plus","core, plus"', "garage,EP,3,Core,core"
        ]  # fmt: skip

    def test_are_not_added_up_unless_asked(self) -> None:
        lines = [line("core", "5", share("dental", "5", "5")), line("plus", "2", share("dental", "2", "2"))]
        assert len(rows_of(HEADER, lines, of(services={"core": "EP", "plus": "EP"}, sum_per_sku=False))) == 2

    def test_leave_nothing_out_that_nobody_is_behind(self) -> None:
        lines = [line("core", "5")]
        (row,) = rows_of(HEADER, lines, of(customers={"bolt": {"company": "BOLT", "agreement_id": "7"}}))
        assert (row.figures["chargeable"], row.words["company"], row.words["agreement"]) == (5, "BOLT", "Bolt IT")
        assert (row.words["customer"], row.words["agreement_id"]) == ("", "7")

    def test_do_not_know_a_sum_of_what_is_unknown(self) -> None:
        lines = [line("core", "5", share("dental", "5", "5")), line("plus", "2", share("dental", "2"))]
        (row,) = rows_of(HEADER, lines, of(services={"core": "EP", "plus": "EP"}))
        assert (row.figures["used"], row.figures["provisioned"]) == (None, 7)


class TestWritten:
    def test_needs_no_profile_of_ones_own_for_connectwise(self) -> None:
        assert text([line("core", "8", share("dental", "8", "8", "Dental Care"), name="Core")], CONNECTWISE) == (
            "company/identifier,agreement/id,agreement/name,product/identifier,quantity,lessIncluded,unitPrice,unitCost,billCustomer,"
            "effectiveDate,description,invoiceDescription\r\n"
            "dental,,Dental Care,core,8,0,,,Billable,2026-10-01,Core,Core 2026-10\r\n"
        )

    def test_writes_numbers_and_days_as_the_other_side_reads_them(self) -> None:
        profile = of(columns=[{"heading": name, "field": name} for name in ("last_day", "chargeable", "used")], decimal_comma=True,
                     day_format="DD.MM.YYYY")  # fmt: skip
        assert text([line("core", "1.5", share("dental", "2"), decimals=1)], profile) == "last_day;chargeable;used\r\n31.10.2026;1,5;\r\n"
        comma = of(columns=[{"heading": "q", "field": "chargeable"}], decimal_comma=True, delimiter=",", header_row=0)
        assert text([line("core", "1.5")], comma) == '"1,5"\r\n'

    @pytest.mark.parametrize(
        ("name", "cell"),
        [("=1+1", "'=1+1"), ("@x", "'@x"), ("a,=1", '"a,=1"'), ('say "x"', '"say ""x"""'), ("a;-b", '"a;-b"'), ("\t=1", '"\'\t=1"')],
    )
    def test_lets_no_text_become_a_formula_or_two_cells(self, name: str, cell: str) -> None:
        profile = Profile("x", Kind.OUT, (Column("n", "customer_name"),), header_row=0, delimiter="|", sum_per_sku=False)
        assert text([line("core", "1", share("dental", "1", "1", name))], profile) == f"{cell}\r\n"

    def test_says_which_cell_cannot_be_written(self) -> None:
        profile = of(columns=[{"heading": "q", "field": "sku"}, {"heading": "Kunde", "field": "customer_name"}], encoding="iso-8859-1")
        with pytest.raises(Invalid) as refused:
            text([line("core", "1", share("dental", "1", "1", "Zahnärzte")), line("plus", "1", share("x", "1", "1", "Łódź"))], profile)
        assert [str(problem) for problem in refused.value.problems] == ["row 3, column Kunde: “Ł” cannot be written in iso-8859-1"]

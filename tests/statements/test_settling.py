"""From the lines of reports to what is charged: whose credits they are, and what nobody has."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from trueup.kit.quantity import ZERO, added
from trueup.prices.rules.lists import PriceList
from trueup.prices.rules.packs import PackPrice
from trueup.prices.rules.pricing import PriceTier
from trueup.reports.models import Report, ReportLine
from trueup.reports.queries import CustomerFigures
from trueup.statements.rules.settlement import ChargedLine, settled, without_price
from trueup.statements.settling import Approved, charged, together

TWELVE = (PriceTier(None, Decimal(12)),)


def prices(complimentary: str = "0", **complimentary_of: str) -> PriceList:
    """Packs of 100 credits at 12.00."""
    own = {customer: Decimal(credits_) for customer, credits_ in complimentary_of.items()}
    pack = PackPrice(TWELVE, complimentary=Decimal(complimentary), complimentary_of=own)
    return PriceList("north", None, date(2026, 1, 1), "EUR", packs={"credits": pack})


def customer(ref: str, provisioned: str, used: str | None, credits_: str | None) -> CustomerFigures:
    known = (None if value is None else Decimal(value) for value in (used, credits_))
    return CustomerFigures(ref, ref.title(), Decimal(provisioned), *known)


def line(chargeable: str, *behind: CustomerFigures, per_unit: str | None = None, service: str = "endpoint") -> ReportLine:
    """A line as it was measured of some customers; without any its records are gone."""
    used = [one.used for one in behind if one.used is not None]
    credits_ = [one.credits for one in behind if one.credits is not None]
    return ReportLine(
        service_code=service, service_name=service.title(), group_code="credits", group_name="Credits", unit="seat", decimals=0,
        provisioned=added(one.provisioned for one in behind), used=added(used) if used else None,
        credits=added(credits_) if credits_ else None, chargeable=Decimal(chargeable), default_chargeable=added(used),
        credits_per_unit=None if per_unit is None else Decimal(per_unit),
    )  # fmt: skip


def read(own: ReportLine, price_list: PriceList | None, *behind: CustomerFigures) -> ChargedLine:
    def found(_report: Report, lines: Sequence[ReportLine]) -> Mapping[str, Sequence[CustomerFigures]]:
        return {one.service_code: behind for one in lines}

    return charged(Approved(Report(), (own,)), price_list, behind=found)[0]


class TestComplimentaryCredits:
    def test_are_taken_off_what_was_measured_of_each_customer(self) -> None:
        """Ten seats each, but 8,000 credits here and 100 there: the 8,000 are complimentary, the 100 are one pack."""
        listed = prices(dental="8000")
        behind = customer("dental", "10", "10", "8000"), customer("bakery", "10", "10", "100")
        found = read(line("20", *behind), listed, *behind)
        (packs,) = settled(listed, [found]).lines
        assert [(one.customer, one.credits) for one in found.customers] == [("dental", 8000), ("bakery", 100)]
        assert (packs.quantity, packs.amount) == (1, Decimal("12.00"))

    def test_are_nobodys_where_no_customer_is_left(self) -> None:
        listed = prices("8000")
        found = read(line("40", per_unit="3.75"), listed)
        assert (found.credits, found.customers) == (150, ())
        assert settled(listed, [found]).lines[0].quantity == 2

    @given(
        st.lists(st.tuples(*[st.integers(0, 50)] * 3), min_size=1, max_size=5), st.integers(0, 100), st.sampled_from([None, "3.75"]),
    )  # fmt: skip
    def test_have_shares_that_sum_to_the_line(self, measured: list[tuple[int, int, int]], chargeable: int, per_unit: str | None) -> None:
        behind = [customer(f"c{at}", *map(str, figures)) for at, figures in enumerate(measured)]
        found = read(line(str(chargeable), *behind, per_unit=per_unit), prices("10"), *behind)
        if found.customers:
            assert added(one.units for one in found.customers) == chargeable
            assert added(one.credits or ZERO for one in found.customers) == (found.credits or ZERO)
            assert all((one.credits or ZERO) >= 0 for one in found.customers)


class TestLineWithoutRecords:
    def test_has_the_credits_of_its_requirement(self) -> None:
        """Twelve were charged, ten measured, and these are taken back: two are left, and have a price."""
        found = read(line("2", per_unit="3.75"), None)
        assert found.credits == Decimal("7.5")
        assert without_price(prices(), [found]) == []

    def test_counts_beside_those_of_others_that_have_customers(self) -> None:
        """1,000 credits of a customer of one MSP and 500 of nobody at another one are 15 packs."""
        listed = prices("100", dental="0")
        behind = (customer("dental", "10", "10", "1000"),)
        own = [read(line("10", *behind), listed, *behind), read(line("50", per_unit="10"), listed)]
        (both,) = together([[one] for one in own])
        assert (both.units, both.credits) == (60, 1500)
        assert [(one.customer, one.units, one.credits) for one in both.customers] == [("dental", 10, 1000), ("", 50, 500)]
        assert settled(listed, [both]).lines[0].quantity == 15

    def test_of_all_msps_needs_no_customers(self) -> None:
        own = read(line("50", per_unit="10"), None)
        (both,) = together([[own], [own]])
        assert (both.credits, both.customers) == (1000, ())


class TestUnitsThatWereOnlyUsed:
    def test_are_charged_with_the_credits_that_were_measured(self) -> None:
        behind = customer("dental", "0", "8", "80"), customer("bakery", "0", "2", "10")
        found = read(line("5", *behind), prices("1"), *behind)
        assert found.credits == 45
        assert [(one.customer, one.units, one.credits) for one in found.customers] == [("dental", 4, 40), ("bakery", 1, 5)]

    def test_with_credits_that_were_measured_as_none_are_free(self) -> None:
        behind = (customer("dental", "0", "5", "0"),)
        found = read(line("5", *behind), prices(), *behind)
        assert (found.credits, without_price(prices(), [found])) == (0, [])

    def test_without_known_credits_are_not_given_away_beside_others_that_have_some(self) -> None:
        """To the vendor: 500 credits of one MSP, and 40 units of another one of which nobody knows the credits."""
        known, unknown = (read(line(units, customer("dental", units, units, own)), None) for units, own in (("5", "500"), ("40", None)))
        idle = read(line("0", customer("bakery", "0", "0", None)), None)
        both, without = (together([[known], [one]])[0] for one in (unknown, idle))
        assert without_price(prices(), [both, without]) == [both]
        assert (both.units, without.credits) == (45, 500)

    def test_without_known_credits_have_no_price(self) -> None:
        """Nothing says what they stand for: it is not given away, the statement is held."""
        behind = (customer("dental", "0", None, "0"),)
        found = read(line("5", *behind), prices(), *behind)
        assert without_price(prices(), [found]) == [found]

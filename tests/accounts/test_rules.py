"""Rights and access."""

import itertools

import pytest

from trueup.accounts.rules import PARENT_TIER, RIGHTS, Actor, Right, Role, Tier, Viewer, shows_invitation, usage_report_access
from trueup.kit.errors import NotAllowed


def viewer(tier: Tier, role: Role) -> Viewer:
    return Viewer(Actor("person", "a@b.example", 1), 1, tier, role)


class TestAccess:
    @pytest.mark.parametrize(("region", "type_", "excluded"), list(itertools.product([True, False], repeat=3)))
    def test_needs_region_and_type_and_no_exclusion(self, region: bool, type_: bool, excluded: bool) -> None:
        access = usage_report_access(region="Asia", region_allows=region, account_type="MSP", type_allows=type_, excluded=excluded)
        assert access.granted is (region and type_ and not excluded)
        assert bool(access.reason) is not access.granted

    def test_says_what_forbids_it(self) -> None:
        access = usage_report_access(region="Asia", region_allows=False, account_type="", type_allows=True, excluded=True)
        assert access.reason == "usage reports are not available in the region Asia"


class TestRight:
    def test_is_in_the_table(self) -> None:
        assert set(RIGHTS) == set(Right)

    @pytest.mark.parametrize("right", Right)
    def test_is_never_a_customers(self, right: Right) -> None:
        assert not any(viewer(Tier.CUSTOMER, role).may(right) for role in Role)

    @pytest.mark.parametrize("right", Right)
    def test_is_the_systems(self, right: Right) -> None:
        assert Viewer.system().may(right)
        assert Viewer.system().sees_all

    def test_to_review_is_the_distributors_billing_managers(self) -> None:
        may = {(tier, role) for tier in Tier for role in Role if viewer(tier, role).may(Right.REVIEW)}
        assert may == {(Tier.DISTRIBUTOR, Role.BILLING_MANAGER), (Tier.DISTRIBUTOR, Role.ADMIN)}

    def test_that_is_missing_is_told(self) -> None:
        viewer(Tier.MSP, Role.ADMIN).require(Right.PREPARE, "edit reports")
        with pytest.raises(NotAllowed, match="may not edit reports: that is not a right of a viewer of an MSP"):
            viewer(Tier.MSP, Role.VIEWER).require(Right.PREPARE, "edit reports")

    def test_of_an_admin_holds_at_least_the_billing_managers(self) -> None:
        for right, tiers in RIGHTS.items():
            assert all(Role.ADMIN in roles for roles in tiers.values()), right


class TestTier:
    def test_has_one_above_but_the_vendor(self) -> None:
        assert list(PARENT_TIER.values()) == [None, Tier.VENDOR, Tier.DISTRIBUTOR, Tier.MSP]


class TestLinks:
    @pytest.mark.parametrize(
        ("signed_up", "member_of", "below", "shown"),
        [
            (False, {1}, {1}, True),
            (False, {1, 2}, {1, 2}, True),
            (False, {1, 2}, {1}, False),
            (False, {2}, set(), False),
            (False, set(), set(), False),
            (True, {1}, {1}, False),
        ],
    )
    def test_are_shown_to_who_could_give_all_they_open(self, signed_up: bool, member_of: set[int], below: set[int], shown: bool) -> None:
        assert shows_invitation(signed_up=signed_up, member_of=member_of, below=below) is shown

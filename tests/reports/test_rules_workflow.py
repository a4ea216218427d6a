"""The workflow of a report: its one table, and whose right each verb is."""

from itertools import product

import pytest

from trueup.accounts.rules import Actor, Role, Tier, Viewer
from trueup.kit.errors import Conflict, NotAllowed
from trueup.reports.rules.workflow import EDITABLE, WORKFLOW, Parties, Status, Verb, move, require_readable, require_right, right_of, words

MSP, DISTRIBUTOR, VENDOR = 3, 2, 1
WITH_ACCESS = Parties(MSP, DISTRIBUTOR, has_access=True)
WITHOUT_ACCESS = Parties(MSP, DISTRIBUTOR, has_access=False, access_reason="usage reports are not available in the region LATAM")


def person(tier: Tier, role: Role, account_id: int) -> Viewer:
    """Somebody in an account."""
    return Viewer(Actor("person", f"{role}@{tier}.example", 9), account_id, tier, role)


class TestMove:
    @pytest.mark.parametrize(("status", "verb"), [pair for pair in product(Status, Verb) if pair not in WORKFLOW])
    def test_refuses_every_combination_outside_the_table(self, status: Status, verb: Verb) -> None:
        with pytest.raises(Conflict, match=words(status)):
            move(status, verb)

    def test_never_leaves_approved(self) -> None:
        assert not [verb for status, verb in WORKFLOW if status == Status.APPROVED]

    def test_goes_to_review_from_where_one_edits(self) -> None:
        for verb in (Verb.SUBMIT, Verb.AUTO_SUBMIT):
            assert {status for status, known in WORKFLOW if known == verb} == EDITABLE
            assert {move(status, verb).to for status in EDITABLE} == {Status.UNDER_REVIEW}

    def test_comes_back_from_review_as_approved_or_rejected(self) -> None:
        assert move(Status.UNDER_REVIEW, Verb.APPROVE).to == Status.APPROVED
        assert move(Status.UNDER_REVIEW, Verb.REJECT).to == Status.REJECTED

    def test_has_one_right_per_verb(self) -> None:
        for verb in Verb:
            assert {found.right for (_, known), found in WORKFLOW.items() if known == verb} == {right_of(verb)}


class TestRights:
    @pytest.mark.parametrize("role", [Role.BILLING_MANAGER, Role.ADMIN])
    @pytest.mark.parametrize("verb", [Verb.SAVE_DRAFT, Verb.SUBMIT])
    def test_let_the_msp_prepare(self, verb: Verb, role: Role) -> None:
        require_right(person(Tier.MSP, role, MSP), verb, right_of(verb), WITH_ACCESS)

    @pytest.mark.parametrize("verb", [Verb.SAVE_DRAFT, Verb.SUBMIT])
    def test_let_the_distributor_prepare_only_without_access(self, verb: Verb) -> None:
        reviewer = person(Tier.DISTRIBUTOR, Role.BILLING_MANAGER, DISTRIBUTOR)
        require_right(reviewer, verb, right_of(verb), WITHOUT_ACCESS)
        with pytest.raises(NotAllowed, match="prepared by the MSP"):
            require_right(reviewer, verb, right_of(verb), WITH_ACCESS)

    def test_tell_an_msp_without_access_why(self) -> None:
        with pytest.raises(NotAllowed, match="not available in the region LATAM; your distributor prepares"):
            require_readable(person(Tier.MSP, Role.ADMIN, MSP), WITHOUT_ACCESS)
        with pytest.raises(NotAllowed, match="not available in the region LATAM"):
            require_right(person(Tier.MSP, Role.ADMIN, MSP), Verb.SUBMIT, right_of(Verb.SUBMIT), WITHOUT_ACCESS)

    @pytest.mark.parametrize("verb", [Verb.APPROVE, Verb.REJECT, Verb.WAIVE, Verb.REGENERATE])
    def test_let_the_distributor_alone_review(self, verb: Verb) -> None:
        require_right(person(Tier.DISTRIBUTOR, Role.BILLING_MANAGER, DISTRIBUTOR), verb, right_of(verb), WITH_ACCESS)
        for tier, account_id in ((Tier.MSP, MSP), (Tier.VENDOR, VENDOR)):
            with pytest.raises(NotAllowed):
                require_right(person(tier, Role.ADMIN, account_id), verb, right_of(verb), WITH_ACCESS)

    @pytest.mark.parametrize("verb", list(Verb))
    def test_are_not_for_viewers(self, verb: Verb) -> None:
        for tier, account_id in ((Tier.MSP, MSP), (Tier.DISTRIBUTOR, DISTRIBUTOR), (Tier.VENDOR, VENDOR)):
            with pytest.raises(NotAllowed):
                require_right(person(tier, Role.VIEWER, account_id), verb, right_of(verb), WITH_ACCESS)

    def test_leave_the_deadline_to_the_clock(self) -> None:
        require_right(Viewer.system(), Verb.AUTO_SUBMIT, right_of(Verb.AUTO_SUBMIT), WITH_ACCESS)
        with pytest.raises(NotAllowed, match="only the clock"):
            require_right(person(Tier.DISTRIBUTOR, Role.ADMIN, DISTRIBUTOR), Verb.AUTO_SUBMIT, right_of(Verb.AUTO_SUBMIT), WITH_ACCESS)

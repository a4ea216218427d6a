"""Filters that people keep under a name."""

import pytest

from trueup.accounts.actions import drop_view, keep_view
from trueup.accounts.models import SavedView
from trueup.accounts.queries import KeptView, saved_views, viewers_of
from trueup.accounts.rules import MOST_VIEW_NAME, MOST_VIEWS, Actor, Role, Tier, Viewer
from trueup.kit.errors import Invalid, NotAllowed, NotFound

PAGE = "review"

pytestmark = pytest.mark.usefixtures("world")


def north() -> Viewer:
    return viewers_of("north@north.example")[0]


class TestSavedView:
    def test_is_kept_under_its_name(self, transactional_db: None) -> None:
        assert keep_view(north(), PAGE, "  With   penalty ", "flag=x") == "With penalty"
        assert saved_views(north(), PAGE) == [KeptView("With penalty", "flag=x")]

    def test_is_replaced_by_one_of_the_same_name(self, transactional_db: None) -> None:
        keep_view(north(), PAGE, "mine", "flag=x")
        keep_view(north(), PAGE, "mine", "order=msp")
        assert saved_views(north(), PAGE) == [KeptView("mine", "order=msp")]

    def test_is_seen_by_nobody_else(self, transactional_db: None) -> None:
        keep_view(north(), PAGE, "mine", "flag=x")
        south = viewers_of("south@south.example")[0]
        assert saved_views(south, PAGE) == []
        with pytest.raises(NotFound):
            drop_view(south, PAGE, "mine")

    def test_belongs_to_one_list(self, transactional_db: None) -> None:
        keep_view(north(), PAGE, "mine", "flag=x")
        assert saved_views(north(), "customers") == []

    def test_is_dropped(self, transactional_db: None) -> None:
        keep_view(north(), PAGE, "mine", "flag=x")
        drop_view(north(), PAGE, "mine")
        assert saved_views(north(), PAGE) == []

    @pytest.mark.parametrize("name", ["", "  ", "x" * (MOST_VIEW_NAME + 1)])
    def test_needs_a_name_of_some_length(self, name: str, transactional_db: None) -> None:
        with pytest.raises(Invalid):
            keep_view(north(), PAGE, name, "")

    def test_has_a_filter_that_fits(self, transactional_db: None) -> None:
        with pytest.raises(Invalid):
            keep_view(north(), PAGE, "mine", "x" * 1001)

    def test_is_one_of_not_too_many(self, transactional_db: None) -> None:
        for number in range(MOST_VIEWS):
            keep_view(north(), PAGE, f"view {number}", "")
        keep_view(north(), PAGE, "view 0", "replaced")
        with pytest.raises(Invalid):
            keep_view(north(), PAGE, "one more", "")

    def test_is_not_kept_for_a_program(self, transactional_db: None) -> None:
        person = north()
        program = Viewer(Actor("client", "a program", person.actor.id), person.account_id, Tier.DISTRIBUTOR, Role.ADMIN)
        with pytest.raises(NotAllowed):
            keep_view(program, PAGE, "mine", "")
        assert not SavedView.objects.visible_to(program).exists()

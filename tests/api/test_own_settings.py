"""What people set up for themselves, by their own tokens."""

import json

import pytest

from tests.api.conftest import AsProgram, Program, token_of_person
from tests.api.reading import errors, etag, whole
from tests.web.conftest import AsPerson, as_person
from trueup.accounts.actions import keep_view
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import MOST_VIEWS, Scope
from trueup.notifications.models import Language, Preference

__all__ = ["as_person"]

pytestmark = pytest.mark.usefixtures("world")

NORTH, BELLA = "north@north.example", "billing@bolt.example"
EMAILS, VIEWS = "/me/notifications", "/me/views"
ONLY_NEW = {"if_none_match": "*"}
MINE = {"query": "cycle=2026-10&flag=penalty"}


def person(email: str, *scopes: Scope) -> Program:
    return Program(token_of_person(email, *scopes))


class TestNotifications:
    def test_are_those_of_the_account_with_what_can_be_chosen(self) -> None:
        status, found = person(NORTH).get(EMAILS)
        kinds = {one["kind"]: one for one in found["kinds"]}
        assert (status, found["language"]) == (200, "en")
        assert kinds["to_review"] == {"kind": "to_review", "choice": "now", "default": "now", "choices": ["now", "digest", "off"]}
        assert "to_review" not in {one["kind"] for one in person(BELLA).get(EMAILS)[1]["kinds"]}

    def test_are_changed_where_they_are_sent(self, as_person: AsPerson) -> None:
        north = person(NORTH)
        answer = north.call("PATCH", EMAILS, {"language": "de", "kinds": {"to_review": "digest"}}, if_match=etag(north, EMAILS))
        changed = json.loads(answer.content)
        kinds = {one["kind"]: one["choice"] for one in changed["kinds"]}
        assert (answer.status_code, changed["language"], kinds["to_review"], kinds["approved"]) == (200, "de", "digest", "now")
        assert answer["ETag"] == etag(north, EMAILS)
        assert 'value="digest" checked' in as_person(NORTH).get("/settings/notifications/").content.decode()

    def test_of_a_stale_write_stay_and_are_told(self) -> None:
        bella = person(BELLA)
        seen = etag(bella, EMAILS)
        bella.patch(EMAILS, {"kinds": {"approved": "off"}}, if_match=seen)
        answer = bella.call("PATCH", EMAILS, {"kinds": {"approved": "now"}}, if_match=seen)
        problem = json.loads(answer.content)
        current = {one["kind"]: one["choice"] for one in problem["current"]["kinds"]}
        assert (answer.status_code, problem["code"], current["approved"], answer["ETag"]) == (412, "stale", "off", etag(bella, EMAILS))
        assert Preference.objects.get().choice == "off"

    def test_need_to_have_been_seen(self) -> None:
        assert person(BELLA).patch(EMAILS, {})[1]["code"] == "precondition_required"

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({"kinds": {"approved": "digest"}}, "/kinds/approved"),
            ({"kinds": {"approved": "never"}}, "/kinds/approved"),
            ({"language": "xx"}, "/language"),
            ({"kinds": {"invitation": "off"}}, "/kinds/invitation"),
            ({"colour": "red"}, "/colour"),
        ],
    )
    def test_are_refused_at_the_place_that_is_wrong(self, body: dict[str, object], path: str) -> None:
        status, problem = person(BELLA).patch(EMAILS, {"language": "de"} | body, if_match="*")
        assert (status, list(errors(problem))) == (422, [path])
        assert not Preference.objects.exists()
        assert not Language.objects.exists()

    def test_are_nothing_that_a_program_has(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        answers = [bolt.get(EMAILS), bolt.patch(EMAILS, {}, if_match="*")]
        assert {(status, problem["code"]) for status, problem in answers} == {(403, "not_allowed")}


class TestViews:
    def test_are_kept_listed_changed_and_removed(self) -> None:
        north = person(NORTH)
        answer = north.call("PUT", f"{VIEWS}/With%20penalty", MINE, **ONLY_NEW)
        kept = json.loads(answer.content)
        assert (answer.status_code, kept["name"], kept["query"]) == (201, "With penalty", MINE["query"])
        assert north.get(VIEWS)[1]["items"] == [kept] == [north.get(f"{VIEWS}/With%20penalty")[1]]
        status, changed = north.put(f"{VIEWS}/With%20penalty", {"query": "order=deadline"}, if_match=answer["ETag"])
        assert (status, changed["query"]) == (200, "order=deadline")
        seen = etag(north, f"{VIEWS}/With%20penalty")
        assert north.delete(f"{VIEWS}/With%20penalty", if_match=seen) == (204, None)
        assert north.get(VIEWS)[1]["items"] == []

    def test_are_those_of_the_portal(self, transactional_db: None, as_person: AsPerson) -> None:
        keep_view(viewers_of(NORTH)[0], "review", "of the portal", "flag=changed")
        north = person(NORTH)
        assert [view["name"] for view in north.get(VIEWS)[1]["items"]] == ["of the portal"]
        north.put(f"{VIEWS}/mine", MINE, **ONLY_NEW)
        assert 'href="?cycle=2026-10&amp;flag=penalty"' in as_person(NORTH).get("/review/").content.decode()

    def test_come_in_pages(self) -> None:
        north = person(NORTH)
        for name in "abc":
            north.put(f"{VIEWS}/{name}", MINE)
        assert [[view["name"] for view in page] for page in whole(north, VIEWS, 2)] == [["a", "b"], ["c"]]

    def test_are_not_overwritten_unseen(self) -> None:
        north = person(NORTH)
        seen = north.call("PUT", f"{VIEWS}/mine", MINE)["ETag"]
        assert north.put(f"{VIEWS}/mine", MINE)[1]["code"] == "precondition_required"
        assert north.put(f"{VIEWS}/mine", MINE, **ONLY_NEW)[1]["code"] == "exists"
        assert north.delete(f"{VIEWS}/mine")[1]["code"] == "precondition_required"
        north.put(f"{VIEWS}/mine", {"query": "order=deadline"}, if_match=seen)
        for method in ("PUT", "DELETE"):
            answer = north.call(method, f"{VIEWS}/mine", MINE, if_match=seen)
            problem = json.loads(answer.content)
            assert (answer.status_code, problem["code"], problem["current"]["query"]) == (412, "stale", "order=deadline")
            assert answer["ETag"] == etag(north, f"{VIEWS}/mine")

    @pytest.mark.parametrize("query", ["a b", "<b>", "x" * 1001, 7, None])
    def test_hold_what_an_address_can(self, query: object) -> None:
        status, problem = person(NORTH).put(f"{VIEWS}/mine", {"query": query})
        assert (status, list(errors(problem))) == (422, ["/query"])

    def test_have_a_name_and_are_not_too_many(self) -> None:
        north = person(NORTH)
        assert north.put(f"{VIEWS}/{'x' * 61}", MINE)[0] == 422
        for number in range(MOST_VIEWS):
            north.put(f"{VIEWS}/{number}", MINE)
        assert north.put(f"{VIEWS}/more", MINE)[1]["code"] == "invalid"

    def test_are_seen_by_nobody_else(self, as_program: AsProgram) -> None:
        person(NORTH).put(f"{VIEWS}/mine", MINE)
        south, program = person("south@south.example"), as_program("north")
        assert south.get(VIEWS)[1]["items"] == []
        assert south.get(f"{VIEWS}/mine")[0] == south.put(f"{VIEWS}/mine", MINE, if_match="*")[0] == 404
        assert south.delete(f"{VIEWS}/mine", if_match="*")[0] == 404
        answers = [program.get(VIEWS), program.get(f"{VIEWS}/mine"), program.put(f"{VIEWS}/x", MINE), program.delete(f"{VIEWS}/mine")]
        assert {(status, problem["code"]) for status, problem in answers} == {(403, "not_allowed")}

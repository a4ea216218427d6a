"""Saving profiles, and converting files."""

from pathlib import Path
from typing import Any

import pytest

from tests.exchange.test_rules_profiles import IN, OUT
from tests.reports.month import at
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Role, Viewer
from trueup.events.models import Event
from trueup.exchange.actions import NEW, convert, remove_profile, save_profile
from trueup.exchange.models import MappingProfile
from trueup.exchange.queries import profile, profiles
from trueup.exchange.rules import profiles as rules
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from trueup.ledger.actions import import_usage

pytestmark = pytest.mark.usefixtures("transactional_db", "world")

NOW = at("2026-11-03T12:00:00Z")
OPERATOR = Viewer.system()


def who(email: str) -> Viewer:
    """A person of the world."""
    return viewers_of(email)[0]


def keep(email: str = "billing@bolt.example", name: str = "mine", said: dict[str, Any] | None = None, seen: str | None = NEW) -> str:
    """Save a profile; its fingerprint."""
    return save_profile(who(email), name, said or OUT, seen=seen, now=NOW).fingerprint


class TestSaveProfile:
    @pytest.mark.parametrize(
        "email", ["vendor@acme.example", "north@north.example", "admin@bolt.example", "billing@bolt.example", "billing@dune.example"]
    )
    def test_is_a_right_of_who_bills(self, email: str) -> None:
        assert keep(email) == profile(who(email), "mine").profile.fingerprint

    def test_is_no_right_of_others(self) -> None:
        for viewer in (who("viewer@bolt.example"), OPERATOR):
            with pytest.raises(NotAllowed):
                save_profile(viewer, "mine", OUT, seen=None, now=NOW)
            with pytest.raises(NotAllowed):
                remove_profile(viewer, "mine", seen=None, now=NOW)
        assert Role.VIEWER in set(Role)

    def test_tells_in_the_history_what_differs(self) -> None:
        keep()
        keep(said=OUT | {"services": {"email-core": "M"}}, seen=None)
        event = Event.objects.filter(kind="mapping_profile_saved").latest("id")
        of = "mapping profile mine"
        assert event.changes == [
            {"of": of, "field": "services email-core", "before": None, "after": "M"},
            {"of": of, "field": "services endpoint-core", "before": "EPC-1", "after": None},
        ]

    def test_is_refused_where_somebody_was_quicker(self) -> None:
        seen = keep()
        keep(said=OUT | {"delimiter": ","}, seen=seen)
        for stale in (seen, NEW):
            with pytest.raises(Stale):
                keep(seen=stale)
        remove_profile(who("billing@bolt.example"), "mine", seen=None, now=NOW)
        with pytest.raises(Stale):
            keep(seen=seen)

    def test_keeps_the_same_name_for_several_accounts(self) -> None:
        keep()
        keep("north@north.example", said=OUT | {"delimiter": "|"})
        assert profile(who("viewer@bolt.example"), "mine").profile.delimiter == ";"
        assert [kept.name for kept in profiles(who("billing@coil.example"))] == ["connectwise"]
        assert [(kept.name, kept.account) for kept in profiles(OPERATOR)] == [("connectwise", ""), ("mine", "bolt"), ("mine", "north")]
        with pytest.raises(Conflict):
            profile(OPERATOR, "mine")

    def test_keeps_a_hundred_at_most(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert rules.MOST_PROFILES == 100
        monkeypatch.setattr("trueup.exchange.actions.MOST_PROFILES", 1)
        keep()
        with pytest.raises(Conflict):
            keep(name="another")


class TestRemoveProfile:
    def test_leaves_an_event(self) -> None:
        seen = keep()
        bolt = who("billing@bolt.example")
        with pytest.raises(Stale):
            remove_profile(bolt, "mine", seen="0" * 16, now=NOW)
        remove_profile(bolt, "mine", seen=seen, now=NOW)
        assert Event.objects.latest("id").kind == "mapping_profile_removed"
        assert not MappingProfile.objects.exists()

    @pytest.mark.parametrize("email", ["north@north.example", "billing@coil.example"])
    def test_finds_no_profile_of_others(self, email: str) -> None:
        keep()
        with pytest.raises(NotFound):
            remove_profile(who(email), "mine", seen=None, now=NOW)


@pytest.fixture
def feed(tmp_path: Path, world: None) -> Path:
    """A file that bolt's profile `mine` is for; it does not exist yet."""
    keep(said=IN | {"delimiter": ";"})
    return tmp_path / "feed.csv"


HEAD = "Report;;\n;;\nSKU;Client;Qty\n"


class TestConvert:
    def test_says_which_row_each_comes_from(self, feed: Path, tmp_path: Path, ledger_home: Path) -> None:
        feed.write_text(HEAD + "EPC-1;nobody;4\n\nEPC-2;Dental Care;5\nEPC-1;Dental Care;6\n", encoding="utf-8-sig")
        bolt = who("billing@bolt.example")
        converted = convert(bolt, "mine", feed, tmp_path / "out.csv")
        assert converted.path.read_text().splitlines()[1:] == [
            "2026-10-31,bolt-dental,endpoint-core,11,11,", "2026-10-31,nobody,endpoint-core,4,4,"
        ]  # fmt: skip
        assert converted.rows == (6, 4)
        result = import_usage(bolt, converted.path, now=NOW)
        assert [(one.row, one.column, one.reason) for one in converted.told(result.refused())] == [(4, "Client", "unknown_customer")]

    def test_is_refused_with_rows_and_columns(self, feed: Path, tmp_path: Path) -> None:
        feed.write_text(HEAD + 'EPC-1;Dental Care;1,234\nEPC-1;"Dental"x;4\n;a;4\n', encoding="utf-8")
        with pytest.raises(Invalid) as refused:
            convert(who("billing@bolt.example"), "mine", feed, tmp_path / "out.csv")
        assert [problem.where for problem in refused.value.problems] == ["row 4, column Qty", "row 5", "row 6, column SKU"]
        assert not (tmp_path / "out.csv").exists()

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"a;b\n", "no row 3"), (b"", "no row 3"), (HEAD.encode("utf-16"), "not text in the encoding"),
            (HEAD.encode() + b"\xff;a;1\n", "not text"),
            (HEAD.encode() + b"x" * 2_000_000, "more than 1 MB"), (b"1\n2\nSKU;Qty\n", "does not have the columns"),
        ],
    )  # fmt: skip
    def test_is_refused_for_what_is_no_such_file(self, feed: Path, tmp_path: Path, content: bytes, why: str) -> None:
        feed.write_bytes(content)
        with pytest.raises(Invalid, match=why):
            convert(who("billing@bolt.example"), "mine", feed, tmp_path / "out.csv")

    def test_is_refused_to_others_and_with_other_profiles(self, feed: Path, tmp_path: Path) -> None:
        feed.write_text(HEAD, encoding="utf-8")
        for email, refusal in (("viewer@bolt.example", NotAllowed), ("north@north.example", NotFound)):
            with pytest.raises(refusal):
                convert(who(email), "mine", feed, tmp_path / "out.csv")
        with pytest.raises(Invalid):
            convert(who("billing@bolt.example"), "connectwise", feed, tmp_path / "out.csv")

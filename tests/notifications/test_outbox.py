"""The outbox and what people choose: who may see and change what."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.notifications.post import BOLT, BOLTS_ADMIN, BOLTS_VIEWER, NORTH, Post, join, over_provisioned, person
from tests.reports.month import CLOSING, OPERATOR, October, at
from trueup.accounts.models import Account
from trueup.accounts.rules import Actor, Role, Viewer
from trueup.events.models import Event
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from trueup.notifications.actions import retry, retry_all_failed, set_preferences, tell_invited
from trueup.notifications.models import Delivery, Preference
from trueup.notifications.queries import counts, delivery, outbox, preferences
from trueup.notifications.rules import Choice, Kind, State


@pytest.fixture
def filled(october: October, post: Post) -> Post:
    """Two e-mails about bolt were sent."""
    over_provisioned(october)
    post.go()
    return post


@pytest.fixture
def acme(october: October) -> Viewer:
    """An admin of the vendor."""
    join("admin@acme.example", "acme-vendor", Role.ADMIN)
    return person("admin@acme.example")


@pytest.fixture
def other(october: October) -> Viewer:
    """An admin of another vendor."""
    Account.objects.create(ref="other-vendor", tier="vendor", name="Other Security")
    join("admin@other.example", "other-vendor", Role.ADMIN)
    return person("admin@other.example")


def invite(account: str | None = "bolt") -> int:
    """Somebody is invited to an account."""
    return tell_invited(
        "new@bolt.example", "Nora", account_name="Bolt IT", inviter="Ada", link="https://portal.example/i/secret", now=at(CLOSING),
        account_id=Account.objects.get(ref=account).pk if account else None,
    )  # fmt: skip


class TestOutbox:
    def test_shows_what_was_sent_the_latest_first(self, filled: Post) -> None:
        page = outbox(OPERATOR)
        assert (page.total, page.number, page.pages) == (2, 1, 1)
        row = next(row for row in page.items if row.address == BOLT)
        assert (row.kind, row.state, row.account, row.name) == (Kind.REPORT_READY, State.SENT, "Bolt IT", "Bella Bolt")
        assert row.subject == "Usage report October 2026 of Bolt IT is ready"
        assert [row.id for row in page.items] == sorted((row.id for row in page.items), reverse=True)

    @pytest.mark.parametrize(
        ("state", "search", "found"),
        [
            ("sent", "", 2), ("failed", "", 0), (None, "bella", 1), (None, "BILLING@", 1), (None, "usage october", 2),
            (None, "usage bella", 1), (None, "100%", 0),
        ],
    )  # fmt: skip
    def test_is_filtered(self, filled: Post, state: str | None, search: str, found: int) -> None:
        assert outbox(OPERATOR, state=state, search=search).total == found

    def test_comes_in_pages(self, filled: Post) -> None:
        pages = [outbox(OPERATOR, page=number, per_page=1) for number in (1, 2, 3)]
        assert [page.number for page in pages] == [1, 2, 2]
        assert pages[0].items != pages[1].items

    def test_takes_the_same_queries_however_much_is_in_it(self, filled: Post) -> None:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            outbox(OPERATOR)
        assert len(captured) == 2

    def test_counts_its_states(self, filled: Post) -> None:
        assert counts(OPERATOR)[State.SENT] == 2
        assert counts(OPERATOR)[State.FAILED] == 0

    def test_refuses_a_state_there_is_none_of(self, filled: Post) -> None:
        with pytest.raises(Invalid, match="there is no state “lost”"):
            outbox(OPERATOR, state="lost")

    def test_has_the_words_of_each(self, filled: Post) -> None:
        found = delivery(OPERATOR, Delivery.objects.get(address=BOLT).pk)
        assert found.text.startswith("Hello Bella Bolt")
        assert found.html.startswith("<!doctype html>")
        assert not found.withheld


class TestWhoSeesIt:
    def test_is_an_admin_of_the_vendor(self, filled: Post, acme: Viewer) -> None:
        assert outbox(acme).total == 2
        assert counts(acme)[State.SENT] == 2
        assert delivery(acme, Delivery.objects.get(address=BOLT).pk).text

    def test_is_not_another_vendor(self, filled: Post, other: Viewer) -> None:
        assert outbox(other).total == 0
        one = Delivery.objects.get(address=BOLT).pk
        with pytest.raises(NotFound):
            delivery(other, one)
        with pytest.raises(NotFound):
            retry(other, one, now=at(CLOSING))
        assert retry_all_failed(other, now=at(CLOSING)) == 0

    @pytest.mark.parametrize("email", [BOLTS_ADMIN, NORTH, "vendor@acme.example"])
    def test_is_nobody_else(self, filled: Post, email: str) -> None:
        viewer = person(email)
        one = Delivery.objects.get(address=BOLT).pk
        for ask in (
            lambda: outbox(viewer), lambda: counts(viewer), lambda: delivery(viewer, one), lambda: retry(viewer, one, now=at(CLOSING)),
            lambda: retry_all_failed(viewer, now=at(CLOSING)),
        ):  # fmt: skip
            with pytest.raises(NotAllowed, match="may not see the outbox"):
                ask()

    def test_does_not_get_the_link_of_somebody_elses_invitation(self, filled: Post, acme: Viewer) -> None:
        one = invite()
        filled.send()
        found = delivery(acme, one)
        assert (found.text, found.html, found.withheld, found.row.state) == ("", "", True, State.SENT)
        assert "secret" in delivery(OPERATOR, one).text

    def test_is_the_operator_alone_where_an_invitation_names_no_account(self, filled: Post, acme: Viewer) -> None:
        with pytest.raises(NotFound):
            delivery(acme, invite(None))


class TestRetry:
    def test_of_what_was_sent_is_refused(self, filled: Post, acme: Viewer) -> None:
        with pytest.raises(Conflict, match="nothing was changed"):
            retry(acme, Delivery.objects.get(address=BOLT).pk, now=at(CLOSING))

    def test_of_nothing_is_refused(self, filled: Post) -> None:
        with pytest.raises(NotFound, match="there is no delivery 0"):
            retry(OPERATOR, 0, now=at(CLOSING))

    def test_is_told_in_the_history(self, filled: Post, acme: Viewer) -> None:
        Delivery.objects.update(state=State.FAILED)
        one = Delivery.objects.get(address=BOLT).pk
        retry(acme, one, now=at(CLOSING))
        assert retry_all_failed(acme, now=at(CLOSING)) == 1
        told = Event.objects.filter(kind="deliveries_retried").order_by("sequence")
        assert [(event.chain, event.actor_name, event.subject_id) for event in told] == [
            (acme.account_id, "admin@acme.example", one),
            (acme.account_id, "admin@acme.example", 0),
        ]


class TestInvitation:
    @pytest.mark.parametrize("address", ["", "nobody", "a@b.example\nBcc: c@d.example"])
    def test_needs_an_address(self, october: October, address: str) -> None:
        with pytest.raises(Invalid, match="is not an e-mail address"):
            tell_invited(address, "", account_name="Bolt", inviter="Ada", link="https://x.example/1", now=at(CLOSING))


class TestPreferences:
    def test_are_those_of_the_rules_until_somebody_chooses(self, october: October) -> None:
        found = preferences(person(NORTH))
        assert found.language == "en"
        assert {one.kind: (one.choice, one.choices) for one in found.kinds}[Kind.TO_REVIEW] == (Choice.NOW, tuple(Choice))
        assert {one.choice for one in preferences(person(BOLTS_VIEWER)).kinds} == {Choice.OFF}
        assert Kind.TO_REVIEW not in {one.kind for one in preferences(person(BOLT)).kinds}

    def test_are_kept(self, october: October) -> None:
        set_preferences(person(NORTH), {"to_review": "digest", "reminder": "off"}, now=at(CLOSING), language="de")
        set_preferences(person(NORTH), {"reminder": "now"}, now=at(CLOSING))
        found = preferences(person(NORTH))
        chosen = {one.kind: one.choice for one in found.kinds}
        assert (found.language, chosen[Kind.TO_REVIEW], chosen[Kind.REMINDER]) == ("de", Choice.DIGEST, Choice.NOW)

    @pytest.mark.parametrize(
        ("kind", "choice"),
        [("invitation", "off"), ("digest", "off"), ("password", "off"), ("reminder", "digest"), ("reminder", "never"), ("reminder", "")],
    )
    def test_that_do_not_exist_are_refused_and_change_nothing(self, october: October, kind: str, choice: str) -> None:
        with pytest.raises(Invalid):
            set_preferences(person(BOLT), {"rejected": "off", kind: choice}, now=at(CLOSING))
        assert not Preference.objects.exists()

    def test_know_the_languages_of_the_installation_only(self, october: October) -> None:
        with pytest.raises(Invalid, match="there is no language “xx”"):
            set_preferences(person(BOLT), {}, now=at(CLOSING), language="xx")

    @pytest.mark.parametrize("viewer", [OPERATOR, Viewer(Actor("client", "a program", 1), 1)])
    def test_are_a_persons(self, october: October, viewer: Viewer) -> None:
        with pytest.raises(NotAllowed, match="gets no e-mails"):
            set_preferences(viewer, {"rejected": "off"}, now=at(CLOSING))
        with pytest.raises(NotAllowed, match="gets no e-mails"):
            preferences(viewer)

    def test_are_nobody_elses(self, october: October) -> None:
        set_preferences(person(BOLT), {"rejected": "off"}, now=at(CLOSING))
        assert not Preference.objects.visible_to(person(BOLTS_ADMIN)).exists()
        assert Preference.objects.visible_to(person(BOLT)).exists()

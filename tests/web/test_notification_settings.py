"""Settings, and which e-mails somebody gets."""

from django.contrib.auth import get_user_model

from tests.web.conftest import AsPerson
from trueup.accounts.queries import viewers_of
from trueup.notifications.models import Preference
from trueup.notifications.queries import preferences
from trueup.notifications.rules import Choice, Kind

NORTH, BELLA, ADDRESS = "north@north.example", "billing@bolt.example", "/settings/notifications/"


class TestOverview:
    def test_has_every_page_that_the_person_may_open(self, world: None, as_person: AsPerson) -> None:
        client = as_person(BELLA)
        page = client.get("/settings/")
        cards = [*page.context["account"], *page.context["own"]]
        assert cards
        assert [card.entry.name for card in cards if not card.about] == []
        for card in cards:
            assert client.get(card.entry.address).status_code in {200, 302}

    def test_shows_the_outbox_to_admins_of_a_vendor_only(self, world: None, as_person: AsPerson) -> None:
        assert "Outbox" not in as_person("vendor@acme.example").get("/settings/").content.decode()
        assert "Outbox" not in as_person("admin@bolt.example").get("/settings/").content.decode()


class TestNotificationSettings:
    def test_offer_a_digest_to_who_reviews(self, world: None, as_person: AsPerson) -> None:
        page = as_person(NORTH).get(ADDRESS).content.decode()
        assert 'name="to_review" value="digest"' in page
        assert 'name="report_ready" value="digest"' not in page

    def test_are_saved_and_shown_again(self, world: None, as_person: AsPerson) -> None:
        client = as_person(NORTH)
        response = client.post(ADDRESS, {"to_review": "digest", "approved": "off", "language": "de"})
        assert response["Location"] == ADDRESS
        now = preferences(viewers_of(NORTH)[0])
        chosen = {kind.kind: kind.choice for kind in now.kinds}
        assert (chosen[Kind.TO_REVIEW], chosen[Kind.APPROVED], chosen[Kind.REJECTED], now.language) == (
            Choice.DIGEST, Choice.OFF, Choice.NOW, "de",
        )  # fmt: skip
        page = client.get(ADDRESS).content.decode()
        assert 'value="digest" checked' in page
        assert 'value="de" lang="de" selected' in page

    def test_refuse_what_is_no_choice_and_keep_everything(self, world: None, as_person: AsPerson) -> None:
        response = as_person(BELLA).post(ADDRESS, {"approved": "digest"})
        assert response.status_code == 400
        assert 'role="alert"' in response.content.decode()
        assert as_person(BELLA).post(ADDRESS, {"language": "xx"}).status_code == 400
        assert not Preference.objects.exists()

    def test_are_ones_own(self, world: None, as_person: AsPerson) -> None:
        as_person(BELLA).post(ADDRESS, {"approved": "off"})
        assert set(Preference.objects.values_list("user", flat=True)) == {get_user_model().objects.get(email=BELLA).pk}

"""The outbox, as the admins of a vendor see it."""

import pytest

from tests.web.conftest import NOW, AsPerson
from trueup.accounts.models import Account, Member
from trueup.accounts.rules import Role
from trueup.notifications.models import Delivery
from trueup.notifications.rules import Kind, State

ADMIN = "vendor@acme.example"


@pytest.fixture(autouse=True)
def operator(world: None) -> None:
    """The vendor's person is its admin."""
    Member.objects.filter(user__email=ADMIN).update(role=Role.ADMIN)


@pytest.fixture
def mail() -> Delivery:
    """An e-mail to Bolt that could not be sent."""
    return _delivery("billing@bolt.example", "Your usage report is ready")


def _delivery(address: str, subject: str, *, state: State = State.FAILED, kind: Kind = Kind.REPORT_READY) -> Delivery:
    accounts = {account.ref: account for account in Account.objects.all()}
    path = "".join(f"/{accounts[ref].pk}" for ref in ("acme-vendor", "north", "bolt")) + "/"
    return Delivery.objects.create(
        address=address, kind=kind, state=state, subject=subject, text="Hello <Bella> & all", html="<p>Hello <script>alert(1)</script></p>",
        account=accounts["bolt"], path=path, created_at=NOW, next_try_at=NOW, tries=3, last_error="no <route>", message_id="x",
    )  # fmt: skip


class TestOutbox:
    def test_lists_e_mails_with_their_state_in_words(self, as_person: AsPerson, mail: Delivery) -> None:
        page = as_person(ADMIN).get("/outbox/").content.decode()
        assert "Your usage report is ready" in page
        assert '<span class="badge badge--bad">Failed</span>' in page

    @pytest.mark.parametrize(
        ("query", "subjects"),
        [
            ("state=sent", ["Approved"]),
            ("search=BOLT", ["Your usage report is ready"]),
            ("search=coil&state=failed", []),
            ("state=nonsense", ["Approved", "Your usage report is ready"]),
            ("page=99999999999999999999", ["Approved", "Your usage report is ready"]),
        ],
    )
    def test_finds_by_state_and_words(self, as_person: AsPerson, mail: Delivery, query: str, subjects: list[str]) -> None:
        _delivery("billing@coil.example", "Approved", state=State.SENT, kind=Kind.APPROVED)
        lines = as_person(ADMIN).get(f"/outbox/?{query}").context["lines"]
        assert [line.row.subject for line in lines] == subjects

    def test_says_that_there_is_nothing(self, as_person: AsPerson) -> None:
        assert "No e-mails yet" in as_person(ADMIN).get("/outbox/").content.decode()
        assert "No e-mail is like this" in as_person(ADMIN).get("/outbox/?search=x").content.decode()

    @pytest.mark.parametrize("email", ["north@north.example", "admin@bolt.example", "viewer@bolt.example"])
    def test_is_for_nobody_else(self, as_person: AsPerson, mail: Delivery, email: str) -> None:
        client = as_person(email)
        assert client.get("/outbox/").status_code == 403
        for address in (f"/outbox/{mail.pk}/", f"/outbox/{mail.pk}/html/"):
            assert client.get(address).status_code in {403, 404}
        assert client.post(f"/outbox/{mail.pk}/retry/").status_code in {403, 404}
        assert client.post("/outbox/retry/").status_code == 403
        mail.refresh_from_db()
        assert mail.state == State.FAILED


class TestOneEMail:
    def test_is_shown_as_its_text(self, as_person: AsPerson, mail: Delivery) -> None:
        page = as_person(ADMIN).get(f"/outbox/{mail.pk}/").content.decode()
        assert "Hello &lt;Bella&gt; &amp; all" in page
        assert "no &lt;route&gt;" in page
        assert "<script>alert" not in page

    def test_gives_its_html_as_plain_text_only(self, as_person: AsPerson, mail: Delivery) -> None:
        response = as_person(ADMIN).get(f"/outbox/{mail.pk}/html/")
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert response["Content-Disposition"].startswith("attachment")
        assert response["X-Content-Type-Options"] == "nosniff"

    def test_keeps_the_words_of_an_invitation_to_itself(self, as_person: AsPerson) -> None:
        invitation = _delivery("new@bolt.example", "You are invited", kind=Kind.INVITATION)
        client = as_person(ADMIN)
        page = client.get(f"/outbox/{invitation.pk}/").content.decode()
        assert "Hello" not in page
        assert "The words of this e-mail are for its reader alone" in page
        assert client.get(f"/outbox/{invitation.pk}/html/").status_code == 404

    def test_is_tried_again(self, as_person: AsPerson, mail: Delivery) -> None:
        client = as_person(ADMIN)
        assert "is tried again" in client.post(f"/outbox/{mail.pk}/retry/", follow=True).content.decode()
        mail.refresh_from_db()
        assert (mail.state, mail.tries) == (State.WAITING, 0)

    def test_is_not_tried_again_once_it_was_sent(self, as_person: AsPerson) -> None:
        sent = _delivery("billing@bolt.example", "Sent", state=State.SENT)
        page = as_person(ADMIN).post(f"/outbox/{sent.pk}/retry/", follow=True).content.decode()
        assert "nothing was changed" in page

    def test_is_not_found_where_there_is_none(self, as_person: AsPerson) -> None:
        assert as_person(ADMIN).get("/outbox/999/").status_code == 404

    def test_is_tried_again_with_all_that_failed(self, as_person: AsPerson, mail: Delivery) -> None:
        _delivery("billing@coil.example", "Another")
        page = as_person(ADMIN).post("/outbox/retry/", follow=True).content.decode()
        assert "2 e-mails are tried again" in page
        assert not Delivery.objects.filter(state=State.FAILED).exists()

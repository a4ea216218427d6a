"""Who pays is told of statements; a vendor of billing reports that were submitted, a distributor of what became of them."""

from collections.abc import Callable

import pytest
from django.core import mail

from tests.notifications.post import BOLT, BOLTS_ADMIN, COIL, NORTH, Post, html_of, join, leave, person, sent, to
from tests.reports.month import OCTOBER, OPERATOR, October, at
from tests.statements.conftest import BUYING, SELLING, account_id, issue_all, save_prices
from tests.statements.conftest import approve as approve  # noqa: PLC0414 -- the fixture
from trueup.accounts.rules import Role
from trueup.cycles.models import Cycle
from trueup.kit.errors import NotFound
from trueup.notifications.actions import set_preferences
from trueup.notifications.models import Delivery
from trueup.notifications.queries import delivery, outbox, preferences
from trueup.notifications.rules import Kind
from trueup.statements.actions import complete_billing, correct, open_billing_reports, return_billing, save_billing, submit_billing
from trueup.statements.issuing import issue_of_billing

NOW = "2026-11-09T00:00:00Z"
VENDOR = "vendor@acme.example"
Approve = Callable[..., October]


@pytest.fixture
def ready(approve: Approve, post: Post) -> Post:
    """Everything is approved and priced, and people have read what came before."""
    approve()
    open_billing_reports(OPERATOR, Cycle.objects.get(), now=at("2026-11-01T00:10:00Z"))
    save_prices("north", SELLING)
    save_prices("acme-vendor", BUYING)
    post.go(NOW)
    mail.outbox.clear()
    return post


@pytest.fixture
def submitted(ready: Post) -> Post:
    """North has submitted its billing report."""
    save_billing(person(NORTH), OCTOBER, "north", po_number="PO <7>", comment="As every month", now=at(NOW))
    submit_billing(person(NORTH), OCTOBER, "north", now=at(NOW))
    return ready


class TestStatement:
    def test_is_told_to_those_who_pay(self, ready: Post) -> None:
        issue_all(NOW)
        ready.go(NOW)
        subject = "Statement for October 2026 from North Distribution"
        assert sent() == [(BOLTS_ADMIN, subject), (BOLT, subject), (COIL, subject)]
        words = str(to(BOLT).body)
        assert "North Distribution has issued the statement north-2026-000001 for October 2026." in words
        assert "Net 234.60 EUR, tax 44.57 EUR, in total 279.17 EUR." in words
        assert "Open the statement:\nhttps://portal.example/statements/north-2026-000001/\n" in words
        assert "in total 279.17 EUR." in html_of(to(BOLT))
        assert "21.00 EUR" in str(to(COIL).body)

    def test_is_told_once(self, ready: Post) -> None:
        issue_all(NOW)
        ready.go(NOW)
        mail.outbox.clear()
        ready.go(NOW)
        assert sent() == []

    def test_of_a_correction_says_what_it_corrects_and_why(self, ready: Post) -> None:
        issue_all(NOW)
        ready.go(NOW)
        mail.outbox.clear()
        correct(person(NORTH), "north-2026-000002", reason="Wrong <price>", now=at(NOW))
        ready.go(NOW)
        note, new = (str(message.body) for message in mail.outbox)
        assert sent()[0] == (COIL, "Credit note for October 2026 from North Distribution")
        assert (
            "North Distribution credits you the statement north-2026-000002 for October 2026 by the credit note north-2026-000003." in note
        )
        assert "has issued the statement north-2026-000004 for October 2026. It replaces north-2026-000002." in new
        assert "Wrong <price>" in note
        assert "Wrong &lt;price&gt;" in html_of(to(COIL))

    def test_is_told_to_an_msp_that_has_no_access_to_usage_reports(self, ready: Post) -> None:
        join("pays@coil.example", "coil", Role.ADMIN)
        issue_all(NOW)
        ready.gather(NOW)
        leave(COIL)
        assert ready.send(NOW) == 3  # who has left is told nothing
        assert [address for address, _ in sent()] == [BOLTS_ADMIN, BOLT, "pays@coil.example"]

    def test_is_not_told_to_who_does_not_want_it(self, ready: Post) -> None:
        chosen = {one.kind: one.choices for one in preferences(person(BOLT)).kinds}
        assert chosen[Kind.STATEMENT_ISSUED] == ("now", "off")
        assert Kind.BILLING_SUBMITTED not in chosen
        set_preferences(person(BOLT), {"statement_issued": "off"}, now=at(NOW))
        issue_all(NOW)
        ready.go(NOW)
        assert [address for address, _ in sent()] == [BOLTS_ADMIN, COIL]

    def test_says_nothing_to_the_vendor_in_the_outbox(self, ready: Post) -> None:
        """The vendor sees that something was sent, never what an MSP pays."""
        admin = join("admin@acme.example", "acme-vendor", Role.ADMIN)
        issue_all(NOW)
        ready.go(NOW)
        vendor = person(admin.user.email)
        rows = [row for row in outbox(vendor).items if row.kind == "statement_issued"]
        assert {row.subject for row in rows} == {"Statement for October 2026 from North Distribution"}
        seen = delivery(vendor, rows[0].id)
        assert (seen.withheld, seen.text, seen.html) == (True, "", "")
        assert "EUR" in delivery(OPERATOR, rows[0].id).text
        outsider = join("admin@other.example", "south", Role.ADMIN)
        with pytest.raises(NotFound):
            delivery(person(outsider.user.email), rows[0].id)

    def test_of_the_vendor_is_told_to_the_distributor(self, submitted: Post) -> None:
        complete_billing(person(VENDOR), OCTOBER, "north", now=at(NOW))
        issue_of_billing(account_id("acme-vendor"), now=at(NOW))
        submitted.go(NOW)
        assert sent() == [
            (NORTH, "Completed: billing report for October 2026"), (NORTH, "Statement for October 2026 from Acme Security"),
        ]  # fmt: skip
        admin = join("admin@acme.example", "acme-vendor", Role.ADMIN)
        row = next(row for row in outbox(person(admin.user.email)).items if row.kind == "statement_issued")
        assert not delivery(person(admin.user.email), row.id).withheld  # its own


class TestBillingReport:
    def test_that_is_submitted_is_told_to_the_vendor(self, submitted: Post) -> None:
        submitted.go(NOW)
        assert sent() == [(VENDOR, "Billing report for October 2026 of North Distribution")]
        words = str(to(VENDOR).body)
        assert "North Distribution has submitted its billing report for October 2026: in total 162.40 USD." in words
        assert "PO number: PO <7>" in words
        assert "As every month" in words
        assert "https://portal.example/billing/2026-10/north/" in words
        assert "PO &lt;7&gt;" in html_of(to(VENDOR))

    def test_that_is_returned_is_told_to_the_distributor_with_the_reason(self, submitted: Post) -> None:
        submitted.go(NOW)
        mail.outbox.clear()
        return_billing(person(VENDOR), OCTOBER, "north", reason="The PO number is last year's", now=at(NOW))
        submitted.go(NOW)
        assert sent() == [(NORTH, "Returned: billing report for October 2026")]
        assert "Acme Security has returned your billing report for October 2026. The reason:\n\nThe PO number is last year's" in str(
            to(NORTH).body
        )

    def test_that_is_completed_is_told_to_the_distributor(self, submitted: Post) -> None:
        complete_billing(person(VENDOR), OCTOBER, "north", now=at(NOW))
        submitted.go(NOW)
        assert sent() == [(NORTH, "Completed: billing report for October 2026")]
        dropped = Delivery.objects.get(kind="billing_submitted")
        assert (dropped.state, dropped.last_error) == ("dropped", "overtaken: the billing report is completed by now")

    def test_that_was_returned_and_submitted_again_is_told_as_it_is_now(self, submitted: Post) -> None:
        return_billing(person(VENDOR), OCTOBER, "north", reason="Why?", now=at(NOW))
        submit_billing(person(NORTH), OCTOBER, "north", now=at(NOW))
        submitted.go(NOW)
        assert {address for address, _ in sent()} == {VENDOR}

    def test_is_told_to_nobody_while_it_is_collected(self, ready: Post) -> None:
        save_billing(person(NORTH), OCTOBER, "north", po_number="1", now=at(NOW))
        assert ready.go(NOW) == 0

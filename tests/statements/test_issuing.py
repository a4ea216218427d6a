"""Statements of approved reports: what they say, numbered without gaps, once."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from tests.reports.month import OPERATOR, October, at
from tests.statements.conftest import BEGIN, SELLING, account_id, issue_all, save_prices
from trueup.accounts.queries import viewers_of
from trueup.events.models import Event
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from trueup.prices.actions import remove_price_list
from trueup.prices.rules.lists import ListKey
from trueup.statements import issuing, writing
from trueup.statements.actions import correct, save_details
from trueup.statements.due import sellers_due
from trueup.statements.issuing import issue_of
from trueup.statements.models import Hold, NumberSeries, Statement, StatementLine
from trueup.statements.queries import (
    StatementFilter,
    checked_statements,
    checking,
    statement,
    statements,
    statements_of_report,
    waiting_for_prices,
)
from trueup.statements.rules.documents import StatementKind, checksum, statement_document

Approve = Callable[..., October]


def listed(email: str | None = None, **wanted: str) -> list[str]:
    viewer = viewers_of(email)[0] if email else OPERATOR
    return [row.number for _, row in statements(viewer, StatementFilter(**wanted), limit=50)]  # type: ignore[arg-type]


class TestIssue:
    def test_says_what_was_approved_and_how_it_was_priced(self, approve: Approve) -> None:
        approve("bolt")
        save_prices("north", SELLING)
        assert issue_all() == 1
        found = statement(OPERATOR, "north-2026-000001")
        document = found.document
        assert [(line["code"], line["quantity"], line["amount"]) for line in document["lines"]] == [
            ("workspace-security", "13", "54.60"), ("credits", "15", "180.00"), ("nfr", "0", "0.00"),
        ]  # fmt: skip
        assert (document["net"], document["tax"], document["gross"]) == ("234.60", "44.57", "279.17")
        assert (document["cycle"], document["issue_date"], document["kind"]) == ("2026-10", "2026-11-08", "statement")
        assert (document["seller"]["name"], document["buyer"]["name"], document["buyer"]["city"]) == (
            "North Distribution",
            "Bolt IT",
            "Berlin",
        )
        assert document["source"] == {"kind": "report", "cycle": "2026-10", "msp": "bolt", "version": 4}
        assert document["prices"]["services"] == {"workspace-security": {"price": "4.2"}}
        nfr = document["lines"][2]
        assert (nfr["credits"], nfr["complimentary"], nfr["billed_credits"]) == ("90", "60", "30")
        assert nfr["complimentary_of"] == [
            {"customer": "bolt-dental", "credits": "40", "complimentary": "30"},
            {"customer": "bolt-garage", "credits": "50", "complimentary": "30"},
        ]
        assert (found.row.net, found.row.gross, found.row.checksum) == (Decimal("234.60"), Decimal("279.17"), checksum(document))
        parts = StatementLine.objects.order_by("position", "part").values_list("service", "units", "credits", "amount")
        assert list(parts) == [
            ("workspace-security", 13, None, Decimal("54.6")), ("endpoint-core", 400, 1500, 180), ("nfr-license", 90, 90, 0),
        ]  # fmt: skip

    def test_gives_numbers_without_gaps(self, approve: Approve) -> None:
        approve()
        save_prices("north", SELLING)
        assert issue_all() == 2
        assert issue_all() == 0
        assert listed() == ["north-2026-000002", "north-2026-000001"]
        assert [row.buyer for _, row in statements(OPERATOR, StatementFilter(), limit=9)] == ["coil", "bolt"]
        assert list(checked_statements()) == []

    def test_waits_for_a_price_and_says_so(self, approve: Approve) -> None:
        approve()
        assert issue_all() == 0
        assert [(one.msp, one.reason) for one in waiting_for_prices(OPERATOR)] == [
            ("bolt", "there is no price list"),
            ("coil", "there is no price list"),
        ]
        save_prices("north", {"currency": "EUR", "services": {"workspace-security": 1}}, now="2026-11-08T13:00:00Z")
        assert issue_all("2026-11-08T14:00:00Z") == 1
        assert [(one.msp, one.reason) for one in waiting_for_prices(viewers_of("north@north.example")[0])] == [
            ("bolt", "2 services have no price, among them endpoint-core, nfr-license")
        ]
        assert sellers_due(now=at("2026-11-08T14:30:00Z")) == []  # until prices change
        save_prices("north", SELLING, now="2026-11-08T15:00:00Z")
        assert issue_all("2026-11-08T16:00:00Z") == 1
        assert waiting_for_prices(OPERATOR) == []
        assert waiting_for_prices(viewers_of("billing@bolt.example")[0]) == []

    def test_is_tried_again_once_a_list_is_gone_that_had_no_price(self, approve: Approve) -> None:
        approve("bolt")
        save_prices("north", SELLING)
        save_prices("north", {"currency": "EUR", "services": {}, "packs": {}}, begin=date(2026, 6, 1))
        assert issue_all() == 0
        later = "2026-11-08T18:00:00Z"
        assert sellers_due(now=at(later)) == []
        remove_price_list(OPERATOR, ListKey("north", None, date(2026, 6, 1)), seen=None, now=at("2026-11-08T17:00:00Z"))
        assert sellers_due(now=at(later)) == [account_id("north")]
        assert issue_all(later) == 1
        assert not Hold.objects.exists()

    def test_that_is_held_is_not_tried_in_each_round(self, approve: Approve) -> None:
        approve("bolt")
        save_prices("north", {"currency": "EUR", "services": {}, "packs": {}})
        remove_price_list(OPERATOR, ListKey("north", None, BEGIN), seen=None, now=at("2026-11-08T11:00:00Z"))
        for now in ("2026-11-08T12:00:00Z", "2026-11-08T13:00:00Z"):
            assert issue_all(now) == 0
        assert sellers_due(now=at("2026-11-08T14:00:00Z")) == []

    def test_of_one_that_fails_holds_up_no_other(self, approve: Approve, monkeypatch: pytest.MonkeyPatch) -> None:
        approve()
        save_prices("north", SELLING)
        again = statement_document

        def failing(**said: Any) -> Any:
            if said["buyer"]["ref"] == "bolt":
                raise ZeroDivisionError
            return again(**said)

        monkeypatch.setattr(writing, "statement_document", failing)
        failures: list[Exception] = []
        now = at("2026-11-08T12:00:00Z")
        assert issue_of(account_id("north"), now=now, failed=failures.append).count == 1
        assert [type(one) for one in failures] == [ZeroDivisionError]
        assert [row.buyer for _, row in statements(OPERATOR, StatementFilter(), limit=9)] == ["coil"]
        monkeypatch.undo()
        assert issue_all("2026-11-08T13:00:00Z") == 1
        assert list(checked_statements()) == []

    def test_fails_at_once_where_it_is_the_database_that_does(self, approve: Approve, monkeypatch: pytest.MonkeyPatch) -> None:
        approve()
        save_prices("north", SELLING)

        def broken(*_: object, **__: object) -> None:
            raise OperationalError

        monkeypatch.setattr(issuing, "issue", broken)
        failures: list[Exception] = []
        assert issue_of(account_id("north"), now=at("2026-11-08T12:00:00Z"), failed=failures.append).count == 0
        assert len(failures) == 1

    def test_takes_what_is_more_money_than_there_is_for_a_reason_to_wait(self, approve: Approve) -> None:
        approve("coil")
        save_prices("north", {"currency": "EUR", "services": {"workspace-security": "999999999999"}})
        save_prices(
            "north", {"currency": "EUR", "services": {"workspace-security": {"price": 1, "minimum_amount": "999999999999"}}}, buyer="coil"
        )
        assert issue_all() == 1

    def test_leaves_out_what_somebody_has_issued_meanwhile(self, approve: Approve, monkeypatch: pytest.MonkeyPatch) -> None:
        approve("bolt")
        save_prices("north", SELLING)
        again = writing.issue

        def twice(*given: object, **named: object) -> object:
            assert len(again(*given, **named)) == 1  # type: ignore[arg-type]
            return again(*given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(issuing, "issue", twice)
        assert issue_all() == 0
        assert (Statement.objects.count(), NumberSeries.objects.get().last) == (1, 1)

    def test_counts_anew_each_year_of_the_installation(self, approve: Approve) -> None:
        approve("bolt")
        save_prices("north", SELLING)
        issue_all("2027-01-01T00:00:00Z")
        assert listed() == ["north-2027-000001"]

    def test_tells_the_payer(self, approve: Approve) -> None:
        approve("bolt")
        save_prices("north", SELLING)
        issue_all()
        event = Event.objects.get(kind="statement_issued")
        assert event.changes == [{"of": "north-2026-000001", "field": "gross", "before": None, "after": "279.17 EUR"}]
        assert (event.chain, event.actor_kind) == (account_id("bolt"), "system")

    def test_copies_the_billing_details(self, approve: Approve) -> None:
        approve("bolt")
        save_prices("north", SELLING)
        said = {"legal_name": "Bolt IT GmbH", "city": "Potsdam", "country": "DE", "vat_id": "DE123456789"}
        assert save_details(viewers_of("billing@bolt.example")[0], "bolt", said, seen="", now=at("2026-11-01T00:00:00Z"))
        issue_all()
        buyer = statement(OPERATOR, "north-2026-000001").document["buyer"]
        assert (buyer["name"], buyer["city"], buyer["vat_id"], buyer["iban"]) == ("Bolt IT GmbH", "Potsdam", "DE123456789", "")


class TestStatement:
    @pytest.fixture(autouse=True)
    def issued(self, approve: Approve) -> October:
        found = approve()
        save_prices("north", SELLING)
        issue_all()
        return found

    def test_is_seen_by_who_pays_and_who_is_paid_alone(self) -> None:
        both = ["north-2026-000002", "north-2026-000001"]
        assert listed("north@north.example") == both
        assert listed("viewer@bolt.example") == ["north-2026-000001"]
        for email in ("vendor@acme.example", "south@south.example", "billing@dune.example"):
            assert listed(email) == []
        with pytest.raises(NotFound, match="there is no statement “north-2026-000002”"):
            statement(viewers_of("viewer@bolt.example")[0], "north-2026-000002")
        with pytest.raises(NotFound):
            statement(OPERATOR, "a\0")

    def test_is_found_by_what_is_known_of_it(self) -> None:
        assert listed(buyer="bolt") == listed(search="BOLT") == listed(search="000001") == ["north-2026-000001"]
        assert listed(seller="south") == listed(kind="credit_note") == listed(buyer="a\0") == []
        _, last = statements(OPERATOR, StatementFilter(), limit=1)[0]
        assert last.number == "north-2026-000002"

    def test_is_never_changed_nor_deleted(self) -> None:
        for table, column in (("statements_statement", "checksum"), ("statements_statementline", "service_name")):
            for change in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
                with pytest.raises(DatabaseError, match="are append-only"), transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(change)

    def test_is_found_out_if_somebody_changes_it_all_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("trueup.statements.queries.checking.checksum", lambda _document: "another")
        NumberSeries.objects.update(last=5)
        found = [(one.number, one.message) for one in checked_statements()]
        assert ("north-2026-000001", "its content was altered: the checksum is another") in found
        assert found[-1][1] == "the last number given is 5, and there is no such statement"

    def test_is_found_out_if_nobody_gave_its_number(self) -> None:
        NumberSeries.objects.update(last=1)
        found = [one.message for one in checked_statements()]
        assert found == ["the number 2 was never given, and there is such a statement"]

    def test_that_is_issued_while_all_are_checked_is_no_finding(self, monkeypatch: pytest.MonkeyPatch) -> None:
        known = checking._given
        answers = [{key: last - 1 for key, last in known().items()}]
        monkeypatch.setattr(checking, "_given", lambda: answers.pop() if answers else known())
        assert list(checked_statements()) == []

    def test_is_corrected_with_a_reason_that_every_form_can_say(self) -> None:
        with pytest.raises(Invalid, match="this must be text of at most 5000 characters"):
            correct(viewers_of("north@north.example")[0], "north-2026-000001", reason="Wrong\x0bprice", now=at("2026-11-10T00:00:00Z"))

    def test_does_not_change_with_prices(self) -> None:
        before = statement(OPERATOR, "north-2026-000001")
        save_prices("north", SELLING | {"margin_percent": 50}, now="2026-11-09T00:00:00Z")
        assert issue_all("2026-11-09T01:00:00Z") == 0
        assert statement(OPERATOR, "north-2026-000001") == before

    def test_is_corrected_by_a_credit_note_and_a_replacement(self, issued: October) -> None:
        save_prices("north", SELLING | {"margin_percent": 50}, now="2026-11-09T00:00:00Z")
        seller = viewers_of("north@north.example")[0]
        numbers = correct(seller, "north-2026-000001", reason="Wrong margin", now=at("2026-11-10T00:00:00Z"))
        assert numbers == ["north-2026-000003", "north-2026-000004"]
        old, note, new = (statement(OPERATOR, number) for number in ("north-2026-000001", *numbers))
        assert (note.row.kind, note.row.corrects, note.row.gross) == (StatementKind.CREDIT_NOTE, "north-2026-000001", old.row.gross)
        assert note.document["lines"] == old.document["lines"]
        assert (new.row.kind, new.row.corrects, new.row.net) == (StatementKind.STATEMENT, "north-2026-000001", Decimal("117.30"))
        assert (new.document["reason"], old.row.corrected_by) == ("Wrong margin", tuple(numbers))
        report = Statement.objects.get(number=numbers[0]).report
        assert report
        assert [row.number for row in statements_of_report(seller, report)] == [
            "north-2026-000001",
            *numbers,
        ]
        again = correct(OPERATOR, numbers[1], reason="Still wrong", now=at("2026-11-11T00:00:00Z"))
        assert again == ["north-2026-000005", "north-2026-000006"]
        assert list(checked_statements()) == []
        assert Event.objects.filter(kind="statement_issued").last().note == "Still wrong"  # type: ignore[union-attr]

    def test_is_corrected_once_by_its_seller_with_a_reason(self) -> None:
        seller, now = viewers_of("north@north.example")[0], at("2026-11-10T00:00:00Z")
        with pytest.raises(NotAllowed, match="may not correct statements: that is not a right of a billing manager of an MSP"):
            correct(viewers_of("billing@bolt.example")[0], "north-2026-000001", reason="x", now=now)
        with pytest.raises(NotAllowed):
            correct(viewers_of("viewer@bolt.example")[0], "north-2026-000001", reason="x", now=now)
        with pytest.raises(NotFound):
            correct(viewers_of("south@south.example")[0], "north-2026-000001", reason="x", now=now)
        for reason in (" ", "x" * 5001, "a\0"):
            with pytest.raises(Invalid):
                correct(seller, "north-2026-000001", reason=reason, now=now)
        note, _ = correct(seller, "north-2026-000001", reason="x", now=now)
        with pytest.raises(Conflict, match="was corrected already"):
            correct(seller, "north-2026-000001", reason="x", now=now)
        with pytest.raises(Conflict, match="is a credit note"):
            correct(seller, note, reason="x", now=now)
        save_prices("north", {"currency": "EUR"}, now="2026-11-11T00:00:00Z")
        with pytest.raises(Invalid, match="there is no price for workspace-security"):
            correct(seller, "north-2026-000002", reason="x", now=now)
        assert Statement.objects.count() == 4

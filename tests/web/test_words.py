"""Everything people see has a word, and sentences of the domain are said in their language."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from django.utils.translation import override

from trueup.accounts.rules import Role, Scope, Tier
from trueup.catalog.rules import TERMS_FIELDS, AutoApprove, ChargeableBasis, MeasureName, Penalty
from trueup.cycles.rules import CycleStatus
from trueup.kit.issue import Severity
from trueup.kit.period import Month
from trueup.kit.text import joined, plural, text
from trueup.ledger.rules.refusals import SENTENCES, Reason
from trueup.network.rules import plan
from trueup.reports.rules.checks import USUAL_REASONS
from trueup.reports.rules.lines import Outcome
from trueup.reports.rules.workflow import MAY_REQUIRE_REVIEW, STATUS_WORDS, Status, Submission, Verb
from trueup.web import words

SOURCE = Path(words.__file__).parent.parent

TABLES = [
    (words.STATUSES, Status),
    (STATUS_WORDS, Status),
    (words.SUBMISSIONS, Submission),
    (words.FLAGS, [MAY_REQUIRE_REVIEW]),
    (words.FLAG_SENTENCES, [MAY_REQUIRE_REVIEW]),
    (words.VERBS, Verb),
    (words.SEVERITIES, Severity),
    (words.OUTCOMES, Outcome),
    (words.OUTCOME_SENTENCES, Outcome),
    (words.MEASURES, MeasureName),
    (words.MEASURE_SENTENCES, MeasureName),
    (words.BASES, ChargeableBasis),
    (words.PENALTIES, Penalty),
    (words.AUTO_APPROVALS, AutoApprove),
    (words.CYCLE_STATUSES, CycleStatus),
    (words.TIERS, Tier),
    (words.ROLES, Role),
    (words.SCOPES, Scope),
    (words.REASONS, USUAL_REASONS),
    (words.REFUSALS, Reason),
    (SENTENCES, Reason),
    (words.STEPS, plan.Verb),
]


@cache
def trees() -> tuple[ast.Module, ...]:
    """The whole source, read once."""
    return tuple(ast.parse(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py"))


@cache
def every_call() -> dict[str, list[ast.Call]]:
    """The calls in the source, by the name of the function."""
    found: dict[str, list[ast.Call]] = defaultdict(list)
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                found[node.func.id].append(node)
    return found


@cache
def constants() -> dict[str, str]:
    """The texts that modules give a name."""
    named = [node for tree in trees() for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)]
    return {
        node.targets[0].id: node.value.value
        for node in named
        if isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def calls(*names: str) -> Iterator[ast.Call]:
    """The calls of functions with these names, wherever in the source."""
    for name in names:
        yield from every_call().get(name, [])


def literals(node: ast.expr, known: dict[str, str]) -> Iterator[str]:
    """The texts an expression may be."""
    if isinstance(node, ast.IfExp):
        yield from literals(node.body, known)
        yield from literals(node.orelse, known)
    elif isinstance(node, ast.Name) and node.id in known:
        yield known[node.id]
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def written(place: int, keywords: set[str], *names: str) -> set[str]:
    """The texts that calls give for one argument."""
    given = [node for call in calls(*names) for node in call.args[place : place + 1]]
    given += [keyword.value for call in calls(*names) for keyword in call.keywords if keyword.arg in keywords]
    known = constants()
    return {literal for node in given for literal in literals(node, known)}


class TestWords:
    @pytest.mark.parametrize(("table", "codes"), TABLES)
    def test_are_there_for_every_code(self, table: words.Words, codes: object) -> None:
        assert set(table) == set(codes)  # type: ignore[call-overload]

    def test_are_there_for_every_kind_of_event(self) -> None:
        kinds = written(1, {"kind"}, "Happening") | written(2, {"kind", "event"}, "tell", "_tell", "_approve", "_put_under_review")
        kinds |= written(99, {"kind"}, "record", "record_all", "record_steps", "_do")
        assert {"draft_saved", "automatically_approved", "usage_replayed", "generated", "network_changed", "upload_received"} <= kinds
        assert sorted(kinds - set(words.EVENTS)) == []

    def test_are_there_for_every_issue(self) -> None:
        assert sorted(written(0, set(), "Issue") - set(words.ISSUES)) == []

    def test_are_there_for_every_field_of_the_history(self) -> None:
        assert sorted(written(0, {"field"}, "Change") - set(words.FIELDS)) == []
        assert sorted(set(TERMS_FIELDS) - set(words.FIELDS)) == []

    def test_are_the_code_itself_where_an_installation_has_its_own(self) -> None:
        assert words.word(words.REASONS, "spare_part") == "spare part"

    def test_name_the_day_from_which_a_field_holds(self) -> None:
        with override("de"):
            assert words.field("parent from 2026-10-01") == "Gehört zu ab 1. Okt. 2026"

    def test_name_a_measure_with_its_percentile(self) -> None:
        with override("en"):
            assert words.measure("percentile_day 97.5") == "Percentile day (97.5 %)"


class TestSays:
    def test_leaves_english_as_it_is(self) -> None:
        with override("en"):
            assert words.says(text("there is no MSP “{ref}”", ref="m")) == "there is no MSP “m”"

    def test_translates_the_sentence_and_the_sentences_in_it(self) -> None:
        said = text("the report is {status}, so it cannot be {done}; nothing was changed", status=text("approved"), done=text("edited"))
        with override("de"):
            assert words.says(said) == "der Nutzungsbericht ist freigegeben und kann deshalb nicht bearbeitet werden; nichts wurde geändert"

    @pytest.mark.parametrize(("count", "expected"), [(1, "1 Wert kann"), (2, "2 Werte können"), (1200, "1.200 Werte können")])
    def test_goes_by_the_number(self, count: int, expected: str) -> None:
        with override("de"):
            assert words.says(plural("{count} value cannot be saved", "{count} values cannot be saved", count)).startswith(expected)

    def test_writes_numbers_and_days_as_the_language_does(self) -> None:
        sentence = text("{a}, {b}, {c}", a=Decimal("1234.5"), b=date(2026, 10, 16), c=Month(2026, 10))
        with override("de"):
            assert words.says(sentence) == "1.234,5, 16. Okt. 2026, Oktober 2026"

    def test_leaves_alone_what_is_no_sentence_of_ours(self) -> None:
        with override("de"):
            assert words.says("approved {") == "approved {"
            assert words.says(joined(["a {b}", "c"])) == "a {b}, c"

"""Sentences remember how they were made."""

import pickle

import pytest

from trueup.kit.period import Month
from trueup.kit.text import Text, joined, packed, plural, text, unpacked


class TestText:
    def test_is_a_plain_sentence_to_whoever_does_not_translate(self) -> None:
        assert text("there is no MSP “{ref}”", ref="m") == "there is no MSP “m”"

    def test_remembers_its_template_and_values(self) -> None:
        said = text("no {ref}", ref="m")
        assert (said.template, said.values) == ("no {ref}", {"ref": "m"})

    def test_goes_by_the_number(self) -> None:
        assert [plural("{count} issue", "{count} issues", count) for count in (0, 1, 2)] == ["0 issues", "1 issue", "2 issues"]

    def test_survives_between_processes(self) -> None:
        said = pickle.loads(pickle.dumps(text("no {ref}", ref=text("m"))))  # noqa: S301 -- our own
        assert (said, said.template, said.values["ref"].template) == ("no m", "no {ref}", "m")


class TestJoined:
    def test_keeps_the_parts(self) -> None:
        said = joined([text("one"), "two"], "; ")
        assert said == "one; two"
        assert [type(value) for value in said.values.values()] == [Text, str]


class TestPacked:
    @pytest.mark.parametrize(
        "sentence",
        [
            text("the cycle {month} is {status}", month=Month(2026, 10), status=text("open")),
            plural("{count} issue", "{count} issues", 3),
            joined([text("a {b}", b="{"), "c"]),
        ],
    )
    def test_comes_out_the_same(self, sentence: Text) -> None:
        again = unpacked(packed(sentence))
        assert isinstance(again, Text)
        assert (again, again.template, again.plural) == (sentence, sentence.template, sentence.plural)

    def test_leaves_plain_text_plain(self) -> None:
        assert unpacked(packed("it broke {")) == "it broke {"

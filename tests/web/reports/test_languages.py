"""A form is read in the language it was made in, whatever language the person has chosen since."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import translation

from tests.reports.month import October
from trueup.kit.errors import Invalid
from trueup.web import numbers
from trueup.web.forms import Form, NumberField

BOLT = "/reports/2026-10/bolt/"
DRAFT = BOLT + "draft/"
GERMAN = {"Accept-Language": "de"}


def sent(mine: str, was: str = "0.806", **more: str) -> dict[str, str]:
    """A form in which somebody changed the units of storage."""
    return {"version": "1", "chargeable-backup-storage": mine, "was_chargeable-backup-storage": was, **more}


def storage(october: October) -> Decimal:
    """What is saved."""
    return october.line("bolt", "backup-storage").chargeable


class TestDraftForm:
    def test_says_in_which_language_it_was_made(self, bella: Client) -> None:
        assert 'name="language" value="en"' in bella.get(BOLT).text
        assert 'name="language" value="de"' in bella.get(BOLT, headers=GERMAN).text

    @pytest.mark.parametrize(
        ("made_in", "chosen", "mine", "value"),
        [("en", "de", "1.250", "1.25"), ("de", "en", "1.250", "1250"), ("en", "de", "1,250", "1250"), ("de", "en", "1,250", "1.25")],
    )
    def test_is_read_in_it(self, bella: Client, october: October, *, made_in: str, chosen: str, mine: str, value: str) -> None:
        was = {"en": "0.806", "de": "0,806"}[made_in]
        answer = bella.post(DRAFT, sent(mine, was, language=made_in), headers={"Accept-Language": chosen})
        assert answer.status_code == 302
        assert storage(october) == Decimal(value)

    def test_of_an_earlier_state_is_compared_in_it(self, bella: Client, october: October) -> None:
        october.edit("bolt", "workspace-security", by="admin@bolt.example", chargeable="39")
        answer = bella.post(DRAFT, sent("1.250", language="en"), headers=GERMAN)
        assert answer.status_code == 409
        assert "0.806" in answer.text
        assert "it was 0.806" not in answer.text

    def test_comes_back_in_it_with_what_was_typed(self, bella: Client, october: October) -> None:
        answer = bella.post(DRAFT, sent("1.250,5", language="en"), headers=GERMAN)
        assert answer.status_code == 422
        for said in ('name="language" value="en"', 'value="1.250,5"', "write it like 1,234.5", 'value="0.806"', '<html lang="en"'):
            assert said in answer.text

    def test_comes_back_in_it_as_a_fragment(self, bella: Client) -> None:
        htmx = {"HX-Request": "true", "HX-Target": "report-form"}
        answer = bella.post(DRAFT, sent("1.250", language="en"), headers=GERMAN | htmx)
        assert answer["X-Report-Saved"] == "2"
        assert 'name="language" value="en"' in answer.text
        assert 'value="1.25"' in answer.text

    def test_says_that_it_is_saved_in_the_language_of_the_next_page(self, bella: Client) -> None:
        answer = bella.post(DRAFT, sent("1.250", language="en"), headers=GERMAN, follow=True)
        assert "Entwurf gespeichert." in answer.text

    @pytest.mark.parametrize("language", ["", "xx", "fr"])
    def test_that_says_no_known_language_is_not_guessed(self, bella: Client, october: October, language: str) -> None:
        answer = bella.post(DRAFT, sent("1.250", language=language))
        assert answer.status_code == 422
        assert "“1.250” was typed into a page in another language: write it again, like 1,234.5" in answer.text
        assert october.report("bolt").version == 1

    def test_that_says_no_language_is_read_where_there_is_one_way_to(self, bella: Client, october: October) -> None:
        bella.post(DRAFT, sent("12,5"), headers=GERMAN)
        assert storage(october) == Decimal("12.5")


class Credits(Form):
    """A form with a number."""

    per_unit = NumberField()


class TestForm:
    @pytest.mark.parametrize(
        ("made_in", "chosen", "value"), [("en", "de", "1.25"), ("de", "en", "1250"), ("de", "de", "1250"), ("en", "en", "1.25")]
    )
    def test_with_numbers_is_read_in_the_language_it_was_made_in(self, made_in: str, chosen: str, value: str) -> None:
        with translation.override(chosen):
            form = Credits({"per_unit": "1.250", "language": made_in})
            assert form.is_valid()
            assert form.cleaned_data == {"per_unit": value, "seen": ""}

    def test_with_numbers_comes_back_in_the_language_of_the_page(self) -> None:
        with translation.override("de"):
            form = Credits({"per_unit": "1,250.5", "language": "en"})
            assert 'value="1250,5"' in str(form["per_unit"])
            assert 'value="de"' in str(form["language"])

    @pytest.mark.parametrize(("made_in", "typed"), [("en", "1,5"), ("", "1.250"), ("xx", "1.250")])
    def test_with_numbers_guesses_nothing(self, made_in: str, typed: str) -> None:
        with translation.override("de"):
            form = Credits({"per_unit": typed, "language": made_in})
            assert not form.is_valid()
            assert f'value="{typed}"' in str(form["per_unit"])

    def test_without_numbers_says_no_language(self) -> None:
        assert "language" not in Form().fields
        assert 'value="en"' in str(Credits()["language"])

    def test_with_a_number_that_is_too_long_is_refused(self) -> None:
        assert not Credits({"per_unit": "1" * 41, "language": "en"}).is_valid()
        assert not Credits({"per_unit": "1" * 4100, "language": "de"}).is_valid()


class TestRewriting:
    @pytest.mark.parametrize(
        ("written", "result"), [("1,234.5", "1234,5"), ("0.806", "0,806"), ("40", "40"), ("", ""), (" 1.250 ", "1,25")]
    )
    def test_keeps_the_number(self, written: str, result: str) -> None:
        with translation.override("de"):
            assert numbers.rewritten(written, "en") == result

    def test_leaves_what_was_typed_in_the_language_of_the_page(self) -> None:
        with translation.override("de"):
            assert numbers.rewritten("1.250,", "de") == "1.250,"

    @pytest.mark.parametrize("written", ["1,5", "x", "1e3"])
    def test_refuses_what_is_no_number_there(self, written: str) -> None:
        with translation.override("de"), pytest.raises(Invalid):
            numbers.rewritten(written, "en")

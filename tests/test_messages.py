"""The catalogs say every sentence people see, and nothing else."""

from pathlib import Path

import pytest

from tools import messages

PYTHON = """
from trueup.kit.text import plural, text
from django.utils.translation import gettext_lazy as _, pgettext
text("there is no MSP “{ref}”", ref=text("inner"))
plural("{count} issue", "{count} issues", count)
_("Home"); pgettext("format", "j M")
text(template); text(f"made of {pieces}"); _("")
"""
TEMPLATE = """{% load i18n %}
<main>
  {% translate "Skip" %}
     {% translate "Open" context "a cycle" %}
  {% blocktranslate trimmed with n=total %}Hello
     {{ n }}{% endblocktranslate %}
  {% blocktranslate count n=total %}{{ n }} entry{% plural %}{{ n }} entries{% endblocktranslate %}
</main>
"""


def write(folder: Path, name: str, text: str) -> None:
    """A source file."""
    path = folder / "trueup" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def translate(locales: Path, before: str, after: str) -> None:
    """Put something else into the German catalog, and compile nothing."""
    path = messages.po_of("de", locales)
    written = path.read_text(encoding="utf-8")
    assert before in written
    path.write_text(written.replace(before, after), encoding="utf-8")


class TestCatalogs:
    def test_are_there_for_german(self) -> None:
        assert "de" in messages.languages()

    @pytest.mark.parametrize("language", messages.languages())
    def test_are_complete_and_current(self, language: str) -> None:
        assert messages.problems(language, messages.collect()) == []


class TestCollect:
    def test_finds_what_code_says(self, tmp_path: Path) -> None:
        write(tmp_path, "web/x.py", PYTHON)
        found = messages.collect(tmp_path / "trueup")
        assert {(key.id, key.context, one.plural) for key, one in found.items()} == {
            ("there is no MSP “{ref}”", None, None),
            ("inner", None, None),
            ("{count} issue", None, "{count} issues"),
            ("Home", None, None),
            ("j M", "format", None),
        }

    def test_finds_what_templates_say(self, tmp_path: Path) -> None:
        write(tmp_path, "web/templates/web/x.html", TEMPLATE)
        found = messages.collect(tmp_path / "trueup")
        assert {(key.id, key.context, one.plural) for key, one in found.items()} == {
            ("Skip", None, None),
            ("Open", "a cycle", None),
            ("Hello %(n)s", None, None),
            ("%(n)s entry", None, "%(n)s entries"),
        }


class TestUpdate:
    @pytest.fixture
    def locales(self, tmp_path: Path) -> Path:
        """A German catalog of two messages, one of them translated."""
        write(tmp_path, "x.py", 'text("no {ref}", ref=1)\ntext("done")')
        locales = tmp_path / "locale"
        messages.update("de", messages.collect(tmp_path / "trueup"), locales)
        translate(locales, 'msgid "no {ref}"\nmsgstr ""', 'msgid "no {ref}"\nmsgstr "kein {ref}"')
        return locales

    def again(self, locales: Path) -> list[str]:
        """Bring the catalog up to the source; what is still wrong."""
        found = messages.collect(locales.parent / "trueup")
        messages.update("de", found, locales)
        return messages.problems("de", found, locales)

    def test_keeps_what_is_translated_and_names_what_is_not(self, locales: Path) -> None:
        assert self.again(locales) == ["de: untranslated: 'done'"]
        assert 'msgstr "kein {ref}"' in messages.po_of("de", locales).read_text(encoding="utf-8")

    def test_changes_nothing_a_second_time(self, locales: Path) -> None:
        self.again(locales)
        path = messages.po_of("de", locales)
        before = path.read_bytes(), path.with_suffix(".mo").read_bytes()
        self.again(locales)
        assert (path.read_bytes(), path.with_suffix(".mo").read_bytes()) == before

    def test_guesses_nothing_for_a_message_that_was_reworded(self, locales: Path) -> None:
        write(locales.parent, "x.py", 'text("no {ref}!", ref=1)')
        assert self.again(locales) == ["de: untranslated: 'no {ref}!'"]

    def test_is_needed_where_the_source_has_moved_on(self, locales: Path) -> None:
        translate(locales, 'msgid "done"\nmsgstr ""', 'msgid "done"\nmsgstr "fertig"')
        self.again(locales)
        write(locales.parent, "x.py", 'text("no {ref}", ref=1)\ntext("new")')
        found = messages.collect(locales.parent / "trueup")
        assert messages.problems("de", found, locales) == ["de: missing: 'new'", "de: obsolete: 'done'"]

    @pytest.mark.parametrize("wrong", ["kein", "kein {name}", "kein {ref} {more}", "kein {ref"])
    def test_refuses_a_translation_with_other_placeholders(self, locales: Path, wrong: str) -> None:
        translate(locales, "kein {ref}", wrong)
        assert "de: placeholders differ: 'no {ref}'" in self.again(locales)

    def test_is_needed_where_the_compiled_catalog_is_another(self, locales: Path) -> None:
        self.again(locales)
        translate(locales, 'msgid "done"\nmsgstr ""', 'msgid "done"\nmsgstr "fertig"')
        found = messages.collect(locales.parent / "trueup")
        assert [problem for problem in messages.problems("de", found, locales) if "django.mo" in problem] != []

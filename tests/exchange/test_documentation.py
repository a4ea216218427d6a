"""What docs/exchange.md shows works, and comes to what it shows."""

from pathlib import Path
from typing import Any

import pytest

from tests.exchange.test_rules_profiles import IN, OUT
from tests.reports.month import OCTOBER, October, at, at_times
from tests.test_docs import between
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.exchange.actions import NEW, convert, save_text
from trueup.exchange.queries import exported, profile
from trueup.exchange.rules.days import DAY_FORMATS
from trueup.exchange.rules.definition import read_profile
from trueup.exchange.rules.profiles import BUILT_IN, ENCODINGS, FIGURES, TEXTS, document_of
from trueup.exchange.written import as_text
from trueup.kit.errors import Invalid
from trueup.ledger.actions import import_usage

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "exchange.md").read_text(encoding="utf-8")
NOW = at("2026-11-03T12:00:00Z")


def block(name: str) -> str:
    """A block of the page."""
    return between(PAGE, name).strip().removeprefix("```yaml").removeprefix("```").removesuffix("```").lstrip("\n")


@pytest.fixture
def bolt(transactional_db: None, ledger_home: Path, world: None) -> Viewer:
    """Who keeps profiles at bolt."""
    return viewers_of("billing@bolt.example")[0]


class TestPage:
    def test_shows_what_its_profiles_make_of_a_report(self, bolt: Viewer, tmp_path: Path) -> None:
        october = October(tmp_path)
        october.deliver(*at_times("bolt-dental", "endpoint-core", "50", "30"), *at_times("bolt-garage", "endpoint-core", "20", "20"))
        october.deliver(*[f"2026-10-{day:02d},bolt-dental,email-core,25,25," for day in range(1, 32)])
        october.close()
        assert exported(bolt, OCTOBER, "bolt", "connectwise").content.decode() == block("connectwise").replace("\n", "\r\n")
        save_text(bolt, block("out"), file_name="mine.yaml", seen=None, now=NOW)
        assert exported(bolt, OCTOBER, "bolt", "mine").content.decode("windows-1252") == block("exported").replace("\n", "\r\n")

    def test_shows_what_becomes_of_a_file_that_is_sent_twice(self, bolt: Viewer, tmp_path: Path) -> None:
        save_text(bolt, block("in"), file_name="rmm.yaml", seen=None, now=NOW)
        file, converted = tmp_path / "licenses.csv", tmp_path / "usage.csv"
        file.write_bytes(block("given").encode("windows-1252"))
        convert(bolt, "rmm", file, converted)
        assert converted.read_text(encoding="utf-8") == block("canonical")
        assert import_usage(bolt, converted, now=NOW).stored == 2
        first, *rest = block("given").splitlines()[3:]
        file.write_bytes("\n".join([*block("given").splitlines()[:3], *rest, first]).encode("windows-1252"))
        convert(bolt, "rmm", file, converted)
        again = import_usage(bolt, converted, now=NOW)
        assert (again.stored, again.repeated) == (0, 2)

    def test_names_every_field_and_choice(self) -> None:
        assert [name for name in (*TEXTS, *FIGURES, *ENCODINGS, *DAY_FORMATS) if f"`{name}`" not in PAGE] == []


class TestText:
    @pytest.mark.parametrize("said", [OUT, IN])
    def test_is_read_as_it_was_written(self, bolt: Viewer, said: dict[str, Any]) -> None:
        odd = {"1e3": "007", "no": "~", "a: b": "x #y", "true": "12", "-": "ja…", "'": '"', "012": "1.50", "<<": "null"}
        made = read_profile("mine", said | {"services": odd, "delimiter": "\t"})
        save_text(bolt, as_text(made), file_name="mine.yaml", seen=NEW, now=NOW)
        assert profile(bolt, "mine").profile == made

    def test_of_a_built_in_profile_can_be_saved_under_another_name(self, bolt: Viewer) -> None:
        written = as_text(BUILT_IN["connectwise"]).replace("name: connectwise", "name: ours")
        save_text(bolt, written, file_name="ours.yaml", seen=NEW, now=NOW)
        assert document_of(profile(bolt, "ours").profile) == document_of(BUILT_IN["connectwise"])

    def test_is_refused_with_the_line_of_what_is_wrong(self, bolt: Viewer) -> None:
        written = block("out").replace("field: sku", "field: price").replace('";"', '"-"')
        with pytest.raises(Invalid) as refused:
            save_text(bolt, written, file_name="mine.yaml", seen=NEW, now=NOW)
        assert [(problem.where, problem.code) for problem in refused.value.problems] == [
            ("mine.yaml line 7", "field"), ("mine.yaml line 17", "not_one_of")
        ]  # fmt: skip

    def test_keeps_its_name(self, bolt: Viewer) -> None:
        with pytest.raises(Invalid):
            save_text(bolt, block("out"), file_name="x", seen=None, now=NOW, name="other")
        with pytest.raises(Invalid):
            save_text(bolt, block("out").replace("name: mine", "name: 4"), file_name="x", seen=None, now=NOW)

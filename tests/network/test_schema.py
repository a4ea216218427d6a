"""The published schema."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from tests.world import FILE_NAME, NETWORK
from trueup.network import document
from trueup.network.rules.tree import SECTIONS

PUBLISHED = Path(__file__).resolve().parent.parent.parent / "docs" / "network.schema.json"


class TestSchema:
    def test_is_published_as_it_is_used(self) -> None:
        assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == document.schema()

    def test_is_a_schema(self) -> None:
        Draft202012Validator.check_schema(document.schema())

    def test_knows_the_sections_of_the_file(self) -> None:
        assert set(document.schema()["properties"]) == set(SECTIONS)

    def test_describes_every_field(self) -> None:
        sections = document.schema()["properties"]
        entries = {name: section.get("items", section).get("properties", {}) for name, section in sections.items()}
        assert [f"{name}.{key}" for name, fields in entries.items() for key, field in fields.items() if "description" not in field] == []

    def test_accepts_the_world(self) -> None:
        assert document.wrong_shape(document.read(NETWORK, FILE_NAME).data) == []

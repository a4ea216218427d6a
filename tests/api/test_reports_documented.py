"""What the description of the API says of cycles and reports: enough for a stranger."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.document import document

DOCUMENT = document()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS: dict[str, Any] = {
    found["operationId"]: found
    for methods in DOCUMENT["paths"].values()
    for found in methods.values()
    if {"Cycles", "Reports"}.intersection(found["tags"])
}


def named(of: Any) -> Iterator[str]:
    """The schemas that something refers to, and those that they refer to."""
    told: set[str] = set()
    waiting = [of]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            name = str(one.get("$ref", "")).partition("/schemas/")[2]
            if name and name not in told:
                told.add(name)
                waiting.append(SCHEMAS[name])
                yield name
        waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else []


def said(of: dict[str, Any]) -> str:
    """The description of something, or of what it refers to."""
    inner = SCHEMAS[of["$ref"].rpartition("/")[2]] if "$ref" in of else {}
    return str(of.get("description") or inner.get("description") or "")


@pytest.mark.parametrize("name", sorted(OPERATIONS))
class TestOperation:
    def test_says_what_it_is(self, name: str) -> None:
        operation = OPERATIONS[name]
        assert operation["summary"]
        assert len(operation["description"]) > 40
        assert all(one.get("description") or "$ref" in one for one in operation["responses"].values())

    def test_says_what_every_parameter_is(self, name: str) -> None:
        parameters = [one for one in OPERATIONS[name]["parameters"] if "$ref" not in one]
        assert [one["name"] for one in parameters if not (one.get("description") or said(one["schema"]))] == []

    def test_says_what_every_field_is(self, name: str) -> None:
        silent = [
            f"{schema}.{field}"
            for schema in named(OPERATIONS[name])
            for field, of in SCHEMAS[schema].get("properties", {}).items()
            if not said(of)
        ]
        assert sorted(silent) == []

    def test_says_what_every_schema_is(self, name: str) -> None:
        assert [schema for schema in named(OPERATIONS[name]) if not SCHEMAS[schema].get("description")] == []


def test_names_of_schemas_are_words() -> None:
    found = {schema for operation in OPERATIONS.values() for schema in named(operation)}
    assert [schema for schema in found if not schema.isalpha()] == []

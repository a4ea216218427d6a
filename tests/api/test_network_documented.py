"""The operations about the network, people and files of others say what each parameter and each field is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
TAGS = frozenset({"Yourself", "Accounts", "Catalog", "Terms", "Members", "Unknown names", "Exchange"})


class Reader:
    """Walks through the document, each schema once."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._components = document["components"]
        self._seen: set[str] = set()

    def of(self, operation: dict[str, Any]) -> Iterator[str]:
        """What an operation leaves unsaid."""
        for one in operation["parameters"]:
            if "$ref" not in one and not one.get("description"):
                yield f"{operation['operationId']}: {one['name']}"
        bodies = [operation.get("requestBody", {}), *(answer for answer in operation["responses"].values() if "$ref" not in answer)]
        for body in bodies:
            for content in body.get("content", {}).values():
                yield from self._unsaid(content.get("schema", {}), operation["operationId"])

    def _unsaid(self, schema: dict[str, Any], where: str) -> Iterator[str]:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name in self._seen:
                return
            self._seen.add(name)
            schema, where = self._components["schemas"][name], name
            if not schema.get("description") and schema.get("type") == "object":
                yield name
        for inner in filter(None, [schema.get("items"), *schema.get("anyOf", [])]):
            yield from self._unsaid(inner, where)
        for name, said in schema.get("properties", {}).items():
            if not (said.get("description") or "$ref" in said):
                yield f"{where}.{name}"
            yield from self._unsaid(said, f"{where}.{name}")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))
    return found


class TestWords:
    def test_are_there_for_everything(self, document: dict[str, Any]) -> None:
        reader = Reader(document)
        operations = [said for methods in document["paths"].values() for said in methods.values() if TAGS & set(said["tags"])]
        assert [unsaid for said in operations for unsaid in reader.of(said)] == []

    def test_show_a_list_of_customers(self, document: dict[str, Any]) -> None:
        body = document["paths"]["/api/v1/customers"]["post"]["requestBody"]["content"]["text/csv"]["schema"]
        assert body["examples"][0].startswith("ref,name,msp,from\n")

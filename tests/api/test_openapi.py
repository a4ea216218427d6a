"""The document of the API: valid, complete, and the one that is committed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.test import Client
from pytest_django import Settings

from tests.api.document import document as written_document
from tests.api.document import written
from trueup.accounts.rules import Scope
from trueup.api import openapi
from trueup.api.app import api

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
OUT_OF_DATE = "docs/openapi.json is not what the code says: write it anew with `make openapi` (python tools/openapi.py), and commit it"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return written_document()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, said) for path, methods in document["paths"].items() for method, said in methods.items()]


def of(parameters: list[dict[str, Any]], document: dict[str, Any]) -> set[str]:
    """The names of parameters."""
    known = document["components"]["parameters"]
    return {(known[one["$ref"].rpartition("/")[2]] if "$ref" in one else one)["name"] for one in parameters}


class TestDocument:
    def test_is_the_committed_one(self) -> None:
        assert COMMITTED.read_text(encoding="utf-8") == written(), OUT_OF_DATE

    def test_is_valid(self, document: dict[str, Any]) -> None:
        assert document["openapi"] == "3.1.0"
        schemathesis.openapi.from_dict(document).validate()

    def test_refers_to_what_there_is(self, document: dict[str, Any]) -> None:
        found = set(re.findall(r'"#/components/(\w+)/([^"]+)"', json.dumps(document)))
        assert [f"{part}/{name}" for part, name in found if name not in document["components"][part]] == []

    def test_describes_each_heading(self, document: dict[str, Any]) -> None:
        used = {tag for _method, _path, said in operations(document) for tag in said["tags"]}
        assert used == {tag["name"] for tag in document["tags"]}

    def test_is_made_once_for_each_address_of_the_portal(self, settings: Settings) -> None:
        """It takes seconds: who opens its page again does not wait for it."""
        first = api.get_openapi_schema()
        assert api.get_openapi_schema() is first
        settings.TRUEUP_URL = "https://there.example"
        assert api.get_openapi_schema() is not first

    def test_is_served_with_where_the_portal_is(self, settings: Settings, db: None) -> None:
        settings.TRUEUP_URL = "https://here.example"
        served = Client().get("/api/v1/openapi.json").json()
        flows = served["components"]["securitySchemes"]["oauth"]["flows"]
        assert flows["clientCredentials"]["tokenUrl"] == "https://here.example/identity/o/api/token"
        assert set(flows["clientCredentials"]["scopes"]) == set(Scope)


class TestOperations:
    def test_have_names_of_their_own_and_a_sentence(self, document: dict[str, Any]) -> None:
        names = [said["operationId"] for _method, _path, said in operations(document)]
        assert len(names) == len(set(names))
        assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []
        bare = [said["operationId"] for _method, _path, said in operations(document) if not (said["summary"] and said.get("description"))]
        assert bare == []

    def test_say_which_scope_they_need(self, document: dict[str, Any]) -> None:
        for method, path, said in operations(document):
            scopes = [scope for one in said["security"] for scope in one.get("oauth", [])]
            assert scopes or path.startswith("/api/v1/me"), (method, path)  # what is one's own needs none
            assert set(scopes) <= set(Scope)

    def test_refuse_with_problem_documents(self, document: dict[str, Any]) -> None:
        for method, path, said in operations(document):
            for status, answer in said["responses"].items():
                whole = document["components"]["responses"][answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
                if int(status) >= 400:
                    assert set(whole["content"]) == {"application/problem+json"}, (method, path, status)
                assert "RateLimit" in whole["headers"]

    def test_take_the_headers_of_changes(self, document: dict[str, Any]) -> None:
        for method, path, said in operations(document):
            names = of(said["parameters"], document)
            assert "TrueUp-Account" in names
            assert ("If-Match" in names) == ("428" in said["responses"]), (method, path)
            if method != "get" and not path.startswith("/api/v1/events"):
                assert "Idempotency-Key" in names, (method, path)


class TestSchemas:
    def test_of_one_name_are_two_where_they_differ(self) -> None:
        found = openapi.Document(api)
        found.schemas.clear()
        found.add_schema_definitions({"A": {"type": "string"}, "B": {"$ref": "#/components/schemas/A"}})
        found.add_schema_definitions({"A": {"type": "integer"}, "C": {"items": [{"$ref": "#/components/schemas/A"}]}})
        found.add_schema_definitions({"A": {"type": "string"}})
        assert found.schemas == {
            "A": {"type": "string"}, "B": {"$ref": "#/components/schemas/A"},
            "A2": {"type": "integer"}, "C": {"items": [{"$ref": "#/components/schemas/A2"}]},
        }  # fmt: skip

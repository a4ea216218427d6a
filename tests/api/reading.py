"""Lists read to their end, and entries with what they were read with."""

import json
from typing import Any

from tests.api.conftest import Program


def whole(program: Program, path: str, limit: int) -> list[list[dict[str, Any]]]:
    """The pages of a list, read by the cursor of each."""
    pages: list[list[dict[str, Any]]] = []
    cursor = ""
    while True:
        status, page = program.get(f"{path}{'&' if '?' in path else '?'}limit={limit}{cursor}")
        assert status == 200, page
        pages.append(page["items"])
        if page["next"] is None:
            return pages
        cursor = f"&cursor={page['next']}"


def etag(program: Program, path: str) -> str:
    """The ETag of what is there."""
    answer = program.call("GET", path)
    assert answer.status_code == 200, answer.content
    assert json.loads(answer.content)["version"] == answer["ETag"].strip('"')
    return str(answer["ETag"])


def errors(problem: dict[str, Any]) -> dict[str, str]:
    """The codes of what is wrong, by where it is."""
    return {one.get("path", ""): one["code"] for one in problem["errors"]}

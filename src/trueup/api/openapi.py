"""The document that describes the API (OpenAPI 3.1): what the operations say, and what is the same for all of them, said once.

docs/openapi.json is this document, committed: `make openapi` writes it, and a test compares it.
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final, get_args

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from trueup.accounts.rules import Scope
from trueup.api.access import DEVICE_URL, SCOPES, TOKEN_URL, Allowed
from trueup.api.gate import OWN_KEYS
from trueup.api.headings import TAGS
from trueup.api.problems import CONTENT_TYPE

PREFIX: Final = "/api/v1/"

EXAMPLE: Final = "https://trueup.example.com"
"""Where the portal is, in the committed document; the served one says where it really is."""

ABOUT: Final = """\
The monthly true-up for programs: usage in, reports out. How to get a client and a token is in docs/api.md.

* **Numbers are strings** in plain decimal notation, so that no digit is lost. Instants are UTC, days `2026-10-03`, months `2026-10`.
  What is not known is `null`.
* **Refusals** are problem documents (RFC 9457): `code` is for programs and does not change, `detail` is for people, `errors` names each
  bad field by its path.
* **What you may not see does not exist**: 404, as for what there is not.
* **Lists** come in pages: `next` is the `cursor` of the following page, null on the last one.
* **Nobody overwrites what they have not seen**: what can be edited has an `ETag`, and a change says in `If-Match` which one it is for.
* **A write with an `Idempotency-Key`** is done once, however often it is sent, and answered alike.
"""

_WHY: Final[dict[int, tuple[str, str]]] = {
    400: ("BadRequest", "The request cannot be read."),
    401: ("Unauthenticated", "There is no token, or it says nothing (any more)."),
    403: ("NotAllowed", "The token has no such scope, or whoever it stands for has no such right."),
    404: ("NotFound", "It does not exist, or you may not know that it does."),
    409: ("Conflict", "It cannot be done in the present state; nothing was changed."),
    411: ("LengthRequired", "The body has to say how long it is."),
    412: ("Stale", "It has changed since you saw it; nothing was changed."),
    413: ("TooLarge", "The body is too large."),
    415: ("UnknownMediaType", "The body is of a kind that is not read here."),
    422: ("Invalid", "What was sent is not valid; `errors` says where and why."),
    428: ("VersionRequired", "Say in If-Match which version you have seen."),
    429: ("TooMany", "Too many requests; go on after `Retry-After` seconds."),
    503: ("Busy", "Something large is being written; nothing was changed, try again."),
}
"""What refusals mean, and what each is called."""

_TEXT: Final = {"type": "string"}
_TAG: Final = r'^(\*|"[\x21\x23-\x7e]*")$'


def _header(said: str, **schema: Any) -> dict[str, Any]:
    return {"description": said, "schema": _TEXT | schema}


HEADERS: Final[dict[str, Any]] = {
    "RateLimit": _header('What is left of the minute: `"default";r=1199;t=42`.'),
    "RateLimit-Policy": _header('What a minute has: `"default";q=1200;w=60`.'),
    "Retry-After": _header("After how many seconds to ask again.", pattern=r"^\d+$"),
    "WWW-Authenticate": _header("What kind of token is needed, and what was wrong with the one that was sent (RFC 6750)."),
    "ETag": _header("The version of what is answered, for `If-Match`."),
    "Link": _header('The next page: `<…>; rel="next"`; left out on the last one.'),
    "Location": _header("Where it is."),
    "Idempotent-Replayed": _header("`true`: this was answered before, to the same request with the same key."),
}

PARAMETERS: Final[dict[str, Any]] = {
    "Account": {
        "name": "TrueUp-Account", "in": "header", "required": False,
        "description": "For tokens of people: the ref of the account to act in; left out, the highest. A program has one account only.",
        "schema": _TEXT | {"minLength": 1, "maxLength": 200},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key", "in": "header", "required": False,
        "description": "Any text of yours, another for each write. The same request with the same key is done once, within 7 days.",
        "schema": _TEXT | {"pattern": r"^[!-~]+$", "maxLength": 200},
    },
    "IfMatch": {
        "name": "If-Match", "in": "header", "required": True,
        "description": "The ETag of the version you have seen, or `*` for any.",
        "schema": _TEXT | {"pattern": _TAG, "maxLength": 200}, "example": "*",
    },
    "IfMatchToChange": {
        "name": "If-Match", "in": "header", "required": False,
        "description": "To change what is there: the ETag of the version you have seen, or `*` for any.",
        "schema": _TEXT | {"pattern": _TAG, "maxLength": 200},
    },
    "IfNoneMatch": {
        "name": "If-None-Match", "in": "header", "required": False, "description": "`*`, to make what is not there yet.",
        "schema": {"type": "string", "const": "*"},
    },
}  # fmt: skip

SCHEMES: Final[dict[str, Any]] = {
    "oauth": {
        "type": "oauth2",
        "description": (
            "A token of the token endpoint, for an hour. Programs get it with their client id and secret (client credentials). "
            f"People let their command line in with a code (RFC 8628, device authorization): POST {DEVICE_URL} with "
            "`client_id=trueup-cli`, show `verification_uri` and `user_code`, then poll the token endpoint; it gives a refresh token too."
        ),
        "flows": {"clientCredentials": {"scopes": {str(scope): said for scope, said in SCOPES.items()}}},
    },
    "key": {
        "type": "http", "scheme": "bearer", "bearerFormat": "client_id.secret",
        "description": "For programs that can only send a fixed token: client id, dot, secret. It has all scopes of the client.",
    },
}  # fmt: skip


class Document(OpenAPISchema):
    """The document of an API."""

    def __init__(self, api: NinjaAPI, at: str = EXAMPLE) -> None:
        self._renamed: dict[str, str] = {}
        super().__init__(api, PREFIX)
        self["info"] |= {"description": ABOUT, "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"}}
        self["servers"] = [{"url": "/", "description": "Where TrueUp is served."}]
        used = {tag for operation in self._operations() for tag in operation.get("tags", ())}
        self["tags"] = [{"name": tag, "description": said} for tag, said in TAGS.items() if tag in used]
        self["components"] |= {
            "securitySchemes": _schemes(at), "headers": HEADERS, "parameters": PARAMETERS,
            "responses": {name: _refusal(status, said) for status, (name, said) in _WHY.items()},
        }  # fmt: skip

    def _operations(self) -> Iterator[dict[str, Any]]:
        for methods in self["paths"].values():
            yield from methods.values()

    def get_paths(self) -> dict[str, Any]:
        """The operations by address, each with what all have in common."""
        paths: dict[str, Any] = super().get_paths()
        versioned = [path for path, methods in paths.items() if any("428" in _statuses(details) for details in methods.values())]
        for path, methods in paths.items():
            has_versions = any(other == path or other.startswith(f"{path}/") for other in versioned)
            for method, details in methods.items():
                _complete(path, method, details, has_versions=has_versions)
        return paths

    def operation_parameters(self, operation: Operation) -> list[dict[str, Any]]:
        """Its parameters, with what their types say of them, which the framework forgets."""
        declared = {name: _said(one.annotation) for name, one in operation.signature.signature.parameters.items()}
        found: list[dict[str, Any]] = super().operation_parameters(operation)
        said = ({"description": declared[one["name"]]} if declared.get(one["name"]) else {} for one in found)
        return [one | {"schema": _flat(one["schema"])} | its for one, its in zip(found, said, strict=True)]

    def operation_security(self, operation: Operation) -> list[dict[str, Any]] | None:
        """One of the scopes, or the fixed key."""
        found: list[dict[str, Any]] = []
        for auth in operation.auth_callbacks:
            if isinstance(auth, Allowed):
                scopes = [] if set(auth.scopes) == set(Scope) else [str(scope) for scope in auth.scopes]
                found += [{"oauth": [scope]} for scope in scopes] or [{"oauth": []}]
        return [*found, {"key": []}] if found else None

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        """Note what schemas refer to. Two of the same name that differ get names of their own."""
        self._renamed = {name: self._name_for(name, schema) for name, schema in definitions.items()}
        self.schemas.update({self._renamed[name]: _referring(schema, self._renamed) for name, schema in definitions.items()})

    def _name_for(self, name: str, schema: dict[str, Any]) -> str:
        title = str(schema.get("title", ""))
        wanted = first = title if title.isalpha() and not name.isalnum() else name  # a page of lines is a LinePage
        number = 1
        while wanted in self.schemas and self.schemas[wanted] != _referring(schema, self._renamed | {name: wanted}):
            number += 1
            wanted = f"{first}{number}"
        return wanted

    def _create_schema_from_model(self, *args: Any, **options: Any) -> tuple[dict[str, Any], bool]:
        self._renamed = {}
        schema, required = super()._create_schema_from_model(*args, **options)
        return _referring(schema, self._renamed), required


def _said(annotation: Any) -> str:
    """The description that comes with a type, the outermost one."""
    own = [str(one.description) for one in getattr(annotation, "__metadata__", ()) if getattr(one, "description", None)]
    return own[-1] if own else next(filter(None, map(_said, get_args(annotation))), "")


def _flat(schema: dict[str, Any]) -> dict[str, Any]:
    """A choice of choices as one choice."""
    options = [inner for one in schema.get("anyOf", ()) for inner in one.get("anyOf", [one])]
    return schema | {"anyOf": [one for index, one in enumerate(options) if one not in options[:index]]} if options else schema


def _schemes(at: str) -> dict[str, Any]:
    """How callers are known, with the addresses of where the portal is."""
    flow = SCHEMES["oauth"]["flows"]["clientCredentials"] | {"tokenUrl": at + TOKEN_URL}
    return SCHEMES | {"oauth": SCHEMES["oauth"] | {"flows": {"clientCredentials": flow}, "x-device-authorization-url": at + DEVICE_URL}}


def _referring(schema: Any, renamed: dict[str, str]) -> Any:
    """A schema that refers to what was renamed."""
    if isinstance(schema, list):
        return [_referring(one, renamed) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _reference(one, renamed) if name == "$ref" else _referring(one, renamed) for name, one in schema.items()}


def _reference(to: Any, renamed: dict[str, str]) -> Any:
    before, slash, name = str(to).rpartition("/")
    return before + slash + renamed.get(name, name) if isinstance(to, str) else to


def _statuses(details: dict[str, Any]) -> set[str]:
    return {str(status) for status in details["responses"]}


def _ref(part: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{part}/{name}"}


def _refusal(status: int, said: str) -> dict[str, Any]:
    """A refusal as most operations answer it."""
    special = {401: ["WWW-Authenticate"], 403: ["WWW-Authenticate"], 429: ["Retry-After"], 409: ["Retry-After"], 503: ["Retry-After"]}
    names = ["RateLimit", "RateLimit-Policy", *special.get(status, [])]
    content = {CONTENT_TYPE: {"schema": _ref("schemas", "ProblemDocument")}}
    return {"description": said, "headers": {name: _ref("headers", name) for name in names}, "content": content}


def _complete(path: str, method: str, details: dict[str, Any], *, has_versions: bool) -> None:
    """Add what the operation itself does not say: headers of requests and answers, and refusals."""
    said = {str(one.get("name")) for one in details["parameters"]}
    for parameter in details["parameters"]:
        parameter.pop("examples", None)  # which are written in another way there; the schema has them
    names = [name for name in _parameters(path, method, _statuses(details)) if PARAMETERS[name]["name"] not in said]
    details["parameters"] += [_ref("parameters", name) for name in names]
    headers = ["Link"] if "cursor" in said else ["ETag"] if has_versions else []
    headers += ["Idempotent-Replayed"] if "IdempotencyKey" in names else []
    answers = {int(status): answer for status, answer in details["responses"].items()}
    details["responses"] = {str(status): _answer(status, answers[status], headers) for status in sorted(answers)}


def _parameters(path: str, method: str, statuses: set[str]) -> list[str]:
    names = ["Account"]
    if method != "get" and path not in OWN_KEYS:
        names.append("IdempotencyKey")
    if "428" in statuses:
        names += ["IfMatchToChange", "IfNoneMatch"] if method == "put" and "201" in statuses else ["IfMatch"]
    return names


def _answer(status: int, answer: dict[str, Any], headers: list[str]) -> dict[str, Any]:
    content = answer.get("content", {})
    if status >= HTTPStatus.BAD_REQUEST:
        schema = content.get("application/json", {}).get("schema")
        if schema == _ref("schemas", "ProblemDocument") and status in _WHY:
            return _ref("responses", _WHY[status][0])
        kinds = {CONTENT_TYPE if kind == "application/json" else kind: one for kind, one in content.items()}
        usual = _refusal(status, _WHY.get(status, ("", answer["description"]))[1])
        return usual | ({"content": kinds} if kinds else {})
    names = ["RateLimit", "RateLimit-Policy", *(name for name in headers if name != "ETag" or status != HTTPStatus.NO_CONTENT)]
    names += ["Location"] * (status in {HTTPStatus.CREATED, HTTPStatus.ACCEPTED})
    return answer | {"headers": {name: _ref("headers", name) for name in names} | answer.get("headers", {})}


def written(api: NinjaAPI) -> str:
    """The document as it is committed."""
    return json.dumps(Document(api), ensure_ascii=False, indent=1, default=str) + "\n"


class Page(DocsBase):
    """The page that shows the document, and tries operations."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **parameters: Any) -> HttpResponse:
        """The page; all it loads is our own."""
        return render(request, "web/api/docs.html", {"document": self.get_openapi_url(api, parameters)})

"""What a schema of Python cannot say about sending usage, for the documentation of the API."""

from typing import Any, Final

from trueup.api.endpoints.usage_bodies import ENCODINGS
from trueup.ledger.rules.columns import COLUMNS, REQUIRED

_NUMBER: Final = {"type": ["string", "number"], "description": "Its digits count as they are written; a string is safest."}

_RECORD: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "day": {"type": "string", "format": "date"},
        "customer": {"type": "string"},
        "service": {"type": "string"},
        "provisioned_units": _NUMBER,
        "used_units": {"type": ["string", "number", "null"]},
        "allocated_credits": {"type": ["string", "number", "null"]},
    },
    "required": list(REQUIRED),
    "additionalProperties": False,
}

_BODY: Final[dict[str, Any]] = {
    "application/json": {
        "schema": {
            "type": "object",
            "properties": {"records": {"type": "array", "items": _RECORD, "minItems": 1}},
            "required": ["records"],
            "additionalProperties": False,
        }
    },
    "application/x-ndjson": {"schema": {"type": "string", "description": "A record, as in JSON, on each line."}},
    "text/csv": {"schema": {"type": "string", "description": f"With a header. Columns: {', '.join(COLUMNS)}."}},
    "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
}


def _header(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": False, "description": description, "schema": schema}


SEND_USAGE: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": _BODY},
    "parameters": [
        _header("Idempotency-Key", "A name of this delivery.", {"type": "string", "minLength": 1, "maxLength": 200}),
        _header("Content-Encoding", "How the body is packed.", {"type": "string", "enum": list(ENCODINGS)}),
        _header("Prefer", "`respond-async`: do not wait for the answer.", {"type": "string"}),
    ],
}

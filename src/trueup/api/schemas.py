"""What all operations have in common in what they answer."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from ninja import Field, Schema
from pydantic import PlainSerializer, WithJsonSchema

from trueup.api.parameters import REPORT_CYCLE
from trueup.kit.period import Month, instant_text
from trueup.kit.quantity import plain

Number = Annotated[
    Decimal,
    PlainSerializer(plain, return_type=str),
    WithJsonSchema({"type": "string", "format": "decimal", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["12.5"]}),
]
"""A number in an answer: a string in plain decimal notation, so that no digit is lost."""

Instant = Annotated[
    datetime,
    PlainSerializer(instant_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-06T23:00:00Z"]}),
]
"""An instant in UTC."""

CycleName = Annotated[
    Month,
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": REPORT_CYCLE, "examples": ["2026-10"]}),
    Field(description="The month; of an adjustment for late usage `2026-11-adjusts-2026-10`: October, adjusted in November."),
]
"""A cycle by its month."""


class BadField(Schema):
    """One thing that is wrong; `path` is its place in the body (JSON pointer), or begins with /query, /header."""

    code: str = Field(description="What is wrong with it, for programs.", examples=["missing"])
    detail: str = Field(description="The same in a sentence.")
    path: str = Field("", description="Where it is; left out: it is of the whole.", examples=["/lines/3/comment"])


class ProblemDocument(Schema):
    """Why something was refused (RFC 9457)."""

    type: str = Field(description="The code as a URI.", examples=["urn:trueup:problem:stale"])
    title: str = Field(description="What the status is called.", examples=["Precondition Failed"])
    status: int = Field(description="The status.", examples=[412])
    code: str = Field(description="What was refused, for programs: it does not change.", examples=["stale"])
    detail: str = Field(description="Why, in a sentence for people.")
    errors: list[BadField] = Field([], description="Everything that is wrong with what was sent, where that is the reason.")


REFUSALS: Final[dict[Any, Any]] = dict.fromkeys((400, 401, 403, 404, 409, 422, 429, 503), ProblemDocument)
"""What every operation may answer besides what it is there for."""

CHANGES: Final[dict[Any, Any]] = {**REFUSALS, 413: ProblemDocument}
"""The same of one that changes something which has no versions."""

WRITES: Final[dict[Any, Any]] = {**CHANGES, **dict.fromkeys((412, 428), ProblemDocument)}
"""The same of one that changes what has versions: it needs If-Match."""

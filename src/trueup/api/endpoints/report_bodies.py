"""What is sent to change reports."""

import re
from typing import Annotated, Final

from ninja import Field, Schema
from pydantic import BeforeValidator, ConfigDict, WithJsonSchema

from trueup.api.parameters import ReportCycle, Storable
from trueup.reports.rules.checks import MOST_COMMENT, USUAL_REASONS
from trueup.reports.several import MOST_REGENERATED

MOST_LINES: Final = 1000
"""Edits of one call."""

MOST_AT_ONCE: Final = 100
"""Reports that are approved by one call: it is answered before whoever sent it gives up."""


_NOTATION: Final = r"[0-9]+(\.[0-9]+)?"
_PLAIN: Final = re.compile(_NOTATION)
_NUMERIC: Final = re.compile(r"[\s+.eE\d]*\d[\s+.eE\d]*")
"""What could be read as a number, in whatever notation and digits."""


def _written(given: object) -> object:
    """A number as text: a whole one may be a number in JSON."""
    if isinstance(given, bool | float):
        raise ValueError('write it as a string, like "12.5", so that no digit is lost')  # noqa: TRY004 -- what pydantic catches
    if isinstance(given, str) and _NUMERIC.fullmatch(given) and not _PLAIN.fullmatch(given):
        raise ValueError('write it in plain decimal notation, like "12.5"')
    return str(given) if isinstance(given, int) else given


Said = Annotated[Storable, Field(max_length=20_000, json_schema_extra={"maxLength": MOST_COMMENT, "pattern": r"^[^\x00]*$"})]
"""What somebody writes. The rules of the report say how long it may be, without the blanks around it."""

Code = Annotated[Storable, Field(max_length=100)]
"""The code of a service in a body."""

Units = Annotated[
    Storable,
    BeforeValidator(_written),
    Field(max_length=60),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": f"^{_NOTATION}$", "maxLength": 60}, {"type": "integer", "minimum": 0}]}),
]
"""A number that is sent: a string in plain decimal notation, or a whole number."""

_KEPT: Final = f"At most {MOST_COMMENT} characters."


class Taken(Schema):
    """What is sent: nothing that is not known."""

    model_config = ConfigDict(extra="forbid")


class Edit(Taken):
    """What is changed in one line. A field that is left out stays as it is; null takes it back: units to the default, text to none."""

    service: Annotated[Code, Field(description="The code of the service whose line it is.", examples=["endpoint-core"])]
    chargeable_units: Annotated[
        Units | None, Field(None, description="Units to be charged, in the line's unit: a number ≥ 0 with at most its decimals.")
    ]
    comment: Annotated[Said | None, Field(None, description=f"What the reviewer should know. {_KEPT}")]
    reason: Annotated[
        Code | None, Field(None, description=f"A reason code in lower snake case: {', '.join(USUAL_REASONS)}, or one of your own.")
    ]


class Edits(Taken):
    """What is changed in a draft."""

    lines: Annotated[list[Edit], Field(max_length=MOST_LINES, description=f"At most {MOST_LINES} edits, one of a line.")]


class Comment(Taken):
    """What is said with it."""

    comment: Annotated[Said, Field("", description=f"It stays in the history of the report. {_KEPT}")]


NOTHING_SAID: Final = Comment(comment="")


class Rejection(Taken):
    """Why a report is sent back."""

    reason: Annotated[Said, Field(description=f"What has to be changed; the MSP reads it. {_KEPT}")]
    lines: Annotated[
        list[Code], Field(default_factory=list, max_length=MOST_LINES, description="The codes of the services it is about, if any.")
    ]


class Waiver(Taken):
    """Which line is relieved of its penalty, and why."""

    service: Annotated[Code, Field(description="The code of the service whose line it is.", examples=["endpoint-core"])]
    reason: Annotated[Said, Field(description=f"It stays in the history of the report. {_KEPT}")]


_Ref = Annotated[Storable, Field(min_length=1, max_length=300, description="The ref of the MSP.")]
_Seen = Annotated[
    int | None,
    Field(
        strict=True, ge=0, lt=2**31,
        description="The `version` of the report that you have seen; null: whatever it is by now. If it is another one, it stays as it is.",
    ),
]  # fmt: skip


class ReportSeen(Taken):
    """A report, and the version of it that you have seen."""

    cycle: ReportCycle = Field(description="Its month.")
    msp: _Ref
    version: _Seen


class Approval(Taken):
    """Reports to be approved."""

    reports: Annotated[list[ReportSeen], Field(min_length=1, max_length=MOST_AT_ONCE, description=f"At most {MOST_AT_ONCE}, each once.")]
    comment: Annotated[Said, Field("", description=f"It stays in the history of each report. {_KEPT}")]


class ReportOfCycleSeen(Taken):
    """A report of the cycle, and the version of it that you have seen."""

    msp: _Ref
    version: _Seen


class Regeneration(Taken):
    """Reports of a cycle to be measured anew."""

    reports: Annotated[
        list[ReportOfCycleSeen], Field(min_length=1, max_length=MOST_REGENERATED, description=f"At most {MOST_REGENERATED}, each once.")
    ]
    comment: Annotated[Said, Field("", description=f"It stays in the history of each report. {_KEPT}")]

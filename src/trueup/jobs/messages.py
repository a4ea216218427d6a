"""What is said beside the data: sentences on standard error, and what a refusal looks like."""

import re
import sys

from trueup.kit.errors import Invalid, TrueUpError

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters that would do something to a terminal instead of being seen."""


def visible(text: str) -> str:
    """A text of unknown origin, safe to write to a terminal."""
    return _CONTROL.sub("�", text)


def say(text: str) -> None:
    """Tell the person who waits; programs read standard output only."""
    print(visible(text), file=sys.stderr, flush=True)


def refuse(error: TrueUpError) -> None:
    """Say why something was not done, with every single problem."""
    lines = [str(problem) for problem in error.problems] if isinstance(error, Invalid) else []
    say(f"Refused: {error.message}")
    for line in lines:
        if not line.endswith(error.message):
            say(f"  {line}")

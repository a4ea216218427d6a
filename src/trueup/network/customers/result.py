"""What an import of customers came to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One problem of one row; row 1 is the first row of data. `reason` is a sentence, `code` the same for programs."""

    row: int
    column: str
    value: str
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class CustomersResult:
    """How many customers were added, renamed, moved (one may be both) or as the file says already.

    If anything was refused nothing was done, and the numbers are 0.
    """

    added: int = 0
    renamed: int = 0
    moved: int = 0
    unchanged: int = 0
    refused: tuple[RefusedRow, ...] = ()

"""What may be uploaded."""

import pytest

from trueup.kit.errors import Conflict, Invalid
from trueup.uploads.rules import Kind, State, require_state, require_takeable, safe_name

LIMIT = 1_000_000


class TestSafeName:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("october.csv", "october.csv"),
            ("../../etc/passwd.csv", "passwd.csv"),
            ("C:\\Users\\x\\october.csv", "october.csv"),
            ("a\x00b\nc.csv", "abc.csv"),
            (".htaccess", "htaccess"),
            ("", "upload.csv"),
            ("..", "upload.csv"),
            ("ü" * 300 + ".csv", "ü" * 116 + ".csv"),
        ],
    )
    def test_keeps_what_means_nothing_to_a_disk(self, given: str, kept: str) -> None:
        assert safe_name(given) == kept


class TestRequireTakeable:
    def test_takes_text(self) -> None:
        require_takeable(Kind.USAGE, "october.csv", b"day,customer", 12, LIMIT)
        require_takeable(Kind.USAGE, "OCTOBER.NDJSON", b"{}", 2, LIMIT)
        require_takeable(Kind.CUSTOMERS, "customers.csv", b"\xef\xbb\xbfref,name", 12, LIMIT)

    @pytest.mark.parametrize(
        ("kind", "name", "start", "size", "reason"),
        [
            (Kind.USAGE, "october.csv", b"", 0, "is empty"),
            (Kind.USAGE, "october.csv", b"day", LIMIT + 1, "larger than 1 MB"),
            (Kind.USAGE, "october.xlsx", b"PK\x03\x04", 10, "has to end in .csv, .ndjson, .jsonl"),
            (Kind.CUSTOMERS, "customers.ndjson", b"{}", 2, "has to end in .csv"),
            (Kind.USAGE, "october.csv", b"PK\x03\x04rest", 10, "is not text"),
            (Kind.USAGE, "october.csv", b"\x1f\x8b\x08rest", 10, "is not text"),
            (Kind.USAGE, "october.csv", b"day\0customer", 12, "is not text"),
            (Kind.USAGE, "october.csv", b"PAR1....", 8, "is not text"),
        ],
    )
    def test_refuses_the_rest(self, kind: Kind, name: str, start: bytes, size: int, reason: str) -> None:
        with pytest.raises(Invalid, match=reason):
            require_takeable(kind, name, start, size, LIMIT)


class TestRequireState:
    def test_refuses_what_has_moved_on(self) -> None:
        require_state("checked", State.CHECKED, "imported")
        with pytest.raises(Conflict, match="cannot be imported any more"):
            require_state("done", State.CHECKED, "imported")

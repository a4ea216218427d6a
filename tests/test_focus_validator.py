"""tools/focus_validator.py reads what the validator says in words, and says itself where it could not ask."""

import subprocess
from pathlib import Path

import pytest

from tools import focus_validator
from tools.focus_validator import KNOWN, LOCKS, Verdict, main, read_verdict

GOOD = """\
Total: 578 | Pass: 136 | Fail: 1 | Skipped: 441
✅ BilledCost-C-000-M: PASS  (1.0ms)
❌ InvoiceId-C-004-C: FAIL  (violations=10, msg=InvoiceId MUST be NULL., 4.6ms)
--- Failures ---
"""
BAD = """\
Total: 578 | Pass: 134 | Fail: 2 | Skipped: 442
❌ InvoiceId-C-004-C: FAIL  (violations=10, msg=InvoiceId MUST be NULL., 4.6ms)
❌ ListCost-C-003-M: FAIL  (violations=1, msg=ListCost MUST NOT be null., 4.6ms)
"""


def unreachable() -> Path:
    raise subprocess.CalledProcessError(1, ["pip"], "no such host")


class TestReading:
    def test_finds_the_rules_that_fail(self) -> None:
        said = "violations=10, msg=InvoiceId MUST be NULL., 4.6ms"
        assert read_verdict(GOOD) == Verdict(136, {"InvoiceId-C-004-C": said})
        assert list(read_verdict(BAD).failed) == ["InvoiceId-C-004-C", "ListCost-C-003-M"]

    @pytest.mark.parametrize("output", ["", "Traceback", "Total: 0 | Pass: 0 | Fail: 0 | Skipped: 0", BAD.replace("❌ List", "List")[:120]])
    def test_refuses_what_is_no_verdict(self, output: str) -> None:
        with pytest.raises(ValueError, match="did not come to an end"):
            read_verdict(output)


class TestChecking:
    @pytest.mark.parametrize(("output", "status"), [(GOOD, 0), (BAD, 1)])
    def test_fails_for_a_rule_that_is_not_known(
        self, output: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(focus_validator, "find", lambda: Path("python"))
        monkeypatch.setattr(focus_validator, "validate", lambda *_: read_verdict(output))
        assert main(["some.focus.csv"]) == status
        told = capsys.readouterr()
        assert "1 known" in told.out
        assert ("ListCost-C-003-M" in told.err) == bool(status)

    @pytest.mark.parametrize(("where", "status"), [({}, 0), ({"CI": "true"}, 1), ({"TRUEUP_CI": "1"}, 1)])
    def test_is_passed_over_only_outside_continuous_integration(
        self, where: dict[str, str], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name in ("CI", "TRUEUP_CI"):
            monkeypatch.delenv(name, raising=False)
        for name, value in where.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(focus_validator, "find", lambda: None)
        monkeypatch.setattr(focus_validator, "install", unreachable)
        assert main(["some.focus.csv"]) == status
        assert "could not be installed" in capsys.readouterr().err

    def test_is_asked_for_by_the_continuous_integration(self) -> None:
        root = LOCKS[0].parent.parent.parent
        assert "TRUEUP_CI=1 make check test" in (root / ".ci" / "run").read_text()
        assert "$(MAKE) focus" in (root / "Makefile").read_text().partition("\ntest:")[2].partition("\n\n")[0]


class TestMending:
    def test_says_the_same_in_one_line(self, tmp_path: Path) -> None:
        file = tmp_path / "converter.py"
        file.write_text(f"ignore_keys = ['a', 'b\"c']\nmade = {focus_validator._NEWER_LINE}\n")
        focus_validator._mend(file)
        found: dict[str, str] = {}
        exec(file.read_text(), found)  # noqa: S102 -- the line itself
        assert found["made"] == """'a', 'b""c'"""

    def test_refuses_another_file(self, tmp_path: Path) -> None:
        file = tmp_path / "converter.py"
        file.write_text("made = 1\n")
        with pytest.raises(OSError, match="is not the file it was"):
            focus_validator._mend(file)


class TestTheDocumentation:
    def test_lists_the_rules_that_fail_with_their_reason(self) -> None:
        page = (Path(__file__).parent.parent / "docs" / "settlement.md").read_text(encoding="utf-8")
        assert KNOWN
        for rule, reason in KNOWN.items():
            assert f"| `{rule}` | {reason} |" in page

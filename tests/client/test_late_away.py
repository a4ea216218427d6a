"""Late usage at the machine and over the network: what is typed, and what is answered."""

from tests.client.anywhere import Anywhere, Step
from tests.jobs.command import Trueup
from tests.jobs.october import BOLT, COIL, NORTH, VENDOR, approve, begin

NOW = "2026-12-05T09:00:00Z"
OCTOBER, LATE = ("2026-10", "north"), ("2026-11-adjusts-2026-10", "north")
FIRST, LATER, VENDORS = "north-2026-000001", "north-2026-000003", "acme-vendor-2026-000001"

STORY: list[Step] = [
    *((email, ["statement", "list", "--format", "json"]) for email in (BOLT, NORTH, VENDOR)),
    (NORTH, ["statement", "list", "--cycle", LATE[0]]),
    *((BOLT, ["statement", "show", LATER, "--format", form]) for form in ("table", "json", "csv")),
    (COIL, ["statement", "show", LATER]),
    (NORTH, ["statement", "waiting", "--format", "json"]),
    *((email, ["billing", "list", "--format", form]) for email in (NORTH, VENDOR) for form in ("table", "json")),
    *((NORTH, ["billing", "show", *LATE, "--format", form]) for form in ("table", "json", "csv")),
    *((NORTH, ["billing", "lines", *LATE, "workspace-security", "--format", form]) for form in ("table", "json", "csv")),
    (NORTH, ["billing", "lines", *LATE, "nothing"]),
    (VENDOR, ["billing", "lines", *LATE, "workspace-security"]),
    (VENDOR, ["billing", "show", *LATE]),
    (VENDOR, ["billing", "history", *LATE]),
    (NORTH, ["billing", "save", *LATE, "--po-number", "PO-7", "--comment", "Late."]),
    (NORTH, ["billing", "submit", *LATE]),
    (VENDOR, ["billing", "show", *LATE, "--format", "json"]),
    (VENDOR, ["billing", "return", *LATE, "--reason", "Why?"]),
    (NORTH, ["billing", "submit", *LATE]),
    (VENDOR, ["billing", "complete", *LATE]),
    *((NORTH, ["billing", "history", *LATE, "--format", form]) for form in ("table", "json", "csv")),
    (BOLT, ["billing", "history", *LATE]),
    (NORTH, ["billing", "history", "2025-01", "north"]),
    (NORTH, ["export", "statement", LATER, "--format", "csv"]),
    (NORTH, ["export", "billing", *LATE, "--format", "csv"]),
    (BOLT, ["export", "customers", LATE[0], "bolt", "--format", "csv"]),
    (NORTH, ["statement", "correct", FIRST, "--reason", "Another price"]),
    (NORTH, ["statement", "correct", LATER, "--reason", "Another price"]),
    (BOLT, ["statement", "show", "north-2026-000007", "--format", "json"]),
    (NORTH, ["price", "remove", "north", "bolt"]),
    *((NORTH, ["price", "history", "north", "--format", form]) for form in ("table", "json", "csv")),
    (VENDOR, ["price", "history", "acme-vendor"]),
    (BOLT, ["price", "history", "north"]),
]
ASKING = {
    "statement list", "statement show", "statement waiting", "billing list", "billing show", "billing lines", "billing history",
    "price history", "export statement", "export billing", "export customers",
}  # fmt: skip
"""Commands that do not ask what time it is."""


def come_late(trueup: Trueup) -> None:
    """October is settled with everybody; then two more seats of bolt come, are adjusted in November and settled."""
    begin(trueup)
    approve(trueup)
    trueup.done("billing", "submit", *OCTOBER, "--as", NORTH, "--now", "2026-11-05T09:00:00Z")
    trueup.done("billing", "complete", *OCTOBER, "--as", VENDOR, "--now", "2026-11-06T09:00:00Z")
    trueup.done("work", "--once", "--now", "2026-11-06T10:00:00Z")
    late = "day,customer,service,provisioned_units,used_units\n2026-10-05,bolt-dental,workspace-security,24,24\n"
    trueup.done("usage", "import", trueup.file("late.csv", late), "--now", "2026-11-20T12:00:00Z")
    trueup.done("work", "--once", "--now", "2026-12-01T00:00:00Z")
    trueup.done("report", "submit", LATE[0], "bolt", "--as", BOLT, "--now", "2026-12-02T09:00:00Z")
    trueup.done("report", "approve", LATE[0], "bolt", "--as", NORTH, "--now", "2026-12-03T09:00:00Z")
    trueup.done("work", "--once", "--now", "2026-12-04T09:00:00Z")


class TestLateUsage:
    def test_is_told_the_same_from_anywhere(self, anywhere: Anywhere) -> None:
        answers = anywhere.told_at(NOW, STORY, come_late, asking=ASKING)
        told = {" ".join(words): answer for (_, words), answer in zip(STORY, answers, strict=True)}
        assert "With it, for late usage: credit note north-2026-000006." in told[f"statement correct {FIRST} --reason Another price"].out
        assert f"Adjusts {FIRST}" in " ".join(told[f"statement show {LATER} --format table"].out.split())
        assert (told["billing history 2025-01 north"].code, told["price history north --format json"].code) == (1, 0)

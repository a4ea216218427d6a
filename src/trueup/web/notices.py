"""What e-mails are called: their kinds, when people want them, and where they are."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trueup.notifications.rules import Choice, Kind, State

KINDS: Final[dict[Kind, str | Promise]] = {
    Kind.REPORT_READY: _("A usage report is ready"),
    Kind.REMINDER: _("Reminder before the deadline"),
    Kind.LAST_DAY: _("The last day before the deadline"),
    Kind.AUTOMATICALLY_SUBMITTED: _("A report was submitted automatically"),
    Kind.REJECTED: _("A report was rejected"),
    Kind.APPROVED: _("A report was approved"),
    Kind.REGENERATED: _("A report was measured anew"),
    Kind.PENALTY_WAIVED: _("A penalty was waived"),
    Kind.TO_REVIEW: _("A report was submitted and waits for review"),
    Kind.STATEMENT_ISSUED: _("A statement was issued to you"),
    Kind.BILLING_SUBMITTED: _("A billing report was submitted to you"),
    Kind.BILLING_RETURNED: _("A billing report was returned"),
    Kind.BILLING_COMPLETED: _("A billing report was completed"),
    Kind.DIGEST: _("Digest of the day"),
    Kind.INVITATION: _("Invitation"),
    Kind.WEBHOOK_DISABLED: _("A webhook was switched off"),
    Kind.EVENT_PUT_ASIDE: _("An event could not be stored"),
}

CHOICES: Final[dict[Choice, str | Promise]] = {
    Choice.NOW: _("At once"),
    Choice.DIGEST: _("Once a day, all together"),
    Choice.OFF: _("Never"),
}

STATES: Final[dict[State, str | Promise]] = {
    State.WAITING: _("Waiting"),
    State.SENDING: _("Being sent"),
    State.SENT: _("Sent"),
    State.FAILED: _("Failed"),
    State.HELD: _("Held for the digest"),
    State.IN_DIGEST: _("Part of a digest"),
    State.DROPPED: _("Not sent: overtaken"),
}

BADGES: Final[dict[State, str]] = {
    State.WAITING: "info",
    State.SENDING: "info",
    State.SENT: "good",
    State.FAILED: "bad",
    State.HELD: "neutral",
    State.IN_DIGEST: "good",
    State.DROPPED: "neutral",
}
"""How a state is colored; the words beside it say the same."""

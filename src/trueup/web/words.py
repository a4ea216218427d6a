"""The domain's sentences and words in the language of the page."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.utils import dateformat
from django.utils.formats import get_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from trueup.accounts.rules import Role, Scope, Tier
from trueup.catalog.rules import AutoApprove, ChargeableBasis, MeasureName, Penalty
from trueup.cycles.rules import CycleStatus
from trueup.kit.issue import Severity
from trueup.kit.period import Month
from trueup.kit.text import Text
from trueup.ledger.rules.refusals import Reason
from trueup.network.rules import plan
from trueup.reports.rules.lines import Outcome
from trueup.reports.rules.workflow import MAY_REQUIRE_REVIEW, Status, Submission, Verb
from trueup.web import numbers

Words = Mapping[str, str | Promise]
"""Codes and what they are called."""


def says(message: object) -> str:
    """A sentence of the domain in the language of the page; what is not a Text stays as it is."""
    if not isinstance(message, Text):
        return str(message)
    values = {name: _value(value) for name, value in message.values.items()}
    if message.plural is not None:
        count = message.values["count"]
        return ngettext(message.template, message.plural, count if isinstance(count, int) else 2).format(**values)
    return (gettext(message.template) if message.template else "").format(**values)


def _value(value: object) -> str:
    """What is put into a sentence: numbers and days as the language writes them."""
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return numbers.shown(value)
    if isinstance(value, Month):
        return month_in_words(value)
    if isinstance(value, datetime):
        return f"{dateformat.format(value, pgettext('format of a moment', 'j M Y, H:i'))} ({value.tzinfo})".replace("_", " ")
    if isinstance(value, date):
        return dateformat.format(value, pgettext("format of a day", "j M Y"))
    return says(value)


def month_in_words(month: Month) -> str:
    """October 2026; October 2026, adjusted in November 2026."""
    usage, cycle = (dateformat.format(one.first_day, str(get_format("YEAR_MONTH_FORMAT"))) for one in (month.usage, month.cycle))
    return gettext("%(month)s, adjusted in %(cycle)s") % {"month": usage, "cycle": cycle} if month.adjusted_in else usage


def word(words: Words, code: str) -> str:
    """What a code is called; one that is not known (an installation's own) by itself, with spaces."""
    return str(words.get(code, code.replace("_", " ")))


def field(name: str) -> str:
    """What a field in the history is called; one that holds from a day on (`parent from 2026-10-01`) with the day."""
    known, _from, day = name.partition(" from ")
    if not day:
        return word(FIELDS, known)
    return gettext("%(field)s from %(day)s") % {"field": word(FIELDS, known), "day": _value(date.fromisoformat(day))}


def measure(written: str) -> str:
    """A measure as the history has it: `percentile_day 85`."""
    name, _space, percentile = written.partition(" ")
    return f"{word(MEASURES, name)} ({numbers.shown(Decimal(percentile))} %)" if percentile else word(MEASURES, name)


STATUSES: Words = {
    Status.MSP_PREPARING: _("MSP preparing"),
    Status.UNDER_REVIEW: _("Under review"),
    Status.APPROVED: _("Approved"),
    Status.REJECTED: _("Rejected"),
}

SUBMISSIONS: Words = {
    Submission.MANUAL: _("Submitted by a person"),
    Submission.AUTOMATIC: _("Submitted automatically"),
    Submission.AUTOMATIC_WITH_PENALTY: _("Submitted automatically with a penalty"),
    Submission.RETURNED: _("Submitted again"),
}

FLAGS: Words = {MAY_REQUIRE_REVIEW: _("May require review")}

FLAG_SENTENCES: Words = {MAY_REQUIRE_REVIEW: _("The report was once submitted automatically, with a penalty.")}

VERBS: Words = {
    Verb.SAVE_DRAFT: _("Save draft"),
    Verb.SUBMIT: _("Submit"),
    Verb.AUTO_SUBMIT: _("Submit automatically"),
    Verb.APPROVE: _("Approve"),
    Verb.REJECT: _("Reject"),
    Verb.WAIVE: _("Waive penalty"),
    Verb.REGENERATE: _("Measure anew"),
}

ISSUES: Words = {
    "over_provisioned": _("Over-provisioned"),
    "changed_without_comment": _("Changed without a comment"),
    "discrepancy": _("Differs from provisioned"),
    "overused": _("Overused"),
    "above_measured": _("Above what was measured"),
    "incomplete_data": _("Incomplete data"),
    "source_changed": _("Figures changed after the edit"),
}

SEVERITIES: Words = {Severity.BLOCKING: _("Blocks the submission"), Severity.WARNING: _("Warning")}

OUTCOMES: Words = {
    Outcome.AS_SAVED: _("As saved"),
    Outcome.PENALTY: _("Penalty"),
    Outcome.DEFAULT_RESTORED: _("Default restored"),
    Outcome.WAIVED: _("Penalty waived"),
}

OUTCOME_SENTENCES: Words = {
    Outcome.AS_SAVED: _("Charged as it was saved."),
    Outcome.PENALTY: _("Over-provisioned without a comment at the deadline: the provisioned units are charged."),
    Outcome.DEFAULT_RESTORED: _("Changed without a comment at the deadline: the default is charged."),
    Outcome.WAIVED: _("The distributor has waived the penalty: charged as it was saved."),
}

MEASURES: Words = {
    MeasureName.GROUP_PEAK_DAY: _("Peak day of the group"),
    MeasureName.SERVICE_PEAK_DAY: _("Peak day of the service"),
    MeasureName.OWN_MAXIMA: _("Own maxima"),
    MeasureName.PERCENTILE_DAY: _("Percentile day"),
    MeasureName.VOLUME: _("Volume"),
    MeasureName.AVERAGE: _("Average"),
    MeasureName.LAST_DAY: _("Last day"),
}

MEASURE_SENTENCES: Words = {
    MeasureName.GROUP_PEAK_DAY: _(
        "The day on which the whole solution group was highest; every service of the group is taken from that day."
    ),
    MeasureName.SERVICE_PEAK_DAY: _("The day on which the service was highest, all customers together."),
    MeasureName.OWN_MAXIMA: _("Provisioned, used and credits each on the day on which they were highest, all customers together."),
    MeasureName.PERCENTILE_DAY: _(
        "Each customer's day below which so many percent of its days of the month lie, added up: short peaks do not count."
    ),
    MeasureName.VOLUME: _("The units of all days, added up."),
    MeasureName.AVERAGE: _("The average over all days of the month."),
    MeasureName.LAST_DAY: _("The last day of the month."),
}

BASES: Words = {
    ChargeableBasis.USED: _("Used units"),
    ChargeableBasis.PROVISIONED: _("Provisioned units"),
    ChargeableBasis.GREATER: _("The greater of used and provisioned units"),
}

PENALTIES: Words = {Penalty.CHARGE_PROVISIONED: _("Charge the provisioned units"), Penalty.NONE: _("No penalty")}

AUTO_APPROVALS: Words = {
    AutoApprove.NEVER: _("Never"),
    AutoApprove.CLEAN: _("Reports without comments, changes and penalties"),
    AutoApprove.UNCOMMENTED: _("Reports without comments"),
}

CYCLE_STATUSES: Words = {CycleStatus.OPEN: _("Open"), CycleStatus.CLOSED: _("Closed")}

TIERS: Words = {Tier.VENDOR: _("Vendor"), Tier.DISTRIBUTOR: _("Distributor"), Tier.MSP: _("MSP"), Tier.CUSTOMER: _("Customer")}

ROLES: Words = {Role.ADMIN: _("Admin"), Role.BILLING_MANAGER: _("Billing manager"), Role.VIEWER: _("Viewer")}

SCOPES: Words = {
    Scope.USAGE_WRITE: _("Import usage"),
    Scope.USAGE_READ: _("Read usage"),
    Scope.REPORTS_READ: _("Read usage reports"),
    Scope.REPORTS_PREPARE: _("Prepare usage reports"),
    Scope.REPORTS_REVIEW: _("Review usage reports"),
    Scope.NETWORK_READ: _("Read accounts and terms"),
    Scope.NETWORK_WRITE: _("Keep accounts, terms and the catalog"),
    Scope.MEMBERS_WRITE: _("Manage members and API clients"),
    Scope.WEBHOOKS_WRITE: _("Keep webhooks"),
    Scope.STATEMENTS_READ: _("Read prices, billing reports and statements"),
    Scope.STATEMENTS_WRITE: _("Keep billing reports, correct statements"),
    Scope.PRICES_WRITE: _("Keep prices and billing details"),
}

REASONS: Words = {
    "onboarding": _("Onboarding"),
    "offboarding": _("Offboarding"),
    "migration": _("Migration"),
    "trial": _("Trial"),
    "measurement_error": _("Measurement error"),
    "seasonal": _("Seasonal"),
    "agreed": _("Agreed"),
    "other": _("Other"),
}
"""The reason codes of lines; `USUAL_REASONS` of reports has a sentence for each."""

REFUSALS: Words = {
    Reason.MALFORMED: _("Not readable"),
    Reason.MISSING: _("Missing"),
    Reason.NOT_A_DATE: _("Not a day"),
    Reason.IN_FUTURE: _("In the future"),
    Reason.UNKNOWN_CUSTOMER: _("Unknown customer"),
    Reason.UNKNOWN_SERVICE: _("Unknown service"),
    Reason.NO_MSP: _("Without an MSP"),
    Reason.NOT_A_NUMBER: _("Not a number"),
    Reason.NEGATIVE: _("Below zero"),
    Reason.TOO_MANY_DECIMALS: _("Too many decimals"),
    Reason.TOO_LARGE: _("Too large"),
    Reason.DUPLICATE: _("Twice in the file"),
}
"""Why rows of usage are refused; `SENTENCES` of the ledger has a sentence for each."""

STEPS: Words = {
    plan.Verb.ADD: _("Add"),
    plan.Verb.CHANGE: _("Change"),
    plan.Verb.MOVE: _("Move"),
    plan.Verb.REMOVE: _("Remove"),
    plan.Verb.KEEP: _("Keep"),
}
"""What applying a network file does."""

EVENTS: Words = {
    "generated": _("Report generated"),
    "regenerated": _("Measured anew"),
    "draft_saved": _("Draft saved"),
    "submitted": _("Submitted"),
    "automatically_submitted": _("Submitted automatically"),
    "approved": _("Approved"),
    "automatically_approved": _("Approved automatically"),
    "rejected": _("Rejected"),
    "penalty_waived": _("Penalty waived"),
    "reminded": _("Reminder sent"),
    "cycle_closed": _("Cycle closed"),
    "usage_imported": _("Usage imported"),
    "usage_replayed": _("Waiting usage stored"),
    "usage_mapped": _("Name mapped"),
    "event_put_aside": _("Event put aside: it could not be stored"),
    "network_applied": _("Network file applied"),
    "network_changed": _("Network changed"),
    "customers_imported": _("Customers imported"),
    "invitation_accepted": _("Invitation accepted"),
    "client_created": _("API client created"),
    "client_changed": _("API client changed"),
    "client_revoked": _("API client revoked"),
    "client_rotated": _("Secret of an API client rotated"),
    "upload_received": _("File uploaded"),
    "upload_confirmed": _("Import confirmed"),
    "upload_discarded": _("File discarded"),
    "deliveries_retried": _("Messages sent again"),
    "webhook_created": _("Webhook added"),
    "webhook_changed": _("Webhook changed"),
    "webhook_secret_rotated": _("Secret of a webhook rotated"),
    "webhook_replayed": _("Webhook sent again"),
    "webhook_disabled": _("Webhook switched off, because calls failed"),
    "webhook_removed": _("Webhook removed"),
    "mapping_profile_saved": _("Mapping profile saved"),
    "mapping_profile_removed": _("Mapping profile removed"),
    "price_list_saved": _("Price list saved"),
    "price_list_removed": _("Price list removed"),
    "promo_code_saved": _("Promo code saved"),
    "promo_code_removed": _("Promo code removed"),
    "billing_details_saved": _("Billing details saved"),
    "billing_begun": _("Billing report begun"),
    "billing_saved": _("Billing report saved"),
    "billing_submitted": _("Billing report submitted"),
    "billing_returned": _("Billing report returned"),
    "billing_completed": _("Billing report completed"),
    "statement_issued": _("Statement issued"),
    "chain_opened": _("History opened"),
}
"""Every kind of event."""

FIELDS: Words = {
    "as_of": _("State of the data"),
    "auto_approve": _("Automatic approval"),
    "auto_submit_after_days": _("Days until automatic submission"),
    "chargeable": _("Chargeable units"),
    "chargeable_basis": _("Basis of chargeable units"),
    "city": _("City"),
    "close_grace_days": _("Days until a cycle closes"),
    "comment": _("Comment"),
    "company_id": _("Company id"),
    "corrects": _("Corrects"),
    "credits": _("Credits"),
    "currency": _("Currency"),
    "customer": _("Customer"),
    "days": _("Days"),
    "deadline": _("Deadline"),
    "decimals": _("Decimal places"),
    "default_chargeable": _("Default chargeable units"),
    "description": _("What it is for"),
    "digest": _("Checksum"),
    "enabled": _("Switched on"),
    "entry": _("Entry"),
    "expected": _("Expected daily"),
    "file": _("File"),
    "gross": _("Total"),
    "group": _("Solution group"),
    "incomplete_data": _("Incomplete data"),
    "key": _("Key"),
    "kind": _("Kind"),
    "measure": _("Measure"),
    "message": _("Message"),
    "name": _("Name"),
    "older_secret_until": _("Old secret works until"),
    "over_provision_percent": _("Over-provisioning threshold in percent"),
    "over_provision_units": _("Over-provisioning threshold in units"),
    "parent": _("Belongs to"),
    "penalty": _("Penalty"),
    "position": _("Position"),
    "provisioned": _("Provisioned units"),
    "reason": _("Reason"),
    "refused": _("Refused rows"),
    "region": _("Region"),
    "rejected_line": _("Line the rejection is about"),
    "reminder_days_before": _("Reminders, days before the deadline"),
    "report_comment": _("Comment on the report"),
    "reports_used": _("Reports used units"),
    "resubmit_within_days": _("Days to submit again"),
    "retried": _("Sent again"),
    "return_reason": _("Reason of the return"),
    "review_comment": _("Comment of the review"),
    "revoked": _("Revoked"),
    "role": _("Role"),
    "scopes": _("Scopes"),
    "service": _("Service"),
    "source": _("Source"),
    "state": _("State"),
    "status": _("Status"),
    "stored": _("Stored records"),
    "submission": _("Submission"),
    "tier": _("Tier"),
    "time_zone": _("Time zone"),
    "type": _("Account type"),
    "types": _("Kinds of events"),
    "unit": _("Billing unit"),
    "unmapped": _("Unmapped names"),
    "url": _("Address"),
    "event_id": _("Event"),
    "mistake": _("Mistake"),
    "usage_reports": _("Usage reports"),
    "usage_reports_excluded": _("Excluded from usage reports"),
    "used": _("Used units"),
    "vendor": _("Vendor"),
    "waiver_reason": _("Reason of the waiver"),
    "why": _("Reason"),
    "zero_reports": _("Reports without usage"),
}
"""What the history calls the values that change."""

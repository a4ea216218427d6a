"""How terms are copied into a report: as plain text, so that reading them back gives exactly what was agreed then."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from trueup.catalog.rules import AutoApprove, Penalty, TermsInForce
from trueup.kit.quantity import plain


def copy_terms(terms: TermsInForce) -> dict[str, Any]:
    """The terms as JSON-plain values; decimals as text."""
    return {
        "auto_submit_after_days": terms.auto_submit_after_days,
        "resubmit_within_days": terms.resubmit_within_days,
        "reminder_days_before": list(terms.reminder_days_before),
        "over_provision_percent": plain(terms.over_provision_percent),
        "over_provision_units": plain(terms.over_provision_units),
        "penalty": terms.penalty.value,
        "auto_approve": terms.auto_approve.value,
        "zero_reports": terms.zero_reports,
    }


def copied_terms(copy: Mapping[str, Any]) -> TermsInForce:
    """The terms a report was generated under."""
    return TermsInForce(
        auto_submit_after_days=copy["auto_submit_after_days"],
        resubmit_within_days=copy["resubmit_within_days"],
        reminder_days_before=tuple(copy["reminder_days_before"]),
        over_provision_percent=Decimal(copy["over_provision_percent"]),
        over_provision_units=Decimal(copy["over_provision_units"]),
        penalty=Penalty(copy["penalty"]),
        auto_approve=AutoApprove(copy["auto_approve"]),
        zero_reports=copy["zero_reports"],
    )

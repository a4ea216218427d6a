"""What final billing tells beyond single documents: what was billed, how months were reviewed, what could be saved."""

from trueup.statements.insight.billed import MOST_MONTHS, Billed, By, billed
from trueup.statements.insight.deprovisioning import Deprovisioning, OverProvisioned, ToDeprovision, deprovision
from trueup.statements.insight.measured import Measured, MeasuredLine, MeasuredOtherwise, measured_otherwise
from trueup.statements.insight.reviewed import Reviewed, ReviewedBy, review_figures

__all__ = [
    "MOST_MONTHS",
    "Billed",
    "By",
    "Deprovisioning",
    "Measured",
    "MeasuredLine",
    "MeasuredOtherwise",
    "OverProvisioned",
    "Reviewed",
    "ReviewedBy",
    "ToDeprovision",
    "billed",
    "deprovision",
    "measured_otherwise",
    "review_figures",
]

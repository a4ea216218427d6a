"""Billing reports that wait for somebody, in words."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trueup.statements.queries import WaitingBilling
from trueup.statements.rules.billing import BillingStatus
from trueup.web.templatetags.trueup import month


def billing_to_do(one: WaitingBilling) -> str:
    """What to do, in one line. It begins with the verb."""
    values = {"count": one.count, "cycle": month(one.month), "who": one.distributor_name}
    if one.status == BillingStatus.COLLECTING:
        return _("Submit the billing report of %(cycle)s: all reports are approved") % values
    if one.status == BillingStatus.RETURNED:
        return _("Correct the returned billing report of %(cycle)s") % values
    if one.count == 1:
        return _("Review the billing report of %(who)s, %(cycle)s") % values
    return ngettext("Review %(count)s billing report of %(cycle)s", "Review %(count)s billing reports of %(cycle)s", one.count) % values


def billing_address(one: WaitingBilling) -> str:
    """Where it is done."""
    if one.count == 1:
        return reverse("billing_report", args=[str(one.month), one.distributor])
    return f"{reverse('billing')}?{urlencode({'status': one.status.value, 'cycle': str(one.month.cycle)})}"

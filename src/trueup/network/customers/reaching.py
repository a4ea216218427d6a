"""Which customers of a CSV are beyond the reach of the person who imports it."""

import sqlite3
from itertools import islice
from typing import Final

from trueup.accounts.models import Account
from trueup.accounts.rules import Viewer
from trueup.kit.chunks import chunks
from trueup.network.customers.merging import beside_the_network
from trueup.network.customers.staging import customers, refuse_ref
from trueup.network.rules.reach import Reach, wrong_move

_AT_ONCE: Final = 5_000  # customers


def check(scratch: sqlite3.Connection, viewer: Viewer, reach: Reach) -> None:
    """Refuse the rows of customers that are somebody else's, now or on days the rows would change.

    Of a ref that exists outside the viewer's subtree nothing is said but that it is taken: refs are unique in the installation, so that
    much cannot be hidden from who may add customers.
    """
    refused: list[tuple[str, str]] = []
    bad = {ref for (ref,) in scratch.execute("SELECT DISTINCT ref FROM rows WHERE row IN (SELECT row FROM refused)")}
    everybody = customers(scratch)
    while block := list(islice(everybody, _AT_ONCE)):
        refs = [ref for ref, _, _ in block]
        seen = {
            ref for chunk in chunks(refs) for ref in Account.objects.visible_to(viewer).filter(ref__in=chunk).values_list("ref", flat=True)
        }
        for customer in beside_the_network([one for one in block if one[0] not in bad]):
            if not customer.added and customer.ref not in seen:
                refused.append((customer.ref, "taken"))
            elif customer.renamed and not reach.holds_placed(customer.before):
                refused.append((customer.ref, "not_below"))
            elif wrong_move(reach, customer.before, customer.after):
                refused.append((customer.ref, "not_yours"))
    for ref, reason in refused:
        refuse_ref(scratch, ref, reason, "")

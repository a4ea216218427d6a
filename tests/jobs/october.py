"""October of tests/jobs/command.py with money in it: prices, approved reports, a billing report, statements."""

from collections.abc import Sequence

from tests.jobs.command import NETWORK, Trueup

BOLT, COIL, NORTH, VENDOR = "billing@bolt.example", "billing@coil.example", "review@north.example", "billing@acme.example"
LOOKS = "looks@bolt.example"

MONEY_NETWORK = NETWORK.replace(
    "terms:", "  - {email: billing@acme.example, account: acme-vendor, role: billing_manager}\nterms:"
).replace("auto_approve: clean", "auto_approve: never")  # fmt: skip

USAGE = """\
day,customer,service,provisioned_units,used_units
2026-10-05,bolt-dental,endpoint-core,40,40
2026-10-05,bolt-dental,workspace-security,22,22
2026-10-20,bolt-moved,workspace-security,5,5
"""

PRICES = """\
price_lists:
  - seller: north
    currency: EUR
    tax: {percent: 19}
    services: {workspace-security: "4.20"}
    packs: {credits: {price: 12, complimentary: 30}}
  - seller: north
    buyer: bolt
    from: 2026-07-01
    currency: EUR
    tax: {percent: 19}
    margin_percent: 10
    services:
      workspace-security: {pricing: graduated, tiers: [{up_to: 10, price: 5}, {price: "4.5"}]}
  - seller: acme-vendor
    currency: USD
    margin_percent: 30
    services: {workspace-security: 4}
    packs: {credits: 10}
promo_codes:
  - {seller: acme-vendor, code: LAUNCH, from: 2026-10-01, until: 2026-12-31, service: workspace-security, price: 3}
"""

NOW = "2026-11-05T09:00:00Z"


def begin(trueup: Trueup, prices: str = PRICES, *, usage: Sequence[tuple[str, str]] = ()) -> None:
    """The network, prices, and October with its reports; `prices` may be none. `usage`: what is another in it (from, to)."""
    delivered = USAGE
    for before, after in usage:
        delivered = delivered.replace(before, after)
    trueup.done("apply", trueup.file("network.yaml", MONEY_NETWORK), "--now", "2026-09-01T00:00:00Z")
    if prices:
        trueup.done("price", "import", trueup.file("prices.yaml", prices), "--now", "2026-09-02T00:00:00Z")
    trueup.done("usage", "import", trueup.file("usage.csv", delivered), "--now", "2026-10-31T12:00:00Z")
    trueup.done("cycle", "close", "2026-10", "--now", "2026-11-01T00:00:00Z")


def approve(trueup: Trueup) -> None:
    """Both reports are approved, and the clock has issued what follows."""
    for msp, email in (("bolt", BOLT), ("coil", COIL)):
        trueup.done("report", "submit", "2026-10", msp, "--as", email, "--now", "2026-11-02T09:00:00Z")
        trueup.done("report", "approve", "2026-10", msp, "--as", NORTH, "--now", "2026-11-03T09:00:00Z")
    trueup.done("work", "--once", "--now", "2026-11-04T09:00:00Z")

"""The headings of the documentation: what the operations below each are about, in their order."""

from typing import Final

TAGS: Final[dict[str, str]] = {
    "Yourself": "Who a token stands for.",
    "Cycles": "Months: open, then closed; how complete their usage is.",
    "Reports": "The usage reports of MSPs: read, edited, submitted, reviewed.",
    "Accounts": "The channel tree: vendor, distributors, MSPs, customers.",
    "Catalog": "What is sold, and the lists it refers to.",
    "Terms": "What is agreed with distributors and MSPs, from a day on.",
    "Members": "People and what they may do in an account.",
    "API clients": "Programs and what they may do for an account.",
    "Usage": "Usage in, and what the ledger holds.",
    "Batches": "What arrived, and what became of it.",
    "Unknown names": "Names of customers and services that wait to be mapped.",
    "Usage in small pieces": "The doors for clients that people already have: CloudEvents as OpenMeter sends them, and Lago's events.",
    "Webhooks": "Where events of an account are sent to.",
    "Prices": "What a seller charges a buyer: price lists and promo codes.",
    "Billing reports": "What a distributor reports to its vendor for a month: the approved reports of its MSPs, priced.",
    "Statements": "Final documents: numbered, never changed. What accounts say of themselves on them.",
    "Customer bills": "What an MSP bills its customers.",
    "Files": "Reports, billing reports and statements as CSV, XLSX, PDF, FOCUS and e-invoices.",
    "Insight": "What was billed, how months were reviewed, and what could be saved.",
    "Exchange": "Reports in the columns of where MSPs bill; files of any layout.",
}
"""What the headings are about."""

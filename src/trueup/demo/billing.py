"""Final billing in the demo world: what everybody sells by and says of itself, and what becomes of billing reports."""

from datetime import datetime, time, timedelta
from importlib import resources
from string import Template
from zlib import crc32

from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.demo.channel import VENDOR, World
from trueup.kit.period import Month, at_time
from trueup.prices.actions import apply_prices
from trueup.statements.actions import complete_billing, correct, return_billing, save_billing, save_details, submit_billing
from trueup.statements.queries import StatementFilter, billing_reports, statements
from trueup.statements.rules.billing import BillingStatus

_OPERATOR = Viewer.system()
_LATE = "carrow"
"""Does not get its billing report together in the last month but one: a report of its MSPs is still under review."""

_DETAILS = {
    "tessarine": ("Tessarine Security Ltd", "4 Harbour Row", "D02 XY45", "Dublin", "", "IE", "IE0000001X"),
    "northfall": ("Northfall Distribution B.V.", "Weverskade 12", "3511 AB", "Utrecht", "", "NL", "NL000000001B01"),
    "carrow": ("Carrow & Pike Distribution Inc.", "210 Prairie Avenue", "68102", "Omaha", "NE", "US", ""),
    "bryndle": ("Bryndle IT GmbH", "Kastanienhof 7", "10115", "Berlin", "BE", "DE", "DE000000001"),
    "copperline": ("Copperline Managed IT Ltd", "18 Foundry Lane", "LS1 4AB", "Leeds", "", "GB", "GB000000001"),
    "delmere": ("Delmere Systems SAS", "3 rue des Tisserands", "69001", "Lyon", "", "FR", "FR00000000001"),
    "elstow": ("Elstow Networks S.L.", "Calle del Faro 21", "46001", "Valencia", "", "ES", "ESX0000001X"),
    "fenwright": ("Fenwright Cloud Sp. z o.o.", "ul. Portowa 5", "81-350", "Gdynia", "", "PL", "PL0000000001"),
    "garnock": ("Garnock Technologies Ltd", "9 Lee Quay", "T12 AB34", "Cork", "", "IE", "IE0000002X"),
    "hallowick": ("Hallowick Managed Services LLC", "77 Elm Street", "12207", "Albany", "NY", "US", ""),
    "ironquay": ("Ironquay Tech Inc.", "1400 Mill Road", "61602", "Peoria", "IL", "US", ""),
    "jessamy": ("Jessamy IT Partners LLC", "26 Canyon Drive", "80302", "Boulder", "CO", "US", ""),
    "kestrow": ("Kestrow Support Inc.", "515 Orchard Way", "93701", "Fresno", "CA", "US", ""),
    "larkmoor": ("Larkmoor Digital Inc.", "8 Limestone Street", "K7L 1A1", "Kingston", "ON", "CA", ""),
    "maresol": ("Maresol TI Ltda.", "Rua da Praia 40", "11010-000", "Santos", "SP", "BR", ""),
}
_FIELDS = ("legal_name", "street", "postal_code", "city", "state", "country", "vat_id")
_BANKS = {"tessarine": ("IE29AIBK93115212345678", "AIBKIE2D"), "northfall": ("NL91ABNA0417164300", "ABNANL2A"), "carrow": ("", "")}
"""Who issues statements: where they are paid to. The numbers are those that stand for an example; the VAT identifiers are invented."""


def found_billing(world: World, beacon: str, at: datetime) -> None:
    """Billing details of all parties, and the prices of all sellers; `beacon` is a customer with a price list of its own."""
    for ref, values in _DETAILS.items():
        save_details(_OPERATOR, ref, _details(ref, dict(zip(_FIELDS, values, strict=True))), seen=None, now=at)
    text = resources.files("trueup.demo").joinpath("prices.yaml").read_text(encoding="utf-8")
    days = {
        "first_day": world.first.first_day,
        "half_year": world.month(world.months // 2).first_day,
        "last_but_one": world.month(world.months - 2).first_day,
        "last_day": world.last.last_day,
    }
    apply_prices(_OPERATOR, Template(text).substitute(days, beacon=beacon), file_name="prices.yaml", dry_run=False, now=at)


def _details(ref: str, said: dict[str, str]) -> dict[str, str]:
    email = {"email": f"billing@{ref}.example"}
    peppol = {"endpoint_scheme": "9930", "endpoint_id": said["vat_id"]} if said["country"] == "DE" else {}
    if ref not in _BANKS:
        return said | email | peppol
    iban, bic = _BANKS[ref]
    return said | email | {"iban": iban, "bic": bic, "payment_days": "30"}


def bill(month: Month, *, unfinished: bool) -> None:
    """What becomes of the billing reports of a month that is long over: completed; of an `unfinished` one submitted, after it came
    back once, one still collecting, and one statement corrected."""
    for row in billing_reports(_OPERATOR, month=month):
        distributor = viewers_of(f"billing@{row.distributor}.example")[0]
        if row.status != BillingStatus.COLLECTING:
            continue
        if unfinished and row.distributor == _LATE:
            save_billing(distributor, month, row.distributor, comment="Kestrow is still being reviewed.", now=_on(month, 15, time(9)))
        elif unfinished:
            _return_once(month, row.distributor, distributor)
            _correct_the_address(month, row.distributor, distributor)
        else:
            _submit(month, row.distributor, distributor, _on(month, 15, time(10)))
            complete_billing(_vendor(), month, row.distributor, now=_on(month, 16, time(11)))


def _submit(month: Month, ref: str, distributor: Viewer, at: datetime) -> None:
    save_billing(distributor, month, ref, po_number=_po_number(ref, month), now=at)
    submit_billing(distributor, month, ref, now=at)


def _return_once(month: Month, ref: str, distributor: Viewer) -> None:
    """Submitted without the PO number, returned, and submitted again."""
    codes = {"workspace-security": "WORKSPACE-NORTH"}
    save_billing(distributor, month, ref, promo_codes=codes, comment="The launch offer, as agreed.", now=_on(month, 15, time(9, 30)))
    submit_billing(distributor, month, ref, now=_on(month, 15, time(10)))
    return_billing(_vendor(), month, ref, reason="The PO number is missing.", now=_on(month, 15, time(15)))
    _submit(month, ref, distributor, _on(month, 16, time(8, 45)))


def _correct_the_address(month: Month, ref: str, distributor: Viewer) -> None:
    """Somebody had moved: the first statement of the month is corrected, and says the same amounts of another street."""
    found = StatementFilter(cycle=month, seller=ref)
    for _, row in statements(distributor, found, limit=1):
        said = dict(zip(_FIELDS, _DETAILS[row.buyer], strict=True))
        at = _on(month, 16, time(9))
        save_details(_OPERATOR, row.buyer, _details(row.buyer, said | {"street": f"{said['street']}, 2nd floor"}), seen=None, now=at)
        correct(distributor, row.number, reason="The address of the office had changed.", now=at + timedelta(minutes=10))


def _vendor() -> Viewer:
    return viewers_of(f"billing@{VENDOR}.example")[0]


def _po_number(ref: str, month: Month) -> str:
    return f"PO-{month.year}{month.month:02d}-{100 + crc32(f'po {ref} {month}'.encode()) % 900}"


def _on(month: Month, day: int, at: time) -> datetime:
    """An instant on a day (from 1) of the month after."""
    return at_time(month.end + timedelta(days=day - 1), at, "UTC")

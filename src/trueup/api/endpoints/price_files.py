"""Files of prices, taken and given; and what a month would come to by another price list."""

from datetime import date
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.http import content_disposition_header
from ninja import Field, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import problems
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.network_shapes import RefAsked
from trueup.api.endpoints.report_bodies import Taken
from trueup.api.parameters import Cycle, Day
from trueup.api.problems import Refused
from trueup.api.schemas import CHANGES, REFUSALS, CycleName, Number, ProblemDocument
from trueup.cycles.queries import cycle_view
from trueup.kit.text import text
from trueup.prices import queries
from trueup.prices.actions import apply_prices
from trueup.prices.rules.lists import ListKey
from trueup.prices.written import as_text
from trueup.statements.queries import Simulated, simulate

router = Router(by_alias=True)

_YAML: Final = ("application/yaml", "text/yaml", "application/x-yaml", "text/x-yaml")
_FILE: Final = "prices.yaml"
_EXAMPLE: Final = "price_lists:\n- seller: north\n  currency: EUR\n  services:\n    endpoint-core: '4.20'\n"
_ABOUT: Final = "Price lists and promo codes, as docs/settlement.md says (*A file of prices*). UTF-8, up to 20 MB."
_SCHEMA: Final = {"type": "string", "description": _ABOUT, "examples": [_EXAMPLE]}


class AppliedPrices(Schema):
    """What a file of prices changed; of a dry run, what it would change."""

    dry_run: bool = Field(description="true: nothing was changed.")
    changed: list[str] = Field(description="What is another than before, named like `north → * 2026-01-01`; empty: all was so already.")


@router.post(
    "/prices/apply", response={200: AppliedPrices, **CHANGES, 415: ProblemDocument}, auth=Allowed(Scope.PRICES_WRITE),
    operation_id="apply_prices", summary="Save a file of prices",
    openapi_extra={"requestBody": {"required": True, "content": {kind: {"schema": _SCHEMA} for kind in _YAML[:2]}}},
)  # fmt: skip
def apply_file(
    request: HttpRequest, dry_run: Annotated[bool, Field(description="Change nothing: say what would be, or what is wrong.")] = False
) -> Any:
    """Save all price lists and promo codes of a YAML file: all of them, or nothing where anything is wrong. For the seller's own people.

    What the file does not name stays. The same file again changes nothing. 422 names every problem with its line and its path, like
    `/price_lists/0/services/endpoint-core/price`.
    """
    asked: Asked = request  # type: ignore[assignment]
    changed = apply_prices(asked.caller.viewer, _received(request), file_name=_FILE, dry_run=dry_run, now=asked.now)
    return {"dry_run": dry_run, "changed": [str(one) for one in changed]}


def _received(request: HttpRequest) -> str:
    """What was sent, as text. Raises Refused for what is no YAML in UTF-8."""
    charset = (request.content_params or {}).get("charset", "utf-8").strip("\"'").lower()
    plain = request.headers.get("Content-Encoding", "identity").strip().lower() == "identity"
    if request.content_type not in _YAML or charset not in {"utf-8", "utf8", "us-ascii"} or not plain:
        accepted = {"Accept-Post": ", ".join(_YAML[:2])}
        raise Refused(415, "unsupported_media_type", text("prices are sent as application/yaml, in UTF-8"), headers=accepted)
    try:
        return request.body.decode("utf-8")
    except (UnreadablePostError, UnicodeDecodeError) as error:
        raise problems.unreadable() from error


_FILES: Final = {"responses": {200: {"description": "The file.", "content": {_YAML[0]: {"schema": {"type": "string"}}}}}}


@router.get(
    "/prices/export", response={200: None, **REFUSALS}, auth=Allowed(Scope.STATEMENTS_READ), operation_id="export_prices",
    summary="A file of prices", openapi_extra=_FILES,
)  # fmt: skip
def export_prices(
    request: HttpRequest, seller: Annotated[RefAsked | None, Field(description="The ref of who sells; left out: your account.")] = None
) -> Any:
    """The price lists of a seller, as far as you see them, and your own promo codes, as a YAML file that can be sent back."""
    asked: Asked = request  # type: ignore[assignment]
    viewer, whose = asked.caller.viewer, seller or asked.caller.account_ref
    lists = [kept.prices for kept in queries.price_lists(viewer, seller=whose)]
    codes = [(kept.seller, kept.promo) for kept in queries.promo_codes(viewer) if kept.seller == whose]
    answer = HttpResponse(as_text(lists, codes), content_type=f"{_YAML[0]}; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"prices-{whose}.yaml".replace("/", "_"))
    return answer


class Simulation(Taken):
    """A month, and the price list that is tried out."""

    cycle: Cycle = Field(description="The month.")
    seller: RefAsked | None = Field(None, description="The ref of who sells by the list; null, with the other two: the lists in force.")
    buyer: RefAsked | None = Field(None, description="The ref of its buyer; null or `*`: the default list.")
    begins: Day = Field(date.min, alias="from", description="Its first day; left out: since ever.")


class SimulatedAmounts(Schema):
    """What a report comes to by a price list."""

    currency: str = Field(description="The currency of the list.")
    net: Number = Field(description="The sum of the lines.")
    tax: Number = Field(description="The tax.")
    gross: Number = Field(description="What is to be paid.")


class SimulatedReport(Schema):
    """What one report would come to, and what it comes to by the lists in force."""

    msp: str = Field(description="The ref of its MSP.")
    msp_name: str = Field(description="Its name when the report was generated.")
    tried: SimulatedAmounts | None = Field(description="By the list that is tried out; null: something has no price there.")
    reason: str | None = Field(description="What has no price there; null: everything has one.")
    in_force: SimulatedAmounts | None = Field(description="By the lists in force; null: something has no price, or you do not see them.")


class SimulatedMonth(Schema):
    """What a month would come to, report by report."""

    cycle: CycleName
    items: list[SimulatedReport] = Field(description="All reports you see, by the ref of the MSP.")
    next: None = Field(None, description="Always null: there is no further page.")


@router.post(
    "/prices/simulate", response={200: SimulatedMonth, **CHANGES}, auth=Allowed(Scope.STATEMENTS_READ), operation_id="simulate_prices",
    summary="A month by another price list",
)  # fmt: skip
def simulate_prices(request: HttpRequest, body: Simulation) -> Any:
    """What the reports of a month would come to by a price list you sell or buy by. It changes nothing.

    Chargeable units are those of now, approved or not. 404 for a month that is none of the cycles, and for a list you do not see.
    """
    asked: Asked = request  # type: ignore[assignment]
    viewer = asked.caller.viewer
    cycle_view(viewer, body.cycle)
    key = ListKey(body.seller, None if body.buyer in {None, "*"} else body.buyer, body.begins) if body.seller else None
    tried = simulate(viewer, body.cycle, key)
    in_force = {one.msp: one for one in (simulate(viewer, body.cycle) if key else tried)}
    return {"cycle": body.cycle, "items": [_simulated(one, in_force[one.msp]) for one in tried]}


def _simulated(one: Simulated, now: Simulated) -> dict[str, Any]:
    reason = str(one.reason) if one.reason else None
    return {"msp": one.msp, "msp_name": one.msp_name, "tried": _amounts(one), "reason": reason, "in_force": _amounts(now)}


def _amounts(one: Simulated) -> dict[str, Any] | None:
    if one.settled is None:
        return None
    return {name: getattr(one.settled, name) for name in ("currency", "net", "tax", "gross")}

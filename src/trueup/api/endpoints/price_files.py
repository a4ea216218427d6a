"""Files of prices, taken and given; and what a month would come to by another price list."""

from datetime import date
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.http import content_disposition_header
from ninja import Field, Query, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import paging, problems
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.network_shapes import RefAsked
from trueup.api.endpoints.prices import DEFAULT, key_of
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Cycle, Day
from trueup.api.problems import Refused
from trueup.api.schemas import CHANGES, REFUSALS, Number, ProblemDocument
from trueup.cycles.queries import cycle_view
from trueup.kit.text import text
from trueup.prices import queries
from trueup.prices.actions import apply_prices
from trueup.prices.rules.lists import ListKey
from trueup.prices.written import as_text
from trueup.statements.queries import Tried, tried_out
from trueup.statements.rules.settlement import Settled

router = Router(by_alias=True)

_YAML: Final = ("application/yaml", "text/yaml", "application/x-yaml", "text/x-yaml")
_FILE: Final = "prices.yaml"
_EXAMPLE: Final = {"price_lists": [{"seller": "north", "currency": "EUR", "services": {"endpoint-core": "4.20"}}]}
_ABOUT: Final = "Price lists and promo codes, as docs/settlement.md says (*A file of prices*). UTF-8, up to 20 MB."
_ENTRIES: Final = {"type": "array", "items": {"type": "object"}}
_SCHEMA: Final = {
    "type": "object", "properties": {"price_lists": _ENTRIES, "promo_codes": _ENTRIES}, "additionalProperties": False,
    "description": _ABOUT, "examples": [_EXAMPLE],
}  # fmt: skip


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


_FILES: Final = {"responses": {200: {"description": "The file.", "content": {_YAML[0]: {"schema": _SCHEMA}}}}}


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


class Simulation(Schema):
    """A month, and the price list that is tried out."""

    cycle: Annotated[Cycle, Field(description="The month.")]
    seller: Annotated[RefAsked, Field(description="The ref of who sells by the list.")]
    buyer: Annotated[RefAsked, Field(DEFAULT, description="The ref of its buyer; left out, or `*`: the default list.")]
    begins: Annotated[Day, Field(date.min, alias="from", description="Its first day; left out: since ever.")]

    @property
    def key(self) -> ListKey:
        """The list that is tried out."""
        return key_of(self.seller, self.buyer, self.begins)


class SimulatedAmounts(Schema):
    """What somebody pays for a month by a price list."""

    currency: str = Field(description="The currency of the list.")
    net: Number = Field(description="The sum of the lines.")
    tax: Number = Field(description="The tax.")
    gross: Number = Field(description="What is to be paid.")


class Simulated(Schema):
    """What one buyer pays for the month, and would pay."""

    buyer: str = Field(description="The ref of who pays.")
    buyer_name: str = Field(description="What it is called.")
    now: SimulatedAmounts | None = Field(description="By the lists in force; null: something has no price there.")
    why_not_now: str | None = Field(description="What has no price there; null: everything has one.")
    by_list: SimulatedAmounts | None = Field(description="With the list that is tried out; null: something has no price then.")
    why_not_by_list: str | None = Field(description="What has no price then; null: everything has one.")
    difference: Number | None = Field(
        description="What it would pay more before tax (below 0: less); null: one of the two is not known, or is in another currency."
    )


@router.get(
    "/prices/simulation", response={200: Listed[Simulated], **REFUSALS}, auth=Allowed(Scope.STATEMENTS_READ),
    operation_id="simulate_prices", summary="A month by another price list",
)  # fmt: skip
def simulate_prices(
    request: HttpRequest, response: HttpResponse, wanted: Query[Simulation], limit: Limit = USUAL, cursor: Cursor = None
) -> Any:
    """What those a price list is for would pay for a month if it were in force on its last day, beside what they pay now: by ref.

    A default list is tried for every buyer: what their own lists name stays. A distributor's buyers pay report by report, a vendor's all
    reports of a distributor at once, an MSP's by customer. Chargeable units are those of now, approved or not; promo codes do not count.
    404 for a month that is none of the cycles, and for a list you do not see.
    """
    asked: Asked = request  # type: ignore[assignment]
    viewer, after = asked.caller.viewer, unpacked(cursor, str)
    cycle_view(viewer, wanted.cycle)
    trial = tried_out(viewer, wanted.cycle, wanted.key, limit=limit, after=after[0] if after else "")
    return paging.portion(request, response, trial.rows, more=trial.left_out > 0, shown=_simulated, place=lambda row: (row.buyer,))


def _simulated(one: Tried) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("buyer", "buyer_name", "difference")},
        **{name: None if (said := getattr(one, name)) is None else str(said) for name in ("why_not_now", "why_not_by_list")},
        "now": _amounts(one.now),
        "by_list": _amounts(one.by_list),
    }


def _amounts(said: Settled | None) -> dict[str, Any] | None:
    return None if said is None else {name: getattr(said, name) for name in ("currency", "net", "tax", "gross")}

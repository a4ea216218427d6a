"""Every address of the portal that is ours: where it leads for whose thing, what may be sent there, and who may what.

`test_permissions.py` fails for an address without a row here, and tries every row with every person.
"""

from collections.abc import Iterator
from typing import Final

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver

from tests.web.addresses_billing import BILLING
from tests.web.addresses_insight import INSIGHT
from tests.web.addresses_prices import PRICES
from tests.web.addresses_rows import NOWHERE, Given, Page, says
from tests.web.addresses_rows import PEOPLE as PEOPLE  # noqa: PLC0414 -- who reads the table asks for them here
from tests.web.addresses_rows import who as who  # noqa: PLC0414
from tests.web.month import Autumn
from trueup.reports.models import Report
from trueup.web import urls
from trueup.web.network.clients import offer_id


def patterns() -> Iterator[str]:
    """The names of all addresses of the portal."""
    yield from _names(urls.urlpatterns)


def _names(found: list[URLPattern | URLResolver]) -> Iterator[str]:
    for one in found:
        if isinstance(one, URLResolver):
            yield from _names(one.url_patterns)
        else:
            yield str(one.name)


# ── Where somebody's thing is ─────────────────────────────────────────────────────────────────────────────────────────

_CUSTOMER: Final = {"bolt": "bolt-dental", "coil": "coil-bakery", "dune": "dune-hotel"}
_MEMBER: Final = {"bolt": "viewer@bolt.example", "dune": "billing@dune.example", "north": "north@north.example"}


def _msp(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"month": "2026-10", "msp": of}


def _line(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"month": "2026-10", "msp": of, "service": "endpoint-core"}


def _ref(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"ref": of}


def _customer(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"ref": _CUSTOMER.get(of, of)}


def _member(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"email": _MEMBER.get(of, "nobody@bolt.example"), "account": of}


def _account(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"account": of}


def _upload(autumn: Autumn, of: str) -> dict[str, object]:
    return {"upload_id": autumn.uploads.get(of, 999_999)}


def _overlap(_autumn: Autumn, _of: str) -> dict[str, object]:
    return {"overlap": "24"}


def _client(autumn: Autumn, of: str) -> dict[str, object]:
    return {"client_id": autumn.clients.get(of, "client-of-nobody")}


def _profile(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"name": f"psa-of-{of}"}


def _webhook(autumn: Autumn, of: str) -> dict[str, object]:
    return {"webhook_id": autumn.webhooks.get(of, (999_999, 0))[0]}


def _call(autumn: Autumn, of: str) -> dict[str, object]:
    webhook_id, delivery_id = autumn.webhooks.get(of, (999_999, 999_999))
    return {"webhook_id": webhook_id, "delivery_id": delivery_id}


def _mail(autumn: Autumn, of: str) -> dict[str, object]:
    return {"number": 999_999 if of == NOWHERE else autumn.delivery}


def _month(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"month": "2025-13" if of == NOWHERE else "2026-10"}


def _code(code: str) -> Given:
    return lambda _autumn, of: {"code": NOWHERE if of == NOWHERE else code}


def _version(of: str) -> int:
    return int(Report.objects.filter(msp_ref=of).values_list("version", flat=True).first() or 1)


def _terms(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"day": "2026-12-01", "ref": of}


def _after(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"after": f"2026-10/{of}"}


def _token(autumn: Autumn, of: str) -> dict[str, object]:
    return {"token": "nonsense" if of == NOWHERE else autumn.invitation}


# ── What is sent ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _comment(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"version": _version(of), "comment-endpoint-core": "Ten are spare.", "was_comment-endpoint-core": "", "reason-endpoint-core": ""}


def _submit(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"version": _version(of), "comment": ""}


def _decides(verb: str, **more: object) -> Given:
    return lambda _autumn, of: {"verb": verb, "version": _version(of), "comment": "Said so.", **more}


def _bulk(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"key": f"2026-10/{of}", "item": f"{_version(of)}/2026-10/{of}", "comment": ""}


def _anew(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"msp": of, "comment": ""}


def _file(_autumn: Autumn, _of: str) -> dict[str, object]:
    return {"file": SimpleUploadedFile("usage.csv", b"day,customer,service,provisioned_units\n2026-11-01,bolt-dental,endpoint-core,4\n")}


def _below(_autumn: Autumn, of: str) -> dict[str, object]:
    return {"ref": "fresh", "name": "Fresh", "parent": of, "from_date": ""}


def _program(_autumn: Autumn, _of: str) -> dict[str, object]:
    return {"offered": offer_id(), "name": "Feed", "scopes": ["usage:write"]}


_WHO_IS_WHO: Final = {"rows": "1", "kind-0": "customer", "name-0": "Who", "source-0": "manual", "target-0": "bolt-dental"}
_WEBHOOK: Final = {"url": "https://1.1.1.1/hooks", "types": "cycle.closed", "enabled": "on"}
_FRESH: Final = {"code": "fresh", "name": "Fresh"}
_MAPPING: Final = "name: fresh\nkind: out\ncolumns: [{heading: Quantity, field: chargeable}]\n"
_SERVICE: Final = {"name": "Mail", "group": "credits", "unit": "user", "chargeable_basis": "used", "reports_used": "on"}
_CONFIRMED: Final = {"confirmed": "1"}

PAGES: Final = (
    Page("home", open={"": "200 VONMRSbavcd"}),
    Page("settings", open={"": "200 VONMRSbavcd"}),
    Page("choose_theme", sends=says(theme="dark"), does={"": "302 VONMRSbavcd"}),
    Page("choose_language", sends=says(language="de"), does={"": "302 VONMRSbavcd"}),
    Page("act_for", sends=_account, does={"south": "302 S", "vendor": "", NOWHERE: ""}),
    Page("end_session", at=says(number=999_999), does={"": ""}),
    Page("end_device", at=says(number=999_999), does={"": ""}),
    Page("end_all_sessions"),
    Page("invitation", at=_token, open={"bolt": "200 VONMRSbavcd", NOWHERE: ""}),
    # ── usage reports
    Page("reports", open={"": "200 VONMRSbavc 403 d"}),
    *(Page(name, at=at, open={"bolt": "200 VONMRbav", "coil": "200 VONMRc", "dune": "200 VOS 403 d", NOWHERE: ""}) for name, at in (
        ("report", _msp), ("report_line", _line), ("report_csv", _msp), ("report_customers_csv", _line))),
    Page("report_forecast", at=_msp, open={"bolt": "200 VONMRbav", "coil": "409 VONMRc", "dune": "200 VOS 403 d", NOWHERE: ""}),
    Page("report_draft", at=_msp, sends=_comment, doer="b bolt",
         does={"bolt": "302 ba 403 VONMRv", "coil": "409 c 403 VONMR", "dune": "302 S 403 VOd", NOWHERE: ""}),
    Page("report_submit", at=_msp, sends=_submit, doer="S dune",
         open={"bolt": "200 ba 403 VONMRv", "coil": "409 VONMRc", "dune": "200 S 403 VOd", NOWHERE: ""},
         does={"bolt": "422 ba 403 VONMRv", "coil": "409 c 403 VONMR", "dune": "302 S 403 VOd", NOWHERE: ""}),
    Page("report_comment", at=_line, sends=_comment, doer="b bolt",
         open={"bolt": "200 ba 403 VONMRv", "coil": "409 VONMRc", "dune": "200 S 403 VOd", NOWHERE: ""},
         does={"bolt": "302 ba 403 VONMRv", "coil": "409 VONMRc", "dune": "302 S 403 VOd", NOWHERE: ""}),
    Page("report_regenerate", at=_msp, doer="N bolt",
         does={"bolt": "302 NM 403 VORbav", "coil": "409 NM 403 VORc", "dune": "302 S 403 VOd", NOWHERE: ""}),
    # ── review
    Page("review", open={"": "200 VONMRS 403 bavcd"}),
    Page("review_next", asks=_after, open={"bolt": "302 VONMR 403 bavcd", "dune": "302 VOS 403 bavcd", NOWHERE: "403 bavcd"}),
    Page("review_report", at=_msp, sends=_decides("approve"), doer="N coil",
         open={"bolt": "200 VONMR 403 bavcd", "coil": "200 VONMR 403 bavcd", "dune": "200 VOS 403 bavcd", NOWHERE: "403 bavcd"},
         does={"bolt": "409 NM 403 VORbavcd", "coil": "302 NM 403 VORbavcd", "dune": "409 S 403 VObavcd", NOWHERE: "403 bavcd"}),
    Page("review_report", at=_msp, sends=_decides("reject"), doer="N coil", does={"coil": "302 NM 403 VORbavcd"}),
    Page("review_report", at=_msp, sends=_decides("waive", line="endpoint-core"), doer="N gale", does={"gale": "302 NM 403 VORbavcd"}),
    Page("review_bulk", sends=_bulk, does={"coil": "200 NM 403 VORbavcd", "dune": "200 S 403 VORbavcd", NOWHERE: "403 VORbavcd"}),
    Page("review_bulk_approve", sends=_bulk, doer="N coil",
         does={"coil": "200 NM 403 VORbavcd", "dune": "200 S 403 VORbavcd", NOWHERE: "403 VORbavcd"}),
    Page("review_keep_view", sends=says(name="Mine", inbox="status=all"), does={"": "302 VONMRS 403 bavcd"}, doer="R "),
    Page("review_drop_view", sends=says(name="Kept"), does={"": "302 N 403 bavcd"}, doer="N "),
    # ── cycles
    Page("cycles", open={"": "200 VONMRS 403 bavcd"}),
    Page("cycle", at=_month, open={"": "200 VONMRS 403 bavcd", NOWHERE: ""}),
    Page("cycle_regenerate", at=_month, sends=_anew, doer="N bolt",
         does={"bolt": "200 NM 403 VORbavcd", "dune": "200 S 403 VORbavcd", NOWHERE: ""}),
    # ── imports
    Page("uploads", open={"": "200 VONMSbacd 403 Rv"}),
    Page("upload", at=_upload, open={"vendor": "200 VO", "north": "200 NMR", "bolt": "200 bav", "dune": "200 d", NOWHERE: ""}),
    Page("upload_refused", at=_upload, open={"bolt": "200 bav", "north": "200 NMR", "vendor": "", NOWHERE: ""}),
    Page("upload_send", at=says(kind="usage"), sends=_file, does={"": "302 VONMSbacd 403 Rv"}, doer="b "),
    Page("upload_confirm", at=_upload, does={"bolt": "302 ba 403 v", "dune": "302 d", NOWHERE: ""}, doer="b bolt"),
    Page("upload_discard", at=_upload, does={"bolt": "302 ba 403 v", "dune": "302 d", NOWHERE: ""}, doer="b bolt"),
    Page("unmapped", open={"": "200 VO"}, sends=says(**_WHO_IS_WHO), does={"": "302 VO"}, doer="V "),
    # ── customers and partners
    Page("customers", open={"": "200 VONMRSbavcd"}),
    Page("customer", at=_customer, open={"bolt": "200 VONMRbav", "dune": "200 VOSd", NOWHERE: ""}),
    Page("new_customer", open={"": "200 VONMSbacd 403 Rv"}, sends=_below, doer="b bolt",
         does={"bolt": "302 VONMba 403 Rv 400 Scd", "dune": "302 VOSd 403 Rv 400 NMbac", NOWHERE: "403 Rv 400 VONMSbacd"}),
    Page("edit_customer", at=_customer, sends=says(name="Renamed"), doer="b bolt",
         open={"bolt": "200 VONMba 403 Rv", "dune": "200 VOSd", NOWHERE: ""},
         does={"bolt": "302 VONMba 403 Rv", "dune": "302 VOSd", NOWHERE: ""}),
    Page("move_customer", at=_customer, sends=says(parent="coil", from_date="2026-12-01", **_CONFIRMED), doer="N bolt",
         open={"bolt": "200 VONMba 403 Rv", "dune": "200 VOSd", NOWHERE: ""}, does={"bolt": "302 VONM 403 Rv 400 ba", NOWHERE: ""}),
    Page("stay_customer", at=says(ref="bolt-leaving"), sends=says(**{"from": "2026-12-01"}), does={"": "302 VONM 403 Rbavc"}, doer="N "),
    Page("partners", open={"": "200 VONMRS"}),
    Page("partner", at=_ref, open={"north": "200 VONMR", "bolt": "200 VONMRbav", "dune": "200 VOSd", NOWHERE: ""}),
    Page("new_partner", open={"": "200 VONMS 403 R"}, sends=_below, doer="N north",
         does={"north": "302 VONM 403 R 400 S", "south": "302 VOS 403 R 400 NM", NOWHERE: "403 R 400 VONMS"}),
    Page("edit_partner", at=_ref, sends=says(name="Renamed", region="emea"), doer="N bolt",
         open={"north": "200 VO 403 NMR", "bolt": "200 VONM 403 Rbav", "dune": "200 VOS 403 d", NOWHERE: ""},
         does={"north": "302 VO 403 NMR", "bolt": "302 VONM 403 Rbav", "dune": "302 VOS 403 d", NOWHERE: ""}),
    Page("move_partner", at=_ref, sends=says(parent="south", from_date="2026-12-01", **_CONFIRMED), doer="V bolt",
         open={"bolt": "200 VONM 403 Rbav", "dune": "200 VOS 403 d", NOWHERE: ""}, does={"bolt": "302 VO 400 NM 403 Rbav", NOWHERE: ""}),
    Page("stay_partner", at=says(ref="hill"), sends=says(**{"from": "2026-12-01"}), does={"": "302 VO 403 NMRS"}, doer="V "),
    # ── catalog and lists
    Page("catalog", open={"": "200 VONMRSbavcd"}),
    Page("service", at=_code("email-core"), open={"": "200 VONMRSbavcd", NOWHERE: ""}),
    *(Page(name, at=_code(of), sends=says(**sent), doer="V ",
           open={"": "200 VO 403 NMRSbavcd", NOWHERE: ""}, does={"": "302 VO 403 NMRSbavcd", NOWHERE: ""}) for name, of, sent in (
        ("edit_group", "credits", _FRESH), ("edit_service", "email-core", _SERVICE),
        ("change_measure", "email-core", {"from_date": "2027-01-01", "name": "last_day", **_CONFIRMED}),
        ("change_credits", "email-core", {"from_date": "2027-01-01", "per_unit": "2", **_CONFIRMED}))),
    *(Page(name, sends=says(**sent), doer="V ", open={"": "200 VO 403 NMRSbavcd"}, does={"": "302 VO 403 NMRSbavcd"}) for name, sent in (
        ("new_group", _FRESH), ("new_service", _SERVICE | {"code": "fresh", "measure": "last_day"}))),
    Page("remove_dated", at=_code("email-core"), sends=says(what="credits", **{"from": "2026-12-01"}), doer="V ",
         does={"": "302 VO 403 NMRSbavcd", NOWHERE: ""}),
    *(Page(name, open={"": "200 VO"}, sends=says(new="yes", **sent), does={"": "302 VO"}, doer="V ") for name, sent in (
        ("regions", _FRESH), ("account_types", _FRESH), ("sources", {"code": "fresh", "unmapped": "keep"}),
        ("units", _FRESH | {"decimals": "2"}))),
    *(Page(f"remove_{name}", sends=says(code="loose"), does={"": "302 VO"}, doer="V ") for name in (
        "regions", "account_types", "sources", "units")),
    # ── terms
    Page("terms", open={"": "200 VONMRSbavcd"}),
    Page("terms_of", at=_ref, open={"north": "200 VONMR", "bolt": "200 VONMRbav", "dune": "200 VOSd", NOWHERE: ""}),
    Page("change_terms", at=_ref, sends=says(from_date="2027-01-01", auto_submit_after_days="9", **_CONFIRMED), doer="N bolt",
         open={"north": "200 NM 403 VOR", "bolt": "200 NM 403 VORbav", "dune": "200 S 403 VOd", NOWHERE: ""},
         does={"north": "302 NM 403 VOR", "bolt": "302 NM 403 VORbav", "dune": "302 S 403 VOd", NOWHERE: ""}),
    Page("edit_terms", at=_terms, sends=says(auto_submit_after_days="9", **_CONFIRMED), doer="N bolt",
         open={"bolt": "200 NM 403 VORbav", "dune": "403 VOd", NOWHERE: ""},
         does={"bolt": "302 NM 403 VORbav", "dune": "403 VOd", NOWHERE: ""}),
    Page("remove_terms", at=_ref, sends=says(**{"from": "2026-12-01"}), doer="N bolt",
         does={"bolt": "302 NM 403 VORbav", "dune": "403 VOd", NOWHERE: ""}),
    # ── members and programs
    Page("members", asks=_account, open={"north": "200 VONMR", "bolt": "200 VONMRbav", "dune": "200 VOSd", NOWHERE: ""}),
    Page("invite", asks=_account, sends=says(email="fresh@bolt.example", name="", role="viewer"), doer="a bolt",
         open={"north": "200 OM 403 VNR", "bolt": "200 OMa 403 VNRbv", "dune": "200 O 403 VSd", NOWHERE: ""},
         does={"north": "200 OM 403 VNR", "bolt": "200 OMa 403 VNRbv", "dune": "200 O 403 VSd", NOWHERE: ""}),
    Page("invite_again", asks=_member, doer="a bolt", does={"bolt": "200 OMa 403 VNRbv", "dune": "200 O 403 VSd", NOWHERE: ""}),
    Page("edit_member", asks=_member, sends=says(role="admin", name="Fresh"), doer="a bolt",
         open={"north": "200 OM 403 VNR", "bolt": "200 OMa 403 VNRbv", "dune": "200 O 403 VSd", NOWHERE: ""},
         does={"north": "302 OM 403 VNR", "bolt": "302 OMa 403 VNRbv", "dune": "302 O 403 VSd", NOWHERE: ""}),
    Page("remove_member", asks=_member, doer="a bolt",
         open={"north": "200 OM 403 VNR", "bolt": "200 OMa 403 VNRbv", "dune": "200 O 403 VSd", NOWHERE: ""},
         does={"north": "302 OM 403 VNR", "bolt": "302 OMa 403 VNRbv", "dune": "302 O 403 VSd", NOWHERE: ""}),
    Page("clients", open={"": "200 OMa 403 VNRSbvcd"}),
    Page("new_client", open={"": "200 OMa 403 VNRSbvcd"}, sends=_program, does={"": "200 OMa 403 VNRSbvcd"}, doer="a "),
    Page("rotate_client", at=_client, sends=_overlap, doer="a bolt",
         open={"north": "200 M 403 VNRSbvcd", "bolt": "200 a 403 VNRSbvcd", NOWHERE: "403 VNRSbvcd"},
         does={"north": "200 M 403 VNRSbvcd", "bolt": "200 a 403 VNRSbvcd", NOWHERE: "403 VNRSbvcd"}),
    Page("revoke_client", at=_client, doer="a bolt",
         open={"north": "200 M 403 VNRSbvcd", "bolt": "200 a 403 VNRSbvcd", NOWHERE: "403 VNRSbvcd"},
         does={"north": "302 M 403 VNRSbvcd", "bolt": "302 a 403 VNRSbvcd", NOWHERE: "403 VNRSbvcd"}),
    # ── mapping profiles: those of the very account
    *(Page(name, at=_msp, open={"bolt": "200 VONMRbav", "coil": "200 VONMRc", "dune": "200 VOS 403 d", NOWHERE: ""}) for name in (
        "report_mapped", "report_mapped_csv")),
    Page("profiles", open={"": "200 VONMRSbavcd"}),
    Page("new_profile", open={"": "200 VONMSbacd 403 Rv"}, sends=says(text=_MAPPING), does={"": "302 VONMSbacd 403 Rv"}, doer="b "),
    Page("edit_profile", at=_profile, sends=lambda _autumn, of: {"text": _MAPPING.replace("fresh", f"psa-of-{of}")}, doer="b bolt",
         open={"north": "200 NMR", "bolt": "200 bav", NOWHERE: ""}, does={"north": "302 NM 403 R", "bolt": "302 ba 403 v", NOWHERE: ""}),
    Page("remove_profile", at=_profile, doer="b bolt",
         open={"north": "200 NM 403 R", "bolt": "200 ba 403 v", NOWHERE: ""},
         does={"north": "302 NM 403 R", "bolt": "302 ba 403 v", NOWHERE: ""}),
    # ── webhooks: those of the very account
    Page("webhooks", open={"": "200 OMa 403 VNRSbvcd"}),
    Page("new_webhook", open={"": "200 OMa 403 VNRSbvcd"}, sends=says(**_WEBHOOK), does={"": "200 OMa 403 VNRSbvcd"}, doer="a "),
    *(Page(name, at=at, open={"bolt": "200 a 403 VNRSbvcd", "north": "200 M 403 VNRSbvcd", NOWHERE: "403 VNRSbvcd"}) for name, at in (
        ("webhook", _webhook), ("webhook_delivery", _call))),
    Page("edit_webhook", at=_webhook, sends=says(seen="1", **_WEBHOOK), doer="a bolt",
         open={"bolt": "200 a 403 VNRSbvcd", "north": "200 M 403 VNRSbvcd", NOWHERE: "403 VNRSbvcd"},
         does={"bolt": "302 a 403 VNRSbvcd", "north": "302 M 403 VNRSbvcd", NOWHERE: "403 VNRSbvcd"}),
    *(Page(name, at=_webhook, doer="a bolt",
           open={"bolt": "200 a 403 VNRSbvcd", "north": "200 M 403 VNRSbvcd", NOWHERE: "403 VNRSbvcd"},
           does={"bolt": f"{done} a 403 VNRSbvcd", "north": f"{done} M 403 VNRSbvcd", NOWHERE: "403 VNRSbvcd"}) for name, done in (
        ("rotate_webhook", 200), ("remove_webhook", 302))),
    *(Page(name, at=at, doer="a bolt",
           does={"bolt": "302 a 403 VNRSbvcd", "north": "302 M 403 VNRSbvcd", NOWHERE: "403 VNRSbvcd"}) for name, at in (
        ("test_webhook", _webhook), ("replay_webhook", _call))),
    # ── a person's own, and the operator's
    Page("notification_settings", open={"": "200 VONMRSbavcd"}, sends=says(language="de"), does={"": "302 VONMRSbavcd"}, doer="b "),
    Page("outbox", open={"": "200 O 403 VNMRSbavcd"}),
    Page("delivery", at=_mail, open={"": "200 O 403 VNMRbav", NOWHERE: ""}),
    Page("delivery_source", at=_mail, open={"": "200 O 403 VNMRbav", NOWHERE: ""}),
    Page("retry_delivery", at=_mail, does={"": "302 O 403 VNMRbav", NOWHERE: ""}, doer="O "),
    Page("retry_failed", does={"": "302 O 403 VNMRSbavcd"}, doer="O "),
    # ── prices, promo codes, what customers are billed
    *PRICES,
    # ── billing reports, statements, files
    *BILLING,
    # ── insight
    *INSIGHT,
)  # fmt: skip
"""Every address at least once; with a second row where a form does different things."""

"""What is sent, what is sent again, and what refusals become."""

import httpx
import pytest

from tests.client.fake import ME, URL, Server, answered, problem
from trueup.client import Changed, Client, SignedOut, Unreachable
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Stale

REPORT = ("2026-10", "bolt")


class TestClient:
    @pytest.mark.parametrize(
        "url", ["trueup.example.com", "ftp://trueup.example.com", "https://", "https://u@trueup.example.com", "https://x.example/?a=b", ""]
    )
    def test_refuses_what_is_no_address(self, url: str) -> None:
        with pytest.raises(Invalid, match="is not the address of a server"):
            Client(url, token="t")

    @pytest.mark.parametrize("url", ["http://trueup.example.com", "http://10.0.0.1", "http://localhost.example.com"])
    def test_sends_no_token_to_another_machine_where_everybody_can_listen(self, url: str) -> None:
        with pytest.raises(Invalid, match="https://"):
            Client(url, token="t")
        assert Client(url, token="t", insecure=True).url == url

    @pytest.mark.parametrize("url", ["http://localhost:8000/", "http://127.0.0.1:8000", "http://[::1]:8000", "https://example.com/trueup/"])
    def test_takes_this_machine_and_any_address_with_tls(self, url: str) -> None:
        assert Client(url, token="t").url == url.rstrip("/")

    @pytest.mark.parametrize("how", [{}, {"token": "t", "client_id": "i", "secret": "s"}, {"client_id": "i"}, {"secret": "s"}])
    def test_wants_one_way_to_sign_in(self, how: dict[str, str]) -> None:
        with pytest.raises(Invalid):
            Client(URL, **how)  # type: ignore[arg-type]

    def test_says_who_it_is_and_for_which_account(self) -> None:
        server = Server(answered(ME))
        with server.client(token=" secret ", account="bolt") as client:
            assert client.me().rights == ("read",)
        assert server.said("Authorization") == ["Bearer secret"]
        assert server.said("TrueUp-Account") == ["bolt"]
        assert str(server.requests[0].url) == f"{URL}/api/v1/me"

    def test_sends_no_token_that_is_none(self) -> None:
        with pytest.raises(SignedOut):
            Server(answered(ME)).client(token="a\nb").me()


class TestAnotherTry:
    @pytest.mark.parametrize(
        "first",
        [
            httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.ReadTimeout("too long"), httpx.RemoteProtocolError("hung up"),
            answered(status=502), answered(status=503), answered(status=504), problem(429, "rate_limited", "too many requests"),
        ],
    )  # fmt: skip
    def test_is_made_where_the_network_or_a_busy_server_wants_it(self, first: httpx.Response | Exception) -> None:
        server = Server(first, answered(ME))
        assert server.client().me().account == "bolt"
        assert (len(server.requests), len(server.pauses)) == (2, 1)

    def test_waits_as_long_as_the_server_asks_for(self) -> None:
        server = Server(problem(429, "rate_limited", "too many", Retry_After="17"), answered(ME))
        server.client().me()
        assert server.pauses == [17]

    def test_waits_twice_as_long_each_time(self) -> None:
        server = Server(*[answered(status=503)] * 3, answered(ME))
        server.client().me()
        assert all(low <= pause < 2 * low for low, pause in zip((0.5, 1, 2), server.pauses, strict=True))

    def test_is_not_made_if_the_server_wants_too_much_patience(self) -> None:
        server = Server(problem(503, "busy", "closed until tomorrow", Retry_After="40000"))
        with pytest.raises(Unreachable, match="closed until tomorrow"):
            server.client().me()
        assert server.pauses == []

    def test_is_made_a_few_times_only(self) -> None:
        server = Server(httpx.ConnectError("connection refused"))
        with pytest.raises(Unreachable, match=f"{URL} cannot be reached: connection refused"):
            server.client(tries=3).me()
        assert (len(server.requests), len(server.pauses)) == (3, 2)

    @pytest.mark.parametrize("status", [400, 404, 409, 412, 422])
    def test_is_not_made_for_a_refusal(self, status: int) -> None:
        server = Server(problem(status, "no", "no"))
        with pytest.raises((Invalid, NotFound, Conflict)):
            server.client().me()
        assert len(server.requests) == 1

    def test_of_a_write_has_the_same_key(self) -> None:
        server = Server(
            httpx.ReadError("reset"), problem(409, "idempotency_in_progress", "wait", Retry_After="1"), problem(403, "no", "no")
        )
        with pytest.raises(NotAllowed):
            server.client().reports.submit(*REPORT, version="3")
        keys = server.said("Idempotency-Key")
        assert (len(keys), len(set(keys)), None in keys) == (3, 1, False)
        assert server.pauses[1] == 1

    def test_of_another_write_has_another_key(self) -> None:
        server = Server(problem(403, "no", "no"))
        for _ in range(2):
            with pytest.raises(NotAllowed):
                server.client().reports.submit(*REPORT, version="3")
        assert len(set(server.said("Idempotency-Key"))) == 2


class TestVersion:
    @pytest.mark.parametrize(("version", "header"), [("7", '"7"'), ("*", "*"), ("a1b2", '"a1b2"')])
    def test_is_sent_as_it_was_read(self, version: str, header: str) -> None:
        server = Server(problem(403, "no", "no"))
        with pytest.raises(NotAllowed):
            server.client().reports.approve(*REPORT, version=version)
        assert server.said("If-Match") == [header]

    def test_is_read_from_the_answer(self) -> None:
        server = Server(answered({"ref": "bolt"}, ETag='"abc"'))
        entry = server.client().network.accounts.get("bolt")
        assert (entry.version, entry["ref"]) == ("abc", "bolt")


class TestRefusal:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, Invalid), (401, SignedOut), (403, NotAllowed), (404, NotFound), (409, Conflict), (412, Stale), (413, Invalid),
            (422, Invalid), (428, Invalid), (500, Unreachable),
        ],
    )  # fmt: skip
    def test_is_the_error_everybody_knows(self, status: int, kind: type[Exception]) -> None:
        with pytest.raises(kind, match="in its own words"):
            Server(problem(status, "code", "in its own words")).client().me()

    def test_names_every_field_that_is_wrong(self) -> None:
        errors = [
            {"path": "/lines/0/chargeable~1units", "code": "negative", "detail": "below 0"},
            {"code": "invalid", "detail": "all of it"},
        ]
        with pytest.raises(Invalid) as refused:
            Server(problem(422, "invalid", "2 values are not valid", errors=errors)).client().me()
        found = [(one.at, one.code, str(one)) for one in refused.value.problems]
        assert found == [(("lines", "0", "chargeable/units"), "negative", "below 0"), ((), "invalid", "all of it")]

    def test_carries_the_present_state_where_somebody_was_faster(self) -> None:
        with pytest.raises(Changed) as refused:
            Server(problem(412, "stale", "changed", members={"current": {"version": 8}})).client().me()
        assert refused.value.current == {"version": 8}

    @pytest.mark.parametrize(
        ("reply", "said"),
        [
            (httpx.Response(302, headers={"Location": "https://else.example"}), "sends us on to https://else.example: if"),
            (httpx.Response(404, text="no such page"), r"does not answer like TrueUp \(its answer is 404 Not Found\)"),
            (httpx.Response(502, text="<html>"), "has failed: its answer is 502 Bad Gateway"),
            (problem(500, "mistake", "something went wrong"), "has failed: something went wrong"),
        ],
    )  # fmt: skip
    def test_says_what_answers_instead(self, reply: httpx.Response, said: str) -> None:
        with pytest.raises(Unreachable, match=f"^{URL} {said}"):
            Server(reply).client(tries=1).me()

    def test_of_a_file_is_no_web_page(self) -> None:
        page = httpx.Response(200, text="<html>", headers={"Content-Type": "text/html"})
        with pytest.raises(Unreachable, match="a web page"):
            Server(page).client().reports.export(*REPORT)
        assert Server(httpx.Response(200, text="a,b")).client().reports.export(*REPORT) == b"a,b"

    @pytest.mark.parametrize(
        "reply",
        [
            httpx.Response(200, text="<html>Sign in to the hotel's network</html>"), httpx.Response(302, headers={"Location": "https://else"}),
            httpx.Response(404, text="no such page"), httpx.Response(200, json=[1]), httpx.Response(200, json={"kind": "client"}),
            httpx.Response(500, text="oh"), httpx.Response(200, json={**ME, "scopes": 3}),
        ],
    )  # fmt: skip
    def test_is_clear_where_something_else_than_trueup_answers(self, reply: httpx.Response) -> None:
        with pytest.raises(Unreachable):
            Server(reply).client(tries=1).me()


class TestPages:
    def test_are_asked_for_one_by_one(self) -> None:
        server = Server(answered({"items": [{"ref": "a"}], "next": "c1"}), answered({"items": [{"ref": "b"}], "next": None}))
        found = server.client().network.accounts.list(tier="msp")
        assert next(found)["ref"] == "a"
        assert len(server.requests) == 1
        assert [entry["ref"] for entry in found] == ["b"]
        assert [dict(request.url.params) for request in server.requests] == [
            {"tier": "msp", "limit": "200"}, {"tier": "msp", "limit": "200", "cursor": "c1"},
        ]  # fmt: skip

    def test_of_an_empty_list_are_none(self) -> None:
        assert list(Server(answered({"items": [], "next": None})).client().network.accounts.list()) == []

    def test_have_to_be_lists(self) -> None:
        with pytest.raises(Unreachable, match="there is no list"):
            list(Server(answered({"things": []})).client().network.accounts.list())


class TestAddresses:
    @pytest.mark.parametrize(
        ("ref", "path"), [("a/b", "a~2Fb"), ("..", "~2E~2E"), ("a b", "a%20b"), ("ü", "%C3%BC"), ("a?b#c", "a%3Fb%23c")]
    )
    def test_hold_every_ref(self, ref: str, path: str) -> None:
        server = Server(answered({}))
        server.client().network.accounts.get(ref)
        assert server.requests[0].url.raw_path.decode() == f"/api/v1/accounts/{path}"


class TestWebhooks:
    def test_are_asked_for_by_their_numbers(self) -> None:
        server = Server(
            answered({"id": 3, "secret": "whsec_x"}, 201, ETag='"1"'),
            answered({"items": [{"type": "report.approved"}], "next": None}),
            answered({}, 202),
        )
        webhooks = server.client().webhooks
        made = webhooks.add("https://hooks.example.com", ["report.approved"])
        assert (made["secret"], made.version) == ("whsec_x", "1")
        assert [one["type"] for one in webhooks.event_types()] == ["report.approved"]
        webhooks.replay(3, 7)
        assert server.requests[-1].url.path == "/api/v1/webhooks/3/deliveries/7/replay"

"""Where tokens come from, and when another one is fetched."""

from urllib.parse import parse_qs

import httpx
import pytest

from tests.client.fake import ME, URL, Server, answered, problem
from trueup.client import Client, SignedOut, Unreachable
from trueup.client.signing_in import Granted, SignedIn, ask_for_code, renew, revoke, wait_until_allowed
from trueup.client.transport import Http
from trueup.kit.errors import NotAllowed

NOBODY = problem(401, "unauthenticated", "the token is not valid (any more)")
CODE = {"user_code": "ABCD-EFGH", "verification_uri": f"{URL}/device", "device_code": "d", "expires_in": 20, "interval": 5}


def forms(server: Server) -> list[dict[str, str]]:
    """What was sent as a form."""
    return [{name: values[0] for name, values in parse_qs(request.content.decode()).items()} for request in server.requests]


def http(server: Server) -> Http:
    return Http(URL, transport=server.transport, pause=server.pauses.append)


class TestProgram:
    def client(self, server: Server) -> Client:
        return server.client(client_id="feed", secret="s3")

    def test_fetches_its_token_with_the_first_call_and_keeps_it(self) -> None:
        server = Server(answered({"access_token": "a1"}), answered(ME))
        client = self.client(server)
        client.me()
        client.me()
        assert forms(server)[0] == {"grant_type": "client_credentials", "client_id": "feed", "client_secret": "s3"}
        assert server.said("Authorization") == [None, "Bearer a1", "Bearer a1"]

    def test_fetches_another_one_when_it_has_ended(self) -> None:
        server = Server(answered({"access_token": "a1"}), NOBODY, answered({"access_token": "a2"}), answered(ME))
        assert self.client(server).me().name == "Feed"
        assert server.said("Authorization") == [None, "Bearer a1", None, "Bearer a2"]

    def test_does_not_fetch_for_ever(self) -> None:
        server = Server(answered({"access_token": "a1"}), NOBODY, answered({"access_token": "a2"}), NOBODY)
        with pytest.raises(SignedOut):
            self.client(server).me()
        assert len(server.requests) == 4

    def test_is_refused_with_another_secret(self) -> None:
        with pytest.raises(SignedOut, match="does not know this client id with this secret"):
            self.client(Server(answered({"error": "invalid_client"}, 401))).me()

    @pytest.mark.parametrize("reply", [answered({}), httpx.Response(200, text="hello"), httpx.Response(404, text="nothing")])
    def test_finds_out_that_there_is_no_trueup(self, reply: httpx.Response) -> None:
        with pytest.raises(Unreachable):
            self.client(Server(reply)).me()


class TestPerson:
    def test_gets_a_renewed_token_and_keeps_it(self) -> None:
        kept: list[Granted] = []
        server = Server(NOBODY, answered({"access_token": "a2", "refresh_token": "r2"}), answered(ME))
        server.client(tokens=SignedIn(Granted("a1", "r1"), kept.append)).me()
        assert kept == [Granted("a2", "r2")]
        assert forms(server)[1] == {"grant_type": "refresh_token", "refresh_token": "r1", "client_id": "trueup-cli"}

    @pytest.mark.parametrize("granted", [Granted("a1", None), Granted("a1", "r1")])
    def test_is_signed_out_if_it_cannot_be_renewed(self, granted: Granted) -> None:
        server = Server(NOBODY, answered({"error": "invalid_grant"}, 400) if granted.refresh else NOBODY)
        with pytest.raises(SignedOut, match="not valid"):
            server.client(tokens=SignedIn(granted)).me()

    def test_keeps_a_refresh_token_that_was_not_replaced(self) -> None:
        server = Server(answered({"access_token": "a2"}))
        assert renew(http(server), Granted("a1", "r1")) == Granted("a2", "r1")

    def test_takes_both_tokens_back(self) -> None:
        server = Server(httpx.Response(200))
        revoke(http(server), Granted("a1", "r1"))
        assert [form["token"] for form in forms(server)] == ["r1", "a1"]


class TestDevice:
    def test_waits_until_somebody_has_allowed_it(self) -> None:
        pending = answered({"error": "authorization_pending"}, 400)
        server = Server(
            answered(CODE), pending, answered({"error": "slow_down"}, 400), pending, answered({"access_token": "a", "refresh_token": "r"})
        )
        asked = ask_for_code(http(server))
        assert (asked.code, asked.address, asked.whole_address) == ("ABCD-EFGH", f"{URL}/device", None)
        with pytest.raises(NotAllowed, match="nobody has entered the code in time"):
            wait_until_allowed(http(server), asked, pause=server.pauses.append)
        assert server.pauses == [5, 5, 10]

    def test_gives_the_tokens(self) -> None:
        server = Server(
            answered(CODE), answered({"error": "authorization_pending"}, 400), answered({"access_token": "a", "refresh_token": "r"})
        )
        asked = ask_for_code(http(server), scopes=("reports:read",))
        assert wait_until_allowed(http(server), asked, pause=server.pauses.append) == Granted("a", "r")
        assert forms(server)[0] == {"client_id": "trueup-cli", "scope": "reports:read"}
        assert forms(server)[1]["device_code"] == "d"

    @pytest.mark.parametrize(
        ("error", "said"), [("access_denied", "was refused"), ("expired_token", "in time"), ("invalid_grant", "sign in again")]
    )
    def test_is_told_why_not(self, error: str, said: str) -> None:
        server = Server(answered(CODE), answered({"error": error}, 400))
        with pytest.raises(NotAllowed, match=said):
            wait_until_allowed(http(server), ask_for_code(http(server)), pause=server.pauses.append)

    @pytest.mark.parametrize(
        "passing",
        [httpx.ConnectError("refused"), httpx.Response(502, text="oh"), httpx.Response(500, text="oh"), problem(429, "r", "many")],
    )
    def test_waits_out_what_passes(self, passing: httpx.Response | Exception) -> None:
        server = Server(answered(CODE), passing, passing, answered({"access_token": "a", "refresh_token": "r"}))
        asked = ask_for_code(http(server))
        assert wait_until_allowed(http(server), asked, pause=server.pauses.append) == Granted("a", "r")
        assert server.pauses == [5, 5, 5]

    def test_is_told_if_the_server_never_answers(self) -> None:
        server = Server(answered(CODE), httpx.ConnectError("connection refused"))
        with pytest.raises(Unreachable, match="connection refused"):
            wait_until_allowed(http(server), ask_for_code(http(server)), pause=server.pauses.append)
        assert server.pauses == [5, 5, 5, 5]

    @pytest.mark.parametrize("reply", [answered({}), httpx.Response(404, text="no"), answered({**CODE, "interval": "soon"})])
    def test_finds_out_that_there_is_no_trueup(self, reply: httpx.Response) -> None:
        with pytest.raises(Unreachable):
            ask_for_code(http(Server(reply)))

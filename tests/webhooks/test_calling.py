"""One call: to the address that was looked at, in time, and nowhere else."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.webhooks.receiver import Receiver
from trueup.kit.errors import Invalid
from trueup.webhooks import calling
from trueup.webhooks.calling import MOST_LOOK_UPS, Deadline, addresses, call, checked
from trueup.webhooks.rules.targets import Target, read_url
from trueup.webhooks.rules.trying import MOST_KEPT


class Names:
    """A resolver: each time a name is asked for it answers with the next of some addresses, and then with the last for ever."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, _host: str, _port: int) -> list[str]:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return answer.split()


class Silent:
    """A name server that does not answer until the end."""

    def __init__(self) -> None:
        self.asked = 0
        self.end = threading.Event()

    def __call__(self, _host: str, _port: int) -> list[str]:
        self.asked += 1
        self.end.wait(60)
        return []


def port_of(receiver: Receiver) -> int:
    return read_url(receiver.url, private=True).port


def to(host: str, port: int) -> Target:
    return Target("http", host, port, "/hooks")


@contextmanager
def serving(answer: Callable[[socket.socket], None], *, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that answers one caller after another as it likes; gives its port."""
    end = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.05)

    def serve() -> None:
        while not end.is_set():
            with contextlib.suppress(OSError):  # nobody came, or who came has hung up
                answer_one(listening.accept()[0], answer, context)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        end.set()
        thread.join()
        listening.close()


def answer_one(plain: socket.socket, answer: Callable[[socket.socket], None], context: ssl.SSLContext | None) -> None:
    plain.settimeout(5)
    with context.wrap_socket(plain, server_side=True) if context else plain as caller:
        came = b""
        while not came.endswith(b"{}"):  # who hangs up on a caller that still sends takes the answer back
            came += caller.recv(65536)
        answer(caller)


class TestCall:
    def test_goes_to_the_address_of_the_name_with_the_name_in_its_header(self, receiver: Receiver) -> None:
        answer = call(to("hooks.example", port_of(receiver)), {"X-Test": "1"}, b"{}", private=True, resolve=Names("127.0.0.1"))
        assert (answer.status, answer.said, answer.problem) == (200, "thanks", "")
        assert receiver.last.headers["host"] == f"hooks.example:{port_of(receiver)}"
        assert (receiver.last.path, receiver.last.body, receiver.last.headers["x-test"]) == ("/hooks", b"{}", "1")

    @pytest.mark.parametrize(
        "address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "fe80::1", "224.0.0.1", "ff02::1", "240.0.0.1"]
    )
    def test_never_goes_to_an_address_that_is_not_public(self, receiver: Receiver, address: str) -> None:
        answer = call(to("hooks.example", port_of(receiver)), {}, b"{}", private=False, resolve=Names(address))
        assert (answer.refused, answer.status) == (True, None)
        assert answer.problem == "“hooks.example” has no address on the public internet"
        assert receiver.calls == []

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "017700000001", "::1", "::ffff:127.0.0.1"]
    )
    def test_never_goes_to_this_machine_however_it_is_written(self, receiver: Receiver, host: str) -> None:
        assert call(to(host, port_of(receiver)), {}, b"{}", private=False).refused
        assert receiver.calls == []

    def test_does_not_follow_a_name_that_leads_elsewhere_a_moment_later(self, receiver: Receiver) -> None:
        names = Names("93.184.216.34", "127.0.0.1")
        target = to("hooks.example", port_of(receiver))
        assert checked(target, names, Deadline(60_000), private=False) == ["93.184.216.34"]  # when it was saved
        answer = call(target, {}, b"{}", private=False, resolve=names)  # when it is sent it leads to us
        assert (answer.refused, names.asked, receiver.calls) == (True, 2, [])

    def test_asks_for_the_name_once(self, receiver: Receiver) -> None:
        names = Names("127.0.0.1", "10.0.0.1")  # who asked again would go nowhere
        assert call(to("hooks.example", port_of(receiver)), {}, b"{}", private=True, resolve=names).accepted
        assert names.asked == 1

    def test_is_refused_if_one_of_several_addresses_is_not_public(self, receiver: Receiver) -> None:
        answer = call(to("hooks.example", port_of(receiver)), {}, b"{}", private=False, resolve=Names("93.184.216.34 127.0.0.1"))
        assert (answer.refused, receiver.calls) == (True, [])

    def test_takes_the_next_address_where_the_first_does_not_answer(self, receiver: Receiver) -> None:
        answer = call(to("hooks.example", port_of(receiver)), {}, b"{}", private=True, resolve=Names("127.0.0.2 127.0.0.1"))
        assert answer.accepted

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_does_not_follow_redirects(self, receiver: Receiver, status: int) -> None:
        receiver.status, receiver.headers = status, {"Location": "/elsewhere"}
        answer = call(to("127.0.0.1", port_of(receiver)), {}, b"{}", private=True)
        assert (answer.status, answer.accepted) == (status, False)
        assert [one.path for one in receiver.calls] == ["/hooks"]

    def test_asks_no_proxy(self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert call(to("127.0.0.1", port_of(receiver)), {}, b"{}", private=True).accepted

    def test_keeps_the_beginning_of_an_answer(self, receiver: Receiver) -> None:
        receiver.answer = b"a\0\xff" + b"x" * 100_000
        answer = call(to("127.0.0.1", port_of(receiver)), {}, b"{}", private=True)
        assert answer.said == "a\ufffd\ufffd" + "x" * (MOST_KEPT - 3)

    def test_says_how_long_it_is_asked_to_wait(self, receiver: Receiver) -> None:
        receiver.status, receiver.headers = 503, {"Retry-After": "120"}
        assert call(to("127.0.0.1", port_of(receiver)), {}, b"{}", private=True).retry_after == 120
        receiver.headers = {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}
        assert call(to("127.0.0.1", port_of(receiver)), {}, b"{}", private=True).retry_after == 0

    def test_says_why_there_was_no_answer(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        answer = call(to("127.0.0.1", port), {}, b"{}", private=True)
        assert (answer.status, answer.refused) == (None, False)
        assert "refused" in answer.problem

    def test_says_that_a_name_leads_nowhere(self) -> None:
        def nowhere(_host: str, _port: int) -> list[str]:
            raise socket.gaierror

        assert call(to("nowhere.example", 80), {}, b"{}", private=True, resolve=nowhere).refused

    def test_is_not_made_twice_because_of_nonsense(self) -> None:
        with serving(lambda caller: caller.sendall(b"nonsense\r\n\r\n")) as port:
            answer = call(to("127.0.0.1", port), {}, b"{}", private=True)
        assert answer.status is None
        assert answer.problem


class TestSlowAnswer:
    def test_ends_at_the_deadline_however_it_drips(self) -> None:
        end = threading.Event()

        def drip(caller: socket.socket) -> None:
            caller.sendall(b"HTTP/1.1 200 OK\r\n")
            while not end.wait(0.1):
                caller.sendall(b"X-Drip: 1\r\n")

        with serving(drip) as port:
            answer = call(to("127.0.0.1", port), {}, b"{}", private=True, seconds=1)
            end.set()
        assert (answer.status, answer.problem) == (None, "no answer within 1 s")
        assert 900 <= answer.milliseconds < 5000

    def test_counts_with_what_there_was_of_its_body(self) -> None:
        end = threading.Event()

        def begin(caller: socket.socket) -> None:
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun")
            end.wait(10)

        with serving(begin) as port:
            answer = call(to("127.0.0.1", port), {}, b"{}", private=True, seconds=1)
            end.set()
        assert (answer.status, answer.said) == (200, "begun")

    def test_that_never_ends_is_not_read_on(self) -> None:
        def flood(caller: socket.socket) -> None:
            caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                caller.sendall(b"x" * 65536)

        with serving(flood) as port:
            answer = call(to("127.0.0.1", port), {}, b"{}", private=True, seconds=5)
        assert (answer.status, answer.said) == (200, "x" * MOST_KEPT)


class TestTls:
    @pytest.fixture
    def tls(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
        """A server that is hooks.example, whom this machine trusts."""
        certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
        certificate_of("hooks.example", certificate, key)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        calling._tls.cache_clear()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        yield context
        calling._tls.cache_clear()

    def test_asks_for_the_name_although_it_goes_to_an_address(self, tls: ssl.SSLContext) -> None:
        names: list[str | None] = []
        tls.sni_callback = lambda _socket, name, _context: names.append(name)
        with serving(lambda caller: caller.sendall(b"HTTP/1.1 204 No Content\r\n\r\n"), context=tls) as port:
            answer = call(Target("https", "hooks.example", port, "/"), {}, b"{}", private=True, resolve=Names("127.0.0.1"))
        assert (answer.status, answer.problem, names) == (204, "", ["hooks.example"])

    def test_takes_nobody_else_for_it(self, tls: ssl.SSLContext) -> None:
        with serving(lambda caller: caller.sendall(b"HTTP/1.1 204 No Content\r\n\r\n"), context=tls) as port:
            answer = call(Target("https", "other.example", port, "/"), {}, b"{}", private=True, resolve=Names("127.0.0.1"))
        assert answer.status is None
        assert "certificate" in answer.problem.lower()


class TestNames:
    def test_are_resolved_by_the_machine(self) -> None:
        assert {str(ip_address(one).is_loopback) for one in addresses("localhost", 80)} == {"True"}

    def test_that_lead_nowhere_are_refused_as_those_that_lead_inside(self) -> None:
        said = set()
        for resolve in (Names(""), Names("10.0.0.1")):
            with pytest.raises(Invalid) as refused:
                checked(to("intranet", 443), resolve, Deadline(60_000), private=False)
            said.add(refused.value.message)
        assert len(said) == 1

    def test_are_looked_up_in_the_time_of_the_call(self) -> None:
        silent = Silent()
        answer = call(to("slow.example", 443), {}, b"{}", private=False, resolve=silent, seconds=1)
        silent.end.set()
        assert (answer.status, answer.problem, answer.refused) == (None, "no answer within 1 s", False)

    def test_whose_name_server_is_silent_hold_so_many_threads_and_no_more(self) -> None:
        silent = Silent()
        while silent.asked < MOST_LOOK_UPS:
            with pytest.raises(TimeoutError):
                checked(to("slow.example", 443), silent, Deadline(50), private=False)
        with pytest.raises(TimeoutError):
            checked(to("slow.example", 443), silent, Deadline(50), private=False)
        assert silent.asked == MOST_LOOK_UPS
        silent.end.set()
        assert checked(to("hooks.example", 443), Names("93.184.216.34"), Deadline(60_000), private=False) == ["93.184.216.34"]


def certificate_of(host: str, certificate: Path, key: Path) -> None:
    """A certificate that signs itself."""
    made = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(made.public_key()).serial_number(1)
    built = built.not_valid_before(begin).not_valid_after(begin + timedelta(days=365 * 50))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate.write_bytes(built.sign(made, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key.write_bytes(made.private_bytes(*plain))

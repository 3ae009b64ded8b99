"""The transport over HTTP against servers that misbehave, all of them on the loopback interface."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import pytest

from bareboat.base.errors import FetchError
from bareboat.store.http import Authorization, HttpTransport, user_agent
from bareboat.store.limits import Limits
from bareboat.store.remembered import Answer
from bareboat.store.transport import TransientError, Transport
from tests.makers.certificate import loopback_certificate
from tests.makers.server import Server

DATA = bytes(range(250)) * 4
LIMITS = Limits(connect_timeout_s=2.0, read_timeout_s=0.2, redirects=3, connections_per_host=2)


@pytest.fixture
def http() -> Iterator[HttpTransport]:
    with HttpTransport(LIMITS) as transport:
        yield transport


def body(transport: Transport, url: str, offset: int = 0) -> bytes:
    with transport.get(url, offset=offset) as response:
        return b"".join(response.chunks())


class RawServer:
    """Says the same raw bytes to everyone who connects, and hangs up."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/a"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.recv(10_000)
                connection.sendall(self._raw)


def test_an_answer_has_status_headers_and_body(http: HttpTransport) -> None:
    with (
        Server({"/a": Answer(body=DATA, headers=(("ETag", '"1"'),))}) as server,
        http.get(server.url("/a")) as response,
    ):
        assert (response.status, response.headers["etag"], b"".join(response.chunks())) == (200, '"1"', DATA)
        asked = server.requests[0][1]
        assert (asked["user-agent"], asked["accept-encoding"]) == (user_agent(), "identity")
        assert "range" not in asked


def test_the_rest_is_asked_for_by_range_and_validator(http: HttpTransport) -> None:
    with Server({"/a": DATA}) as server, http.get(server.url("/a"), offset=900, validator='"1"') as response:
        assert (response.status, b"".join(response.chunks())) == (206, DATA[900:])
        assert (server.requests[0][1]["range"], server.requests[0][1]["if-range"]) == ("bytes=900-", '"1"')


def test_bytes_are_not_decoded_on_the_way(http: HttpTransport) -> None:
    """A mirror may call a Packages.gz a Packages in gzip; the digest is of the former."""
    with Server({"/a": Answer(body=DATA, headers=(("content-encoding", "gzip"),))}) as server:
        assert body(http, server.url("/a")) == DATA


def test_one_connection_serves_many_requests(http: HttpTransport) -> None:
    with Server({"/a": DATA}) as server:
        for _ in range(3):
            assert body(http, server.url("/a")) == DATA
        assert len(server.clients()) == 1


def test_cookies_are_not_kept(http: HttpTransport) -> None:
    with Server({"/a": Answer(body=DATA, headers=(("Set-Cookie", "who=me; path=/"),))}) as server:
        body(http, server.url("/a"))
        body(http, server.url("/a"))
        assert "cookie" not in server.requests[1][1]


def test_a_redirection_is_followed(http: HttpTransport) -> None:
    with Server({"/a": DATA, "/old": Answer(status=302, headers=(("Location", "/a"),))}) as server:
        assert body(http, server.url("/old")) == DATA


def test_redirections_have_an_end(http: HttpTransport) -> None:
    with Server({"/a": Answer(status=302, headers=(("Location", "/a"),))}) as server:
        with pytest.raises(FetchError, match=r"^there are more than 3 redirections$"):
            body(http, server.url("/a"))
        assert server.paths() == ["/a"] * 4


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "http://[", "ftp://mirror.example/a", "http://" + "a" * 70 + "/"]
)
def test_a_redirection_to_nowhere_is_an_error(http: HttpTransport, place: str) -> None:
    with Server({"/a": Answer(status=302, headers=(("Location", place),))}) as server, pytest.raises(FetchError):
        body(http, server.url("/a"))


@pytest.mark.parametrize("after", [0, 10, len(DATA) - 1])
def test_a_cut_off_body_may_pass(http: HttpTransport, after: int) -> None:
    with Server({"/a": Answer(body=DATA, breaks_after=after)}) as server, pytest.raises(TransientError):
        body(http, server.url("/a"))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\1\2\3",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
    ],
    ids=["nothing", "noise", "status", "short chunk", "bad chunk", "short", "many headers", "long header", "ssh"],
)
def test_an_answer_that_is_not_http_is_wrapped(http: HttpTransport, raw: bytes) -> None:
    with RawServer(raw) as server, pytest.raises(FetchError):
        body(http, server.url)


def test_a_silent_server_may_pass(http: HttpTransport) -> None:
    with Server({"/a": Answer(silent=True)}) as server, pytest.raises(TransientError, match="Read timed out"):
        body(http, server.url("/a"))


def test_an_answer_that_never_ends_is_cut() -> None:
    with (
        Server({"/a": bytes(3_000_000)}) as server,
        HttpTransport(Limits(answer_timeout_s=0.0)) as http,
        pytest.raises(TransientError, match="the answer takes too long"),
    ):
        body(http, server.url("/a"))


def test_nobody_listening_may_pass(http: HttpTransport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(TransientError, match=r"Connection refused$") as caught:
        body(http, f"http://me:secret@127.0.0.1:{port}/a?token=secret")
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "url", ["http://", "http:///a", "http://[::1/a", "http://exa mple/", "http://a:b:c@:x/", "file:///etc/passwd", "a"]
)
def test_an_address_that_cannot_be_read_is_an_error_for_good(http: HttpTransport, url: str) -> None:
    with pytest.raises(FetchError) as caught:
        body(http, url)
    assert not isinstance(caught.value, TransientError)


def test_a_certificate_that_nobody_trusts_is_an_error_for_good(
    monkeypatch: pytest.MonkeyPatch, http: HttpTransport, tmp_path: Path
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with (
        Server({"/a": DATA}, certificate=loopback_certificate(tmp_path / "pem")) as server,
        pytest.raises(FetchError, match="its certificate is not trusted") as caught,
    ):
        body(http, server.url("/a"))
    assert not isinstance(caught.value, TransientError)
    assert caught.value.hint == "set REQUESTS_CA_BUNDLE to a file with the certificates of your authorities"


def test_the_environment_names_further_authorities(
    monkeypatch: pytest.MonkeyPatch, http: HttpTransport, tmp_path: Path
) -> None:
    certificate = loopback_certificate(tmp_path / "pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with Server({"/a": DATA}, certificate=certificate) as server:
        assert body(http, server.url("/a")) == DATA


def test_a_port_without_encryption_is_told(http: HttpTransport) -> None:
    with Server({}) as server, pytest.raises(FetchError):
        body(http, f"https://{server.host}/a")


def test_a_host_is_asked_by_so_many_at_a_time(http: HttpTransport) -> None:
    """Without the limit, ten threads are ten connections."""
    with Server({"/a": DATA}) as server:
        with ThreadPoolExecutor(10) as pool:
            assert list(pool.map(lambda _: body(http, server.url("/a")), range(40))) == [DATA] * 40
        assert server.most_at_a_time <= LIMITS.connections_per_host
        assert len(server.clients()) <= LIMITS.connections_per_host


def test_user_and_password_of_the_address_are_used(http: HttpTransport) -> None:
    with Server({"/a": DATA}) as server:
        body(http, server.url("/a", login="me:secret@"))
        assert server.requests[0][1]["authorization"] == "Basic bWU6c2VjcmV0"


def test_netrc_is_used(http: HttpTransport, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    with Server({"/a": DATA}) as server:
        body(http, server.url("/a"))
        assert server.requests[0][1]["authorization"] == "Basic bWU6c2VjcmV0"


def test_an_authorization_goes_to_its_own_addresses_alone() -> None:
    with Server({"/npm/a": DATA, "/a": Answer(status=302, headers=(("Location", "/npm/a"),))}) as server:
        wide = Authorization(prefix=server.url("/"), value="Bearer wide")
        narrow = Authorization(prefix=server.url("/npm/"), value="Bearer narrow")
        with HttpTransport(LIMITS, authorizations=[wide, narrow]) as http:
            body(http, server.url("/npm/a"))
            body(http, server.url("/npm/a").replace("127.0.0.1", "localhost"))
        assert [headers.get("authorization") for _, headers in server.requests] == ["Bearer narrow", None]
        assert "narrow" not in repr(narrow)


def test_an_authorization_does_not_follow_to_another_host() -> None:
    with Server({"/a": DATA}) as other:
        with Server({"/a": Answer(status=302, headers=(("Location", other.url("/a")),))}) as server:
            mine = Authorization(prefix=server.url("/"), value="Bearer mine")
            with HttpTransport(LIMITS, authorizations=[mine]) as http:
                assert body(http, server.url("/a")) == DATA
            assert server.requests[0][1]["authorization"] == "Bearer mine"
        assert "authorization" not in other.requests[0][1]


def test_a_proxy_of_the_environment_comes_before_that_of_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    page = {"http://mirror.example/a": DATA}
    with Server(page) as apt, Server(page) as environment, HttpTransport(LIMITS, proxies={"http": apt.url("")}) as http:
        assert body(http, "http://mirror.example/a") == DATA
        monkeypatch.setenv("http_proxy", environment.url(""))
        assert body(http, "http://mirror.example/a") == DATA
        assert (len(apt.requests), len(environment.requests)) == (1, 1)


def test_no_proxy_counts_for_that_of_apt_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server({}) as proxy, Server({"/a": DATA}) as server:
        with HttpTransport(LIMITS, proxies={"http": proxy.url("")}) as http:
            assert body(http, server.url("/a")) == DATA
        assert proxy.requests == []


def test_we_say_who_we_are() -> None:
    assert user_agent().startswith("bareboat/")

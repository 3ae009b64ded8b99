"""The check by gRPC's own health protocol, against servers that keep the rules and servers that do not."""

from __future__ import annotations

import random
import socket
from pathlib import Path

import pytest

from tests.makers.http2 import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    HUFFMAN_TRAILERS,
    NOT_SERVING,
    OK_HEADERS,
    OK_TRAILERS,
    PADDED,
    PING,
    PREFACE,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SERVING,
    SETTINGS,
    WINDOW_UPDATE,
    Frame,
    Heard,
    answer,
    exactly,
    message,
    read_frame,
    serving,
)
from tests.makers.peer import Peer, Verdict, ask

HELLO = [Frame(SETTINGS, payload=b"\0\x04\0\x10\0\0"), Frame(SETTINGS, ACK)]
END = Frame(HEADERS, END_HEADERS | END_STREAM, 1, OK_TRAILERS)
BEGIN = Frame(HEADERS, END_HEADERS, 1, OK_HEADERS)
BODY = Frame(DATA, 0, 1, message(SERVING))


def verdict_on(frames: list[Frame], *options: str, heard: Heard | None = None) -> Verdict:
    with Peer(serving(frames, heard)) as peer:
        verdict = ask("grpc", *options, peer.address)
        return Verdict(verdict.code, verdict.line.replace(peer.address, "HOST"))


def refused(status: bytes) -> list[Frame]:
    """An answer of trailers alone, which is how a call is refused."""
    return [*HELLO, Frame(HEADERS, END_HEADERS | END_STREAM, 1, OK_HEADERS + b"\x00\x0bgrpc-status" + status)]


@pytest.mark.parametrize(
    ("frames", "code", "said"),
    [
        (answer(SERVING), 0, "healthy: HOST is SERVING"),
        (answer(SERVING, trailers=HUFFMAN_TRAILERS), 0, "healthy: HOST is SERVING"),
        (answer(SERVING, trailers=OK_TRAILERS.replace(b"\x010", b"\x81\x07")), 0, "healthy: HOST is SERVING"),
        (answer(b"\x12\x02hi\x1d1234\x21" + b"12345678" + SERVING), 0, "healthy: HOST is SERVING"),
        (answer(NOT_SERVING), 1, "unhealthy: HOST is NOT_SERVING"),
        (answer(b""), 1, "unhealthy: HOST is UNKNOWN"),
        (answer(b"\x08\x03"), 1, "unhealthy: HOST is SERVICE_UNKNOWN"),
        (answer(b"\x08\x07"), 1, "unhealthy: HOST answers with a status that nobody knows"),
        (answer(b"\x08"), 1, "unhealthy: HOST answers with a status that nobody knows"),
        (answer(b"\x0a\x7fx"), 1, "unhealthy: HOST answers with a status that nobody knows"),
        (refused(b"\x015"), 1, "unhealthy: HOST does not know the service"),
        (refused(b"\x81\x6f"), 1, "unhealthy: HOST does not know the service"),
        (refused(b"\x0212"), 1, "unhealthy: HOST has no health service"),
        (refused(b"\x82\x08\xbf"), 1, "unhealthy: HOST has no health service"),
        (refused(b"\x0214"), 1, "unhealthy: HOST answers with grpc-status 14"),
        (refused(b"\x010"), 1, "unhealthy: HOST answers with a message that is not whole"),
        (refused(b"\x02xy"), 1, "unhealthy: HOST ends its answer without a grpc-status"),
        (answer(SERVING, trailers=b""), 1, "unhealthy: HOST ends its answer without a grpc-status"),
        (answer(SERVING, headers=b"\x8d"), 1, "unhealthy: HOST does not speak gRPC: it answers 404"),
        (answer(SERVING, headers=b"\x08\x03502"), 1, "unhealthy: HOST does not speak gRPC: it answers 502"),
    ],
)
def test_the_answer_decides(frames: list[Frame], code: int, said: str) -> None:
    assert verdict_on(frames) == Verdict(code, said)


@pytest.mark.parametrize(
    "frames",
    [
        [*HELLO, Frame(PING, 0, 0, b"12345678"), BEGIN, Frame(PING, ACK, 0, b"abcdefgh"), BODY, END],
        [*HELLO, Frame(WINDOW_UPDATE, 0, 0, b"\0\0\1\0"), BEGIN, BODY, Frame(WINDOW_UPDATE, 0, 1, b"\0\0\1\0"), END],
        [*HELLO, Frame(0xF7, 0xFF, 0, b"unknown"), BEGIN, Frame(0xF8, 0, 1, b"too"), BODY, END],
        [*HELLO, Frame(GOAWAY, 0, 0, b"\x7f\xff\xff\xff\0\0\0\0bye"), BEGIN, BODY, END],
        [*HELLO, Frame(HEADERS, 0, 1, OK_HEADERS[:3]), Frame(CONTINUATION, 0, 1, OK_HEADERS[3:9]),
            Frame(CONTINUATION, END_HEADERS, 1, OK_HEADERS[9:]), BODY, END],
        [*HELLO, BEGIN, *(Frame(DATA, 0, 1, bytes([byte])) for byte in message(SERVING)), END],
        [*HELLO, BEGIN, BODY, Frame(DATA, 0, 1), END],
        [*HELLO, Frame(HEADERS, END_HEADERS | PADDED | PRIORITY, 1, b"\4\0\0\0\0\x10" + OK_HEADERS + b"pad!"),
            Frame(DATA, PADDED, 1, b"\3" + message(SERVING) + b"pad"), END],
        [*HELLO, Frame(DATA, 0, 3, b"a stream that nobody opened"), BEGIN, BODY, END],
        [*HELLO, BEGIN, BODY, Frame(HEADERS, END_STREAM, 1, OK_TRAILERS[:4]),
            Frame(CONTINUATION, END_HEADERS, 1, OK_TRAILERS[4:])],
    ],
    ids=["ping", "windows", "unknown frames", "goes away later", "continuation", "bytes", "empty data", "padding",
         "other stream", "continued trailers"],
)  # fmt: skip
def test_what_http2_allows_is_taken(frames: list[Frame]) -> None:
    assert verdict_on(frames) == Verdict(0, "healthy: HOST is SERVING")


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ([*HELLO, Frame(RST_STREAM, 0, 1, b"\0\0\0\7")], "refuses the call: HTTP/2 error 7"),
        ([*HELLO, Frame(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\2")], "goes away: HTTP/2 error 2"),
        ([*HELLO, Frame(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\0")], "goes away: HTTP/2 error 0"),
        ([*HELLO, Frame(GOAWAY, 0, 0, b"\0\0")], "breaks the rules of HTTP/2: GOAWAY is too short"),
        ([Frame(PING, 0, 0, b"12345678")], "does not speak gRPC in the clear"),
        ([Frame(SETTINGS, ACK)], "does not speak gRPC in the clear"),
        ([Frame(SETTINGS, payload=b"x")], "breaks the rules of HTTP/2: SETTINGS has a broken length"),
        ([*HELLO, Frame(PING, 0, 0, b"1")], "breaks the rules of HTTP/2: PING does not have eight bytes"),
        ([*HELLO, Frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2")], "breaks the rules of HTTP/2: it pushes"),
        ([*HELLO, Frame(HEADERS, END_HEADERS, 2, b"\x88")], "breaks the rules of HTTP/2: it opens a stream"),
        ([*HELLO, Frame(DATA, 0, 0, b"x")], "breaks the rules of HTTP/2: a frame has no stream"),
        ([*HELLO, Frame(DATA, 0, 1, bytes(16385))], "breaks the rules of HTTP/2: a frame is too large"),
        ([*HELLO, Frame(CONTINUATION, END_HEADERS, 1)], "breaks the rules of HTTP/2: CONTINUATION continues nothing"),
        ([*HELLO, Frame(HEADERS, 0, 1, b"\x88"), Frame(DATA, 0, 1)],
            "breaks the rules of HTTP/2: a header block is interrupted"),
        ([*HELLO, Frame(HEADERS, END_HEADERS, 1, b"\x00\x7f")],
            "breaks the rules of HTTP/2: a header block ends too early"),
        ([*HELLO, Frame(HEADERS, END_HEADERS, 1, b"\x00\x05abc")],
            "breaks the rules of HTTP/2: a header block ends too early"),
        ([*HELLO, Frame(HEADERS, END_HEADERS, 1, b"\xff" + b"\xff" * 20)],
            "breaks the rules of HTTP/2: a number of a header block is too large"),
        ([*HELLO, Frame(HEADERS, END_HEADERS | PADDED, 1, b"\xff\x88")],
            "breaks the rules of HTTP/2: a frame is shorter than its padding"),
        ([*HELLO, Frame(DATA, PADDED, 1)], "breaks the rules of HTTP/2: a padded frame is empty"),
        ([*HELLO, BEGIN, Frame(DATA, 0, 1, bytes(5000))], "sends a larger answer than a health check has"),
        ([*HELLO, Frame(HEADERS, 0, 1, bytes(16000)), Frame(CONTINUATION, 0, 1, bytes(16000))],
            "sends more headers than anybody needs"),
        ([*HELLO, BEGIN, Frame(DATA, 0, 1, message(SERVING, compressed=1)), END],
            "compresses its answer, which nobody asked for"),
        ([*HELLO, BEGIN, Frame(DATA, 0, 1, message(SERVING)[:-1]), END], "answers with a message that is not whole"),
        ([*HELLO, BEGIN, Frame(DATA, 0, 1, b"\0\xff\xff\xff\xff"), END], "answers with a message that is not whole"),
    ],
)  # fmt: skip
def test_what_http2_forbids_is_told(frames: list[Frame], said: str) -> None:
    assert verdict_on(frames) == Verdict(1, f"unhealthy: HOST {said}")


@pytest.mark.parametrize("service", ["", "shop.Cart", "x" * 126, "x" * 127, "x" * 128, "x" * 255])
def test_the_request_is_the_health_protocol_s(service: str) -> None:
    heard = Heard()
    options = ["--service", service] if service else []

    with Peer(serving(answer(SERVING), heard)) as peer:
        assert ask("grpc", "--timeout", "3s", *options, peer.address).code == 0

    length = bytes([len(service)]) if len(service) < 128 else bytes([len(service) & 0x7F | 0x80, 1])
    body = b"\x0a" + length + service.encode() if service else b""
    assert heard.preface == PREFACE
    assert heard.message == message(body)
    assert heard.headers == {
        ":method": "POST", ":scheme": "http", ":path": "/grpc.health.v1.Health/Check", ":authority": peer.address,
        "te": "trailers", "grpc-timeout": "3000m", "content-type": "application/grpc",
        "user-agent": "healthcheck/1.0.0",
    }  # fmt: skip
    assert heard.frames[0] == Frame(SETTINGS, payload=b"\0\1\0\0\0\0" + b"\0\2\0\0\0\0")


def test_settings_and_pings_are_acknowledged() -> None:
    heard: list[Frame] = []

    def script(connection: socket.socket) -> None:
        exactly(connection, len(PREFACE))
        connection.sendall(Frame(SETTINGS).to_bytes() + Frame(PING, 0, 0, b"12345678").to_bytes())
        while Frame(PING, ACK, 0, b"12345678") not in heard:
            heard.append(read_frame(connection))
        connection.sendall(b"".join(frame.to_bytes() for frame in [BEGIN, BODY, END]))
        connection.recv(1)

    with Peer(script) as peer:
        assert ask("grpc", peer.address).code == 0
    assert Frame(SETTINGS, ACK) in heard


def test_a_server_that_only_pings_runs_into_the_timeout() -> None:
    peer: Peer

    def script(connection: socket.socket) -> None:
        exactly(connection, len(PREFACE))
        connection.sendall(Frame(SETTINGS).to_bytes())
        while not peer.closing.is_set():
            connection.sendall(Frame(PING, 0, 0, b"12345678").to_bytes())

    with Peer(script) as peer:
        assert ask("grpc", "--timeout", "300ms", peer.address) == Verdict(
            1, f"unhealthy: {peer.address} did not answer within 300ms"
        )


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (b"", "closed the connection before its answer was complete"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak gRPC in the clear"),
        (b"\x15\x03\x01\x00\x02\x02\x46\x00\x00\x00", "does not speak gRPC in the clear"),
        (Frame(SETTINGS).to_bytes() + BEGIN.to_bytes()[:-2], "closed the connection before its answer was complete"),
    ],
)
def test_what_is_no_grpc_server_is_told(said: bytes, verdict: str) -> None:
    def script(connection: socket.socket) -> None:
        exactly(connection, len(PREFACE))
        read_frame(connection)
        read_frame(connection)
        read_frame(connection)
        connection.sendall(said)

    with Peer(script) as peer:
        assert ask("grpc", peer.address) == Verdict(1, f"unhealthy: {peer.address} {verdict}")


def test_a_socket_in_the_file_system_is_asked(tmp_path: Path) -> None:
    heard = Heard()
    with Peer(serving(answer(SERVING), heard), path=tmp_path / "s") as peer:
        assert ask("grpc", peer.address) == Verdict(0, f"healthy: {peer.address} is SERVING")
    assert heard.headers[":authority"] == "localhost"


def test_garbage_never_makes_it_healthy_or_crash() -> None:
    """Good answers with some bytes changed: a verdict comes out, never a signal."""
    chance = random.Random(20260101)
    good = b"".join(frame.to_bytes() for frame in answer(SERVING, trailers=HUFFMAN_TRAILERS))
    said: list[bytes] = []

    def script(connection: socket.socket) -> None:
        exactly(connection, len(PREFACE))
        connection.sendall(said[-1])
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass

    with Peer(script) as peer:
        for _ in range(200):
            changed = bytearray(good)
            for _ in range(chance.randint(1, 4)):
                changed[chance.randrange(len(changed))] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
            said.append(bytes(changed))
            verdict = ask("grpc", "--timeout", "2s", peer.address)
            assert verdict.code in (0, 1), changed.hex()
            assert verdict.line.startswith(("healthy: ", "unhealthy: "))
            if verdict.code == 0:
                assert SERVING in said[-1], "nobody said so"

"""Frames of HTTP/2 (RFC 9113), as few of its rules as a health service needs, and a server of gRPC's health protocol.

    with Peer(serving(answer(SERVING))) as peer: ...
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY = 1, 1, 4, 8, 0x20

SERVING = b"\x08\x01"
NOT_SERVING = b"\x08\x02"
OK_HEADERS = b"\x88" + b"\x00\x0ccontent-type\x10application/grpc"
OK_TRAILERS = b"\x00\x0bgrpc-status\x010"
# The way that most servers write it: by Huffman's code, for a table that has no room (RFC 7541, 6.2.1).
HUFFMAN_TRAILERS = b"\x20\x40\x88\x9a\xca\xc8\xb2\x12\x34\xda\x8f\x010"


@dataclass(frozen=True)
class Frame:
    """One frame."""

    type: int
    flags: int = 0
    stream: int = 0
    payload: bytes = b""

    def to_bytes(self) -> bytes:
        """As it is sent."""
        head = len(self.payload).to_bytes(3) + bytes([self.type, self.flags]) + self.stream.to_bytes(4)
        return head + self.payload


@dataclass
class Heard:
    """What a server was asked."""

    frames: list[Frame] = field(default_factory=list)
    preface: bytes = b""

    @property
    def message(self) -> bytes:
        """The bytes of the request's message."""
        return b"".join(frame.payload for frame in self.frames if frame.type == DATA)

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers, which are written without Huffman's code and without a table."""
        return read_headers(next(frame.payload for frame in self.frames if frame.type == HEADERS))


def message(body: bytes, *, compressed: int = 0) -> bytes:
    """A message of gRPC: a flag, its length, itself."""
    return bytes([compressed]) + len(body).to_bytes(4) + body


def answer(body: bytes, *, headers: bytes = OK_HEADERS, trailers: bytes = OK_TRAILERS) -> list[Frame]:
    """The frames of a whole answer on stream 1."""
    return [
        Frame(SETTINGS),
        Frame(SETTINGS, ACK),
        Frame(HEADERS, END_HEADERS, 1, headers),
        Frame(DATA, 0, 1, message(body)),
        Frame(HEADERS, END_HEADERS | END_STREAM, 1, trailers),
    ]


def serving(frames: list[Frame], heard: Heard | None = None) -> Callable[[socket.socket], None]:
    """A script that hears the whole request, says `frames`, and hears on until the other side has gone."""

    def script(connection: socket.socket) -> None:
        told = heard if heard is not None else Heard()
        told.preface = exactly(connection, len(PREFACE))
        while not any(frame.flags & END_STREAM and frame.stream == 1 for frame in told.frames):
            told.frames.append(read_frame(connection))
        connection.sendall(b"".join(frame.to_bytes() for frame in frames))
        while True:
            told.frames.append(read_frame(connection))

    return script


def read_frame(connection: socket.socket) -> Frame:
    """The next frame; OSError when the other side has gone."""
    head = exactly(connection, 9)
    payload = exactly(connection, int.from_bytes(head[:3]))
    return Frame(head[3], head[4], int.from_bytes(head[5:]), payload)


def exactly(connection: socket.socket, count: int) -> bytes:
    """`count` bytes; OSError when the other side has gone."""
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionError("gone")
        data += more
    return data


# RFC 7541, appendix A: what a request of the program takes from the table.
_TABLE = {1: (":authority", ""), 3: (":method", "POST"), 4: (":path", "/"), 6: (":scheme", "http")}


def read_headers(block: bytes) -> dict[str, str]:
    """Headers that are indexed, or literals without a table."""
    found: dict[str, str] = {}
    at = 0

    def text() -> str:
        nonlocal at
        length = block[at]
        at += 1
        if length == 127:
            shift = 0
            while True:
                byte = block[at]
                at += 1
                length += (byte & 0x7F) << shift
                shift += 7
                if not byte & 0x80:
                    break
        at += length
        return block[at - length : at].decode()

    while at < len(block):
        first = block[at]
        at += 1
        if first & 0x80:
            name, value = _TABLE[first & 0x7F]
        else:
            assert first < 0x10, "a literal that no table takes"
            name = _TABLE[first][0] if first else text()
            value = text()
        found[name] = value
    return found

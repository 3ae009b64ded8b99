"""The Kubernetes Container Runtime Interface, version 1, as a kubelet speaks it: gRPC over a socket, with few words.

Messages are mappings from the numbers of `k8s.io/cri-api/pkg/apis/runtime/v1/api.proto` to values; `Cri` has a method
for each call that the tests make.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.makers.http2 import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PING,
    PREFACE,
    SETTINGS,
    WINDOW_UPDATE,
    Frame,
    message,
    read_frame,
)

_CALL_S = 300
_WINDOW = 1 << 24

Field = int | bool | str | bytes | Mapping[int, "Field"] | Sequence["Field"]
Message = Mapping[int, Field]
Read = dict[int, list[int | bytes]]

RUNNING, EXITED = 1, 2
NODE, CONTAINER, TARGET = 2, 1, 3


class CriError(Exception):
    """The runtime refused a call; `status` is gRPC's."""

    def __init__(self, call: str, status: str) -> None:
        super().__init__(f"{call}: grpc-status {status or 'unknown'}")
        self.status = status


@dataclass(frozen=True)
class Done:
    """What a command in a container said and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class State:
    """How a container is."""

    state: int
    exit_code: int
    started_ns: int
    finished_ns: int


class Cri:
    """A runtime behind its socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def version(self) -> str:
        """`containerd 1.7.24`."""
        found = self._call("RuntimeService/Version", {})
        return f"{_text(found, 2)} {_text(found, 3)}"

    def pull(self, image: str) -> str:
        """Pull an image as a kubelet does; returns what the runtime calls it."""
        return _text(self._call("ImageService/PullImage", {1: {1: image}}), 1)

    def user_of(self, image: str) -> tuple[int | None, str]:
        """The user of an image: its number, None when it has none, and its name, on which a kubelet judges."""
        found = read(_bytes(self._call("ImageService/ImageStatus", {1: {1: image}}), 1))
        number = _number(read(_bytes(found, 5)), 1) if 5 in found else None
        return number, _text(found, 6)

    def run_pod(self, pod: Message) -> str:
        """Start a sandbox; its id."""
        return _text(self._call("RuntimeService/RunPodSandbox", {1: pod}), 1)

    def stop_pod(self, pod: str) -> None:
        """Stop a sandbox and all in it, and forget it."""
        self._call("RuntimeService/StopPodSandbox", {1: pod})
        self._call("RuntimeService/RemovePodSandbox", {1: pod})

    def create(self, pod: str, container: Message, config: Message) -> str:
        """Make a container in a sandbox; its id."""
        return _text(self._call("RuntimeService/CreateContainer", {1: pod, 2: container, 3: config}), 1)

    def start(self, container: str) -> None:
        """Start a container."""
        self._call("RuntimeService/StartContainer", {1: container})

    def stop(self, container: str, grace_s: int) -> None:
        """Ask a container to stop, and kill it when the grace period is over."""
        self._call("RuntimeService/StopContainer", {1: container, 2: grace_s})

    def remove(self, container: str) -> None:
        """Forget a container."""
        self._call("RuntimeService/RemoveContainer", {1: container})

    def state(self, container: str) -> State:
        """How a container is."""
        found = read(_bytes(self._call("RuntimeService/ContainerStatus", {1: container}), 1))
        return State(_number(found, 3), _number(found, 7), _number(found, 5), _number(found, 6))

    def execute(self, container: str, *command: str, timeout_s: int = 30) -> Done:
        """Run a command in a container, as `kubectl exec` and exec probes do."""
        found = self._call("RuntimeService/ExecSync", {1: container, 2: list(command), 3: timeout_s})
        return Done(_number(found, 3), _bytes(found, 1).decode(), _bytes(found, 2).decode())

    def _call(self, name: str, request: Message) -> Read:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_CALL_S)
            connection.connect(str(self._path))
            connection.sendall(_request(name, written(request)))
            return read(_answer(connection, name))


def _request(name: str, body: bytes) -> bytes:
    headers = b"\x83\x86\x04" + _literal(f"/runtime.v1.{name}") + b"\x01" + _literal("localhost")
    headers += b"\x00" + _literal("te") + _literal("trailers")
    headers += b"\x00" + _literal("content-type") + _literal("application/grpc")
    # HEADER_TABLE_SIZE 0, ENABLE_PUSH 0, INITIAL_WINDOW_SIZE
    settings = b"\0\1\0\0\0\0" + b"\0\2\0\0\0\0" + b"\0\4" + _WINDOW.to_bytes(4)
    frames = [
        Frame(SETTINGS, payload=settings),
        Frame(WINDOW_UPDATE, payload=_WINDOW.to_bytes(4)),
        Frame(HEADERS, END_HEADERS, 1, headers),
        Frame(DATA, END_STREAM, 1, message(body)),
    ]
    return PREFACE + b"".join(frame.to_bytes() for frame in frames)


def _literal(text: str) -> bytes:
    assert len(text) < 127
    return bytes([len(text)]) + text.encode()


def written(message: Message) -> bytes:
    """A message in protobuf's wire format."""
    return b"".join(_field(number, value) for number, value in message.items())


def _field(number: int, value: Field) -> bytes:
    if isinstance(value, bool | int):
        return _varint(number << 3) + _varint(int(value))
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return _varint(number << 3 | 2) + _varint(len(value)) + value
    if isinstance(value, Mapping):
        return _field(number, written(value))
    return b"".join(_field(number, one) for one in value)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def read(data: bytes) -> Read:
    """A message from protobuf's wire format, every field as a list."""
    found: Read = {}
    at = 0

    def varint() -> int:
        nonlocal at
        number = shift = 0
        while True:
            byte = data[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return number

    while at < len(data):
        tag = varint()
        value: int | bytes = varint()
        if tag & 7 == 2:
            assert isinstance(value, int)
            at += value
            value = data[at - value : at]
        else:
            assert tag & 7 == 0, "no message of ours has another kind of field"
        found.setdefault(tag >> 3, []).append(value)
    return found


def _answer(connection: socket.socket, name: str) -> bytes:
    """The message of the answer.

    Raises:
        CriError: When the call was refused.
    """
    body = block = b""
    while True:
        frame = read_frame(connection)
        if frame.type == SETTINGS and not frame.flags & ACK:
            connection.sendall(Frame(SETTINGS, ACK).to_bytes())
        elif frame.type == PING and not frame.flags & ACK:
            connection.sendall(Frame(PING, ACK, 0, frame.payload).to_bytes())
        elif frame.type == DATA:
            body += frame.payload
        elif frame.type in (HEADERS, CONTINUATION):
            block += frame.payload
            if frame.flags & END_STREAM and frame.flags & END_HEADERS:
                break
    status = _grpc_status(block)
    if status != "0":
        raise CriError(name, status)
    assert len(body) == 5 + int.from_bytes(body[1:5])
    return body[5:]


def _grpc_status(block: bytes) -> str:
    """The status among headers, as Go's library writes them: with Huffman's code where it is shorter."""
    _, found, rest = block.partition(b"\x9a\xca\xc8\xb2\x12\x34\xda\x8f")
    if not found:
        return ""
    return rest[1 : 1 + (rest[0] & 0x7F)].decode("latin-1")


def _text(found: Read, number: int) -> str:
    return _bytes(found, number).decode()


def _bytes(found: Read, number: int) -> bytes:
    value = found.get(number, [b""])[-1]
    assert isinstance(value, bytes)
    return value


def _number(found: Read, number: int) -> int:
    value = found.get(number, [0])[-1]
    assert isinstance(value, int)
    return value - (1 << 64) if value >> 63 else value

"""The signatures in a detached OpenPGP signature, packet by packet, without reading any other kind of packet.

A signature file comes from a mirror, and nobody has vouched for it yet: a compressed packet in it could hold gigabytes.

Format: RFC 9580, sections 4.2, "Packet Headers", and 6, "Radix-64 Conversions".
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator

from bareboat.base.errors import FormatError, LimitError

_SIGNATURE = 2
_PACKET = 0x80
_NEW_FORMAT = 0x40
_BEGIN = b"-----BEGIN PGP SIGNATURE-----"
_END = b"-----END PGP SIGNATURE-----"
_MOST_PACKETS = 1_000


def signature_packets(data: bytes) -> tuple[bytes, ...]:
    """Every signature packet of `data`, armored or binary, with its header; other packets are passed over unread.

    Raises:
        FormatError: When it is neither, or ends too early.
        LimitError: When it has more packets than anybody signs with.
    """
    return tuple(packet for tag, packet in _packets(_binary(data)) if tag == _SIGNATURE)


def _binary(data: bytes) -> bytes:
    """The packets, taken out of their armor where they have one."""
    if data[:1] >= bytes([_PACKET]):
        return data
    found = []
    body: list[bytes] | None = None
    in_head = False
    for line in map(bytes.strip, data.split(b"\n")):
        if line == _BEGIN:
            body, in_head = [], True
        elif body is None:
            continue
        elif line == _END:
            found.append(_decoded(b"".join(body)))
            body = None
        elif in_head:
            in_head = bool(line)  # headers end at an empty line
        elif not line.startswith(b"="):  # the checksum, which nobody needs (6.1)
            body.append(line)
    return b"".join(found)


def _decoded(text: bytes) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise FormatError(f"cannot read as ASCII armor: {error}") from error


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The type and the bytes of every packet."""
    at = count = 0
    while at < len(data):
        count += 1
        if count > _MOST_PACKETS:
            raise LimitError(f"cannot read as OpenPGP: it has more than {_MOST_PACKETS} packets")
        tag, size, start = _header(data, at)
        end = start + size
        if end > len(data):
            raise FormatError("cannot read as OpenPGP: a packet ends too early")
        yield tag, data[at:end]
        at = end


def _header(data: bytes, at: int) -> tuple[int, int, int]:
    """The type of the packet at `at`, how many bytes its body has, and where that begins."""
    first = data[at]
    if not first & _PACKET:
        raise FormatError("cannot read as OpenPGP: no packet begins here")
    if not first & _NEW_FORMAT:
        # 4.2.2: "length-type" 0, 1 and 2 are one, two and four octets; 3 is "of indeterminate length".
        octets = 1 << (first & 3)
        if octets == 8:
            raise FormatError("cannot read as OpenPGP: a packet does not say how long it is")
        return (first >> 2) & 0xF, *_number(data, at + 1, octets)
    tag = first & 0x3F
    length, start = _number(data, at + 1, 1)
    if length < 192:
        return tag, length, start
    if length < 224:
        low, start = _number(data, start, 1)
        return tag, ((length - 192) << 8) + low + 192, start
    if length == 255:
        return tag, *_number(data, start, 4)
    # 4.2.1.4: "Partial Body Lengths … MUST NOT be used with any other packet type" than those of data.
    raise FormatError("cannot read as OpenPGP: a packet comes in parts")


def _number(data: bytes, at: int, octets: int) -> tuple[int, int]:
    """The number of so many octets at `at`, and where it ends."""
    if at + octets > len(data):
        raise FormatError("cannot read as OpenPGP: a packet ends too early")
    return int.from_bytes(data[at : at + octets], "big"), at + octets

"""Configurations, signatures and programs that are made to take time or memory."""

from __future__ import annotations

import base64
import struct
import zlib

import pytest

from bareboat.base.errors import ConfigurationError, FormatError, LimitError, SignatureError
from bareboat.plan.config.yaml import parse_config
from bareboat.plan.keyring import Keyring, verify_detached, verify_inline
from bareboat.plan.packets import signature_packets
from bareboat.plan.publisher import unpacked_members
from tests.makers.archive import sign_detached, signing_key
from tests.makers.catalog import some_catalog
from tests.makers.deb import Entry, compress, tar
from tests.store.test_hostile import extended

KEY = signing_key("hostile")
RING = Keyring.of([KEY.certificate], "the keys")


def refused(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse_config(text.encode(), "x.yaml", some_catalog())
    return caught.value.message


def test_aliases_do_not_hide_how_deep_a_file_is() -> None:
    """Each level of this looks shallow, and together they are deeper than Python can go."""
    levels = ["&a0 " + "[" * 30 + "x" + "]" * 30]
    levels += [f"&a{number} " + "[" * 30 + f"*a{number - 1}" + "]" * 30 for number in range(1, 50)]
    assert "is nested more than 32 levels deep" in refused(f"images: [{', '.join(levels)}]\n")


def test_a_chain_of_images_has_an_end() -> None:
    chain = "".join(f" a{number}: {{from: a{number + 1}}}\n" for number in range(3_000))
    message = refused(f"images:\n{chain} a3000: {{from: base}}\n")
    assert message.splitlines()[1:] == ["  x.yaml:2902:16: images.a2900.from: has more than 100 images below it"]


def test_a_long_circle_is_told_once() -> None:
    circle = "".join(f" a{number}: {{from: a{(number + 1) % 2000}}}\n" for number in range(2_000))
    told = [line for line in refused(f"images:\n{circle}").splitlines() if "goes round in a circle" in line]
    assert len(told) == 1
    assert told[0].startswith('  x.yaml:2:13: images.a0.from: goes round in a circle: "a0" from "a1" from ')


def test_more_faults_than_anybody_mends_at_once_are_not_looked_for() -> None:
    images = "".join(f" a{number}: {{from: pythn{number}}}\n" for number in range(5_000))
    assert refused(f"images:\n{images}").startswith('cannot use "x.yaml": 1000 faults\n')


def compressed_packet(megabytes: int) -> bytes:
    """An OpenPGP packet of a few kilobytes that becomes megabytes when it is read (RFC 9580, 5.6)."""
    size = megabytes << 20
    packer = zlib.compressobj(9, wbits=-15)
    head = b"\xcb\xff" + struct.pack(">I", size + 6) + b"b" + bytes(5)
    body = b"\1" + packer.compress(head) + packer.compress(bytes(size)) + packer.flush()
    return b"\xc8\xff" + struct.pack(">I", len(body)) + body


BOMB = compressed_packet(200)


def armored(packets: bytes) -> bytes:
    begin, end = b"-----BEGIN PGP SIGNATURE-----\n\n", b"-----END PGP SIGNATURE-----\n"
    return begin + base64.encodebytes(packets) + end


@pytest.mark.parametrize("signature", [BOMB, armored(BOMB)])
def test_a_compressed_packet_is_no_signature_and_is_not_unpacked(signature: bytes) -> None:
    with pytest.raises(SignatureError, match="its signature file holds no signature"):
        verify_detached(b"text", signature, RING, "Release")


def test_a_compressed_message_before_a_signed_one_is_not_unpacked() -> None:
    signed = KEY.sign_clear(b"text\n")
    assert verify_inline(BOMB + b"\n" + signed, RING, "InRelease").data == b"text\n"
    with pytest.raises(SignatureError):
        verify_inline(BOMB + b"\n-----BEGIN PGP SIGNED MESSAGE-----", RING, "InRelease")


def test_a_signature_beside_other_packets_still_counts() -> None:
    signature = KEY.sign_detached(b"text")
    (packet,) = signature_packets(signature)
    marker = b"\xca\x03PGP"
    for form in (packet, marker + packet, armored(marker + packet), signature.replace(b"\n", b"\r\n")):
        assert verify_detached(b"text", form, RING, "Release").signed_by == RING.fingerprints


def test_signatures_of_several_keys_are_found() -> None:
    both = sign_detached(b"text", [signing_key("theirs"), KEY])
    assert len(signature_packets(both)) == 2
    assert verify_detached(b"text", both, RING, "Release").signed_by == RING.fingerprints


def test_more_signatures_than_anybody_makes_are_not_tried() -> None:
    (packet,) = signature_packets(KEY.sign_detached(b"text"))
    with pytest.raises(SignatureError, match="has more than 100 signatures"):
        verify_detached(b"text", packet * 200, RING, "Release")
    with pytest.raises(LimitError, match="more than 1000 packets"):
        signature_packets(b"\xca\x00" * 2_000)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xc2", "ends too early"),
        (b"\xc2\x05abc", "ends too early"),
        (b"\xc2\xc0", "ends too early"),
        (b"\xc2\xff\0\0", "ends too early"),
        (b"\xc2\xe1ab", "comes in parts"),
        (b"\x8bab", "does not say how long"),
        (b"\xc2\x01ab", "no packet begins here"),
        (armored(b"\x01"), "no packet begins here"),
        (b"-----BEGIN PGP SIGNATURE-----\n\n!\n-----END PGP SIGNATURE-----\n", "cannot read as ASCII armor"),
    ],
)
def test_packets_that_are_none_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        signature_packets(data)


@pytest.mark.parametrize(
    ("header", "size"), [(b"\x88\x03", 3), (b"\x89\0\x03", 3), (b"\x8a\0\0\0\x03", 3), (b"\xc2\xc0\x01", 193)]
)
def test_every_way_to_write_a_length_is_read(header: bytes, size: int) -> None:
    packet = header + bytes(size)
    assert signature_packets(packet + packet) == (packet, packet)


def test_a_program_behind_many_extended_headers_is_read() -> None:
    assert unpacked_members(extended(2_000), ["x"], "node.tar") == {}


@pytest.mark.parametrize("compression", ["none", "gz", "bz2", "xz", "zst"])
def test_a_program_is_read_from_every_compression(compression: str) -> None:
    data = compress(tar([Entry("node/bin/node", b"it"), Entry("node/LICENSE", b"MIT")]), compression)
    assert unpacked_members(data, ["bin/node", "x"], "node.tar") == {"bin/node": b"it"}


def test_a_program_that_unpacks_to_more_than_any_has_is_refused() -> None:
    packer = zlib.compressobj(9, wbits=31)
    header = tar([Entry("node/bin/node")])[:512]
    data = packer.compress(header) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(100)) + packer.flush()
    with pytest.raises((LimitError, FormatError), match=r"node\.tar"):
        unpacked_members(data, ["bin/node"], "node.tar")

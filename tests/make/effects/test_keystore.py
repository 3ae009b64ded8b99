"""Java's key store: the format of JKS, version 2."""

from __future__ import annotations

import struct
from dataclasses import replace
from hashlib import sha1

from bareboat.base.epoch import Epoch
from bareboat.base.path import ImagePath
from bareboat.make.effects import certificates, keystore
from bareboat.make.effects.certificates import Authority, Trusted
from bareboat.make.effects.x509 import read_certificates
from bareboat.make.tree import Tree
from tests.makers.authority import BEGINS, make_authority
from tests.makers.tree import dump, make_tree

SHIPPED = "usr/share/ca-certificates/mozilla"
NOON = Epoch(1_700_000_000)
ALPHA, BETA = make_authority("Alpha Root"), make_authority("Beta Root")
TREE = make_tree({f"{SHIPPED}/Beta_Root.crt": BETA, f"{SHIPPED}/Alpha_Root.crt": ALPHA})


def _authority(name: str, pem: bytes) -> Authority:
    certificate = read_certificates(pem, "x")[0]
    return Authority(path=ImagePath(f"{SHIPPED}/{name}.crt"), text=pem, certificate=certificate)


def _read(data: bytes) -> list[tuple[bytes, int, bytes, bytes]]:
    """Alias, time in milliseconds, kind and DER of every entry."""
    magic, version, count = struct.unpack_from(">III", data)
    assert (magic, version) == (0xFEEDFEED, 2)
    place, found = 12, []
    for _ in range(count):
        fields: list[bytes] = []
        assert data[place : place + 4] == b"\0\0\0\2"
        place += 4
        for layout in (">H", ">q", ">H", ">I"):
            (number,) = struct.unpack_from(layout, data, place)
            place += struct.calcsize(layout)
            if layout == ">q":
                fields.append(number)
            else:
                fields.append(data[place : place + number])
                place += number
        found.append(tuple(fields))
    assert data[place:] == sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + data[:place]).digest()
    return found


def test_every_authority_is_an_entry_with_its_own_time() -> None:
    (made,) = keystore.entries(TREE, moment=NOON)
    assert dump((made,)) == [f"0644 0:0 etc/ssl/certs/java/cacerts {made.size} bytes"]
    time = int(BEGINS.timestamp()) * 1000
    assert _read(made.content) == [
        (b"debian:alpha_root.pem", time, b"X.509", read_certificates(ALPHA, "x")[0].der),
        (b"debian:beta_root.pem", time, b"X.509", read_certificates(BETA, "x")[0].der),
    ]


def test_authorities_of_the_user_come_with_the_effect_certificates() -> None:
    corp = Trusted(pem=make_authority("Corp Root"), where="trust")
    tree = TREE.with_entries(certificates.entries(TREE, [corp], moment=NOON))
    (made,) = keystore.entries(tree, moment=NOON)
    assert [alias for alias, *_ in _read(made.content)] == [
        b"debian:alpha_root.pem", b"debian:beta_root.pem", b"debian:corp_root.pem",
    ]


def test_aliases_that_differ_in_case_only_get_numbers() -> None:
    trust = [_authority("Root", ALPHA), _authority("ROOT", BETA), _authority("root", make_authority("x"))]
    assert [alias for alias, *_ in _read(keystore.keystore(trust))] == [
        b"debian:root.pem", b"debian:root.pem-2", b"debian:root.pem-3",
    ]


def test_aliases_are_written_as_java_reads_them() -> None:
    odd = replace(_authority("x", ALPHA), path=ImagePath("a/F\u0151tan\U0001f512.crt"))
    ((alias, *_),) = _read(keystore.keystore([odd]))
    assert alias == "debian:f\u0151tan".encode() + b"\xed\xa0\xbd\xed\xb4\x92" + b".pem"


def test_a_store_without_authorities_is_still_a_store() -> None:
    (made,) = keystore.entries(Tree(), moment=NOON)
    assert _read(made.content) == []


def test_a_certificate_from_before_1970_is_taken() -> None:
    early = make_authority("Early Root", begins=BEGINS.replace(year=1960))
    ((_, time, *_),) = _read(keystore.keystore([_authority("early", early)]))
    assert time == int(BEGINS.replace(year=1960).timestamp()) * 1000

"""`/etc/ssl/certs/java/cacerts`: the authorities that Java trusts, as a JKS key store, version 2.

The format, big-endian: magic, version, number of entries; per trusted certificate the tag 2, its alias, the time it was
added in milliseconds, the word `X.509`, and its DER bytes; at the end a SHA-1 over password, salt and all before it.
Every Java since 1.2 reads it; OpenJDK's `sun.security.provider.JavaKeyStore` defines it, there is no other text.
The time is each certificate's notBefore, so the same authorities give the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from hashlib import sha1

from bareboat.base.epoch import Epoch
from bareboat.make.effects.certificates import Authority, authorities
from bareboat.make.effects.stamp import Stamp
from bareboat.make.tree import AnyEntry, Tree

OPENS_WITH = "changeit"
"""The password that everyone's trust store has; it protects nothing, certificates are public."""

_MAGIC = 0xFEEDFEED
_VERSION = 2
_TRUSTED_CERTIFICATE = 2
_SALT = b"Mighty Aphrodite"


def entries(tree: Tree, *, moment: Epoch) -> tuple[AnyEntry, ...]:
    """The key store of the tree's authorities, among them those that the effect certificates brought.

    Raises:
        FormatError: When a certificate cannot be read.
    """
    return (Stamp("keystore", moment).file("etc/ssl/certs/java/cacerts", keystore(authorities(tree))),)


def keystore(trust: Iterable[Authority]) -> bytes:
    """The bytes of the key store.

    An alias is `debian:NAME.pem` in lower case, as ca-certificates-java names them; Java does not tell cases apart,
    so a name that differs from an earlier one in case only gets a number.
    """
    aliases: set[str] = set()
    records = []
    for authority in trust:
        certificate = authority.certificate
        records.append(
            struct.pack(">I", _TRUSTED_CERTIFICATE)
            + _text(_unused(f"debian:{authority.name}.pem".lower(), aliases))
            + struct.pack(">q", certificate.not_before * 1000)
            + _text("X.509")
            + struct.pack(">I", len(certificate.der))
            + certificate.der
        )
    body = struct.pack(">III", _MAGIC, _VERSION, len(records)) + b"".join(records)
    return body + sha1(OPENS_WITH.encode("utf-16-be") + _SALT + body, usedforsecurity=False).digest()


def _unused(alias: str, taken: set[str]) -> str:
    unused, number = alias, 2
    while unused in taken:
        unused, number = f"{alias}-{number}", number + 1
    taken.add(unused)
    return unused


def _text(text: str) -> bytes:
    """Java's `DataOutput.writeUTF`: a length of two bytes, then UTF-8 of every UTF-16 unit by itself."""
    units = struct.unpack(f">{len(text.encode('utf-16-be')) // 2}H", text.encode("utf-16-be"))
    data = b"".join(chr(unit).encode("utf-8", "surrogatepass") if unit else b"\xc0\x80" for unit in units)
    return struct.pack(">H", len(data)) + data

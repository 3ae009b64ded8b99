"""What a trust store needs to know of a certificate: its bytes, the hash of its subject, the day it begins.

Specifications: RFC 7468 (PEM), RFC 5280 (certificates); the hash is OpenSSL's `X509_NAME_hash`, by whose digits
OpenSSL looks for authorities in a folder, see openssl-rehash(1).
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha1

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from bareboat.base.epoch import Epoch
from bareboat.base.errors import FormatError
from bareboat.make.effects.der import SEQUENCE, SET, Value, der, read_der

_LABELS = ("CERTIFICATE", "X509 CERTIFICATE")  # RFC 7468, 5.1: parsers may take the second for the first
_BEGIN = re.compile(rb"^-----BEGIN ([^\r\n]*?)-----\s*?$", re.MULTILINE)

_UTF8 = 0x0C
_CODECS = {
    _UTF8: "utf-8",
    0x13: "ascii",  # PrintableString
    0x14: "latin-1",  # T61String, as OpenSSL reads it
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}
_VERSION = 0xA0
_ODD = re.compile(r"[^A-Za-z0-9.-]+")
_LONGEST_NAME = 64
_SPACES = re.compile(rb"[ \t\n\v\f\r]+")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate: its DER bytes, the hash of its subject (eight hexadecimal digits), and its notBefore.

    `name` is what a file of it may be called: the subject's common name, organisation or digits of its hash.
    """

    der: bytes
    name: str
    subject_hash: str
    not_before: Epoch

    @property
    def pem(self) -> bytes:
        """The one PEM text of it: no comments, lines of 64 characters, Unix line ends."""
        return x509.load_der_x509_certificate(self.der).public_bytes(Encoding.PEM)


def read_certificates(text: bytes, where: str) -> tuple[Certificate, ...]:
    """Every certificate of a PEM text, in its order; what stands between the blocks is ignored.

    Args:
        text: The PEM text.
        where: What to call it in an error.

    Raises:
        FormatError: When a block cannot be read (its number and line are named), or there is none.
    """
    certificates = []
    for number, (line, label, body) in enumerate(_blocks(text, where), start=1):
        place = f"{where}:{line}: block {number}"
        if label == "TRUSTED CERTIFICATE":
            hint = "write it anew with `openssl x509 -in FILE`"
            raise FormatError(f"{place}: cannot take OpenSSL's own form of a certificate", hint=hint)
        if label not in _LABELS:
            raise FormatError(f'{place}: cannot take "{label}" for a certificate')
        try:
            certificates.append(_certificate(b64decode(b"".join(body.split()), validate=True)))
        except (ValueError, FormatError) as error:
            raise FormatError(f"{place}: cannot read the certificate: {error}") from error
    if not certificates:
        raise FormatError(f"{where}: holds no certificate", hint="it must be PEM, `-----BEGIN CERTIFICATE-----`")
    return tuple(certificates)


def subject_hash(subject: Value) -> str:
    """OpenSSL's `X509_NAME_hash` of a Name: SHA-1 over its canonical encoding, four bytes, least one first.

    Canonical is the sequence's content with every text as UTF-8 in lower case (of ASCII), outer spaces gone and inner
    runs of them made one.
    """
    canonical = b"".join(_canonical_rdn(rdn) for rdn in subject.parts())
    return sha1(canonical, usedforsecurity=False).digest()[3::-1].hex()


def _blocks(text: bytes, where: str) -> Iterator[tuple[int, str, bytes]]:
    """The line, label and body of every block."""
    position = 0
    while begin := _BEGIN.search(text, position):
        line = text.count(b"\n", 0, begin.start()) + 1
        end_mark = b"-----END " + begin[1] + b"-----"
        end = text.find(end_mark, begin.end())
        if end < 0:
            raise FormatError(f"{where}:{line}: the block that begins here has no end")
        yield line, begin[1].decode(errors="replace"), text[begin.end() : end]
        position = end + len(end_mark)


def _certificate(data: bytes) -> Certificate:
    certificate = x509.load_der_x509_certificate(data)
    fields = read_der(certificate.tbs_certificate_bytes).parts()
    # RFC 5280, 4.1: [version], serialNumber, signature, issuer, validity, subject
    subject = fields[5 if fields[0].tag == _VERSION else 4]
    digits = subject_hash(subject)
    return Certificate(
        der=data,
        name=_name_of(certificate) or digits,
        subject_hash=digits,
        not_before=Epoch(int(certificate.not_valid_before_utc.timestamp())),
    )


def _name_of(certificate: x509.Certificate) -> str:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(kind):
            name = _ODD.sub("_", str(attribute.value)).strip("_.-")[:_LONGEST_NAME]
            if name:
                return name
    return ""


def _canonical_rdn(rdn: Value) -> bytes:
    # X.690, 11.6: "the encodings of the component values of a set-of value shall appear in ascending order"
    return der(SET, b"".join(sorted(_canonical_attribute(attribute) for attribute in rdn.parts())))


def _canonical_attribute(attribute: Value) -> bytes:
    kind, value = attribute.parts()
    codec = _CODECS.get(value.tag)
    if codec is None:
        return der(SEQUENCE, kind.encoding + value.encoding)
    text = value.content if value.tag == _UTF8 else value.content.decode(codec).encode()
    text = _SPACES.sub(b" ", text).strip(b" ")
    return der(SEQUENCE, kind.encoding + der(_UTF8, text.lower()))

"""What a trust store needs to know of a certificate: its bytes, the hash of its subject, the day it begins.

Nothing is verified and little is refused: Debian ships authorities that break RFC 5280 in one way or another (serial
numbers of zero, say), and OpenSSL and Java take them.
That a certificate is DER throughout and has its fields is checked, for one that is cut off would spoil a whole store.

Specifications: RFC 7468 (PEM), RFC 5280 (certificates); the hash is OpenSSL's `X509_NAME_hash`, by whose digits
OpenSSL looks for authorities in a folder, see openssl-rehash(1).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1

from bareboat.base.epoch import Epoch
from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.make.effects.der import SEQUENCE, SET, Value, check_nesting, der, read_der

_LABELS = ("CERTIFICATE", "X509 CERTIFICATE")  # RFC 7468, 5.1: parsers may take the second for the first
_BEGIN = re.compile(rb"^-----BEGIN ([^\r\n]*?)-----\s*?$", re.MULTILINE)
_LINE = 64  # RFC 7468, 2: "each line except the last contains exactly 64 characters"

_VERSION, _INTEGER, _BIT_STRING, _UTF8, _UTC_TIME, _GENERALIZED_TIME = 0xA0, 0x02, 0x03, 0x0C, 0x17, 0x18
_CERTIFICATE = (SEQUENCE, SEQUENCE, _BIT_STRING)  # RFC 5280, 4.1: tbsCertificate, signatureAlgorithm, signature
_FIELDS = (_INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE)
# … serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
_CODECS = {
    _UTF8: "utf-8",
    0x13: "latin-1",  # PrintableString
    0x14: "latin-1",  # T61String, as OpenSSL reads it
    0x16: "latin-1",  # IA5String
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}
_NAMING = (b"\x55\x04\x03", b"\x55\x04\x0b", b"\x55\x04\x0a")  # commonName, organizationalUnitName, organizationName
_ODD = re.compile(r"[^A-Za-z0-9.-]+")
_LONGEST_NAME = 64
_SPACES = re.compile(rb"[ \t\n\v\f\r]+")


@frozen(kw_only=False)
class Certificate:
    """A certificate: its DER bytes, the hash of its subject (eight hexadecimal digits), and its notBefore.

    `name` is what a file of it may be called: the subject's common name, its organisation or digits of its hash.
    """

    der: bytes
    name: str
    subject_hash: str
    not_before: Epoch

    @property
    def pem(self) -> bytes:
        """The one PEM text of it: no comments, lines of 64 characters, Unix line ends."""
        text = b64encode(self.der)
        lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
        return b"\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])


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

    Raises:
        FormatError: When it is no Name.
    """
    canonical = b"".join(_canonical_rdn(rdn) for rdn in subject.parts())
    return sha1(canonical, usedforsecurity=False).digest()[3::-1].hex()


def _blocks(text: bytes, where: str) -> Iterator[tuple[int, str, bytes]]:
    """The line, label and body of every block."""
    position = 0
    line, counted = 1, 0
    while begin := _BEGIN.search(text, position):
        line += text.count(b"\n", counted, begin.start())
        counted = begin.start()
        end_mark = b"-----END " + begin[1] + b"-----"
        end = text.find(end_mark, begin.end())
        if end < 0:
            raise FormatError(f"{where}:{line}: the block that begins here has no end")
        yield line, begin[1].decode(errors="replace"), text[begin.end() : end]
        position = end + len(end_mark)


@lru_cache(maxsize=1024)
def _certificate(data: bytes) -> Certificate:
    """The certificate; remembered, for every layer of every image has the same ones."""
    whole = read_der(data)
    check_nesting(data)
    parts = whole.parts() if whole.tag == SEQUENCE else ()
    if tuple(part.tag for part in parts) != _CERTIFICATE:
        raise FormatError("it is none")
    fields = parts[0].parts()
    fields = fields[1:] if fields and fields[0].tag == _VERSION else fields
    if tuple(field.tag for field in fields[: len(_FIELDS)]) != _FIELDS:
        raise FormatError("its fields are not those of a certificate")
    validity, subject = fields[3], fields[4]
    digits = subject_hash(subject)
    return Certificate(data, _name_of(subject) or digits, digits, _not_before(validity))


def _not_before(validity: Value) -> Epoch:
    """A UTCTime or GeneralizedTime, RFC 5280, 4.1.2.5: "Where YY is greater than or equal to 50 … 19YY"."""
    moment, *_ = (*validity.parts(), validity)
    text = moment.content.decode("latin-1")
    if moment.tag == _UTC_TIME:
        text = ("19" if text >= "50" else "20") + text
    elif moment.tag != _GENERALIZED_TIME:
        raise FormatError("it has no notBefore")
    return Epoch(int(datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()))


def _attributes(rdn: Value) -> Iterator[tuple[Value, Value]]:
    """Kind and value of every attribute of a relative name."""
    for attribute in rdn.parts():
        pair = attribute.parts()
        if len(pair) != 2:
            raise FormatError("its subject is no name")
        yield pair[0], pair[1]


def _canonical_rdn(rdn: Value) -> bytes:
    # X.690, 11.6: "the encodings of the component values of a set-of value shall appear in ascending order"
    return der(SET, b"".join(sorted(_canonical_attribute(kind, value) for kind, value in _attributes(rdn))))


def _canonical_attribute(kind: Value, value: Value) -> bytes:
    codec = _CODECS.get(value.tag)
    if codec is None:
        return der(SEQUENCE, kind.encoding + value.encoding)
    text = value.content if value.tag == _UTF8 else value.content.decode(codec).encode()
    text = _SPACES.sub(b" ", text).strip(b" ")
    return der(SEQUENCE, kind.encoding + der(_UTF8, text.lower()))


def _name_of(subject: Value) -> str:
    attributes = [pair for rdn in subject.parts() for pair in _attributes(rdn)]
    for wanted in _NAMING:
        for kind, value in attributes:
            if kind.content == wanted:
                text = value.content.decode(_CODECS.get(value.tag, "latin-1"), errors="replace")
                name = _ODD.sub("_", text).strip("_.-")[:_LONGEST_NAME]
                if name:
                    return name
    return ""

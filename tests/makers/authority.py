"""Makes certificate authorities, one line each; the key is made once, for nobody checks a signature here.

    make_authority("Example Root CA")
    make_authority([(NameOID.ORGANIZATION_NAME, "Ünïcode  Ltd", _ASN1Type.BMPString)])
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

BEGINS = datetime(2020, 2, 29, 12, 30, 15, tzinfo=UTC)

Attribute = tuple[x509.ObjectIdentifier, str, _ASN1Type]


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def make_authority(
    subject: str | Sequence[Attribute | Sequence[Attribute]], *, serial: int = 1, days: int = 3650,
    begins: datetime = BEGINS,
) -> bytes:
    """The PEM text of a self-signed certificate; `subject` is a common name, or attributes with their string types.

    An inner sequence is a relative name of several attributes; a negative `days` makes an expired certificate.
    """
    parts = [(NameOID.COMMON_NAME, subject, _ASN1Type.UTF8String)] if isinstance(subject, str) else subject
    name = x509.Name([_relative_name(part) for part in parts])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key().public_key())
        .serial_number(serial)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(_key(), hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


def _relative_name(part: Attribute | Sequence[Attribute]) -> x509.RelativeDistinguishedName:
    attributes = [part] if isinstance(part[0], x509.ObjectIdentifier) else part
    return x509.RelativeDistinguishedName([
        x509.NameAttribute(kind, value, kind_of_text, _validate=False) for kind, value, kind_of_text in attributes
    ])

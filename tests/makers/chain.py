"""Makes an authority that nobody knows, and a certificate for a server at 127.0.0.1 that it has signed."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BEGIN, END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Chain:
    """PEM files: the certificate of an authority, and key and certificate of a server at 127.0.0.1."""

    authority: Path
    server: Path


def make_chain(folder: Path) -> Chain:
    """An authority that nobody knows, and what it signed."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("Test Root", "127.0.0.1")]
    builders = [
        x509.CertificateBuilder().subject_name(name).issuer_name(names[0]).public_key(key.public_key())
        .serial_number(number).not_valid_before(BEGIN).not_valid_after(END)
        .add_extension(x509.BasicConstraints(ca=number == 1, path_length=None), critical=True)
        for number, (name, key) in enumerate(zip(names, keys, strict=True), 1)
    ]  # fmt: skip
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builders[1] = builders[1].add_extension(address, critical=False)
    root, leaf = (
        builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM) for builder in builders
    )
    key = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "root.pem").write_bytes(root)
    (folder / "server.pem").write_bytes(key + leaf)
    return Chain(folder / "root.pem", folder / "server.pem")

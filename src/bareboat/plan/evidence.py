"""What a publisher says of its own files, checked: Node's signed SHASUMS256 and npm's registry signatures.

Both only compute: texts and keys come in, digests or a refusal go out.
For pinned programs this is a second lock on the door: the digests in the catalogue decide by themselves.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bareboat.base.digest import Digest, sha256
from bareboat.base.document import Document
from bareboat.base.errors import FormatError, SignatureError
from bareboat.base.frozen import frozen
from bareboat.plan.keyring import Keyring, verify_detached, verify_inline

# coreutils write a star before the name of a file that was read as binary.
_SUM = re.compile(r"([0-9a-f]{64}) [ *](\S+)")
_NPM_KEY_TYPE = "ecdsa-sha2-nistp256"


@frozen
class NpmKey:
    """A public key of a registry: `id` as signatures name it, `der` its SubjectPublicKeyInfo."""

    id: str
    der: bytes


@frozen
class NpmSignature:
    """A signature of a registry over one version of a package; `der` is the ECDSA value in ASN.1."""

    key: str
    der: bytes


def verify_shasums(text: bytes, signature: bytes | None, keyring: Keyring, where: str) -> Mapping[str, Digest]:
    """The sha256 digests of a signed SHASUMS256 file by file name.

    Args:
        text: `SHASUMS256.txt`, or the clear-signed `SHASUMS256.txt.asc` when there is no `signature`.
        signature: `SHASUMS256.txt.sig`, a detached one.
        keyring: Who may sign.
        where: What to call the file in errors.

    Raises:
        SignatureError: When nobody of `keyring` signed it.
        FormatError: When a line is not a digest and a name.
    """
    if signature is None:
        verified = verify_inline(text, keyring, where)
    else:
        verified = verify_detached(text, signature, keyring, where)
    digests: dict[str, Digest] = {}
    for number, line in enumerate(verified.data.decode("utf-8", "replace").splitlines(), 1):
        match = _SUM.fullmatch(line)
        if match is None:
            raise FormatError(f'{where}:{number}: cannot read "{line[:160]}" as a digest and a name')
        digests[match[2]] = sha256(match[1])
    return MappingProxyType(digests)


def verify_npm(
    name: str, version: str, integrity: str, signatures: Sequence[NpmSignature], keys: Sequence[NpmKey]
) -> str:
    """The id of the key of the registry that signed this version of a package.

    The signature is ECDSA on P-256 with SHA-256 over `name@version:integrity`
    (npm Docs, "About registry signatures").
    The day on which a key expires is not judged: it is about the publishing of a version, whose day nobody signed.

    Raises:
        SignatureError: When no signature is by one of `keys`, or one of them does not hold.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    where = f"{name}@{version}"
    known = {key.id: key.der for key in keys}
    judged = [signature for signature in signatures if signature.key in known]
    if not judged:
        named = ", ".join(signature.key for signature in signatures) or "nobody"
        raise SignatureError(f"{where}: is signed by {named}, and the registry has no such key")
    for signature in judged:
        try:
            key = load_der_public_key(known[signature.key])
            if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
                raise SignatureError(f"{where}: the registry's key {signature.key} is not one on P-256")
            key.verify(signature.der, f"{where}:{integrity}".encode(), ECDSA(SHA256()))
        except InvalidSignature as error:
            raise SignatureError(f"{where}: the registry's signature does not hold ({signature.key})") from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise SignatureError(f"{where}: cannot read the registry's key {signature.key}") from error
    return judged[0].key


def read_npm_keys(document: Document) -> tuple[NpmKey, ...]:
    """The keys in a registry's `/-/npm/v1/keys` that are of the one kind that signs packages.

    Raises:
        FormatError: When one cannot be read.
    """
    return tuple(
        NpmKey(id=item.string("keyid"), der=_decoded(item.string("key"), f"{item.where}: key"))
        for item in document.documents("keys")
        if item.string("keytype") == _NPM_KEY_TYPE
    )


def read_npm_signatures(dist: Document) -> tuple[NpmSignature, ...]:
    """The signatures in the `dist` of one version of a package.

    Raises:
        FormatError: When one cannot be read.
    """
    return tuple(
        NpmSignature(key=item.string("keyid"), der=_decoded(item.string("sig"), f"{item.where}: sig"))
        for item in dist.documents("signatures")
    )


def read_integrity(text: str, where: str) -> Digest:
    """The sha512 of a Subresource Integrity text, `sha512-<base64>`, as npm writes it.

    Raises:
        FormatError: When it has none that can be read.
    """
    for word in text.split():
        algorithm, _, value = word.partition("-")
        if algorithm == "sha512":
            return Digest("sha512", _decoded(value, f"{where}: integrity").hex())
    raise FormatError(f"{where}: the registry gives no sha512 integrity")


def _decoded(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FormatError(f'{where}: cannot read "{text[:100]}" as base64') from error

"""OpenPGP: who signed this, judged in-process against certificates that were pinned beforehand.

Signatures are RFC 9580; Debian's clear-signed InRelease is its section 7.
Only the bytes that a signature covers are ever given back, so text around a signed message is never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import TYPE_CHECKING

from bareboat.base.errors import InternalError, SignatureError
from bareboat.base.frozen import frozen
from bareboat.plan.data import catalog_document
from bareboat.plan.packets import signature_packets

if TYPE_CHECKING:
    from pysequoia import Cert, Sig

_BEGIN = re.compile(rb"^-----BEGIN PGP SIGNED MESSAGE-----", re.MULTILINE)
_MOST_SIGNATURES = 100  # Debian's files have three
UNSIGNED = "nothing unsigned is read; try another mirror"
"""What to do about something that nobody signed."""


@frozen(kw_only=False)
class Keyring:
    """Certificates that may sign."""

    certificates: tuple[Cert, ...]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The fingerprints of the primary keys, upper-case hexadecimal, sorted."""
        return tuple(sorted(certificate.fingerprint.upper() for certificate in self.certificates))

    @classmethod
    def of(cls, texts: Iterable[bytes], where: str) -> Keyring:
        """Read certificates, armored or binary, one or several in each text.

        Raises:
            SignatureError: When a text holds no certificate.
        """
        from pysequoia import Cert

        found: list[Cert] = []
        for text in texts:
            try:
                found.extend(Cert.split_bytes(text))
            except Exception as error:  # pysequoia raises bare RuntimeErrors with a backtrace inside
                raise SignatureError(f"{where}: cannot read as OpenPGP certificates: {_first_line(error)}") from error
        if not found:
            raise SignatureError(f"{where}: holds no OpenPGP certificate")
        return cls(tuple(found))


@frozen
class Verified:
    """Signed bytes, and the certificates (fingerprints, upper case, sorted) whose signatures on them hold."""

    data: bytes
    signed_by: tuple[str, ...]


def verify_inline(message: bytes, keyring: Keyring, where: str) -> Verified:
    """Check a clear-signed message.

    Raises:
        SignatureError: When it is not signed, was changed, or no certificate of `keyring` signed it.
    """
    return _verify(message, None, keyring, where)


def verify_detached(data: bytes, signature: bytes, keyring: Keyring, where: str) -> Verified:
    """Check `data` against detached signatures, armored or binary, of which any one by a certificate of `keyring` does.

    Raises:
        SignatureError: As `verify_inline`.
    """
    from pysequoia import Sig

    try:
        # `Sig` takes the first signature of a text only, so that each one is handed over by itself.
        packets = signature_packets(signature)
        found = [Sig.from_bytes(packet) for packet in packets[: _MOST_SIGNATURES + 1]]
    except Exception as error:  # as above
        raise SignatureError(f"{where}: cannot read the signature: {_first_line(error)}") from error
    if not found:
        raise SignatureError(f"{where}: is not signed: its signature file holds no signature", hint=UNSIGNED)
    if len(found) > _MOST_SIGNATURES:
        raise SignatureError(f"{where}: has more than {_MOST_SIGNATURES} signatures")
    signers: set[str] = set()
    refused: SignatureError | None = None
    for one in found:
        try:
            signers.update(_verify(data, one, keyring, where).signed_by)
        except SignatureError as error:
            refused = refused or error
    if refused is not None and not signers:
        raise refused
    return Verified(data=data, signed_by=tuple(sorted(signers)))


def _verify(message: bytes, signature: Sig | None, keyring: Keyring, where: str) -> Verified:
    import pysequoia

    if signature is None:
        begin = _BEGIN.search(message)
        if begin is None:
            raise SignatureError(f"{where}: is not signed", hint=UNSIGNED)
        # Before it may stand another kind of message, a compressed one too, that would be unpacked first.
        message = message[begin.start() :]
    try:
        result = pysequoia.verify(message, store=lambda _: list(keyring.certificates), signature=signature)
    except Exception as error:  # as above
        trusted = ", ".join(keyring.fingerprints)
        raise SignatureError(
            f"{where}: cannot trust the signature: {_first_line(error)}",
            hint=f"it was changed on its way, or none of the pinned keys signed it ({trusted})",
        ) from error
    signers = tuple(sorted({valid.certificate.upper() for valid in result.valid_sigs}))
    if not signers or not set(signers) <= set(keyring.fingerprints):
        raise InternalError(f"{where}: OpenPGP named signers {signers} outside the keyring")
    return Verified(data=result.bytes or b"", signed_by=signers)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(". ") or type(error).__name__


@cache
def archive_keyring(files: tuple[str, ...]) -> Keyring:
    """The pinned certificates of Debian's archives from the named files of the catalogue.

    The table `keys.yaml` says which fingerprint each file has; a file that has another one is never used.
    """
    keyring = pinned_keyring(files)
    table = archive_keys()
    wrong = [file for file in files if pinned_keyring((file,)).fingerprints != (table.get(file),)]
    if wrong:
        raise InternalError(f"the catalogue's key {wrong[0]} has not the fingerprint that stands in keys.yaml")
    return keyring


@cache
def archive_keys() -> Mapping[str, str]:
    """The fingerprints of Debian's archive keys by file name, as `keys.yaml` has them."""
    table = catalog_document("keys", "keys.yaml")
    return MappingProxyType({fields.string("file"): fingerprint for fingerprint, fields in table.items()})


def pinned_keyring(files: Iterable[str]) -> Keyring:
    """The certificates in the named files of the catalogue."""
    return Keyring.of([key_folder().joinpath(file).read_bytes() for file in files], "the catalogue's keys")


def key_folder() -> Traversable:
    """Where the catalogue's pinned certificates lie."""
    return resources.files("bareboat.catalog").joinpath("keys")

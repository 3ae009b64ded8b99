"""OpenPGP: who signed this, judged in-process against certificates that were pinned beforehand.

Signatures are RFC 9580; Debian's clear-signed InRelease is its section 7.
Only the bytes that a signature covers are ever given back, so text around a signed message is never read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from bareboat.base.errors import InternalError, SignatureError

if TYPE_CHECKING:
    from pysequoia import Cert, Sig


@dataclass(frozen=True, slots=True)
class Keyring:
    """Certificates that may sign, and what to call them.

    `fingerprints` are those of the certificates, upper-case hexadecimal, sorted.
    """

    certificates: tuple[Cert, ...]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The fingerprints of the primary keys, sorted."""
        return tuple(sorted(certificate.fingerprint.upper() for certificate in self.certificates))

    @classmethod
    def of(cls, texts: Iterable[bytes], where: str) -> Keyring:
        """Read certificates, armored or binary, one or several in each text.

        Raises:
            SignatureError: When a text holds no certificate.
        """
        from pysequoia import Cert  # noqa: PLC0415

        found: list[Cert] = []
        for text in texts:
            try:
                found.extend(Cert.split_bytes(text))
            except Exception as error:  # noqa: BLE001  # pysequoia raises bare RuntimeErrors with a backtrace inside
                raise SignatureError(f"{where}: cannot read as OpenPGP certificates: {_first_line(error)}") from error
        if not found:
            raise SignatureError(f"{where}: holds no OpenPGP certificate")
        return cls(tuple(found))


@dataclass(frozen=True, slots=True, kw_only=True)
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
    """Check `data` against detached signatures.

    Raises:
        SignatureError: As `verify_inline`.
    """
    from pysequoia import Sig  # noqa: PLC0415

    try:
        parsed = Sig.from_bytes(signature)
    except Exception as error:  # noqa: BLE001  # as above
        raise SignatureError(f"{where}: cannot read the signature: {_first_line(error)}") from error
    return Verified(data=data, signed_by=_verify(data, parsed, keyring, where).signed_by)


def _verify(message: bytes, signature: Sig | None, keyring: Keyring, where: str) -> Verified:
    import pysequoia  # noqa: PLC0415

    if signature is None and b"-----BEGIN PGP SIGNED MESSAGE-----" not in message:
        raise SignatureError(f"{where}: is not signed", hint="nothing unsigned is read; try another mirror")
    try:
        result = pysequoia.verify(message, store=lambda _: list(keyring.certificates), signature=signature)
    except Exception as error:  # noqa: BLE001  # as above
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
    """The pinned certificates of Debian's archives from the named files of the catalogue."""
    folder = resources.files("bareboat.catalog").joinpath("keys")
    return Keyring.of([folder.joinpath(file).read_bytes() for file in files], "the catalogue's archive keys")

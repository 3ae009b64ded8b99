"""Makes signed Debian archives in memory: Release, Packages, by-hash and pool, as `dists/…` and `pool/…` files.

    archive = make_archive([make_deb("hello")])
    archive.files["dists/trixie/InRelease"], archive.key
    archive.write(tmp_path)
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import cast

from pysequoia import ArmorKind, SignatureMode, Tsk, armor, sign

from bareboat.debian.deb import read_deb
from bareboat.debian.paragraph import parse_paragraph
from tests.makers.deb import compress

DATE = 1_750_000_000

_BEGIN = b"-----BEGIN PGP SIGNATURE-----"

_ORDER = (
    "Package", "Source", "Version", "Architecture", "Multi-Arch", "Essential", "Pre-Depends", "Depends", "Provides",
    "Conflicts", "Breaks", "Replaces", "Section", "Priority", "Description", "Homepage",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair; `certificate` is its armored public half."""

    certificate: bytes
    fingerprint: str
    pair: Tsk = field(repr=False)

    def sign_clear(self, data: bytes) -> bytes:
        """`data` with a signature around it, as InRelease has it."""
        return cast("bytes", sign(self.pair.signer(), data, mode=SignatureMode.CLEAR))

    def sign_detached(self, data: bytes) -> bytes:
        """An armored signature over `data`, as Release.gpg."""
        return cast("bytes", sign(self.pair.signer(), data, mode=SignatureMode.DETACHED))


@cache
def signing_key(name: str = "archive") -> SigningKey:
    """The key of that name, the same one all through a test session."""
    pair = Tsk.generate(user_id=f"{name} <{name}@mirror.example>")
    public = pair.extract_certificate()
    return SigningKey(str(public).encode(), public.fingerprint, pair)


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive: its files by path, and the certificates that sign it."""

    files: dict[str, bytes]
    key: bytes
    suite: str
    release: bytes
    pool: Mapping[str, str]

    def write(self, folder: Path) -> Path:
        """Put every file below `folder`."""
        for path, data in sorted(self.files.items()):
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return folder

    def with_file(self, path: str, data: bytes) -> Archive:
        """The same archive with one file exchanged: a mirror that lies."""
        return Archive(self.files | {path: data}, self.key, self.suite, self.release, self.pool)

    def without(self, *paths: str) -> Archive:
        """The same archive with files missing."""
        files = {path: data for path, data in self.files.items() if path not in paths}
        return Archive(files, self.key, self.suite, self.release, self.pool)


def make_archive(
    packages: Sequence[bytes] | Mapping[str, Sequence[bytes]] = (),
    *,
    suite: str = "trixie",
    codename: str | None = None,
    components: Sequence[str] = ("main",),
    component_prefix: str = "",
    architectures: Sequence[str] = (),
    date: int = DATE,
    valid_until: int | None = None,
    origin: str = "Debian",
    label: str = "Debian",
    version: str = "13.0",
    key: SigningKey | None = None,
    keys: Sequence[SigningKey] = (),
    by_hash: bool = True,
    inline: bool = True,
    detached: bool = False,
    unsigned: bool = False,
    compressions: Sequence[str] = ("xz",),
    stanza_extra: Mapping[str, Mapping[str, str]] | None = None,
    release_extra: Mapping[str, str] | None = None,
) -> Archive:
    """An archive that holds `packages`, all in the first component, or by component.

    `architectures` are those of the packages and amd64 when not said; packages for all architectures stand in each.
    `component_prefix` is `updates/` in Debian's security archive, where only the Release file shows it.
    `keys` sign besides `key`; `unsigned` leaves a bare Release file; `stanza_extra` overrides fields by package name.
    """
    by_component = packages if isinstance(packages, Mapping) else {components[0]: packages}
    built = {name: [_Indexed.of(data, name) for data in debs] for name, debs in by_component.items()}
    every = [indexed for debs in built.values() for indexed in debs]
    wanted = architectures or sorted({"amd64"} | {one.architecture for one in every if one.architecture != "all"})
    files = {indexed.path: indexed.data for indexed in every}
    table: dict[str, bytes] = {}
    for component in components:
        for architecture in wanted:
            stem = f"{component}/binary-{architecture}/Packages"
            text = _packages(built.get(component, ()), architecture, stanza_extra or {})
            table[stem] = text
            for compression in compressions:
                suffix = "" if compression == "none" else f".{compression}"
                table[stem + suffix] = compress(text, compression)
    served = {path: data for path, data in table.items() if "." in path.rpartition("/")[2] or "none" in compressions}
    for path, data in served.items():
        files[f"dists/{suite}/{path}"] = data
        if by_hash:
            folder = path.rpartition("/")[0]
            files[f"dists/{suite}/{folder}/by-hash/SHA256/{hashlib.sha256(data).hexdigest()}"] = data
    fields = {
        "Origin": origin, "Label": label, "Suite": suite, "Codename": codename or suite, "Version": version,
        "Date": _date(date), "Valid-Until": _date(valid_until) if valid_until is not None else "",
        "Acquire-By-Hash": "yes" if by_hash else "", "No-Support-for-Architecture-all": "Packages",
        "Architectures": " ".join(["all", *wanted]),
        "Components": " ".join(component_prefix + component for component in components),
        "Description": "made for a test", **(release_extra or {}),
    }  # fmt: skip
    release = "".join(f"{name}: {value}\n" for name, value in fields.items() if value) + _table(table)
    signers = () if unsigned else (key or signing_key(), *keys)
    files |= _signed(release.encode(), f"dists/{suite}", signers, inline=inline, detached=detached)
    return Archive(
        files=files,
        key=b"".join(signer.certificate for signer in signers),
        suite=suite,
        release=release.encode(),
        pool={indexed.name: indexed.path for indexed in every},
    )


def sign_clear(data: bytes, signers: Sequence[SigningKey]) -> bytes:
    """`data` signed by every one of `signers`, in one clear-signed text as Debian's InRelease."""
    texts = [signer.sign_clear(data) for signer in signers]
    return texts[0].partition(_BEGIN)[0] + _merged(texts)


def sign_detached(data: bytes, signers: Sequence[SigningKey]) -> bytes:
    """The signatures of every one of `signers` over `data` in one armored block, as Debian's Release.gpg."""
    return _merged([signer.sign_detached(data) for signer in signers])


@dataclass(frozen=True, slots=True)
class _Indexed:
    name: str
    architecture: str
    control: Mapping[str, str]
    path: str
    data: bytes

    @classmethod
    def of(cls, data: bytes, component: str) -> _Indexed:
        control = parse_paragraph(read_deb(io.BytesIO(data), "made").control.decode(), "made")
        name, architecture = control["Package"], control["Architecture"]
        source = control.get("Source", name).split(" ")[0]
        version = control["Version"].rpartition(":")[2]
        folder = source[:4] if source.startswith("lib") else source[:1]
        path = f"pool/{component}/{folder}/{source}/{name}_{version}_{architecture}.deb"
        return cls(name, architecture, dict(control), path, data)

    def stanza(self, extra: Mapping[str, str]) -> str:
        fields = {name: self.control[name] for name in _ORDER if name in self.control}
        fields |= {
            "Filename": self.path,
            "Size": str(len(self.data)),
            "SHA256": hashlib.sha256(self.data).hexdigest(),
        }
        return "".join(f"{name}: {value}\n" for name, value in (fields | dict(extra)).items())


def _packages(debs: Sequence[_Indexed], architecture: str, extra: Mapping[str, Mapping[str, str]]) -> bytes:
    stanzas = [one.stanza(extra.get(one.name, {})) for one in debs if one.architecture in (architecture, "all")]
    return "\n".join(stanzas).encode()


def _table(files: Mapping[str, bytes]) -> str:
    lines = [f" {hashlib.sha256(data).hexdigest()} {len(data):>8} {path}\n" for path, data in sorted(files.items())]
    weak = [f" {hashlib.md5(data).hexdigest()} {len(data):>8} {path}\n" for path, data in sorted(files.items())]
    return "".join(["MD5Sum:\n", *weak, "SHA256:\n", *lines])


def _signed(
    release: bytes, folder: str, signers: Sequence[SigningKey], *, inline: bool, detached: bool
) -> dict[str, bytes]:
    files = {}
    if inline and signers:
        files[f"{folder}/InRelease"] = sign_clear(release, signers)
    if detached or not inline or not signers:
        files[f"{folder}/Release"] = release
        if signers:
            files[f"{folder}/Release.gpg"] = sign_detached(release, signers)
    return files


def _merged(texts: Sequence[bytes]) -> bytes:
    packets = b"".join(_dearmored(text.partition(_BEGIN)[2]) for text in texts)
    return str(armor(packets, ArmorKind.Signature)).encode()


def _dearmored(text: bytes) -> bytes:
    """The packets of an armored block whose first line is gone; the checksum line begins with `=`."""
    body = text.replace(b"\r\n", b"\n").partition(b"\n\n")[2].partition(b"-----END")[0]
    return base64.b64decode(b"".join(line for line in body.split(b"\n") if not line.startswith(b"=")))


def _date(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%a, %d %b %Y %H:%M:%S UTC")

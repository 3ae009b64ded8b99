"""Upstream programs from those who publish them: the project's own site, or the npm registry of this machine.

The pinned digest of each file decides; what the publisher says of its files is checked besides, where it says any.

- `dist`: with `SHASUMS256.txt` and a signature beside the archive (`.asc`, or `.sig`), the signature must be by a key
  of the catalogue's `keys/PROGRAM-*.asc`, and the archive must have the digest that it signs.
  The catalogue has no such keys today, so that nobody can judge the signature, and the pin alone decides.
- `carried`: the files come with Bareboat itself, in a folder of the catalogue; nobody is asked.
- `npm`: the tarball must have the registry's sha512 integrity; where the registry offers signatures and keys
  (`/-/npm/v1/keys`), they must hold. A registry that offers none, as many a proxy does, leaves it to the pin.

A publisher whose evidence is wrong is passed over for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bareboat.base.digest import Digest
from bareboat.base.document import Document
from bareboat.base.errors import (
    ConfigurationError,
    FetchError,
    FormatError,
    NotFoundError,
    OfflineError,
    StaleLockError,
    TrustError,
)
from bareboat.base.frozen import frozen
from bareboat.base.platform import architecture
from bareboat.debian.inflate import Limits as InflateLimits
from bareboat.debian.inflate import inflated
from bareboat.debian.tar import TarReader
from bareboat.plan.data import catalog_bytes
from bareboat.plan.evidence import read_integrity, read_npm_keys, read_npm_signatures, verify_npm, verify_shasums
from bareboat.plan.keyring import Keyring, key_folder, pinned_keyring
from bareboat.plan.lock import LockedFile, LockedUpstream
from bareboat.plan.upstream import CARRIED, Program
from bareboat.store.blobs import Blobs, read
from bareboat.store.fetch import Artifact, Fetcher
from bareboat.store.limits import DEFAULT as LIMITS
from bareboat.store.npm import Registry

_MOST_DOCUMENT_BYTES = 64 << 20
_MOST_ARCHIVE_BYTES = 512 << 20
_ARCHIVE_LIMITS = InflateLimits(max_bytes=_MOST_ARCHIVE_BYTES)
_MAGIC = {"gz": b"\x1f\x8b", "xz": b"\xfd7zXZ\0", "bz2": b"BZh", "zst": b"\x28\xb5\x2f\xfd"}


@frozen
class Publishers:
    """Those who publish upstream programs, asked in turn.

    `registry` finds out the npm registry when it is needed, and `keyring` who may sign for a program, None when nobody
    is known.
    """

    fetcher: Fetcher
    blobs: Blobs
    registry: Callable[[], Registry]
    keyring: Callable[[str], Keyring | None]

    def bring(self, program: Program, built: LockedUpstream, files: Sequence[LockedFile]) -> None:
        """Bring `files` of a build of `program` into the store.

        Raises:
            OfflineError: When the network is switched off.
            FetchError: When no publisher has them as they are pinned, with the reason of each.
            StaleLockError: When this version of Bareboat carries others than the lock has.
        """
        if CARRIED in program.sources:
            self._take_carried(program.sources[CARRIED], built, files)
            return
        reasons: list[str] = []
        offline: OfflineError | None = None
        for kind, template in program.sources.items():
            npm = architecture(built.architecture).npm or built.architecture
            place = template.format(version=built.version, npm=npm)
            try:
                archive = self._npm(place, built.version) if kind == "npm" else self._dist(place, program.name)
                members = unpacked_members(archive, [file.member for file in files], place)
                for file in files:
                    if file.member not in members:
                        raise NotFoundError(f'the archive has no "{file.member}"')
                    self.blobs.add([members[file.member]], expected=file.sha256, size=file.size)
            except (FetchError, FormatError, TrustError, ConfigurationError) as error:
                offline = error if isinstance(error, OfflineError) else offline
                reasons.append(f"  {kind}: {error.message}")
            else:
                return
        if offline is not None:
            raise offline
        raise FetchError(
            "\n".join([f"cannot get {built.name} {built.version} for {built.architecture}:", *reasons]),
            hint="set NPM_CONFIG_REGISTRY to a registry that has it, or allow this machine to reach nodejs.org",
        )

    def _take_carried(self, folder: str, built: LockedUpstream, files: Sequence[LockedFile]) -> None:
        """Files of the catalogue: those of an architecture are in a folder of its name, others belong to all."""
        for file in files:
            data = catalog_bytes(folder, built.architecture, file.member) or catalog_bytes(folder, file.member)
            if data is None or Digest.of(data) != file.sha256:
                raise StaleLockError(
                    f"the lock has {built.name} {built.version} for {built.architecture}, and this version of Bareboat "
                    f"carries another {file.member}",
                    hint=f"run `bareboat lock --upgrade {built.name}`, or use the version that wrote the lock",
                )
            self.blobs.add([data], expected=file.sha256, size=file.size)

    def _dist(self, url: str, program: str) -> bytes:
        """The archive at `url`, checked against the signed list beside it when there is one that can be judged."""
        folder, _, name = url.rpartition("/")
        keyring = self.keyring(program)
        page = self.fetcher.fetch_unpinned(name, [url], max_bytes=_MOST_ARCHIVE_BYTES)
        if keyring is not None:
            digests = self._shasums(folder, keyring)
            if digests is not None and digests.get(name) != Digest.of(page.data):
                raise TrustError(f"{url}: is not what the signed SHASUMS256.txt promises")
        return page.data

    def _shasums(self, folder: str, keyring: Keyring) -> dict[str, Digest] | None:
        """The digests of a site's signed list; None when the site offers no signature."""
        clear = self._offered(f"{folder}/SHASUMS256.txt.asc")
        if clear is not None:
            return dict(verify_shasums(clear, None, keyring, f"{folder}/SHASUMS256.txt.asc"))
        text, signature = (self._offered(f"{folder}/SHASUMS256.txt{suffix}") for suffix in ("", ".sig"))
        if text is None or signature is None:
            return None
        return dict(verify_shasums(text, signature, keyring, f"{folder}/SHASUMS256.txt"))

    def _npm(self, package: str, version: str) -> bytes:
        """The tarball of an npm package, checked against the registry's integrity and, where it has one, signature."""
        registry = self.registry()
        name = f"{package}@{version}"
        page = self.fetcher.fetch_unpinned(name, registry.urls(f"{package}/{version}"), max_bytes=_MOST_DOCUMENT_BYTES)
        document = Document.parse(page.data, name)
        if (document.string("name"), document.string("version")) != (package, version):
            raise TrustError(f"{name}: the registry answers with another package or version")
        dist = document.document("dist")
        integrity = dist.string("integrity")
        signatures = read_npm_signatures(dist)
        if signatures:
            found = self._offered(*registry.urls("-/npm/v1/keys"))
            if found is not None:
                keys = read_npm_keys(Document.parse(found, f"{name}: the registry's keys"))
                verify_npm(package, version, integrity, signatures, keys)
        artifact = Artifact(name=name, digest=read_integrity(integrity, name), urls=(dist.string("tarball"),))
        return read(self.blobs, self.fetcher.fetch(artifact))

    def _offered(self, url: str) -> bytes | None:
        """The bytes at `url`, None when they are not there."""
        try:
            return self.fetcher.fetch_unpinned(url, [url], max_bytes=LIMITS.max_release_bytes).data
        except NotFoundError:
            return None


def publisher_keyring(program: str) -> Keyring | None:
    """The catalogue's keys of those who may sign for `program`, `keys/PROGRAM-*.asc`; None without any."""
    names = sorted(file.name for file in key_folder().iterdir() if file.name.startswith(f"{program}-"))
    return pinned_keyring(names) if names else None


def unpacked_members(data: bytes, members: Sequence[str], where: str) -> dict[str, bytes]:
    """The wanted members of a tar, with any compression, whose first folder has any name.

    Raises:
        FormatError: When it is damaged.
        LimitError: When more comes out of it than any program has.
    """
    compression = next((name for name, magic in _MAGIC.items() if data.startswith(magic)), "")
    tar = TarReader(inflated([data], compression, where, _ARCHIVE_LIMITS), where)
    found: dict[str, bytes] = {}
    while (entry := tar.next_entry()) is not None:
        name = entry.name.partition("/")[2]
        if name in members and entry.type == "0":
            found[name] = b"".join(tar.chunks())
    return found

"""What a lock names, brought into the store: packages, upstream programs and pinned downloads.

Each is tried at every place that may have it; content decides.
"""

from __future__ import annotations

import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bareboat.base.digest import Digest
from bareboat.base.document import Document
from bareboat.base.epoch import Epoch
from bareboat.base.errors import BareboatError, FetchError, FormatError, NotFoundError
from bareboat.base.platform import architecture
from bareboat.plan.config import FileWish
from bareboat.plan.lock import Lock, LockedPackage, LockedUpstream
from bareboat.plan.recipe import Recipe
from bareboat.plan.upstream import Program
from bareboat.store.blobs import Blobs, read
from bareboat.store.fetch import Artifact, Fetcher
from bareboat.store.mirrors import Mirrors
from bareboat.store.npm import Registry

_MOST_PACKUMENT_BYTES = 64 << 20
_MOST_ARCHIVE_BYTES = 512 << 20
_SNAPSHOT_SLACK_S = 6 * 3600
"""How long after an archive's own date the snapshot service is sure to have taken it, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obtainer:
    """Fetches what locks name.

    `mirrors` has Debian's archives and those of the configuration, by the name that the lock gives them;
    `registry` finds out the npm registry when it is needed.
    """

    fetcher: Fetcher
    blobs: Blobs
    mirrors: Mirrors
    programs: dict[str, Program]
    registry: Callable[[], Registry]

    def obtain(self, lock: Lock, recipes: Sequence[Recipe], architectures: Sequence[str] | None) -> None:
        """Bring everything that building `recipes` needs into the store.

        Raises:
            FetchError: When something cannot be had.
            DigestMismatchError: When every place has something else under its name.
        """
        packages, programs = needed(lock, recipes, architectures)
        artifacts = {package.sha256: self._package(package, lock) for package in packages}
        for wish in _downloads(recipes):
            if wish.url is not None and wish.sha256 is not None:
                artifacts[wish.sha256] = Artifact(name=f"/{wish.path}", digest=wish.sha256, urls=(wish.url,))
        self.fetcher.fetch_many([artifacts[digest] for digest in sorted(artifacts)])
        for program in programs:
            self._program(program)

    def _package(self, package: LockedPackage, lock: Lock) -> Artifact:
        archive = package.archive.split("/")
        place = archive[1] if len(archive) > 2 else package.archive
        state = lock.archives.get(package.archive)
        mirrors = self.mirrors if state is None else self.mirrors.at(Epoch(state.date + _SNAPSHOT_SLACK_S))
        return Artifact(
            name=f"{package.name} {package.version} ({package.architecture})",
            digest=package.sha256,
            size=package.size,
            urls=mirrors.pinned_urls(place, package.path),
        )

    def _program(self, built: LockedUpstream) -> None:
        missing = [file for file in built.files if not self.blobs.has(file.sha256)]
        if not missing:
            return
        program = self.programs[built.name]
        reasons: list[str] = []
        for kind, template in program.sources.items():
            try:
                members = self._members(kind, template, built)
                for file in missing:
                    if file.member not in members:
                        raise NotFoundError(f'the archive has no "{file.member}"')
                    self.blobs.add([members[file.member]], expected=file.sha256, size=file.size)
            except BareboatError as error:
                reasons.append(f"  {kind}: {error.message}")
            else:
                return
        raise FetchError(
            "\n".join([f"cannot get {built.name} {built.version} for {built.architecture}:", *reasons]),
            hint="set NPM_CONFIG_REGISTRY to a registry that has it, or allow this machine to reach nodejs.org",
        )

    def _members(self, kind: str, template: str, built: LockedUpstream) -> dict[str, bytes]:
        npm = architecture(built.architecture).npm or built.architecture
        name = template.format(version=built.version, npm=npm)
        if kind == "npm":
            digest = self._npm(name, built.version)
            return _unpacked(read(self.blobs, digest), [file.member for file in built.files], name)
        page = self.fetcher.fetch_unpinned(name, [name], max_bytes=_MOST_ARCHIVE_BYTES)
        return _unpacked(page.data, [file.member for file in built.files], name)

    def _npm(self, package: str, version: str) -> Digest:
        """The tarball of an npm package, checked against the registry's own integrity (sha512)."""
        registry = self.registry()
        name = f"{package}@{version}"
        page = self.fetcher.fetch_unpinned(name, registry.urls(f"{package}/{version}"), max_bytes=_MOST_PACKUMENT_BYTES)
        dist = Document.parse(page.data, name).document("dist")
        digest = _integrity(dist.string("integrity"), name)
        return self.fetcher.fetch(Artifact(name=name, digest=digest, urls=(dist.string("tarball"),)))


def needed(
    lock: Lock, recipes: Iterable[Recipe], architectures: Sequence[str] | None
) -> tuple[tuple[LockedPackage, ...], tuple[LockedUpstream, ...]]:
    """The packages and programs of `recipes` for `architectures` (None for all of them), each once, sorted by id."""
    stages = [
        stage
        for recipe in recipes
        if recipe.name in lock.images
        for arch, stages in lock.images[recipe.name].stages.items()
        if architectures is None or arch in architectures
        for stage in stages
    ]
    packages = sorted({name for stage in stages for name in stage.packages})
    programs = sorted({name for stage in stages for name in stage.upstream})
    return tuple(lock.packages[name] for name in packages), tuple(lock.upstream[name] for name in programs)


def _downloads(recipes: Iterable[Recipe]) -> Iterable[FileWish]:
    return (
        wish
        for recipe in recipes
        for stage in (*recipe.stages, *recipe.debug_stages)
        for wish in stage.files
        if wish.url is not None
    )


def _integrity(text: str, where: str) -> Digest:
    """Subresource Integrity, `sha512-<base64>`, as npm writes it."""
    import base64  # noqa: PLC0415
    import binascii  # noqa: PLC0415

    for word in text.split():
        algorithm, _, value = word.partition("-")
        if algorithm == "sha512":
            try:
                return Digest("sha512", base64.b64decode(value, validate=True).hex())
            except binascii.Error as error:
                raise FormatError(f'{where}: cannot read the integrity "{word[:100]}"') from error
    raise FormatError(f"{where}: the registry gives no sha512 integrity")


def _unpacked(data: bytes, members: Sequence[str], where: str) -> dict[str, bytes]:
    """The wanted members of a tar whose first folder has any name."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
            for entry in archive:
                name = entry.name.partition("/")[2]
                if name in members and entry.isreg() and entry.size <= _MOST_ARCHIVE_BYTES:
                    stream = archive.extractfile(entry)
                    found[name] = stream.read() if stream is not None else b""
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise FormatError(f"{where}: cannot read as an archive: {error}") from error
    return found

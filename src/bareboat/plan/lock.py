"""The decision as a value: every package of every image, with the archive state that vouches for it.

A lock names no host: content decides, and any mirror will do.
`plan.lock_file` reads and writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from bareboat.base.canon import canonical, list_of, mapping_of
from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.frozen import frozen

FORMAT = 1
"""The version of the lock's own shape."""

BYTE_FORMAT = 4
"""The version of everything between a lock and the bytes of an image: raised when the same lock gives other bytes."""


@frozen
class LockedArchive:
    """A suite as it was when the decision was made.

    `name` is `distro/archive/suite`; `release` the digest of the signed file as it came; `signed_by` are fingerprints;
    `missing` are architectures (Debian's names) whose index could not be had, and that the user chose to do without.
    """

    name: str
    codename: str
    date: Epoch
    valid_until: Epoch | None
    release: Digest
    signed_by: tuple[str, ...]
    missing: tuple[str, ...] = ()


@frozen
class LockedPackage:
    """A .deb: its identity, its bytes, and what it said of itself when it was chosen.

    `seen` is the date of the archive's state that had it last, where the lock's own state of the archive is newer.
    """

    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    archive: str
    path: str
    size: int
    sha256: Digest
    depends: str = ""
    provides: str = ""
    seen: Epoch | None = None

    @property
    def id(self) -> str:
        """`name=version:architecture`, unique in a lock."""
        return f"{self.name}={self.version}:{self.architecture}"


@frozen
class LockedFile:
    """One file of an upstream program, by content."""

    member: str
    sha256: Digest
    size: int


@frozen
class LockedUpstream:
    """A program that is not Debian's, pinned by the content of each of its files; `architecture` is OCI's name."""

    name: str
    version: str
    architecture: str
    files: tuple[LockedFile, ...]
    evidence: str

    @property
    def id(self) -> str:
        """`name=version:architecture`, unique in a lock."""
        return f"{self.name}={self.version}:{self.architecture}"


@frozen(kw_only=False)
class LockedBlob:
    """Bytes by content."""

    digest: Digest
    size: int


@frozen
class LockedBaseImage:
    """An image that others are built on, on one architecture: its documents, and its layers, base first."""

    manifest: LockedBlob
    config: LockedBlob
    layers: tuple[LockedBlob, ...]

    @property
    def blobs(self) -> tuple[LockedBlob, ...]:
        """Everything that it is made of."""
        return (self.manifest, self.config, *self.layers)


@frozen
class LockedBase:
    """What a reference in `from:` stood for: its index or only manifest; images by architecture (OCI's names).

    `architectures` are all that it is there for, `images` those that somebody built on.
    """

    reference: str
    digest: Digest
    architectures: tuple[str, ...]
    images: Mapping[str, LockedBaseImage]


@frozen
class LockedStage:
    """What one stage adds: ids of packages and upstream programs, sorted."""

    name: str
    packages: tuple[str, ...]
    upstream: tuple[str, ...] = ()


@frozen
class LockedImage:
    """An image's stages for each architecture (OCI's names), and the digest of the wishes that they answer.

    `drift` names source packages whose versions differ between the architectures; `base` is the reference of the base
    image that it stands on, or empty.
    """

    name: str
    wish: Digest
    stages: Mapping[str, tuple[LockedStage, ...]]
    drift: tuple[str, ...] = ()
    base: str = ""


@frozen
class Lock:
    """Everything that a build needs to know besides the configuration."""

    byte_format: int = BYTE_FORMAT
    archives: Mapping[str, LockedArchive] = field(default_factory=lambda: MappingProxyType({}))
    bases: Mapping[str, LockedBase] = field(default_factory=lambda: MappingProxyType({}))
    packages: Mapping[str, LockedPackage] = field(default_factory=lambda: MappingProxyType({}))
    upstream: Mapping[str, LockedUpstream] = field(default_factory=lambda: MappingProxyType({}))
    images: Mapping[str, LockedImage] = field(default_factory=lambda: MappingProxyType({}))

    def packages_of(self, image: str, architecture: str) -> tuple[LockedPackage, ...]:
        """The packages of an image on an architecture (OCI's name), stage by stage; none where it does not have it."""
        found = self.images.get(image)
        stages = found.stages.get(architecture, ()) if found is not None else ()
        return tuple(self.packages[identity] for stage in stages for identity in stage.packages)

    def base_of(self, image: str, architecture: str) -> LockedBaseImage | None:
        """The base image of an image on an architecture (OCI's name); None where it has none."""
        found = self.images.get(image)
        base = self.bases.get(found.base) if found is not None and found.base else None
        return None if base is None else base.images.get(architecture)

    def contents(self) -> dict[str, Digest]:
        """The digest of what was decided for each image, by name: a lock that was edited or merged badly has another.

        It is the digest of one document for each image; images have most of their stages in common, so every stage is
        written once.
        """
        distinct = {stage for image in self.images.values() for stages in image.stages.values() for stage in stages}
        written = {stage: self._written(stage) for stage in distinct}
        return {name: Digest.of(self._content(image, written)) for name, image in self.images.items()}

    def _content(self, image: LockedImage, written: Mapping[LockedStage, bytes]) -> bytes:
        stages = {arch: list_of(written[stage] for stage in stages) for arch, stages in image.stages.items()}
        said = [canonical(str(image.wish)), mapping_of(stages)]
        if image.base:
            bases = self.bases[image.base].images
            said.append(canonical({arch: [str(blob.digest) for blob in bases[arch].blobs] for arch in stages}))
        return list_of(said)

    def _written(self, stage: LockedStage) -> bytes:
        packages = [[name, str(self.packages[name].sha256)] for name in stage.packages]
        programs = [[name, [str(file.sha256) for file in self.upstream[name].files]] for name in stage.upstream]
        return canonical([stage.name, packages, programs])

    def pruned(self) -> Lock:
        """This lock without packages, programs and archives that no image has."""
        stages = [stage for image in self.images.values() for stages in image.stages.values() for stage in stages]
        package_ids = {identity for stage in stages for identity in stage.packages}
        upstream_ids = {identity for stage in stages for identity in stage.upstream}
        packages = {identity: self.packages[identity] for identity in sorted(package_ids)}
        used = {package.archive for package in packages.values()}
        bases = {image.base for image in self.images.values()}
        distros = {name.partition("/")[0] for name in used}
        return Lock(
            byte_format=self.byte_format,
            archives=MappingProxyType(
                {name: self.archives[name] for name in sorted(self.archives) if name.partition("/")[0] in distros}
            ),
            bases=MappingProxyType({name: self.bases[name] for name in sorted(self.bases) if name in bases}),
            packages=MappingProxyType(packages),
            upstream=MappingProxyType({identity: self.upstream[identity] for identity in sorted(upstream_ids)}),
            images=MappingProxyType(dict(sorted(self.images.items()))),
        )

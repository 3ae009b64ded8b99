"""Makes what a build works on, one line each: a workshop in memory, packages in it, stages, orders, builders.

    bench = Bench()
    order = bench.order(make_stage("static", bench.package("hello", files={"/usr/bin/hello": "hi"})))
    layers = assemble(order, bench.workshop)
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.observer import Observer, Silent
from bareboat.base.path import ImagePath
from bareboat.base.platform import architecture
from bareboat.base.problem import Place
from bareboat.make.assemble import Assembly, Layers
from bareboat.make.build import Builder
from bareboat.make.compress import compression
from bareboat.make.crew import Crew
from bareboat.make.layer import Layer
from bareboat.make.order import Order
from bareboat.make.workshop import Workshop
from bareboat.oci.media import Compression
from bareboat.oci.payload import unpacked
from bareboat.oci.validate_layer import validate_layer_tar
from bareboat.plan.config.config import (
    Accounts,
    FileWish,
    GroupWish,
    PackageWish,
    TrustWish,
    UpstreamWish,
    UserWish,
    Variant,
)
from bareboat.plan.distro import Distro
from bareboat.plan.lock import Lock, LockedArchive, LockedFile, LockedImage, LockedPackage, LockedStage, LockedUpstream
from bareboat.plan.recipe import Recipe, RunConfig, Stage
from bareboat.plan.upstream import Installed, Program
from bareboat.store.blobs import Blobs, Records, read
from bareboat.store.memory import MemoryStore
from tests.makers.deb import Entry, directory, make_deb, symlink


class Store(Blobs, Records, Protocol):
    """Blobs and records in one."""


DISTRO = Distro(
    name="debian13", title="Debian 13", version="13", codename="trixie", suites=(), merged_usr=True,
    end_of_life="2030-06-30",
)  # fmt: skip
PLACE = Place("bareboat.yaml", 7, 5)

MERGED_USR: tuple[Entry, ...] = (
    *(directory(path) for path in ("usr", "usr/bin", "usr/sbin", "usr/lib", "etc", "var", "var/lib")),
    *(symlink(name, f"usr/{name}") for name in ("bin", "sbin", "lib")),
)
"""What base-files has of a merged /usr."""

ACCOUNTS = Accounts(
    users=(
        UserWish(name="root", uid=0, gid=0, home="/root"),
        UserWish(name="nonroot", uid=65532, gid=65532, home="/home/nonroot", home_mode=0o700),
    ),
    groups=(GroupWish(name="root", gid=0), GroupWish(name="staff", gid=50)),
)


def assemble(order: Order, workshop: Workshop) -> Layers:
    """The layers of an order, by a crew of one."""
    with Crew(workshop, 1) as crew:
        return Assembly(order, workshop, crew).finish()


@dataclass(frozen=True)
class MadeStage:
    """A stage of a recipe with what the lock has for it."""

    stage: Stage
    packages: tuple[LockedPackage, ...]
    upstream: tuple[LockedUpstream, ...]

    @property
    def locked(self) -> LockedStage:
        """The lock's word."""
        return LockedStage(
            name=self.stage.name,
            packages=tuple(sorted(package.id for package in self.packages)),
            upstream=tuple(sorted(program.id for program in self.upstream)),
        )


def make_stage(
    name: str, *packages: LockedPackage, upstream: Sequence[LockedUpstream] = (), files: Sequence[FileWish] = (),
    effects: Sequence[str] = (), accounts: Accounts | None = None, trust: Sequence[TrustWish] = (),
    wishes: Sequence[str] | None = None,
) -> MadeStage:  # fmt: skip
    """A stage that wishes for all its packages, unless `wishes` says other relations."""
    relations = [package.name for package in packages] if wishes is None else wishes
    stage = Stage(
        name=name,
        packages=tuple(PackageWish(relation=relation) for relation in relations),
        upstream=tuple(UpstreamWish(name=program.name, version=program.version) for program in upstream),
        files=tuple(files), effects=tuple(effects), accounts=accounts or Accounts(), trust=tuple(trust),
    )  # fmt: skip
    return MadeStage(stage, packages, tuple(upstream))


def make_file(path: str, **fields: Any) -> FileWish:
    """A wish for a file at `bareboat.yaml:7:5`."""
    return FileWish(path=ImagePath(path.lstrip("/")), place=PLACE, **fields)


def make_recipe(
    name: str, stages: Sequence[MadeStage], debug: Sequence[MadeStage] = (), *, run: RunConfig | None = None,
    **fields: Any,
) -> Recipe:  # fmt: skip
    """A recipe of debian13 for amd64, in all variants that it can have."""
    variants = tuple(variant for variant in Variant if debug or not variant.is_debug)
    fields = {"image": name, "distro": "debian13", "title": "", "base": None, "architectures": ("amd64",)} | fields
    return Recipe(
        name=name, stages=tuple(made.stage for made in stages), debug_stages=tuple(made.stage for made in debug),
        variants=fields.pop("variants", variants), runs=MappingProxyType(dict.fromkeys(Variant, run or RunConfig())),
        **fields,
    )  # fmt: skip


def make_lock(
    images: Mapping[str, Mapping[str, Sequence[MadeStage]]], archives: Sequence[LockedArchive] = ()
) -> Lock:
    """A lock of images, each with its stages (debug ones last) for every architecture (OCI's names)."""
    made = [one for stages in images.values() for several in stages.values() for one in several]
    return Lock(
        archives=MappingProxyType({archive.name: archive for archive in archives}),
        packages=MappingProxyType({package.id: package for one in made for package in one.packages}),
        upstream=MappingProxyType({program.id: program for one in made for program in one.upstream}),
        images=MappingProxyType({
            name: LockedImage(
                name=name,
                wish=Digest.of(name.encode()),
                stages=MappingProxyType({
                    arch: tuple(one.locked for one in several) for arch, several in stages.items()
                }),
            )
            for name, stages in images.items()
        }),
    )


def make_archive(name: str, *, missing: Sequence[str] = ()) -> LockedArchive:
    """A suite as it was."""
    return LockedArchive(
        name=name, codename="trixie", date=Epoch(0), valid_until=None, release=Digest.of(b""), signed_by=(),
        missing=tuple(missing),
    )  # fmt: skip


class Bench:
    """A workshop in memory, and packages in it."""

    def __init__(self, compressed: str = "gzip", store: Store | None = None, observer: Observer | None = None):
        self.store = MemoryStore() if store is None else store
        self.programs: dict[str, Program] = {}
        self.workshop = Workshop(
            blobs=self.store, records=self.store, compression=compression(compressed), observer=observer or Silent()
        )

    def package(self, name: str, version: str = "1.0", **fields: Any) -> LockedPackage:
        """A package whose .deb is in the store; `fields` are those of `make_deb`."""
        return self.locked(name, make_deb(name, version, **fields), version, fields.get("architecture", "amd64"))

    def locked(self, name: str, deb: bytes, version: str = "1.0", arch: str = "amd64") -> LockedPackage:
        """The package whose .deb is `deb`."""
        return LockedPackage(
            name=name, version=version, architecture=arch, source=name, source_version=version,
            archive="debian13/debian/trixie", path=f"pool/{name}.deb", size=len(deb), sha256=self.store.add([deb]),
        )  # fmt: skip

    def base_files(self, *entries: Entry, **fields: Any) -> LockedPackage:
        """The package base-files with a merged /usr."""
        return self.package("base-files", entries=[*MERGED_USR, *entries], **fields)

    def program(self, name: str, files: Mapping[str, bytes], version: str = "22.1.0") -> LockedUpstream:
        """An upstream program whose files by path are in the store."""
        self.programs[name] = Program(
            name=name, title=name, sources=MappingProxyType({}), pins=MappingProxyType({}),
            files=tuple(Installed(member=path, path=path, mode=0o755) for path in files),
        )  # fmt: skip
        locked = tuple(
            LockedFile(member=path, sha256=self.store.add([data]), size=len(data)) for path, data in files.items()
        )
        return LockedUpstream(name=name, version=version, architecture="amd64", files=locked, evidence="made")

    def order(
        self, *stages: MadeStage, debug: Sequence[MadeStage] = (), arch: str = "amd64", folder: Path = Path(),
        archives: Sequence[LockedArchive] = (), distro: Distro = DISTRO, **fields: Any,
    ) -> Order:  # fmt: skip
        """An order of the image `image`; `fields` are those of its recipe."""
        recipe = make_recipe("image", stages, debug, **fields)
        return Order(
            recipe=recipe, architecture=architecture(arch), distro=distro, programs=self.programs, folder=folder,
            lock=make_lock({"image": {arch: [*stages, *debug]}}, archives),
        )  # fmt: skip

    def layers(self, order: Order, *, debug: bool = False) -> tuple[Layer, ...]:
        """The layers of an order, judged by a strict reader."""
        layers = assemble(order, self.workshop).of(debug=debug)
        assert self.faults(layers) == []
        return layers

    def builder(self, lock: Lock, recipes: Sequence[Recipe], *, jobs: int = 1, folder: Path = Path()) -> Builder:
        """A builder of `recipes`."""
        return Builder(
            workshop=self.workshop, lock=lock, distros={"debian13": DISTRO}, programs=self.programs,
            parents={recipe.name: recipe for recipe in recipes}, folder=folder, jobs=jobs,
        )  # fmt: skip

    def faults(self, layers: Sequence[Layer]) -> list[str]:
        """Every fault of layers that stand on one another."""
        found = []
        kinds: Mapping[ImagePath, str] = {}
        for layer in layers:
            report = validate_layer_tar(io.BytesIO(self.tar(layer)), layer.about, below=kinds)
            found += [str(problem) for problem in report.problems]
            kinds = report.kinds
        return found

    def tar(self, layer: Layer) -> bytes:
        """The uncompressed bytes of a layer."""
        with self.store.open(layer.digest) as stream:
            data = unpacked(stream, Compression(layer.compression)).read()
        assert (layer.diff_id, layer.unpacked_size) == (Digest.of(data), len(data))
        assert layer.size == len(read(self.store, layer.digest))
        return data

    def lines(self, layer: Layer) -> list[str]:
        """The layer as one line for each entry, in its order, without folders that have nothing special."""
        return [line for line in dump_tar(self.tar(layer)) if not line.endswith("/ 0755 0:0")]

    def contents(self, layer: Layer) -> dict[str, bytes]:
        """The bytes of every file of a layer, by path."""
        with tarfile.open(fileobj=io.BytesIO(self.tar(layer))) as archive:
            return {item.name: _bytes(archive, item) for item in archive if item.isreg()}


def dump_tar(data: bytes) -> list[str]:
    """One line for each entry of a tar: path, mode, owner, and what it is or the first twelve digits of its digest."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return [_line(archive, item) for item in archive]


def _line(archive: tarfile.TarFile, item: tarfile.TarInfo) -> str:
    common = f"{item.mode:04o} {item.uid}:{item.gid}"
    if item.isdir():
        return f"{item.name}/ {common}"
    if item.issym():
        return f"{item.name} -> {item.linkname}"
    if item.islnk():
        return f"{item.name} = {item.linkname}"
    if item.isreg():
        return f"{item.name} {common} {Digest.of(_bytes(archive, item)).short}"
    return f"{item.name} {common} device {item.type.decode()} {item.devmajor}:{item.devminor}"


def _bytes(archive: tarfile.TarFile, item: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(item)
    assert stream is not None
    return stream.read()


def short(data: bytes | str) -> str:
    """The first twelve digits of the digest of `data`."""
    return Digest.of(data.encode() if isinstance(data, str) else data).short

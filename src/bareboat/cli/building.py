"""The three acts of a build in their order, and what to say of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bareboat.base.epoch import format_rfc3339
from bareboat.base.errors import DigestMismatchError, FormatError
from bareboat.base.observer import Observer
from bareboat.cli.deciding import Terms, decide
from bareboat.cli.wiring import harbour, npm_registry
from bareboat.make.build import Builder, Built, names_by_architecture, names_of
from bareboat.make.compress import compression
from bareboat.make.workshop import Workshop
from bareboat.plan.decide import check_fresh
from bareboat.plan.desk import Desk
from bareboat.plan.distro import distros
from bareboat.plan.lock import Lock
from bareboat.plan.names import Selection, for_architectures
from bareboat.plan.obtain import Obtainer
from bareboat.plan.upstream import programs
from bareboat.store.blobs import Blobs
from bareboat.store.disk import DiskStore
from bareboat.store.images import NamedImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the command line asks for; `architectures` None means all that an image has."""

    chosen: tuple[Selection, ...]
    architectures: tuple[str, ...] | None
    out: Path
    form: str
    compression: str
    frozen: bool
    jobs: int
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was built, and where it is."""

    built: tuple[Built, ...]
    names: tuple[tuple[str, ...], ...]
    out: Path
    form: str

    def to_document(self) -> dict[str, object]:
        """This for programs."""
        return {
            "out": str(self.out),
            "format": self.form,
            "images": [
                {
                    "image": item.recipe.name,
                    "variant": str(item.variant),
                    "digest": str(item.index.digest),
                    "names": list(names),
                    "architectures": {
                        name: {
                            "digest": str(image.descriptor.digest),
                            "size": image.size,
                            "created": format_rfc3339(image.moment),
                            "layers": [
                                {"digest": str(layer.digest), "size": layer.size, "about": layer.about}
                                for layer in image.layers
                            ],
                            "warnings": sorted({text for layer in image.layers for text in layer.warnings}),
                        }
                        for name, image in item.images.items()
                    },
                }
                for item, names in zip(self.built, self.names, strict=True)
            ],
        }

    def lines(self) -> list[str]:
        """This for people: an image a line, then its warnings, each once."""
        told = []
        warnings: dict[str, None] = {}
        for item in self.built:
            sizes = sorted({image.size for image in item.images.values()})
            size = f"{sizes[0] / 1e6:.2f} MB" if len(sizes) == 1 else f"{sizes[0] / 1e6:.2f}–{sizes[-1] / 1e6:.2f} MB"
            platforms = ",".join(item.images)
            told.append(f"{item.recipe.name}:{item.variant}  {platforms}  {size}  {item.index.digest}")
            layers = [layer for image in item.images.values() for layer in image.layers]
            warnings |= dict.fromkeys(text for layer in layers for text in layer.warnings)
        told += [f"warning: {text}" for text in warnings]
        return [*told, f"written to {self.out}"]


def build(desk: Desk, request: Request, observer: Observer) -> Report:
    """Decide where the lock does not answer, obtain what it names, build, and write out."""
    recipes = for_architectures(request.chosen, request.architectures)
    if request.frozen:
        lock = check_fresh(desk.read_lock(), recipes, desk.sources, str(desk.lock_path))
    else:
        lock = decide(desk, recipes, observer, upgrade=None, force=False, terms=request.terms).lock
    with harbour(desk, lock, observer, offline=request.terms.offline) as here:
        obtainer = Obtainer(
            fetcher=here.fetcher,
            blobs=here.store,
            mirrors=here.mirrors,
            programs=dict(programs()),
            registry=npm_registry,
        )
        workshop = Workshop(
            blobs=here.store, records=here.store, compression=compression(request.compression), observer=observer
        )

        def attempt() -> tuple[Built, ...]:
            obtainer.obtain(lock, tuple(recipes), request.architectures)
            built = _make(desk, request, lock, workshop)
            _write(request, built, desk.catalog.default_distro, here.store)
            return built

        built = _mended(attempt, here.store, observer)
    names = tuple(names_of(item, desk.catalog.default_distro) for item in built)
    return Report(built=built, names=names, out=request.out, form=request.form)


def _mended(attempt: Callable[[], tuple[Built, ...]], store: DiskStore, observer: Observer) -> tuple[Built, ...]:
    """What `attempt` gives; where it met damage, the store is looked through, and it is tried once more.

    Damaged blobs leave the store, so that they are fetched or made again.
    """
    try:
        return attempt()
    except (DigestMismatchError, FormatError):
        damaged = list(store.verify())
        if not damaged:
            raise
        observer.warn(f"the store in {store.folder} was damaged: {len(damaged)} blobs were removed and are had again")
        return attempt()


def _make(desk: Desk, request: Request, lock: Lock, workshop: Workshop) -> tuple[Built, ...]:
    builder = Builder(
        workshop=workshop,
        lock=lock,
        distros=distros(),
        programs=programs(),
        parents={recipe.name: recipe for recipe in desk.recipes},
        folder=desk.folder,
        jobs=request.jobs,
    )
    built: list[Built] = []
    wanted = for_architectures(request.chosen, request.architectures)
    for selection in request.chosen:
        if selection.recipe in wanted:
            built += builder.build([selection.recipe], wanted[selection.recipe], selection.variants)
    return tuple(built)


def _write(request: Request, built: Sequence[Built], default_distro: str, blobs: Blobs) -> None:
    from bareboat.store.archive_file import write_docker_archive, write_oci_archive
    from bareboat.store.layout import write_layout

    indexes: list[NamedImage] = [(names_of(item, default_distro), item.index) for item in built]
    single: list[NamedImage] = [pair for item in built for pair in names_by_architecture(item, default_distro)]
    match request.form:
        case "oci":
            write_layout(request.out, [*indexes, *single], blobs)
        case "oci-archive":
            write_oci_archive(request.out, [*indexes, *single], blobs)
        case _:
            write_docker_archive(request.out, indexes, blobs)

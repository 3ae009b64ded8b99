"""The three acts of a build in their order, and what to say of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bareboat.base.epoch import format_rfc3339
from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer
from bareboat.base.problem import Problem
from bareboat.cli.deciding import Terms, decide
from bareboat.cli.mending import from_the_store, mended
from bareboat.cli.obtaining import obtain
from bareboat.cli.proving import Proof, prove, witness_in
from bareboat.cli.wiring import machine_store
from bareboat.make.build import Builder, Built, Wanted, absent_names, names_by_architecture, names_of
from bareboat.make.compress import compression
from bareboat.make.crew import Crew
from bareboat.make.forked_crew import ForkedCrew, can_fork
from bareboat.make.idle import idle_words
from bareboat.make.workshop import Workshop
from bareboat.plan.desk import Desk
from bareboat.plan.distro import distros
from bareboat.plan.fresh import check_fresh, there
from bareboat.plan.idle import idle_omissions, overruled_omissions
from bareboat.plan.lock import Lock
from bareboat.plan.names import Selection, for_architectures
from bareboat.plan.recipe import Recipe
from bareboat.plan.upstream import programs
from bareboat.store.blobs import Blobs
from bareboat.store.images import NamedImage


@frozen
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
    check: bool = True


@frozen
class Report:
    """What was built, and where it is; `idle` are words of the configuration that do nothing.

    `proof` is what the check came to, None where nobody checked.
    """

    built: tuple[Built, ...]
    names: tuple[tuple[str, ...], ...]
    out: Path
    form: str
    idle: tuple[Problem, ...] = ()
    proof: Proof | None = None

    def to_document(self) -> dict[str, object]:
        """This for programs."""
        return {
            "out": str(self.out),
            "format": self.form,
            "check": None if self.proof is None else self.proof.to_document(),
            "warnings": [str(problem) for problem in self.idle],
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
        warnings: dict[str, None] = dict.fromkeys(map(str, self.idle))
        for item in self.built:
            sizes = sorted({image.size for image in item.images.values()})
            size = f"{sizes[0] / 1e6:.2f} MB" if len(sizes) == 1 else f"{sizes[0] / 1e6:.2f}–{sizes[-1] / 1e6:.2f} MB"
            platforms = ",".join(item.images)
            told.append(f"{item.recipe.name}:{item.variant}  {platforms}  {size}  {item.index.digest}")
            layers = [layer for image in item.images.values() for layer in image.layers]
            warnings |= dict.fromkeys(text for layer in layers for text in layer.warnings)
        told += [f"warning: {text}" for text in warnings]
        told += [self.proof.line()] if self.proof is not None else []
        return [*told, f"written to {self.out}"]


def build(desk: Desk, request: Request, observer: Observer) -> Report:
    """Decide where the lock does not answer, obtain what it names, build, and write out."""
    recipes = for_architectures(request.chosen, request.architectures)
    if request.frozen:
        lock = check_fresh(desk.read_lock(), recipes, desk.sources, str(desk.lock_path))
    else:
        lock = decide(desk, recipes, observer, upgrade=None, force=False, terms=request.terms).lock
    recipes = _on_their_bases(lock, recipes)
    store = machine_store()
    workshop = Workshop(
        blobs=store, records=store, compression=compression(request.compression), observer=observer,
        witness=witness_in(store) if request.check else None,
    )  # fmt: skip

    def attempt() -> tuple[tuple[Built, ...], Proof | None]:
        obtain(
            desk, lock, tuple(recipes), request.architectures, store, observer, offline=request.terms.offline
        )
        with from_the_store():
            built = _make(desk, request, lock, recipes, workshop)
        with from_the_store(own_work=True):
            proof = prove(built, store, observer) if request.check else None
            _write(request, built, desk.catalog.default_distro, store)
        return built, proof

    built, proof = mended(attempt, store, observer)
    names = tuple(names_of(item, desk.catalog.default_distro) for item in built)
    idle = _idle(desk, tuple(recipes), lock, built)
    return Report(built=built, names=names, out=request.out, form=request.form, idle=idle, proof=proof)


def _on_their_bases(lock: Lock, recipes: Mapping[Recipe, tuple[str, ...]]) -> dict[Recipe, tuple[str, ...]]:
    """`recipes` for those architectures that their base images are there for.

    Raises:
        UsageError: When there are none of them.
    """
    found = {recipe: there(lock, recipe, wanted) for recipe, wanted in recipes.items()}
    built = {recipe: wanted for recipe, wanted in found.items() if wanted}
    if recipes and not built:
        names = ", ".join(recipe.name for recipe in recipes)
        bases = [lock.bases[lock.images[recipe.name].base] for recipe in recipes]
        hint = "; ".join(sorted({f"{base.reference} is for {', '.join(base.architectures)}" for base in bases}))
        raise UsageError(f"{names}: the base image is not for the chosen architectures", hint=hint)
    return built


def _idle(desk: Desk, recipes: Sequence[Recipe], lock: Lock, built: Sequence[Built]) -> tuple[Problem, ...]:
    """The words of the user's own configuration that do nothing."""
    if desk.config is None:
        return ()
    file = desk.config.file
    return tuple(sorted([
        *overruled_omissions(desk.own, file), *idle_omissions(recipes, lock, file), *idle_words(built, file),
    ]))  # fmt: skip


def builder_of(desk: Desk, lock: Lock, workshop: Workshop, jobs: int) -> Builder:
    """Who builds what lies on `desk`, by `lock`."""
    return Builder(
        workshop=workshop,
        lock=lock,
        distros=distros(),
        programs=programs(),
        parents=desk.recipes,
        folder=desk.folder,
        jobs=jobs,
        crew=ForkedCrew if jobs > 1 and can_fork() else Crew,
    )


def _make(
    desk: Desk, request: Request, lock: Lock, wanted: Mapping[Recipe, tuple[str, ...]], workshop: Workshop
) -> tuple[Built, ...]:
    builder = builder_of(desk, lock, workshop, request.jobs)
    return builder.build([
        Wanted(recipe=one.recipe, architectures=wanted[one.recipe], variants=one.variants)
        for one in request.chosen
        if one.recipe in wanted
    ])


def _write(request: Request, built: Sequence[Built], default_distro: str, blobs: Blobs) -> None:
    indexes: list[NamedImage] = [(names_of(item, default_distro), item.index) for item in built]
    single: list[NamedImage] = [pair for item in built for pair in names_by_architecture(item, default_distro)]
    match request.form:
        case "oci":
            from bareboat.store.layout import write_layout

            stale = {name for item in built for name in absent_names(item, default_distro)}
            write_layout(request.out, [*indexes, *single], blobs, gone=stale)
        case "oci-archive":
            from bareboat.store.archive_file import write_oci_archive

            write_oci_archive(request.out, [*indexes, *single], blobs)
        case _:
            from bareboat.store.archive_file import write_docker_archive

            write_docker_archive(request.out, indexes, blobs)

"""The check of what a build made, before it is written out: what was proved once is remembered by a single record."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bareboat.base.canon import canonical, digest_of
from bareboat.base.digest import Digest
from bareboat.base.errors import BuildError
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer
from bareboat.inspect.formats import CHECK_KEY
from bareboat.store.disk import DiskStore

if TYPE_CHECKING:  # what a build whose images were proved before does without
    from bareboat.inspect.report import CheckReport
    from bareboat.make.build import Built
    from bareboat.make.composition import Composition
    from bareboat.make.layer import Layer

_KIND = "proof"


@frozen
class Proof:
    """What the check of a build came to: how many images, ELF files and needs it looked at, and how many warnings."""

    images: int
    elves: int
    needs: int
    warnings: int

    def to_document(self) -> dict[str, int]:
        """This for programs."""
        return {"images": self.images, "elf-files": self.elves, "needs": self.needs, "warnings": self.warnings}

    def line(self) -> str:
        """This for people."""
        counts = {"image": self.images, "ELF file": self.elves, "need": self.needs}
        looked_at = ", ".join(_many(number, noun) for noun, number in counts.items())
        if self.warnings:
            return f"checked: {looked_at}; {_many(self.warnings, 'warning')}: `bareboat check` tells more"
        return f"proved: {looked_at}; nothing is missing"


def prove(built: Sequence[Built], store: DiskStore, observer: Observer) -> Proof:
    """Hold every image against every rule.

    Raises:
        BuildError: When one of them breaks one, so that it would fail in use.
    """
    manifests = sorted({image.descriptor.digest for item in built for image in item.images.values()})
    key = digest_of({"check": CHECK_KEY, "manifests": [str(digest) for digest in manifests]})
    return _remembered(store, key) or _proved(built, store, observer, key)


def witness_in(store: DiskStore) -> Callable[[Layer, Composition], None]:
    """Who notes the facts of layers while they are made, so that the check need not read them."""

    def see(layer: Layer, composition: Composition) -> None:
        # what `prove` runs is loaded now, while packages are still worked on: later everything would wait for it
        import bareboat.inspect.check  # noqa: F401
        from bareboat.inspect.made_facts import witness

        witness(layer, composition, store)

    return see


def _remembered(store: DiskStore, key: Digest) -> Proof | None:
    record = store.get(_KIND, key)
    try:
        return None if record is None else Proof(**json.loads(record))
    except (ValueError, TypeError):
        return None


def _proved(built: Sequence[Built], store: DiskStore, observer: Observer, key: Digest) -> Proof:
    from bareboat.inspect.check import examined
    from bareboat.inspect.finding import Severity
    from bareboat.inspect.report import CheckReport

    images = {
        image.descriptor.digest: (f"{item.recipe.name}:{item.variant}", image.descriptor)
        for item in built
        for image in item.images.values()
    }
    report = CheckReport(where="build", images=examined(store, store, list(images.values()), observer=observer))
    found = {one for image in report.images for one in image.findings}
    if any(one.rule.severity is Severity.error for one in found):
        raise _refusal(report)
    counts = report.counts
    proof = Proof(
        images=len(report.images), elves=counts.elves, needs=counts.needs,
        warnings=sum(1 for one in found if one.rule.severity is Severity.warning),
    )  # fmt: skip
    store.put(_KIND, key, canonical({name: getattr(proof, name) for name in ("images", "elves", "needs", "warnings")}))
    return proof


def _refusal(report: CheckReport) -> BuildError:
    from bareboat.inspect.present.check import present_errors

    return BuildError(
        "\n".join(["the check of these images found errors, and nothing was written:", *present_errors(report)]),
        hint="mend the configuration, say `accept` with a reason where it does no harm, or build with --no-check",
    )


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

"""An order becomes layers: each found by its inputs, or composed and joined from members.

A layer is found before anything is unpacked; the tree below is worked out only for a layer that is new.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError
from bareboat.make.inputs import NOTHING, Inputs, inputs_of
from bareboat.make.layer import Layer
from bareboat.make.layering import cut
from bareboat.make.order import Order
from bareboat.make.workshop import Workshop

if TYPE_CHECKING:  # what a build that finds all its layers in the records does without
    from bareboat.make.compose import Composition, Together

_KIND = "layer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """The layers of an image on one architecture, root first; `debug` come on top in debug variants."""

    normal: tuple[Layer, ...]
    debug: tuple[Layer, ...]

    def of(self, *, debug: bool) -> tuple[Layer, ...]:
        """All layers of a variant."""
        return (*self.normal, *self.debug) if debug else self.normal


def assemble(order: Order, workshop: Workshop, together: Together) -> Layers:
    """The layers of `order`, stored.

    Raises:
        BuildError: When packages conflict or an effect cannot work.
        FormatError: When a package is damaged.
        NotFoundError: When the store lacks a package.
    """
    normal: list[Layer] = []
    debug: list[Layer] = []
    ground: _Ground | None = None
    stages: tuple[int, ...] = ()
    for step in cut(order.steps, order.recipe.layers):
        ground = _Ground(inputs_of(order, step, stages, workshop), ground, workshop, together, order.recipe.name)
        stages = (*stages, *step.stages)
        (debug if step.is_debug else normal).append(ground.layer)
    return Layers(normal=tuple(normal), debug=tuple(debug))


class _Ground:
    """Everything up to and with one step: its key, its layer and, when somebody asks, its composition."""

    def __init__(
        self, inputs: Inputs, below: _Ground | None, workshop: Workshop, together: Together, where: str
    ) -> None:
        self._inputs = inputs
        self._below = below
        self._workshop = workshop
        self._together = together
        self._where = where

    @cached_property
    def key(self) -> Digest:
        """The digest of everything that determines the layer and those below it."""
        return self._inputs.key(self._below.key if self._below is not None else NOTHING)

    @cached_property
    def layer(self) -> Layer:
        """The layer, from the records or made now."""
        record = self._workshop.records.get(_KIND, self.key)
        if record is not None:
            try:
                known = Layer.from_bytes(record)
            except FormatError:
                known = None
            if known is not None and self._workshop.blobs.has(known.digest):
                return known
        made = self._make()
        self._workshop.records.put(_KIND, self.key, made.to_bytes())
        return made

    @cached_property
    def composition(self) -> Composition:
        """What the layer holds, worked out on top of everything below."""
        from bareboat.make.compose import Composition, compose

        below = self._below.composition if self._below is not None else Composition()
        return compose(self._inputs, below, self._workshop, self._together, self._where)

    def _make(self) -> Layer:
        from bareboat.make.join import join
        from bareboat.make.members import add_members

        composition = self.composition
        members = [
            *add_members(composition.folders, self._workshop),
            *(member for one in composition.contributions for member in one.members),
            *add_members(composition.files, self._workshop),
        ]
        stored = join(members, self._workshop)
        saved: Counter[str] = Counter()
        for one in composition.contributions:
            saved.update(one.saved)
        return Layer(
            digest=stored.digest,
            size=stored.size,
            diff_id=stored.diff_id,
            unpacked_size=stored.unpacked_size,
            compression=self._workshop.compression.name,
            moment=composition.moment,
            about=self._inputs.about,
            packages=tuple(part.label for part in self._inputs.parts),
            saved=dict(sorted(saved.items())),
            warnings=tuple(warning for one in composition.contributions for warning in one.warnings),
            licences=tuple(sorted({name for one in composition.contributions for name in one.licences})),
        )

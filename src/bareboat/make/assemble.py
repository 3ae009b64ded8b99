"""An order becomes layers: each found by its inputs, or composed and joined from members.

A layer is found before anything is unpacked; the tree below is worked out only for a layer that is new.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError, InternalError
from bareboat.base.frozen import frozen
from bareboat.make.crew import Hands
from bareboat.make.inputs import NOTHING, Inputs, base_of, inputs_of
from bareboat.make.layer import Layer
from bareboat.make.layering import cut
from bareboat.make.order import Order
from bareboat.make.part import Part
from bareboat.make.workshop import Workshop

if TYPE_CHECKING:  # what a build that finds all its layers in the records does without
    from concurrent.futures import Future, ThreadPoolExecutor

    from bareboat.make.base_image import BaseImage
    from bareboat.make.composition import Composition

_KIND = "layer"


@frozen
class Layers:
    """The layers of an image on one architecture, root first; `debug` come on top in debug variants.

    `base` are those of the image of a registry or a layout that it stands on.
    """

    normal: tuple[Layer, ...]
    debug: tuple[Layer, ...]
    base: tuple[Layer, ...] = ()

    def of(self, *, debug: bool) -> tuple[Layer, ...]:
        """All layers of a variant."""
        return (*self.base, *self.normal, *(self.debug if debug else ()))


class Memory:
    """The compositions that were worked out last, by the keys of their layers: images have lower layers in common."""

    def __init__(self, most: int = 20) -> None:
        self._most = most
        self._known: dict[Digest, Composition] = {}

    def get(self, key: Digest) -> Composition | None:
        """The composition of the layer with that key, where it is remembered."""
        known = self._known.pop(key, None)
        if known is not None:
            self._known[key] = known  # the last one used is the last to go
        return known

    def put(self, key: Digest, composition: Composition) -> None:
        """Remember a composition, and forget the one that was not used for longest."""
        self._known[key] = composition
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]


class Assembly:
    """The layers of one order, first looked for, then made by `hands`.

    Raises:
        ConfigurationError: When a local file is missing or cannot be read.
        StaleLockError: When the lock does not have the order.
    """

    def __init__(self, order: Order, workshop: Workshop, hands: Hands, memory: Memory | None = None) -> None:
        self._grounds: list[_Ground] = []
        self._hands = hands
        self._is_begun = False
        scene = _Scene(workshop=workshop, hands=hands, memory=memory or Memory(), where=order.recipe.name)
        base = base_of(order, workshop)
        self._base = () if base is None else base.layers
        ground: _Ground | _Bottom | None = None if base is None else _Bottom(base, workshop, scene.memory)
        stages: tuple[int, ...] = ()
        for step in cut(order.steps, order.recipe.layers):
            if step.is_debug and not order.debug:
                continue
            above = _Ground(inputs_of(order, step, stages, workshop), ground, scene, is_debug=step.is_debug)
            stages = (*stages, *step.stages)
            self._grounds.append(above)
            ground = above

    def begin(self) -> None:
        """Have all packages worked on at once, of every layer, where one of them has to be made."""
        if not self._is_begun and any(ground.known is None for ground in self._grounds):
            for ground in self._grounds:
                self._hands.begin(ground.parts)
        self._is_begun = True

    def finish(self) -> Layers:
        """The layers, stored.

        Raises:
            BuildError: When packages conflict or an effect cannot work.
            FormatError: When a package is damaged.
            NotFoundError: When the store lacks a package.
        """
        self.begin()
        if any(ground.known is None for ground in self._grounds):
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(max_workers=1, thread_name_prefix="join") as joiner:
                for ground in self._grounds:
                    ground.begin(joiner)
        layers = [(ground.is_debug, ground.layer) for ground in self._grounds]
        return Layers(
            normal=tuple(layer for is_debug, layer in layers if not is_debug),
            debug=tuple(layer for is_debug, layer in layers if is_debug),
            base=self._base,
        )


@frozen
class _Scene:
    """What all grounds of an order have in common; `where` names the image in errors."""

    workshop: Workshop
    hands: Hands
    memory: Memory
    where: str


class _Bottom:
    """The base image below the first step, whose tree is read when a layer above it is made."""

    def __init__(self, base: BaseImage, workshop: Workshop, memory: Memory) -> None:
        self._base = base
        self._workshop = workshop
        self._memory = memory

    @property
    def key(self) -> Digest:
        """As `_Ground.key`."""
        return self._base.key

    @property
    def composition(self) -> Composition:
        """As `_Ground.composition`."""
        from bareboat.make.base_image import base_composition

        known = self._memory.get(self.key)
        if known is None:
            known = base_composition(self._base, self._workshop)
            self._memory.put(self.key, known)
        return known


class _Ground:
    """Everything up to and with one step: its key, its layer and, when somebody asks, its composition."""

    def __init__(self, inputs: Inputs, below: _Ground | _Bottom | None, scene: _Scene, *, is_debug: bool) -> None:
        self._inputs = inputs
        self._below = below
        self._scene = scene
        self._layer: Layer | None = None
        self._coming: Future[Layer] | None = None
        self.is_debug = is_debug

    @cached_property
    def key(self) -> Digest:
        """The digest of everything that determines the layer and those below it."""
        return self._inputs.key(self._below.key if self._below is not None else NOTHING)

    @property
    def parts(self) -> tuple[Part, ...]:
        """What its layer is made from."""
        return self._inputs.parts

    @property
    def known(self) -> Layer | None:
        """The layer that was made before, perhaps for another order a moment ago, when it is still there."""
        if self._layer is None:
            self._layer = self._recorded()
        return self._layer

    def begin(self, joiner: ThreadPoolExecutor) -> None:
        """Have the layer put together, where it is not known, by a thread that lets others think out the next one."""
        if self.known is None and self._coming is None:
            composition = self.composition
            self._coming = joiner.submit(self._make, composition)

    @property
    def layer(self) -> Layer:
        """The layer, known or begun before."""
        if self._layer is None:
            if self._coming is None:
                raise InternalError("nobody began the layer")
            self._layer = self._coming.result()
        return self._layer

    @property
    def composition(self) -> Composition:
        """What the layer holds, worked out on top of everything below."""
        from bareboat.make.compose import compose
        from bareboat.make.composition import Composition

        known = self._scene.memory.get(self.key)
        if known is None:
            below = self._below.composition if self._below is not None else Composition()
            known = compose(self._inputs, below, self._scene.hands, self._scene.where)
            self._scene.memory.put(self.key, known)
        return known

    def _recorded(self) -> Layer | None:
        workshop = self._scene.workshop
        record = workshop.records.get(_KIND, self.key)
        if record is None:
            return None
        try:
            known = Layer.from_bytes(record)
        except FormatError:
            return None
        return known if workshop.blobs.has(known.digest) else None

    def _make(self, composition: Composition) -> Layer:
        from bareboat.make.join import join
        from bareboat.make.members import add_members

        workshop = self._scene.workshop
        members = [
            *add_members(composition.folders, workshop),
            *(member for one in composition.contributions for member in one.members),
            *add_members(composition.files, workshop),
        ]
        stored = join(members, workshop)
        saved: Counter[str] = Counter()
        for one in composition.contributions:
            saved.update(one.saved)
        layer = Layer(
            digest=stored.digest,
            size=stored.size,
            diff_id=stored.diff_id,
            unpacked_size=stored.unpacked_size,
            compression=workshop.compression.name,
            moment=composition.moment,
            about=self._inputs.about,
            packages=tuple(part.label for part in self._inputs.parts),
            saved=dict(sorted(saved.items())),
            warnings=tuple(warning for one in composition.contributions for warning in one.warnings),
            licences=tuple(sorted({name for one in composition.contributions for name in one.licences})),
            touched=tuple(sorted(composition.touched)),
        )
        if workshop.witness is not None:
            workshop.witness(layer, composition)
        workshop.records.put(_KIND, self.key, layer.to_bytes())
        return layer

"""How the steps of an image are cut into layers: steps in, steps out, each of which becomes one layer.

A step that holds several stages of the inheritance has what all of them have; effects run at the end of each step, on
everything below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from bareboat.base.frozen import frozen
from bareboat.plan.config.config import Layers, LayerStrategy
from bareboat.plan.lock import LockedPackage, LockedUpstream


@frozen
class Step:
    """What becomes one layer: `stages` are positions in the recipe whose files, accounts, trust and effects apply.

    `about` says what the layer is; `is_debug` that only debug variants have it.
    """

    about: str
    packages: tuple[LockedPackage, ...]
    upstream: tuple[LockedUpstream, ...]
    stages: tuple[int, ...]
    is_debug: bool = False


def cut(steps: Sequence[Step], layers: Layers) -> tuple[Step, ...]:
    """Regroup `steps`, one for each stage, after a strategy; debug steps always stay apart."""
    normal = [step for step in steps if not step.is_debug]
    debug = [step for step in steps if step.is_debug]
    strategies: dict[LayerStrategy, Callable[[Sequence[Step]], Iterable[Step]]] = {
        LayerStrategy.stage: lambda items: items,
        LayerStrategy.single: lambda items: [_joined(items)] if items else [],
        LayerStrategy.package: _by_package,
        LayerStrategy.budget: lambda items: _within(list(items), layers.budget),
    }
    return (*strategies[layers.strategy](normal), *debug)


def _joined(steps: Sequence[Step]) -> Step:
    return Step(
        about=", ".join(step.about for step in steps),
        packages=tuple(sorted((package for step in steps for package in step.packages), key=lambda one: one.name)),
        upstream=tuple(sorted((program for step in steps for program in step.upstream), key=lambda one: one.name)),
        stages=tuple(position for step in steps for position in step.stages),
        is_debug=steps[0].is_debug,
    )


def _by_package(steps: Sequence[Step]) -> list[Step]:
    """A layer for each package, in the order of the stages, and at last one for all that is generated."""
    single = [
        Step(about=f"{package.name} {package.version}", packages=(package,), upstream=(), stages=())
        for step in steps
        for package in step.packages
    ]
    programs = [
        Step(about=f"{program.name} {program.version}", packages=(), upstream=(program,), stages=())
        for step in steps
        for program in step.upstream
    ]
    rest = [replace(_joined(steps), about="configuration", packages=(), upstream=())] if steps else []
    return [*single, *programs, *rest]


def _within(steps: list[Step], budget: int) -> list[Step]:
    """At most `budget` layers: the lightest neighbours are joined first, so that heavy stages stay shared.

    Ties go to the pair nearest to the root.
    """
    while len(steps) > max(budget, 1):
        weights = [_weight(left) + _weight(right) for left, right in pairwise(steps)]
        lightest = weights.index(min(weights))
        steps[lightest : lightest + 2] = [_joined(steps[lightest : lightest + 2])]
    return steps


def _weight(step: Step) -> int:
    return sum(package.size for package in step.packages) + sum(
        file.size for program in step.upstream for file in program.files
    )

"""How steps are cut into layers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.make.layering import Step, cut
from bareboat.plan.config.config import Layers, LayerStrategy
from tests.makers.bench import Bench

BENCH = Bench()


def step(stage: int, *sizes: int, is_debug: bool = False) -> Step:
    """A step named after its position, with packages of the sizes given."""
    packages = [BENCH.locked(f"p{stage}{number}", bytes(size)) for number, size in enumerate(sizes)]
    return Step(about=f"s{stage}", packages=tuple(packages), upstream=(), stages=(stage,), is_debug=is_debug)


STEPS = (step(0, 50, 50), step(1, 10), step(2, 5), step(3, 200), step(4, 7, is_debug=True))


def lines(strategy: str, budget: int = 0, steps: tuple[Step, ...] = STEPS) -> list[str]:
    layers = cut(steps, Layers(strategy=LayerStrategy(strategy), budget=budget))
    return [f"{one.about}: {' '.join(p.name for p in one.packages)} {list(one.stages)}" for one in layers]


@pytest.mark.parametrize(
    ("strategy", "budget", "expected"),
    [
        ("stage", 0, ["s0: p00 p01 [0]", "s1: p10 [1]", "s2: p20 [2]", "s3: p30 [3]", "s4: p40 [4]"]),
        ("single", 0, ["s0, s1, s2, s3: p00 p01 p10 p20 p30 [0, 1, 2, 3]", "s4: p40 [4]"]),
        (
            "package", 0,
            ["p00 1.0: p00 []", "p01 1.0: p01 []", "p10 1.0: p10 []", "p20 1.0: p20 []", "p30 1.0: p30 []",
             "configuration:  [0, 1, 2, 3]", "s4: p40 [4]"],
        ),
        ("budget", 3, ["s0: p00 p01 [0]", "s1, s2: p10 p20 [1, 2]", "s3: p30 [3]", "s4: p40 [4]"]),
        ("budget", 2, ["s0, s1, s2: p00 p01 p10 p20 [0, 1, 2]", "s3: p30 [3]", "s4: p40 [4]"]),
        ("budget", 1, ["s0, s1, s2, s3: p00 p01 p10 p20 p30 [0, 1, 2, 3]", "s4: p40 [4]"]),
        ("budget", 9, ["s0: p00 p01 [0]", "s1: p10 [1]", "s2: p20 [2]", "s3: p30 [3]", "s4: p40 [4]"]),
    ],
)  # fmt: skip
def test_a_strategy_cuts_stages_into_layers(strategy: str, budget: int, expected: list[str]) -> None:
    assert lines(strategy, budget) == expected


@pytest.mark.parametrize("strategy", LayerStrategy)
def test_nothing_becomes_nothing(strategy: LayerStrategy) -> None:
    assert lines(strategy, 1, ()) == []


@given(st.lists(st.integers(0, 3), max_size=7), st.integers(1, 8), st.sampled_from(LayerStrategy))
def test_every_package_and_stage_is_in_one_layer_and_order_is_kept(
    sizes: list[int], budget: int, strategy: LayerStrategy
) -> None:
    steps = tuple(step(stage, size) for stage, size in enumerate(sizes))

    layers = cut(steps, Layers(strategy=strategy, budget=budget))

    assert [item for one in layers for item in one.packages] == [item for one in steps for item in one.packages]
    assert [stage for one in layers for stage in one.stages] == list(range(len(sizes)))
    assert strategy is not LayerStrategy.budget or len(layers) <= budget

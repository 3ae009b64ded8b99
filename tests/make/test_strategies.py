"""However an image is cut into layers, it is the same image."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bareboat.make.layer import Layer
from bareboat.plan.config.config import Layers, LayerStrategy
from tests.makers.bench import (
    ACCOUNTS,
    Bench,
    dump_tar,
    make_file,
    make_stage,
)
from tests.makers.deb import file

APPLETS = b"text\0[\0[[\0ash\0cat\0sh\0\0"
STATUS = "var/lib/dpkg/status.d"


STRATEGIES = {
    "stage": ["static", "base", "app", "static:debug"],
    "single": ["static, base, app", "static:debug"],
    "package": ["base-files 1.0", "libc6 1.0", "app 1.0", "configuration", "static:debug"],
    "budget": ["static", "base, app", "static:debug"],
}


def strategic(bench: Bench, strategy: str) -> tuple[Layer, ...]:
    """The layers of one order under a strategy."""
    order = bench.order(
        make_stage(
            "static", bench.base_files(file("usr/lib/os-release", b"theirs")), accounts=ACCOUNTS,
            effects=["os-release", "accounts", "folders"], files=[make_file("/etc/motd", text="hi")],
        ),
        make_stage("base", bench.package("libc6", files={"/lib/libc.so.6": b"c" * 100})),
        make_stage("app", bench.package("app", files={"/usr/bin/app": b"a"}), files=[make_file("/app", text="1")]),
        debug=[
            make_stage(
                "static:debug", bench.package("busybox-static", files={"/bin/busybox": APPLETS}), effects=["busybox"]
            )
        ],
        layers=Layers(strategy=LayerStrategy(strategy), budget=2),
    )  # fmt: skip
    return bench.layers(order, debug=True)


def merged(bench: Bench, layers: Sequence[Layer]) -> list[str]:
    """What layers are together, as lines."""
    found: dict[str, str] = {}
    for layer in layers:
        found |= {line.partition(" ")[0]: line for line in dump_tar(bench.tar(layer))}
    return sorted(found.values())


@pytest.mark.parametrize("compressed", ["gzip", "zstd"])
@pytest.mark.parametrize(("strategy", "about"), STRATEGIES.items())
def test_every_strategy_gives_the_same_files_in_sound_layers(strategy: str, about: list[str], compressed: str) -> None:
    bench = Bench(compressed)

    layers = strategic(bench, strategy)

    assert [layer.about for layer in layers] == about
    assert {layer.compression for layer in layers} == {compressed}
    assert merged(bench, layers) == merged(bench, strategic(bench, "stage"))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_checksums_are_true_under_every_strategy(strategy: str) -> None:
    """`/usr/lib/os-release` of base-files is replaced by an effect, in its own layer or in another."""
    bench = Bench()

    sums = [bench.contents(layer).get(f"{STATUS}/base-files.md5sums") for layer in strategic(bench, strategy)]

    assert [found for found in sums if found is not None][-1] == b""

"""Other programs unpack our layers: to the same files, with the checksums that the packages state, without a word."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from bareboat.make.layer import Layer
from bareboat.plan.config.config import Layers, LayerStrategy
from bareboat.store.blobs import read
from tests.makers.bench import ACCOUNTS, Bench, dump_tar, make_file, make_stage
from tests.makers.deb import device, directory, file, hardlink, symlink

pytestmark = pytest.mark.oracle

READERS = {
    "GNU tar": ["tar", "--extract", "--preserve-permissions", "--numeric-owner", "--delay-directory-restore", "--file"],
    "libarchive": ["bsdtar", "-x", "-p", "--numeric-owner", "-f"],
}
STATUS = "var/lib/dpkg/status.d"


def layers_of(bench: Bench, strategy: str = "stage") -> tuple[Layer, ...]:
    """Layers with everything that a layer may hold."""
    odd = bench.package(
        "odd",
        entries=[
            file("usr/m", b"m" * 5000), hardlink("usr/a", "usr/m"), symlink("usr/s", "m"),
            file(f"usr/{'l' * 120}", b"long"), symlink(f"usr/{'k' * 120}", "t" * 130),
            directory("tmp", mode=0o1777), file("usr/été/ü", b"u", uid=70000),
            device("dev/null", major=1, minor=3), file("usr/share/man/x", b"dropped"),
        ],
    )  # fmt: skip
    order = bench.order(
        make_stage(
            "static", bench.base_files(file("usr/lib/os-release", b"theirs")), odd, accounts=ACCOUNTS,
            effects=["os-release", "accounts", "folders"],
        ),
        make_stage(
            "app", bench.package("app", files={"/lib/x": b"x", "/etc/app": b"theirs", "/usr/big": b"big" * 4_000_000}),
            files=[make_file("/etc/app", text="ours"), make_file("/usr/s", text="was a link")],
        ),
        keep=("devices",), layers=Layers(strategy=LayerStrategy(strategy)),
    )  # fmt: skip
    return bench.layers(order)


def unpacked_by(reader: str, bench: Bench, layers: Sequence[Layer], folder: Path) -> Path:
    """The folder into which another program unpacks layers; it must not say a word."""
    root = folder / "root"
    root.mkdir()
    for number, layer in enumerate(layers):
        place = folder / f"{number}.tar"
        place.write_bytes(read(bench.store, layer.digest))
        done = subprocess.run([*READERS[reader], place], cwd=root, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return root


def on_disk(root: Path) -> list[str]:
    return sorted(_line(path, path.relative_to(root).as_posix()) for path in root.rglob("*"))


def _line(path: Path, name: str) -> str:
    found = path.lstat()
    if path.is_symlink():
        return f"{name} -> {path.readlink()}"
    kind = "/" if path.is_dir() else "" if path.is_file() else " device"
    return f"{name}{kind} {found.st_mode & 0o7777:04o} {found.st_uid}:{found.st_gid}"


def said(bench: Bench, layers: Sequence[Layer]) -> list[str]:
    """What Python's reader sees in the same layers, hard links as the files that they are."""
    found: dict[str, str] = {}
    for layer in layers:
        for line in dump_tar(bench.tar(layer)):
            name, _, rest = line.partition(" ")
            if rest.startswith("= "):
                found[name] = found[rest[2:]].replace(rest[2:], name, 1)
            elif rest.startswith("-> ") or name.endswith("/"):
                found[name] = line
            else:
                found[name] = " ".join([f"{name} device" if " device " in line else name, *rest.split(" ")[:2]])
    return sorted(found.values())


@pytest.mark.parametrize("compressed", ["gzip", "zstd"])
@pytest.mark.parametrize("strategy", ["stage", "single", "package"])
@pytest.mark.parametrize("reader", READERS)
def test_another_program_unpacks_the_same_files(reader: str, strategy: str, compressed: str, tmp_path: Path) -> None:
    bench = Bench(compressed)
    layers = layers_of(bench, strategy)

    root = unpacked_by(reader, bench, layers, tmp_path)

    assert on_disk(root) == said(bench, layers)
    assert (root / "usr/a").samefile(root / "usr/m")
    assert (root / "etc/app").read_text() == "ours"


@pytest.mark.parametrize("strategy", ["stage", "single", "package"])
def test_the_checksums_of_every_package_are_true(strategy: str, tmp_path: Path) -> None:
    bench = Bench()

    root = unpacked_by("GNU tar", bench, layers_of(bench, strategy), tmp_path)

    lists = sorted((root / STATUS).glob("*.md5sums"))
    assert [path.name for path in lists] == ["app.md5sums", "base-files.md5sums", "odd.md5sums"]
    for path in lists:
        if path.stat().st_size:
            subprocess.run(["md5sum", "--check", "--strict", "--quiet", path], cwd=root, check=True)


def test_gnu_tar_lists_a_layer_as_we_wrote_it(tmp_path: Path) -> None:
    bench = Bench()
    (layer, _) = layers_of(bench)
    (tmp_path / "layer.tar.gz").write_bytes(read(bench.store, layer.digest))

    done = subprocess.run(
        ["tar", "--list", "--quoting-style=literal", "--file", tmp_path / "layer.tar.gz"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    expected = [line.split(" ")[0] for line in dump_tar(bench.tar(layer))]
    assert done.stdout.splitlines() == expected

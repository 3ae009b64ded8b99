"""The images of every other architecture do what they are for: their programs run under emulation."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from bareboat.base.platform import Architecture
from bareboat.plan.recipe import Recipe
from tests.contract.test_python import IMPORT_ALL
from tests.scale.catalogue import Catalogue, Root, chosen_platforms, variants_of
from tests.scale.conftest import Say
from tests.scale.machine import HERE, Emulators, said

pytestmark = [pytest.mark.scale, pytest.mark.network]

JAVA = """
import java.util.stream.*;
public class Hello {
    public static void main(String[] words) throws Exception {
        String squares = IntStream.rangeClosed(1, 5).mapToObj(n -> "" + n * n).collect(Collectors.joining(" "));
        byte[] digest = java.security.MessageDigest.getInstance("SHA-256").digest("aboard".getBytes("UTF-8"));
        Thread thread = new Thread(() -> System.out.println(squares));
        thread.start();
        thread.join();
        System.out.println(java.util.HexFormat.of().formatHex(digest));
    }
}
"""
NODE = """
const {createHash} = require("node:crypto"), {gzipSync, gunzipSync} = require("node:zlib");
const squares = [1, 2, 3, 4, 5].map(n => n * n).join(" ");
Promise.resolve(gunzipSync(gzipSync(squares)).toString()).then(text => {
    console.log(text);
    console.log(createHash("sha256").update("aboard").digest("hex"));
});
"""

def _python(root: Root, emulator: Path | None) -> str:
    program = f"{IMPORT_ALL}\nprint(sys.version.split()[0], len(sys.stdlib_module_names - skipped))"
    failed, version = said(root, emulator, "/usr/bin/python3", "-c", program).split("\n", 1)
    assert failed == ""
    return "Python {} imports its standard library, {} modules".format(*version.split())


def _java(root: Root, emulator: Path | None) -> str:
    environment = dict(entry.partition("=")[::2] for entry in root.config.config.env)
    (root.folder / "app").mkdir()
    (root.folder / "app" / "Hello.java").write_text(JAVA)
    subprocess.run(["javac", "--release", "17", "Hello.java"], cwd=root.folder / "app", check=True, capture_output=True)
    version = said(root, emulator, "/usr/bin/java", "--version").splitlines()[0]
    assert environment["JAVA_VERSION"] in version
    return _reckoned(version, said(root, emulator, "/usr/bin/java", "-cp", "/app", "Hello"))


def _node(root: Root, emulator: Path | None) -> str:
    version = said(root, emulator, "/nodejs/bin/node", "--version").strip()
    return _reckoned(f"Node.js {version}", said(root, emulator, "/nodejs/bin/node", "-e", NODE))


def _reckoned(version: str, output: str) -> str:
    squares, digest = output.splitlines()
    assert (squares, digest) == ("1 4 9 16 25", sha256(b"aboard").hexdigest())
    return f"{version} answers"


def _busybox(root: Root, emulator: Path | None) -> str:
    listed = said(root, emulator, "/busybox/busybox", "--list").split()
    assert sorted({*listed, "busybox"}) == sorted(path.name for path in (root.folder / "busybox").iterdir())
    assert said(root, emulator, "/busybox/sh", "-c", "echo $((6 * 7))") == "42\n"
    assert said(root, emulator, "/busybox/sha256sum", data="").split()[0][:8] == "e3b0c442"
    return f"busybox lists {len(listed)} applets"


PROGRAMS: dict[str, Callable[[Root, Path | None], str]] = {
    "python3": _python, "java": _java, "nodejs": _node, "static": _busybox,
}  # fmt: skip


def _platforms() -> list[object]:
    return [
        pytest.param(recipe, arch, id=f"{recipe.name}-{arch}")
        for recipe, arch in chosen_platforms(*PROGRAMS)
        if arch != HERE and recipe.image != "java-base"
    ]


@pytest.mark.parametrize(("recipe", "arch"), _platforms())
def test_the_programs_of_an_image_run(
    recipe: Recipe, arch: Architecture, images: Catalogue, emulators: Emulators, tmp_path: Path, say: Say
) -> None:
    check = next(check for name, check in PROGRAMS.items() if recipe.image.startswith(name))
    (variant,) = variants_of(recipe)
    begin = time.monotonic()
    with images.root(f"{recipe.name}:{variant}", arch, tmp_path) as root:
        answer = check(root, emulators.of(arch))
    say("emulated images answer", [f"{recipe.name} {arch}: {answer} ({time.monotonic() - begin:.0f} s)"])

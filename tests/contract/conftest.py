"""The catalogue as users get it: built from the live archive, in a real engine."""

import json
import shutil
import subprocess
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import pytest

from bareboat.cli import main
from tests.makers.engine import Engine

IMAGES = ("static", "base-nossl", "base", "cc", "python3", "java-base", "java21", "nodejs24")


@dataclass(frozen=True)
class Catalogue:
    """Built images: an OCI layout, and the engine that has every one of them under its name."""

    layout: Path
    engine: Engine

    def output(self, image: str, *arguments: str, entrypoint: str | None = None, user: str | None = None) -> str:
        """What a container prints."""
        options = [*(["--entrypoint", entrypoint] if entrypoint else []), *(["--user", user] if user else [])]
        return self.engine.run("run", "--rm", "--network", "none", *options, image, *arguments)

    def attempt(self, image: str, *arguments: str, entrypoint: str | None = None) -> int:
        """The exit code of a container."""
        options = ["--entrypoint", entrypoint] if entrypoint else []
        return self.engine.attempt("run", "--rm", "--network", "none", *options, image, *arguments).returncode

    def config(self, image: str) -> dict[str, object]:
        """The configuration that the engine read."""
        found = json.loads(self.engine.run("image", "inspect", image))[0]["Config"]
        assert isinstance(found, dict)
        return found

    def rootfs(self, image: str, folder: Path) -> Path:
        """The root filesystem, written out."""
        assert main(["export", str(self.layout), image, str(folder)]) == 0
        return folder


@pytest.fixture(scope="session")
def catalogue(docker_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The images of the contract for this machine's architecture, built once for all workers of a run."""
    folder = tmp_path_factory.mktemp("catalogue")
    with chdir(folder):
        assert main(["build", *IMAGES, "--arch", "this", "--out", "out", "--quiet"]) == 0
        for image in IMAGES:
            form = ["--format", "docker-archive", "--out", "image.tar"]
            assert main(["build", image, "--arch", "this", *form, "--quiet"]) == 0
            docker_engine.run("load", "--input", str(folder / "image.tar"))
            (folder / "image.tar").unlink()
    return Catalogue(folder / "out", docker_engine)


@pytest.fixture
def compiled(tmp_path: Path) -> Path:
    """A folder with `hello`, a dynamically linked C program, and `hello++`, one of C++ that throws and uses threads."""
    compiler = shutil.which("gcc")
    assert compiler, "a C compiler is needed"
    (tmp_path / "hello.c").write_text('#include <stdio.h>\nint main(void) { puts("Hello from C"); return 0; }\n')
    (tmp_path / "hello.cc").write_text(
        "#include <iostream>\n#include <stdexcept>\n#include <thread>\n"
        'int main() { std::thread t([] { try { throw std::runtime_error("Hello from C++"); }'
        " catch (std::exception& e) { std::cout << e.what() << std::endl; } }); t.join(); }\n"
    )
    subprocess.run([compiler, "-o", tmp_path / "hello", tmp_path / "hello.c"], check=True)
    subprocess.run(["g++", "-pthread", "-o", tmp_path / "hello++", tmp_path / "hello.cc"], check=True)
    return tmp_path

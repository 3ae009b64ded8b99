"""Programs in Go that are asked about registries: built from the modules that `tests/oracles/registry_tools` pins."""

from __future__ import annotations

import atexit
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

MODULES = Path(__file__).resolve().parents[1] / "oracles" / "registry_tools"
CRANE = "github.com/google/go-containerregistry/cmd/crane"
CONFORMANCE = "github.com/opencontainers/distribution-spec/conformance"


@cache
def go_tool(package: str) -> Path:
    """The program of `package`; Go keeps what it has built, so that this is slow once."""
    place = _folder() / package.rpartition("/")[2]
    command = ["go", "build", "-mod=readonly", "-o", str(place), package]
    done = subprocess.run(command, cwd=MODULES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return place


@cache
def _folder() -> Path:
    """A folder that goes with this process."""
    folder = Path(mkdtemp(prefix="go-tools-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder

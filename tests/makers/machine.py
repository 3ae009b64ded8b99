"""Commands on a machine with a small disk or read-only folders: real ones, in a mount namespace of their own.

    done = on_machine(project, "mount -t tmpfs -o size=1m none cache", "bareboat build --frozen --offline")
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.makers.project import Project

_ENTER = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
_SOURCE = Path(__file__).resolve().parents[2] / "src"


def on_machine(project: Project, *script: str) -> subprocess.CompletedProcess[str]:
    """Run lines of a shell in the folder that has `project` and `cache`; `bareboat` runs in the project.

    The last line decides about the exit code, and an error ends the script; nothing that it mounts outlives it.
    """
    program = f"(cd project && exec {shlex.quote(sys.executable)} -m bareboat \"$@\")"
    lines = ["set -e", f"bareboat() {{ {program}; }}", *script]
    environment = {**project.environment, "PYTHONPATH": str(_SOURCE), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [*_ENTER, "sh", "-c", "\n".join(lines)], cwd=project.folder.parent, env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


def can_mount() -> bool:
    """Whether this machine lets us have mounts of our own."""
    try:
        return subprocess.run([*_ENTER, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def read_only(folder: str) -> str:
    """The line of a script that makes `folder` read-only, for root too."""
    return f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}"

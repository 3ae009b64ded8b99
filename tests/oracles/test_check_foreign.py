"""Layouts that other tools wrote are checked like our own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bareboat.inspect.check import check
from bareboat.inspect.finding import Severity
from bareboat.store.archived import open_images
from bareboat.store.images import ImageStore
from tests.makers.distroless import make_distroless, put
from tests.makers.image import make_layout

pytestmark = pytest.mark.oracle

SHELL = put("usr/bin/sh", b"\0", mode=0o755)


def ask(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def told(store: ImageStore) -> list[tuple[str, str, str]]:
    (image,) = check(store).images
    return [(str(one.rule.severity), one.rule.name, one.path) for one in image.findings]


@pytest.mark.parametrize("form", ["oci", "oci-archive"])
def test_a_copy_by_skopeo_has_the_same_findings(tmp_path: Path, form: str) -> None:
    layout = make_layout(tmp_path / "out", {"sail:latest": make_distroless(SHELL)})
    there = tmp_path / "copy"

    ask("skopeo", "copy", f"oci:{tmp_path}/out:sail:latest", f"{form}:{there}:sail:latest")

    assert told(open_images(there)) == told(layout) == [("warning", "no-shell", "/usr/bin/sh")]


def test_an_image_that_umoci_made_is_read(tmp_path: Path) -> None:
    """umoci writes no history of stages, no annotations of ours, and its own order of entries."""
    layout, bundle = tmp_path / "umoci", tmp_path / "bundle"
    ask("umoci", "init", "--layout", layout)
    ask("umoci", "new", "--image", f"{layout}:sail")
    ask("umoci", "unpack", "--rootless", "--image", f"{layout}:sail", bundle)
    program = bundle / "rootfs/usr/bin/sail"
    program.parent.mkdir(parents=True)
    program.write_bytes(b"#!/bin/sh\n")
    program.chmod(0o755)
    ask("umoci", "repack", "--image", f"{layout}:sail", bundle)
    ask("umoci", "config", "--image", f"{layout}:sail", "--config.entrypoint", "/usr/bin/oar")

    report = check(open_images(layout))

    assert [(one.rule.name, one.rule.severity) for one in report.images[0].findings] == [
        ("entrypoint", Severity.warning), ("dead-script", Severity.note),
    ]  # fmt: skip

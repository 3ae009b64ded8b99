"""dpkg-architecture is asked which architectures a wildcard means."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from bareboat.debian.wildcard import is_meant

pytestmark = pytest.mark.oracle

_ARCHITECTURES = ("amd64", "arm64", "armhf", "riscv64", "x32", "hurd-i386")


@pytest.mark.parametrize("term", ["any", "linux-any", "any-amd64", "any-arm", "gnu-linux-any", "eabihf-any-any-any"])
def test_wildcards_mean_what_dpkg_means(term: str) -> None:
    tool = shutil.which("dpkg-architecture") or "dpkg-architecture"
    theirs = [
        name
        for name in _ARCHITECTURES
        if subprocess.run([tool, f"-a{name}", f"-i{term}"], check=False, capture_output=True).returncode == 0
    ]
    assert [name for name in _ARCHITECTURES if is_meant(name, term)] == theirs

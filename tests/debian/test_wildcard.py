from __future__ import annotations

import pytest

from bareboat.debian.wildcard import is_meant


@pytest.mark.parametrize(
    ("architecture", "term", "meant"),
    [
        ("amd64", "amd64", True), ("amd64", "any", True), ("amd64", "linux-any", True), ("amd64", "any-amd64", True),
        ("amd64", "any-i386", False), ("amd64", "hurd-any", False), ("amd64", "gnu-linux-any", True),
        ("amd64", "musl-linux-any", False), ("amd64", "any-any-any-any", True), ("armhf", "any-arm", True),
        ("armel", "any-arm", True), ("arm64", "any-arm", False), ("armhf", "eabihf-any-any-any", True),
        ("hurd-i386", "hurd-any", True), ("hurd-i386", "any-i386", True), ("hurd-i386", "linux-any", False),
        ("musl-linux-amd64", "musl-any-any", True), ("x32", "any-amd64", True), ("amd64", "anything", False),
        ("amd64", "any-any-any-any-any", False), ("amd64", "linux-amd64", False),
    ],
)  # fmt: skip
def test_names_and_wildcards(architecture: str, term: str, meant: bool) -> None:
    assert is_meant(architecture, term) is meant

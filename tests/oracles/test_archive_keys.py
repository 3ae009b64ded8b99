"""Debian's own keyring on this machine has the keys that the catalogue has."""

from __future__ import annotations

from pathlib import Path

import pytest
from pysequoia import Cert

from bareboat.plan.keyring import archive_keys, key_folder

pytestmark = pytest.mark.oracle

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def test_every_pinned_key_is_a_key_of_debian_archive_keyring() -> None:
    theirs = {cert.fingerprint.upper(): cert for cert in Cert.split_bytes(KEYRING.read_bytes())}
    assert set(archive_keys().values()) <= set(theirs)


@pytest.mark.parametrize("file", sorted(archive_keys()))
def test_a_pinned_key_has_the_same_signing_subkeys(file: str) -> None:
    theirs = {cert.fingerprint.upper(): cert for cert in Cert.split_bytes(KEYRING.read_bytes())}
    ours = Cert.from_bytes(key_folder().joinpath(file).read_bytes())
    assert bytes(ours) == bytes(theirs[archive_keys()[file]])

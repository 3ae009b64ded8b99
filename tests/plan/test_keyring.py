from __future__ import annotations

import pytest

from bareboat.base.errors import SignatureError
from bareboat.plan.distro import distros
from bareboat.plan.keyring import (
    Keyring,
    Verified,
    archive_keyring,
    archive_keys,
    key_folder,
    pinned_keyring,
    verify_detached,
    verify_inline,
)
from tests.makers.archive import SigningKey, sign_clear, sign_detached, signing_key

OURS = signing_key("ours")
THEIRS = signing_key("theirs")
TEXT = b"Suite: trixie\n- not a dash of PGP\nDate: today\n"


def ring(*keys: SigningKey) -> Keyring:
    return Keyring.of([key.certificate for key in keys], "the keys")


def name(key: SigningKey) -> str:
    return key.fingerprint.upper()


@pytest.mark.parametrize("signers", [[OURS], [OURS, THEIRS], [THEIRS, OURS]])
def test_one_trusted_signature_among_several_is_enough(signers: list[SigningKey]) -> None:
    expected = Verified(data=TEXT, signed_by=(name(OURS),))
    assert verify_inline(sign_clear(TEXT, signers), ring(OURS), "InRelease") == expected
    assert verify_detached(TEXT, sign_detached(TEXT, signers), ring(OURS), "Release") == expected


def test_everybody_trusted_who_signed_is_named() -> None:
    both = tuple(sorted([name(OURS), name(THEIRS)]))
    assert verify_inline(sign_clear(TEXT, [THEIRS, OURS]), ring(OURS, THEIRS), "InRelease").signed_by == both
    assert verify_detached(TEXT, sign_detached(TEXT, [THEIRS, OURS]), ring(OURS, THEIRS), "R").signed_by == both


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"Suite: evil\n", b""), (b"", b"Suite: evil\n"), (b"\n\n", b"\n-----BEGIN PGP SIGNATURE-----\n")],
)
def test_text_around_a_signed_message_is_never_given_back(before: bytes, after: bytes) -> None:
    message = before + sign_clear(TEXT, [OURS]) + after
    assert verify_inline(message, ring(OURS), "InRelease").data == TEXT


CLEAR = sign_clear(TEXT, [OURS])
HEAD = b"-----BEGIN PGP SIGNED MESSAGE-----"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"Suite: trixie\n",
        HEAD,
        HEAD + b"\nHash: SHA512\n\nSuite: evil\n",
        HEAD + b"\nHash: SHA512\n\nSuite: evil\n" + CLEAR,
        CLEAR.replace(b"today", b"later"),
        CLEAR[:-100],
        CLEAR.partition(b"-----BEGIN PGP SIGNATURE")[0],
        sign_clear(TEXT, [THEIRS]),
        TEXT + OURS.certificate,
        OURS.sign_detached(TEXT),
        b"\x00\xff" * 400,
    ],
)
def test_what_nobody_trusted_signed_is_refused_without_a_backtrace(message: bytes) -> None:
    with pytest.raises(SignatureError) as caught:
        verify_inline(message, ring(OURS), "InRelease")
    assert caught.value.message.startswith("InRelease: ")
    assert "\n" not in caught.value.message
    assert "backtrace" not in caught.value.message
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("data", "signature"),
    [
        (TEXT + b" ", OURS.sign_detached(TEXT)),
        (TEXT, THEIRS.sign_detached(TEXT)),
        (TEXT, b""),
        (TEXT, b"\xff" * 60),
        (TEXT, OURS.certificate),
        (TEXT, OURS.sign_detached(TEXT)[:-120]),
    ],
)
def test_a_detached_signature_that_does_not_hold_is_refused(data: bytes, signature: bytes) -> None:
    with pytest.raises(SignatureError) as caught:
        verify_detached(data, signature, ring(OURS), "Release")
    assert caught.value.message.startswith("Release: ")
    assert "\n" not in caught.value.message


def test_several_certificates_may_stand_in_one_text() -> None:
    together = Keyring.of([OURS.certificate + THEIRS.certificate], "the keys")
    assert together.fingerprints == ring(THEIRS, OURS).fingerprints == tuple(sorted([name(OURS), name(THEIRS)]))


@pytest.mark.parametrize("text", [b"", b"no key", b"\xff\x00" * 9])
def test_what_is_no_certificate_is_refused(text: bytes) -> None:
    with pytest.raises(SignatureError, match=r"^sources\.yaml: "):
        Keyring.of([text], "sources.yaml")


def test_the_files_of_the_archive_keys_have_the_fingerprints_of_the_table() -> None:
    files = {file.name for file in key_folder().iterdir() if file.name.startswith("debian-archive-")}
    assert {file: (fingerprint,) for file, fingerprint in archive_keys().items()} == {
        file: pinned_keyring([file]).fingerprints for file in files
    }


def test_every_suite_of_every_distro_has_its_keys() -> None:
    suites = [suite for distro in distros().values() for suite in distro.suites]
    assert suites
    for suite in suites:
        fingerprints = {archive_keys()[file] for file in suite.keys}
        assert set(archive_keyring(suite.keys).fingerprints) == fingerprints != set()

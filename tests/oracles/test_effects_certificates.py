"""OpenSSL and update-ca-certificates lay the same authorities out in the same way."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.x509.name import _ASN1Type as Text
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bareboat.base.epoch import ZERO
from bareboat.make.effects import certificates
from bareboat.make.effects.x509 import read_certificates
from bareboat.make.tree import Symlink, Tree
from tests.makers.authority import Attribute, make_authority
from tests.makers.tree import contents, make_tree, make_tree_of

pytestmark = pytest.mark.oracle

MACHINE = Path("/usr/share/ca-certificates")
SHIPPED = "usr/share/ca-certificates"
LOCAL = "usr/local/share/ca-certificates"


def _openssl_hash(pem: bytes) -> str:
    run = subprocess.run(["openssl", "x509", "-noout", "-subject_hash"], input=pem, check=True, capture_output=True)
    return run.stdout.decode().strip()


SUBJECTS: list[list[Attribute | list[Attribute]]] = [
    [(NameOID.COMMON_NAME, "Plain Root", Text.UTF8String)],
    [(NameOID.COUNTRY_NAME, "DE", Text.PrintableString), (NameOID.COMMON_NAME, "Root", Text.PrintableString)],
    [(NameOID.COMMON_NAME, "  Much \t\n Space \x0b\x0c\r here  ", Text.UTF8String)],
    [(NameOID.COMMON_NAME, "   ", Text.UTF8String)],
    [(NameOID.COMMON_NAME, "Főtanúsítvány ÄÖÜ", Text.UTF8String)],
    [(NameOID.COMMON_NAME, "Főtanúsítvány ÄÖÜ", Text.BMPString)],
    [(NameOID.COMMON_NAME, "𝔉ancy ÄÖÜ", Text.UniversalString)],
    [(NameOID.COMMON_NAME, "Tele Text", Text.T61String)],
    [(NameOID.EMAIL_ADDRESS, "CA@Example.COM", Text.IA5String), (NameOID.COMMON_NAME, "Mail", Text.IA5String)],
    [(NameOID.COMMON_NAME, "12 34", Text.NumericString)],
    [[(NameOID.COMMON_NAME, "Many", Text.UTF8String), (NameOID.ORGANIZATION_NAME, "In One", Text.UTF8String)]],
    [
        [
            (NameOID.ORGANIZATIONAL_UNIT_NAME, "Z" * 200, Text.UTF8String),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, "a", Text.PrintableString),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, "B", Text.UTF8String),
        ],
        (NameOID.COMMON_NAME, "After", Text.UTF8String),
    ],
    [],
]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: str(len(subject)))
def test_openssl_gives_the_same_hash(subject: list[Attribute | list[Attribute]]) -> None:
    pem = make_authority(subject)
    assert read_certificates(pem, "x")[0].subject_hash == _openssl_hash(pem)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.text(st.characters(codec="utf-8"), min_size=1, max_size=16))
def test_openssl_gives_the_same_hash_of_any_name(name: str) -> None:
    pem = make_authority(name)
    assert read_certificates(pem, "x")[0].subject_hash == _openssl_hash(pem)


def _laid_out_by_debian(root: Path, tree: Tree) -> dict[str, str | bytes]:
    """What update-ca-certificates makes of the certificates of a tree: bytes of files, targets of links."""
    for entry in tree.under("usr"):
        path = root / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tree.resolve(entry.path).content)
    folder = root / "etc/ssl/certs"
    folder.mkdir(parents=True)
    listed = sorted(str(path.relative_to(root / SHIPPED)) for path in (root / SHIPPED).rglob("*.crt"))
    (root / "conf").write_text("".join(f"{name}\n" for name in listed))
    subprocess.run(
        [
            "update-ca-certificates", "--fresh", "--certsconf", root / "conf", "--certsdir", root / SHIPPED,
            "--localcertsdir", root / LOCAL, "--etccertsdir", folder, "--hooksdir", root / "none",
        ],
        check=True, capture_output=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
    )
    paths = [path for path in folder.iterdir() if path.is_symlink()]
    links = {f"etc/ssl/certs/{path.name}": str(path.readlink()).removeprefix(str(root)) for path in paths}
    files = {f"etc/ssl/certs/{path.name}": path.read_bytes() for path in folder.iterdir() if not path.is_symlink()}
    return {**files, **links}


def _laid_out_by_us(tree: Tree) -> dict[str, str | bytes]:
    made = certificates.entries(tree, moment=ZERO)
    links = {entry.path: entry.target for entry in made if isinstance(entry, Symlink)}
    return {**contents(made), **links}


def test_debian_lays_out_the_authorities_of_this_machine_in_the_same_way(tmp_path: Path) -> None:
    machine = make_tree_of(MACHINE)
    tree = make_tree({f"{SHIPPED}/{path}": machine.resolve(path).content for path in machine if path.endswith(".crt")})
    assert len(tree) > 100
    assert _laid_out_by_us(tree) == _laid_out_by_debian(tmp_path, tree)


def test_debian_lays_out_hard_cases_in_the_same_way(tmp_path: Path) -> None:
    same = [make_authority("Same Root", serial=serial) for serial in range(1, 5)]
    tree = make_tree({
        f"{SHIPPED}/one/Same_Root.crt": same[0],
        f"{SHIPPED}/one/Same_Root-2.crt": same[1],
        f"{SHIPPED}/two/same root (old), x.crt": same[2],
        f"{SHIPPED}/two/expired.crt": make_authority("Expired", days=1),
        f"{SHIPPED}/two/unended.crt": make_authority("Unended").rstrip(b"\n"),
        f"{LOCAL}/Same_Root.1.crt": same[3],
        f"{LOCAL}/sub/corp.crt": b"a remark\n" + make_authority("Corp"),
    })
    assert _laid_out_by_us(tree) == _laid_out_by_debian(tmp_path, tree)


def test_openssl_finds_an_authority_in_the_folder(tmp_path: Path) -> None:
    pem = make_authority("Corp Root", days=365_000)
    made = certificates.entries(Tree(), [certificates.Trusted(pem=pem, where="corp.pem")], moment=ZERO)
    for entry in made:
        path = tmp_path / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(entry, Symlink):
            path.symlink_to(f"{tmp_path}{entry.target}" if entry.target.startswith("/") else entry.target)
        else:
            path.write_bytes(contents((entry,))[entry.path])
    (tmp_path / "leaf.pem").write_bytes(pem)
    command = ["openssl", "verify", "-no-CAfile", "-no-CAstore", "-CApath", tmp_path / "etc/ssl/certs"]
    run = subprocess.run([*command, tmp_path / "leaf.pem"], check=True, capture_output=True, text=True)
    assert run.stdout.endswith("leaf.pem: OK\n")

"""What users, mirrors, publishers and this machine write, as functions of bytes; and the store's own records."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

from bareboat.base.digest import Digest
from bareboat.base.document import Document
from bareboat.base.errors import BareboatError
from bareboat.base.path import ImagePath
from bareboat.base.platform import architecture
from bareboat.debian.paragraph import decoded
from bareboat.debian.release import Release
from bareboat.make.contribution import Contribution, kept_of, pack_kept, unpack_kept
from bareboat.make.effects.ldcache_conf import library_folders
from bareboat.make.effects.x509 import read_certificates
from bareboat.make.layer import Layer
from bareboat.make.tree import Directory, Tree, file_of
from bareboat.plan.catalog import Catalog, catalog
from bareboat.plan.config.yaml import parse_config
from bareboat.plan.evidence import read_integrity, read_npm_keys, read_npm_signatures, verify_npm
from bareboat.plan.keyring import Keyring, verify_detached, verify_inline
from bareboat.plan.lock_file import format_lock, parse_lock
from bareboat.plan.publisher import unpacked_members
from bareboat.store.answer import length_of, looks_like_html, range_start, retry_after_s, strong_validator
from bareboat.store.apt_proxy import proxies_of
from bareboat.store.apt_sources import deb822_sources, debian_mirrors, one_line_sources, security_mirrors
from bareboat.store.npm import registry_from
from bareboat.store.record_file import sealed, unsealed
from bareboat.store.remembered import Answer, RememberedResponse

HERE = Path(__file__).parent
KEY_FILE = HERE / "signed" / "certificate.asc"
SIGNED = b"the text that was signed\n"
_KEY = Digest.of(b"key")


@cache
def _keyring() -> Keyring:
    return Keyring.of([KEY_FILE.read_bytes()], "the key of the tests")


@cache
def _catalog() -> Catalog:
    return catalog()


def read_inrelease(data: bytes) -> None:
    verified = verify_inline(data, _keyring(), "InRelease")
    assert verified.data
    Release.parse(decoded(verified.data, "InRelease"), "InRelease")


def read_signature(data: bytes) -> None:
    verify_detached(SIGNED, data, _keyring(), "Release.gpg")


def read_keyring(data: bytes) -> None:
    assert Keyring.of([data], "keys").fingerprints


def read_lock(data: bytes) -> None:
    lock = parse_lock(data.decode("utf-8", "replace"), "bareboat.lock")
    text = format_lock(lock)
    assert parse_lock(text, "again") == lock


def read_configuration(data: bytes) -> None:
    parse_config(data, "bareboat.yaml", _catalog())


def read_apt(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    sources = (*one_line_sources(text), *deb822_sources(text))
    debian_mirrors(sources, ["trixie"])
    security_mirrors(sources, ["trixie"])
    proxies_of(text)


def read_npmrc(data: bytes) -> None:
    registry = registry_from({"HOME": "/root"}, [data.decode("utf-8", "replace")])
    assert registry.url.endswith("/")


def read_npm_document(data: bytes) -> None:
    """What a registry says of a version, with its keys, in one document."""
    document = Document.parse(data, "x@1")
    dist = document.document("dist")
    integrity = dist.string("integrity")
    signatures, keys = read_npm_signatures(dist), read_npm_keys(document)
    if signatures:
        verify_npm("x", "1", integrity, signatures, keys)
    read_integrity(integrity, "x@1")


def read_publisher_archive(data: bytes) -> None:
    found = unpacked_members(data, ["bin/node", "LICENSE"], "node.tar")
    assert set(found) <= {"bin/node", "LICENSE"}


def read_answer(data: bytes) -> None:
    """Headers, an empty line, and the beginning of a body."""
    head, _, body = data.partition(b"\n\n")
    pairs = [line.partition(":") for line in head.decode("latin-1").split("\n")]
    headers = {name.strip().lower(): value for name, _, value in pairs}
    retry_after_s(headers)
    strong_validator(headers)
    length_of(headers)
    range_start(RememberedResponse(Answer(headers=tuple(headers.items())), 0), 100)
    looks_like_html(body[:512])


def read_loader_conf(data: bytes) -> None:
    """The loader's configuration, cut into files of one folder at NULs."""
    texts = data.split(b"\0", 32)
    files = [file_of("etc/ld.so.conf", texts[0], origin="test")]
    files += [file_of(f"etc/ld.so.conf.d/{n}.conf", text, origin="test") for n, text in enumerate(texts[1:])]
    folders = [
        Directory(path=ImagePath(path), mode=0o755, origin="test") for path in ("usr", "usr/lib", "opt", "opt/lib")
    ]
    library_folders(Tree.of([*files, *folders]), architecture("amd64"))


def read_pem(data: bytes) -> None:
    for certificate in read_certificates(data, "ca.pem"):
        assert read_certificates(certificate.pem, "again") == (certificate,)


def read_der(data: bytes) -> None:
    """DER, put into PEM so that changes do not end at base64."""
    text = base64.encodebytes(data)
    read_pem(b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n")


def read_record(data: bytes) -> None:
    """The store's records, as if their seal held."""
    assert unsealed("layer", _KEY, sealed("layer", _KEY, data)) == data
    unsealed("layer", _KEY, data)
    for read in (Layer.from_bytes, lambda text: Contribution.from_bytes(text, {}), kept_of):
        try:
            read(data)
        except BareboatError:
            continue
    found = unpack_kept(data)
    assert unpack_kept(pack_kept(found.values())).keys() == found.keys()



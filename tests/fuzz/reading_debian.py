"""Debian's formats as functions of bytes: each reads all that can be read, and holds answers to their promises."""

from __future__ import annotations

import io

from bareboat.base.document import Document
from bareboat.base.epoch import format_rfc3339
from bareboat.base.errors import BareboatError
from bareboat.debian.ar import ArReader
from bareboat.debian.copyright import licences
from bareboat.debian.deb import read_deb
from bareboat.debian.index import PackageIndex, compact
from bareboat.debian.inflate import COMPRESSIONS, Limits, inflated
from bareboat.debian.paragraph import decoded, parse_paragraphs
from bareboat.debian.relation import on_architecture, parse_provides, parse_relations
from bareboat.debian.release import Release
from bareboat.debian.status import format_md5sums, parse_md5sums
from bareboat.debian.tar import TarReader
from bareboat.debian.version import Version
from bareboat.make.contribution import Treatment
from bareboat.make.effects.scripts import unmodelled
from bareboat.make.elf import ElfFacts, read_elf
from bareboat.make.entry_record import entry_fields, entry_of
from bareboat.make.unpack import unpack

LIMITS = Limits(max_bytes=1 << 24)
_ASKED = 8  # packages of one index that are read, so that many small ones cost no more than a few large ones

_SOME_VERSION = Version("1:2.41-12")


def read_ar(data: bytes) -> None:
    archive = ArReader(io.BytesIO(data), "x.deb")
    while (member := archive.next_member()) is not None:
        assert len(archive.read(1 << 20)) == member.size


def read_tar(data: bytes) -> None:
    tar = TarReader([data[:700], data[700:]], "x.tar")
    while (entry := tar.next_entry()) is not None:
        assert sum(map(len, tar.chunks())) == entry.size


def read_package(data: bytes) -> None:
    with read_deb(io.BytesIO(data), "x.deb", LIMITS) as deb:
        for member in deb.members():
            assert len(member.read()) == member.size


def unpack_package(data: bytes) -> None:
    unpacked = unpack(lambda: io.BytesIO(data), "x", Treatment())
    format_rfc3339(unpacked.moment)
    for entry in unpacked.entries:
        assert entry_of(entry_fields(entry), entry.origin, {}) == entry


def inflate(data: bytes) -> None:
    """The first byte says which compression."""
    compression = COMPRESSIONS[data[0] % len(COMPRESSIONS)] if data else ""
    for piece in inflated([data[1:400], data[400:]], compression, "x", LIMITS):
        assert piece or not compression


def read_paragraphs(data: bytes) -> None:
    text = decoded(data, "control")
    for comments in (False, True):
        for paragraph in parse_paragraphs(text, "control", comments=comments):
            assert {name: paragraph[name.swapcase()] for name in paragraph} == dict(paragraph)


def read_release(data: bytes) -> None:
    release = Release.parse(decoded(data, "Release"), "Release")
    for moment in (release.date, release.valid_until):
        if moment is not None:
            format_rfc3339(moment)
    for component in release.components[:_ASKED]:
        release.packages_index(component, "amd64")


def read_index(data: bytes) -> None:
    index = PackageIndex.parse(data, "Packages")
    smaller = PackageIndex.prepared(PackageIndex.parse(compact(data), "compact").prepare(), "compact")
    assert smaller.names == index.names
    for name in index.names[:_ASKED]:
        packages = index.named(name)
        assert smaller.named(name)[0].version == packages[0].version
        for package in packages[:_ASKED]:
            _ = (package.depends, package.pre_depends, package.conflicts, package.breaks, package.provides)
        index.providers(name)


def read_prepared_index(data: bytes) -> None:
    """The store's own form of an index."""
    index = PackageIndex.prepared(data, "Packages")
    for name in index.names[:_ASKED]:
        index.named(name)
        index.providers(name)


def read_relations(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    groups = parse_relations(text, "Depends")
    on_architecture(groups, "amd64")
    assert parse_relations(", ".join(map(str, groups)), "again") == groups
    for group in groups:
        for relation in group.alternatives:
            relation.admits(_SOME_VERSION)
            relation.applies_under(("nocheck",))
    parse_provides(text, "Provides")


def read_version(data: bytes) -> None:
    version = Version(data.decode("latin-1"))
    assert (version < _SOME_VERSION) + (version == _SOME_VERSION) + (version > _SOME_VERSION) == 1
    assert version.upstream.startswith(version.upstream_release.partition("+")[0]) or "+really" in version.upstream


def read_md5sums(data: bytes) -> None:
    lines = parse_md5sums(data, "md5sums")
    assert parse_md5sums(format_md5sums(lines), "again") == lines


def read_copyright(data: bytes) -> None:
    for licence in licences(data.decode("utf-8", "replace"), "copyright"):
        assert licence


def read_script(data: bytes) -> None:
    for sentence in unmodelled("x", {"postinst": data}):
        assert sentence.startswith("x: ")


def read_program(data: bytes) -> None:
    facts = read_elf(data, "x.so")
    if facts is not None:
        assert ElfFacts.from_document(Document(facts.to_document(), "again", BareboatError)) == facts

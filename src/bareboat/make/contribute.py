"""A locked package becomes its contribution: from the records when it was made before, else from the .deb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bareboat.base.canon import digest_of
from bareboat.base.digest import Digest
from bareboat.base.epoch import ZERO
from bareboat.base.errors import FormatError
from bareboat.base.mode import FOLDER
from bareboat.base.path import ImagePath, parents_of
from bareboat.debian.copyright import licences
from bareboat.make.contribution import Contribution, Treatment, kept_of, pack_kept, unpack_kept
from bareboat.make.effects.dpkg import status_entries
from bareboat.make.effects.scripts import unmodelled
from bareboat.make.elf import is_elf, read_elf
from bareboat.make.members import add_members
from bareboat.make.prune import COPYRIGHT, matches
from bareboat.make.tree import AnyEntry, Directory, File, file_of
from bareboat.make.unpack import unpack
from bareboat.make.workshop import Workshop
from bareboat.plan.lock import LockedPackage, LockedUpstream
from bareboat.plan.upstream import Program
from bareboat.store.blobs import read

_KIND = "contribution"

KEPT = (
    "usr/share/ca-certificates/**",
    "etc/ld.so.conf",
    "etc/ld.so.conf.d/*",
    "busybox/busybox",
)
"""Files whose contents effects read."""


def contribute(package: LockedPackage, treatment: Treatment, workshop: Workshop) -> Contribution:
    """What `package` brings under `treatment`.

    Raises:
        NotFoundError: When the store does not have the .deb.
        FormatError: When the .deb is not one; and as `unpack`.
    """
    key = treatment.key(package.sha256)
    known = recall(key, workshop)
    if known is not None:
        return known
    with workshop.room_for(package.size):
        unpacked = unpack(lambda: workshop.blobs.open(package.sha256), package.name, treatment)
        status = status_entries(
            package.name,
            control=unpacked.control,
            md5sums=unpacked.md5sums,
            stays=frozenset(entry.path for entry in unpacked.entries),
            moved=unpacked.moved,
            moment=unpacked.moment,
        )
        contents: Mapping[ImagePath, bytes] = {**unpacked.contents, **{entry.path: entry.content for entry in status}}
        entries = tuple(sorted([*unpacked.entries, *status], key=lambda entry: entry.path))
        return remember(
            Contribution(
                package=package.name,
                entries=entries,
                members=(),
                moment=unpacked.moment,
                saved=unpacked.saved,
                warnings=tuple(unmodelled(package.name, unpacked.scripts)),
                licences=_licences(unpacked.contents),
            ),
            contents,
            key,
            workshop,
        )


def contribute_upstream(built: LockedUpstream, program: Program, workshop: Workshop) -> Contribution:
    """What an upstream program brings: its files, at the paths that the catalogue gives them.

    Raises:
        NotFoundError: When the store does not have one of them.
    """
    places = {file.member: file for file in program.files}
    content = digest_of([[file.member, str(file.sha256), places[file.member].path] for file in built.files])
    key = Treatment(compression=workshop.compression.key).key(content)
    known = recall(key, workshop)
    if known is not None:
        return known
    with workshop.room_for(sum(file.size for file in built.files)):
        contents = {ImagePath(places[file.member].path): read(workshop.blobs, file.sha256) for file in built.files}
        modes = {ImagePath(places[file.member].path): places[file.member].mode for file in built.files}
        origin = f"package:{built.name}"
        files = [file_of(path, data, origin=origin, mode=modes[path]) for path, data in sorted(contents.items())]
        folders = sorted({parent for file in files for parent in parents_of(file.path)})
        entries: list[AnyEntry] = [Directory(path=path, mode=FOLDER, origin=origin) for path in folders]
        entries += [_with_facts(file) for file in files]
        ordered = tuple(sorted(entries, key=lambda entry: entry.path))
        whole = Contribution(package=built.name, entries=ordered, members=(), moment=ZERO)
        return remember(whole, contents, key, workshop)


def _with_facts(file: File) -> File:
    elf = read_elf(file.content, f"/{file.path}") if is_elf(file.content[:4]) else None
    return replace(file, elf=elf, data=None)


def remember(
    contribution: Contribution, contents: Mapping[ImagePath, bytes], key: Digest, workshop: Workshop
) -> Contribution:
    """Store the members and kept contents of a contribution, and its record; returns it with all of them."""
    files = [entry for entry in contribution.entries if not isinstance(entry, Directory)]
    members = add_members(files, workshop, lambda file: contents[file.path])
    kept = [contents[entry.path] for entry in files if isinstance(entry, File) and matches(KEPT, entry.path)]
    blob = pack_kept(kept)
    complete = Contribution(
        package=contribution.package,
        entries=contribution.entries,
        members=members,
        moment=contribution.moment,
        saved=contribution.saved,
        warnings=contribution.warnings,
        licences=contribution.licences,
        kept=workshop.blobs.add([blob]) if kept else None,
    )
    record = complete.to_bytes()
    workshop.records.put(_KIND, key, record)
    return Contribution.from_bytes(record, unpack_kept(blob))


def recall(key: Digest, workshop: Workshop) -> Contribution | None:
    """The contribution that was made before, when all of it is still there."""
    record = workshop.records.get(_KIND, key)
    if record is None:
        return None
    try:
        blob = kept_of(record)
        if blob is not None and not workshop.blobs.has(blob):
            return None
        known = Contribution.from_bytes(record, unpack_kept(read(workshop.blobs, blob)) if blob else {})
    except FormatError:
        return None
    return known if all(workshop.blobs.has(member.digest) for member in known.members) else None


def _licences(contents: Mapping[ImagePath, bytes]) -> tuple[str, ...]:
    """The licences that the package's copyright files name, as SPDX identifiers."""
    files = sorted(path for path in contents if COPYRIGHT.fullmatch(path))
    return tuple(sorted({name for path in files for name in licences(contents[path].decode(errors="replace"), path)}))

"""A locked package becomes its contribution: from the records when it was made before, else from the .deb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bareboat.base.digest import Digest
from bareboat.base.epoch import ZERO
from bareboat.base.errors import FormatError, InternalError
from bareboat.base.mode import FOLDER
from bareboat.base.path import ImagePath, image_path, parents_of
from bareboat.debian.copyright import licences
from bareboat.make.contents import is_read
from bareboat.make.contribution import Contribution, Treatment, kept_of, pack_kept, unpack_kept
from bareboat.make.effects.dpkg import status_entries
from bareboat.make.effects.scripts import unmodelled
from bareboat.make.facts import facts_of
from bareboat.make.members import add_members
from bareboat.make.note import note_of
from bareboat.make.part import PackagePart, Part, ProgramPart
from bareboat.make.prune import COPYRIGHT, matches
from bareboat.make.touched import Touched
from bareboat.make.tree import AnyEntry, Directory, File, file_of
from bareboat.make.unpack import unpack
from bareboat.make.workshop import Workshop
from bareboat.plan.lock import LockedPackage
from bareboat.store.blobs import open_checked, read

_KIND = "contribution"

KEPT = (
    "usr/share/ca-certificates/**",
    "etc/ld.so.conf",
    "etc/ld.so.conf.d/*",
    "busybox/busybox",
    "usr/bin/busybox",
    "bin/busybox",
    "var/lib/dpkg/status.d/*.md5sums",
)
"""Files whose contents are read when something is put over them, besides those that a check reads."""


def contribute(part: Part, workshop: Workshop) -> Contribution:
    """What `part` brings: from the records, or made now.

    Raises:
        NotFoundError: When the store does not have the .deb, or a file of the program.
        FormatError: When the .deb is not one; and as `unpack`.
    """
    known = recall(part.key, workshop)
    if known is not None:
        return known
    record, blob = _made(part, workshop)
    return Contribution.from_bytes(record, unpack_kept(blob))


def prepare(part: Part, workshop: Workshop) -> None:
    """Have what `part` brings in the records, for a process that does not need it itself.

    Raises:
        BareboatError: As `contribute`.
    """
    if recall(part.key, workshop) is None:
        _made(part, workshop)


def _made(part: Part, workshop: Workshop) -> tuple[bytes, bytes]:
    match part:
        case PackagePart():
            return _of_package(part.package, part.treatment, part.key, workshop)
        case ProgramPart():
            return _of_program(part, workshop)
        case _:
            raise InternalError(f"{part.label} is neither a package nor a program")


def _of_package(
    package: LockedPackage, treatment: Treatment, key: Digest, workshop: Workshop
) -> tuple[bytes, bytes]:
    with workshop.room.of(package.size):
        unpacked = unpack(lambda: open_checked(workshop.blobs, package.sha256), package.name, treatment)
        status = status_entries(
            package.name,
            control=unpacked.control,
            md5sums=unpacked.md5sums,
            stays={*(entry.path for entry in unpacked.entries), *treatment.shared},
            moved=unpacked.moved,
            moment=unpacked.moment,
        )
        contents = {**unpacked.contents, **{entry.path: entry.content for entry in status}}
        whole = Contribution(
            package=package.name,
            entries=tuple(sorted([*unpacked.entries, *status], key=lambda entry: entry.path)),
            members=(),
            moment=unpacked.moment,
            saved=unpacked.saved,
            warnings=(*unmodelled(package.name, unpacked.scripts), *unpacked.warnings),
            licences=_licences(unpacked.contents),
            touched=unpacked.touched,
        )
        return remember(whole, contents, key, workshop)


def _of_program(part: ProgramPart, workshop: Workshop) -> tuple[bytes, bytes]:
    with workshop.room.of(sum(file.size for file in part.built.files)):
        origin = f"package:{part.name}"
        written: list[File] = []
        warnings: list[str] = []
        saved: dict[str, int] = {}
        touched = Touched(part.treatment.pruning)
        for installed, digest in part.files:
            path = image_path(installed.path, where=part.name)
            touched.see(path)
            rule = part.treatment.verdict(path)
            if rule is not None:
                saved[rule] = saved.get(rule, 0) + workshop.blobs.size(digest)
                continue
            data = read(workshop.blobs, digest)
            facts = facts_of(data, path, part.name)
            warnings += [facts.warning] if facts.warning else []
            written.append(replace(file_of(path, data, origin=origin, mode=installed.mode), elf=facts.elf))
        contents = {file.path: file.content for file in written}
        parents = {parent for file in written for parent in parents_of(file.path)}
        folders = [Directory(path=path, mode=FOLDER, origin=origin) for path in parents]
        entries: list[AnyEntry] = [*folders, *(replace(file, data=None) for file in written)]
        whole = Contribution(
            package=part.name,
            entries=tuple(sorted(entries, key=lambda entry: entry.path)),
            members=(),
            moment=ZERO,
            saved=dict(sorted(saved.items())),
            warnings=tuple(warnings),
            licences=_licences(contents),
            touched=touched.globs,
        )
        return remember(whole, contents, part.key, workshop)


def remember(
    contribution: Contribution, contents: Mapping[ImagePath, bytes], key: Digest, workshop: Workshop
) -> tuple[bytes, bytes]:
    """Store the members and kept contents of a contribution, and its record; returns the record and the contents."""
    files = [entry for entry in contribution.entries if not isinstance(entry, Directory)]
    kept = [contents[entry.path] for entry in files if isinstance(entry, File) and _is_kept(entry)]
    blob = pack_kept(kept)
    complete = replace(
        contribution,
        members=add_members(files, workshop, lambda file: contents[file.path]),
        kept=workshop.blobs.add([blob]) if kept else None,
        notes={
            file.path: note_of(file.path, contents[file.path], is_sound=file.elf is not None)
            for file in files
            if isinstance(file, File)
        },
    )
    record = complete.to_bytes()
    workshop.records.put(_KIND, key, record)
    return record, blob


def _is_kept(file: File) -> bool:
    return matches(KEPT, file.path) or is_read(file.path, file.size)


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

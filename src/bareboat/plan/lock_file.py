"""`bareboat.lock` as text: canonical JSON laid out one package, archive or stage to a line, so that it can be diffed.

The same lock has one text only, sorted; a text that was edited by hand is read when it still makes sense.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, TypeVar

from bareboat.base.digest import Digest, sha256
from bareboat.base.document import Document
from bareboat.base.epoch import Epoch, format_rfc3339, parse_rfc3339
from bareboat.base.errors import FormatError, LockError, UsageError
from bareboat.base.path import archive_path
from bareboat.base.platform import architecture
from bareboat.debian.version import check_version
from bareboat.plan.lock import (
    BYTE_FORMAT,
    FORMAT,
    Lock,
    LockedArchive,
    LockedBase,
    LockedBaseImage,
    LockedBlob,
    LockedFile,
    LockedImage,
    LockedPackage,
    LockedStage,
    LockedUpstream,
)

_T = TypeVar("_T")
_AGAIN = "run `bareboat lock` to decide again; the old file is overwritten"
_MARK = '"bareboat-lock"'
_USUAL_NAME = "bareboat.lock"
_OF_IMAGE = frozenset({"wish", "content", "drift", "base"})
_CONFLICT_MARKS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")

_VERSION = r"(?:[0-9]{1,9}:)?[A-Za-z0-9.+~](?:[A-Za-z0-9.+~-]{0,99}[A-Za-z0-9.+~])?"
_NAME = r"[A-Za-z0-9_+~%-][A-Za-z0-9._+~%:-]*"
_USUAL_KEYS = ("source", "archive", "sha256", "path")
_USUAL = re.compile(
    rf"([a-z0-9.+-]+)=({_VERSION}):([a-z0-9-]+)\n([a-z0-9.+-]*)=({_VERSION})\n"
    rf"([^\n]*)\n([0-9a-f]{{64}})\n({_NAME}(?:/{_NAME})*)\n([^\n]*)\n([^\n]*)"
)
"""A package whose every word is of a kind that the rules of `_judged_package` let in without asking further."""

GIVE_A_LOCK = "give the path of a lock, as `bareboat lock` writes it"
"""What to do instead of naming some other file."""


class NoLockError(LockError):
    """A file that is something else than a lock, and must not be written over."""


def format_lock(lock: Lock) -> str:
    """The one text of `lock`, ending in a newline."""
    parts = [
        f' "bareboat-lock": {FORMAT}',
        f' "byte-format": {lock.byte_format}',
        _section("archives", {name: _archive_fields(archive) for name, archive in lock.archives.items()}),
        *([_section("bases", {name: _base_fields(base) for name, base in lock.bases.items()})] if lock.bases else []),
        _section("packages", {identity: _package_fields(package) for identity, package in lock.packages.items()}),
        _section("upstream", {identity: _upstream_fields(program) for identity, program in lock.upstream.items()}),
        _images(lock),
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def parse_lock(text: str, where: str) -> Lock:
    """Read the text of a lock.

    Raises:
        NoLockError: When it is no lock at all, and is not called as if it were.
        LockError: For conflict marks, other versions, and every field that is missing or of a wrong kind.
    """
    if text.strip() and _MARK not in text and PurePath(where).name != _USUAL_NAME:
        raise NoLockError(f"{where}: is no lock", hint=GIVE_A_LOCK)
    _check_merged(text, where)
    try:
        document = Document.parse(text, where, LockError)
        _check_characters(text, document)
        _check_version(document)
        lock = Lock(
            byte_format=document.integer("byte-format"),
            archives=_mapping(_archive(name, item) for name, item in document.document("archives").items()),
            bases=_mapping(_base(name, item) for name, item in _bases(document)),
            packages=_mapping(_package(name, item) for name, item in document.document("packages").items()),
            upstream=_mapping(_upstream(name, item) for name, item in document.document("upstream").items()),
            images=_mapping(_image(name, item) for name, item in document.document("images").items()),
        )
    except UnicodeEncodeError as error:
        raise LockError(f"{where}: holds a character that is none (U+D800 to U+DFFF)", hint=_AGAIN) from error
    except (FormatError, UsageError) as error:
        raise LockError(f"{where}: {error.message}", hint=_AGAIN) from error
    except LockError as error:
        error.hint = error.hint or _AGAIN
        raise
    _check(lock, where)
    contents = lock.contents()
    for name, item in document.document("images").items():
        _check_content(contents[name], item)
    return lock


def _check_merged(text: str, where: str) -> None:
    if not any(mark in text for mark in _CONFLICT_MARKS):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(_CONFLICT_MARKS):
            raise LockError(f"{where}:{number}: has conflict marks of a merge", hint=_AGAIN)


def _check_characters(text: str, document: Document) -> None:
    """See that every character is one: half of one is in the text itself, or is written with `\\u`."""
    text.encode()
    if "\\ud" in text or "\\uD" in text:
        _line(document.fields).encode()


def _check_content(content: Digest, item: Document) -> None:
    if item.string("content") != str(content):
        raise LockError(
            f"{item.where}: does not hold what was decided: it was edited by hand, or merged badly", hint=_AGAIN
        )


def _check_version(document: Document) -> None:
    version = document.integer("bareboat-lock")
    if version != FORMAT:
        raise LockError(
            f"{document.where}: is of version {version}, and this bareboat reads version {FORMAT}",
            hint="use the bareboat that wrote it, or a newer one",
        )


def _check(lock: Lock, where: str) -> None:
    if lock.byte_format != BYTE_FORMAT:
        raise LockError(
            f"{where}: its bytes are of format {lock.byte_format}, and this bareboat makes format {BYTE_FORMAT}",
            hint="run `bareboat lock` to move to this format; the images' digests will change",
        )
    for image in lock.images.values():
        place = [where, "images", image.name]
        if image.base:
            _check_known(place, [image.base], lock.bases)
            _check_known(place, image.stages, lock.bases[image.base].images)
        for arch, stages in image.stages.items():
            for stage in stages:
                _check_known([*place, arch, stage.name], stage.packages, lock.packages)
                _check_known([*place, arch, stage.name], stage.upstream, lock.upstream)
    for identity, package in lock.packages.items():
        _check_known([where, "packages", identity], [package.archive], lock.archives)


def _check_known(place: Iterable[str], names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise LockError(f'{": ".join(place)}: names "{name}", which the lock does not have', hint=_AGAIN)


def _mapping(pairs: Iterable[tuple[str, _T]]) -> Mapping[str, _T]:
    return MappingProxyType(dict(pairs))


def _line(fields: Mapping[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(", ", ": "))


def _section(name: str, items: Mapping[str, Mapping[str, object]]) -> str:
    lines = [f"  {json.dumps(key, ensure_ascii=False)}: {_line(items[key])}" for key in sorted(items)]
    return f' "{name}": {{' + ("\n" + ",\n".join(lines) + "\n }" if lines else "}")


def _images(lock: Lock) -> str:
    blocks, contents = [], lock.contents()
    for name in sorted(lock.images):
        image = lock.images[name]
        lines = [f'   "wish": "{image.wish}"', f'   "content": "{contents[name]}"']
        lines += [f'   "drift": {json.dumps(image.drift, ensure_ascii=False)}']
        lines += [f'   "base": {json.dumps(image.base, ensure_ascii=False)}'] if image.base else []
        for arch in sorted(image.stages):
            stages = [f"    {_line(_stage_fields(stage))}" for stage in image.stages[arch]]
            lines.append(f'   "{arch}": [' + ("\n" + ",\n".join(stages) + "\n   ]" if stages else "]"))
        blocks.append(f"  {json.dumps(name, ensure_ascii=False)}: {{\n" + ",\n".join(lines) + "\n  }")
    return ' "images": {' + ("\n" + ",\n".join(blocks) + "\n }" if blocks else "}")


def _archive_fields(archive: LockedArchive) -> dict[str, object]:
    return {
        "codename": archive.codename,
        "date": format_rfc3339(archive.date),
        "valid-until": None if archive.valid_until is None else format_rfc3339(archive.valid_until),
        "release": str(archive.release),
        "signed-by": list(archive.signed_by),
        **({"missing": list(archive.missing)} if archive.missing else {}),
    }


def _archive(name: str, item: Document) -> tuple[str, LockedArchive]:
    return name, LockedArchive(
        name=name,
        codename=item.string("codename"),
        date=_moment(item.string("date"), item),
        valid_until=_moment(item.string("valid-until"), item) if item.has("valid-until") else None,
        release=Digest.parse(item.string("release")),
        signed_by=_sorted(item.strings("signed-by")),
        missing=_sorted(item.strings("missing")),
    )


def _moment(text: str, item: Document) -> Epoch:
    moment = parse_rfc3339(text)
    if moment < 0:
        raise LockError(f'{item.where}: "{text}" is before 1970')
    return moment


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _package_fields(package: LockedPackage) -> dict[str, object]:
    fields: dict[str, object] = {
        "source": f"{package.source}={package.source_version}",
        "archive": package.archive,
        "sha256": package.sha256.hex,
        "size": package.size,
        "path": package.path,
    }
    if package.depends:
        fields["depends"] = package.depends
    if package.provides:
        fields["provides"] = package.provides
    if package.seen is not None:
        fields["seen"] = format_rfc3339(package.seen)
    return fields


def _package(identity: str, item: Document) -> tuple[str, LockedPackage]:
    return identity, _usual_package(identity, item.fields) or _judged_package(identity, item)


def _usual_package(identity: str, fields: Mapping[str, Any]) -> LockedPackage | None:
    """The package, when one look shows that `_judged_package` finds nothing wrong with it: a lock has a thousand."""
    size, said = fields.get("size"), [fields.get("depends", ""), fields.get("provides", "")]
    try:
        usual = _USUAL.fullmatch("\n".join([identity, *(fields[key] for key in _USUAL_KEYS), *said]))
    except (KeyError, TypeError):
        return None
    if usual is None or type(size) is not int or size < 0 or "seen" in fields:
        return None
    name, version, architecture, source, source_version, archive, digest, path, depends, provides = usual.groups()
    return LockedPackage(
        name=name, version=version, architecture=architecture, source=source, source_version=source_version,
        archive=archive, path=path, size=size, sha256=sha256(digest), depends=depends, provides=provides,
    )  # fmt: skip


def _judged_package(identity: str, item: Document) -> LockedPackage:
    name, version, architecture = _identity(identity, item)
    source, _, source_version = item.string("source").partition("=")
    check_version(version)
    if source_version != version:
        check_version(source_version)
    return LockedPackage(
        name=name,
        version=version,
        architecture=architecture,
        source=source,
        source_version=source_version,
        archive=item.string("archive"),
        path=archive_path(item.string("path"), where=f"{item.where}: path"),
        size=_size(item),
        sha256=sha256(item.string("sha256")),
        depends=item.optional_string("depends") or "",
        provides=item.optional_string("provides") or "",
        seen=_moment(item.string("seen"), item) if item.has("seen") else None,
    )


def _identity(identity: str, item: Document) -> tuple[str, str, str]:
    name, equals, rest = identity.partition("=")
    version, colon, architecture = rest.rpartition(":")
    if not (equals and colon and name and version and architecture):
        raise LockError(f'{item.where}: "{identity}" is not name=version:architecture')
    return name, version, architecture


def _size(item: Document) -> int:
    size = item.integer("size")
    if size < 0:
        raise LockError(f"{item.where}: size is negative")
    return size


def _upstream_fields(program: LockedUpstream) -> dict[str, object]:
    files = {
        file.member: {"sha256": file.sha256.hex, "size": file.size}
        for file in sorted(program.files, key=lambda file: file.member)
    }
    return {"evidence": program.evidence, "files": files}


def _upstream(identity: str, item: Document) -> tuple[str, LockedUpstream]:
    name, version, architecture = _identity(identity, item)
    files = tuple(
        LockedFile(member=member, sha256=sha256(fields.string("sha256")), size=_size(fields))
        for member, fields in item.document("files").items()
    )
    program = LockedUpstream(
        name=name, version=version, architecture=architecture, files=files, evidence=item.string("evidence")
    )
    return identity, program


def _bases(document: Document) -> Iterable[tuple[str, Document]]:
    """The base images, which only a lock has that has images on some."""
    return document.document("bases").items() if document.has("bases") else ()


def _base_fields(base: LockedBase) -> dict[str, object]:
    images = {
        arch: {
            "manifest": _blob_fields(image.manifest),
            "config": _blob_fields(image.config),
            "layers": [_blob_fields(layer) for layer in image.layers],
        }
        for arch, image in sorted(base.images.items())
    }
    return {"digest": str(base.digest), "architectures": list(base.architectures), "images": images}


def _base(reference: str, item: Document) -> tuple[str, LockedBase]:
    images = {}
    for arch, image in item.document("images").items():
        if architecture(arch).oci != arch:
            raise LockError(f'{image.where}: "{arch}" is not the name of an architecture')
        images[arch] = LockedBaseImage(
            manifest=_blob(image.document("manifest")), config=_blob(image.document("config")),
            layers=tuple(_blob(layer) for layer in image.documents("layers")),
        )  # fmt: skip
    return reference, LockedBase(
        reference=reference, digest=Digest.parse(item.string("digest")),
        architectures=_sorted(item.strings("architectures")), images=MappingProxyType(images),
    )  # fmt: skip


def _blob_fields(blob: LockedBlob) -> dict[str, object]:
    return {"digest": str(blob.digest), "size": blob.size}


def _blob(item: Document) -> LockedBlob:
    return LockedBlob(Digest.parse(item.string("digest")), _size(item))


def _stage_fields(stage: LockedStage) -> dict[str, object]:
    fields: dict[str, object] = {"stage": stage.name, "packages": sorted(stage.packages)}
    if stage.upstream:
        fields["upstream"] = sorted(stage.upstream)
    return fields


def _stage(item: Document) -> LockedStage:
    packages, upstream = _sorted(item.strings("packages")), _sorted(item.strings("upstream"))
    return LockedStage(name=item.string("stage"), packages=packages, upstream=upstream)


def _image(name: str, item: Document) -> tuple[str, LockedImage]:
    stages = {}
    for key in sorted(set(item.fields) - _OF_IMAGE):
        if architecture(key).oci != key:
            raise LockError(f'{item.where}: "{key}" is not the name of an architecture')
        stages[key] = tuple(_stage(stage) for stage in item.documents(key))
    wish, drift = Digest.parse(item.string("wish")), _sorted(item.strings("drift"))
    base = item.optional_string("base") or ""
    return name, LockedImage(name=name, wish=wish, stages=MappingProxyType(stages), drift=drift, base=base)

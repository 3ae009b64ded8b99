"""`bareboat.lock` as text: canonical JSON laid out one package, archive or stage to a line, so that it can be diffed.

The same lock has one text only; a text that was edited by hand is read when it still makes sense.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

from bareboat.base.digest import Digest, sha256
from bareboat.base.document import Document
from bareboat.base.epoch import format_rfc3339, parse_rfc3339
from bareboat.base.errors import FormatError, LockError
from bareboat.plan.lock import (
    BYTE_FORMAT,
    FORMAT,
    Lock,
    LockedArchive,
    LockedFile,
    LockedImage,
    LockedPackage,
    LockedStage,
    LockedUpstream,
)

_T = TypeVar("_T")
_AGAIN = "run `bareboat lock` to decide again; the old file is overwritten"
_CONFLICT_MARKS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


def format_lock(lock: Lock) -> str:
    """The one text of `lock`, ending in a newline."""
    parts = [
        f' "bareboat-lock": {FORMAT}',
        f' "byte-format": {lock.byte_format}',
        _section("archives", {name: _archive_fields(archive) for name, archive in lock.archives.items()}),
        _section("packages", {identity: _package_fields(package) for identity, package in lock.packages.items()}),
        _section("upstream", {identity: _upstream_fields(program) for identity, program in lock.upstream.items()}),
        _images(lock.images),
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def parse_lock(text: str, where: str) -> Lock:
    """Read the text of a lock.

    Raises:
        LockError: For conflict marks, other versions, and every field that is missing or of a wrong kind.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(_CONFLICT_MARKS):
            raise LockError(f"{where}:{number}: has conflict marks of a merge", hint=_AGAIN)
    try:
        document = Document.parse(text, where, LockError)
        version = document.integer("bareboat-lock")
        if version != FORMAT:
            raise LockError(
                f"{where}: is of version {version}, and this bareboat reads version {FORMAT}",
                hint="use the bareboat that wrote it, or a newer one",
            )
        lock = Lock(
            byte_format=document.integer("byte-format"),
            archives=_mapping(_archive(name, item) for name, item in document.document("archives").items()),
            packages=_mapping(_package(name, item) for name, item in document.document("packages").items()),
            upstream=_mapping(_upstream(name, item) for name, item in document.document("upstream").items()),
            images=_mapping(_image(name, item) for name, item in document.document("images").items()),
        )
    except FormatError as error:
        raise LockError(f"{where}: {error.message}", hint=_AGAIN) from error
    except LockError as error:
        error.hint = error.hint or _AGAIN
        raise
    _check(lock, where)
    return lock


def _check(lock: Lock, where: str) -> None:
    if lock.byte_format != BYTE_FORMAT:
        raise LockError(
            f"{where}: its bytes are of format {lock.byte_format}, and this bareboat makes format {BYTE_FORMAT}",
            hint="run `bareboat lock` to move to this format; the images' digests will change",
        )
    for image in lock.images.values():
        for architecture, stages in image.stages.items():
            for stage in stages:
                missing = [name for name in stage.packages if name not in lock.packages]
                missing += [name for name in stage.upstream if name not in lock.upstream]
                if missing:
                    raise LockError(
                        f"{where}: images.{image.name}.{architecture}: names {missing[0]}, which the lock does not have",
                        hint=_AGAIN,
                    )


def _mapping(pairs: Iterable[tuple[str, _T]]) -> Mapping[str, _T]:
    return MappingProxyType(dict(pairs))


def _line(fields: Mapping[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(", ", ": "))


def _section(name: str, items: Mapping[str, Mapping[str, object]]) -> str:
    lines = [f"  {json.dumps(key, ensure_ascii=False)}: {_line(items[key])}" for key in sorted(items)]
    return f' "{name}": {{' + ("\n" + ",\n".join(lines) + "\n }" if lines else "}")


def _images(images: Mapping[str, LockedImage]) -> str:
    blocks = []
    for name in sorted(images):
        image = images[name]
        lines = [f'   "wish": "{image.wish}"', f'   "drift": {_line_list(image.drift)}']
        for architecture in sorted(image.stages):
            stages = [f"    {_line(_stage_fields(stage))}" for stage in image.stages[architecture]]
            lines.append(f'   "{architecture}": [\n' + ",\n".join(stages) + "\n   ]")
        blocks.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n  }")
    return ' "images": {' + ("\n" + ",\n".join(blocks) + "\n }" if blocks else "}")


def _line_list(values: tuple[str, ...]) -> str:
    return json.dumps(list(values), ensure_ascii=False)


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
    until = item.optional_string("valid-until")
    return name, LockedArchive(
        name=name,
        codename=item.string("codename"),
        date=parse_rfc3339(item.string("date")),
        valid_until=None if until is None else parse_rfc3339(until),
        release=Digest.parse(item.string("release")),
        signed_by=item.strings("signed-by"),
        missing=item.strings("missing"),
    )


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
    return fields


def _package(identity: str, item: Document) -> tuple[str, LockedPackage]:
    name, equals, rest = identity.partition("=")
    version, colon, architecture = rest.rpartition(":")
    source, _, source_version = item.string("source").partition("=")
    if not (equals and colon and name and version and architecture):
        raise LockError(f'{item.where}: "{identity}" is not name=version:architecture')
    size = item.integer("size")
    if size < 0:
        raise LockError(f"{item.where}: size is negative")
    path = item.string("path")
    if path.startswith("/") or ".." in path.split("/") or "://" in path:
        raise LockError(f'{item.where}: path "{path}" is not relative to an archive')
    return identity, LockedPackage(
        name=name,
        version=version,
        architecture=architecture,
        source=source,
        source_version=source_version,
        archive=item.string("archive"),
        path=path,
        size=size,
        sha256=sha256(item.string("sha256")),
        depends=item.optional_string("depends") or "",
        provides=item.optional_string("provides") or "",
    )


def _upstream_fields(program: LockedUpstream) -> dict[str, object]:
    files = {file.member: {"sha256": file.sha256.hex, "size": file.size} for file in program.files}
    return {"evidence": program.evidence, "files": files}


def _upstream(identity: str, item: Document) -> tuple[str, LockedUpstream]:
    name, _, rest = identity.partition("=")
    version, _, architecture = rest.rpartition(":")
    files = tuple(
        LockedFile(member=member, sha256=sha256(fields.string("sha256")), size=fields.integer("size"))
        for member, fields in item.document("files").items()
    )
    program = LockedUpstream(
        name=name, version=version, architecture=architecture, files=files, evidence=item.string("evidence")
    )
    return identity, program


def _stage_fields(stage: LockedStage) -> dict[str, object]:
    fields: dict[str, object] = {"stage": stage.name, "packages": list(stage.packages)}
    if stage.upstream:
        fields["upstream"] = list(stage.upstream)
    return fields


def _image(name: str, item: Document) -> tuple[str, LockedImage]:
    architectures = [key for key in item.fields if key not in ("wish", "drift")]
    stages = {
        architecture: tuple(
            LockedStage(name=stage.string("stage"), packages=stage.strings("packages"), upstream=stage.strings("upstream"))
            for stage in item.documents(architecture)
        )
        for architecture in sorted(architectures)
    }
    image = LockedImage(
        name=name, wish=Digest.parse(item.string("wish")), stages=MappingProxyType(stages), drift=item.strings("drift")
    )
    return name, image

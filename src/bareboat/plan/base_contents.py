"""What is aboard of an image that others are built on, as far as choosing packages must know it.

Its packages are those that dpkg says are installed: in `status.d`, as distroless images have it, or in dpkg's own
database.
They are taken as they are: nothing of the base is replaced, and what they depend on is the base's own business.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from bareboat.base.canon import canonical, digest_of
from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath, inside
from bareboat.debian.package import Package
from bareboat.debian.paragraph import Paragraph, decoded, parse_paragraphs
from bareboat.debian.relation import is_package_name
from bareboat.debian.status import STATUS_FOLDER
from bareboat.debian.version import Version
from bareboat.oci.manifest import Manifest
from bareboat.plan.lock import LockedBaseImage
from bareboat.store.blobs import Blobs, Records, read
from bareboat.store.entry import EntryKind
from bareboat.store.rootfs import RootFilesystem

_KIND = "base-contents"
_FORMAT = 1
_DATABASE = ImagePath("var/lib/dpkg/status")
_RELEASES = ("etc/os-release", "usr/lib/os-release")
_LISTS = ".md5sums"
_MOST_BYTES = 64 << 20
_FIELDS = ("Package", "Version", "Architecture", "Source", "Provides", "Conflicts", "Breaks", "Multi-Arch")


@frozen
class BaseContents:
    """The packages of a base image, sorted by name; `system` and `codename` are what its os-release says, or empty."""

    packages: tuple[Package, ...] = ()
    system: str = ""
    codename: str = ""


def base_contents(image: LockedBaseImage, blobs: Blobs, records: Records) -> BaseContents:
    """The contents of `image`, whose blobs are all here; looked at once and remembered.

    Raises:
        FormatError: When a layer or dpkg's database is damaged, or a layer has a path that would leave the image.
        DigestMismatchError: When a layer is not what was promised.
        NotFoundError: When a blob is not here.
    """
    key = digest_of({"base": str(image.manifest.digest), "format": _FORMAT})
    known = records.get(_KIND, key)
    found = None if known is None else _read(known)
    if found is None:
        manifest = Manifest.parse(read(blobs, image.manifest.digest))
        with RootFilesystem.of(blobs, manifest) as rootfs:
            stanzas = {fields["Package"]: fields for fields in _stanzas(rootfs)}
            record = canonical({"packages": [stanzas[name] for name in sorted(stanzas)], "release": _release(rootfs)})
        records.put(_KIND, key, record)
        found = _contents(record)
    return found


def _read(record: bytes) -> BaseContents | None:
    try:
        return _contents(record)
    except (ValueError, KeyError, TypeError, FormatError):
        return None


def _contents(record: bytes) -> BaseContents:
    document = json.loads(record)
    release = document["release"]
    return BaseContents(
        packages=tuple(_package(fields) for fields in document["packages"]),
        system=release.get("ID", ""),
        codename=release.get("VERSION_CODENAME", ""),
    )


def _package(fields: dict[str, str]) -> Package:
    version = Version(fields["Version"])
    return Package(
        name=fields["Package"],
        version=version,
        architecture=fields.get("Architecture", ""),
        source=fields.get("Source", "").partition(" ")[0] or fields["Package"],
        source_version=version,
        filename="",
        size=0,
        sha256=Digest.of(canonical(fields)),
        provides_text=fields.get("Provides", ""),
        conflicts_text=fields.get("Conflicts", ""),
        breaks_text=fields.get("Breaks", ""),
        multi_arch=fields.get("Multi-Arch", "no"),
    )


def _stanzas(rootfs: RootFilesystem) -> Iterator[dict[str, str]]:
    """Every package that is installed, with the fields that matter."""
    for path, entry in rootfs.entries.items():
        if entry.kind not in (EntryKind.file, EntryKind.hard_link):
            continue
        is_single = inside(path, STATUS_FOLDER) and not path.endswith(_LISTS)
        if not is_single and path != _DATABASE:
            continue
        where = f"/{path}"
        for fields in parse_paragraphs(decoded(rootfs.read(path, most_bytes=_MOST_BYTES), where), where):
            # deb-status: "Status: want flag status"; status.d has whole control files, which have no such field
            if fields.get("Status", "x x installed").split()[-1:] == ["installed"]:
                yield _checked(fields)


def _checked(fields: Paragraph) -> dict[str, str]:
    name, version = fields.require("Package"), fields.require("Version")
    if not is_package_name(name):
        raise FormatError(f'{fields.where}: cannot read "{name[:80]}" as the name of a package')
    Version(version)
    said = {key: fields.get(key, "") for key in _FIELDS}
    return {key: value for key, value in said.items() if value}


def _release(rootfs: RootFilesystem) -> dict[str, str]:
    """What os-release(5) says of the system."""
    for name in _RELEASES:
        path = rootfs.real_path(name)
        entry = None if path is None else rootfs.entries.get(path)
        if path is None or entry is None or entry.kind not in (EntryKind.file, EntryKind.hard_link):
            continue
        lines = rootfs.read(path, most_bytes=_MOST_BYTES).decode("utf-8", "replace").split("\n")
        said = dict(line.split("=", 1) for line in lines if "=" in line)
        return {key: said[key].strip().strip("\"'") for key in ("ID", "VERSION_CODENAME") if key in said}
    return {}

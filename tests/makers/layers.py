"""Layers entry by entry, exactly as said, hostile ones too, and images of such layers.

    make_raw_tar([folder("etc"), file("etc/motd", b"hi\n", mode=0o600), symlink("bin", "usr/bin"), whiteout("etc/old")])
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bareboat.base.digest import Digest
from bareboat.oci.config import Execution, History, ImageConfig
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.manifest import Manifest
from bareboat.oci.media import Compression
from bareboat.store.memory import MemoryStore
from tests.makers.image import CREATED, Made, make_layer


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry of a tar; `kind` is a type flag, `records` are those of its pax extended header."""

    name: str
    kind: bytes = tarfile.REGTYPE
    data: bytes = b""
    link: str = ""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = 0
    device: tuple[int, int] = (0, 0)
    records: Mapping[str, str] = field(default_factory=dict)


def file(name: str, data: bytes = b"", **said: Any) -> Item:
    """A regular file."""
    return Item(name=name, data=data, **said)


def folder(name: str, **said: Any) -> Item:
    """A folder."""
    return Item(name=name, kind=tarfile.DIRTYPE, **{"mode": 0o755, **said})


def symlink(name: str, target: str, **said: Any) -> Item:
    """A symbolic link."""
    return Item(name=name, kind=tarfile.SYMTYPE, link=target, **{"mode": 0o777, **said})


def hard_link(name: str, target: str) -> Item:
    """Another name of `target`."""
    return Item(name=name, kind=tarfile.LNKTYPE, link=target)


def whiteout(path: str) -> Item:
    """What hides `path` of the layers below."""
    above, slash, name = path.rpartition("/")
    return Item(name=f"{above}{slash}.wh.{name}")


def opaque(path: str) -> Item:
    """What hides everything in the folder `path` of the layers below."""
    return Item(name=f"{path}/.wh..wh..opq")


def make_raw_tar(items: Sequence[Item], style: int = tarfile.GNU_FORMAT) -> bytes:
    """The entries in their order, with their names as they are."""
    stream = io.BytesIO()
    for item in items:
        info = tarfile.TarInfo("x")
        info.type, info.mode, info.uid, info.gid, info.mtime = item.kind, item.mode, item.uid, item.gid, item.mtime
        info.devmajor, info.devminor = item.device
        info.size = len(item.data)
        records = dict(item.records)
        fits = all(len(text.encode("utf-8", "surrogateescape")) <= 100 for text in (item.name, item.link))
        if not fits:
            records |= {"path": item.name, "linkpath": item.link}
        if records:
            stream.write(_extended(records))
        stream.write(_named(info, item.name if fits else "x", item.link if fits else "", style))
        stream.write(item.data + bytes(-len(item.data) % 512))
    return stream.getvalue() + bytes(1024)


def make_image_of(
    tars: Sequence[bytes],
    *,
    compression: Compression = Compression.gzip,
    members: int = 1,
    history: Sequence[History] | None = None,
    annotations: Mapping[str, str] | None = None,
    config: Execution | None = None,
    architecture: str = "amd64",
    variant: str | None = None,
) -> Made:
    """An image of layers whose tars are at hand, base first."""
    blobs = MemoryStore()
    packed = [make_layer(tar, compression, members=members) for tar in tars]
    image = ImageConfig(
        created=CREATED,
        architecture=architecture,
        variant=variant,
        config=config or Execution(),
        diff_ids=tuple(Digest.of(tar) for tar in tars),
        history=tuple(history or (History(created_by=f"layer {number}") for number in range(len(tars)))),
    )
    manifest = Manifest(
        config=image.descriptor(),
        layers=tuple(Descriptor.of(compression.layer_type, data) for data in packed),
        annotations=annotations or {},
    )
    for data in (image.to_bytes(), manifest.to_bytes(), *packed):
        blobs.add([data])
    platform = Platform(architecture=architecture, variant=variant)
    return Made(descriptor=manifest.descriptor(platform), manifest=manifest, config=image, blobs=blobs)


def make_image_from(*layers: Sequence[Item], **said: Any) -> Made:
    """As `make_image_of`, from the entries of each layer."""
    return make_image_of([make_raw_tar(items) for items in layers], **said)


def _named(info: tarfile.TarInfo, name: str, link: str, style: int) -> bytes:
    """A header with the name and the link as they are: the standard library would take slashes away."""
    header = bytearray(info.tobuf(style, "utf-8", "surrogateescape"))
    header[0:100] = name.encode("utf-8", "surrogateescape").ljust(100, b"\0")
    header[157:257] = link.encode("utf-8", "surrogateescape").ljust(100, b"\0")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def _extended(records: Mapping[str, str]) -> bytes:
    body = b""
    for key, value in records.items():
        rest = b" %s=%s\n" % (key.encode(), value.encode("utf-8", "surrogateescape"))
        length = len(rest)
        while length != len(rest) + len(str(length)):
            length = len(rest) + len(str(length))
        body += str(length).encode() + rest
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, len(body)
    return info.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512)

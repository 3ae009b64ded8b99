"""Makes .deb packages in memory, one line each: honest ones by default, hostile ones when asked.

    make_deb("hello", files={"/usr/bin/hello": b"hi"})
    make_deb("links", entries=[file("usr/lib/a", b"x"), symlink("usr/lib/b", "a"), hardlink("usr/lib/c", "usr/lib/a")])
    make_deb("evil", entries=[Entry("../escape", data=b"x")])
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bareboat.debian.zstandard import zstd

MTIME = 1_700_000_000

_SUFFIX = {"xz": ".xz", "gz": ".gz", "bz2": ".bz2", "zst": ".zst", "none": ""}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of `data.tar`; `name` and `link` go into the archive exactly as they are."""

    name: str
    data: bytes = b""
    type: bytes = tarfile.REGTYPE
    link: str = ""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = MTIME
    major: int = 0
    minor: int = 0
    xattrs: Mapping[str, bytes] = field(default_factory=dict)


def file(
    path: str, data: bytes = b"", *, mode: int = 0o644, uid: int = 0, gid: int = 0, mtime: int = MTIME,
    xattrs: Mapping[str, bytes] | None = None,
) -> Entry:  # fmt: skip
    """A regular file."""
    return Entry(_dotted(path), data, mode=mode, uid=uid, gid=gid, mtime=mtime, xattrs=xattrs or {})


def directory(path: str, *, mode: int = 0o755, uid: int = 0, gid: int = 0, mtime: int = MTIME) -> Entry:
    """A folder."""
    return Entry(_dotted(path), type=tarfile.DIRTYPE, mode=mode, uid=uid, gid=gid, mtime=mtime)


def symlink(path: str, target: str, *, mtime: int = MTIME) -> Entry:
    """A symbolic link; `target` is its text."""
    return Entry(_dotted(path), type=tarfile.SYMTYPE, link=target, mode=0o777, mtime=mtime)


def hardlink(path: str, target: str, *, mode: int = 0o644, mtime: int = MTIME) -> Entry:
    """A second name of the file at `target`."""
    return Entry(_dotted(path), type=tarfile.LNKTYPE, link=_dotted(target), mode=mode, mtime=mtime)


def device(path: str, kind: str = "char", major: int = 1, minor: int = 3, *, mode: int = 0o666) -> Entry:
    """A device node, `char` or `block`, or a `fifo`."""
    types = {"char": tarfile.CHRTYPE, "block": tarfile.BLKTYPE, "fifo": tarfile.FIFOTYPE}
    return Entry(_dotted(path), type=types[kind], major=major, minor=minor, mode=mode)


def make_deb(
    name: str,
    version: str = "1.0",
    architecture: str = "amd64",
    *,
    files: Mapping[str, bytes | str] | None = None,
    entries: Sequence[Entry] = (),
    parents: bool = True,
    source: str = "",
    depends: str = "",
    pre_depends: str = "",
    provides: str = "",
    conflicts: str = "",
    breaks: str = "",
    replaces: str = "",
    multi_arch: str = "",
    essential: bool = False,
    section: str = "misc",
    priority: str = "optional",
    description: str = "made for a test",
    control_extra: Mapping[str, str] | None = None,
    md5sums: bool = True,
    scripts: Mapping[str, str | bytes] | None = None,
    triggers: str = "",
    conffiles: Sequence[str] = (),
    compression: str = "xz",
    tar_format: int = tarfile.GNU_FORMAT,
) -> bytes:
    """A package as bytes.

    `files` are regular files by path, with mode 0755 below a `bin` or `sbin` folder; `entries` follow them;
    `parents` adds the folders that are missing.
    """
    content = [file(path, _bytes(data), mode=_mode(path)) for path, data in (files or {}).items()] + list(entries)
    fields = {
        "Package": name, "Source": source, "Version": version, "Architecture": architecture,
        "Maintainer": "Test Archive <archive@mirror.example>", "Installed-Size": "1", "Pre-Depends": pre_depends,
        "Depends": depends, "Provides": provides, "Conflicts": conflicts, "Breaks": breaks, "Replaces": replaces,
        "Multi-Arch": multi_arch, "Essential": "yes" if essential else "", "Section": section, "Priority": priority,
        **(control_extra or {}), "Description": description,
    }  # fmt: skip
    control = {"control": "".join(f"{key}: {value}\n" for key, value in fields.items() if value).encode()}
    if md5sums:
        control["md5sums"] = _md5sums(content)
    if triggers:
        control["triggers"] = triggers.encode()
    if conffiles:
        control["conffiles"] = "".join(f"{path}\n" for path in conffiles).encode()
    whole = with_parents(content) if parents else content
    return raw_deb(
        control=tar([
            directory("."),
            *(file(path, data) for path, data in control.items()),
            *(file(path, _bytes(data), mode=0o755) for path, data in (scripts or {}).items()),
        ]),
        data=tar(whole, tar_format=tar_format),
        compression=compression,
    )


def raw_deb(*, control: bytes, data: bytes, compression: str = "xz") -> bytes:
    """A package of two tar archives."""
    outer = "xz" if compression == "bz2" else compression  # deb(5) allows bzip2 for the data only
    return ar([
        ("debian-binary", b"2.0\n"),
        (f"control.tar{_SUFFIX[outer]}", compress(control, outer)),
        (f"data.tar{_SUFFIX[compression]}", compress(data, compression)),
    ])


def ar(members: Iterable[tuple[str, bytes]]) -> bytes:
    """An `ar` archive."""
    parts = [b"!<arch>\n"]
    for name, data in members:
        parts.append(f"{name:<16}{MTIME:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode())
        parts.append(data + b"\n" * (len(data) % 2))
    return b"".join(parts)


def tar(entries: Iterable[Entry], *, tar_format: int = tarfile.GNU_FORMAT) -> bytes:
    """A tar archive; with extended attributes it becomes a pax one."""
    entries = list(entries)
    if any(entry.xattrs for entry in entries):
        tar_format = tarfile.PAX_FORMAT
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tar_format, errors="surrogateescape") as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry.name)
            info.type, info.linkname, info.mode = entry.type, entry.link, entry.mode
            info.uid, info.gid, info.mtime = entry.uid, entry.gid, entry.mtime
            info.devmajor, info.devminor = entry.major, entry.minor
            info.uname = info.gname = "root"
            info.size = len(entry.data)
            info.pax_headers = {
                f"SCHILY.xattr.{key}": value.decode("utf-8", "surrogateescape") for key, value in entry.xattrs.items()
            }
            archive.addfile(info, io.BytesIO(entry.data))
    return buffer.getvalue()


def compress(data: bytes, compression: str) -> bytes:
    """`data` in one of the compressions of deb(5), the same bytes every time."""
    match compression:
        case "xz":
            return lzma.compress(data, preset=0)
        case "gz":
            return gzip.compress(data, 1, mtime=0)
        case "bz2":
            return bz2.compress(data, 1)
        case "zst":
            return bytes(zstd().compress(data))
        case _:
            return data


def with_parents(entries: Iterable[Entry]) -> list[Entry]:
    """`entries` with the folders that they need before each of them, and the root first."""
    result = [directory(".")]
    known = {""} | {_plain(entry.name) for entry in entries if entry.type == tarfile.DIRTYPE}
    for entry in entries:
        parts = _plain(entry.name).split("/")[:-1]
        for count in range(1, len(parts) + 1):
            folder = "/".join(parts[:count])
            if folder not in known:
                known.add(folder)
                result.append(directory(folder))
        result.append(entry)
    return result


def _md5sums(entries: Iterable[Entry]) -> bytes:
    lines = sorted(
        (_plain(entry.name), hashlib.md5(entry.data).hexdigest()) for entry in entries if entry.type == tarfile.REGTYPE
    )
    return "".join(f"{digest}  {path}\n" for path, digest in lines).encode("utf-8", "surrogateescape")


def _mode(path: str) -> int:
    folder = path.rpartition("/")[0]
    return 0o755 if folder.endswith(("bin", "sbin")) else 0o644


def _bytes(data: bytes | str) -> bytes:
    return data.encode() if isinstance(data, str) else data


def _dotted(path: str) -> str:
    plain = _plain(path)
    return f"./{plain}" if plain else "."


def _plain(path: str) -> str:
    return path.removeprefix(".").strip("/") if path in (".", "./") or path.startswith("./") else path.strip("/")

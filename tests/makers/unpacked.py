"""What a package holds, one line for each path: as dpkg-deb puts it on a disk, and as we read it."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import datetime
from pathlib import Path

from bareboat.make.contribution import Treatment
from bareboat.make.prune import Pruning
from bareboat.make.tree import AnyEntry, Device, Directory, File, Hardlink, Symlink
from bareboat.make.unpack import Unpacked

WHOLE = Treatment(pruning=Pruning(rules=(), allowed=("setuid", "devices")), merged_usr=False)
"""Nothing dropped, nothing moved."""


def by_dpkg(deb: Path, root: Path) -> list[str]:
    """What `dpkg-deb --extract` makes of a package in the new folder `root`; owners are kept for root only.

    dpkg-deb packs links last of all, so tar, which it runs, comes back to their folders after it has set their times:
    those are taken from its listing.
    """
    subprocess.run(["dpkg-deb", "--extract", deb, root], check=True)
    paths = {path.relative_to(root).as_posix(): path for path in root.rglob("*")}
    touched = {str(Path(name).parent) for name, path in paths.items() if path.is_symlink()}
    listed = _listed_times(deb) if touched else {}
    return sorted(_on_disk(path, name, listed[name] if name in touched else None) for name, path in paths.items())


def by_us(found: Unpacked) -> list[str]:
    """The same of what `make.unpack` gives."""
    names: dict[str, int] = {}
    for entry in found.entries:
        end = entry.target if isinstance(entry, Hardlink) else entry.path
        names[end] = names.get(end, 0) + 1
    return sorted(_line(entry, found, names) for entry in found.entries)


def _listed_times(deb: Path) -> dict[str, int]:
    """When each folder was changed, by path."""
    archive = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], capture_output=True, check=True).stdout
    command = ["tar", "--list", "--verbose", "--full-time", "--utc", "--numeric-owner", "--quoting-style=literal"]
    listing = subprocess.run(command, input=archive, capture_output=True, check=True).stdout.decode(errors="replace")
    lines = (line.split(maxsplit=5) for line in listing.splitlines() if line.startswith("d"))
    return {
        name.removeprefix("./").rstrip("/"): int(datetime.fromisoformat(f"{day}T{hour}+00:00").timestamp())
        for _, _, _, day, hour, name in lines
    }


def _on_disk(path: Path, name: str, time: int | None) -> str:
    found = path.lstat()
    if path.is_symlink():
        what = f"link {path.readlink()} {found.st_uid}:{found.st_gid}"
    elif path.is_dir():
        what = f"folder {found.st_mode & 0o7777:04o} {found.st_uid}:{found.st_gid}"
    else:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        what = f"file {found.st_mode & 0o7777:04o} {found.st_uid}:{found.st_gid} {digest} {found.st_nlink}"
    return f"{name} {what} {int(found.st_mtime) if time is None else time}"


def _line(entry: AnyEntry, found: Unpacked, names: dict[str, int]) -> str:
    owner = f"{entry.mode:04o} {entry.uid}:{entry.gid}"
    match entry:
        case Directory():
            what = f"folder {owner}"
        case Symlink():
            what = f"link {entry.target} {entry.uid}:{entry.gid}"
        case File():
            what = f"file {owner} {hashlib.sha256(found.contents[entry.path]).hexdigest()} {names[entry.path]}"
        case Hardlink():
            what = f"file {owner} {hashlib.sha256(found.contents[entry.target]).hexdigest()} {names[entry.target]}"
        case Device():
            what = entry.kind
    return f"{entry.path} {what} {entry.mtime}"

"""What holds for every path of a sound image, whatever is in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bareboat.base.epoch import format_rfc3339
from bareboat.base.errors import BareboatError
from bareboat.base.path import ImagePath
from bareboat.inspect.aboard import Aboard, Files
from bareboat.inspect.accounts import accounts_of
from bareboat.inspect.bearing import is_ours, is_system
from bareboat.inspect.closure.grounds import and_others
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.make.invariants import ALIASES
from bareboat.oci.annotations import DISTRO
from bareboat.plan.distro import distros
from bareboat.store.entry import EntryKind, LayerEntry

DEVICE = Rule(
    name="no-device",
    family=Family.invariant,
    severity=Severity.error,
    title="there are no devices, pipes or sockets",
    why="runtimes without root cannot make them, and a device is a way past the files' permissions",
)
WRITABLE = Rule(
    name="world-writable",
    family=Family.invariant,
    severity=Severity.warning,
    title="nothing can be written by everybody, but for folders with the sticky bit",
    why="any process of the container could replace what another one runs",
)
OWNER = Rule(
    name="known-owner",
    family=Family.invariant,
    severity=Severity.note,
    title="whoever owns a file is in /etc/passwd or /etc/group",
    why="programs show a bare number, and a later account might be given it",
)
TIME = Rule(
    name="time-in-past",
    family=Family.invariant,
    severity=Severity.warning,
    title="no file is younger than the image says that it is",
    why="the image's date is the newest among its inputs: a younger file came from somewhere else",
)
MERGED = Rule(
    name="merged-usr",
    family=Family.invariant,
    severity=Severity.error,
    title="on a merged /usr the folders /bin, /sbin and /lib* are links into it",
    why="a folder in the place of such a link hides every program that the link leads to",
)
WHITEOUT = Rule(
    name="no-whiteout",
    family=Family.invariant,
    severity=Severity.note,
    title="no layer hides what a layer below has",
    why="what is hidden travels along all the same, and can be read from the lower layer",
)
RULES = (DEVICE, WRITABLE, OWNER, TIME, MERGED, WHITEOUT)

_KINDS = (EntryKind.character_device, EntryKind.block_device, EntryKind.fifo)
_WORLD, _STICKY = 0o002, 0o1000


def find_in(files: Files) -> Iterator[Finding]:
    """What is unsound in any filesystem."""
    for path, entry in files.entries.items():
        if entry.kind in _KINDS:
            yield Finding(rule=DEVICE, path=f"/{path}", message=f"is a {entry.kind}", owner=files.owner(path))
        if entry.mode & _WORLD and is_writable_by_all(entry):
            what = f"can be written by everybody: its mode is {entry.mode:04o}"
            yield Finding(rule=WRITABLE, path=f"/{path}", message=what, owner=files.owner(path))
    if is_system(files):
        yield from _owners(files)
    for path in files.whiteouts:
        yield Finding(rule=WHITEOUT, path=f"/{path}", message="is hidden by a layer above the one that has it")


def find(aboard: Aboard) -> Iterator[Finding]:
    """What does not go with what the image says of itself."""
    if is_ours(aboard):
        yield from _times(aboard)
    yield from _aliases(aboard)


def is_writable_by_all(entry: LayerEntry) -> bool:
    """Whether everybody may write to it, but for folders where nobody may remove what is another's."""
    if entry.kind is EntryKind.symbolic_link or not entry.mode & _WORLD:
        return False
    return entry.kind is not EntryKind.folder or not entry.mode & _STICKY


def _owners(files: Files) -> Iterator[Finding]:
    """One finding for each owner nobody knows."""
    accounts = accounts_of(files)
    uids = {user.uid for user in accounts.users}
    gids = {user.gid for user in accounts.users} | {gid for _, gid in accounts.groups}
    unknown: defaultdict[str, list[ImagePath]] = defaultdict(list)
    for path, entry in files.entries.items():
        if entry.uid not in uids:
            unknown[f"the user {entry.uid}"].append(path)
        if entry.gid not in gids:
            unknown[f"the group {entry.gid}"].append(path)
    for owner, paths in sorted(unknown.items()):
        what = f"{owner} owns this{and_others(len(paths) - 1, 'path')}, and is in no table"
        yield Finding(rule=OWNER, path=f"/{paths[0]}", message=what, owner=files.owner(paths[0]))


def _times(aboard: Aboard) -> Iterator[Finding]:
    try:
        created = aboard.config.created_at
    except BareboatError:
        return  # reported with the documents
    younger = [entry for entry in aboard.entries.values() if created is not None and entry.mtime > created]
    if younger and created is not None:
        newest = max(younger, key=lambda entry: (entry.mtime, entry.path))
        dates = f"is of {format_rfc3339(newest.mtime)}, the image of {format_rfc3339(created)}"
        what = f"{dates}; there are {len(younger) - 1} more" if len(younger) > 1 else dates
        yield Finding(rule=TIME, path=f"/{newest.path}", message=what, owner=aboard.owner(newest.path))


def _aliases(aboard: Aboard) -> Iterator[Finding]:
    distro = distros().get(aboard.annotations.get(DISTRO, ""))
    there = {name: entry for name in ALIASES if (entry := aboard.entries.get(ImagePath(name))) is not None}
    links = {name for name, entry in there.items() if _is_alias(name, entry)}
    if not links and not (distro is not None and distro.merged_usr):
        return
    for name, entry in there.items():
        if name not in links:
            to = f" to {entry.target}" if entry.kind is EntryKind.symbolic_link else ""
            what = f"is a {entry.kind}{to} where a link to usr/{name} belongs"
            yield Finding(rule=MERGED, path=f"/{name}", message=what, owner=aboard.owner(ImagePath(name)))


def _is_alias(name: str, entry: LayerEntry) -> bool:
    return entry.kind is EntryKind.symbolic_link and entry.target.strip("/") == f"usr/{name}"

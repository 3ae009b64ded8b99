"""What distroless images leave out on purpose: shells, package managers, and files that give privileges."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.base.mode import SETGID, SETUID
from bareboat.base.path import ImagePath, name_of, parent_of
from bareboat.inspect.aboard import Aboard, Files
from bareboat.inspect.bearing import is_debug
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.store.entry import EntryKind, LayerEntry

SHELL = Rule(
    name="no-shell",
    family=Family.contract,
    severity=Severity.warning,
    title="there is no shell, but for busybox in debug variants",
    why="an attacker who can start a program has more to do with a shell; images without one are chosen for that",
)
MANAGER = Rule(
    name="no-package-manager",
    family=Family.contract,
    severity=Severity.warning,
    title="there is no package manager of a distribution",
    why="it would change what the image was decided to be, and nothing in a container needs it",
)
PRIVILEGE = Rule(
    name="no-privilege",
    family=Family.contract,
    severity=Severity.warning,
    title="no file is setuid or setgid or has capabilities",
    why="whoever can start it gets rights that the container's user does not have",
)
RULES = (SHELL, MANAGER, PRIVILEGE)

_FOLDERS = frozenset({"bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin", "busybox"})
_SHELLS = frozenset({
    "ash", "bash", "busybox", "csh", "dash", "fish", "hush", "ksh", "ksh93", "mksh", "posh", "rbash", "sash",
    "sh", "static-sh", "tcsh", "toybox", "yash", "zsh",
})
_MANAGERS = frozenset({
    "apk", "apt", "apt-cache", "apt-get", "aptitude", "dnf", "dpkg", "dpkg-deb", "dpkg-query", "microdnf", "opkg",
    "pacman", "rpm", "tdnf", "yum", "zypper",
})
_NAMES = _SHELLS | _MANAGERS
_BUSYBOX = "busybox"
_OF_DEBUG = frozenset({f"usr/bin/{_BUSYBOX}", f"bin/{_BUSYBOX}"})
_CAPABILITY = "security.capability"
_PRIVILEGES = SETUID | SETGID


def find_in(files: Files) -> Iterator[Finding]:
    """The programs that should be in no image, debug variants among them."""
    file, hard_link = EntryKind.file, EntryKind.hard_link
    for path, entry in files.entries.items():
        if name_of(path) in _NAMES and not _is_of_debug(path):
            yield from _program(files, path, entry)
        if (entry.xattrs or entry.mode & _PRIVILEGES) and entry.kind in (file, hard_link):
            yield from _privilege(files, path, entry)


def find(aboard: Aboard) -> Iterator[Finding]:
    """What only debug variants have, where the image is none."""
    if is_debug(aboard):
        return
    for path, entry in aboard.entries.items():
        if _BUSYBOX in path and _is_of_debug(path):
            yield from _program(aboard.files, path, entry)


def is_shell(path: ImagePath, entry: LayerEntry) -> bool:
    """Whether it is a shell by its name, where programs lie."""
    return _is_called(path, entry, _SHELLS)


def is_package_manager(path: ImagePath, entry: LayerEntry) -> bool:
    """Whether it is a package manager by its name, where programs lie."""
    return _is_called(path, entry, _MANAGERS)


def _is_called(path: ImagePath, entry: LayerEntry, names: frozenset[str]) -> bool:
    return parent_of(path) in _FOLDERS and entry.kind is not EntryKind.folder and name_of(path) in names


def _program(files: Files, path: ImagePath, entry: LayerEntry) -> Iterator[Finding]:
    for rule, called, what in ((SHELL, is_shell, "is a shell"), (MANAGER, is_package_manager, "is a package manager")):
        if called(path, entry):
            yield Finding(rule=rule, path=f"/{path}", message=what, owner=files.owner(path))


def _is_of_debug(path: ImagePath) -> bool:
    return parent_of(path) == _BUSYBOX or path in _OF_DEBUG


def _privilege(files: Files, path: ImagePath, entry: LayerEntry) -> Iterator[Finding]:
    said = [word for bit, word in ((SETUID, "setuid"), (SETGID, "setgid")) if entry.mode & bit]
    if any(name == _CAPABILITY for name, _ in entry.xattrs):
        said.append("given capabilities")
    if said:
        what = f"belongs to {entry.uid}:{entry.gid} and is {' and '.join(said)}"
        yield Finding(rule=PRIVILEGE, path=f"/{path}", message=what, owner=files.owner(path))

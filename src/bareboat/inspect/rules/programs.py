"""What distroless images leave out on purpose: shells, package managers, and files that give privileges."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.base.mode import SETGID, SETUID
from bareboat.base.path import ImagePath, name_of, parent_of
from bareboat.inspect.aboard import Aboard
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
_OF_DEBUG = frozenset({"usr/bin/busybox", "bin/busybox"})
_CAPABILITY = "security.capability"
_KINDS = frozenset({EntryKind.file, EntryKind.hard_link})


def find(aboard: Aboard) -> Iterator[Finding]:
    """The programs that should not be there."""
    debug = is_debug(aboard)
    for path, entry in aboard.entries.items():
        if parent_of(path) in _FOLDERS and entry.kind is not EntryKind.folder and not (debug and _is_of_debug(path)):
            yield from _program(aboard, path)
        if entry.kind in _KINDS:
            yield from _privilege(aboard, path, entry)


def is_shell(path: ImagePath, entry: LayerEntry) -> bool:
    """Whether it is a shell by its name, where programs lie."""
    return _is_called(path, entry, _SHELLS)


def is_package_manager(path: ImagePath, entry: LayerEntry) -> bool:
    """Whether it is a package manager by its name, where programs lie."""
    return _is_called(path, entry, _MANAGERS)


def _is_called(path: ImagePath, entry: LayerEntry, names: frozenset[str]) -> bool:
    return parent_of(path) in _FOLDERS and entry.kind is not EntryKind.folder and name_of(path) in names


def _program(aboard: Aboard, path: ImagePath) -> Iterator[Finding]:
    name = name_of(path)
    for rule, names, what in ((SHELL, _SHELLS, "is a shell"), (MANAGER, _MANAGERS, "is a package manager")):
        if name in names:
            yield Finding(rule=rule, path=f"/{path}", message=what, owner=aboard.owner(path))


def _is_of_debug(path: ImagePath) -> bool:
    return parent_of(path) == "busybox" or path in _OF_DEBUG


def _privilege(aboard: Aboard, path: ImagePath, entry: LayerEntry) -> Iterator[Finding]:
    said = [word for bit, word in ((SETUID, "setuid"), (SETGID, "setgid")) if entry.mode & bit]
    if any(name == _CAPABILITY for name, _ in entry.xattrs):
        said.append("given capabilities")
    if said:
        what = f"belongs to {entry.uid}:{entry.gid} and is {' and '.join(said)}"
        yield Finding(rule=PRIVILEGE, path=f"/{path}", message=what, owner=aboard.owner(path))

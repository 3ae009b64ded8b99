"""How a runtime finds the program of a container: through PATH and links, and whether its user may start it.

As runc does it: Go's `exec.LookPath` in the container's root, then execve(2).
"""

from __future__ import annotations

from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath, parents_of
from bareboat.inspect.aboard import Aboard
from bareboat.store.entry import EntryKind, LayerEntry

_EXECUTE, _ANYBODY_EXECUTES = 0o1, 0o111


@frozen
class Program:
    """Where a word leads: `real` is the file itself, None with the `fault` why it cannot be started."""

    named: str
    real: ImagePath | None = None
    fault: str | None = None


def program_of(aboard: Aboard, word: str, ids: tuple[int, int] | None) -> Program:
    """The program that `word` means to a container of `aboard` that runs as `ids`.

    None is somebody whom the image does not know: then only what nobody may start is a fault.
    """
    if not word:
        return Program(named=word, fault="is empty")
    if "/" in word:
        folder = aboard.config.config.working_dir or "/"
        return _judged(aboard, word if word.startswith("/") else f"{folder.rstrip('/')}/{word}", ids)
    path = aboard.config.config.environment.get("PATH", "")
    folders = [folder for folder in path.split(":") if folder.startswith("/")]
    tried = [_judged(aboard, f"{folder.rstrip('/')}/{word}", ids) for folder in folders]
    started = next((program for program in tried if program.fault is None), None)
    there = next((program for program in tried if program.fault != _ABSENT), None)
    return started or there or Program(named=word, fault=f'is in no folder of PATH "{path}"')


_ABSENT = "is not there"


def _judged(aboard: Aboard, path: str, ids: tuple[int, int] | None) -> Program:
    real = aboard.real_path(path)
    entry = None if real is None else aboard.entries.get(real)
    if real is None or entry is None:
        return Program(named=path, fault=_ABSENT)
    if entry.kind not in (EntryKind.file, EntryKind.hard_link):
        return Program(named=path, fault=f"is a {entry.kind}")
    # POSIX, chmod: even root may only start what somebody may.
    if not entry.mode & _ANYBODY_EXECUTES:
        return Program(named=path, fault=f"is not executable: its mode is {entry.mode:04o}")
    if ids is None:
        return Program(named=path, real=real)
    if not _may(entry, ids):
        return Program(named=path, fault=f"is not executable for {ids[0]}:{ids[1]}: its mode is {entry.mode:04o}")
    for parent in parents_of(real):
        folder = aboard.entries[parent]
        if not _may(folder, ids):
            what = f"stands in /{parent}, which {ids[0]}:{ids[1]} may not enter: its mode is {folder.mode:04o}"
            return Program(named=path, fault=what)
    return Program(named=path, real=real)


def _may(entry: LayerEntry, ids: tuple[int, int]) -> bool:
    """Whether somebody may execute a file or search a folder: the class of bits that applies first decides."""
    uid, gid = ids
    if uid == 0:
        return True
    shift = 6 if entry.uid == uid else 3 if entry.gid == gid else 0
    return bool(entry.mode >> shift & _EXECUTE)

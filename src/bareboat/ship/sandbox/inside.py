"""The files of an unpacked image as a program in it sees them: links lead nowhere but into the image."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bareboat.base.errors import UsageError
from bareboat.base.path import ImagePath, parents_of
from bareboat.ship.folder import FOLDER_FLAGS
from bareboat.store.refusal import refusing

_MOST_LINKS = 40  # Linux, path_resolution(7)
_MOST_SCRIPTS = 4  # Linux, execve(2): a script whose interpreter is a script, and so on
_LONGEST_FIRST_LINE = 256  # Linux, BINPRM_BUF_SIZE
_EXECUTABLE = 0o111
_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_MADE_MODE = 0o755

MOST_TABLE_BYTES = 8 * 1024 * 1024
"""How large `/etc/passwd` and `/etc/group` may be."""


class Inside:
    """The image in `folder`; `name` is what people call it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name

    def real(self, path: str) -> ImagePath | None:
        """`path` with every link followed as in a chroot; None for a loop, or where nothing is."""
        real, rest = self._walk(path)
        return None if rest or real is None else real

    def target(self, path: str) -> ImagePath:
        """Where something put at `path` ends up: links followed as far as there is something, the rest as it is said.

        Raises:
            UsageError: When it is no absolute path, leads through a file, or round in circles.
        """
        if not path.startswith("/") or "\0" in path:
            raise UsageError(f'{self._name}: cannot put anything at "{path}"', hint="name a whole path in the image")
        real, rest = self._walk(path)
        if real is None or ".." in rest or (rest and not self._is_folder(real)):
            raise UsageError(f'{self._name}: cannot put anything at "{path}": it leads nowhere in the image')
        return ImagePath("/".join([*([real] if real else []), *rest]))

    def read(self, path: str, most_bytes: int) -> bytes:
        """The first bytes of the file that `path` leads to; none where there is no file that may be read."""
        real = self.real(path)
        if real is None:
            return b""
        try:
            with self._opened(real, os.O_RDONLY | os.O_NONBLOCK) as descriptor:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return b""
                with os.fdopen(os.dup(descriptor), "rb") as file:
                    return file.read(most_bytes)
        except OSError:
            return b""

    def program(self, word: str, search: str, workdir: str) -> str:
        """The whole path of the program that `word` means, found as execvp(3) does.

        Args:
            word: A path, or a name to look for.
            search: Folders with colons between, as in PATH.
            workdir: Where paths that are not whole begin.

        Raises:
            UsageError: When there is none, or it is no file that may be run.
        """
        if "/" in word:
            candidates = [word if word.startswith("/") else f"{workdir.rstrip('/')}/{word}"]
        else:
            candidates = [f"{folder or workdir}/{word}" for folder in search.split(":")]
        refused: str | None = None
        for candidate in candidates:
            mode = self._mode(candidate)
            if mode is None:
                continue
            if stat.S_ISREG(mode) and mode & _EXECUTABLE:
                return candidate
            refused = refused or candidate
        if refused is not None:
            raise UsageError(f'{self._name}: cannot run "{refused}": it is no file that may be executed')
        if word.rpartition("/")[2] in _SHELLS:
            hint: str | None = "the image has no shell; its debug variant has one: /busybox/sh"
        else:
            hint = None if "/" in word else f"looked in {search}; or name it by its whole path"
        raise UsageError(f'{self._name}: cannot find the program "{word}" in the image', hint=hint)

    def interpreted(self, program: str, words: tuple[str, ...]) -> tuple[str, ...]:
        """What to start so that `program` runs without the kernel's knowledge of scripts.

        execve(2): "#!interpreter [optional-arg]".

        Raises:
            UsageError: When interpreters lead to no program.
        """
        arguments = words[1:]
        for _ in range(_MOST_SCRIPTS):
            first = self.read(program, _LONGEST_FIRST_LINE)
            if not first.startswith(b"#!"):
                return (program, *arguments)
            line = first[2:].partition(b"\n")[0].decode("utf-8", "surrogateescape").strip()
            interpreter, _, option = line.partition(" ")
            arguments = (*([option.strip()] if option.strip() else []), program, *arguments)
            program = self.program(interpreter, "", "/")
        raise UsageError(f'{self._name}: cannot run "{words[0]}": its interpreters lead nowhere')

    def make(self, target: ImagePath, *, folder: bool) -> None:
        """Have a folder, or an empty file, at `target`, and folders above it.

        Raises:
            UsageError: When something of the other kind is there.
            StoreError: When this machine refuses, or a link has appeared on the way.
        """
        with refusing(f'write to "{self._folder}"'):
            for path in [*parents_of(target), *([target] if target else [])]:
                is_folder = folder or path != target
                self._make_one(path, folder=is_folder)
                if path == target and self._is_folder(path) != folder:
                    what = "a folder" if folder else "a file"
                    raise UsageError(f'{self._name}: cannot put {what} at "/{target}": something else is there')

    def _make_one(self, path: ImagePath, *, folder: bool) -> None:
        above, _, name = path.rpartition("/")
        with self._opened(ImagePath(above), FOLDER_FLAGS) as parent:
            try:
                if folder:
                    os.mkdir(name, _MADE_MODE, dir_fd=parent)
                else:
                    os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=parent))
            except FileExistsError:
                if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None

    def _walk(self, path: str) -> tuple[ImagePath | None, list[str]]:
        """As far as `path` leads, and the parts that are not there; no path at all for a loop."""
        rest, here, links = path.split("/")[::-1], "", 0
        while rest:
            part = rest.pop()
            if part in ("", "."):
                continue
            if part == "..":
                here = here.rpartition("/")[0]
                continue
            step = f"{here}/{part}" if here else part
            try:
                mode = (self._folder / step).lstat().st_mode
            except OSError:
                left = [part, *(one for one in rest[::-1] if one not in ("", "."))]
                return ImagePath(here), left
            if stat.S_ISLNK(mode):
                links += 1
                if links > _MOST_LINKS:
                    return None, []
                link = str((self._folder / step).readlink())
                here = "" if link.startswith("/") else here
                rest += link.split("/")[::-1]
            else:
                here = step
        return ImagePath(here), []

    def _mode(self, path: str) -> int | None:
        real = self.real(path)
        try:
            return None if real is None else (self._folder / real).lstat().st_mode
        except OSError:
            return None

    def _is_folder(self, path: ImagePath) -> bool:
        try:
            return stat.S_ISDIR((self._folder / path).lstat().st_mode)
        except OSError:
            return False

    @contextmanager
    def _opened(self, path: ImagePath, flags: int) -> Iterator[int]:
        """What is at `path`, opened part by part without following links."""
        descriptor = os.open(self._folder, FOLDER_FLAGS)
        try:
            parts = [part for part in path.split("/") if part]
            for number, part in enumerate(parts):
                how = flags | os.O_NOFOLLOW | os.O_CLOEXEC if number == len(parts) - 1 else FOLDER_FLAGS
                inner = os.open(part, how, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)

"""Judging the tar of a layer: what any reader, however strict, unpacks to the same files.

OCI image specification 1.1, "Image Layer Filesystem Changeset".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import BinaryIO

from bareboat.base.errors import BareboatError, LimitError
from bareboat.base.frozen import frozen
from bareboat.base.path import ROOT, ImagePath, archive_path, name_of, parent_of, parents_of
from bareboat.base.problem import Place, Problem, Problems
from bareboat.oci.tar_headers import TarHeader, tar_headers

FILE, HARD_LINK, SYMBOLIC_LINK, FOLDER = "0", "1", "2", "5"

_KINDS = frozenset({FILE, HARD_LINK, SYMBOLIC_LINK, "3", "4", FOLDER, "6"})
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"

_LONGEST_PATH = 4096  # Linux, PATH_MAX
_LONGEST_NAME = 255  # Linux, NAME_MAX
_MOST_FOLDER_BYTES = 128 << 20
_MOST_PROBLEMS = 1_000

Kinds = Mapping[ImagePath, str]
"""Paths to the type flags of tar."""


@frozen
class LayerReport:
    """What was seen in a layer.

    `kinds` is the filesystem after it was applied; `is_sorted` says whether entries are ordered by path.
    """

    problems: tuple[Problem, ...]
    kinds: Kinds
    entries: int
    is_sorted: bool


def validate_layer_tar(stream: BinaryIO, where: str = "layer", *, below: Kinds | None = None) -> LayerReport:
    """Read an uncompressed layer to its end and report every fault.

    Args:
        stream: The tar.
        where: What to call the place of the faults.
        below: The filesystem that the layer is put upon; None when it is not known, and folders may be missing.
    """
    judge = LayerJudge(where, below)
    try:
        for header in tar_headers(stream):
            judge.see(header)
    except BareboatError as fault:
        judge.problems.add(Place(where), fault.message)
    return judge.report()


class LayerJudge:
    """Judges the entries of one layer as they are read; for who reads them for another purpose too.

    Args:
        where: What to call the place of the faults.
        below: As of `validate_layer_tar`.
    """

    def __init__(self, where: str = "layer", below: Kinds | None = None) -> None:
        self.problems = Problems()
        self._where = where
        self._kinds = dict(below or {})
        self._below = below or {}
        self._knows_below = below is not None
        self._inside: dict[ImagePath, set[ImagePath]] | None = None
        self._folder_bytes = 0
        self._seen: dict[ImagePath, str] = {}
        self._assumed: set[ImagePath] = set()
        self._dotted: bool | None = None
        self._last = ROOT
        self._is_sorted = True
        self._entries = 0

    def see(self, header: TarHeader) -> None:
        """Judge the next entry.

        Raises:
            LimitError: When there are too many faults, or names of folders, to remember.
        """
        self._entries += 1
        try:
            path = archive_path(header.name, where="path")
        except BareboatError as fault:
            self._tell(fault.message)
            return
        if len(path.encode()) > _LONGEST_PATH or any(len(part.encode()) > _LONGEST_NAME for part in path.split("/")):
            self._tell(f'"{path[:80]}…" is longer than Linux allows')
            return
        self._judge_spelling(header, path)
        self._judge_kind(header, path)
        self._judge_place(path)
        self._is_sorted = self._is_sorted and (self._entries == 1 or self._last < path)
        self._last = path
        self._apply(header, path)

    def report(self) -> LayerReport:
        """What was seen so far."""
        return LayerReport(
            problems=self.problems.found,
            kinds=MappingProxyType(self._kinds),
            entries=self._entries,
            is_sorted=self._is_sorted,
        )

    def _judge_spelling(self, header: TarHeader, path: ImagePath) -> None:
        dotted = header.name.startswith("./")
        if header.name == ".":  # which goes with either, and begins the layers that umoci writes
            pass
        elif self._dotted is None:
            self._dotted = dotted
        elif self._dotted != dotted:
            self._add(path, 'begins with "./" or not, unlike the entries before it')
        slash = "/" if header.kind == FOLDER else ""
        plain = {f"./{path}{slash}", f"{path}{slash}", f"./{path}", str(path)}
        if header.name not in (plain if path != ROOT else {".", "./"}):
            self._add(path, f'is written as "{header.name}"')

    def _judge_kind(self, header: TarHeader, path: ImagePath) -> None:
        if header.kind not in _KINDS:
            self._add(path, f'has the type "{header.kind}", which not every reader knows')
        if any(key.startswith("GNU.sparse.") for key in header.records):
            # "Sparse files SHOULD NOT be used because they lack consistent support across tar implementations."
            self._add(path, "is sparse, which not every reader knows")
        if header.kind not in (FILE, "7", "S") and header.size:
            self._add(path, "is no file and yet has contents")
        if header.kind in (HARD_LINK, SYMBOLIC_LINK) and not header.link:
            self._add(path, "is a link to nowhere")
        elif header.kind == HARD_LINK:
            self._judge_hard_link(header, path)
        if path == ROOT and header.kind != FOLDER:
            self._add(path, "must be a folder")
        if name_of(path).startswith(_WHITEOUT) and (header.kind != FILE or header.size):
            # "A whiteout file is an empty file with a special filename"
            self._add(path, "is a whiteout and must be an empty file")

    def _judge_hard_link(self, header: TarHeader, path: ImagePath) -> None:
        try:
            target = archive_path(header.link, where=f'"{path}"')
        except BareboatError as fault:
            self._tell(fault.message)
            return
        # "Extracting a layer with hardlink references to files outside of the layer may fail."
        if self._seen.get(target) not in (FILE, HARD_LINK):
            self._add(path, f'is a hard link to "{target}", which is no file before it in this layer')

    def _judge_place(self, path: ImagePath) -> None:
        # "MUST NOT include duplicate entries for file paths in the resulting tar archive"
        if path in self._seen:
            self._add(path, "is there twice")
        elif path in self._assumed:
            self._add(path, "stands behind what it holds")
        for parent in parents_of(path):
            kind = self._kinds.get(parent)
            if kind is None and self._knows_below:
                self._add(path, f'stands in "{parent}", which no entry before it makes')
            elif kind not in (None, FOLDER):
                self._add(path, f'stands in "{parent}", which is no folder')
            if parent not in self._seen and parent not in self._assumed:
                self._assumed.add(parent)
                self._folder_bytes += len(parent)
        if self._folder_bytes > _MOST_FOLDER_BYTES:
            raise LimitError(f"cannot judge: the names of its folders have more than {_MOST_FOLDER_BYTES} bytes")

    def _apply(self, header: TarHeader, path: ImagePath) -> None:
        self._seen[path] = header.kind
        name = name_of(path)
        if name.startswith(_WHITEOUT):
            folder = path.removesuffix(name).rstrip("/")
            gone = folder if name == _OPAQUE else f"{folder}/{name.removeprefix(_WHITEOUT)}".lstrip("/")
            self._remove(ImagePath(gone), itself=name != _OPAQUE)
            return
        if self._kinds.get(path) == FOLDER and header.kind != FOLDER:
            self._remove(path, itself=True)
        self._kinds[path] = header.kind

    def _remove(self, path: ImagePath, *, itself: bool) -> None:
        """Take `path` and what is below it away, as far as this layer has not made it."""
        if self._inside is None:
            self._inside = _by_folder(self._below)
        rest = [path]
        while rest:
            gone = rest.pop()
            if (itself or gone != path) and gone not in self._seen:
                self._kinds.pop(gone, None)
            rest.extend(self._inside.pop(gone, ()))

    def _add(self, path: ImagePath, message: str) -> None:
        self._tell(f'"{path or "."}" {message}')

    def _tell(self, message: str) -> None:
        if len(self.problems) >= _MOST_PROBLEMS:
            raise LimitError(f"has more than {_MOST_PROBLEMS} faults, the others are not told")
        self.problems.add(Place(self._where), message)


def _by_folder(paths: Iterable[ImagePath]) -> dict[ImagePath, set[ImagePath]]:
    """What stands in each folder, be it a path or what a path stands in."""
    inside: dict[ImagePath, set[ImagePath]] = {}
    for path in paths:
        here = path
        while here != ROOT:
            folder = parent_of(here)
            is_known = folder in inside
            inside.setdefault(folder, set()).add(here)
            if is_known:
                break
            here = folder
    return inside

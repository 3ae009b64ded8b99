"""Judging the tar of a layer: what any reader, however strict, unpacks to the same files.

OCI image specification 1.1, "Image Layer Filesystem Changeset".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO

from bareboat.base.errors import BareboatError
from bareboat.base.path import ROOT, ImagePath, archive_path, inside, name_of, parents_of
from bareboat.base.problem import Place, Problem, Problems
from bareboat.oci.tar_headers import TarHeader, tar_headers

FILE, HARD_LINK, SYMBOLIC_LINK, FOLDER = "0", "1", "2", "5"

_KINDS = frozenset({FILE, HARD_LINK, SYMBOLIC_LINK, "3", "4", FOLDER, "6"})
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"

Kinds = Mapping[ImagePath, str]
"""Paths to the type flags of tar."""


@dataclass(frozen=True, slots=True, kw_only=True)
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
    judge = _Judge(where, below)
    try:
        for header in tar_headers(stream):
            judge.see(header)
    except BareboatError as fault:
        judge.problems.add(Place(where), fault.message)
    return judge.report()


class _Judge:
    def __init__(self, where: str, below: Kinds | None) -> None:
        self.problems = Problems()
        self._where = where
        self._kinds = dict(below or {})
        self._knows_below = below is not None
        self._seen: dict[ImagePath, str] = {}
        self._assumed: set[ImagePath] = set()
        self._dotted: bool | None = None
        self._last = ROOT
        self._is_sorted = True
        self._entries = 0

    def see(self, header: TarHeader) -> None:
        self._entries += 1
        try:
            path = archive_path(header.name, where="path")
        except BareboatError as fault:
            self.problems.add(Place(self._where), fault.message)
            return
        self._judge_spelling(header, path)
        self._judge_kind(header, path)
        self._judge_place(path)
        self._is_sorted = self._is_sorted and (self._entries == 1 or self._last < path)
        self._last = path
        self._apply(header, path)

    def report(self) -> LayerReport:
        return LayerReport(
            problems=self.problems.found,
            kinds=MappingProxyType(self._kinds),
            entries=self._entries,
            is_sorted=self._is_sorted,
        )

    def _judge_spelling(self, header: TarHeader, path: ImagePath) -> None:
        dotted = header.name == "." or header.name.startswith("./")
        if self._dotted is None:
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
            self.problems.add(Place(self._where), fault.message)
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
            if parent not in self._seen:
                self._assumed.add(parent)

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
        for other in [other for other in self._kinds if inside(other, path) and other not in self._seen]:
            if itself or other != path:
                del self._kinds[other]

    def _add(self, path: ImagePath, message: str) -> None:
        self.problems.add(Place(self._where), f'"{path or "."}" {message}')

"""The OCI image layout: a folder that holds images by digest and names them in `index.json`.

OCI image specification 1.1, "Image Layout".
Several builds may write into one folder at the same time; each keeps the other's names.
"""

from __future__ import annotations

import fcntl
import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from bareboat.base.canon import canonical
from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError, StoreError, UsageError
from bareboat.oci.annotations import REF_NAME
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.oci.received import MOST_BYTES, received
from bareboat.store.blobs import Blobs
from bareboat.store.images import ImageStore, NamedImage, blobs_of, by_name, lacking, named_entries
from bareboat.store.limits import CHUNK_BYTES
from bareboat.store.output import output_file, writing
from bareboat.store.unfinished import Unfinished, make_folder, passing_name, sync_folder
from bareboat.store.verify import Check, VerifiedReader

INDEX_NAME = "index.json"
MARKER_NAME = "oci-layout"
MARKER = canonical({"imageLayoutVersion": "1.0.0"})

_FICLONE = 0x40049409  # Linux, ioctl_ficlone(2): a file that shares its blocks with another until one is written to
_BLOB_MODE = 0o444
_WRITABLE = 0o222
_BLOB_NAME = re.compile(r"[0-9a-f]{64}|[0-9a-f]{128}")


class Layout(ImageStore):
    """An image layout in a folder; made by `Layout.at`, which looks whether it is one, or by `write_layout`.

    Blobs that are added directly have no name yet: do not prune the folder from elsewhere meanwhile.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.where = str(root)

    @classmethod
    def at(cls, root: Path) -> Layout:
        """The image layout that lies at `root`.

        Raises:
            UsageError: When there is no folder, or one that is no image layout.
            FormatError: When it is damaged.
            StoreError: When it cannot be read.
        """
        if not root.is_dir():
            what = "is no folder" if root.exists() else "there is nothing"
            raise UsageError(f"{root}: {what}", hint="give the folder that `bareboat build` wrote")
        layout = cls(root)
        # image-layout.md, `oci-layout` file: "It MUST exist"
        marker = layout._read(MARKER_NAME)
        if marker is None:
            raise UsageError(f"{root}: is no OCI image layout: it has no file {MARKER_NAME}")
        check_marker(marker, f"{root}/{MARKER_NAME}")
        _ = layout.index  # raises when it is damaged
        return layout

    @property
    def index(self) -> Index:
        """`index.json` as it is now.

        Raises:
            FormatError: When it is missing or damaged.
            StoreError: When it cannot be read.
        """
        # image-layout.md, `index.json` file: "It MUST exist" and "It MUST be an image index JSON object"
        data = self._read(INDEX_NAME)
        if data is None:
            raise FormatError(f"{self.root}: is a damaged OCI image layout: it has no file {INDEX_NAME}")
        return Index.parse(data, f"{self.root}/{INDEX_NAME}")

    def has(self, digest: Digest) -> bool:
        """As `Blobs.has`."""
        return self._place(digest).is_file()

    def open(self, digest: Digest) -> BinaryIO:
        """As `Blobs.open`; reading to the end raises DigestMismatchError when the file was changed."""
        try:
            stream = self._place(digest).open("rb")
        except FileNotFoundError:
            raise lacking(self.where, digest) from None
        except OSError as fault:
            raise _unreadable(self._place(digest), fault) from fault
        return BufferedReader(VerifiedReader(stream, digest), CHUNK_BYTES)

    def size(self, digest: Digest) -> int:
        """As `Blobs.size`."""
        try:
            return self._place(digest).stat().st_size
        except FileNotFoundError:
            raise lacking(self.where, digest) from None
        except OSError as fault:
            raise _unreadable(self._place(digest), fault) from fault

    def path(self, digest: Digest) -> Path | None:
        """As `Blobs.path`."""
        place = self._place(digest)
        return place if place.is_file() else None

    def add(self, chunks: Iterable[bytes], *, expected: Digest | None = None, size: int | None = None) -> Digest:
        """As `Blobs.add`.

        Bytes that are promised by a digest of another kind lie under that one too.
        """
        if expected is not None and expected.algorithm == "sha256" and self._is_whole(expected, size):
            return expected
        check = Check(expected, size)
        with writing(self.root):
            unfinished = Unfinished(self.root)
        with unfinished:
            for chunk in chunks:
                check.feed(chunk)
                with writing(self.root):
                    unfinished.write(chunk)
            digest = check.finish()
            with writing(self.root):
                unfinished.move_to(self._place(digest), durable=True)
                if expected is not None and expected != digest:
                    self._clone(self._place(digest), self._place(expected))
        return digest

    def take(self, descriptor: Descriptor, source: Blobs) -> None:
        """Have the bytes of `descriptor` here too: what lies here in its size is left alone.

        A file is cloned where the file system can, else linked when nobody may write to it, else copied and verified.

        Raises:
            NotFoundError: When `source` does not have them.
            DigestMismatchError: When they are not what was promised.
            StoreError: When this machine refuses.
        """
        digest, size = descriptor.digest, descriptor.size
        if self._is_whole(digest, size):
            return
        file = source.path(digest)
        if file is not None and source.size(digest) == size:
            with suppress(OSError):
                self._clone(file, self._place(digest))
                return
        with source.open(digest) as stream:
            self.add(iter(lambda: stream.read(CHUNK_BYTES), b""), expected=digest, size=size)

    def prune(self) -> tuple[Digest, ...]:
        """Remove the blobs that no entry of `index.json` leads to; return their digests, sorted."""
        with self.locked():
            return self._prune()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other writers out, and make the folder an image layout if it is none yet.

        Raises:
            FormatError: When it is a damaged image layout.
            StoreError: When this machine refuses.
        """
        with writing(self.root):
            # image-layout.md, `blobs` directory: "Directory MUST exist and MAY be empty"
            make_folder(self.root / "blobs" / "sha256")
            # The marker is the lock: it never changes its inode, and there is no other file to leave behind.
            marker = (self.root / MARKER_NAME).open("a+b")
        with marker:
            with writing(self.root):
                fcntl.flock(marker, fcntl.LOCK_EX)
                if os.fstat(marker.fileno()).st_size == 0:
                    marker.write(MARKER)
                    marker.flush()
                    os.fsync(marker.fileno())
                    sync_folder(self.root.parent)
                marker.seek(0)
                check_marker(marker.read(MOST_BYTES), f"{self.root}/{MARKER_NAME}")
                if not (self.root / INDEX_NAME).exists():
                    self._write_index(Index())
            yield

    def put(self, images: Sequence[NamedImage], *, prune: bool = False) -> Index:
        """Name `images`, whose blobs are here: entries of the same names go, all others stay.

        Args:
            images: The names of each image, and its index or manifest.
            prune: Remove the blobs that nothing leads to any more.

        Raises:
            UsageError: When a name breaks the grammar.
            FormatError: When this is a damaged image layout.
            StoreError: When this machine refuses.
        """
        added = named_entries(images)
        with self.locked():
            return self._put(added, prune=prune)

    def take_all(
        self, images: Sequence[NamedImage], source: Blobs, *, prune: bool = False, gone: Collection[str] = ()
    ) -> Index:
        """Take everything that `images` lead to, then name them, as `take` and `put`, while others wait."""
        added = named_entries(images)
        with self.locked():
            for blob in blobs_of(source, added):
                self.take(blob, source)
            return self._put(added, prune=prune, gone=gone)

    def _put(self, added: tuple[Descriptor, ...], *, prune: bool, gone: Collection[str] = ()) -> Index:
        names = {*(entry.annotations.get(REF_NAME) for entry in added), *gone} - {None}
        index = self.index
        kept = [
            entry for entry in index.manifests if entry.annotations.get(REF_NAME) not in names and entry not in added
        ]
        index = replace(index, manifests=tuple(sorted([*kept, *added], key=by_name)))
        self._write_index(index)
        if prune:
            self._prune()
        return index

    def _prune(self) -> tuple[Digest, ...]:
        used = {blob.digest for blob in blobs_of(self, self.index.manifests, allow_missing=True)}
        files = [
            (Digest(folder.name, file.name), file)
            for folder in sorted((self.root / "blobs").iterdir())
            if folder.name in ("sha256", "sha512")
            for file in sorted(folder.iterdir())
            if _BLOB_NAME.fullmatch(file.name)
        ]
        gone = [(digest, file) for digest, file in files if digest not in used]
        with writing(self.root):
            for _, file in gone:
                file.unlink()
        return tuple(digest for digest, _ in gone)

    def _write_index(self, index: Index) -> None:
        """Write `index.json`, once every name that it leads to is on the disk."""
        with writing(self.root):
            for folder in (*(self.root / "blobs").iterdir(), self.root / "blobs"):
                if folder.is_dir():
                    sync_folder(folder)
        with output_file(self.root / INDEX_NAME) as stream:
            stream.write(index.to_bytes())

    def _read(self, name: str) -> bytes | None:
        try:
            with (self.root / name).open("rb") as stream:
                return stream.read(MOST_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise _unreadable(self.root / name, fault) from fault

    def _is_whole(self, digest: Digest, size: int | None) -> bool:
        return size is not None and self.has(digest) and self.size(digest) == size

    def _place(self, digest: Digest) -> Path:
        # image-layout.md: "A blob, referenced with digest `<alg>:<encoded>` …, MUST have its content stored in a file
        # under `blobs/<alg>/<encoded>`."
        return self.root / "blobs" / digest.algorithm / digest.hex

    def _clone(self, file: Path, place: Path) -> None:
        """Have the bytes of `file` at `place` without copying them; OSError when that cannot be."""
        make_folder(place.parent)
        unfinished = self.root / passing_name()
        try:
            if not _reflink(file, unfinished):
                if file.stat().st_mode & _WRITABLE:
                    raise PermissionError(f"{file} could be changed by somebody else")
                unfinished.hardlink_to(file.resolve())
            unfinished.replace(place)
        finally:
            unfinished.unlink(missing_ok=True)


def write_layout(
    root: Path, images: Sequence[NamedImage], source: Blobs, *, prune: bool = False, gone: Collection[str] = ()
) -> Layout:
    """Have `images`, with all that they lead to, in the image layout at `root`, which is made when there is none.

    Other images that lie there stay.

    Args:
        root: A folder.
        images: The names of each image, and its index or manifest.
        source: Where their blobs are.
        prune: Remove the blobs that nothing leads to any more.
        gone: Names that are no longer there, because what they meant was written without them.

    Raises:
        UsageError: When a name breaks the grammar, or the folder holds something else.
        NotFoundError: When a blob is missing.
        FormatError: When the folder is a damaged image layout.
        StoreError: When this machine refuses.
    """
    if root.is_file():
        raise UsageError(f"{root}: is a file, and a layout is a folder", hint="choose another name with --out")
    if root.exists() and not _may_become_layout(root):
        raise UsageError(f"{root}: is no OCI image layout and not empty", hint="choose another folder with --out")
    layout = Layout(root)
    layout.take_all(images, source, prune=prune, gone=gone)
    return layout


def check_marker(data: bytes, where: str) -> None:
    """Refuse another version of the layout.

    "It MUST contain an `imageLayoutVersion` field" (image-layout.md, `oci-layout`)

    Raises:
        FormatError: When `data` is not the marker of a layout of version 1.
    """
    version = received(data, where).string("imageLayoutVersion")
    if version.partition(".")[0] != "1":
        raise FormatError(f'{where}: cannot read an image layout of version "{version[:80]}"')


def _may_become_layout(root: Path) -> bool:
    if not root.is_dir():
        return False
    # Another build may just be making it: its folder `blobs` comes first, then the marker.
    names = {file.name for file in root.iterdir()}
    return MARKER_NAME in names or names <= {"blobs"}


def _reflink(source: Path, target: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    with source.open("rb") as reading:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _BLOB_MODE)
        try:
            fcntl.ioctl(descriptor, _FICLONE, reading.fileno())
        except OSError:
            target.unlink()
            return False
        finally:
            os.close(descriptor)
    return True


def _unreadable(path: Path, fault: OSError) -> StoreError:
    reason = os.strerror(fault.errno) if fault.errno is not None else str(fault)
    return StoreError(f'cannot read "{path}": {reason}')

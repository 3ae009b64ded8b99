"""The store in the user's cache folder, shared by every run on this machine.

    blobs/sha256/ab/ab…    the bytes, read-only, under the digest that they have
    blobs/sha512/cd/cd…    a link to them, when they were asked for by another digest
    records/KIND/ab/ab…    derived data, see `store.record_file`
    tmp/                   unfinished and damaged files

Nothing ever stands under a digest that it does not have: bytes are hashed while they are written, forced onto the
disk, and only then given their name.
There are no locks: two writers of the same digest write the same bytes.
The time of a blob's last use is its time of modification, to the hour.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, FormatError, NotFoundError, StoreError
from bareboat.store.limits import CHUNK_BYTES
from bareboat.store.record_file import checked_kind, sealed, unsealed
from bareboat.store.refusal import refusal, refusing
from bareboat.store.unfinished import Unfinished, link
from bareboat.store.verify import Check, VerifiedReader

_HOUR_S = 3600

# Cache Directory Tagging Specification: "the file must begin with" this line; backup programs then pass it by.
_CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# Bareboat can fetch all of this again.\n"


def default_folder(environment: Mapping[str, str]) -> Path:
    """Where the store lies: BAREBOAT_CACHE, else `bareboat` in XDG_CACHE_HOME, else in `~/.cache`.

    Raises:
        StoreError: When there is no home folder either.
    """
    if chosen := environment.get("BAREBOAT_CACHE"):
        return Path(chosen)
    # XDG Base Directory Specification: "All paths set in these environment variables must be absolute. If an
    # implementation encounters a relative path […] it should consider the path invalid and ignore it."
    if (caches := environment.get("XDG_CACHE_HOME", "")).startswith("/"):
        return Path(caches) / "bareboat"
    if home := environment.get("HOME"):
        return Path(home) / ".cache" / "bareboat"
    raise StoreError("cannot choose a cache folder: there is no HOME", hint="set BAREBOAT_CACHE to a folder")


class DiskStore:
    """Blobs and Records in a folder, which is made when the first bytes come; safe for threads and processes.

    Args:
        folder: Where; reading works from a folder that cannot be written to.
        now: The clock for the time of last use, in seconds since 1970.
    """

    def __init__(self, folder: Path, *, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._now = now

    @property
    def folder(self) -> Path:
        """Where the store lies."""
        return self._folder

    def now(self) -> float:
        """The time by the clock of this store, in seconds since 1970."""
        return self._now()

    def has(self, digest: Digest) -> bool:
        """As `Blobs.has`."""
        return self._use(digest) is not None

    def open(self, digest: Digest) -> BinaryIO:
        """As `Blobs.open`; what somebody else did to the file since it was written is not noticed."""
        self._use(digest)
        try:
            return self._place(digest).open("rb")
        except FileNotFoundError:
            raise self._absent(digest) from None
        except OSError as fault:
            raise refusal(fault, f'read "{self._place(digest)}"') from fault

    def open_verified(self, digest: Digest) -> BinaryIO:
        """As `open`, and reading raises DigestMismatchError in place of the end when the file is damaged.

        A damaged blob leaves the store, so that it is fetched again.
        """
        reader = VerifiedReader(self.open(digest), digest, lambda: self.discard(digest))
        return io.BufferedReader(reader, CHUNK_BYTES)

    def size(self, digest: Digest) -> int:
        """As `Blobs.size`."""
        found = self._use(digest)
        if found is None:
            raise self._absent(digest)
        return found.st_size

    def path(self, digest: Digest) -> Path | None:
        """As `Blobs.path`; None when the blob is not here."""
        return self._place(digest) if self.has(digest) else None

    def add(self, chunks: Iterable[bytes], *, expected: Digest | None = None, size: int | None = None) -> Digest:
        """As `Blobs.add`; nothing is read when the expected bytes are here already, in their size."""
        if expected is not None and (known := self._known(expected, size)) is not None:
            return known
        action = f'write to "{self._folder}"'
        try:
            unfinished = self._unfinished()
        except OSError as fault:
            return self._recognised(chunks, expected, size, refusal(fault, action))
        check = Check(expected, size)
        with unfinished:
            for chunk in chunks:
                check.feed(chunk)
                with refusing(action):
                    unfinished.write(chunk)
            digest = check.finish()
            with refusing(action):
                if self._known(digest, check.count) is None:
                    unfinished.move_to(self._place(digest), durable=True)
                if expected is not None and expected != digest:
                    self._name(expected, digest)
        return digest

    def get(self, kind: str, key: Digest) -> bytes | None:
        """As `Records.get`; a damaged record is none."""
        place = self._record(kind, key)
        try:
            file = place.read_bytes()
        except OSError:
            return None
        with suppress(OSError):
            self._touch(place, place.stat())
        return unsealed(kind, key, file)

    def put(self, kind: str, key: Digest, data: bytes) -> None:
        """As `Records.put`; a full disk remembers nothing either."""
        place = self._record(kind, key)
        with suppress(OSError), self._unfinished() as unfinished:
            unfinished.write(sealed(kind, key, data))
            unfinished.move_to(place, durable=False)

    def verify(self) -> Iterator[Digest]:
        """Read every blob, and yield the digests of those that are damaged, after they have left the store.

        Raises:
            StoreError: When a blob cannot be read, or a damaged one cannot be moved away.
        """
        for digest in self.digests():
            try:
                with self.open_verified(digest) as stream:
                    while stream.read(CHUNK_BYTES):
                        pass
            except NotFoundError:
                continue  # Another run swept it, or it is a name whose bytes were damaged.
            except DigestMismatchError:
                yield digest

    def digests(self) -> Iterator[Digest]:
        """Every blob and every further name of one, sorted."""
        for algorithm in ("sha256", "sha512"):
            for place in sorted(self._folder.glob(f"blobs/{algorithm}/??/*")):
                with suppress(FormatError):  # Whatever else somebody put there is not ours.
                    yield Digest(algorithm, place.name)

    def discard(self, digest: Digest) -> None:
        """Take a blob out of the store; its bytes stay in `tmp` for those who want to look at them, for a day.

        Raises:
            StoreError: When the folder cannot be written to.
        """
        place = self._place(digest)
        with refusing(f'move "{place}" away'), suppress(FileNotFoundError):
            if place.is_symlink():
                self.discard(Digest("sha256", place.readlink().name))
                place.unlink()
            else:
                os.utime(place, (self._now(), self._now()))
                place.replace(self._folder / "tmp" / f"damaged-{digest.hex}")

    def _place(self, digest: Digest) -> Path:
        return self._folder / "blobs" / digest.algorithm / digest.hex[:2] / digest.hex

    def _record(self, kind: str, key: Digest) -> Path:
        return self._folder / "records" / checked_kind(kind) / key.hex[:2] / key.hex

    def _unfinished(self) -> Unfinished:
        is_new = not self._folder.is_dir()
        unfinished = Unfinished(self._folder / "tmp")
        if is_new:
            with suppress(OSError), (self._folder / "CACHEDIR.TAG").open("xb") as tag:
                tag.write(_CACHE_TAG)
        return unfinished

    def _use(self, digest: Digest) -> os.stat_result | None:
        place = self._place(digest)
        try:
            found = place.stat()
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise refusal(fault, f'read "{place}"') from fault
        self._touch(place, found)
        return found

    def _touch(self, place: Path, found: os.stat_result) -> None:
        now = self._now()
        if now - found.st_mtime > _HOUR_S:
            with suppress(OSError):
                os.utime(place, (now, now))

    def _known(self, digest: Digest, size: int | None) -> Digest | None:
        found = self._use(digest)
        if found is None or size not in (None, found.st_size):
            return None
        if digest.algorithm == "sha256":
            return digest
        place = self._place(digest)
        return Digest("sha256", place.readlink().name) if place.is_symlink() else None

    def _recognised(
        self, chunks: Iterable[bytes], expected: Digest | None, size: int | None, refused: StoreError
    ) -> Digest:
        """The digest of bytes that cannot be written, which is no fault when they are here already."""
        if expected is not None:
            raise refused
        check = Check(expected, size)
        for chunk in chunks:
            check.feed(chunk)
        known = self._known(check.finish(), None)
        if known is None:
            raise refused
        return known

    def _name(self, name: Digest, digest: Digest) -> None:
        target = Path("..", "..", digest.algorithm, digest.hex[:2], digest.hex)
        link(self._folder / "tmp", target, self._place(name))

    def _absent(self, digest: Digest) -> NotFoundError:
        return NotFoundError(f'cannot find {digest} in "{self._folder}"')

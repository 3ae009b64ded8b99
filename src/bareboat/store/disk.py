"""The store in the user's cache folder, shared by every run on this machine.

    blobs/sha256/ab/ab…    the bytes, read-only, under the digest that they have
    blobs/sha512/cd/cd…    a link to them, when they were asked for by another digest
    records/KIND/ab/ab…    derived data, see `store.record_file`
    tmp/                   unfinished and damaged files

Nothing ever stands under a digest that it does not have: bytes are hashed while they are written, forced onto the
disk, and only then given their name. A power cut may take the newest names away: what they named is made again.
There are no locks: two writers of the same digest write the same bytes.
The time of a blob's last use is its time of modification, to the hour.
"""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError, NotFoundError, StoreError
from bareboat.store.blobs import damaged
from bareboat.store.record_file import checked_kind, is_kind, sealed, unsealed
from bareboat.store.refusal import refusal, refusing
from bareboat.store.unfinished import Unfinished, link, make_folder
from bareboat.store.verify import Check

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
        self._sound: set[Digest] = set()

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
            return self.place_of(digest).open("rb")
        except FileNotFoundError:
            raise self._absent(digest) from None
        except OSError as fault:
            raise refusal(fault, f'read "{self.place_of(digest)}"') from fault

    def size(self, digest: Digest) -> int:
        """As `Blobs.size`."""
        found = self._use(digest)
        if found is None:
            raise self._absent(digest)
        return found.st_size

    def path(self, digest: Digest) -> Path | None:
        """As `Blobs.path`; None when the blob is not here.

        Whoever gets a file reads it without us, so its bytes are checked first, unless this store wrote them itself.

        Raises:
            DamagedError: When other bytes lie in its place.
        """
        if not self.has(digest):
            return None
        if digest not in self._sound:
            if not self.is_sound(digest):
                raise damaged(digest)
            self._sound.add(digest)
        return self.place_of(digest)

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
                    unfinished.move_to(self.place_of(digest), durable=True)
                    self._sound.add(digest)
                if expected is not None and expected != digest:
                    self._name(expected, digest)
        return digest

    def adopt(self, path: Path, file: int, digest: Digest) -> None:
        """Have a file of this store's folder `tmp` as the blob `digest`, whose bytes the caller has checked.

        Args:
            path: Where it lies.
            file: Its descriptor.
            digest: What it has; of kind sha256.

        Raises:
            StoreError: When this machine refuses.
        """
        place = self.place_of(digest)
        with refusing(f'write to "{self._folder}"'):
            os.fchmod(file, os.fstat(file).st_mode & 0o555)
            os.fsync(file)
            make_folder(place.parent)
            path.replace(place)
        self._sound.add(digest)

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

    def is_sound(self, digest: Digest) -> bool:
        """Whether the bytes of `digest` are those that it promises; looking does not count as use.

        Raises:
            NotFoundError: When they are not here.
            StoreError: When they cannot be read for another reason than damage.
        """
        place = self.place_of(digest)
        try:
            with place.open("rb") as stream:
                return hashlib.file_digest(stream, digest.algorithm).hexdigest() == digest.hex
        except FileNotFoundError:
            raise self._absent(digest) from None
        except OSError as fault:
            if fault.errno == errno.EIO:
                return False  # The disk itself has lost them.
            raise refusal(fault, f'read "{place}"') from fault

    def digests(self) -> Iterator[Digest]:
        """Every blob and every further name of one, sorted."""
        for algorithm in ("sha256", "sha512"):
            for place in sorted(self._folder.glob(f"blobs/{algorithm}/??/*")):
                with suppress(FormatError):  # Whatever else somebody put there is not ours.
                    yield Digest(algorithm, place.name)

    def place_of(self, digest: Digest) -> Path:
        """Where the file of `digest` is, or would be; asking does not count as use."""
        return self._folder / "blobs" / digest.algorithm / digest.hex[:2] / digest.hex

    def records(self) -> Iterator[tuple[str, Digest]]:
        """Kind and key of every record, sorted."""
        for place in sorted(self._folder.glob("records/*/??/*")):
            kind = place.parent.parent.name
            with suppress(FormatError):
                key = Digest("sha256", place.name)
                if is_kind(kind):
                    yield kind, key

    def look_up(self, kind: str, key: Digest) -> bytes | None:
        """As `get`, and it does not count as use.

        Raises:
            NotFoundError: When there is no such record, so that none but a damaged one is None.
            StoreError: When it cannot be read.
        """
        place = self._record(kind, key)
        try:
            return unsealed(kind, key, place.read_bytes())
        except FileNotFoundError:
            raise NotFoundError(f'cannot find the record {kind}/{key.hex} in "{self._folder}"') from None
        except OSError as fault:
            raise refusal(fault, f'read "{place}"') from fault

    def forget(self, kind: str, key: Digest) -> None:
        """Take a record away; what it told is worked out again.

        Raises:
            StoreError: When the folder cannot be written to.
        """
        place = self._record(kind, key)
        with refusing(f'remove "{place}"'):
            place.unlink(missing_ok=True)

    def discard(self, digest: Digest) -> None:
        """Take a blob out of the store; its bytes stay in `tmp` for those who want to look at them, for a day.

        Of a further name, only the name goes.

        Raises:
            StoreError: When the folder cannot be written to.
        """
        self._sound.discard(digest)
        place = self.place_of(digest)
        with refusing(f'move "{place}" away'), suppress(FileNotFoundError):
            if place.is_symlink():
                place.unlink()
            elif place.exists():
                make_folder(self._folder / "tmp")
                os.utime(place, (self._now(), self._now()))
                place.replace(self._folder / "tmp" / f"damaged-{digest.hex}")

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
        place = self.place_of(digest)
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
        place = self.place_of(digest)
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
        link(self._folder / "tmp", target, self.place_of(name))

    def _absent(self, digest: Digest) -> NotFoundError:
        return NotFoundError(f'cannot find {digest} in "{self._folder}"')

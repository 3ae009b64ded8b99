"""What rules need to know of one layer, taken in one pass over its tar and remembered: a layer is read once ever.

Facts are by where a file's content begins in the tar, for a layer above may give the file another name.
Every byte is verified against the layer's digest and its diff_id when the facts are taken.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import md5
from typing import BinaryIO

from bareboat.base.canon import digest_of
from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError, DigestMismatchError, FormatError, StoreError
from bareboat.base.path import ImagePath, parent_of
from bareboat.debian.status import STATUS_FOLDER, parse_md5sums
from bareboat.inspect.formats import FACTS_KEY
from bareboat.inspect.layer_record import LayerFacts, facts_from, record_of
from bareboat.make.contents import holds_key, is_read, may_hold_key
from bareboat.make.elf import ElfFacts, is_elf, read_elf
from bareboat.make.note import HEAD_BYTES, script_of
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.validate_layer import LayerJudge
from bareboat.store.blobs import Blobs, Records
from bareboat.store.entry import EntryKind
from bareboat.store.layer_tar import Change, changes_of, unpack
from bareboat.store.limits import CHUNK_BYTES

_KIND = "layer-facts"
_HASHERS = 2
_WORTH_A_THREAD_BYTES = 1 << 20
_WORTH_A_MAP_BYTES = 4 << 20


def layer_facts(
    blobs: Blobs, layer: Descriptor, diff_id: Digest, records: Records | None = None, *, made_kind: str | None = None,
    position: int = 0,
) -> LayerFacts:
    """The facts of `layer`, from `records` where they have them.

    Args:
        blobs: Where the layer is; it is not looked at when there is a record.
        layer: Of an image.
        diff_id: What the image's configuration says its tar has.
        records: Where facts are remembered.
        made_kind: The kind of records that a build of ours left, where they are to be believed too.
        position: Where the layer is in the image, counted from the base.

    Raises:
        NotFoundError: When the layer is not there.
        DigestMismatchError: When its bytes are not those that the descriptor or the configuration promises.
        FormatError: When it is damaged, has an unsafe path, or is no filesystem layer.
        StoreError: When this machine refuses.
    """
    compression = media.compression_of(layer.media_type)
    if compression is None:
        raise FormatError(f'"{layer.media_type}" is no filesystem layer')
    key = facts_key(layer.digest, compression)
    record = None if records is None else records.get(made_kind or _KIND, key) or records.get(_KIND, key)
    facts = None if record is None else facts_from(record, position)
    if facts is None:
        with unpack(blobs, layer, compression, diff_id) as plain:
            facts = facts_of(plain, diff_id)
        if records is not None:
            records.put(_KIND, key, record_of(facts))
    if facts.diff_id != diff_id:
        raise DigestMismatchError(f"its tar has {facts.diff_id}, the configuration promises {diff_id}")
    return facts.at(position)


def facts_key(layer: Digest, compression: media.Compression) -> Digest:
    """Under which the facts of a layer are remembered."""
    return digest_of({**FACTS_KEY, "layer": str(layer), "compression": str(compression)})


def facts_of(plain: BinaryIO, diff_id: Digest) -> LayerFacts:
    """The facts of the tar in the file `plain`, whose digest is `diff_id`.

    Raises:
        FormatError: When it is damaged or has an unsafe path.
    """
    judge = LayerJudge()
    changes = tuple(changes_of(plain, 0, judge.see))
    elves: dict[int, ElfFacts] = {}
    unsound: dict[int, str] = {}
    scripts: dict[int, str] = {}
    contents: dict[int, bytes] = {}
    private_keys: set[int] = set()
    for change in changes:
        path, size, offset = change.entry.path, change.entry.size, change.offset
        if change.entry.kind is not EntryKind.file or not size:
            continue
        head = _read(plain, offset, min(size, HEAD_BYTES))
        if is_elf(head):
            try:
                with _window(plain, offset, size) as data:
                    facts = read_elf(data, f"/{path}")
            except FormatError as fault:
                unsound[offset] = fault.message.removeprefix(f"/{path}: ")
            else:
                if facts is not None:
                    elves[offset] = facts
        elif (script := script_of(head)) is not None:
            scripts[offset] = script
        if is_read(path, size):
            contents[offset] = _read(plain, offset, size)
        if may_hold_key(path, size) and holds_key(_read(plain, offset, size)):
            private_keys.add(offset)
    return LayerFacts(
        diff_id=diff_id,
        changes=changes,
        elves=elves,
        unsound=unsound,
        scripts=scripts,
        contents=contents,
        md5s=_md5s(plain, changes, contents),
        private_keys=frozenset(private_keys),
        problems=tuple(problem.message for problem in judge.report().problems),
    )


@contextmanager
def _window(plain: BinaryIO, offset: int, size: int) -> Iterator[bytes | memoryview]:
    """Some bytes of the file; large parts are mapped, for of a large ELF file little is looked at."""
    if size < _WORTH_A_MAP_BYTES:
        yield _read(plain, offset, size)
        return
    start = offset - offset % mmap.ALLOCATIONGRANULARITY
    with (
        mmap.mmap(plain.fileno(), offset - start + size, access=mmap.ACCESS_READ, offset=start) as area,
        memoryview(area) as view,
        view[offset - start :] as part,
    ):
        yield part


def _read(plain: BinaryIO, offset: int, size: int) -> bytes:
    return b"".join(_chunks(plain, offset, size)) if size > CHUNK_BYTES else _piece(plain, offset, size)


def _chunks(plain: BinaryIO, offset: int, size: int) -> Iterator[bytes]:
    for start in range(offset, offset + size, CHUNK_BYTES):
        yield _piece(plain, start, min(CHUNK_BYTES, offset + size - start))


def _piece(plain: BinaryIO, offset: int, size: int) -> bytes:
    piece = os.pread(plain.fileno(), size, offset)
    if len(piece) != size:
        raise StoreError("cannot read an unpacked layer: its temporary file was cut short")
    return piece


def _md5s(plain: BinaryIO, changes: Iterable[Change], contents: Mapping[int, bytes]) -> dict[int, str]:
    """The MD5 of every file that a package of this layer lists; MD5 is slow, and nobody asks for the others'."""
    listed = set(listed_files(changes, contents))
    files = [
        (change.offset, change.entry.size)
        for change in changes
        if change.entry.kind is EntryKind.file and change.entry.path in listed
    ]
    found = {offset: _md5(plain, offset, size) for offset, size in files if size < _WORTH_A_THREAD_BYTES}
    large = [(offset, size) for offset, size in files if size >= _WORTH_A_THREAD_BYTES]
    with ThreadPoolExecutor(_HASHERS) as pool:  # both reading and hashing let other threads run
        return found | dict(pool.map(lambda file: (file[0], _md5(plain, *file)), large))


def listed_files(changes: Iterable[Change], contents: Mapping[int, bytes]) -> Iterator[ImagePath]:
    """What the packages of a layer list, as `md5sums` files of that layer say."""
    for change in changes:
        path = change.entry.path
        if change.offset in contents and parent_of(path) == STATUS_FOLDER and path.endswith(".md5sums"):
            try:
                lines = parse_md5sums(contents[change.offset], f"/{path}")
            except BareboatError:
                continue  # a rule tells what is wrong with it
            for line in lines:
                yield line.path
                yield ImagePath(f"usr/{line.path}")  # where a merged /usr has what was packaged for /bin and /lib


def _md5(plain: BinaryIO, offset: int, size: int) -> str:
    content = md5()
    for chunk in _chunks(plain, offset, size):
        content.update(chunk)
    return content.hexdigest()

"""The bytes of a layer, put together from members that were compressed before.

The same members come to the same bytes, so what was joined once is found again by a record, whatever lies below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256 as new_sha256

from bareboat.base.canon import canonical, digest_of
from bareboat.base.digest import Digest, sha256
from bareboat.base.document import Document
from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.make.compress import decompress
from bareboat.make.contribution import Member
from bareboat.make.tarball import END
from bareboat.make.workshop import Workshop
from bareboat.store.blobs import read

_KIND = "joined"


@frozen
class Stored:
    """The bytes of a layer in the store."""

    digest: Digest
    size: int
    diff_id: Digest
    unpacked_size: int

    def to_bytes(self) -> bytes:
        """The record of a joined layer."""
        return canonical({
            "digest": str(self.digest), "size": self.size, "diff_id": str(self.diff_id),
            "unpacked_size": self.unpacked_size,
        })  # fmt: skip

    @classmethod
    def from_bytes(cls, data: bytes) -> Stored:
        """Read a record.

        Raises:
            FormatError: When it is not one.
        """
        document = Document.parse(data, "the record of a joined layer")
        return cls(
            digest=Digest.parse(document.string("digest")), size=document.integer("size"),
            diff_id=Digest.parse(document.string("diff_id")), unpacked_size=document.integer("unpacked_size"),
        )  # fmt: skip


def join(members: Sequence[Member], workshop: Workshop) -> Stored:
    """Members and the end of an archive as one stored blob: known, or put together now.

    RFC 1952, 2.2: "A gzip file consists of a series of members"; RFC 8878, 3: "Zstandard compressed data is made up of
    one or more frames".
    """
    key = digest_of({"compression": workshop.compression.key, "members": [str(member.digest) for member in members]})
    known = _recorded(key, workshop)
    if known is None:
        known = _joined(members, workshop)
        workshop.records.put(_KIND, key, known.to_bytes())
    return known


def _recorded(key: Digest, workshop: Workshop) -> Stored | None:
    record = workshop.records.get(_KIND, key)
    try:
        known = None if record is None else Stored.from_bytes(record)
    except FormatError:
        return None
    return known if known is not None and workshop.blobs.has(known.digest) else None


def _joined(members: Sequence[Member], workshop: Workshop) -> Stored:
    name = workshop.compression.name
    content = new_sha256()
    sizes = [0, 0]

    def pieces() -> Iterator[bytes]:
        for member in members:
            packed = read(workshop.blobs, member.digest)
            content.update(decompress(name, packed, member.unpacked_size))
            sizes[0] += len(packed)
            sizes[1] += member.unpacked_size
            yield packed
        content.update(END)
        last = workshop.compression.compress(END)
        sizes[0] += len(last)
        sizes[1] += len(END)
        yield last

    digest = workshop.blobs.add(pieces())
    return Stored(digest=digest, size=sizes[0], diff_id=sha256(content.hexdigest()), unpacked_size=sizes[1])

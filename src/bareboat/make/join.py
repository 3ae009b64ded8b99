"""The bytes of a layer, put together from members that were compressed before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256 as new_sha256

from bareboat.base.digest import Digest, sha256
from bareboat.make.compress import decompress
from bareboat.make.contribution import Member
from bareboat.make.tarball import END
from bareboat.make.workshop import Workshop
from bareboat.store.blobs import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The bytes of a layer in the store."""

    digest: Digest
    size: int
    diff_id: Digest
    unpacked_size: int


def join(members: Iterable[Member], workshop: Workshop) -> Stored:
    """Concatenate members and the end of an archive into one stored blob.

    RFC 1952, 2.2: "A gzip file consists of a series of members"; RFC 8878, 3: "Zstandard compressed data is made up of
    one or more frames".
    """
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

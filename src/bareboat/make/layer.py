"""A layer as a value, and its bytes put together from members that were compressed before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256 as new_sha256
from types import MappingProxyType

from bareboat.base.canon import canonical
from bareboat.base.digest import Digest, sha256
from bareboat.base.epoch import Epoch
from bareboat.base.errors import FormatError
from bareboat.make.compress import decompress
from bareboat.make.contribution import Member
from bareboat.make.tarball import END
from bareboat.make.workshop import Workshop
from bareboat.store.blobs import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A stored layer: `digest` and `size` as compressed, `diff_id` and `unpacked_size` before.

    `moment` is the newest timestamp among its inputs and those below it; `about` says what it is, for histories;
    `saved` is bytes dropped by rule; `warnings` name what was not done; `licences` are SPDX identifiers.
    """

    digest: Digest
    size: int
    diff_id: Digest
    unpacked_size: int
    compression: str
    moment: Epoch
    about: str
    packages: tuple[str, ...] = ()
    saved: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    warnings: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """The record of the layer."""
        return canonical({
            "digest": str(self.digest),
            "size": self.size,
            "diff_id": str(self.diff_id),
            "unpacked_size": self.unpacked_size,
            "compression": self.compression,
            "moment": self.moment,
            "about": self.about,
            "packages": list(self.packages),
            "saved": dict(self.saved),
            "warnings": list(self.warnings),
            "licences": list(self.licences),
        })

    @classmethod
    def from_bytes(cls, data: bytes) -> Layer:
        """Read a record.

        Raises:
            FormatError: When it is not one.
        """
        try:
            fields = json.loads(data)
            return cls(
                digest=Digest.parse(fields["digest"]),
                size=fields["size"],
                diff_id=Digest.parse(fields["diff_id"]),
                unpacked_size=fields["unpacked_size"],
                compression=fields["compression"],
                moment=Epoch(fields["moment"]),
                about=fields["about"],
                packages=tuple(fields["packages"]),
                saved=MappingProxyType(fields["saved"]),
                warnings=tuple(fields["warnings"]),
                licences=tuple(fields["licences"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise FormatError(f"cannot read the record of a layer: {error!r}") from error


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

"""A stored layer as a value, and as a record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from bareboat.base.canon import canonical
from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen


@frozen
class Layer:
    """A stored layer: `digest` and `size` as compressed, `diff_id` and `unpacked_size` before.

    `moment` is the newest timestamp among its inputs and those below it; `about` says what it is, for histories;
    `saved` is bytes dropped by rule; `warnings` name what was not done; `licences` are SPDX identifiers; `touched` are
    the configuration's own globs that match something, as `make.touched.scoped` writes them.
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
    touched: tuple[str, ...] = ()

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
            "touched": list(self.touched),
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
                touched=tuple(fields["touched"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise FormatError(f"cannot read the record of a layer: {error!r}") from error

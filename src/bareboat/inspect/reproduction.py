"""What came of making the images of a layout again."""

from __future__ import annotations

from collections.abc import Sequence

from bareboat.base.frozen import frozen
from bareboat.inspect.claims import Claim
from bareboat.inspect.compare.difference import Comparison
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.store.images import ImageStore, blobs_of


@frozen
class Verdict:
    """An image, the architectures (OCI's names) for which it is made again, and how the bytes compare.

    There is no comparison before it is made, and never where the claim says why it cannot be made again.
    """

    claim: Claim
    architectures: tuple[str, ...] = ()
    comparison: Comparison | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all architectures of the image were made again, so that its index must be the same too."""
        return set(self.architectures) == set(self.claim.manifests)

    @property
    def is_same(self) -> bool:
        """Whether it was made again, to the last byte."""
        return self.comparison is not None and self.comparison.is_same

    @property
    def roots(self) -> tuple[Descriptor, ...]:
        """What was compared, with all that it leads to."""
        if self.is_whole:
            return (self.claim.descriptor,)
        return tuple(self.claim.manifests[name] for name in self.architectures)

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        compared = {"same": False} if self.comparison is None else self.comparison.to_document()
        return {
            "names": list(self.claim.names),
            "digest": str(self.claim.descriptor.digest),
            "architectures": list(self.architectures),
            "not-compared": self.claim.reason or None,
            **compared,
        }


@frozen
class Reproduction:
    """The verdicts on every image that was asked for.

    `images` counts those of one platform, `layers` and `bytes` what they are made of, each blob once, as they travel.
    """

    verdicts: tuple[Verdict, ...]
    images: int = 0
    layers: int = 0
    bytes: int = 0

    @classmethod
    def of(cls, store: ImageStore, verdicts: Sequence[Verdict]) -> Reproduction:
        """The verdicts, with the sums over what is the same."""
        same = [verdict for verdict in verdicts if verdict.is_same]
        blobs = blobs_of(store, [root for verdict in same for root in verdict.roots])
        return cls(
            verdicts=tuple(verdicts),
            images=sum(blob.media_type in media.MANIFESTS for blob in blobs),
            layers=sum(media.is_layer(blob.media_type) for blob in blobs),
            bytes=sum(blob.size for blob in blobs),
        )

    @property
    def is_same(self) -> bool:
        """Whether every image was made again, to the last byte."""
        return all(verdict.is_same for verdict in self.verdicts)

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "same": self.is_same,
            "images": self.images,
            "layers": self.layers,
            "bytes": self.bytes,
            "verdicts": [verdict.to_document() for verdict in self.verdicts],
        }

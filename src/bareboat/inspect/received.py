"""A document as it lies there, sound or not: a comparison says what is wrong, and goes on as far as it can."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, FormatError, NotFoundError
from bareboat.base.frozen import frozen
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.received import MOST_BYTES
from bareboat.store.blobs import Blobs

_Parsed_co = TypeVar("_Parsed_co", covariant=True)


@frozen(kw_only=False)
class Received(Generic[_Parsed_co]):
    """The bytes of a document, what they say where they can be read, and what is wrong with them, if anything."""

    data: bytes
    value: _Parsed_co | None
    fault: str | None


def receive(
    blobs: Blobs, descriptor: Descriptor, parse: Callable[[bytes], _Parsed_co]
) -> Received[_Parsed_co]:
    """What lies under `descriptor`.

    Raises:
        StoreError: When this machine refuses.
    """
    try:
        size = blobs.size(descriptor.digest)
        with blobs.open(descriptor.digest) as stream:
            data = stream.read(min(size, MOST_BYTES))  # not to the end, where a store would refuse what is damaged
    except (NotFoundError, DigestMismatchError) as refusal:
        return Received(b"", None, refusal.message)
    fault = _fault(data, size, descriptor)
    try:
        return Received(data, parse(data), fault)
    except FormatError as wrong:
        return Received(data, None, fault or wrong.message)


def _fault(data: bytes, size: int, descriptor: Descriptor) -> str | None:
    if size > MOST_BYTES:
        return f"it has {size} bytes, the limit is {MOST_BYTES}"
    actual = Digest.of(data, descriptor.digest.algorithm)
    if actual != descriptor.digest:
        return f"{descriptor.digest} was promised, the bytes have {actual}"
    if size != descriptor.size:
        return f"{descriptor.size} bytes were promised, there are {size}"
    return None

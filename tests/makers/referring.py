"""Makes manifests that refer to another one: signatures, statements."""

from __future__ import annotations

from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.manifest import Manifest
from bareboat.store.memory import MemoryStore


def referring(subject: Descriptor, kind: str, blobs: MemoryStore, *, note: str = "") -> Descriptor:
    """A manifest of the artifact type `kind` (in its configuration, for an empty one) that refers to `subject`."""
    empty = Descriptor.of(media.EMPTY if kind else "application/vnd.example.config", b"{}")
    manifest = Manifest(
        config=empty, layers=(), artifact_type=kind or None, subject=subject, annotations={"note": note} if note else {}
    )
    blobs.add([b"{}"])
    blobs.add([manifest.to_bytes()])
    return manifest.descriptor()

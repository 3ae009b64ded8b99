"""The names of annotations: those that OCI defines, and ours.

OCI image specification 1.1, "Annotations", "Pre-Defined Annotation Keys".
"Keys using the `org.opencontainers.image` namespace are reserved for use in the OCI Image Specification."
"""

from __future__ import annotations

CREATED = "org.opencontainers.image.created"
AUTHORS = "org.opencontainers.image.authors"
URL = "org.opencontainers.image.url"
DOCUMENTATION = "org.opencontainers.image.documentation"
SOURCE = "org.opencontainers.image.source"
VERSION = "org.opencontainers.image.version"
REVISION = "org.opencontainers.image.revision"
VENDOR = "org.opencontainers.image.vendor"
LICENSES = "org.opencontainers.image.licenses"
REF_NAME = "org.opencontainers.image.ref.name"
TITLE = "org.opencontainers.image.title"
DESCRIPTION = "org.opencontainers.image.description"
BASE_DIGEST = "org.opencontainers.image.base.digest"
BASE_NAME = "org.opencontainers.image.base.name"

CONTAINERD_NAME = "io.containerd.image.name"
"""The whole name under which containerd (`ctr image import`, `docker load`) files what it imports."""

DISTRO = "dev.bareboat.distro"
"""The distro that the packages are of: `debian13`."""

VARIANT = "dev.bareboat.variant"
"""`latest`, `nonroot`, `debug` or `debug-nonroot`."""

LOCK_DIGEST = "dev.bareboat.lock.digest"
"""The digest of the lock that the image was built from."""

FORMAT = "dev.bareboat.format"
"""The version of the byte format: the same lock and the same format give the same bytes."""

STAGE = "dev.bareboat.stage"
"""On the descriptor of a layer: the stage of inheritance that it holds."""

END_OF_LIFE = "dev.bareboat.end-of-life"
"""The day on which the distro's security support ends, as RFC 3339's `full-date`."""

DRIFT = "dev.bareboat.drift"
"""On an index: source packages whose versions differ between its architectures."""

PREVIEW = "dev.bareboat.preview"
"""`true` on images of a distro that is not released yet."""

MISSING = "dev.bareboat.missing"
"""Suites whose index could not be had when the packages were chosen, `archive/suite`; on an index with architectures:
`archive/suite (s390x)`."""

ACCEPTED = "dev.bareboat.accepted"
"""On a manifest: the findings of a check that are known, as canonical JSON: a list, sorted, of objects with `path` (a
glob), `needs` and `rule` where they were said, and `reason`."""

FOREIGN_BASE = "dev.bareboat.foreign-base"
"""`true` on images that stand on one of another tool, which never promised to keep the contract of distroless."""

WISHES = "dev.bareboat.wishes"
"""On a manifest: the packages asked for, by stage from the root of the inheritance: `stage: a b; stage: c`."""

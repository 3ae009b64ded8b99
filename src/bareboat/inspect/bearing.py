"""What an image is by its own account, which decides what can be asked of it."""

from __future__ import annotations

from bareboat.inspect.aboard import Aboard, Files
from bareboat.inspect.accounts import PASSWD
from bareboat.oci.annotations import FOREIGN_BASE, FORMAT, VARIANT
from bareboat.plan.config.config import Variant


def is_ours(aboard: Aboard) -> bool:
    """Whether Bareboat made it, from the ground up: what stands on an image of another tool has its ways too."""
    return FORMAT in aboard.annotations and FOREIGN_BASE not in aboard.annotations


def is_system(files: Files) -> bool:
    """Whether it is more than a program and its libraries: it has accounts."""
    return PASSWD in files.entries


def variant_of(aboard: Aboard) -> Variant | None:
    """Which variant it says it is; None where it does not say."""
    said = aboard.annotations.get(VARIANT)
    return Variant(said) if said in set(Variant) else None


def is_debug(aboard: Aboard) -> bool:
    """Whether it has busybox on purpose: images of other tools say so by their search path alone."""
    variant = variant_of(aboard)
    if variant is not None:
        return variant.is_debug
    return "/busybox" in aboard.config.config.environment.get("PATH", "").split(":")


def has_package(files: Files, name: str) -> bool:
    """Whether it says that it has the package."""
    return any(package.name == name for package in files.packages)

"""Bareboat: distroless container images from Debian's signed packages."""

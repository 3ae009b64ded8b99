"""Compressed sizes of images in a layout, by layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bareboat.store.archived import open_images
from bareboat.store.images import ImageStore


def compressed_sizes(out: Path, images: Sequence[str]) -> dict[str, dict[str, int]]:
    """Bytes of every layer of the latest variants, by what the layer is, base first."""
    store = open_images(out)
    return {image: _layers(store, f"{image}:latest") for image in images}


def _layers(store: ImageStore, name: str) -> dict[str, int]:
    manifest = store.read_manifest(store.find(name))
    config = store.read_config(manifest.config)
    said = [(entry.created_by or "").removeprefix("bareboat: ") for entry in config.history]
    return {about: layer.size for about, layer in zip(said, manifest.layers, strict=True)}

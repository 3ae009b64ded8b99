"""The image that is tested, read as far as tests ask, and how paths in it are looked up.

Links are followed inside the image's own tree, as in a chroot; nothing of this machine is ever looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from typing import Self

from bareboat.base.errors import NotFoundError
from bareboat.base.mode import FOLDER
from bareboat.base.path import ROOT, ImagePath
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.read_aboard import AboardReader
from bareboat.oci.config import ImageConfig
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.manifest import Manifest
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.images import ImageStore, platforms_of, read_config, read_manifest
from bareboat.store.limits import MIB
from bareboat.store.rootfs import RootFilesystem

MOST_BYTES = 64 * MIB
"""The largest file whose content is looked at."""

_ROOT_ENTRY = LayerEntry(path=ROOT, kind=EntryKind.folder, mode=FOLDER, layer=0)
"""What a container's root is wherever no layer says otherwise."""


class Filesystems:
    """The filesystem that was opened last: variants of an image have the same layers, and are tested in turn."""

    def __init__(self, images: ImageStore) -> None:
        self._images = images
        self._open = ExitStack()
        self._layers: tuple[Descriptor, ...] | None = None
        self._rootfs: RootFilesystem | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def of(self, manifest: Manifest) -> RootFilesystem:
        """The filesystem of `manifest`, open until another one is asked for; raises as `RootFilesystem.of`."""
        if self._rootfs is None or self._layers != manifest.layers:
            self._open.close()
            self._rootfs = self._open.enter_context(RootFilesystem.of(self._images, manifest))
            self._layers = manifest.layers
        return self._rootfs


class Subject:
    """One image on one platform.

    Args:
        name: What to call it.
        images: Where it is.
        descriptor: Of its manifest.
        names: Those under which it was found.
        reader: Reads its facts.
        filesystems: Opens its filesystem where the content of files is asked for.
    """

    def __init__(
        self,
        *,
        name: str,
        images: ImageStore,
        descriptor: Descriptor,
        names: tuple[str, ...],
        reader: AboardReader,
        filesystems: Filesystems,
    ) -> None:
        self.name = name
        self.images = images
        self.descriptor = descriptor
        self._names = names
        self._reader = reader
        self._filesystems = filesystems

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest; raises as `store.images.read_manifest`."""
        return read_manifest(self.images, self.descriptor)

    @cached_property
    def config(self) -> ImageConfig:
        """The configuration; raises as `store.images.read_config`."""
        return read_config(self.images, self.manifest.config)

    @cached_property
    def platforms(self) -> tuple[Platform, ...]:
        """All that its first name stands for; its own alone where it has none.

        Raises:
            FormatError: When an index is damaged, and as `store.images.platforms_of`.
        """
        named = [self.images.images[name] for name in self._names[:1] if name in self.images.images]
        found = platforms_of(self.images, named or [self.descriptor])
        return tuple(one.platform for one in found if one.platform is not None)

    @cached_property
    def aboard(self) -> Aboard:
        """The facts of everything in it; raises as `AboardReader.read`."""
        return self._reader.read(self.descriptor)

    @property
    def entries(self) -> Mapping[ImagePath, LayerEntry]:
        """Every path but the root, sorted."""
        return self.aboard.entries

    def entry(self, path: str) -> LayerEntry | None:
        """What is at `path`; links on the way are followed, a link at its end only where a slash follows it.

        So does `docker cp`, through which container-structure-test looks.
        A hard link is told as the file that it is another name of.
        """
        folder, _, name = path.rpartition("/")
        if name in ("", ".", ".."):
            return self._at(self.aboard.real_path(path))
        above = self.aboard.real_path(folder)
        parent = self._at(above)
        if parent is None or parent.kind is not EntryKind.folder:
            return None
        return self._at(ImagePath(f"{above}/{name}" if above else name))

    def read(self, path: str) -> bytes:
        """The bytes of the file that `path` leads to.

        Raises:
            NotFoundError: When it leads nowhere, in a circle, or to something that has no bytes.
            LimitError: When they are too many to look at.
        """
        real = self.aboard.real_path(path)
        if real is None:
            raise NotFoundError(f'cannot find "{path}" in the image')
        if real == ROOT:
            raise NotFoundError(f'cannot read "{path}": it is a folder')
        return self._filesystems.of(self.manifest).read(real, most_bytes=MOST_BYTES)

    def _at(self, path: ImagePath | None) -> LayerEntry | None:
        if path is None:
            return None
        if path == ROOT:
            return _ROOT_ENTRY
        entry = self.entries.get(path)
        if entry is not None and entry.kind is EntryKind.hard_link:
            return self.entries[ImagePath(entry.target)]
        return entry

"""Images that others are built on: found by their reference, pinned by digest, and brought here whole.

A tag is looked up once, and stays what it was until an upgrade moves it; everything after that goes by digest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError, ConfigurationError, FormatError, NotFoundError, UsageError
from bareboat.base.frozen import frozen
from bareboat.base.platform import ARCHITECTURES, architecture
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.plan.base_contents import BaseContents, base_contents
from bareboat.plan.distro import Distro, distro
from bareboat.plan.lock import Lock, LockedBase, LockedBaseImage, LockedBlob
from bareboat.plan.recipe import BaseWish, Recipe
from bareboat.store.blobs import Blobs, Records
from bareboat.store.images import ImageStore, choose, manifests_of, platforms_of
from bareboat.store.limits import CHUNK_BYTES

Open = Callable[[str, Digest | None], tuple[ImageStore, Descriptor]]
"""Gives the place of the image at a reference, or of the digest that was pinned, and its index or only manifest."""

_DEBIAN = "debian"


@frozen
class Base:
    """A base image as a recipe uses it: what its reference stands for, and what is aboard by architecture."""

    locked: LockedBase
    contents: Mapping[str, BaseContents]


@frozen
class BaseImages:
    """Finds base images; `open` may ask the network, `blobs` is where everything that is read stays.

    Errors of all kinds begin with the place of the wish.
    """

    open: Open
    blobs: Blobs
    records: Records

    def base(self, recipe: Recipe, architectures: Collection[str], known: LockedBase | None) -> Base | None:
        """The base image of `recipe` for `architectures` (OCI's names); None when it has none.

        Args:
            recipe: Whose.
            architectures: What it must be there for, or may be where nobody said any.
            known: What the reference stands for already, which then stays.

        Raises:
            ConfigurationError: When it is not there for an architecture, or is no Debian of the recipe's distro.
            NotFoundError: When there is no such image.
            FetchError: When it cannot be had.
            DigestMismatchError: When something is not what was promised.
            FormatError: When it is damaged, or a layer has a path that would leave the image.
        """
        wish = recipe.base_image
        if wish is None:
            return None
        with _at(wish):
            locked = self._pinned(wish, architectures, known)
            self.bring(locked, architectures)
            wanted = _meant(wish, architectures, locked.architectures)
            contents = {name: base_contents(locked.images[name], self.blobs, self.records) for name in wanted}
            if any(stage.packages for stage in (*recipe.stages, *recipe.debug_stages)):
                for one in contents.values():
                    _check_system(wish, one, distro(recipe.distro))
        return Base(locked=locked, contents=MappingProxyType(contents))

    def bases(
        self, old: Lock, recipes: Mapping[Recipe, Collection[str]], upgrade: Collection[str] | None
    ) -> dict[Recipe, Base]:
        """The base images of `recipes` that have one, for their architectures (OCI's names).

        A reference stands for one image in all of them: what `old` has, unless it is to be upgraded.

        Args:
            old: The lock that was.
            recipes: Whose.
            upgrade: The references that may stand for something else now, among other words; None for all.

        Raises:
            As `base`.
        """
        known: dict[str, LockedBase] = {}
        if upgrade is not None:
            known = {reference: base for reference, base in old.bases.items() if reference not in upgrade}
        found: dict[Recipe, Base] = {}
        for recipe, wanted in recipes.items():
            reference = recipe.base_image.reference if recipe.base_image is not None else ""
            base = self.base(recipe, wanted, known.get(reference))
            if base is not None:
                found[recipe] = base
                known[reference] = base.locked
        return found

    def bring(self, locked: LockedBase, architectures: Iterable[str]) -> None:
        """Have everything of `locked` here for `architectures`; nobody is asked when it is.

        Raises:
            As `base`.
        """
        wanted = [locked.images[name] for name in architectures if name in locked.images]
        if all(is_here(self.blobs, image) for image in wanted):
            return
        images, root = self.open(locked.reference, locked.digest)
        there = {one.digest: one for one in manifests_of(images, root)}
        for image in wanted:
            if image.manifest.digest not in there:
                raise NotFoundError(f"{images.where}: has no image {image.manifest.digest} any more")
            self._take_all(images, there[image.manifest.digest])

    def _pinned(self, wish: BaseWish, architectures: Collection[str], known: LockedBase | None) -> LockedBase:
        if known is not None and set(_meant(wish, architectures, known.architectures)) <= set(known.images):
            return known
        images, root = self.open(wish.reference, None if known is None else known.digest)
        manifests = platforms_of(images, [root])
        found = dict(known.images) if known is not None else {}
        there = _architectures(manifests)
        for name in sorted(set(_meant(wish, architectures, there)) - set(found)):
            found[name] = self._take_all(images, _for(manifests, name, wish))
        return LockedBase(
            reference=wish.reference, digest=root.digest, architectures=there,
            images=MappingProxyType(dict(sorted(found.items()))),
        )  # fmt: skip

    def _take_all(self, images: ImageStore, descriptor: Descriptor) -> LockedBaseImage:
        manifest = images.read_manifest(descriptor)
        if manifest.config.media_type not in media.CONFIGS:
            raise FormatError(f'{images.where}: is an artifact of type "{manifest.config.media_type}", no image')
        config = images.read_config(manifest.config)
        if len(config.diff_ids) != len(manifest.layers):
            raise FormatError(
                f"{images.where}: the configuration has {len(config.diff_ids)} layers, the manifest "
                f"{len(manifest.layers)}: they must be the same"
            )
        for layer in manifest.layers:
            if media.compression_of(layer.media_type) is None:
                raise FormatError(f'{images.where}: "{layer.media_type}" is no filesystem layer')
        for blob in (descriptor, manifest.config, *manifest.layers):
            self._take(images, blob)
        return LockedBaseImage(
            manifest=LockedBlob(descriptor.digest, descriptor.size),
            config=LockedBlob(manifest.config.digest, manifest.config.size),
            layers=tuple(LockedBlob(layer.digest, layer.size) for layer in manifest.layers),
        )

    def _take(self, images: ImageStore, blob: Descriptor) -> None:
        if _has(self.blobs, blob.digest, blob.size):
            return
        with images.open(blob.digest) as stream:
            self.blobs.add(iter(lambda: stream.read(CHUNK_BYTES), b""), expected=blob.digest, size=blob.size)


def is_here(blobs: Blobs, image: LockedBaseImage) -> bool:
    """Whether `blobs` has everything of `image`, in its size."""
    return all(_has(blobs, blob.digest, blob.size) for blob in image.blobs)


def _has(blobs: Blobs, digest: Digest, size: int) -> bool:
    return blobs.has(digest) and blobs.size(digest) == size


def _architectures(manifests: Sequence[Descriptor]) -> tuple[str, ...]:
    """Those of ours that some of `manifests` runs on, sorted."""
    platforms = [one.platform for one in manifests if one.platform is not None]
    return tuple(sorted(arch.oci for arch in ARCHITECTURES if any(one.runs_on(Platform.of(arch)) for one in platforms)))


def _meant(wish: BaseWish, wanted: Collection[str], there: Collection[str]) -> tuple[str, ...]:
    """The architectures of `wanted` that the image is for, sorted: where nobody said any, those that are there.

    Raises:
        ConfigurationError: When there is none of them.
    """
    found = tuple(sorted(name for name in wanted if name in there or not wish.narrows))
    if not found:
        hint = f"it is for: {', '.join(there)}; write architectures: [{', '.join(there)}]" if there else None
        raise ConfigurationError(f'"{wish.reference}" is not for {", ".join(sorted(wanted))}', hint=hint)
    return found


def _for(manifests: tuple[Descriptor, ...], name: str, wish: BaseWish) -> Descriptor:
    try:
        return choose(manifests, Platform.of(architecture(name)), f'"{wish.reference}"')
    except UsageError as error:
        there = sorted({one.platform.architecture for one in manifests if one.platform is not None})
        hint = f"{error.hint}; write architectures: [{', '.join(there)}]"
        raise ConfigurationError(error.message, hint=hint) from error


def _check_system(wish: BaseWish, contents: BaseContents, of: Distro) -> None:
    """Packages of a distro are made for that distro's libraries; what says nothing of itself is taken as it is."""
    if contents.system not in ("", _DEBIAN):
        raise ConfigurationError(
            f'"{wish.reference}" is {contents.system}, and packages of {of.name} cannot be put on it',
            hint="build on an image of Debian, or put in files alone",
        )
    if contents.codename not in ("", of.codename):
        raise ConfigurationError(
            f'"{wish.reference}" is Debian {contents.codename}, and the image is for {of.name} ({of.codename})',
            hint="write the distro of the base image under `distro:`",
        )


@contextmanager
def _at(wish: BaseWish) -> Iterator[None]:
    """Put the place of the wish before every error."""
    try:
        yield
    except BareboatError as error:
        if wish.place.file:
            error.message = f"{wish.place}: from: {error.message}"
            error.args = (error.message,)
        raise

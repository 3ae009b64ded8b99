"""The catalogue: the images that come with Bareboat, from one YAML file each, and the omissions that hold for all.

A file `python3.yaml` describes the image `python3` in the words of `bareboat.yaml`; `omissions.yaml` is a list;
`distros.yaml` and `upstream.yaml` are read by the modules of those names.
It is our own data, which the tests put through the same door as a user's file; at run time it is read without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from bareboat.base.errors import BareboatError, InternalError, UsageError
from bareboat.base.frozen import frozen
from bareboat.base.problem import Problems
from bareboat.plan.config.config import ImageWish, Omission
from bareboat.plan.config.nodes import Node, unpacked
from bareboat.plan.config.values import image_of, omission_of
from bareboat.plan.data import CATALOG, compiled
from bareboat.plan.distro import Distro, distros
from bareboat.plan.names import missing_on_distro, split_distro, unknown_image

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

OMISSIONS = "omissions"

_NOT_IMAGES = frozenset({OMISSIONS, "distros", "upstream"})
_SUFFIX = ".yaml"


@frozen
class Catalog:
    """The images by name, sorted; the omissions; the distros by name, oldest first."""

    images: Mapping[str, ImageWish]
    omissions: tuple[Omission, ...]
    distros: Mapping[str, Distro]

    @property
    def default_distro(self) -> str:
        """The distro that a name without one means."""
        return next(name for name, distro in self.distros.items() if distro.default)

    def distros_of(self, image: str) -> tuple[str, ...]:
        """The distros that `image` is there for, oldest first."""
        listed = self.images[image].distros
        return tuple(name for name in self.distros if not listed or name in listed)

    def aliases_of(self, image: str, distro: str) -> tuple[str, ...]:
        """The further names of `image` on a distro."""
        wish = self.images[image]
        return wish.aliases + (wish.distros[distro].aliases if distro in wish.distros else ())

    def find(self, name: str, distro: str) -> tuple[str, str]:
        """The image and the distro that `name` means: `python3`, `python3-debian12`, `python3.13`.

        Args:
            name: As a user writes it, without a tag.
            distro: The one that a name without a distro means.

        Raises:
            UsageError: When there is none, with what to write instead.
        """
        image, named = split_distro(name)
        if named is not None and named not in self.distros:
            raise unknown_distro(named, self.distros)
        wanted = named or distro
        if image in self.images and wanted in self.distros_of(image):
            return image, wanted
        called = [(other, there) for other, there in self._everything() if self._is(other, there, image)]
        for other, there in sorted(called, key=lambda found: found[0] != image):
            if there == wanted:
                return other, there
        if called:
            raise missing_on_distro(image, wanted, [there for _, there in called])
        raise unknown_image(name, self.names())

    def names(self) -> frozenset[str]:
        """Every name without a distro that something in the catalogue has."""
        aliases = {alias for image, distro in self._everything() for alias in self.aliases_of(image, distro)}
        return frozenset(aliases | set(self.images))

    def _everything(self) -> Iterator[tuple[str, str]]:
        return ((image, distro) for image in self.images for distro in self.distros_of(image))

    def _is(self, image: str, distro: str, name: str) -> bool:
        return name == image or name in self.aliases_of(image, distro)


@cache
def catalog() -> Catalog:
    """The catalogue that comes with Bareboat."""
    return load_catalog(CATALOG, distros())


def load_catalog(folder: Traversable, known_distros: Mapping[str, Distro]) -> Catalog:
    """The catalogue in `folder`; an image's file is read when the image is asked for.

    Raises:
        InternalError: When a file cannot be read, also then.
    """
    omissions = read_data(folder, OMISSIONS).value if folder.joinpath(OMISSIONS + _SUFFIX).is_file() else []
    return Catalog(
        images=_Images(folder),
        omissions=tuple(omission_of(item) for item in omissions) if isinstance(omissions, list) else (),
        distros=known_distros,
    )


class _Images(Mapping[str, ImageWish]):
    """The images of a catalogue's folder: most commands are about one, and ask for that and those it is built on."""

    def __init__(self, folder: Traversable) -> None:
        self._folder = folder
        self._names = image_names(folder)
        self._read: dict[str, ImageWish] = {}

    def __getitem__(self, name: str) -> ImageWish:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = _image(read_data(self._folder, name), name)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def image_names(folder: Traversable) -> tuple[str, ...]:
    """The images that `folder` has a file for, sorted."""
    stems = {item.name.removesuffix(_SUFFIX) for item in folder.iterdir() if item.name.endswith(_SUFFIX)}
    return tuple(sorted(stems - _NOT_IMAGES))


def read_data(folder: Traversable, name: str) -> Node:
    """A file of the catalogue as nodes.

    Raises:
        InternalError: When it is not YAML as `plan.config.reader` reads it.
    """
    file, problems = f"catalog/{name}{_SUFFIX}", Problems()
    data = folder.joinpath(name + _SUFFIX).read_bytes()
    known = compiled(name + _SUFFIX, data)
    if known is not None:
        return unpacked(known, file)
    from bareboat.plan.config.reader import compose  # imports PyYAML, which a catalogue that is compiled does without

    node = compose(data, file, problems)
    if node is None or problems.found:
        raise InternalError("; ".join(map(str, problems.found)))
    return node


def unknown_distro(name: str, known: Mapping[str, Distro]) -> UsageError:
    """The error for a distro that there is not."""
    return UsageError(f'unknown distro "{name}"', hint=f"one of: {', '.join(known)}")


def _image(node: Node, name: str) -> ImageWish:
    try:
        return image_of(node, name)
    except BareboatError as error:
        raise InternalError(f"catalog/{name}{_SUFFIX}: {error.message}") from error

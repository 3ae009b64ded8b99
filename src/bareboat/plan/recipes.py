"""Everything that can be built, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bareboat.plan.catalog import Catalog
from bareboat.plan.inherit import catalog_recipe
from bareboat.plan.names import split_distro
from bareboat.plan.recipe import Recipe


class Recipes(Mapping[str, Recipe]):
    """The images of a configuration, then those of the catalogue whose names it does not take.

    A recipe of the catalogue is worked out when it is asked for: most commands are about one, and read its file alone.

    Raises:
        ConfigurationError: When one is asked for, and the catalogue contradicts itself.
    """

    def __init__(self, own: Sequence[Recipe], catalog: Catalog) -> None:
        self._catalog = catalog
        self._own = {recipe.name: recipe for recipe in own}
        self._found = dict(self._own)

    def __getitem__(self, name: str) -> Recipe:
        if name not in self._found:
            image, distro = split_distro(name)
            if distro is None or not self._has(image, distro):
                raise KeyError(name)
            self._found[name] = catalog_recipe(image, distro, self._catalog)
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        names = (f"{image}-{distro}" for image in self._catalog.images for distro in self._catalog.distros_of(image))
        yield from (name for name in names if name not in self._own)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _has(self, image: str, distro: str) -> bool:
        return image in self._catalog.images and distro in self._catalog.distros_of(image)

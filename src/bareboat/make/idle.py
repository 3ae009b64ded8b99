"""Words of `keep`, `drop` and removals that match nothing in what was built: slips of the pen, told as warnings.

A word that an image inherits is judged in all images of the build that have it: it may be meant for a child.
A word about another architecture than was built is not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bareboat.base.frozen import frozen
from bareboat.base.platform import ARCHITECTURES
from bareboat.base.problem import Place, Problem, suggestion
from bareboat.make.build import Built
from bareboat.make.touched import is_touched
from bareboat.plan.recipe import Recipe

_ALIASED = ("/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/")


@frozen(kw_only=False)
class _Word:
    """A word at its place; `text` is as in `drop`."""

    place: Place
    key: str
    text: str


def idle_words(built: Iterable[Built], file: str) -> tuple[Problem, ...]:
    """Every word of the configuration `file` that matches nothing in any of the images that have it, by place."""
    images: dict[_Word, dict[Recipe, Built]] = {}
    for one in built:
        for word in _words(one, file):
            images.setdefault(word, {})[one.recipe] = one
    idle = [(word, found) for word, found in images.items() if not _serves(word, found.values())]
    return tuple(sorted(_problem(word, found.values()) for word, found in idle))


def _words(built: Built, file: str) -> Iterator[_Word]:
    recipe = built.recipe
    for key, texts in (("keep", recipe.keep), ("drop", recipe.drop)):
        for text in texts:
            place = recipe.places.get((key, text))
            if place is not None and place.file == file and "/" in text:
                yield _Word(place, key, text)
    for stage in (*recipe.stages, *recipe.debug_stages):
        for wish in stage.files:
            meant = wish.architectures is None or not set(wish.architectures).isdisjoint(built.images)
            if wish.remove and meant and wish.place.file == file:
                yield _Word(wish.place, "files", f"/{wish.path}/**")


def _serves(word: _Word, found: Iterable[Built]) -> bool:
    """Whether it matches something, or might where nothing was built."""
    here = {name for one in found for name in one.images}
    elsewhere = [arch for arch in ARCHITECTURES if arch.oci not in here]
    return any(arch.gnu in word.text for arch in elsewhere) or any(is_touched(word.text, one.touched) for one in found)


def _problem(word: _Word, found: Iterable[Built]) -> Problem:
    names = ", ".join(sorted({one.recipe.image for one in found}))
    if word.key == "files":
        path = word.text.removesuffix("/**")
        message = f'files: takes "{path}" away, which no package or effect brings to {names}'
        return Problem(word.place, message, _moved(path))
    scope, _, path = ("", "", word.text) if word.text.startswith("/") else word.text.partition(":")
    packages = {label.partition(" ")[0] for one in found for image in one.images.values() for layer in image.layers
                for label in layer.packages}
    if scope and scope not in packages:
        return Problem(word.place, f"{word.key}: there is no package {scope} in {names}", suggestion(scope, packages))
    return Problem(word.place, f'{word.key}: "{word.text}" matches no file of {names}', _moved(path) or _whole(path))


def _moved(path: str) -> str:
    first = next((alias for alias in _ALIASED if path.startswith(alias)), None)
    return f'where {first.rstrip("/")} is a link, write "/usr{path}"' if first else ""


def _whole(path: str) -> str:
    return "" if {"*", "."} & set(path.rpartition("/")[2]) else f'write "{path}/**" for a folder with everything in it'

"""Inheritance worked out: images as their files say them become recipes that stand by themselves.

An image's chain runs from `scratch`, or from an image of a registry or a layout, over its parents to itself, all on one
distro; each step adds to those before.
What differs on a distro (`distros:`) and the file's `defaults` belong to the step of their image.

- The child's word replaces the parent's: `entrypoint`, `cmd`, `user`, `workdir`, `stop-signal`, `healthcheck`,
  `variants`, `architectures`, `layers`, `created`; null takes the parent's away.
  Setting `entrypoint` without `cmd` clears the parent's `cmd`, as Docker does.
- The child's words are added to the parent's: `packages`, `upstream` and `accounts` by name, `omit` by package,
  `accept` by path, needs and rule, `files` by path, `env`, `labels` and `annotations` by key, `trust`, `effects`,
  `components`, `ports`, `volumes`, `keep`, `drop`.
  What has the same name is replaced, but wishes for one package must all be met.
  `-name`, null or `remove: true` takes away; taking away what is not there is a fault, except for files, where it
  takes away what a package brings.
- `title`, `aliases` and `max-size` are an image's own and are not inherited.

Variants are the contract's (`distroless` images): nonroot ones run as 65532 in /home/nonroot, unless the image says
another user that is not root, or another folder, or nothing makes that one; the others as 0 in /, unless it says
otherwise.
Debug variants add what `debug:` says of the whole chain, after everything else; where that has the effect `busybox`,
`:/busybox` ends PATH, and the shell is the entrypoint of images that have no program of their own.

`plan.steps` and `plan.drafts` do the adding; here are the chain, the variants, and the distros.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from bareboat.base.errors import ConfigurationError, UsageError
from bareboat.base.frozen import frozen
from bareboat.base.problem import Problems
from bareboat.plan.base_reference import is_base_reference
from bareboat.plan.catalog import Catalog
from bareboat.plan.config.check import SCRATCH
from bareboat.plan.config.config import Config, ImageWish, Variant
from bareboat.plan.drafts import package_of
from bareboat.plan.recipe import BaseWish, Recipe, RunConfig, Stage
from bareboat.plan.steps import Inheritance

_Value = TypeVar("_Value")

ROOT_USER = "0"
NONROOT_USER = "65532"
ROOT_WORKDIR = "/"
NONROOT_WORKDIR = "/home/nonroot"

_ROOT_NAMES = frozenset({"root", "0"})
_DEFAULT_ARCHITECTURES = ("amd64", "arm64")
_REFUSAL = "cannot use the catalogue"


@frozen(kw_only=False)
class _Step:
    """One image of a chain; `name` is what a recipe of it is called."""

    name: str
    words: tuple[ImageWish, ...]


def catalog_recipes(catalog: Catalog) -> tuple[Recipe, ...]:
    """Every image of the catalogue for every distro that it is there for, sorted by image, oldest distro first.

    Raises:
        ConfigurationError: When the catalogue contradicts itself.
    """
    problems = Problems()
    recipes = [
        _recipe(_catalog_chain(image, distro, catalog, problems), distro, catalog, problems)
        for image in catalog.images
        for distro in catalog.distros_of(image)
    ]
    problems.raise_as(ConfigurationError, _REFUSAL)
    return tuple(recipes)


def catalog_recipe(image: str, distro: str, catalog: Catalog) -> Recipe:
    """An image of the catalogue for a distro that it is there for.

    Raises:
        ConfigurationError: When the catalogue contradicts itself.
    """
    problems = Problems()
    recipe = _recipe(_catalog_chain(image, distro, catalog, problems), distro, catalog, problems)
    problems.raise_as(ConfigurationError, _REFUSAL)
    return recipe


def config_recipes(config: Config, catalog: Catalog) -> tuple[Recipe, ...]:
    """Every image of a configuration, in the order of its file.

    An image is for the distro of the catalogue's image that its chain begins with; the file's `distro` says which one
    a name without a distro means.

    Raises:
        ConfigurationError: With every fault of inheritance: what is taken away but not there, architectures and
            distros that a parent does not have, debug variants that add nothing.
    """
    problems = Problems()
    recipes = _config_recipes(config, catalog, problems)
    problems.raise_as(ConfigurationError, f'cannot use "{config.file}": {problems.counted}')
    return recipes


def find_inheritance_faults(config: Config, catalog: Catalog, problems: Problems) -> None:
    """Add every fault that `config_recipes` would raise."""
    _config_recipes(config, catalog, problems)


def _config_recipes(config: Config, catalog: Catalog, problems: Problems) -> tuple[Recipe, ...]:
    recipes = []
    for name in config.images:
        found = _config_chain(name, config, catalog, problems)
        if found is not None:
            chain, distro = found
            recipes.append(_recipe(chain, distro, catalog, problems))
    _check_aliases(recipes, config, catalog, problems)
    return tuple(recipes)


def _check_aliases(recipes: Iterable[Recipe], config: Config, catalog: Catalog, problems: Problems) -> None:
    """Two images under one name would replace each other wherever they are loaded."""
    taken = {**dict.fromkeys(catalog.names(), "of the catalogue"), **dict.fromkeys(config.images, "of this file")}
    for recipe in recipes:
        for alias in recipe.aliases:
            if alias in taken:
                place = config.images[recipe.image].place_of("aliases", alias)
                problems.add(place, f'images.{recipe.image}.aliases: "{alias}" is the name of an image {taken[alias]}')
            taken[alias] = "of this file"


def _catalog_chain(image: str, distro: str, catalog: Catalog, problems: Problems) -> list[_Step]:
    chain: list[_Step] = []
    while all(step.words[0].name != image for step in chain):
        wish = catalog.images[image]
        words = _words(wish, distro)
        chain.insert(0, _Step(f"{image}-{distro}", words))
        parent = _parent_of(words)
        if parent == SCRATCH:
            return chain
        try:
            image, found = catalog.find(parent, distro)
        except UsageError as error:
            problems.add(wish.place, f"images.{wish.name}.from: {error.message}", error.hint or "")
            return chain
        if found != distro:
            problems.add(wish.place, f'images.{wish.name}.from: "{parent}" is for {found}, not for {distro}')
            return chain
    problems.add(catalog.images[image].place, f"images.{image}.from: goes round in a circle")
    return chain


def _config_chain(name: str, config: Config, catalog: Catalog, problems: Problems) -> tuple[list[_Step], str] | None:
    """The chain of an image of the file, and the distro that it turns out to be for; None after a fault."""
    wished = config.distro or catalog.default_distro
    wishes: list[ImageWish] = []
    parent, distro, image = name, wished, None
    while parent in config.images:
        if any(wish.name == parent for wish in wishes):
            problems.add(config.images[name].place, f"images.{name}.from: goes round in a circle")
            return None
        wishes.insert(0, config.images[parent])
        parent = _parent_of(_words(wishes[0], wished))
    if parent != SCRATCH and not is_base_reference(parent):
        try:
            image, distro = catalog.find(parent, wished)
        except UsageError as error:
            problems.add(wishes[0].place, f"images.{wishes[0].name}.from: {error.message}", error.hint or "")
            return None
    for wish in wishes:
        if wish.distros and distro not in wish.distros:
            listed = ", ".join(wish.distros)
            place = wish.place_of("distros", next(iter(wish.distros)))
            problems.add(place, f"images.{wish.name}.distros: has no {distro}", f"it is there for {listed}")
            return None
    beneath = (config.defaults,) if config.defaults else ()
    steps = [_Step(wish.name, _words(wish, distro)) for wish in wishes]
    steps[0] = _Step(steps[0].name, beneath + steps[0].words)
    return ([] if image is None else _catalog_chain(image, distro, catalog, problems)) + steps, distro


def _base_of(chain: list[_Step]) -> BaseWish | None:
    """The image of a registry or a layout that the chain begins with, if it does."""
    words = chain[0].words
    parent = _parent_of(words)
    if not is_base_reference(parent):
        return None
    place = next((wish.place_of("from", parent) for wish in reversed(words) if wish.from_ == parent), words[-1].place)
    return BaseWish(reference=parent, place=place)


def _words(wish: ImageWish, distro: str) -> tuple[ImageWish, ...]:
    return (wish, wish.distros[distro]) if distro in wish.distros else (wish,)


def _parent_of(words: tuple[ImageWish, ...]) -> str:
    return next((wish.from_ for wish in reversed(words) if wish.from_), SCRATCH)


def _recipe(chain: list[_Step], distro: str, catalog: Catalog, problems: Problems) -> Recipe:
    everywhere = (item for item in catalog.omissions if item.distros is None or distro in item.distros)
    base_image = _base_of(chain)
    inheritance = Inheritance(problems, everywhere, on_base=base_image is not None)
    for step in chain:
        inheritance.begin(step.words[-1].name)
        for wish in step.words:
            inheritance.add(wish)
    own = chain[-1].words
    last = own[-1]
    stages, debug_stages = inheritance.stages(), inheritance.debug_stages()
    said = inheritance.variants or tuple(variant for variant in Variant if debug_stages or not variant.is_debug)
    variants = tuple(variant for variant in Variant if variant in said)
    if not debug_stages and any(variant.is_debug for variant in variants):
        asked = next((wish for wish in reversed(own) if wish.variants), last)
        problems.add(
            next((asked.place_of("variants", variant) for variant in variants if variant.is_debug), asked.place),
            f"{inheritance.where}.variants: debug variants would add nothing",
            "say what they add under debug:, or build on an image that does",
        )
    wished = {package_of(wish.relation): wish for stage in (*stages, *debug_stages) for wish in stage.packages}
    omissions = sorted(inheritance.omissions.items())
    workdir = NONROOT_WORKDIR if _has_home(stages) else ROOT_WORKDIR
    image = last.name
    return Recipe(
        name=chain[-1].name,
        image=image,
        distro=distro,
        title=_last((wish.title for wish in own), image),
        base=chain[-2].name if len(chain) > 1 else None,
        stages=stages,
        debug_stages=debug_stages,
        runs=MappingProxyType({variant: _run(variant, inheritance, workdir) for variant in variants}),
        variants=variants,
        architectures=inheritance.architectures or _DEFAULT_ARCHITECTURES,
        omit=tuple(omission for package, omission in omissions if package not in wished),
        overruled=tuple((omission, wished[package]) for package, omission in omissions if package in wished),
        accept=tuple(acceptance for _, acceptance in sorted(inheritance.acceptances.items())),
        annotations=MappingProxyType(dict(inheritance.annotations)),
        layers=inheritance.layers,
        keep=tuple(inheritance.keep),
        drop=tuple(inheritance.drop),
        places=MappingProxyType(dict(inheritance.places)),
        max_size=_last((wish.max_size for wish in own), None),
        created=inheritance.created,
        aliases=tuple(alias for wish in own for alias in wish.aliases),
        preview=catalog.distros[distro].preview,
        base_image=None if base_image is None else replace(base_image, narrows=inheritance.architectures is None),
    )


def _last(values: Iterable[_Value | None], default: _Value) -> _Value:
    """The last word that was said."""
    return next((value for value in reversed(tuple(values)) if value is not None), default)


def _has_home(stages: Iterable[Stage]) -> bool:
    """Whether anything makes the folder that nonroot variants run in: an image from scratch may have none."""
    stages = tuple(stages)
    homes = {user.home for stage in stages for user in stage.accounts.users if user.home_mode is not None}
    paths = {f"/{wish.path}" for stage in stages for wish in stage.files if not wish.remove}
    return NONROOT_WORKDIR in homes or any(f"{path}/".startswith(f"{NONROOT_WORKDIR}/") for path in paths)


def _run(variant: Variant, inheritance: Inheritance, home: str) -> RunConfig:
    """What a variant runs: who and where differ in nonroot variants, in debug variants what `debug:` says."""
    run = inheritance.debug_run() if variant.is_debug else inheritance.run()
    user, workdir = inheritance.user, inheritance.workdir
    said = run.said | {key for key, value in (("user", user), ("workdir", workdir)) if value is not None}
    if variant.is_nonroot:
        is_root = not user or user.partition(":")[0] in _ROOT_NAMES
        return replace(run, user=NONROOT_USER if is_root else user or "", workdir=workdir or home, said=said)
    return replace(run, user=user or ROOT_USER, workdir=workdir or ROOT_WORKDIR, said=said)

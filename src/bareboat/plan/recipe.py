"""An image with its inheritance worked out: what `resolve` decides on and `make` builds.

A recipe is one image for one distro; its stages run from the root of the inheritance to the image itself,
and each stage will be one layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from bareboat.base.epoch import Epoch
from bareboat.base.frozen import frozen
from bareboat.base.problem import Place
from bareboat.plan.config.config import (
    NOWHERE,
    Acceptance,
    Accounts,
    FileWish,
    Healthcheck,
    Layers,
    Omission,
    PackageWish,
    Places,
    TrustWish,
    UpstreamWish,
    Variant,
)


@frozen
class Stage:
    """One step of inheritance: what it adds to the stages before it."""

    name: str
    title: str = ""
    packages: tuple[PackageWish, ...] = ()
    upstream: tuple[UpstreamWish, ...] = ()
    files: tuple[FileWish, ...] = ()
    accounts: Accounts = Accounts()
    trust: tuple[TrustWish, ...] = ()
    effects: tuple[str, ...] = ()


@frozen
class RunConfig:
    """What a container started from the image gets: the OCI image configuration, `config`.

    `said` are the keys that the chain speaks of; over a base image only these replace what it says of itself.
    """

    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    user: str = ""
    workdir: str = ""
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    stop_signal: str = ""
    healthcheck: Healthcheck | None = None
    said: frozenset[str] = field(default=frozenset(), compare=False)


@frozen
class BaseWish:
    """The image of a registry or a layout that a chain begins with: its reference as it is written, and where.

    `plan.base_reference` reads it.
    `narrows` says that nobody said any architectures, so that the image is for those that the base is there for.
    """

    reference: str
    place: Place = NOWHERE
    narrows: bool = False


@frozen(eq=False)
class Recipe:
    """An image of one distro, complete; two recipes are the same only when they are one value in memory.

    `runs` has the configuration of every variant; `stages` is for latest and nonroot, `debug_stages` follow them
    in debug variants (they hold busybox and, for Java, the JDK).
    `name` is the image with its distro, `python3-debian13`; `base` the recipe name of the parent, if any; `base_image`
    what lies below the first stage, None for nothing.
    `overruled` are omissions that a wish for the package beats, each with the wish.
    `places` says where each word of `keep` and `drop` stands.
    """

    name: str
    image: str
    distro: str
    title: str
    base: str | None
    stages: tuple[Stage, ...]
    debug_stages: tuple[Stage, ...]
    runs: Mapping[Variant, RunConfig]
    variants: tuple[Variant, ...]
    architectures: tuple[str, ...]
    omit: tuple[Omission, ...] = ()
    overruled: tuple[tuple[Omission, PackageWish], ...] = ()
    accept: tuple[Acceptance, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    layers: Layers = Layers()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    places: Places = field(default_factory=lambda: MappingProxyType({}), repr=False)
    max_size: int | None = None
    created: Epoch | None = None
    aliases: tuple[str, ...] = ()
    preview: bool = False
    base_image: BaseWish | None = None

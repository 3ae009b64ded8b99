"""What a user wants, as frozen values: the meaning of `bareboat.yaml` and of the catalogue's files.

Nothing here reads a file; `plan.config.yaml` does, `plan.inherit` works out the inheritance.
In every field, `None` means "not said" and lets the parent's value through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from types import MappingProxyType

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath
from bareboat.base.problem import Place

NOWHERE = Place("")

Places = Mapping[tuple[str, str], Place]
"""Where words stand that have no place of their own, by their key and themselves."""


class Variant(StrEnum):
    """The four forms of every image."""

    latest = "latest"
    nonroot = "nonroot"
    debug = "debug"
    debug_nonroot = "debug-nonroot"

    @property
    def is_debug(self) -> bool:
        """Whether a shell comes along."""
        return self in (Variant.debug, Variant.debug_nonroot)

    @property
    def is_nonroot(self) -> bool:
        """Whether it runs as the unprivileged user."""
        return self in (Variant.nonroot, Variant.debug_nonroot)


class LayerStrategy(StrEnum):
    """How the entries of an image are cut into layers."""

    stage = "stage"
    single = "single"
    package = "package"
    budget = "budget"


class Compression(StrEnum):
    """How layers are compressed."""

    gzip = "gzip"
    zstd = "zstd"


@frozen
class PackageWish:
    """A package that the user wants: `relation` in the syntax of Debian Policy 7.1 (`libpq5 (>= 15) [amd64]`).

    `remove` takes away a wish that the parent has.
    """

    relation: str
    remove: bool = False
    place: Place = NOWHERE


@frozen
class Omission:
    """A package that is left out though something depends on it, with the reason.

    `remove` takes away an omission that the parent has; then no reason is needed.
    `distros` is for omissions of the catalogue that hold for some distros only.
    """

    package: str
    reason: str = ""
    remove: bool = False
    distros: tuple[str, ...] | None = None
    place: Place = NOWHERE


@frozen
class Acceptance:
    """A finding of `bareboat check` that is known, with the reason why it does no harm.

    `path` is an absolute glob as in `drop`, `needs` a glob over what is missing, `rule` a rule's name; None is any.
    `remove` takes away an acceptance of the same path, needs and rule that the parent has; then no reason is needed.
    """

    path: str
    needs: str | None = None
    rule: str | None = None
    reason: str = ""
    remove: bool = False
    place: Place = NOWHERE

    @property
    def about(self) -> tuple[str, str, str]:
        """What it accepts: of two about the same the last one stands."""
        return self.path, self.needs or "", self.rule or ""


@frozen
class FileWish:
    """A file, folder or link to put into the image; exactly one of the sources is set, or `remove`.

    `owner` is a name of the image's accounts or `uid[:gid]`; `mode` None means 0644, 0755 for folders,
    and for local files 0755 when the file's owner may execute it.
    `link` may hold `${arch}` (Debian's name), `${oci-arch}`, `${gnu}` and `${upstream:PACKAGE}`.
    """

    path: ImagePath
    text: str | None = None
    source: str | None = None
    url: str | None = None
    sha256: Digest | None = None
    link: str | None = None
    folder: bool = False
    owner: str | None = None
    mode: int | None = None
    architectures: tuple[str, ...] | None = None
    remove: bool = False
    place: Place = NOWHERE


@frozen
class UserWish:
    """A line of `/etc/passwd`; the home folder is made when `home_mode` is set."""

    name: str
    uid: int
    gid: int
    gecos: str = ""
    home: str = "/nonexistent"
    shell: str = "/sbin/nologin"
    home_mode: int | None = None
    remove: bool = False
    place: Place = NOWHERE


@frozen
class GroupWish:
    """A line of `/etc/group`."""

    name: str
    gid: int
    members: tuple[str, ...] = ()
    remove: bool = False
    place: Place = NOWHERE


@frozen
class Accounts:
    """The users and groups of an image."""

    users: tuple[UserWish, ...] = ()
    groups: tuple[GroupWish, ...] = ()


@frozen
class TrustWish:
    """Further certificate authorities: a local PEM file or PEM text, with one or more certificates."""

    source: str | None = None
    text: str | None = None
    place: Place = NOWHERE


@frozen
class Healthcheck:
    """Docker's health check; durations are in nanoseconds, as in the image configuration.

    `test` is the command, whatever form the configuration says it in.
    """

    test: tuple[str, ...]
    interval_ns: int | None = None
    timeout_ns: int | None = None
    start_period_ns: int | None = None
    start_interval_ns: int | None = None
    retries: int | None = None


@frozen
class Layers:
    """The strategy, and with `budget` the largest number of layers."""

    strategy: LayerStrategy = LayerStrategy.stage
    budget: int = 0


@frozen
class PinnedSource:
    """A further apt archive with the keys that may sign it (Signed-By), and its weight.

    `keys` are armored or binary OpenPGP certificates as text paths or inline text; `priority` is as in
    apt_preferences(5), 500 when not said; `pins` are package names that may come from here, empty for all.
    """

    name: str
    urls: tuple[str, ...]
    suite: str
    components: tuple[str, ...]
    keys: tuple[str, ...]
    architectures: tuple[str, ...] | None = None
    priority: int = 500
    pins: tuple[str, ...] = ()
    place: Place = NOWHERE


@frozen
class UpstreamWish:
    """A program that is not Debian's: `name` is a recipe of the catalogue (`nodejs`), `version` its release line."""

    name: str
    version: str
    place: Place = NOWHERE


@frozen
class ImageWish:
    """One image as its file says it, before inheritance.

    In `env`, `labels` and `annotations` a value of None takes the parent's away; an empty tuple does so for
    `entrypoint` and `cmd`, an empty text for `user`, `workdir` and `stop_signal`, a leading `-` for one of `ports`,
    `volumes`, `keep` and `drop`.
    `places` says where the names of mappings and the items of lists of texts stand: `("env", "PATH")`, `("ports",
    "80/tcp")`.
    """

    name: str
    from_: str | None = None
    title: str | None = None
    packages: tuple[PackageWish, ...] = ()
    upstream: tuple[UpstreamWish, ...] = ()
    components: tuple[str, ...] = ()
    omit: tuple[Omission, ...] = ()
    accept: tuple[Acceptance, ...] = ()
    files: tuple[FileWish, ...] = ()
    accounts: Accounts = Accounts()
    trust: tuple[TrustWish, ...] = ()
    env: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    user: str | None = None
    workdir: str | None = None
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    annotations: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    stop_signal: str | None = None
    healthcheck: Healthcheck | None = None
    no_healthcheck: bool = False
    variants: tuple[Variant, ...] | None = None
    architectures: tuple[str, ...] | None = None
    layers: Layers | None = None
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    max_size: int | None = None
    created: Epoch | None = None
    debug: ImageWish | None = None
    distros: Mapping[str, ImageWish] = field(default_factory=lambda: MappingProxyType({}))
    aliases: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    place: Place = NOWHERE
    places: Places = field(default_factory=lambda: MappingProxyType({}), compare=False, repr=False)

    def place_of(self, key: str, word: str) -> Place:
        """Where `word` stands under `key`; where the image stands when that is not known."""
        return self.places.get((key, word), self.place)


@frozen
class Config:
    """A whole `bareboat.yaml`: its images by name, and where Debian may be had.

    `defaults` holds what every image of the file has beneath its own words; its name is empty.
    """

    file: str
    distro: str | None = None
    defaults: ImageWish | None = None
    images: Mapping[str, ImageWish] = field(default_factory=lambda: MappingProxyType({}))
    sources: tuple[PinnedSource, ...] = ()
    mirrors: tuple[str, ...] = ()
    compression: Compression | None = None

"""From nodes that passed the door to the frozen values of `plan.config.config`, each with its place.

Nothing is judged here: what `plan.config.faults` finds no fault with is read by the same functions as there.
It knows no pydantic, so that the catalogue, which the tests judge, is read without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

from bareboat.base.digest import sha256
from bareboat.base.epoch import parse_rfc3339
from bareboat.base.errors import InternalError
from bareboat.base.problem import Place
from bareboat.plan.components import HEALTHCHECK
from bareboat.plan.config import health, units, words
from bareboat.plan.config.config import (
    Acceptance,
    Accounts,
    Compression,
    Config,
    FileWish,
    GroupWish,
    Healthcheck,
    ImageWish,
    Layers,
    LayerStrategy,
    Omission,
    PackageWish,
    PinnedSource,
    Places,
    TrustWish,
    UpstreamWish,
    UserWish,
    Variant,
)
from bareboat.plan.config.nodes import Node, Written

_Value = TypeVar("_Value")

# Docker API, "HealthConfig.Test": `NONE`, `CMD` and `CMD-SHELL` come first.
_TEST_WORDS = ("CMD", "CMD-SHELL")
_PLAIN_OPTIONS = tuple(word for word in health.ONLY_WITH if word != "headers")

_read_port = words.removable(units.read_port)
_read_volume = words.removable(words.read_absolute_path)

_PLACED: Mapping[str, Callable[[str], str]] = {
    "ports": _read_port, "volumes": _read_volume, "keep": str, "drop": str, "variants": str, "aliases": str,
    "architectures": words.read_architecture,
}
"""The lists of texts whose items are remembered with their places, and how each item is read."""

_PLACED_NAMES = ("env", "labels", "annotations", "distros")
"""The mappings whose names are."""


def config_of(node: Node, file: str) -> Config:
    """The value of a whole `bareboat.yaml`."""
    root = _Fields(node)
    defaults = root.child("defaults")
    return Config(
        file=file,
        distro=root.text("distro"),
        defaults=image_of(defaults, "") if defaults else None,
        images=MappingProxyType({name: image_of(image, name) for name, image in root.children("images").items()}),
        sources=tuple(_source(item) for item in root.items("sources")),
        mirrors=root.texts("mirrors"),
        compression=root.read("compression", Compression),
    )


def image_of(node: Node, name: str) -> ImageWish:
    """The value of one image, of what differs on a distro, or of what debug variants add."""
    image = _Fields(node)
    healthcheck = image.child("healthcheck")
    accounts, layers, debug = image.child("accounts"), image.child("layers"), image.child("debug")
    empty = Node(node.place, {})
    return ImageWish(
        name=name,
        from_=image.text("from"),
        title=image.text("title"),
        packages=tuple(_package(item) for item in image.items("packages")),
        upstream=tuple(_upstream(item) for item in image.items("upstream")),
        components=_components(image, healthcheck),
        omit=tuple(omission_of(item) for item in image.items("omit")),
        accept=tuple(_acceptance(item) for item in image.items("accept")),
        files=tuple(_file(item) for item in image.items("files")),
        accounts=_accounts(accounts) if accounts else Accounts(),
        trust=tuple(_trust(item) for item in image.items("trust")),
        env=image.settings("env"),
        entrypoint=image.command("entrypoint"),
        cmd=image.command("cmd"),
        user=image.clearable("user", str),
        workdir=image.clearable("workdir", words.read_absolute_path),
        ports=tuple(map(_read_port, image.texts("ports"))),
        volumes=tuple(map(_read_volume, image.texts("volumes"))),
        labels=image.settings("labels"),
        annotations=image.settings("annotations"),
        stop_signal=image.clearable("stop-signal", str),
        healthcheck=_healthcheck(healthcheck) if healthcheck and isinstance(healthcheck.value, dict) else None,
        no_healthcheck=healthcheck is not None and not isinstance(healthcheck.value, dict),
        variants=_unique(image.texts("variants"), Variant),
        architectures=_unique(image.texts("architectures"), words.read_architecture),
        layers=_layers(layers) if layers else None,
        keep=image.texts("keep"),
        drop=image.texts("drop"),
        max_size=image.read("max-size", units.read_size),
        created=image.read("created", parse_rfc3339),
        debug=image_of(debug, name) if debug and isinstance(debug.value, dict) else None,
        distros=MappingProxyType(
            {
                distro: image_of(child if isinstance(child.value, dict) else empty, name)
                for distro, child in image.children("distros").items()
            }
        ),
        aliases=image.texts("aliases"),
        effects=image.texts("effects"),
        place=node.place,
        places=_places(image),
    )


def omission_of(node: Node) -> Omission:
    """The value of one omission."""
    omission = _Fields(node)
    return Omission(
        package=omission.needed("package"),
        reason=(omission.text("reason") or "").strip(),
        remove=omission.flag("remove"),
        distros=omission.texts("distros") or None,
        place=node.place,
    )


class _Fields:
    """A mapping's fields by key; an absent one and a null one read alike unless the method says otherwise."""

    def __init__(self, node: Node) -> None:
        if not isinstance(node.value, dict):
            raise InternalError(f"{node.place}: expected a mapping that passed the door")
        self._nodes: Mapping[str, Node] = node.value

    def child(self, key: str) -> Node | None:
        return self._nodes.get(key)

    def children(self, key: str) -> dict[str, Node]:
        node = self._nodes.get(key)
        return node.value if node and isinstance(node.value, dict) else {}

    def places(self, key: str) -> dict[str, Place]:
        node = self._nodes.get(key)
        return node.keys if node else {}

    def items(self, key: str) -> list[Node]:
        node = self._nodes.get(key)
        return node.value if node and isinstance(node.value, list) else []

    def text(self, key: str) -> str | None:
        node = self._nodes.get(key)
        return str(node.value) if node and isinstance(node.value, str) else None

    def needed(self, key: str) -> str:
        return self.text(key) or ""

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(str(node.value) for node in self.items(key))

    def read(self, key: str, parse: Callable[[str], _Value]) -> _Value | None:
        text = self.text(key)
        return None if text is None else parse(text)

    def flag(self, key: str) -> bool:
        return (self.text(key) or "").lower() == "true"

    def mode(self, key: str) -> int | None:
        node = self._nodes.get(key)
        if node is None or not isinstance(node.value, str):
            return None
        return (units.read_plain_mode if isinstance(node.value, Written) else units.read_quoted_mode)(node.value)

    def clearable(self, key: str, parse: Callable[[str], str]) -> str | None:
        """The text; a null takes the parent's away, which is the empty text."""
        if key not in self._nodes:
            return None
        return self.read(key, parse) or ""

    def command(self, key: str) -> tuple[str, ...] | None:
        """The arguments; a null takes the parent's away, which is the empty command."""
        return self.texts(key) if key in self._nodes else None

    def settings(self, key: str) -> Mapping[str, str | None]:
        return MappingProxyType(
            {name: None if node.value is None else str(node.value) for name, node in self.children(key).items()}
        )


def _places(image: _Fields) -> Places:
    items = {(key, read(str(node.value))): node.place for key, read in _PLACED.items() for node in image.items(key)}
    names = {(key, name): place for key in _PLACED_NAMES for name, place in image.places(key).items()}
    parent = image.child("from")
    said = {("from", str(parent.value)): parent.place} if parent is not None else {}
    return MappingProxyType(items | names | said)


def _acceptance(node: Node) -> Acceptance:
    acceptance = _Fields(node)
    return Acceptance(
        path=acceptance.needed("path"),
        needs=acceptance.text("needs"),
        rule=acceptance.text("rule"),
        reason=(acceptance.text("reason") or "").strip(),
        remove=acceptance.flag("remove"),
        place=node.place,
    )


def _unique(texts: tuple[str, ...], parse: Callable[[str], _Value]) -> tuple[_Value, ...] | None:
    return tuple(dict.fromkeys(map(parse, texts))) or None


def _package(node: Node) -> PackageWish:
    if isinstance(node.value, str):
        relation, remove = words.read_wish(node.value)
    else:
        package = _Fields(node)
        relation, remove = words.read_relation(package.needed("package")), package.flag("remove")
    return PackageWish(relation=relation, remove=remove, place=node.place)


def _upstream(node: Node) -> UpstreamWish:
    upstream = _Fields(node)
    return UpstreamWish(name=upstream.needed("name"), version=upstream.needed("version"), place=node.place)


def _file(node: Node) -> FileWish:
    wish = _Fields(node)
    return FileWish(
        path=words.read_image_path(wish.needed("path")),
        text=wish.text("text"),
        source=wish.text("source"),
        url=wish.text("url"),
        sha256=wish.read("sha256", sha256),
        link=wish.text("link"),
        folder=wish.flag("folder"),
        owner=wish.text("owner"),
        mode=wish.mode("mode"),
        architectures=_unique(wish.texts("architectures"), words.read_architecture),
        remove=wish.flag("remove"),
        place=node.place,
    )


def _accounts(node: Node) -> Accounts:
    accounts = _Fields(node)
    return Accounts(
        users=tuple(_user(item) for item in accounts.items("users")),
        groups=tuple(_group(item) for item in accounts.items("groups")),
    )


def _user(node: Node) -> UserWish:
    user = _Fields(node)
    uid = user.read("uid", int) or 0
    gid = user.read("gid", int)
    return UserWish(
        name=user.needed("name"),
        uid=uid,
        gid=uid if gid is None else gid,
        gecos=user.text("gecos") or "",
        home=user.read("home", words.read_absolute_path) or "/nonexistent",
        shell=user.read("shell", words.read_absolute_path) or "/sbin/nologin",
        home_mode=user.mode("home-mode"),
        remove=user.flag("remove"),
        place=node.place,
    )


def _group(node: Node) -> GroupWish:
    group = _Fields(node)
    return GroupWish(
        name=group.needed("name"),
        gid=group.read("gid", int) or 0,
        members=group.texts("members"),
        remove=group.flag("remove"),
        place=node.place,
    )


def _trust(node: Node) -> TrustWish:
    if isinstance(node.value, str):
        return TrustWish(source=node.value, place=node.place)
    trust = _Fields(node)
    return TrustWish(source=trust.text("source"), text=trust.text("text"), place=node.place)


def _components(image: _Fields, healthcheck: Node | None) -> tuple[str, ...]:
    """What the image names, and what its health check needs."""
    form = _form(_Fields(healthcheck)) if healthcheck is not None and isinstance(healthcheck.value, dict) else None
    needed = () if form in (None, "test") else (HEALTHCHECK,)
    return tuple(dict.fromkeys((*image.texts("components"), *needed)))


def _form(check: _Fields) -> str | None:
    return next((form for form in health.FORMS if check.child(form) is not None), None)


def _healthcheck(node: Node) -> Healthcheck:
    check = _Fields(node)
    timeout = check.read("timeout", health.read_check_duration)
    return Healthcheck(
        test=_test(check, timeout),
        interval_ns=check.read("interval", health.read_check_duration),
        timeout_ns=timeout,
        start_period_ns=check.read("start-period", health.read_check_duration),
        start_interval_ns=check.read("start-interval", health.read_check_duration),
        retries=check.read("retries", int),
    )


def _test(check: _Fields, timeout_ns: int | None) -> tuple[str, ...]:
    form = _form(check) or "test"
    if form == "test":
        test = check.texts("test")
        return test if test[:1] and test[0] in _TEST_WORDS else ("CMD", *test)
    options = [(f"--{word}", text) for word in _PLAIN_OPTIONS if (text := check.text(word)) is not None]
    options += [("--header", f"{name}: {value or ''}") for name, value in check.settings("headers").items()]
    target = check.texts("exec") if form == "exec" else (check.needed(form),)
    if form == "file":
        target = (words.read_absolute_path(check.needed(form)),)
    return health.command_of(form, target, timeout_ns=timeout_ns, options=options)


def _layers(node: Node) -> Layers:
    if isinstance(node.value, str):
        return Layers(strategy=LayerStrategy(node.value))
    return Layers(strategy=LayerStrategy.budget, budget=_Fields(node).read("budget", int) or 1)


def _source(node: Node) -> PinnedSource:
    source = _Fields(node)
    url = source.text("url")
    priority = source.read("priority", int)
    return PinnedSource(
        name=source.needed("name"),
        urls=((url,) if url else ()) + source.texts("urls"),
        suite=source.needed("suite"),
        components=source.texts("components"),
        keys=source.texts("keys") + source.texts("signed-by"),
        architectures=_unique(source.texts("architectures"), words.read_architecture),
        priority=500 if priority is None else priority,
        pins=source.texts("pins"),
        place=node.place,
    )

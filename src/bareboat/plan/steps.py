"""The adding of one step of inheritance after the other; the rules are stated in `plan.inherit`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bareboat.base.epoch import Epoch
from bareboat.base.problem import Place, Problems, suggestion
from bareboat.plan.config.config import Acceptance, Healthcheck, ImageWish, Layers, Omission, Variant
from bareboat.plan.drafts import Drafts
from bareboat.plan.recipe import RunConfig, Stage

# `${arch}` and `${gnu}` are left for the making, which knows the architecture.
_INHERITED = re.compile(r"\$\{(?!arch\}|gnu\})([A-Za-z_][A-Za-z0-9_]*)\}")

BUSYBOX = "busybox"
"""The effect that puts busybox into debug variants, and so a shell and a folder of programs."""

BUSYBOX_FOLDER = "/busybox"


class Inheritance:
    """What a chain of images comes to, step by step, root first.

    `begin` opens a step, `add` adds what its image says, once or several times (defaults, the image, its distro).
    `on_base` says that the chain begins with an image of a registry or a layout, whose configuration is not known yet.
    The attributes hold the outcome so far; None in `user`, `workdir`, `variants` and `architectures` is "not said".
    """

    def __init__(
        self, problems: Problems, omissions: Iterable[Omission] = (), *, on_base: bool = False
    ) -> None:
        self.where = ""
        self.omissions = {omission.package: omission for omission in omissions}
        self.acceptances: dict[tuple[str, str, str], Acceptance] = {}
        self.annotations: dict[str, str] = {}
        self.user: str | None = None
        self.workdir: str | None = None
        self.variants: tuple[Variant, ...] | None = None
        self.architectures: tuple[str, ...] | None = None
        self.layers = Layers()
        self.created: Epoch | None = None
        self.keep: list[str] = []
        self.drop: list[str] = []
        self.places: dict[tuple[str, str], Place] = {}
        self._on_base = on_base
        self._said: set[str] = set()
        self._debug_said: set[str] = set()
        self._problems = problems
        self._drafts = Drafts(problems)
        self._debug_drafts = Drafts(problems)
        self._parent_architectures: tuple[str, ...] | None = None
        self._env: dict[str, str] = {}
        self._debug_envs: list[ImageWish] = []
        self._labels: dict[str, str] = {}
        self._ports: list[str] = []
        self._volumes: list[str] = []
        self._entrypoint: tuple[str, ...] = ()
        self._cmd: tuple[str, ...] = ()
        self._debug_entrypoint: tuple[str, ...] = ()
        self._debug_cmd: tuple[str, ...] = ()
        self._has_busybox = False
        self._stop_signal = ""
        self._healthcheck: Healthcheck | None = None

    def begin(self, name: str) -> None:
        """Open the step of the image called `name`."""
        self.where = f"images.{name}"
        self._parent_architectures = self.architectures
        self._drafts.begin(name, self.where)
        self._debug_drafts.begin(f"{name}:debug", f"{self.where}.debug")

    def add(self, wish: ImageWish) -> None:
        """Add what the image of the open step says."""
        self._drafts.add(wish)
        self._add_omissions(wish)
        self._add_acceptances(wish)
        self._add_run(wish)
        self._add_settings(self.annotations, wish.annotations, "annotations", wish)
        self._add_rules(wish)
        self._narrow_architectures(wish)
        self.variants = self.variants if wish.variants is None else wish.variants
        self.layers = self.layers if wish.layers is None else wish.layers
        self.created = self.created if wish.created is None else wish.created
        if wish.debug is not None:
            self._debug_drafts.add(wish.debug)
            self._add_debug_run(wish.debug)

    def stages(self) -> tuple[Stage, ...]:
        """A stage for every step, root first, also for one that adds nothing."""
        return self._drafts.stages()

    def debug_stages(self) -> tuple[Stage, ...]:
        """A stage for every step that adds something in debug variants."""
        return tuple(stage for stage in self._debug_drafts.stages() if stage != Stage(name=stage.name))

    def run(self) -> RunConfig:
        """What a container gets, without user and working folder."""
        return self._run(self._entrypoint, self._cmd, self._env, self._said)

    def debug_run(self) -> RunConfig:
        """The same in debug variants, where the environment of `debug:` comes last and extends what is there."""
        env = dict(self._env)
        for wish in self._debug_envs:
            self._add_settings(env, wish.env, "env", wish, "debug.")
        path = env.get("PATH", "${PATH}" if self._on_base else "")
        if self._has_busybox and path and BUSYBOX_FOLDER not in path.split(":"):
            env["PATH"] = f"{path}:{BUSYBOX_FOLDER}"
        return self._run(self._debug_entrypoint, self._debug_cmd, env, self._said | self._debug_said)

    def _run(
        self, entrypoint: tuple[str, ...], cmd: tuple[str, ...], env: Mapping[str, str], said: set[str]
    ) -> RunConfig:
        return RunConfig(
            env=MappingProxyType(dict(env)),
            entrypoint=entrypoint,
            cmd=cmd,
            ports=tuple(self._ports),
            volumes=tuple(self._volumes),
            labels=MappingProxyType(dict(self._labels)),
            stop_signal=self._stop_signal,
            healthcheck=self._healthcheck,
            said=frozenset(said),
        )

    def _add_run(self, wish: ImageWish) -> None:
        self._add_settings(self._env, wish.env, "env", wish)
        self._add_settings(self._labels, wish.labels, "labels", wish)
        self._add_list(self._ports, wish.ports, "ports", wish)
        self._add_list(self._volumes, wish.volumes, "volumes", wish)
        self._add_command(wish)
        self.user = self.user if wish.user is None else wish.user or None
        self.workdir = self.workdir if wish.workdir is None else wish.workdir or None
        self._stop_signal = self._stop_signal if wish.stop_signal is None else wish.stop_signal
        if wish.healthcheck is not None or wish.no_healthcheck:
            self._healthcheck = wish.healthcheck
            self._said.add("healthcheck")
        self._said |= {"stop-signal"} if wish.stop_signal is not None else set()

    def _add_command(self, wish: ImageWish) -> None:
        # Dockerfile reference, "Understand how CMD and ENTRYPOINT interact": "If CMD is defined from the base image,
        # setting ENTRYPOINT will reset CMD to an empty value."
        if wish.entrypoint is not None:
            self._said.add("entrypoint")
            self._entrypoint = self._debug_entrypoint = wish.entrypoint
            self._cmd = self._debug_cmd = ()
        if wish.cmd is not None:
            self._said.add("cmd")
            self._cmd = self._debug_cmd = wish.cmd
            if wish.cmd and not self._entrypoint:
                self._debug_entrypoint = ()  # the image has a program of its own, which a shell must not swallow

    def _add_debug_run(self, debug: ImageWish) -> None:
        self._debug_envs.append(debug)
        if BUSYBOX in debug.effects:
            self._has_busybox = True
            if not self._entrypoint and not self._cmd and not self._on_base:
                self._debug_entrypoint = (f"{BUSYBOX_FOLDER}/sh",)
        if debug.entrypoint is not None:
            self._debug_entrypoint, self._debug_cmd = debug.entrypoint, ()
            self._debug_said.add("entrypoint")
        if debug.cmd is not None:
            self._debug_cmd = debug.cmd
            self._debug_said.add("cmd")

    def _add_omissions(self, wish: ImageWish) -> None:
        for omission in wish.omit:
            if not omission.remove:
                self.omissions[omission.package] = omission
            elif self.omissions.pop(omission.package, None) is None:
                self._nothing_to_take("omit", omission.package, omission.place, self.omissions)

    def _add_acceptances(self, wish: ImageWish) -> None:
        for acceptance in wish.accept:
            if not acceptance.remove:
                self.acceptances[acceptance.about] = acceptance
            elif self.acceptances.pop(acceptance.about, None) is None:
                there = {known.path for known in self.acceptances.values()}
                hint = "say the needs and the rule of the parent's too" if acceptance.path in there else None
                self._nothing_to_take("accept", acceptance.path, acceptance.place, there, hint)

    def _add_rules(self, wish: ImageWish) -> None:
        """Keep and drop; a child that keeps what its parent drops takes that back, and the other way round."""
        for mine, other, said in ((self.keep, self.drop, wish.keep), (self.drop, self.keep, wish.drop)):
            key = "keep" if mine is self.keep else "drop"
            self._add_list(mine, said, key, wish)
            other[:] = [rule for rule in other if rule not in said]
            self.places |= {(key, word): wish.place_of(key, word) for word in said}

    def _narrow_architectures(self, wish: ImageWish) -> None:
        if wish.architectures is None:
            return
        allowed = self._parent_architectures
        beyond = [name for name in wish.architectures if allowed is not None and name not in allowed]
        if beyond:
            message = f"{self.where}.architectures: the parent is not there for {', '.join(beyond)}"
            place = wish.place_of("architectures", beyond[0])
            self._problems.add(place, message, f"it is for {', '.join(allowed or ())}")
        self.architectures = wish.architectures

    def _add_settings(
        self, settings: dict[str, str], changes: Mapping[str, str | None], key: str, wish: ImageWish, within: str = ""
    ) -> None:
        before = dict(settings)
        for name, value in changes.items():
            if value is not None:
                settings[name] = _INHERITED.sub(lambda match: before.get(match[1], match[0]), value)
            elif settings.pop(name, None) is None:
                self._nothing_to_take(within + key, name, wish.place_of(key, name), before)

    def _add_list(self, items: list[str], changes: Iterable[str], key: str, wish: ImageWish) -> None:
        for change in changes:
            if not change.startswith("-"):
                items[:] = [*(item for item in items if item != change), change]
            elif change[1:] in items:
                items.remove(change[1:])
            else:
                self._nothing_to_take(key, change[1:], wish.place_of(key, change), items)

    def _nothing_to_take(
        self, key: str, name: str, place: Place, there: Iterable[str], hint: str | None = None
    ) -> None:
        if self._on_base and key.removeprefix("debug.") in ("env", "labels", "ports", "volumes"):
            hint = "what the base image says can be replaced, but not taken away"
        message = f'{self.where}.{key}: takes "{name}" away, which no parent has'
        self._problems.add(place, message, suggestion(name, there) if hint is None else hint)

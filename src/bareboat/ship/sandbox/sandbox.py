"""The runner without an engine: images unpacked into folders, programs in namespaces of their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Protocol

from bareboat.base.digest import Digest
from bareboat.base.errors import EngineError, UsageError
from bareboat.base.observer import Observer, Silent
from bareboat.base.platform import Architecture, architecture
from bareboat.oci.config import ImageConfig
from bareboat.ship.running.account import Account, account_of
from bareboat.ship.running.command import environment_of, words_of, workdir_of
from bareboat.ship.running.emulation import emulation_of, kernel_runs
from bareboat.ship.running.runner import Mount, Order, Outcome, Streams
from bareboat.ship.sandbox.inside import MOST_TABLE_BYTES, Inside
from bareboat.ship.sandbox.plan import HOST_NAME, Bind, Emulation, Plan
from bareboat.ship.sandbox.room import MACHINE_FILES, Room, changes, unpacked

_RESOLVER = Path("/etc/resolv.conf")
_UNUSABLE = frozenset(":,\\")
"""What a path cannot have in it to be named in the options of an overlay."""


class Adapter(Protocol):
    """What makes the namespaces."""

    @property
    def name(self) -> str:
        """What to call it."""

    @property
    def owned(self) -> bool:
        """Whether it can have files belong to whom the image says; see `Plan.owned`."""

    def start(self, plan: Plan, order: Order) -> Outcome:
        """Run the program of `plan` until it ends; raises as `Runner.run`."""


class Sandbox:
    """A `Runner` that needs no engine.

    Args:
        adapter: What makes the namespaces.
        corner: The folder to unpack images in.
        host: The architecture of this machine.
        observer: Told how far the unpacking is.
    """

    def __init__(self, adapter: Adapter, corner: Path, host: Architecture, observer: Observer | None = None) -> None:
        self._adapter = adapter
        self._corner = corner
        self._host = host
        self._observer = observer or Silent()
        self._rooms: dict[Digest, Room] = {}
        self._has_layers = True
        self._emulations: dict[Architecture, Emulation | None] = {}
        self._lock = Lock()

    @property
    def name(self) -> str:
        """As `Runner.name`."""
        return self._adapter.name

    def prepare(self, order: Order) -> None:
        """As `Runner.prepare`."""
        self._shared_room(order)

    def run(self, order: Order) -> Outcome:
        """As `Runner.run`."""
        room = self._shared_room(order)
        if not order.writable:
            return self._adapter.start(self._plan(order, room), order)
        if self._has_layers and not _UNUSABLE & set(str(room.folder)):
            with changes(room) as layer:
                plan = self._plan(order, room, layer=layer)
                try:
                    return self._adapter.start(plan, order)
                except EngineError:  # the kernel, or bwrap, may be too old for it, or the folder on another overlay
                    self._has_layers = False
        with self._own_room(order) as own:
            return self._adapter.start(self._plan(order, own), order)

    def run_in_turn(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """As `Runner.run_in_turn`."""
        if len({order.manifest.digest for order in orders}) > 1:
            raise UsageError("cannot run programs of several images in turn")
        if not orders:
            return ()
        with self._own_room(orders[0]) as room:
            return tuple(
                self._adapter.start(self._plan(order, room), order)
                for order in (replace(one, writable=True) for one in orders)
            )

    def close(self) -> None:
        """As `Runner.close`."""
        for room in self._rooms.values():
            room.remove()
        self._rooms.clear()

    def _shared_room(self, order: Order) -> Room:
        with self._lock:
            room = self._rooms.get(order.manifest.digest)
            if room is None:
                room = self._rooms[order.manifest.digest] = self._unpacked(order)
            return room

    @contextmanager
    def _own_room(self, order: Order) -> Iterator[Room]:
        room = self._unpacked(order)
        try:
            yield room
        finally:
            room.remove()

    def _unpacked(self, order: Order) -> Room:
        if sys.platform != "linux":
            raise EngineError("cannot make a sandbox: only Linux has namespaces", hint="install docker or podman")
        return unpacked(order, self._corner, self._observer, owned=self._adapter.owned)

    def _plan(self, order: Order, room: Room, *, layer: Path | None = None) -> Plan:
        execution, inside = room.config.config, Inside(room.root, order.name)
        words, workdir = words_of(order, execution), workdir_of(order, execution)
        account = _account(order, room, inside)
        environment = {"HOSTNAME": HOST_NAME, **environment_of(order, execution)}
        environment.setdefault("HOME", account.home)
        if order.streams is Streams.terminal:
            environment.setdefault("TERM", "xterm")
        emulation = self._emulation(room.config, order)
        program = inside.program(words[0], environment["PATH"], workdir)
        start = inside.target(workdir)
        tmpfs = [f"/{inside.target(path)}" for path in order.tmpfs]
        tmpfs += [] if order.writable else list(_volumes(room, inside, tmpfs))
        proc, dev = inside.target("/proc"), inside.target("/dev")
        for path in [proc, dev, *(inside.target(path) for path in tmpfs), start]:
            inside.make(path, folder=True)
        return Plan(
            root=room.root,
            layer=layer,
            program=program,
            words=words,
            direct=() if emulation is None else inside.interpreted(program, words),
            env=environment,
            workdir=f"/{start}",
            account=account,
            owned=room.owned,
            proc=f"/{proc}",
            dev=f"/{dev}",
            binds=(*_machine_files(room, inside, order), *(_bind(mount, inside) for mount in order.mounts)),
            tmpfs=tuple(dict.fromkeys(tmpfs)),
            writable=order.writable,
            network=order.network,
            terminal=order.streams is Streams.terminal,
            emulation=emulation,
        )

    def _emulation(self, config: ImageConfig, order: Order) -> Emulation | None:
        """What runs the image's programs here; None when the kernel does."""
        if config.os != "linux":
            raise UsageError(f"{order.name}: cannot run: it is for {config.platform}")
        wanted = architecture(config.architecture)
        if wanted not in self._emulations:
            native = wanted == self._host or kernel_runs(wanted)
            self._emulations[wanted] = None if native else emulation_of(wanted)
        return self._emulations[wanted]


def _account(order: Order, room: Room, inside: Inside) -> Account:
    said = room.config.config.user if order.user is None else order.user
    passwd, group = (inside.read(f"/etc/{name}", MOST_TABLE_BYTES) for name in ("passwd", "group"))
    return account_of(said, passwd, group, order.name)


def _bind(mount: Mount, inside: Inside) -> Bind:
    """A mount that was asked for, with a place to mount it on.

    Raises:
        UsageError: When there is nothing to mount.
    """
    if not mount.source.exists():
        raise UsageError(f"{mount.source}: cannot mount: there is nothing")
    target = inside.target(mount.target)
    if not target:
        raise UsageError(f"{mount.source}: cannot mount at /: that is the image")
    inside.make(target, folder=mount.source.is_dir())
    return Bind(source=mount.source.resolve(), target=f"/{target}", read_only=mount.read_only)


def _machine_files(room: Room, inside: Inside, order: Order) -> Iterator[Bind]:
    """What engines write into every container, so that names can be looked up."""
    sources = {f"/etc/{name}": room.folder / name for name in MACHINE_FILES}
    if order.network and _RESOLVER.is_file():
        sources[str(_RESOLVER)] = _RESOLVER.resolve()
    for path, source in sources.items():
        try:
            target = inside.target(path)
            inside.make(target, folder=False)
        except UsageError:  # the image has something else there, on purpose
            continue
        yield Bind(source=source, target=f"/{target}", read_only=True)


def _volumes(room: Room, inside: Inside, tmpfs: Sequence[str]) -> Iterator[str]:
    """The folders that the image declares as volumes and has nothing in: they must take files, as with an engine."""
    for path in room.config.config.volumes:
        target = inside.target(path if path.startswith("/") else f"/{path}")
        if target and f"/{target}" not in tmpfs and _is_empty(room.root / target):
            yield f"/{target}"


def _is_empty(folder: Path) -> bool:
    try:
        return not any(folder.iterdir())
    except OSError as fault:
        return isinstance(fault, FileNotFoundError)

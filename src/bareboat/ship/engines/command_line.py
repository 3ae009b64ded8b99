"""The runner that asks docker or podman by their command line, which both understand alike.

A container is made, started and looked at in three steps, so that what the engine refuses is never taken for what the
program said.
The image is loaded under a name of our own that holds its digest, and goes when the runner is closed.
"""

from __future__ import annotations

import json
import re
import secrets
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from threading import Lock

from bareboat.base.digest import Digest
from bareboat.base.errors import EngineError, UsageError
from bareboat.base.frozen import frozen
from bareboat.base.platform import architecture
from bareboat.oci.config import Execution, ImageConfig
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.ship.engines.stopping import Stopping
from bareboat.ship.running.command import environment_of, words_of, workdir_of
from bareboat.ship.running.emulation import HINT, kernel_runs
from bareboat.ship.running.process import Started, attend, kill, starting
from bareboat.ship.running.runner import Mount, Order, Outcome, Streams
from bareboat.ship.running.tty import need_terminal
from bareboat.store.archive_file import docker_archive
from bareboat.store.images import ImageStore, read_config, read_manifest

_OUR_NAME = "localhost/bareboat-run"
_PATIENCE_S = 120
_NOT_STARTED = ("created", "configured", "initialized")
_OF_THE_ORDER = re.compile(
    r"\bexec\b(?! fifo)|executable|no such user|unable to find (user|group)|no matching entries|\bchdir\b|\bcwd\b"
    r"|workdir|working directory",
    re.IGNORECASE,
)
"""What runc and crun say of a program, a user or a folder that the image does not have; all else is their own."""

Load = Callable[[Iterator[bytes]], object]
"""Gives an archive, in pieces, to the engine."""


@frozen
class Client:
    """A command line of an engine, with the options that choose the engine.

    `read_only` are those of `create` that go with `--read-only`.
    `prepare` is the verb that makes a container ready without starting its program, where there is one.
    `local` says whether its containers run on this machine's kernel.
    """

    name: str
    words: tuple[str, ...]
    read_only: tuple[str, ...] = ()
    prepare: str | None = None
    local: bool = True
    env: Mapping[str, str] | None = None

    def ask(self, *arguments: str, what: str) -> str:
        """What `arguments` print.

        Raises:
            EngineError: When they fail, with what the engine says, as the answer to `what`.
        """
        done = self.attempt(*arguments)
        if done.returncode != 0:
            raise EngineError(f"{self.name}: cannot {what}: {last_line(done.stderr)}")
        return done.stdout.decode("utf-8", "replace")

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """`arguments`, whether they succeed or not.

        Raises:
            EngineError: When there is no answer in time, or no such program.
        """
        try:
            with starting(self.words[0]):
                return subprocess.run(
                    [*self.words, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                    env=self.env, timeout=_PATIENCE_S,
                )  # fmt: skip
        except subprocess.TimeoutExpired as fault:
            raise EngineError(f"{self.name}: cannot {arguments[0]}: no answer for {_PATIENCE_S} seconds") from fault


class EngineRunner:
    """A `Runner` in front of an engine.

    Args:
        client: Its command line.
        load: Gives it images.
        host: What it runs without emulation.
    """

    def __init__(self, client: Client, load: Load, host: Platform) -> None:
        self._client = client
        self._load = load
        self._host = host
        self._loaded: dict[Digest, str] = {}
        self._lock = Lock()

    @property
    def name(self) -> str:
        """As `Runner.name`."""
        return self._client.name

    def prepare(self, order: Order) -> None:
        """As `Runner.prepare`."""
        _check_terminal(order)
        self._image(order)

    def run(self, order: Order) -> Outcome:
        """As `Runner.run`."""
        _check_terminal(order)
        container = self._container_name()
        try:
            return self._run(order, self._image(order), container)
        finally:
            self._remove(container)

    def run_in_turn(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """As `Runner.run_in_turn`: each container is committed, and the next begins with it."""
        if len({order.manifest.digest for order in orders}) > 1:
            raise UsageError("cannot run programs of several images in turn")
        outcomes, committed = [], []
        image = self._image(orders[0]) if orders else ""
        try:
            for number, order in enumerate(orders):
                container = self._container_name()
                try:
                    outcomes.append(self._run(order, image, container, writable=True))
                    if number < len(orders) - 1:
                        image = f"{_OUR_NAME}:{secrets.token_hex(8)}"
                        self._client.ask("commit", container, image, what="keep the files of a container")
                        committed.append(image)
                finally:
                    self._remove(container)
        finally:
            for image in reversed(committed):
                self._client.attempt("image", "rm", "--force", image)
        return tuple(outcomes)

    def close(self) -> None:
        """As `Runner.close`."""
        for image in self._loaded.values():
            with suppress(EngineError):
                self._client.attempt("image", "rm", image)
        self._loaded.clear()

    def _image(self, order: Order) -> str:
        """The engine's name for the image of an order, which it is given once."""
        digest = order.manifest.digest
        with self._lock:
            if digest not in self._loaded:
                # A name that nobody else has: whoever comes to their end must not take it from under us.
                name = f"{_OUR_NAME}:{digest.hex[:16]}-{secrets.token_hex(4)}"
                self._load(docker_archive([((name,), order.manifest)], order.images))
                self._loaded[digest] = name
            return self._loaded[digest]

    def _run(self, order: Order, image: str, container: str, *, writable: bool = False) -> Outcome:
        config = _config_of(order.images, order.manifest)
        words = words_of(order, config.config)
        self._check_runs(order, config.platform)
        writable = writable or order.writable
        options = list(_options(order, config.config))
        options += [] if writable else ["--read-only", *self._client.read_only]
        options += [] if config.platform.runs_on(self._host) else ["--platform", str(config.platform)]
        self._client.ask(
            "create", "--name", container, "--pull", "never", *options,
            "--entrypoint", words[0], image, *words[1:], what=f"make a container of {order.name}",
        )  # fmt: skip
        reads = bool(order.stdin) or order.streams in (Streams.interactive, Streams.terminal)
        attached = ["--interactive"] if reads else []
        stopping = Stopping(
            order, send=lambda number: self._signal(container, number),
            kill=lambda: self._signal(container, signal.SIGKILL),
        )  # fmt: skip
        with closing(stopping):
            outcome = attend(
                order,
                Started(
                    command=(*self._client.words, "start", "--attach", *attached, container),
                    env=self._client.env, own_session=order.streams is not Streams.terminal,
                    end=lambda process: self._end(container, process),
                    pass_on=lambda _, number: stopping.take(number),
                ),
            )  # fmt: skip
        if outcome.timed_out:
            return outcome
        outcome = self._looked_at(order, container, words[0], outcome)
        return replace(outcome, exit_code=stopping.exit_code(outcome.exit_code))

    def _check_runs(self, order: Order, platform: Platform) -> None:
        """Refuse what this machine's kernel cannot start, which the engine would only find out later.

        Raises:
            EngineError: As said, with what to install.
        """
        if platform.runs_on(self._host) or not self._client.local:
            return
        wanted = architecture(platform.architecture)
        if not kernel_runs(wanted):
            raise EngineError(
                f"{order.name}: {self.name} cannot run programs for {wanted} on this machine",
                hint=f"{HINT}; without --engine, a sandbox brings its own emulator",
            )

    def _looked_at(self, order: Order, container: str, program: str, outcome: Outcome) -> Outcome:
        """`outcome` with the exit code that the engine knows.

        Raises:
            UsageError: When the program was never started, and the order is to blame.
            EngineError: When the engine is.
        """
        state = json.loads(self._client.ask("inspect", "--format", "{{json .State}}", container, what="look at it"))
        reason = str(state.get("Error") or "")
        if reason or str(state.get("Status")) in _NOT_STARTED:
            said = reason or self._why_not_started(container, outcome)
            if _OF_THE_ORDER.search(said):
                raise UsageError(f'{order.name}: cannot start "{program}": {said}')
            raise EngineError(
                f"{self.name}: cannot start a container of {order.name}: {said}",
                hint="--engine sandbox runs it without an engine",
            )
        code = state.get("ExitCode")
        return Outcome(
            exit_code=code if isinstance(code, int) else outcome.exit_code,
            stdout=outcome.stdout, stderr=outcome.stderr,
        )  # fmt: skip

    def _why_not_started(self, container: str, outcome: Outcome) -> str:
        """What the engine says; where its words went to our terminal, it is asked for them once more."""
        if outcome.stderr or self._client.prepare is None:
            return last_line(outcome.stderr)
        return last_line(self._client.attempt(self._client.prepare, container).stderr)

    def _end(self, container: str, process: subprocess.Popen[bytes]) -> None:
        with suppress(EngineError):
            self._client.attempt("kill", container)
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            kill(process)

    def _signal(self, container: str, number: int) -> None:
        """Give a signal to the program; the client that is attached would rather leave than pass some of them on."""
        with suppress(EngineError):
            self._client.attempt("kill", "--signal", str(number), container)

    def _remove(self, container: str) -> None:
        with suppress(EngineError):
            self._client.attempt("rm", "--force", "--volumes", container)

    @staticmethod
    def _container_name() -> str:
        return f"bareboat-run-{secrets.token_hex(8)}"


def last_line(said: bytes) -> str:
    """The last thing that a program said."""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else "it does not say why"


def _check_terminal(order: Order) -> None:
    """Without one, docker's command line would say nothing and end well."""
    if order.streams is Streams.terminal:
        need_terminal()


def _config_of(images: ImageStore, manifest: Descriptor) -> ImageConfig:
    return read_config(images, read_manifest(images, manifest).config)


def _options(order: Order, execution: Execution) -> Iterator[str]:
    """The options of `docker create` for an order."""
    yield from ("--workdir", workdir_of(order, execution), "--security-opt", "no-new-privileges")
    yield from () if order.network else ("--network", "none")
    if user := execution.user if order.user is None else order.user:
        yield from ("--user", user)
    for name, value in environment_of(order, execution).items():
        yield from ("--env", f"{name}={value}")
    for path in order.tmpfs:
        yield from ("--tmpfs", f"{path}:rw,exec,nosuid,nodev,mode=1777")
    for mount in order.mounts:
        yield from ("--mount", _mount(mount))
    if order.stdin or order.streams in (Streams.interactive, Streams.terminal):
        yield "--interactive"
    if order.streams is Streams.terminal:
        yield "--tty"


def _mount(mount: Mount) -> str:
    """A bind mount as docker reads it: fields of CSV.

    Raises:
        UsageError: When there is nothing to mount.
    """
    if not mount.source.exists():
        raise UsageError(f"{mount.source}: cannot mount: there is nothing")
    fields = ["type=bind", f"source={mount.source.resolve()}", f"target={mount.target}"]
    fields += ["readonly"] if mount.read_only else []
    quoted = ('"' + field.replace('"', '""') + '"' if set('",\n') & set(field) else field for field in fields)
    return ",".join(quoted)

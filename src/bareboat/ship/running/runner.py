"""The port of what runs a program of an image: a container engine, or a sandbox of our own.

    with closing(runner):
        outcome = runner.run(Order(images=layout, manifest=descriptor, argv=("-c", "print(1)")))

What an order leaves open, the image's configuration says, by the rules of `docker run`:
an entrypoint that is given takes the place of the image's and of its `Cmd`; `argv` takes the place of `Cmd`.
Where nobody says otherwise the root filesystem refuses to be written to, `/tmp` takes files that go with the program,
and there is no network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from bareboat.base.frozen import frozen
from bareboat.oci.descriptor import Descriptor
from bareboat.store.images import ImageStore
from bareboat.store.limits import MIB

TIMED_OUT = 124
"""The exit code of a program that was ended because its time was up, as timeout(1) has it."""

BY_SIGNAL = 128
"""What a program that a signal ended has for an exit code: this, and the signal's number."""


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


class Streams(StrEnum):
    """Where the program's standard input, output and error lead."""

    captured = "captured"
    """Input is what the order says, output and error end up in the outcome."""

    shared = "shared"
    """Output and error are ours, as they come; input is what the order says."""

    interactive = "interactive"
    """All three are ours."""

    terminal = "terminal"
    """All three are ours by way of a terminal that the program has for itself."""


@frozen
class Mount:
    """A file or folder of this machine that the program finds at `target`, an absolute path in the image."""

    source: Path
    target: str
    read_only: bool = False


@frozen
class Order:
    """One program to run.

    Attributes:
        images: Where the image is.
        manifest: Of the image, for one platform.
        name: What people call the image; for messages.
        argv: The arguments after the entrypoint; None means the image's `Cmd`.
        entrypoint: Instead of the image's; None means the image's own, an empty tuple none at all.
        env: Put over the image's.
        workdir: An absolute path; None means the image's, else `/`. It is made where it is missing; podman refuses.
        user: `user`, `uid`, `user:group` or `uid:gid`, names as in the image; None means the image's.
        mounts: What the program sees of this machine.
        network: Whether it may reach the network; without it, it has a loopback of its own.
        writable: Whether the root filesystem takes changes, which go with the program.
        tmpfs: Folders that are empty and can be written to.
        streams: Where input and output lead.
        stdin: What the program reads, for `captured` and `shared`; nothing by default.
        timeout_s: After how many seconds it is ended; None means never.
        most_output_bytes: How much of the output, and of the error, is taken in when `captured`.
    """

    images: ImageStore
    manifest: Descriptor
    name: str = "image"
    argv: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    env: Mapping[str, str] = field(default_factory=_nothing, hash=False)
    workdir: str | None = None
    user: str | None = None
    mounts: tuple[Mount, ...] = ()
    network: bool = False
    writable: bool = False
    tmpfs: tuple[str, ...] = ("/tmp",)  # noqa: S108  a path in the image
    streams: Streams = Streams.captured
    stdin: bytes = b""
    timeout_s: float | None = None
    most_output_bytes: int = 64 * MIB


@frozen
class Outcome:
    """How a program ended.

    `stdout` and `stderr` are empty unless the order says `captured`.
    When `timed_out`, the exit code is `TIMED_OUT`, and the output is what there was until then.
    """

    exit_code: int
    stdout: bytes = b""
    stderr: bytes = b""
    timed_out: bool = False


class Runner(Protocol):
    """Runs programs of images; what it unpacks or loads for that is kept until it is closed.

    Several threads may call `run` at the same time.
    """

    @property
    def name(self) -> str:
        """What to call it in messages: `docker`, `podman`, `bubblewrap`, `unshare`."""

    def prepare(self, order: Order) -> None:
        """Unpack or load the image of an order that is about to be run, which `run` does by itself otherwise.

        Raises:
            BareboatError: As `run`, as far as the image is to blame, or this machine.
        """

    def run(self, order: Order) -> Outcome:
        """Run one program until it ends.

        Raises:
            UsageError: When the image has no such program, user or folder, or is not for what can be run here, with a
                hint of what to install.
            FormatError: When the image is damaged or has hostile paths.
            LimitError: When the output outgrows its limit.
            DigestMismatchError: When the image's bytes are others.
            NotFoundError: When a part of the image is not there.
            EngineError: When the engine cannot start programs, whatever they are.
            StoreError: When this machine refuses.
        """

    def run_in_turn(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """Run programs of one image one after the other, each seeing the files that those before it left.

        All must name the same manifest; the root filesystem is writable for them, and what was written is gone in the
        end.
        A program that fails does not stop those after it; one that cannot be started does, as `run` raises.

        Raises:
            UsageError: As `run`, and when the manifests differ.
        """

    def close(self) -> None:
        """Remove what was unpacked or loaded; nothing can be run any more."""

"""What a sandbox is to be, as a value: adapters turn it into a command line of bubblewrap, or into namespaces.

    /        the image, read-only unless asked otherwise; no devices, no setuid
    /proc    of the sandbox's own processes
    /dev     null, zero, full, random, urandom, tty, shm, pts and nothing else
    /tmp     and other folders as asked: empty, in memory
    network  a loopback of its own, or that of this machine
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bareboat.base.frozen import frozen
from bareboat.ship.running.account import Account

HOST_NAME = "bareboat"

EMULATOR = "/dev/.emulator"
"""Where the emulator of another processor is, in a sandbox that needs one: outside of the image's own files."""


@frozen
class Bind:
    """A file or folder of this machine at `target`, a path in the image without links in it that is there already."""

    source: Path
    target: str
    read_only: bool


@frozen
class Binfmt:
    """How the kernel recognises the programs of an architecture, by their first bytes; binfmt_misc of the kernel."""

    magic: bytes
    mask: bytes


@frozen
class Emulation:
    """A program of this machine that runs those of another architecture."""

    program: Path
    binfmt: Binfmt


@frozen
class Plan:
    """A sandbox and the program in it.

    Attributes:
        root: The folder with the image's files.
        layer: A folder with the empty folders `upper` and `work`, into which changes go instead; None for none.
        program: Its whole path in the image.
        words: Its arguments, its own name first.
        direct: The same for an emulator that is started instead: scripts are replaced by their interpreters.
        env: The whole environment.
        workdir: A folder of the image, without links.
        account: Whom the program runs as.
        owned: Whether the files in `root` have the owners that the image gives them; else they are all ours, and
            appear to belong to `account`.
        proc: Where the kernel's files about processes are: `/proc`, or where a link of that name leads.
        dev: The same for devices.
        binds: What is seen of this machine.
        tmpfs: Folders in memory, by paths without links.
    """

    root: Path
    layer: Path | None
    program: str
    words: tuple[str, ...]
    direct: tuple[str, ...]
    env: Mapping[str, str]
    workdir: str
    account: Account
    owned: bool
    proc: str
    dev: str
    binds: tuple[Bind, ...]
    tmpfs: tuple[str, ...]
    writable: bool
    network: bool
    terminal: bool
    emulation: Emulation | None = None

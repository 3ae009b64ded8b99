"""An image that can be asked things from inside: busybox, two users, a folder that the unprivileged one owns."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bareboat.oci.config import Execution
from bareboat.ship.running.runner import Order
from bareboat.store.layout import Layout
from tests.makers.image import Made, make_layout
from tests.makers.layers import Item, file, folder, make_image_from, symlink

NAME = "box:latest"
PASSWD = b"root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532:nonroot:/home/nonroot:/bin/sh\n"
GROUP = b"root:x:0:\nnonroot:x:65532:\nstaff:x:50:nonroot\n"
CONFIG = Execution(
    user="nonroot",
    env=("PATH=/bin", "COLOUR=blue", "SIZE=7"),
    entrypoint=("/bin/sh", "-c"),
    cmd=("echo its own arguments",),
    working_dir="/home/nonroot",
)


def make_box(*more: Item, config: Execution = CONFIG) -> Made:
    """The image for amd64, with `more` entries in a second layer."""
    busybox = Path(shutil.which("busybox") or "busybox").read_bytes()
    items = [
        *(folder("bin"), file("bin/busybox", busybox, mode=0o755), symlink("bin/sh", "busybox")),
        *(folder("etc"), file("etc/passwd", PASSWD), file("etc/group", GROUP)),
        *(folder("home"), folder("home/nonroot", uid=65532, gid=65532), folder("root", mode=0o700)),
        *(folder("srv"), file("srv/motd", b"ahoy\n"), file("srv/plain", b"#!/bin/sh\n")),
        *(file("srv/script", b"#!/bin/sh -e\necho script $0 $1\n", mode=0o755), folder("usr")),
        symlink("usr/bin", "../bin"),
    ]  # fmt: skip
    return make_image_from(items, *([list(more)] if more else []), config=config)


def box_layout(place: Path, *more: Item, config: Execution = CONFIG) -> Layout:
    """A layout in `place` with the image under `NAME`."""
    return make_layout(place, {NAME: make_box(*more, config=config)})


def order_of(layout: Layout, *argv: str, **said: Any) -> Order:
    """An order of the image; without `argv`, with its own arguments."""
    manifest = layout.find(NAME)
    return Order(images=layout, manifest=manifest, name="box", argv=argv or None, **said)


def shell(layout: Layout, script: str, **said: Any) -> Order:
    """An order to run a line of shell."""
    return order_of(layout, script, **said)


def variables(text: bytes) -> Mapping[str, str]:
    """The environment that `env` printed."""
    return dict(line.split("=", 1) for line in text.decode().splitlines())


__all__: Sequence[str] = ("CONFIG", "NAME", "box_layout", "make_box", "order_of", "shell", "variables")

"""An image unpacked into a folder, for programs to run in; hostile paths are refused, and nothing is left over."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer
from bareboat.oci.config import ImageConfig
from bareboat.oci.manifest import Manifest
from bareboat.ship.export import export_folder
from bareboat.ship.running.runner import Order
from bareboat.ship.sandbox.plan import HOST_NAME
from bareboat.store.output import writing
from bareboat.store.rootfs import RootFilesystem
from bareboat.store.scratch import remove_folder

MACHINE_FILES = {
    "hosts": f"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n127.0.1.1\t{HOST_NAME}\n",
    "hostname": f"{HOST_NAME}\n",
}
"""What a program finds in `/etc` whatever the image says, by name; beside `Room.root` they wait to be mounted."""



@frozen
class Room:
    """An unpacked image.

    `owned` says whether its files have the owners that the image gives them: only root can do that.
    """

    folder: Path
    config: ImageConfig
    owned: bool

    @property
    def root(self) -> Path:
        """What a program sees as `/`."""
        return self.folder / "root"

    def remove(self) -> None:
        """Remove every file; what cannot be removed stays for `bareboat store sweep`."""
        with suppress(OSError):
            remove_folder(self.folder)


def unpacked(order: Order, corner: Path, observer: Observer, *, owned: bool) -> Room:
    """The image of an order in a new folder that nobody else may enter.

    Args:
        order: Whose image.
        corner: The folder to make it in; where that cannot be written to, the system's folder for temporary files.
        observer: Told how far it is.
        owned: Whether to give the files the owners that the image says.

    Raises:
        NotFoundError: When a part of the image is not there.
        DigestMismatchError: When its bytes are others.
        FormatError: When it is damaged or has hostile paths.
        StoreError: When this machine refuses.
    """
    manifest: Manifest = order.images.read_manifest(order.manifest)
    config = order.images.read_config(manifest.config)
    room = Room(folder=_folder(corner), config=config, owned=owned)
    try:
        with RootFilesystem.of(order.images, manifest, observer=observer) as rootfs:
            export_folder(rootfs, room.root, as_root=owned)
        with writing(room.root):
            room.root.chmod(0o755)
            for name, text in MACHINE_FILES.items():
                file = room.folder / name
                file.write_text(text, encoding="ascii")
                file.chmod(0o644)
    except BaseException:
        room.remove()
        raise
    return room


@contextmanager
def changes(room: Room) -> Iterator[Path]:
    """A folder for what one program changes of a room that others see too; it goes in the end.

    Raises:
        StoreError: When this machine refuses.
    """
    with writing(room.folder):
        folder = Path(tempfile.mkdtemp(prefix="layer-", dir=room.folder))
        for name in ("upper", "work"):
            (folder / name).mkdir(mode=0o755)
            (folder / name).chmod(0o755)
    try:
        yield folder
    finally:
        with suppress(OSError):
            remove_folder(folder)


def _folder(corner: Path) -> Path:
    try:
        corner.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="run-", dir=corner))
    except OSError:
        with writing(Path(tempfile.gettempdir())):
            return Path(tempfile.mkdtemp(prefix="bareboat-run-"))

"""`/var/lib/dpkg/status.d`: what package scanners read of an image without dpkg's database.

Per package its control file, byte for byte, and its md5sums, kept true to what is there: files that were pruned or
that something else replaces are not listed, files that were moved are listed where they are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bareboat.base.epoch import Epoch
from bareboat.base.path import ImagePath
from bareboat.debian.status import (
    format_md5sums,
    kept_md5sums,
    md5sums_path,
    moved_md5sums,
    parse_md5sums,
    status_path,
)
from bareboat.make.effects.stamp import Stamp
from bareboat.make.tree import File


def status_entries(
    package: str,
    *,
    control: bytes,
    md5sums: bytes | None,
    stays: Collection[ImagePath],
    moved: Mapping[ImagePath, ImagePath],
    moment: Epoch,
) -> tuple[File, ...]:
    """The files that say that `package` is there.

    Args:
        package: Its name.
        control: The control file of its .deb.
        md5sums: The md5sums of its .deb, None when it has none; then none is made.
        stays: Where its files are in the image, after moving; best a set.
        moved: Where files of the .deb went that are elsewhere in the image.
        moment: The time of the files.

    Raises:
        FormatError: When `md5sums` is not one, or `package` is no name of a package.
    """
    stamp = Stamp("dpkg", moment)
    control_file = stamp.file(status_path(package), control)
    if md5sums is None:
        return (control_file,)
    listed = parse_md5sums(md5sums, f"{package}: md5sums")
    true = kept_md5sums(moved_md5sums(listed, lambda path: moved.get(path, path)), stays)
    return (control_file, stamp.file(md5sums_path(package), format_md5sums(true)))

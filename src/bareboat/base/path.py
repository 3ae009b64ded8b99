"""The only judge of paths inside an image.

An image path is relative to the image's root, uses single slashes, and has no `.` or `..` part: `usr/bin/python3`.
The root itself is the empty path.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NewType

from bareboat.base.errors import UnsafePathError

ImagePath = NewType("ImagePath", str)

ROOT = ImagePath("")


def image_path(text: str, *, where: str = "path") -> ImagePath:
    """Read a path of an archive (`./usr/bin`) or of a user (`/usr/bin`).

    Args:
        text: The path, absolute or relative to the root of the image.
        where: What to call the place in an error.

    Raises:
        UnsafePathError: For `..`, a NUL, a backslash-free but empty name, or text that is not valid UTF-8.
    """
    if "\0" in text:
        raise UnsafePathError(f"{where}: {text!r} has a NUL in it")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise UnsafePathError(f"{where}: {text!r} is not valid UTF-8")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise UnsafePathError(f'{where}: "{text}" would leave the image')
    return ImagePath("/".join(parts))


def archive_path(text: str, *, where: str = "path") -> ImagePath:
    """Read a path of an archive, which must be relative.

    Raises:
        UnsafePathError: For an absolute path, and as `image_path`.
    """
    if text.startswith("/"):
        raise UnsafePathError(f'{where}: "{text}" is an absolute path')
    return image_path(text, where=where)


def parent_of(path: ImagePath) -> ImagePath:
    """The folder that `path` stands in; the root is its own parent."""
    return ImagePath(path.rpartition("/")[0])


def name_of(path: ImagePath) -> str:
    """The last part of `path`."""
    return path.rpartition("/")[2]


def parents_of(path: ImagePath) -> tuple[ImagePath, ...]:
    """Every folder above `path`, outermost first, without the root."""
    folder = path.rpartition("/")[0]
    return _known_folders(folder) if len(folder) <= _LONGEST_KNOWN else _folders_to(folder)


def _folders_to(folder: str) -> tuple[ImagePath, ...]:
    """`folder` and every one above it, outermost first."""
    parts = folder.split("/") if folder else []
    return tuple(ImagePath("/".join(parts[: count + 1])) for count in range(len(parts)))


# Asked once for each file, and few folders have many files; a hostile archive's are long, and not worth the memory.
_LONGEST_KNOWN = 256
_known_folders = lru_cache(maxsize=1 << 13)(_folders_to)


def inside(path: ImagePath, folder: ImagePath) -> bool:
    """Whether `path` is `folder` or stands below it, judged by whole parts."""
    return folder in (ROOT, path) or path.startswith(folder + "/")


def link_target(path: ImagePath, target: str) -> ImagePath:
    """Where a symbolic link at `path` points inside the image, followed one step, `..` worked out.

    As in a chroot, `..` at the root stays at the root; that alone is not an escape.

    Raises:
        UnsafePathError: For a target with a NUL or of no length.
    """
    if not target or "\0" in target:
        raise UnsafePathError(f'"{path}" is a link to {target!r}')
    parts: list[str] = [] if target.startswith("/") else [part for part in parent_of(path).split("/") if part]
    for part in target.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            del parts[-1:]
        else:
            parts.append(part)
    return ImagePath("/".join(parts))


def leaves_root(path: ImagePath, target: str) -> bool:
    """Whether a relative link at `path` climbs above the root of the image on its way."""
    if target.startswith("/"):
        return False
    depth = len([part for part in parent_of(path).split("/") if part])
    for part in target.split("/"):
        if part in ("", "."):
            continue
        depth += -1 if part == ".." else 1
        if depth < 0:
            return True
    return False

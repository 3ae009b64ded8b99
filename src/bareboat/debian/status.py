"""What an image says about its packages: `var/lib/dpkg/status.d` and the `md5sums` beside each entry.

The layout is that of distroless images, which scanners know: the control file verbatim under the package's name, and
the checksums under the same name with `.md5sums`.
The format of `md5sums` is that of deb-md5sums(5), "used for integrity verification and deduplication purposes, and not
for any kind of security purpose": nothing is trusted because of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable

from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath, archive_path
from bareboat.debian.paragraph import decoded
from bareboat.debian.relation import is_package_name

STATUS_FOLDER = ImagePath("var/lib/dpkg/status.d")

_LINE = re.compile(r"(\\?)([0-9a-fA-F]{32}) [ *](.+)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"\\": "\\", "n": "\n", "r": "\r"}


@frozen(kw_only=False)
class Md5Line:
    """One line of `md5sums`: a file of the package and the lower-case hexadecimal MD5 of its bytes."""

    path: ImagePath
    md5: str


def status_path(package: str) -> ImagePath:
    """Where the control file of `package` stands.

    Raises:
        FormatError: When that is no name of a package.
    """
    if not is_package_name(package):
        raise FormatError(f'cannot read "{package[:80]}" as the name of a package')
    return ImagePath(f"{STATUS_FOLDER}/{package}")


def md5sums_path(package: str) -> ImagePath:
    """Where the checksums of `package` stand.

    Raises:
        FormatError: When that is no name of a package.
    """
    return ImagePath(f"{status_path(package)}.md5sums")


def parse_md5sums(data: bytes, where: str) -> tuple[Md5Line, ...]:
    """Read an `md5sums` file, keeping its order.

    Raises:
        FormatError: When a line is not a checksum and a path.
        UnsafePathError: When a path is absolute or would leave the image.
    """
    lines = []
    for number, line in enumerate(decoded(data, where).split("\n"), start=1):
        if not line:
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise FormatError(f'{where}:{number}: cannot read "{line[:120]}" as a checksum and a path')
        # md5sum(1): a line that begins with a backslash has a path with escapes.
        name = _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[0]), match[3]) if match[1] else match[3]
        lines.append(Md5Line(archive_path(name, where=f"{where}:{number}"), match[2].lower()))
    return tuple(lines)


def format_md5sums(lines: Iterable[Md5Line]) -> bytes:
    """The text of an `md5sums` file, in the order given."""
    return "".join(_format_line(line) for line in lines).encode()


def kept_md5sums(lines: Iterable[Md5Line], paths: Container[str]) -> tuple[Md5Line, ...]:
    """The lines whose files are among `paths`: those that stay in the image."""
    return tuple(line for line in lines if line.path in paths)


def moved_md5sums(lines: Iterable[Md5Line], move: Callable[[ImagePath], ImagePath]) -> tuple[Md5Line, ...]:
    """The lines with every path moved, as a merged `/usr` moves `lib/x` to `usr/lib/x`; sorted by path."""
    return tuple(sorted((Md5Line(move(line.path), line.md5) for line in lines), key=lambda line: (line.path, line.md5)))


def _format_line(line: Md5Line) -> str:
    escaped = line.path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == line.path else chr(92)}{line.md5}  {escaped}\n"

"""`/usr/lib/os-release`: what scanners and programs recognise the image by; see os-release(5).

`/etc/os-release` is a symbolic link to it that base-files brings; it is made where that package is not.
"""

from __future__ import annotations

import re

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BuildError
from bareboat.base.frozen import frozen
from bareboat.make.effects.stamp import Stamp
from bareboat.make.tree import AnyEntry, Tree

_QUOTED = re.compile(r'[\\"$`]')  # os-release(5): these "must be escaped with backslashes, following shell style"


@frozen
class OsRelease:
    """The values of os-release; those left empty get no line."""

    version_id: str
    codename: str
    pretty_name: str = "Distroless"
    name: str = "Debian GNU/Linux"
    id: str = "debian"
    home_url: str = ""
    support_url: str = ""
    bug_report_url: str = ""

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Keys and values in the order of the file, which is that of the images that people know."""
        return (
            ("PRETTY_NAME", self.pretty_name),
            ("NAME", self.name),
            ("ID", self.id),
            ("VERSION_ID", self.version_id),
            ("VERSION", " ".join(part for part in (self.name, self.version_id, f"({self.codename})") if part)),
            ("VERSION_CODENAME", self.codename),
            ("HOME_URL", self.home_url),
            ("SUPPORT_URL", self.support_url),
            ("BUG_REPORT_URL", self.bug_report_url),
        )


def entries(tree: Tree, release: OsRelease, *, moment: Epoch) -> tuple[AnyEntry, ...]:
    """The file, and its link in `/etc` where the tree has none.

    Raises:
        BuildError: When a value has a control character in it, which no line of the file can hold.
    """
    stamp = Stamp("osrelease", moment)
    lines = []
    for key, value in release.fields:
        if not value.isprintable():
            raise BuildError(f"os-release: {key}: cannot write {value!r}")
        if value:
            escaped = _QUOTED.sub(lambda match: "\\" + match[0], value)
            lines.append(f'{key}="{escaped}"\n')
    file = stamp.file("usr/lib/os-release", "".join(lines).encode())
    if "etc/os-release" in tree:
        return (file,)
    return (stamp.link("etc/os-release", "../usr/lib/os-release"), file)

"""What of an image's files the dynamic loader would read, and what to say of those that it could not."""

from __future__ import annotations

import re

from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath
from bareboat.make.elf import ElfFacts, read_elf

# ld.so(8): "then in the default path /lib, and then /usr/lib", with Debian's folders of each architecture in them.
_LIBRARY = re.compile(r"(?:usr/)?lib(?:32|64|x32)?(?:/[^/]+-linux-[^/]+)?/[^/]+\.so(?:\.[^/]*)?")


@frozen(kw_only=False)
class Facts:
    """The facts of a file, None when it is no ELF file or an unsound one; `warning` says that it is unsound."""

    elf: ElfFacts | None = None
    warning: str | None = None


def facts_of(data: bytes, path: ImagePath, where: str) -> Facts:
    """The facts of the file at `path` whose bytes are `data`.

    Packages ship unsound ELF files on purpose: samples for tests, firmware, programs of other systems.
    Nothing loads them, so they are told in a warning and take no part in effects and proofs.
    A shared library in a folder where the dynamic loader looks by default is another thing: every program that needs
    it would fail when it starts, so there the build ends.

    Raises:
        FormatError: For an unsound library in a folder of the dynamic loader.
    """
    try:
        return Facts(elf=read_elf(data, f"{where}: /{path}"))
    except FormatError as error:
        if _LIBRARY.fullmatch(path):
            raise
        return Facts(warning=error.message)

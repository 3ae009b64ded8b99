"""What a check asks of a file besides its entry, noted while its bytes are at hand, so that nobody reads them again."""

from __future__ import annotations

from hashlib import md5
from typing import Any

from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath
from bareboat.make.contents import holds_key, may_hold_key
from bareboat.make.elf import is_elf, read_elf

HEAD_BYTES = 256
"""Linux, BINPRM_BUF_SIZE: as much of a script as the kernel reads to find its interpreter."""


@frozen
class Note:
    """`md5` as dpkg lists it; `script` is what stands behind `#!`; `unsound` says why an ELF file cannot be read."""

    md5: str
    script: str | None = None
    unsound: str | None = None
    has_key: bool = False

    def fields(self) -> list[Any]:
        """This for a record."""
        return [self.md5, self.script, self.unsound, self.has_key]

    @classmethod
    def of_fields(cls, fields: list[Any]) -> Note:
        """The note that `fields` wrote.

        Raises:
            ValueError: When there are more or fewer.
        """
        content, script, unsound, has_key = fields
        return cls(md5=content, script=script, unsound=unsound, has_key=has_key)


def note_of(path: ImagePath, data: bytes, *, is_sound: bool = False) -> Note:
    """What is to be noted of the file at `path` with the bytes `data`, which may be known as a sound ELF file."""
    return Note(
        md5=md5(data, usedforsecurity=False).hexdigest(),
        script=script_of(data),
        unsound=_unsound(path, data) if not is_sound and is_elf(data) else None,
        has_key=may_hold_key(path, len(data)) and holds_key(data),
    )


def script_of(data: bytes) -> str | None:
    """What stands behind `#!` in the first line of a file that begins with `data`; None for other files."""
    if not data.startswith(b"#!"):
        return None
    return data[2:HEAD_BYTES].partition(b"\n")[0].strip().decode("utf-8", "backslashreplace")


def _unsound(path: ImagePath, data: bytes) -> str | None:
    try:
        read_elf(data, f"/{path}")
    except FormatError as fault:
        return fault.message.removeprefix(f"/{path}: ")
    return None

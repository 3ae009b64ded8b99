"""Whom a program runs as: the user of an order or an image, looked up in the image's own tables.

OCI image specification 1.1, "Image Configuration", `User`: "`user`, `uid`, `user:group`, `uid:gid`, `uid:group`,
`user:gid`.
If `group`/`gid` is not specified, the default group and supplementary groups of the given `user`/`uid` in `/etc/passwd`
and `/etc/group` from the container are applied."
Formats: passwd(5), group(5); lines that cannot be read are passed over, as engines do.
"""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.base.problem import suggestion

_LARGEST_ID = 2**32 - 2
_MOST_GROUPS = 1024


@frozen
class Account:
    """Numbers for the kernel, and the home folder, `/` where the image knows none."""

    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    home: str = "/"


def account_of(said: str, passwd: bytes, group: bytes, where: str) -> Account:
    """Whom `said` names; nobody in particular means root.

    Args:
        said: The user as a configuration has it.
        passwd: The image's `/etc/passwd`, empty where there is none.
        group: The image's `/etc/group`.
        where: What to call the image in an error.

    Raises:
        UsageError: For a name that the image does not know.
    """
    users, groups = list(_lines(passwd, 7)), list(_lines(group, 4))
    user_part, colon, group_part = said.partition(":")
    user = next((fields for fields in users if user_part in (fields[0], fields[2])), None)
    if user is None and not user_part:
        user = next((fields for fields in users if fields[2] == "0"), None)
    uid = int(user[2]) if user else _number(user_part or "0")
    if uid is None:
        hint = _hint(user_part, [fields[0] for fields in users])
        raise UsageError(f'{where}: cannot run as "{user_part}": the image has no such user', hint=hint)
    gid = int(user[3]) if user else 0
    further: tuple[int, ...] = ()
    if colon and group_part:
        found = next((fields for fields in groups if group_part in (fields[0], fields[2])), None)
        number = int(found[2]) if found else _number(group_part)
        if number is None:
            hint = _hint(group_part, [fields[0] for fields in groups])
            raise UsageError(f'{where}: cannot run as "{said}": the image has no such group', hint=hint)
        gid = number
    elif user is not None:
        member = user[0]
        further = tuple(sorted({int(fields[2]) for fields in groups if member in fields[3].split(",")} - {gid}))
    return Account(uid=uid, gid=gid, groups=further[:_MOST_GROUPS], home=(user[5] if user else "") or "/")


def _lines(table: bytes, count: int) -> Iterator[list[str]]:
    """The fields of each line whose numbers are numbers."""
    for line in table.decode("utf-8", "replace").splitlines():
        fields = line.split(":")
        numbers = fields[2:4] if count == 7 else fields[2:3]
        if len(fields) == count and fields[0] and all(_number(number) is not None for number in numbers):
            yield fields


def _number(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else None
    return number if number is not None and number <= _LARGEST_ID else None


def _hint(name: str, known: list[str]) -> str:
    return suggestion(name, known) or (f"it has: {', '.join(known[:20])}" if known else "name a number")

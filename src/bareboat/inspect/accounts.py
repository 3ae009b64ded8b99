"""The accounts that an image has, read from its `/etc/passwd` and `/etc/group`; see passwd(5) and group(5)."""

from __future__ import annotations

from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath
from bareboat.inspect.aboard import Aboard, Files

PASSWD = ImagePath("etc/passwd")
GROUP = ImagePath("etc/group")


@frozen
class Account:
    """A line of `/etc/passwd`."""

    name: str
    uid: int
    gid: int
    home: str


@frozen
class Accounts:
    """Everybody whom an image knows; `broken` are lines that cannot be read, `/etc/passwd:3` and so on."""

    users: tuple[Account, ...] = ()
    groups: tuple[tuple[str, int], ...] = ()
    broken: tuple[tuple[ImagePath, int], ...] = ()

    def user(self, text: str) -> Account | None:
        """The first account with this name or number, as runtimes look it up."""
        return next((user for user in self.users if text in (user.name, str(user.uid))), None)

    def gid(self, text: str) -> int | None:
        """The number of the first group with this name or number."""
        return next((gid for name, gid in self.groups if text in (name, str(gid))), None)


def accounts_of(files: Files) -> Accounts:
    """The accounts of an image; none where it has no tables."""
    users: list[Account] = []
    groups: list[tuple[str, int]] = []
    broken: list[tuple[ImagePath, int]] = []
    for number, fields in _lines(files, PASSWD):
        if len(fields) == 7 and fields[0] and fields[2].isdecimal() and fields[3].isdecimal():
            users.append(Account(name=fields[0], uid=int(fields[2]), gid=int(fields[3]), home=fields[5]))
        else:
            broken.append((PASSWD, number))
    for number, fields in _lines(files, GROUP):
        if len(fields) == 4 and fields[0] and fields[2].isdecimal():
            groups.append((fields[0], int(fields[2])))
        else:
            broken.append((GROUP, number))
    return Accounts(users=tuple(users), groups=tuple(groups), broken=tuple(broken))


def user_ids(aboard: Aboard, accounts: Accounts) -> tuple[int, int] | None:
    """The uid and gid that a container runs with; None when the image does not know the name.

    config.md, `User`: "If `group`/`gid` is not specified, the default group … of the given `user`/`uid` in
    `/etc/passwd` and `/etc/group` from the container are applied."
    """
    user, _, group = aboard.config.config.user.partition(":")
    account = accounts.user(user or "0")
    uid = account.uid if account else int(user or "0") if (user or "0").isdecimal() else None
    gid: int | None = account.gid if account else 0
    if group:
        gid = accounts.gid(group)
        gid = int(group) if gid is None and group.isdecimal() else gid
    return None if uid is None or gid is None else (uid, gid)


def _lines(files: Files, path: ImagePath) -> list[tuple[int, list[str]]]:
    text = files.texts.get(path, b"").decode("utf-8", "replace")
    return [(number, line.split(":")) for number, line in enumerate(text.split("\n"), 1) if line.strip()]

"""`/etc/passwd`, `/etc/group` and the home folders; there is no `/etc/shadow`, for nobody logs in.

Formats: passwd(5) and group(5); lines stand in the order of the wishes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BuildError
from bareboat.base.path import image_path
from bareboat.base.problem import Place, Problems, suggestion
from bareboat.make.effects.stamp import Stamp
from bareboat.make.tree import AnyEntry, Tree
from bareboat.plan.config.config import Accounts, GroupWish, UserWish

_Account = TypeVar("_Account", UserWish, GroupWish)

_LARGEST_ID = 2**32 - 2  # the last one, (uid_t) -1, means "nobody said" to chown(2)
_NAME = re.compile(r"[a-z_][a-z0-9_.-]{0,31}", re.IGNORECASE)  # what useradd(8) and shadow's checks allow
_NUMBER = re.compile(r"[0-9]{1,10}")


def entries(_tree: Tree, accounts: Accounts, *, moment: Epoch) -> tuple[AnyEntry, ...]:
    """The two tables, and a home folder for every user with a `home_mode`.

    Raises:
        BuildError: When names or numbers are used twice or a field cannot stand in its table, with every fault.
    """
    _check(accounts)
    stamp = Stamp("accounts", moment)
    users, groups = _wanted(accounts.users), _wanted(accounts.groups)
    homes = {
        image_path(user.home): stamp.folder(user.home, mode=user.home_mode, uid=user.uid, gid=user.gid)
        for user in users
        if user.home_mode is not None
    }
    passwd = "".join(
        f"{user.name}:x:{user.uid}:{user.gid}:{user.gecos}:{user.home}:{user.shell}\n" for user in users
    )
    group = "".join(f"{group.name}:x:{group.gid}:{','.join(group.members)}\n" for group in groups)
    return (
        stamp.file("etc/group", group.encode()),
        stamp.file("etc/passwd", passwd.encode()),
        *(homes[path] for path in sorted(homes)),
    )


def owner_ids(accounts: Accounts, owner: str) -> tuple[int, int]:
    """The uid and gid that `owner` names: `nonroot`, `nonroot:staff`, `1000` or `1000:1000`.

    Without a group, a user of the image has their own, and any other number is its own group, as with Docker.

    Raises:
        BuildError: When the image has no such user or group.
    """
    user_part, colon, group_part = owner.partition(":")
    users, groups = _wanted(accounts.users), _wanted(accounts.groups)
    user = next((user for user in users if user_part in (user.name, str(user.uid))), None)
    uid = user.uid if user else _number(user_part)
    if uid is None:
        raise _unknown("user", owner, user_part, (user.name for user in users))
    if not colon:
        return uid, user.gid if user else uid
    group = next((group for group in groups if group.name == group_part), None)
    gid = group.gid if group else _number(group_part)
    if gid is None:
        raise _unknown("group", owner, group_part, (group.name for group in groups))
    return uid, gid


def _check(accounts: Accounts) -> None:
    problems = Problems()
    users, groups = _wanted(accounts.users), _wanted(accounts.groups)
    _check_unique(problems, "user", [(user.name, "uid", user.uid, user.place) for user in users])
    _check_unique(problems, "group", [(group.name, "gid", group.gid, group.place) for group in groups])
    for user in users:
        if not 0 <= user.gid <= _LARGEST_ID:
            problems.add(user.place, f'user "{user.name}": gid {user.gid} is out of range')
        if not user.home.startswith("/"):
            problems.add(user.place, f'user "{user.name}": home "{user.home}" is not an absolute path')
        for field, text in (("gecos", user.gecos), ("home", user.home), ("shell", user.shell)):
            if ":" in text or not text.isprintable():
                problems.add(user.place, f'user "{user.name}": {field} "{text}" cannot stand in /etc/passwd')
    names = frozenset(user.name for user in users)
    for group in groups:
        for member in sorted(set(group.members) - names):
            message = f'group "{group.name}": member "{member}" is no user of the image'
            problems.add(group.place, message, suggestion(member, names))
    problems.raise_as(BuildError, "cannot make the accounts")


def _check_unique(problems: Problems, kind: str, accounts: Iterable[tuple[str, str, int, Place]]) -> None:
    names: set[str] = set()
    owners: dict[int, str] = {}
    for name, unit, number, place in accounts:
        if not _NAME.fullmatch(name):
            problems.add(place, f'{kind} "{name}": cannot be the name of an account')
        if not 0 <= number <= _LARGEST_ID:
            problems.add(place, f'{kind} "{name}": {unit} {number} is out of range')
        if name in names:
            problems.add(place, f'{kind} "{name}": the name is used twice')
        elif number in owners:
            problems.add(place, f'{kind} "{name}": {unit} {number} belongs to "{owners[number]}" already')
        names.add(name)
        owners.setdefault(number, name)


def _wanted(accounts: Iterable[_Account]) -> tuple[_Account, ...]:
    return tuple(account for account in accounts if not account.remove)


def _number(text: str) -> int | None:
    number = int(text) if _NUMBER.fullmatch(text) else None
    return number if number is not None and number <= _LARGEST_ID else None


def _unknown(kind: str, owner: str, name: str, known: Iterable[str]) -> BuildError:
    names = sorted(known)
    hint = suggestion(name, names) or f"one of: {', '.join(names)}, or a number"
    return BuildError(f'owner "{owner}": the image has no {kind} "{name}"', hint=hint)

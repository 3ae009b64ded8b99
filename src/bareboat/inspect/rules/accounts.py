"""The accounts that containers of distroless images run as, and their homes."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.base.path import ImagePath
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.accounts import GROUP, PASSWD, Account, Accounts, accounts_of, user_ids
from bareboat.inspect.bearing import is_system, variant_of
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.store.entry import EntryKind

TABLES = Rule(
    name="account-tables",
    family=Family.contract,
    severity=Severity.error,
    title="every line of /etc/passwd and /etc/group can be read, and no name is there twice",
    why="a runtime that looks up the user stops at a broken line, and of two lines with one name programs take either",
)
KNOWN = Rule(
    name="known-accounts",
    family=Family.contract,
    severity=Severity.error,
    title="root is 0, nobody is 65534 and nonroot is 65532, each with its home",
    why="manifests of deployments name these numbers, and files in volumes belong to them",
)
HOME = Rule(
    name="home-folder",
    family=Family.contract,
    severity=Severity.error,
    title="the homes of root, of nonroot and of the image's user are folders that belong to them",
    why="programs write caches and settings to their home, and many end when they cannot",
)
NUMERIC = Rule(
    name="numeric-user",
    family=Family.contract,
    severity=Severity.warning,
    title="the image's user is a number",
    why="Kubernetes cannot know that a name is not root's: with runAsNonRoot it refuses to start the container",
)
USER = Rule(
    name="known-user",
    family=Family.contract,
    severity=Severity.error,
    title="a user or group that the configuration names is in /etc/passwd or /etc/group",
    why="a runtime cannot start a container for a name that it cannot look up",
)
NONROOT = Rule(
    name="nonroot-user",
    family=Family.contract,
    severity=Severity.error,
    title="a nonroot variant does not run as root",
    why="whoever chose the variant counts on it",
)
RULES = (TABLES, KNOWN, HOME, NUMERIC, USER, NONROOT)

_USERS = (
    Account(name="root", uid=0, gid=0, home="/root"),
    Account(name="nobody", uid=65534, gid=65534, home="/nonexistent"),
    Account(name="nonroot", uid=65532, gid=65532, home="/home/nonroot"),
)
_GROUPS = {"root": 0, "nonroot": 65532}
_OWN_BITS = 0o700


def find(aboard: Aboard) -> Iterator[Finding]:
    """What is wrong with the accounts of an image, and with its user."""
    accounts = accounts_of(aboard)
    yield from _tables(accounts)
    if is_system(aboard):
        yield from _known(accounts)
        yield from _homes(aboard, accounts)
    yield from _user(aboard, accounts)


def _tables(accounts: Accounts) -> Iterator[Finding]:
    for path, number in accounts.broken:
        yield Finding(rule=TABLES, path=f"/{path}", message=f"line {number} cannot be read")
    tables = {PASSWD: [user.name for user in accounts.users], GROUP: [name for name, _ in accounts.groups]}
    for path, names in tables.items():
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Finding(rule=TABLES, path=f"/{path}", message=f'"{name}" is there {names.count(name)} times')


def _known(accounts: Accounts) -> Iterator[Finding]:
    for wanted in _USERS:
        there = next((user for user in accounts.users if user.name == wanted.name), None)
        line = f"{wanted.uid}:{wanted.gid} with the home {wanted.home}"
        if there is None:
            yield Finding(rule=KNOWN, path=f"/{PASSWD}", message=f"has no {wanted.name}, which is {line}")
        elif there != wanted:
            what = f"{wanted.name} is {there.uid}:{there.gid} with the home {there.home}, not {line}"
            yield Finding(rule=KNOWN, path=f"/{PASSWD}", message=what)
    for name, gid in _GROUPS.items():
        if (name, gid) not in accounts.groups:
            yield Finding(rule=KNOWN, path=f"/{GROUP}", message=f"has no group {name} with the number {gid}")


def _homes(aboard: Aboard, accounts: Accounts) -> Iterator[Finding]:
    own = accounts.user(aboard.config.config.user.partition(":")[0] or "0")
    wanted = [user for user in accounts.users if user in _USERS or user == own]
    for user in dict.fromkeys(wanted):
        if user.home in ("", "/", "/nonexistent"):
            continue
        place = aboard.real_path(user.home)
        entry = None if place is None else aboard.entries.get(place)
        if entry is None or entry.kind is not EntryKind.folder:
            yield Finding(rule=HOME, path=user.home, message=f"the home of {user.name} is no folder")
        elif entry.uid != user.uid or entry.mode & _OWN_BITS != _OWN_BITS:
            what = f"the home of {user.name} ({user.uid}) belongs to {entry.uid} with the mode {entry.mode:04o}"
            yield Finding(rule=HOME, path=user.home, message=what)


def _user(aboard: Aboard, accounts: Accounts) -> Iterator[Finding]:
    said = aboard.config.config.user
    user, _, group = said.partition(":")
    ids = user_ids(aboard, accounts)
    if ids is None:
        who, table = _unknown(accounts, user, group)
        hint = "write it as a number, or say under `accounts:` who it is"
        message = f'runs as "{said}": /{table} has no {who}'
        yield Finding(rule=USER, path="", message=message, needs=said, hint=hint)
    elif user and not user.isdecimal():
        number = f"{ids[0]}:{ids[1]}" if group else str(ids[0])
        yield Finding(
            rule=NUMERIC, path="", message=f'runs as "{said}", which is {number}', hint=f"write user: {number}"
        )
    variant = variant_of(aboard)
    if variant is not None and variant.is_nonroot and ids is not None and ids[0] == 0:
        yield Finding(rule=NONROOT, path="", message=f"is a {variant} image and runs as root")


def _unknown(accounts: Accounts, user: str, group: str) -> tuple[str, ImagePath]:
    """Whom of a user and a group the image does not know, and the table that should have them."""
    if user and not user.isdecimal() and accounts.user(user) is None:
        return f'user "{user}"', PASSWD
    return f'group "{group}"', GROUP

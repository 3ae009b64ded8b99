"""The tables of users and groups, and who an owner is."""

from __future__ import annotations

import pytest

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BuildError
from bareboat.base.problem import Place
from bareboat.make.effects import accounts
from bareboat.make.tree import Tree
from bareboat.plan.config.config import Accounts, GroupWish, UserWish
from tests.makers.tree import contents, dump

NOON = Epoch(1_700_000_000)

DISTROLESS = Accounts(
    users=(
        UserWish(name="root", uid=0, gid=0, gecos="root", home="/root", home_mode=0o700),
        UserWish(name="nobody", uid=65534, gid=65534, gecos="nobody"),
        UserWish(name="nonroot", uid=65532, gid=65532, gecos="nonroot", home="/home/nonroot", home_mode=0o755),
    ),
    groups=(
        GroupWish(name="root", gid=0),
        GroupWish(name="nobody", gid=65534),
        GroupWish(name="tty", gid=5),
        GroupWish(name="staff", gid=50),
        GroupWish(name="nonroot", gid=65532),
    ),
)


def test_the_tables_are_those_of_distroless_to_the_byte() -> None:
    made = accounts.entries(Tree(), DISTROLESS, moment=NOON)
    assert contents(made) == {
        "etc/group": b"root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n",
        "etc/passwd": (
            b"root:x:0:0:root:/root:/sbin/nologin\n"
            b"nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"
            b"nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
        ),
    }


def test_homes_belong_to_their_users_and_are_made_on_request_only() -> None:
    assert dump(accounts.entries(Tree(), DISTROLESS, moment=NOON)) == [
        "0644 0:0 etc/group 64 bytes",
        "0644 0:0 etc/passwd 149 bytes",
        "0755 65532:65532 home/nonroot/",
        "0700 0:0 root/",
    ]


def test_entries_carry_the_effect_and_the_moment() -> None:
    made = accounts.entries(Tree(), DISTROLESS, moment=NOON)
    assert {(entry.origin, entry.mtime) for entry in made} == {("effect:accounts", NOON)}


def test_members_are_listed_and_removed_accounts_are_not() -> None:
    wish = Accounts(
        users=(UserWish(name="app", uid=1000, gid=1000), UserWish(name="old", uid=1, gid=1, remove=True)),
        groups=(GroupWish(name="app", gid=1000, members=("app",)), GroupWish(name="old", gid=1, remove=True)),
    )
    assert contents(accounts.entries(Tree(), wish, moment=NOON)) == {
        "etc/group": b"app:x:1000:app\n",
        "etc/passwd": b"app:x:1000:1000::/nonexistent:/sbin/nologin\n",
    }


PLACE = Place("bareboat.yaml", 7, 3)


@pytest.mark.parametrize(
    ("users", "groups", "problem"),
    [
        ([("a", 1), ("a", 2)], [], 'user "a": the name is used twice'),
        ([("a", 1), ("b", 1)], [], 'user "b": uid 1 belongs to "a" already'),
        ([], [("a", 1), ("a", 2)], 'group "a": the name is used twice'),
        ([], [("a", 1), ("b", 1)], 'group "b": gid 1 belongs to "a" already'),
        ([("a:b", 1)], [], 'user "a:b": cannot be the name of an account'),
        ([("", 1)], [], 'user "": cannot be the name of an account'),
        ([("a\n", 1)], [], 'user "a\n": cannot be the name of an account'),
        ([("a", -1)], [], 'user "a": uid -1 is out of range'),
        ([("a", 2**32 - 1)], [], 'user "a": uid 4294967295 is out of range'),
        ([], [("a", 2**32)], 'group "a": gid 4294967296 is out of range'),
    ],
)
def test_faulty_accounts_are_refused(
    users: list[tuple[str, int]], groups: list[tuple[str, int]], problem: str
) -> None:
    wish = Accounts(
        users=tuple(UserWish(name=name, uid=uid, gid=0, place=PLACE) for name, uid in users),
        groups=tuple(GroupWish(name=name, gid=gid, place=PLACE) for name, gid in groups),
    )
    with pytest.raises(BuildError) as caught:
        accounts.entries(Tree(), wish, moment=NOON)
    assert [(found.place, found.message) for found in caught.value.problems] == [(PLACE, problem)]


def test_all_faults_are_said_at_once() -> None:
    wish = Accounts(
        users=(
            UserWish(name="app", uid=1, gid=-2, gecos="a:b", home="home", shell="/bin/sh\n"),
            UserWish(name="app", uid=1, gid=1),
        ),
        groups=(GroupWish(name="app", gid=1, members=("ap",)),),
    )
    with pytest.raises(BuildError) as caught:
        accounts.entries(Tree(), wish, moment=NOON)
    assert [f"{found.message} {found.hint}".strip() for found in caught.value.problems] == [
        'group "app": member "ap" is no user of the image did you mean "app"?',
        'user "app": gecos "a:b" cannot stand in /etc/passwd',
        'user "app": gid -2 is out of range',
        'user "app": home "home" is not an absolute path',
        'user "app": shell "/bin/sh\n" cannot stand in /etc/passwd',
        'user "app": the name is used twice',
    ]


@pytest.mark.parametrize(
    ("owner", "ids"),
    [
        ("nonroot", (65532, 65532)),
        ("root", (0, 0)),
        ("nonroot:staff", (65532, 50)),
        ("nonroot:7", (65532, 7)),
        ("1000", (1000, 1000)),
        ("65532", (65532, 65532)),
        ("1000:1000", (1000, 1000)),
        ("1000:tty", (1000, 5)),
        ("0:0", (0, 0)),
        ("4294967294", (4294967294, 4294967294)),
    ],
)
def test_an_owner_is_a_name_or_a_number(owner: str, ids: tuple[int, int]) -> None:
    assert accounts.owner_ids(DISTROLESS, owner) == ids


KNOWN = "one of: nobody, nonroot, root, or a number"


@pytest.mark.parametrize(
    ("owner", "message", "hint"),
    [
        ("nonrot", 'owner "nonrot": the image has no user "nonrot"', 'did you mean "nonroot"?'),
        ("root:stuff", 'owner "root:stuff": the image has no group "stuff"', 'did you mean "staff"?'),
        ("x", 'owner "x": the image has no user "x"', KNOWN),
        ("", 'owner "": the image has no user ""', KNOWN),
        ("4294967295", 'owner "4294967295": the image has no user "4294967295"', KNOWN),
        ("1:", 'owner "1:": the image has no group ""', "one of: nobody, nonroot, root, staff, tty, or a number"),
        ("-1", 'owner "-1": the image has no user "-1"', KNOWN),
    ],
)
def test_an_unknown_owner_is_refused_with_a_hint(owner: str, message: str, hint: str) -> None:
    with pytest.raises(BuildError) as caught:
        accounts.owner_ids(DISTROLESS, owner)
    assert (caught.value.message, caught.value.hint) == (message, hint)

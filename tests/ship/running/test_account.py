"""Whom a program runs as: every form of a user, in the words of the image's own tables."""

import pytest

from bareboat.base.errors import UsageError
from bareboat.ship.running.account import Account, account_of

PASSWD = b"""root:x:0:0:root:/root:/bin/sh
broken:x:many:0::/:
www:x:33:33:www:/var/www:/bin/false
nameless:x:44:44:::
1000:x:7:7::/seven:
"""
GROUP = b"root:x:0:\nwww:x:33:\nstaff:x:50:www,root\naudio:x:29:www\nbroken:x:x:www\n"


@pytest.mark.parametrize(
    ("said", "account"),
    [
        ("", Account(uid=0, gid=0, groups=(50,), home="/root")),
        ("root", Account(uid=0, gid=0, groups=(50,), home="/root")),
        ("www", Account(uid=33, gid=33, groups=(29, 50), home="/var/www")),
        ("33", Account(uid=33, gid=33, groups=(29, 50), home="/var/www")),
        ("www:staff", Account(uid=33, gid=50, home="/var/www")),
        ("www:77", Account(uid=33, gid=77, home="/var/www")),
        ("88", Account(uid=88, gid=0)),
        ("88:staff", Account(uid=88, gid=50)),
        ("88:99", Account(uid=88, gid=99)),
        ("nameless", Account(uid=44, gid=44)),
        ("1000", Account(uid=7, gid=7, home="/seven")),
        (":staff", Account(uid=0, gid=50, home="/root")),
    ],
)
def test_a_user_is_looked_up_as_engines_do(said: str, account: Account) -> None:
    assert account_of(said, PASSWD, GROUP, "box") == account


def test_without_tables_numbers_are_enough() -> None:
    assert account_of("65532", b"", b"", "box") == Account(uid=65532, gid=0)
    assert account_of("", b"", b"", "box") == Account()


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        ("ww", 'box: cannot run as "ww": the image has no such user', 'did you mean "www"?'),
        ("broken", 'box: cannot run as "broken": the image has no such user', "it has: root, www, nameless, 1000"),
        ("www:stuff", 'box: cannot run as "www:stuff": the image has no such group', 'did you mean "staff"?'),
        ("99999999999", 'box: cannot run as "99999999999": the image has no such user', None),
        ("-1", 'box: cannot run as "-1": the image has no such user', None),
        ("4294967295", 'box: cannot run as "4294967295": the image has no such user', None),
    ],
)
def test_whom_the_image_does_not_know_is_refused(said: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as refused:
        account_of(said, PASSWD, GROUP, "box")

    assert refused.value.message == message
    assert hint in (None, refused.value.hint)

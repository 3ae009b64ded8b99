"""The folders that base-files makes when it is configured."""

from __future__ import annotations

import pytest

from bareboat.base.epoch import ZERO
from bareboat.base.errors import BuildError
from bareboat.make.effects import folders
from bareboat.make.tree import Tree
from tests.makers.tree import dump, make_tree

TRIXIE = (  # the folders of base-files 13.8
    "boot/", "dev/", "etc/", "etc/default/", "etc/dpkg/", "etc/dpkg/origins/", "etc/profile.d/", "etc/skel/",
    "home/", "proc/", "root/", "run/", "sys/", "tmp/", "usr/", "usr/bin/", "usr/games/", "usr/include/",
    "usr/lib/", "usr/lib64/", "usr/sbin/", "usr/share/", "usr/src/", "var/", "var/backups/", "var/cache/",
    "var/lib/", "var/local/", "var/lock/", "var/log/", "var/run/", "var/spool/", "var/tmp/",
)


def test_over_base_files_come_the_folders_of_its_postinst() -> None:
    tree = make_tree({
        **dict.fromkeys(TRIXIE),
        "bin": "-> usr/bin",
        "lib": "-> usr/lib",
        "etc/dpkg/origins/debian": b"Vendor: Debian\n",
    })
    assert dump(folders.entries(tree, moment=ZERO)) == [
        "0777 0:0 etc/dpkg/origins/default -> debian",
        "0755 0:0 etc/opt/",
        "0755 0:0 media/",
        "0755 0:0 mnt/",
        "0755 0:0 opt/",
        "1777 0:0 run/lock/",
        "0755 0:0 srv/",
        "0755 0:0 usr/local/",
        "0755 0:0 usr/local/bin/",
        "0755 0:0 usr/local/etc/",
        "0755 0:0 usr/local/games/",
        "0755 0:0 usr/local/include/",
        "0755 0:0 usr/local/lib/",
        "0755 0:0 usr/local/libexec/",
        "0777 0:0 usr/local/man -> share/man",
        "0755 0:0 usr/local/sbin/",
        "0755 0:0 usr/local/share/",
        "0755 0:0 usr/local/share/man/",
        "0755 0:0 usr/local/src/",
        "0777 0:0 var/lock -> /run/lock",
        "0755 0:0 var/opt/",
        "0777 0:0 var/run -> /run",
    ]


def test_a_second_time_nothing_is_left_to_do() -> None:
    tree = make_tree({"lib": "-> usr/lib", "usr/lib32/": None})
    assert folders.entries(tree.with_entries(folders.entries(tree, moment=ZERO)), moment=ZERO) == ()


def test_without_base_files_the_modes_are_still_right() -> None:
    modes = {entry.path: entry.mode for entry in folders.entries(Tree(), moment=ZERO)}
    wanted = {"tmp": 0o1777, "var/tmp": 0o1777, "run/lock": 0o1777, "root": 0o700, "home": 0o755, "proc": 0o755}
    assert wanted.items() <= modes.items()


@pytest.mark.parametrize(
    ("paths", "aliases"),
    [
        ({"lib": "-> usr/lib", "usr/lib32": None, "usr/libx32": None}, ["lib32 -> usr/lib32", "libx32 -> usr/libx32"]),
        ({"lib": "-> usr/lib", "usr/lib32": None, "lib32": "-> usr/lib32"}, []),
        ({"lib": None, "usr/lib32": None}, []),
    ],
)
def test_aliases_of_other_word_lengths_exist_where_usr_is_merged(paths: dict[str, None], aliases: list[str]) -> None:
    made = dump(folders.entries(make_tree(paths), moment=ZERO))
    assert [line.removeprefix("0777 0:0 ") for line in made if " lib" in line] == aliases


def test_a_file_in_var_run_is_not_buried_under_a_link() -> None:
    with pytest.raises(BuildError) as caught:
        folders.entries(make_tree({"var/run/": None, "var/run/app.pid": b""}), moment=ZERO)
    assert caught.value.message == 'cannot make "/var/run" a link: "/var/run/app.pid" (package:test) stands in it'
    assert caught.value.hint == 'put it under "/run" instead'

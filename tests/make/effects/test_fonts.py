"""What fontconfig-config links when it is configured."""

from __future__ import annotations

import pytest

from bareboat.base.epoch import ZERO
from bareboat.base.errors import BuildError
from bareboat.make.effects import fonts
from bareboat.make.tree import Tree
from tests.makers.tree import dump, make_tree

AVAILABLE = "usr/share/fontconfig/conf.avail"
SLIGHT = "0777 0:0 etc/fonts/conf.d/10-hinting-slight.conf -> /usr/share/fontconfig/conf.avail/10-hinting-slight.conf"


@pytest.mark.parametrize(
    ("bitmaps", "chosen"),
    [
        (["70-no-bitmaps.conf"], "70-no-bitmaps.conf"),
        (["70-no-bitmaps.conf", "70-no-bitmaps-except-emoji.conf"], "70-no-bitmaps-except-emoji.conf"),
    ],
)
def test_debconfs_defaults_are_linked(bitmaps: list[str], chosen: str) -> None:
    tree = make_tree({f"{AVAILABLE}/{name}": b"" for name in ["10-hinting-slight.conf", *bitmaps]})
    assert dump(fonts.entries(tree, moment=ZERO)) == [
        SLIGHT,
        f"0777 0:0 etc/fonts/conf.d/{chosen} -> /usr/share/fontconfig/conf.avail/{chosen}",
        "0755 0:0 usr/local/share/fonts/",
    ]


def test_links_that_are_there_are_left_alone() -> None:
    tree = make_tree({
        f"{AVAILABLE}/10-hinting-slight.conf": b"",
        f"{AVAILABLE}/70-no-bitmaps.conf": b"",
        "etc/fonts/conf.d/10-hinting-slight.conf": "-> elsewhere",
        "etc/fonts/conf.d/70-no-bitmaps.conf": "-> elsewhere",
        "usr/local/share/fonts": None,
    })
    assert fonts.entries(tree, moment=ZERO) == ()


def test_without_fontconfig_there_is_nothing_to_choose_from() -> None:
    with pytest.raises(BuildError, match="cannot set up fonts") as caught:
        fonts.entries(Tree(), moment=ZERO)
    assert caught.value.hint == "add the package fontconfig-config"

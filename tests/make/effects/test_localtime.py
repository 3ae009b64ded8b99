"""The time zone of programs that are not told another."""

from __future__ import annotations

import pytest

from bareboat.base.epoch import ZERO
from bareboat.base.errors import BuildError, UnsafePathError
from bareboat.make.effects import localtime
from bareboat.make.tree import Tree
from tests.makers.tree import links, make_tree

ZONES = make_tree({
    "usr/share/zoneinfo/Etc": None,
    "usr/share/zoneinfo/Etc/UTC": b"TZif",
    "usr/share/zoneinfo/UTC": "-> Etc/UTC",
    "usr/share/zoneinfo/Europe/Berlin": b"TZif",
})


@pytest.mark.parametrize("zone", ["Etc/UTC", "UTC", "Europe/Berlin"])
def test_the_link_leads_to_the_zone(zone: str) -> None:
    made = localtime.entries(ZONES, zone, moment=ZERO)
    assert links(made) == {"etc/localtime": f"/usr/share/zoneinfo/{zone}"}


def test_without_a_wish_the_zone_is_utc() -> None:
    assert links(localtime.entries(ZONES, moment=ZERO)) == {"etc/localtime": "/usr/share/zoneinfo/Etc/UTC"}


@pytest.mark.parametrize(
    ("tree", "zone", "hint"),
    [
        (ZONES, "Europe/Berlim", 'did you mean "Europe/Berlin"?'),
        (ZONES, "Mars", None),
        (Tree(), "Etc/UTC", "add the package tzdata"),
    ],
)
def test_a_zone_that_is_not_there_is_refused(tree: Tree, zone: str, hint: str | None) -> None:
    with pytest.raises(BuildError) as caught:
        localtime.entries(tree, zone, moment=ZERO)
    assert caught.value.message == f'cannot set the time zone: the image has no "/usr/share/zoneinfo/{zone}"'
    assert caught.value.hint == hint


def test_a_folder_of_zones_is_no_zone() -> None:
    with pytest.raises(BuildError, match="cannot set the time zone"):
        localtime.entries(ZONES, "Etc", moment=ZERO)


def test_a_zone_cannot_lead_elsewhere() -> None:
    with pytest.raises(UnsafePathError):
        localtime.entries(ZONES, "../../etc/passwd", moment=ZERO)

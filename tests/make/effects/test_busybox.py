"""A link for every program in busybox."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.epoch import ZERO
from bareboat.base.errors import BuildError, FormatError
from bareboat.make.effects import busybox
from bareboat.make.effects.busybox import applets
from bareboat.make.tree import Tree
from tests.makers.tree import links, make_tree

NAMES = ("[", "[[", "add-shell", "ash", "busybox", "fsck.minix", "ls", "mkfs.ext2", "sh", "wget")


def _binary(
    names: tuple[str, ...] = NAMES, before: bytes = b"\x7fELF\xae \"", after: bytes = b"\0/var/log/wtmp"
) -> bytes:
    return before + b"".join(name.encode() + b"\0" for name in names) + after


@pytest.mark.parametrize(
    "data",
    [
        _binary(),
        _binary(after=b"\0\0\0\xbc\1\x9a\2"),  # the offsets that follow in big-endian binaries
        _binary(before=b"usage: [\0[[ EXPRESSION\0[\0[[\0test\0\0x"),
        _binary(before=b"[\0[[\0sh\0\0"),
        _binary(before=b"[\0[[\0zz\0sh\0aa\0bb\0cc\0dd\0ee\0ff\0gg\0hh\0\0"),
    ],
)
def test_the_names_are_found_in_the_bytes(data: bytes) -> None:
    assert applets(data, "busybox") == NAMES


@given(before=st.binary(), names=st.sets(st.from_regex(r"[a-z][a-z0-9_.+-]{0,12}", fullmatch=True), max_size=30))
def test_names_are_found_whatever_stands_before_them(before: bytes, names: set[str]) -> None:
    wanted = ("[", "[[", *sorted(names | {"sh"}))
    assert applets(_binary(wanted, before=before), "busybox") == wanted


@pytest.mark.parametrize(
    "data", [b"", b"\x7fELF", _binary(("[", "ash", "sh")), _binary(("[", "[[", "ls")), _binary(after=b"")]
)
def test_a_binary_without_the_list_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="/busybox: cannot find busybox's list of programs"):
        applets(data, "/busybox")


@given(data=st.binary())
def test_hostile_bytes_raise_format_errors_only(data: bytes) -> None:
    with pytest.raises(FormatError):
        applets(data, "busybox")


def test_every_program_is_a_link_to_busybox() -> None:
    made = busybox.entries(make_tree({"busybox/busybox": _binary()}), moment=ZERO)
    assert links(made) == {f"busybox/{name}": "/busybox/busybox" for name in NAMES if name != "busybox"}


@pytest.mark.parametrize("place", ["usr/bin/busybox", "bin/busybox"])
def test_busybox_at_debians_place_is_linked_to(place: str) -> None:
    made = links(busybox.entries(make_tree({place: _binary()}), moment=ZERO))
    assert (made["busybox/busybox"], made["busybox/sh"]) == (f"/{place}", "/busybox/busybox")


def test_without_busybox_there_is_nothing_to_link() -> None:
    with pytest.raises(BuildError, match="the image has no busybox") as caught:
        busybox.entries(Tree(), moment=ZERO)
    assert caught.value.hint == "add the package busybox-static"

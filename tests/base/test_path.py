"""The only judge of paths: nothing leaves the image."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import UnsafePathError
from bareboat.base.path import (
    ImagePath,
    archive_path,
    image_path,
    inside,
    leaves_root,
    link_target,
    name_of,
    parent_of,
    parents_of,
)

PARTS = st.lists(st.sampled_from(["a", "b", ".", "..", "", "c d", "é"]), max_size=8)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/usr/bin", "usr/bin"),
        ("./usr//bin/", "usr/bin"),
        ("", ""),
        ("/", ""),
        (".", ""),
        ("a/./b", "a/b"),
        ("...", "..."),
    ],
)
def test_paths_have_one_spelling(text: str, path: str) -> None:
    assert image_path(text) == path


@pytest.mark.parametrize("text", ["..", "a/../b", "/../etc", "a/..", "x\0y", "\udcff"])
def test_paths_that_leave_the_image_or_break_text_are_refused(text: str) -> None:
    with pytest.raises(UnsafePathError):
        image_path(text)


def test_archives_have_no_absolute_paths() -> None:
    with pytest.raises(UnsafePathError, match="is an absolute path"):
        archive_path("/etc/passwd", where="data.tar")


@given(PARTS)
def test_a_path_reads_as_itself_again(parts: list[str]) -> None:
    if ".." in parts:
        return
    path = image_path("/".join(parts))

    assert image_path(path) == path
    assert not path.startswith("/")


@given(PARTS, PARTS)
def test_links_end_inside_as_in_a_chroot(folder: list[str], target: list[str]) -> None:
    """The oracle is POSIX's own normalisation under an absolute root."""
    base = ImagePath("/".join(part for part in folder if part not in ("", ".", "..")))
    text = "/".join(target)
    if not text or text == "/":
        return
    expected = posixpath.normpath(posixpath.join("/" + base, text)).lstrip("/")

    assert link_target(ImagePath(f"{base}/link" if base else "link"), text) == expected


@pytest.mark.parametrize(
    ("path", "target", "leaves"),
    [
        ("usr/bin/x", "../lib/y", False), ("usr/bin/x", "../../y", False), ("usr/bin/x", "../../../y", True),
        ("x", "..", True), ("x", "/../y", False), ("a/b/x", "../../../a/b", True), ("a/x", "./../y", False),
    ],
)  # fmt: skip
def test_relative_links_that_climb_out_are_seen(path: str, target: str, leaves: bool) -> None:
    assert leaves_root(ImagePath(path), target) is leaves


def test_inside_compares_whole_parts() -> None:
    assert inside(ImagePath("usr/lib"), ImagePath("usr"))
    assert inside(ImagePath("usr"), ImagePath("usr"))
    assert inside(ImagePath("usr"), ImagePath(""))
    assert not inside(ImagePath("usrlocal"), ImagePath("usr"))


def test_parents_come_outermost_first() -> None:
    assert parents_of(ImagePath("usr/share/doc")) == ("usr", "usr/share")
    assert (parent_of(ImagePath("usr/share")), name_of(ImagePath("usr/share"))) == ("usr", "share")
    assert parent_of(ImagePath("usr")) == ""

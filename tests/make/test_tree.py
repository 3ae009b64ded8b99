"""A tree is a value that resolves paths as a chroot would."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from bareboat.base.errors import BuildError
from bareboat.base.path import ImagePath
from bareboat.make.tree import File, Tree, file_of
from tests.makers.tree import make_tree, make_tree_of

MERGED = make_tree({
    "bin": "-> usr/bin",
    "etc/os-release": "-> ../usr/lib/os-release",
    "lib": "-> usr/lib",
    "loop": "-> loop",
    "ping": "-> pong",
    "pong": "-> ping",
    "etc/up": "-> ../../../usr/lib",
    "etc/dangling": "-> /nowhere",
    "etc/rooted": "-> /",
    "usr/": None,
    "usr/bin/": None,
    "usr/bin/python": "-> python3",
    "usr/bin/python3": "-> /usr/bin/python3.13",
    "usr/bin/python3.13": b"elf",
    "usr/lib/os-release": b"ID=debian\n",
    "usr/lib/copy": "= usr/lib/os-release",
    "usr/lib/deep/er": "-> ../../lib/./deep//../os-release",
    "var/here": "-> .",
})


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", ""),
        ("/", ""),
        ("usr/bin/python3.13", "usr/bin/python3.13"),
        ("/usr/bin/python", "usr/bin/python3.13"),
        ("bin/python", "usr/bin/python3.13"),
        ("bin", "usr/bin"),
        ("bin/", "usr/bin"),
        ("bin/../lib", "usr/lib"),
        ("etc/os-release", "usr/lib/os-release"),
        ("etc/rooted/bin/python3", "usr/bin/python3.13"),
        ("etc/rooted", ""),
        ("etc/up/os-release", "usr/lib/os-release"),
        ("../../usr/./bin//python", "usr/bin/python3.13"),
        ("usr/lib/deep/er", "usr/lib/os-release"),
        ("usr/lib/deep", "usr/lib/deep"),
        ("var/here/here/here", "var"),
        ("etc/dangling", None),
        ("loop", None),
        ("ping", None),
        ("loop/x", None),
        ("usr/missing", None),
        ("usr/bin/python/x", None),
        ("usr/bin/python/../python3.13", None),
        ("usr/lib/os-release/", None),
        ("us", None),
    ],
)
def test_real_path_follows_every_link_on_the_way(path: str, place: str | None) -> None:
    assert MERGED.real_path(path) == place


def test_forty_links_are_followed_and_no_more() -> None:
    chain = {f"l{number}": f"-> l{number + 1}" for number in range(1, 41)}
    tree = make_tree({**chain, "l41": b"end"})
    assert tree.real_path("l1") == "l41"
    assert make_tree({**chain, "l0": "-> l1", "l41": b"end"}).real_path("l0") is None


def test_resolve_follows_hard_links_to_the_file() -> None:
    assert MERGED.resolve("lib/copy") == MERGED[ImagePath("usr/lib/os-release")]


def test_resolve_of_a_dangling_link_is_nothing() -> None:
    assert MERGED.resolve("etc/dangling") is None


NAMES = st.sampled_from(["a", "b", "c"])
TARGETS = st.lists(st.sampled_from(["a", "b", "c", "..", "."]), min_size=1, max_size=4).map("/".join)


@settings(max_examples=60, deadline=None)
@given(links=st.dictionaries(st.tuples(NAMES, NAMES, NAMES).map("/".join), TARGETS), path=TARGETS)
def test_real_path_agrees_with_the_kernel(
    tmp_path_factory: pytest.TempPathFactory, links: dict[str, str], path: str
) -> None:
    root = tmp_path_factory.mktemp("root")
    for name, target in links.items():
        link = root / "d/x/y/z" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
        (link.parent / f"{link.name}.file").write_bytes(b"x")
    start = "d/x/y/z/a"
    found = make_tree_of(root).real_path(f"{start}/{path}")
    assert found == _real_path_of_the_kernel(root, f"{start}/{path}")


def _real_path_of_the_kernel(root: Path, path: str) -> str | None:
    try:
        return Path(os.path.realpath(root / path, strict=True)).relative_to(root.resolve()).as_posix()
    except OSError:
        return None
    except ValueError:
        reject()  # it left the root, which a chroot would not let it do


def test_a_later_entry_replaces_an_earlier_one_and_paths_are_sorted() -> None:
    first, second = file_of("b", b"1", origin="package:one"), file_of("b", b"2", origin="package:two")
    tree = Tree.of([first, file_of("a", b"", origin="package:one"), second])
    assert list(tree.items()) == [("a", tree[ImagePath("a")]), ("b", second)]


def test_under_leaves_out_the_folder_and_its_namesakes() -> None:
    tree = make_tree({"usr": None, "usr/bin": None, "usr/bin/a": b"", "usr-local": b""})
    assert [entry.path for entry in tree.under("usr")] == ["usr/bin", "usr/bin/a"]


def test_missing_parents_are_named_once_and_sorted() -> None:
    tree = make_tree({"b/c/x": b"", "b/c/y": b"", "a/z": b"", "a": None})
    assert tree.missing_parents() == ("b", "b/c")


def test_a_file_whose_bytes_were_not_kept_says_so() -> None:
    kept = file_of("a", b"x", origin="package:one")
    bare = File(path=kept.path, mode=0o644, origin="package:one", size=1, digest=kept.digest)
    with pytest.raises(BuildError, match='"/a": the content was not kept'):
        _ = bare.content

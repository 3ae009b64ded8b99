"""Packages over one another: shared folders and files, conflicts that name both owners, in every order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from bareboat.base.errors import BuildError
from bareboat.base.path import ImagePath
from bareboat.make.overlay import Overlaid, overlay
from bareboat.make.tree import AnyEntry, Tree
from tests.makers.tree import dump, make_tree

Paths = Mapping[str, bytes | str | None]


def package(name: str, paths: Paths, **fields: int) -> tuple[AnyEntry, ...]:
    return made(f"package:{name}", paths, **fields)


def made(origin: str, paths: Paths, **fields: int) -> tuple[AnyEntry, ...]:
    changes: dict[str, Any] = {"origin": origin, **fields}
    return tuple(replace(entry, **changes) for entry in make_tree(dict(paths)).entries.values())


def overlaid(*packages: tuple[AnyEntry, ...], base: tuple[AnyEntry, ...] = ()) -> Overlaid:
    """The same in every order."""
    several = [overlay(Tree.of(base), order) for order in permutations(packages)]
    assert several == [several[0]] * len(several)
    return several[0]


def refusal(*packages: tuple[AnyEntry, ...], base: tuple[AnyEntry, ...] = ()) -> list[str]:
    found = set()
    for order in permutations(packages):
        with pytest.raises(BuildError) as refused:
            overlay(Tree.of(base), order)
        found.add(refused.value.message)
    (message,) = found
    first, *lines = message.splitlines()
    assert first == "cannot put these packages into one image:"
    return [line.strip() for line in lines]


def test_packages_share_folders_and_the_first_by_name_decides() -> None:
    found = overlaid(package("b", {"etc/": None, "etc/b": b""}, mode=0o700), package("a", {"etc/": None}, mode=0o711))

    assert dump(found.tree) == ["0711 0:0 etc/", "0700 0:0 etc/b 0 bytes"]
    assert (found.shared, found.hidden) == (frozenset(), frozenset())


def test_base_files_decides_about_folders() -> None:
    found = overlaid(package("a", {"etc/": None}, mode=0o700), package("base-files", {"etc/": None}, mode=0o755))

    assert dump(found.tree) == ["0755 0:0 etc/"]


def test_a_file_of_the_same_content_is_written_once() -> None:
    found = overlaid(package("a", {"x": b"1", "l": "-> x"}), package("b", {"x": b"1", "l": "-> x"}))

    assert found.shared == {("package:b", "x"), ("package:b", "l")}
    assert {entry.origin for entry in found.tree.entries.values()} == {"package:a"}


def test_a_file_of_a_layer_below_is_not_written_again() -> None:
    found = overlaid(package("a", {"x": b"1"}), base=package("z", {"x": b"1"}))

    assert found.shared == {("package:a", "x")}
    assert found.tree[ImagePath("x")].origin == "package:z"


@pytest.mark.parametrize("origin", ["effect:accounts", "config:/x"])
def test_what_effects_and_the_configuration_put_below_stays(origin: str) -> None:
    found = overlaid(package("a", {"x": b"package"}), base=made(origin, {"x": b"mine"}))

    assert found.hidden == {("package:a", "x")}
    assert found.shared == frozenset()
    assert dump(found.tree) == ["0644 0:0 x 4 bytes"]


def test_a_link_to_a_folder_serves_who_has_a_folder_there() -> None:
    found = overlaid(package("a", {"run/": None, "var/run/": None}), package("b", {"var/run": "-> ../run"}))

    assert dump(found.tree) == ["0755 0:0 run/", "0777 0:0 var/run -> ../run"]


def test_every_conflict_is_named_with_both_owners() -> None:
    assert refusal(
        package("a", {"x": b"1", "y": b"1", "z/": None, "l": "-> a"}),
        package("b", {"x": b"2", "z": b"f", "l": "-> b"}),
        package("c", {"y": b"1", "x": "-> y"}),
    ) == [
        "/l: a has a link to a, b has a link to b",
        "/x: a has a file (6b86b273ff34, 0644), b has a file (d4735e3a265e, 0644)",
        "/x: a has a file (6b86b273ff34, 0644), c has a link to y",
        "/z: b has a file (252f10c83610, 0644), a has a folder",
    ]


def test_the_hint_says_how_to_leave_one_out() -> None:
    with pytest.raises(BuildError) as refused:
        overlay(Tree(), [package("a", {"x": b"1"}), package("b", {"x": b"2"})])

    assert refused.value.hint == 'leave one of them out, or one of the files with `drop: ["PACKAGE:/x"]`'


@pytest.mark.parametrize(
    ("left", "right", "line"),
    [
        ({"x": b"1"}, {"x": b"1"}, "/x: a has a file (6b86b273ff34, 0600), b has a file (6b86b273ff34, 0644)"),
        ({"l": "-> nowhere"}, {"l/": None}, "/l: a has a link to nowhere, b has a folder"),
        ({"f": b""}, {"f/x": b""}, "/f/x: b puts it through /f, which is a file (e3b0c44298fc, 0600) of a"),
        ({"d/": None, "l": "-> d"}, {"l/x": b""}, "/l/x: b puts it through /l, which is a link to d of a"),
        ({"d": b"", "h": "= d"}, {"h": b""}, "/h: a has a hard link to /d, b has a file (e3b0c44298fc, 0644)"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(left: Paths, right: Paths, line: str) -> None:
    assert refusal(package("a", left, mode=0o600), package("b", right)) == [line]


def test_a_file_does_not_vanish_where_an_effect_has_a_folder() -> None:
    assert refusal(package("a", {"srv": b""}), base=made("effect:folders", {"srv/": None})) == [
        "/srv: effect:folders has a folder, a has a file (e3b0c44298fc, 0644)"
    ]


def test_a_folder_below_is_not_hidden_by_a_link() -> None:
    below = package("z", {"d/": None, "l/": None, "l/x": b""})

    assert refusal(package("a", {"l": "-> d"}), base=below) == ["/l: z has a folder, a has a link to d"]

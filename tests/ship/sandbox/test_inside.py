"""Paths in an unpacked image lead nowhere but into it, whatever its links say."""

from __future__ import annotations

from pathlib import Path

import pytest

from bareboat.base.errors import StoreError, UsageError
from bareboat.ship.sandbox.inside import Inside
from bareboat.store.scratch import remove_folder


@pytest.fixture
def inside(tmp_path: Path) -> Inside:
    root = tmp_path / "root"
    for folder in ("bin", "etc", "srv", "usr/lib"):
        (root / folder).mkdir(parents=True)
    (root / "bin" / "tool").write_bytes(b"\x7fELF")
    (root / "bin" / "tool").chmod(0o755)
    for name, text in {"script": "#! /bin/tool -x \nrest", "again": "#!/bin/script\n", "loop": "#!/bin/loop\n"}.items():
        (root / "bin" / name).write_text(text)
        (root / "bin" / name).chmod(0o755)
    (root / "etc" / "passwd").write_text("root\n")
    links = {
        "usr/bin": "../bin", "out": "../../../etc", "abs": "/srv", "round": "about", "about": "round",
        "etc/shadow": "/etc/passwd", "far": "/abs/../usr/bin",
    }  # fmt: skip
    for name, target in links.items():
        (root / name).symlink_to(target)
    return Inside(root, "box")


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("/", ""), ("/bin/tool", "bin/tool"), ("/usr/bin/tool", "bin/tool"), ("/out/passwd", "etc/passwd"),
        ("/abs", "srv"), ("/far/tool", "bin/tool"), ("/../../etc", "etc"), ("/round", None), ("/nowhere", None),
        ("/etc/shadow", "etc/passwd"), ("/bin/tool/x", None),
    ],
)  # fmt: skip
def test_links_are_followed_as_in_a_chroot(inside: Inside, path: str, real: str | None) -> None:
    assert inside.real(path) == real


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/new", "new"), ("/abs/a/b", "srv/a/b"), ("/out/new", "etc/new"), ("/usr/bin/x", "bin/x"),
        ("/srv/./a//b", "srv/a/b"),
    ],
)  # fmt: skip
def test_what_is_put_somewhere_ends_up_inside(inside: Inside, path: str, target: str) -> None:
    assert inside.target(path) == target


@pytest.mark.parametrize("path", ["relative", "/round/x", "/nowhere/../x", "/bin/tool/x", "/a\0b", ""])
def test_where_nothing_can_be_put_is_told(inside: Inside, path: str) -> None:
    with pytest.raises(UsageError, match="box: cannot put anything at"):
        inside.target(path)


def test_a_place_is_made_with_the_folders_above_it(inside: Inside, tmp_path: Path) -> None:
    inside.make(inside.target("/abs/a/b"), folder=True)
    inside.make(inside.target("/abs/a/file"), folder=False)
    inside.make(inside.target("/abs/a/file"), folder=False)

    made = tmp_path / "root" / "srv" / "a"
    assert sorted(path.name for path in made.iterdir()) == ["b", "file"]
    with pytest.raises(UsageError, match='cannot put a folder at "/srv/a/file": something else is there'):
        inside.make(inside.target("/abs/a/file"), folder=True)


def test_a_link_that_appears_on_the_way_is_not_followed(inside: Inside, tmp_path: Path) -> None:
    target = inside.target("/srv/a")
    (tmp_path / "outside").mkdir()
    (tmp_path / "root" / "srv").rmdir()
    (tmp_path / "root" / "srv").symlink_to(tmp_path / "outside")

    with pytest.raises(StoreError):
        inside.make(target, folder=True)
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_file_is_read_through_links_and_nothing_else_is(inside: Inside) -> None:
    assert inside.read("/etc/shadow", 100) == b"root\n"
    assert inside.read("/etc/shadow", 2) == b"ro"
    assert [inside.read(path, 9) for path in ("/etc", "/nowhere", "/round")] == [b"", b"", b""]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("tool", "/usr/bin/tool"), ("/bin/tool", "/bin/tool"), ("./tool", "/bin/./tool"),
        ("../bin/tool", "/bin/../bin/tool"),
    ],
)  # fmt: skip
def test_a_program_is_found_as_execvp_does(inside: Inside, word: str, found: str) -> None:
    assert inside.program(word, "/nowhere:/usr/bin:/bin", "/bin") == found


def test_an_empty_folder_of_path_is_the_one_it_starts_in(inside: Inside) -> None:
    assert inside.program("tool", ":/usr/bin", "/bin") == "/bin/tool"


@pytest.mark.parametrize(
    ("word", "message", "hint"),
    [
        ("/etc/passwd", 'box: cannot run "/etc/passwd": it is no file that may be executed', None),
        ("/etc", 'box: cannot run "/etc": it is no file that may be executed', None),
        ("tol", 'box: cannot find the program "tol" in the image', "looked in /bin; or name it by its whole path"),
        (
            "/bin/bash", 'box: cannot find the program "/bin/bash" in the image',
            "the image has no shell; its debug variant has one: /busybox/sh",
        ),
    ],
)  # fmt: skip
def test_what_is_no_program_is_told(inside: Inside, word: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as refused:
        inside.program(word, "/bin", "/")

    assert (refused.value.message, refused.value.hint) == (message, hint)


def test_a_script_comes_to_its_interpreter(inside: Inside) -> None:
    assert inside.interpreted("/bin/tool", ("tool", "1")) == ("/bin/tool", "1")
    assert inside.interpreted("/bin/script", ("script", "1")) == ("/bin/tool", "-x", "/bin/script", "1")
    assert inside.interpreted("/bin/again", ("again",)) == ("/bin/tool", "-x", "/bin/script", "/bin/again")
    with pytest.raises(UsageError, match="its interpreters lead nowhere"):
        inside.interpreted("/bin/loop", ("loop",))


def test_folders_that_refuse_their_owner_are_removed_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "c").write_bytes(b"")
    (folder / "link").symlink_to(tmp_path)
    before = tmp_path.stat().st_mode
    for path in (folder / "a" / "b", folder / "a", folder):
        path.chmod(0)

    remove_folder(folder)

    assert not folder.exists()
    assert tmp_path.stat().st_mode == before
